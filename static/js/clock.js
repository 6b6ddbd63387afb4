/** The browser's clock in the shape that the other modules take it, so that a test can hand in its own. */
export const browserClock = {
  now: () => Date.now(),
  after: (milliseconds, action) => setTimeout(action, milliseconds),
  cancel: (timer) => clearTimeout(timer),
};

/** One timer that can be set again and cleared: setting it anew drops the former setting. */
export class Timer {
  #clock;
  #pending = null;

  constructor(clock) {
    this.#clock = clock;
  }

  get running() {
    return this.#pending !== null;
  }

  set(milliseconds, action) {
    this.clear();
    this.#pending = this.#clock.after(milliseconds, () => {
      this.#pending = null;
      action();
    });
  }

  clear() {
    if (this.#pending !== null) this.#clock.cancel(this.#pending);
    this.#pending = null;
  }
}
