/**
 * The way back to where one was before one went to a message: a button, and the browser's own back, for which the
 * history gets one step, however many messages one goes to.
 */
export class BackView {
  #button;
  #steps;
  #onBack;
  #place = null;
  #stepped; // the history stands at that step

  /** `onBack(place)` gets what was remembered. */
  constructor({ button, steps, onBack }) {
    this.#button = button;
    this.#steps = steps;
    this.#onBack = onBack;
    this.#stepped = steps.isStep;
    button.addEventListener("click", () => (this.#stepped ? steps.back() : this.#goBack()));
  }

  /** A way of several steps leads back to where it began. */
  remember(place) {
    this.#place ??= place;
    this.#button.hidden = false;
    if (this.#stepped) return;
    this.#steps.push({ step: true });
    this.#stepped = true;
  }

  /** Another room is shown. */
  leave() {
    this.#forget();
    this.#stepped = this.#steps.isStep;
  }

  /** Whoever has gone down to the end by themselves, and came from there, is back. */
  show({ atEnd }) {
    if (this.#place && atEnd && this.#place.where === "end") this.#forget();
  }

  /**
   * The browser went through the history within a room, to the address of that message or of none; tells whether
   * everything that this means is done.
   */
  travelled({ seq }) {
    const back = this.#stepped && !this.#steps.isStep;
    this.#stepped = this.#steps.isStep;
    if (!back) return false;
    if (this.#place) this.#goBack();
    else if (seq === null) this.#steps.back(); // one had come back by oneself: this step led nowhere
    else return false;
    return true;
  }

  #goBack() {
    const place = this.#place;
    this.#forget();
    this.#onBack(place);
  }

  #forget() {
    this.#place = null;
    this.#button.hidden = true;
  }
}
