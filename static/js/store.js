import { own } from "./address.js";

/**
 * This chat's strings by key, kept for as long as the browser allows: in its storage, or in memory where that is full or
 * forbidden (private windows, blocked cookies, quota), so that nobody else has to think of it.
 */
export class Store {
  #area;
  #memory = new Map();

  constructor(area) {
    this.#area = area;
  }

  get(key) {
    if (this.#memory.has(key)) return this.#memory.get(key);
    try {
      return this.#area?.getItem(own(key)) ?? null;
    } catch {
      return null;
    }
  }

  set(key, value) {
    try {
      if (!this.#area) throw new Error("no storage");
      this.#area.setItem(own(key), value);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }

  remove(key) {
    this.#memory.delete(key);
    try {
      this.#area?.removeItem(own(key));
    } catch {
      // It could not be written either.
    }
  }

  keys(prefix) {
    const scope = own("");
    let stored = [];
    try {
      stored = Object.keys(this.#area ?? {}).filter((key) => key.startsWith(scope));
    } catch {
      // Forbidden: only what is in memory counts.
    }
    stored = stored.map((key) => key.slice(scope.length));
    return [...new Set([...stored, ...this.#memory.keys()])].filter((key) => key.startsWith(prefix));
  }
}

/** `name` is "localStorage" or "sessionStorage"; merely reading that property may throw. */
export function openStore(name) {
  try {
    return new Store(window[name]);
  } catch {
    return new Store(null);
  }
}
