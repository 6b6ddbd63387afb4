/** Folds a text that is long, or takes long to draw, to its first lines, with a button that shows all of it. */
import { rangesOf } from "../hits.js";
import { element } from "./parts.js";
import { maybeLong } from "./rich.js";

const PIECE = 500; // characters in a block of what is not drawn: drawing time grows faster than the length of a block
const FINDABLE = 20_000; // characters of that which the browser's own find sees
const RECOGNISED = 24; // characters by which a block is found again in the whole text

export class Shortened {
  #text;
  #button;
  #strings;
  #steady;
  #draw;
  #open = false;
  #missing = false; // something of it takes long, and is not drawn while it is folded
  #rest = null; // the element that holds the text of that, for the browser's own find
  #watching = null;

  /**
   * `steady(element, change, by)` makes a change that leaves the element where it is on the screen, or `by` px above.
   * `draw(whole)` puts the text into the element, or what of it does not take long, and gives {missing, rest}: whether
   * anything is missing, and the texts of that.
   */
  constructor({ text, button, strings, steady, draw }) {
    this.#text = text;
    this.#button = button;
    this.#strings = strings;
    this.#steady = steady;
    this.#draw = draw;
    button.addEventListener("click", () => this.#set(!this.#open));
    text.addEventListener("focusin", ({ target }) => this.#hides(target) && this.#reveal(target));
    text.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  /**
   * Where these words stand, as ranges in the text. If the first of them is in what is not shown, all of it is shown.
   */
  find(hits) {
    const ranges = rangesOf(this.#text, hits);
    const isShown = ranges.length > 0 && ranges[0].getBoundingClientRect().bottom <= this.#text.getBoundingClientRect().bottom;
    if (isShown || !this.#text.classList.contains("folded")) return ranges;
    this.#set(true);
    return rangesOf(this.#text, hits);
  }

  /** The text is another one; what was opened stays open. */
  renew(text) {
    this.#missing = this.#redraw() || (this.#open && this.#missing);
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

  /** For paper the whole text is drawn; what takes long is let go of afterwards. Unfolding it is the style sheet's. */
  print(on) {
    if (this.#missing && !this.#open) this.#redraw(on);
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

  /** The browser's own find came to something that is not shown: it stays where the browser put it on the screen. */
  #scrolled() {
    const by = this.#text.scrollTop;
    if (by === 0 || this.#open) return;
    this.#text.scrollTop = 0;
    this.#set(true, by);
  }

  /** The same for what is not even drawn: `piece` is the block with what was found. */
  #found(piece) {
    const words = piece.textContent.trim().slice(0, RECOGNISED);
    this.#set(true);
    const [range] = rangesOf(this.#text, [words], 1);
    range?.startContainer.parentElement.scrollIntoView({ block: "center" });
  }

  /** Who unfolds goes on reading; who folds has read, and is at the end. */
  #set(open, by = 0) {
    const change = () => {
      this.#open = open;
      if (this.#missing) this.#redraw();
      this.#text.classList.toggle("folded", !open);
      this.#measure();
    };
    this.#steady(open ? this.#text : this.#button, change, by);
  }

  #redraw(whole = this.#open) {
    const { missing, rest } = this.#draw(whole);
    this.#rest?.remove();
    this.#rest = rest.length > 0 ? this.#findable(rest.join("\n").slice(0, FINDABLE)) : null;
    if (this.#rest) this.#text.after(this.#rest);
    return missing;
  }

  /** An element that takes no time to draw, and that the browser's own find looks into. */
  #findable(text) {
    const pieces = [];
    for (let at = 0; at < text.length; at += PIECE) pieces.push(element("div", "", text.slice(at, at + PIECE)));
    for (const piece of pieces) piece.hidden = "until-found";
    const rest = element("div", "rest", ...pieces);
    rest.addEventListener("beforematch", ({ target }) => this.#found(target));
    return rest;
  }

  #measure() {
    const over = !this.#open && this.#text.scrollHeight > this.#text.clientHeight + 1;
    this.#text.classList.toggle("over", over);
    this.#button.hidden = !(this.#open || this.#missing || over);
    this.#button.setAttribute("aria-expanded", String(this.#open));
    this.#button.textContent = this.#strings.say(this.#open ? "fold.less" : "fold.all");
  }
}
