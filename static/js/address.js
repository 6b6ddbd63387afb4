/** The addresses of rooms and messages: `/r/<slug>` and `/r/<slug>/<seq>`. */

export function addressOf(slug, seq = null) {
  return `/r/${encodeURIComponent(slug)}${seq === null ? "" : `/${seq}`}`;
}

/** `{slug, seq}` of such an address, `seq` null for a whole room; null if it is none. */
export function placeOf(path) {
  const match = /^\/r\/([^/]+)(?:\/(\d+))?\/?$/.exec(path);
  if (!match) return null;
  try {
    return { slug: decodeURIComponent(match[1]), seq: match[2] ? Number(match[2]) : null };
  } catch {
    return null; // half a percent sign
  }
}
