/** The HTTP addresses of the chat; every refusal becomes a `Problem` with a sentence for the person. */
const ANSWER_WITHIN = 15_000;

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

  rename(name) {
    return post("/api/me", { name });
  }

  speak(lang) {
    return post("/api/me", { lang });
  }

  async rooms() {
    return (await ask("/api/rooms")).rooms;
  }

  /** The HTML that a message would have, or null. */
  async preview(text) {
    return (await post("/api/preview", { text })).html;
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

export function post(address, body) {
  const headers = { "Content-Type": "application/json" };
  return ask(address, { method: "POST", headers, body: JSON.stringify(body) });
}

export async function ask(address, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  const answer = await fetch(address, { ...options, headers, signal: AbortSignal.timeout(ANSWER_WITHIN) });
  if (answer.ok) return answer.json();
  const body = await answer.json().catch(() => ({}));
  throw new Problem({ ...body, status: answer.status });
}
