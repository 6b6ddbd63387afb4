/** The button that goes back to where one was before one went to a message. */
export class BackView {
  #button;
  #place = null;

  /** `onPress(place)` gets what was remembered. */
  constructor({ button, onPress }) {
    this.#button = button;
    button.addEventListener("click", () => {
      const place = this.#place;
      this.forget();
      onPress(place);
    });
  }

  /** A way of several steps leads back to where it began. */
  remember(place) {
    this.#place ??= place;
    this.#button.hidden = false;
  }

  forget() {
    this.#place = null;
    this.#button.hidden = true;
  }

  /** Whoever has gone down to the end by themselves, and came from there, is back. */
  show({ atEnd }) {
    if (this.#place && atEnd && this.#place.where === "end") this.forget();
  }
}
