/** Whether somebody sits in front of this page: it is in the window that they work in, and they touched it lately. */
import { Emitter } from "./emitter.js";

const AWAY_AFTER = 5 * 60_000; // ms without input
const INPUTS = ["keydown", "beforeinput", "pointerdown", "pointermove", "wheel", "touchstart", "touchmove"];

/** Emits `back` with the first input of somebody who was away. */
export class Attendance extends Emitter {
  #clock;
  #lastInput;
  #pointer = "";

  /** `clock` may be set while the page is open: what counts as away then, ends with the next input. */
  constructor({ clock }) {
    super();
    this.#clock = clock;
    this.#lastInput = clock.now();
    for (const name of INPUTS) addEventListener(name, (event) => this.#touched(event), { capture: true, passive: true });
    // Somebody chose this window. That it is visible alone says nothing: a screen that wakes up makes it so.
    addEventListener("focus", (event) => event.target === window && this.#touched(event));
  }

  get isAway() {
    return this.#clock.now() - this.#lastInput >= AWAY_AFTER;
  }

  /** A page that stands beside the window in which they work is visible, and no more. */
  get isHere() {
    return document.visibilityState === "visible" && document.hasFocus() && !this.isAway;
  }

  #touched({ type, screenX, screenY }) {
    if (type === "pointermove") {
      // What moves under a pointer that rests is a move too.
      const place = `${screenX} ${screenY}`;
      if (place === this.#pointer) return;
      this.#pointer = place;
    }
    const wasAway = this.isAway;
    this.#lastInput = this.#clock.now();
    if (wasAway) this.emit("back");
  }
}
