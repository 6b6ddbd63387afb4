import { own } from "./address.js";

/** What is written and not sent, by room; kept across reloads. */
const PREFIX = "chatapp.draft.";

export class Drafts {
  #store;
  #known = new Map(); // by room: what this tab read or wrote last

  constructor(store) {
    this.#store = store;
  }

  get(room) {
    const text = this.#store.get(PREFIX + room) ?? "";
    this.#known.set(room, text);
    return text;
  }

  /** Gives what is kept now: a text of another tab that this one has not seen yet is not written over, but stands before it. */
  set(room, text) {
    const known = this.#known.get(room);
    const kept = this.get(room);
    const isUnseen = known !== undefined && kept !== known && !text.includes(kept);
    const both = isUnseen ? [kept, text].filter(Boolean).join("\n\n") : text;
    if (both) this.#store.set(PREFIX + room, both);
    else this.#store.remove(PREFIX + room);
    this.#known.set(room, both);
    return both;
  }

  /** The slugs of the rooms that have one. */
  rooms() {
    return this.#store.keys(PREFIX).map((key) => key.slice(PREFIX.length));
  }

  /** The room whose draft another tab changed, from a `storage` event's key; null if it is about something else. */
  static roomOf(key) {
    const prefix = own(PREFIX);
    return key?.startsWith(prefix) ? key.slice(prefix.length) : null;
  }
}
