import { own } from "./address.js";
import { browserClock, Timer } from "./clock.js";
import { Emitter } from "./emitter.js";

const LARGE = 50_000; // characters; longer than any message that can be sent
const LARGE_AFTER = 1000; // ms without another change until a large value is written: to write a megabyte takes long

/**
 * This chat's strings by key, kept for as long as the browser allows: in its storage; where that is full or forbidden
 * (private windows, blocked cookies, quota) in the tab's, which outlives a reload; at last in memory. Emits `changed` when
 * a value was written, or could not be.
 */
export class Store extends Emitter {
  #areas;
  #memory = new Map(); // values that no area took
  #delayed = new Map(); // large values that are not written yet
  #timer = new Timer(browserClock);

  /** The first of the `areas` that takes a value has it; those that do not exist are null. */
  constructor(...areas) {
    super();
    this.#areas = areas.filter(Boolean);
  }

  get(key) {
    const held = this.#delayed.get(key) ?? this.#memory.get(key);
    if (held !== undefined) return held;
    // A later area has a value only if those before it did not take it: theirs is older.
    for (const area of this.#areas.toReversed()) {
      const value = attempt(() => area.getItem(own(key)));
      if (typeof value === "string") return value;
    }
    return null;
  }

  set(key, value) {
    this.#delayed.delete(key);
    if (value.length > LARGE) {
      this.#delayed.set(key, value);
      this.#timer.set(LARGE_AFTER, () => this.flush());
    } else {
      this.#write(key, value);
    }
  }

  /** Writes what is delayed. */
  flush() {
    const values = [...this.#delayed];
    this.#delayed.clear();
    for (const [key, value] of values) this.#write(key, value);
  }

  #write(key, value) {
    this.#memory.delete(key);
    const taken = this.#areas.findIndex((area) => attempt(() => area.setItem(own(key), value)) !== FAILED);
    if (taken === -1) this.#memory.set(key, value);
    else for (const area of this.#areas.slice(taken + 1)) attempt(() => area.removeItem(own(key)));
    this.emit("changed");
  }

  remove(key) {
    this.#memory.delete(key);
    this.#delayed.delete(key);
    for (const area of this.#areas) attempt(() => area.removeItem(own(key)));
    this.emit("changed");
  }

  keys(prefix) {
    const scope = own("");
    const stored = this.#areas.flatMap((area) => {
      const all = attempt(() => Object.keys(area));
      return all === FAILED ? [] : all.filter((key) => key.startsWith(scope)).map((key) => key.slice(scope.length));
    });
    const all = new Set([...stored, ...this.#memory.keys(), ...this.#delayed.keys()]);
    return [...all].filter((key) => key.startsWith(prefix));
  }

  /** Is there a value under such a key that a reload would lose? */
  unkept(prefix) {
    return [...this.#memory.keys()].some((key) => key.startsWith(prefix));
  }
}

const FAILED = Symbol("the browser does not allow it");

/** What an action on a storage area gives; it throws where storage is full or forbidden. */
function attempt(action) {
  try {
    return action();
  } catch {
    return FAILED;
  }
}

/** `names` are "localStorage" and "sessionStorage"; merely reading that property may throw. */
export function openStore(...names) {
  const areas = names.map((name) => attempt(() => window[name]));
  const store = new Store(...areas.filter((area) => area !== FAILED));
  addEventListener("pagehide", () => store.flush());
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && store.flush());
  return store;
}
