/**
 * Stand-ins for what browsers of the last years may lack, imported first by each main.js. Each does what the page needs
 * of it, no more. tests/page/test_starting.py deletes the originals.
 */
function add(owner, name, value) {
  if (owner[name] === undefined) Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

add(Map, "groupBy", (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
});
add(Array.prototype, "toReversed", function toReversed() {
  return [...this].reverse();
});
add(Array.prototype, "findLast", function findLast(matches) {
  return [...this].reverse().find(matches);
});
add(AbortSignal, "timeout", (milliseconds) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException("The time is over.", "TimeoutError")), milliseconds);
  return controller.signal;
});
add(Element.prototype, "checkVisibility", function checkVisibility() {
  return this.getClientRects().length > 0;
});
add(
  Intl,
  "ListFormat",
  class {
    format(names) {
      return [...names].join(", ");
    }
  },
);
add(
  globalThis,
  "ResizeObserver",
  /** Tells each size once; later only those of the window. */
  class {
    #told;
    #watched = new Set();

    constructor(told) {
      this.#told = told;
      addEventListener("resize", () => this.#tell([...this.#watched]));
    }

    observe(target) {
      this.#watched.add(target);
      requestAnimationFrame(() => this.#tell([target]));
    }

    unobserve(target) {
      this.#watched.delete(target);
    }

    disconnect() {
      this.#watched.clear();
    }

    #tell(targets) {
      const entries = targets.map((target) => ({ target, contentRect: target.getBoundingClientRect() }));
      if (entries.length > 0) this.#told(entries, this);
    }
  },
);
add(
  globalThis,
  "IntersectionObserver",
  /** Everything counts as visible. */
  class {
    #told;

    constructor(told) {
      this.#told = told;
    }

    observe(target) {
      requestAnimationFrame(() => this.#told([{ target, isIntersecting: true, intersectionRatio: 1 }], this));
    }

    unobserve() {}

    disconnect() {}
  },
);
