/**
 * What a visit without the server begins with: who the person is, their rooms, and the newest messages of those rooms
 * that they opened last.
 */
const FORMAT = 1; // grows when what is kept takes another shape
const LISTED = 200; // rooms
const MESSAGES = 50; // of a room
const LARGEST = 1_000_000; // characters of all messages

/** The state as JSON, or null if the server has told nothing yet. */
export function taken(chat) {
  if (chat.you === null || chat.epoch === null) return null;
  let left = LARGEST;
  const rooms = [...chat.rooms.values()]
    .sort((one, other) => other.visit - one.visit)
    .slice(0, LISTED)
    .map((room) => {
      const page = pageOf(room, left);
      left -= page?.size ?? 0;
      return { ...entryOf(chat, room), page: page?.page };
    });
  const { id, name } = chat.you;
  return JSON.stringify({ format: FORMAT, you: { id, name }, epoch: chat.epoch, rooms });
}

/** Puts what was taken into the state of a page that knows nothing yet. Tells whether it could. */
export function recalled(chat, text) {
  let kept = null;
  try {
    kept = JSON.parse(text);
  } catch {
    return false;
  }
  if (kept?.format !== FORMAT) return false;
  chat.become(kept.you);
  chat.recall(kept.epoch);
  chat.stand(kept.rooms);
  for (const { slug, page } of kept.rooms) if (page) chat.preview(chat.room(slug), page);
  return true;
}

/** A room as a list of rooms has it. */
function entryOf(chat, room) {
  const { slug, name, topic, archived, lastAt, head, read, level } = room;
  const counts = { unread: chat.unread(room), mentions: chat.mentions(room) };
  return { slug, name, topic, archived, last_at: lastAt, head, read, level, ...counts };
}

/** The newest messages as a page of history: `{page, size}`, at most `left` characters; null if there are none. */
function pageOf(room, left) {
  if (!room.loaded || room.messages.length === 0) return null;
  for (let count = MESSAGES; count >= 1; count = Math.floor(count / 2)) {
    const messages = room.messages.slice(-count);
    const size = JSON.stringify(messages).length;
    const more = room.more || messages.length < room.messages.length;
    if (size <= left) return { page: { messages, more, head: room.last }, size };
  }
  return null;
}
