/** The HTTP addresses of the chat; every refusal becomes a `Problem` with a sentence for the person. */
import { at } from "./address.js";

const ANSWER_WITHIN = 15_000;
const PATIENCE = 10_000; // ms that a request which was refused as too fast is tried again before the person hears of it

export class Problem extends Error {
  constructor({ status = 0, code = "", detail = "", ...rest }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.rest = rest;
  }
}

export class Api {
  me() {
    return ask("/api/me");
  }

  /** Seconds until the server takes handshakes from here again, or null if it does: a browser does not tell why one failed. */
  async handshakePause() {
    const answer = await fetch(at("/chat")).catch(() => null);
    return answer?.status === 429 ? Number(answer.headers.get("Retry-After")) : null;
  }

  rename(name) {
    return post("/api/me", { name });
  }

  forget() {
    return ask("/api/me", { method: "DELETE" });
  }

  speak(lang) {
    return post("/api/me", { lang });
  }

  /** The rooms of a welcome: one's own, and the oldest ones. */
  async ownRooms() {
    return (await ask("/api/rooms?own=1")).rooms;
  }

  /** The first hundred rooms, or those with `q` in their names, and as `next` whether there are more: `{rooms, next}`. */
  rooms(q = "", options = {}) {
    return ask(q === "" ? "/api/rooms" : `/api/rooms?${new URLSearchParams({ q })}`, options);
  }

  room(slug) {
    return ask(`/api/rooms/${encodeURIComponent(slug)}`);
  }

  /** People who are in a room: the first 200 by their ids, or of those whose names begin with `q` the first `limit`. */
  async people(slug, asked = {}) {
    return (await ask(`/api/rooms/${encodeURIComponent(slug)}/people?${new URLSearchParams(asked)}`)).people;
  }

  /** The HTML that a message would have, or null. */
  async preview(text) {
    return (await post("/api/preview", { text }, { wanted: () => false })).html;
  }

  /** All emoji: `[sign, name, …]`. */
  async emoji() {
    return (await ask("/api/emoji")).emoji;
  }

  /** The messages that mean one, newest first. */
  mentions(before) {
    return ask(`/api/mentions${before === null ? "" : `?before=${before}`}`);
  }

  createRoom(name) {
    return post("/api/rooms", { name });
  }

  /** One page of history, oldest first: `place` is `before`, `after` or `around` with a seq; without one the newest. */
  history(slug, { limit, ...place }) {
    return ask(`${messages(slug)}?${new URLSearchParams({ ...place, limit })}`);
  }

  /** Changes what of a room is given: {name, topic, archived}. */
  configure(slug, changed) {
    const headers = { "Content-Type": "application/json" };
    return ask(`/api/rooms/${encodeURIComponent(slug)}`, { method: "PATCH", headers, body: JSON.stringify(changed) });
  }

  /** The pinned messages, the last one first. */
  async pins(slug) {
    return (await ask(`/api/rooms/${encodeURIComponent(slug)}/pins`)).messages;
  }

  /** How a message reads and read, oldest first. */
  async versions(slug, seq) {
    return (await ask(`${messages(slug)}/${seq}/versions`)).versions;
  }
}

function messages(slug) {
  return `/api/rooms/${encodeURIComponent(slug)}/messages`;
}

export function post(address, body, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(address, { ...options, method: "POST", headers, body: JSON.stringify(body) });
}

/**
 * The JSON at an address. A request that was refused as too fast (429) has done nothing: it is tried again after the time
 * that the server told, as long as `wanted()` is true. With `evenBusy` one that was refused as busy (503) is, too: for
 * what only reads.
 */
export async function ask(address, { wanted = () => true, evenBusy = false, ...options } = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  for (let left = PATIENCE; ; ) {
    const answer = await fetch(at(address), { ...options, headers, signal: AbortSignal.timeout(ANSWER_WITHIN) });
    if (answer.ok) return answer.json();
    const problem = new Problem({ ...(await answer.json().catch(() => ({}))), status: answer.status });
    const pause = 1000 * problem.rest.retry_after * (1 + Math.random() / 4); // NaN if it told no time
    const passes = problem.status === 429 || (evenBusy && problem.code === "busy");
    if (!passes || !(pause <= left) || !wanted()) throw problem;
    left -= pause;
    await new Promise((resume) => setTimeout(resume, pause));
    if (!wanted()) throw problem;
  }
}
