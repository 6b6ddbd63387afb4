/** SHA-1 of a text, as a list of bytes; null where the browser lends none: over plain HTTP from another machine. */
export async function sha1(text) {
  if (!globalThis.crypto?.subtle) return null;
  return [...new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text)))];
}
