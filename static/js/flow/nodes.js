/** The clients as the diagram draws them: one by one, or in groups when they are many. Knows no page. */
export const MOST = 30;

/**
 * The nodes of a snapshot: `{key, client}` for one client, `{key, room, count}` for a group, in an order that stays.
 * A group's count is the room's own, for a client may be in several rooms and is drawn in one.
 */
export function nodes({ clients, rooms: known }) {
  if (clients.length <= MOST) return clients.map((client) => ({ key: `c${client.id}`, client, count: 1 }));
  const counts = new Map();
  for (const client of clients) counts.set(roomOf(client), (counts.get(roomOf(client)) ?? 0) + 1);
  const own = new Map(known.map(({ slug, clients: count }) => [slug, count]));
  const rooms = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const groups = rooms
    .slice(0, MOST - 1)
    .map(([room, count]) => ({ key: `r${room}`, room, count: own.get(room) ?? count }));
  const rest = rooms.slice(MOST - 1).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) groups.push({ key: OTHERS, room: null, count: rest });
  return groups;
}

/** The key of the node in which a client is drawn; `shown` are the keys that there are. */
export function nodeOf(client, shown) {
  if (client === null) return null;
  if (shown.has(`c${client.id}`)) return `c${client.id}`;
  if (shown.has(`r${roomOf(client)}`)) return `r${roomOf(client)}`;
  return shown.has(OTHERS) ? OTHERS : null;
}

const OTHERS = "others";

/** A client may be in several rooms; it is drawn in its first. "" is the group of those who are in none. */
function roomOf(client) {
  return client.rooms[0] ?? "";
}
