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

  show({ results, next, notes }) {
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

  #hit({ room, name, seq, at, author, snippet }) {
    const item = fromTemplate("hit-template");
    const date = new Date(at);
    const time = part(item, "time");
    part(item, "a").href = addressOf(room, seq);
    paintAvatar(part(item, ".avatar"), author);
    part(item, ".hit-author").textContent = author.name;
    part(item, ".guest").hidden = !isGuest(author);
    part(item, ".hit-room").textContent = name;
    time.dateTime = at;
    time.textContent = `${this.#formats.day(date, new Date())}, ${this.#formats.time(date)}`;
    time.title = this.#formats.full(date);
    part(item, ".hit-text").append(...snippet.map(({ text, hit }) => (hit ? element("mark", "", text) : text)));
    return item;
  }
}
