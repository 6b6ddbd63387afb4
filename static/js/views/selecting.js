/**
 * Lets a finger select in the text of one message. Everywhere else in the log a finger that rests opens the menu, and
 * `user-select` keeps the browser from selecting at the same time.
 */
import { onKey } from "../keys.js";

/** Do fingers use this page? With a mouse a text can be selected anyway. */
const coarse = matchMedia("(pointer: coarse)");

export class Selecting {
  #text = null;

  constructor({ root }) {
    root.addEventListener("pointerdown", ({ target }) => this.#text && !this.#text.contains(target) && this.end());
    onKey(root, ({ key }) => key === "Escape" && this.end());
  }

  get offered() {
    return coarse.matches;
  }

  /**
   * From here on a finger that rests on a word of that element selects it. Nothing is selected yet: browsers show no
   * handles to a selection that a script made, and do not select anew inside it.
   */
  begin(text) {
    this.end();
    this.#text = text;
    text.classList.add("selecting");
  }

  end() {
    if (!this.#text) return;
    this.#text.classList.remove("selecting");
    this.#text = null;
    getSelection().removeAllRanges();
  }
}
