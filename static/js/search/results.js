/** What was found: one link a message, its words by text nodes alone. */
import { addressOf } from "../address.js";
import { isGuest } from "../guests.js";
import { element, fromTemplate, paintAvatar, part } from "../views/parts.js";

export class ResultsView {
  #list;
  #notes;
  #status;
  #strings;
  #formats;
  #words = [];

  constructor({ list, notes, status, strings, formats }) {
    this.#list = list;
    this.#notes = notes;
    this.#status = status;
    this.#strings = strings;
    this.#formats = formats;
  }

  get count() {
    return this.#list.children.length;
  }

  /** Which of the results has the focus, -1 for none. */
  get focused() {
    return [...this.#list.children].indexOf(document.activeElement?.closest("#search-results > li"));
  }

  /** Where the reader is: {count, href, top, focused}, the first result on the screen and its distance from the upper edge. */
  get position() {
    const items = [...this.#list.children];
    const first = items.find((item) => item.getBoundingClientRect().bottom > 0);
    if (!first) return null;
    const { href } = part(first, "a");
    return { count: items.length, href, top: first.getBoundingClientRect().top, focused: document.activeElement?.href ?? null };
  }

  /** Puts the reader back there, as far as those results are still found. */
  restore({ href, top, focused }) {
    const links = [...this.#list.querySelectorAll("a")];
    const first = links.find((link) => link.href === href)?.closest("li");
    if (first) scrollBy({ top: first.getBoundingClientRect().top - top, behavior: "instant" });
    links.find((link) => link.href === focused)?.focus({ preventScroll: true });
  }

  focus(at) {
    this.#list.children[at]?.querySelector("a").focus();
  }

  wait() {
    this.#list.setAttribute("aria-busy", "true");
  }

  clear() {
    this.#fill([], []);
    this.#say("");
  }

  /** `words` are those that were asked for. */
  show({ results, next, notes }, words) {
    this.#words = words;
    this.#fill(results, notes);
    this.#tell(next);
  }

  /** The page after those that are shown. */
  append({ results, next }) {
    this.#list.append(...results.map((hit) => this.#hit(hit)));
    this.#list.removeAttribute("aria-busy");
    this.#tell(next);
  }

  fail(reason) {
    this.#list.removeAttribute("aria-busy");
    this.#say(reason, { wrong: true });
  }

  /** Writes the times of all results, which are in another zone now or on another day. */
  rewrite() {
    for (const time of this.#list.querySelectorAll("time")) this.#write(time, time.dateTime);
  }

  #write(time, at) {
    const date = new Date(at);
    const words = `${this.#formats.day(date, new Date())}, ${this.#formats.time(date)}`;
    time.dateTime = at;
    time.title = this.#formats.full(date);
    if (time.textContent !== words) time.textContent = words;
  }

  #fill(results, notes) {
    this.#list.replaceChildren(...results.map((hit) => this.#hit(hit)));
    this.#list.removeAttribute("aria-busy");
    this.#notes.replaceChildren(...notes.map(({ detail }) => element("li", "", detail)));
    this.#notes.hidden = notes.length === 0;
  }

  #tell(next) {
    if (this.count === 0) this.#say(this.#notes.hidden ? this.#strings.say("nothing") : "");
    else this.#say(this.#strings.count(next === null ? "found" : "newest", this.count));
  }

  #say(words, { wrong = false } = {}) {
    this.#status.classList.toggle("wrong", wrong);
    this.#status.textContent = words;
  }

  /** The words to be shown in the message: those that are marked, or, where none was reached, what was asked for. */
  #hitsOf(snippet) {
    const marked = snippet.filter(({ hit }) => hit).map(({ text }) => text);
    return marked.length > 0 ? marked : this.#words;
  }

  #hit({ room, name, seq, at, author, snippet }) {
    const item = fromTemplate("hit-template");
    part(item, "a").href = addressOf(room, seq, this.#hitsOf(snippet));
    paintAvatar(part(item, ".avatar"), author, room);
    part(item, ".hit-author").textContent = author.name;
    part(item, ".guest").hidden = !isGuest(author);
    part(item, ".hit-room").textContent = name;
    this.#write(part(item, "time"), at);
    part(item, ".hit-text").append(...snippet.map(({ text, hit }) => (hit ? element("mark", "", text) : text)));
    return item;
  }
}
