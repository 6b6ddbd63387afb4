/** One line over the composer that says what just happened, and goes away by itself. */
import { Timer } from "../clock.js";

const STAYS = 6000;

export class NoticeView {
  #root;
  #words;
  #timer;

  /** `root` has the role of a status. */
  constructor({ root, words, close, clock }) {
    this.#root = root;
    this.#words = words;
    this.#timer = new Timer(clock);
    close.addEventListener("click", () => this.hide());
  }

  say(words) {
    this.#root.classList.add("shown");
    this.#words.textContent = words;
    this.#timer.set(STAYS, () => this.hide());
  }

  hide() {
    this.#timer.clear();
    this.#root.classList.remove("shown");
    this.#words.textContent = "";
  }
}
