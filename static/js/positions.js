/**
 * Where the reader was in each room: {seq, top, mark}, the message at the upper edge of the log, px from there, and the
 * message that was marked as the one they had gone to, or null. Kept for the tab, also through a reload.
 */
const KEY = "chatapp.positions";
const KEPT = 100; // rooms, the latest

export class Positions {
  #store;
  #all;

  /** `known`: it is known who reads. What is kept is of somebody else, who was forgotten here, if it is not. */
  constructor(store, { known }) {
    this.#store = store;
    if (!known) store.remove(KEY);
    this.#all = parsed(store.get(KEY));
  }

  /** Null: at the end of the room, or never there. */
  get(slug) {
    return this.#all.get(slug) ?? null;
  }

  set(slug, position) {
    if (position === null && !this.#all.has(slug)) return;
    this.#all.delete(slug);
    if (position) this.#all.set(slug, position);
    if (this.#all.size > KEPT) this.#all.delete(this.#all.keys().next().value);
    this.#store.set(KEY, JSON.stringify([...this.#all]));
  }
}

/** What was kept, without what somebody else wrote there. */
function parsed(text) {
  try {
    const isPosition = ({ seq, top }) => Number.isInteger(seq) && Number.isFinite(top);
    return new Map(JSON.parse(text).filter(([slug, position]) => typeof slug === "string" && isPosition(position)));
  } catch {
    return new Map();
  }
}
