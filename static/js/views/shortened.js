/** Folds a text that is long, or takes long to draw, to its first lines, with a button that shows all of it. */
import { maybeLong } from "./rich.js";

export class Shortened {
  #text;
  #button;
  #strings;
  #steady;
  #draw;
  #open = false;
  #missing = false; // something of it takes long, and is not drawn while it is folded
  #watching = null;

  /**
   * `steady(element, change)` makes a change that leaves the element where it is on the screen. `draw(whole)` puts the
   * text into the element, or what of it does not take long, and tells whether anything is missing.
   */
  constructor({ text, button, strings, steady, draw }) {
    this.#text = text;
    this.#button = button;
    this.#strings = strings;
    this.#steady = steady;
    this.#draw = draw;
    button.addEventListener("click", () => this.#set(!this.#open));
    text.addEventListener("focusin", ({ target }) => this.#hides(target) && this.#reveal(target));
  }

  /** The text is another one; what was opened stays open. */
  renew(text) {
    this.#missing = this.#draw(this.#open) || (this.#open && this.#missing);
    const long = this.#missing || maybeLong(text);
    if (!long) {
      this.#watching?.disconnect();
      this.#watching = null;
      this.#button.hidden = true;
    } else if (!this.#watching) {
      this.#watching = new ResizeObserver(() => this.#measure());
      this.#watching.observe(this.#text);
    }
    this.#text.classList.toggle("folded", long && !this.#open);
  }

  /** Did the keyboard come to a link, or some such, in what is not shown? */
  #hides(target) {
    if (!this.#text.classList.contains("over") || !target.matches(":focus-visible")) return false;
    return target.getBoundingClientRect().bottom > this.#text.getBoundingClientRect().bottom;
  }

  #reveal(target) {
    this.#set(true);
    target.scrollIntoView({ block: "nearest" });
  }

  /** Who unfolds goes on reading; who folds has read, and is at the end. */
  #set(open) {
    this.#steady(open ? this.#text : this.#button, () => {
      this.#open = open;
      if (this.#missing) this.#draw(open);
      this.#text.classList.toggle("folded", !open);
      this.#measure();
    });
  }

  #measure() {
    const over = !this.#open && this.#text.scrollHeight > this.#text.clientHeight + 1;
    this.#text.classList.toggle("over", over);
    this.#button.hidden = !(this.#open || this.#missing || over);
    this.#button.setAttribute("aria-expanded", String(this.#open));
    this.#button.textContent = this.#strings.say(this.#open ? "fold.less" : "fold.all");
  }
}
