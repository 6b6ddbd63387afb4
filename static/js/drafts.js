import { own } from "./address.js";

/** What is written and not sent, by room; kept across reloads. */
const PREFIX = "chatapp.draft.";

export class Drafts {
  #store;

  constructor(store) {
    this.#store = store;
  }

  get(room) {
    return this.#store.get(PREFIX + room) ?? "";
  }

  set(room, text) {
    if (text) this.#store.set(PREFIX + room, text);
    else this.#store.remove(PREFIX + room);
  }

  /** The room whose draft another tab changed, from a `storage` event's key; null if it is about something else. */
  static roomOf(key) {
    const prefix = own(PREFIX);
    return key?.startsWith(prefix) ? key.slice(prefix.length) : null;
  }
}
