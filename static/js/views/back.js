/**
 * The way back to where one was before one went to a message: a button, and the browser's own back, for which the
 * history gets one step, however many messages one goes to.
 */
export class BackView {
  #button;
  #onBack;
  #place = null;
  #stepped = isStep(); // the history stands at that step

  /** `onBack(place)` gets what was remembered. */
  constructor({ button, onBack }) {
    this.#button = button;
    this.#onBack = onBack;
    button.addEventListener("click", () => (this.#stepped ? history.back() : this.#goBack()));
  }

  /** A way of several steps leads back to where it began. */
  remember(place) {
    this.#place ??= place;
    this.#button.hidden = false;
    if (this.#stepped) return;
    history.pushState({ step: true }, "");
    this.#stepped = true;
  }

  /** Another room is shown. */
  leave() {
    this.#forget();
    this.#stepped = isStep();
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
    const back = this.#stepped && !isStep();
    this.#stepped = isStep();
    if (!back) return false;
    if (this.#place) this.#goBack();
    else if (seq === null) history.back(); // one had come back by oneself: this step led nowhere
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

function isStep() {
  return history.state?.step === true;
}
