/**
 * Strings by key, kept for as long as the browser allows: in its storage, or in memory where that is full or
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
      return this.#area?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  set(key, value) {
    try {
      if (!this.#area) throw new Error("no storage");
      this.#area.setItem(key, value);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }

  remove(key) {
    this.#memory.delete(key);
    try {
      this.#area?.removeItem(key);
    } catch {
      // It could not be written either.
    }
  }

  keys(prefix) {
    let stored = [];
    try {
      stored = this.#area ? Object.keys(this.#area) : [];
    } catch {
      // Forbidden: only what is in memory counts.
    }
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
