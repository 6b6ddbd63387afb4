/** The addresses of the chat: of rooms and messages, `/r/<slug>` and `/r/<slug>/<seq>`, and of all else by their path. */

import { fragmentOf, hitsOf } from "./hits.js";

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

/** The address of a room, or of a message in it; `hits` are the words to be shown there. */
export function addressOf(slug, seq = null, hits = []) {
  const message = seq === null ? "" : `/${seq}${fragmentOf(hits)}`;
  return at(`/r/${encodeURIComponent(slug)}${message}`);
}

/** `{slug, seq, hits}` of the path and the fragment of such an address, `seq` null for a whole room; null if it is none. */
export function placeOf(path, fragment = "") {
  if (!path.startsWith(PREFIX)) return null;
  const match = /^\/r\/([^/]+)(?:\/(\d+))?\/?$/.exec(path.slice(PREFIX.length));
  if (!match) return null;
  try {
    return { slug: decodeURIComponent(match[1]), seq: match[2] ? Number(match[2]) : null, hits: hitsOf(fragment) };
  } catch {
    return null; // half a percent sign
  }
}
