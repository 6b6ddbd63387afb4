/** The addresses of the chat: of rooms and messages, `/r/<slug>` and `/r/<slug>/<seq>`, and of all else by their path. */

/** What a proxy puts in front of each path, such as `/chat-app`; mostly empty. */
const PREFIX = document.documentElement.dataset.prefix ?? "";

/** The address of a path of the chat, such as `/api/me`. */
export function at(path) {
  return PREFIX + path;
}

/** The same for a WebSocket. */
export function socketAt(path) {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${at(path)}`;
}

/** The name under which this chat keeps something in the browser, which other chats under other paths of the host share. */
export function own(name) {
  return PREFIX ? `${PREFIX}:${name}` : name;
}

export function addressOf(slug, seq = null) {
  return at(`/r/${encodeURIComponent(slug)}${seq === null ? "" : `/${seq}`}`);
}

/** `{slug, seq}` of such an address, `seq` null for a whole room; null if it is none. */
export function placeOf(address) {
  if (!address.startsWith(PREFIX)) return null;
  const match = /^\/r\/([^/]+)(?:\/(\d+))?\/?$/.exec(address.slice(PREFIX.length));
  if (!match) return null;
  try {
    return { slug: decodeURIComponent(match[1]), seq: match[2] ? Number(match[2]) : null };
  } catch {
    return null; // half a percent sign
  }
}
