/** Folds a long text to its first lines, with a button that shows all of it. */
import { maybeLong } from "./rich.js";

export class Shortened {
  #text;
  #button;
  #strings;
  #open = false;
  #watching = null;

  constructor({ text, button, strings }) {
    this.#text = text;
    this.#button = button;
    this.#strings = strings;
    button.addEventListener("click", () => this.#set(!this.#open));
    text.addEventListener("focusin", () => !button.hidden && this.#set(true)); // a link in what is not shown
  }

  /** The text is another one; what was opened stays open. */
  renew(text) {
    const long = maybeLong(text);
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

  #set(open) {
    this.#open = open;
    this.#text.classList.toggle("folded", !open);
    this.#measure();
  }

  #measure() {
    const over = this.#open || this.#text.scrollHeight > this.#text.clientHeight + 1;
    this.#text.classList.toggle("over", over && !this.#open);
    this.#button.hidden = !over;
    this.#button.setAttribute("aria-expanded", String(this.#open));
    this.#button.textContent = this.#strings.say(this.#open ? "fold.less" : "fold.all");
  }
}
