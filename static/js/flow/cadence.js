/** When the sections are drawn: at most four times a second, and only those that one can see. */
const EVERY = 250;

export class Cadence {
  #clock;
  #parts = new Map(); // by element
  #timer = null;
  #last = 0;
  #observer;
  #held = false;

  constructor({ clock, IntersectionObserver }) {
    this.#clock = clock;
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) this.#parts.get(target).visible = isIntersecting;
        this.#plan();
      },
      { rootMargin: "200px" },
    );
  }

  /** Registers a section with what draws it; gives what says that it is to be drawn anew. */
  add(element, render) {
    const part = { render, visible: false, stale: true };
    this.#parts.set(element, part);
    this.#observer.observe(element);
    return () => {
      part.stale = true;
      this.#plan();
    };
  }

  /** While held nothing is drawn by itself. */
  hold(held) {
    this.#held = held;
    this.#plan();
  }

  #plan() {
    if (this.#timer !== null || this.#held) return;
    const wait = Math.max(0, this.#last + EVERY - this.#clock.now());
    this.#timer = this.#clock.after(wait, () => {
      this.#timer = null;
      this.#draw();
    });
  }

  #draw() {
    if (this.#held) return;
    this.#last = this.#clock.now();
    for (const part of this.#parts.values()) {
      if (!part.visible || !part.stale) continue;
      part.stale = false;
      part.render();
    }
  }
}
