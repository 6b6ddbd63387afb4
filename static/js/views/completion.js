/**
 * Completes the word that is being written: a list of suggestions over the field. Typing opens it; it searches again while the
 * cursor stays in the word, and closes when the cursor leaves it. Arrows and the pointer select, Enter and Tab take what is
 * selected, Escape closes the list. Nothing is selected at first, so that Enter does what it does without a list; only
 * what was typed by its exact name is. Tab takes the first suggestion for something that was typed.
 * To assistive technology it is a text field with a list box (ARIA: `aria-activedescendant`); a `<textarea>` may not be called a combobox.
 *
 * A source is `{ pattern, find, more? }`. `pattern` matches what stands before the cursor, up to it, and names two groups:
 * `whole` is what a suggestion replaces, `query` what is looked for. `find(query)` gives, or promises, suggestions, the
 * best first: `{ insert, children, label?, exact?, taken? }`, the text that is put in, what is shown of it (nodes and texts),
 * and whether the query is its exact name. `more(query)` promises those that take longer to find; they come last.
 */
import { isModified, onKey } from "../keys.js";
import { openFence } from "../text.js";
import { element } from "./parts.js";

const SHOWN = 8;
const READ = 80; // characters before the cursor in which a pattern is looked for
const ADDRESS = 300; // characters before the cursor in which an address may have begun

export class Completion {
  #field;
  #list;
  #status;
  #strings;
  #sources;
  #suggestions = [];
  #word = null; // {source, query, whole, begin}: what the list completes; null while it is closed
  #active = -1; // the index of the selected suggestion
  #looked = ""; // the field's text when it was looked at last
  #asked = 0; // the number of the newest question; an answer to an older one is void
  #dismissed = null; // {begin, text}: of a word that begins there, and so, no list opens: it was closed, or completed

  constructor({ field, list, status, strings, sources }) {
    this.#field = field;
    this.#list = list;
    this.#status = status;
    this.#strings = strings;
    this.#sources = sources;
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-haspopup", "listbox");
    field.setAttribute("aria-controls", list.id);
    field.addEventListener("input", () => this.#look());
    field.addEventListener("blur", () => this.close());
    onKey(field, (event) => this.#key(event), { capture: true }); // before it is sent by Enter
    document.addEventListener("selectionchange", () => this.#follow());
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => this.#take(this.#indexOf(event.target)));
    list.addEventListener("pointermove", (event) => this.#pointed(event));
  }

  get open() {
    return this.#word !== null;
  }

  close() {
    this.#asked += 1;
    this.#hide();
  }

  /** The field is for something else now. */
  startOver() {
    this.#dismissed = null;
    this.close();
  }

  /** The field's text is this now: somebody else than the person may have written it. */
  written(text) {
    if (text === this.#looked) return;
    if (text.length <= this.#dismissed?.begin) this.#dismissed = null;
    this.#follow();
  }

  #hide() {
    this.#word = null;
    this.#suggestions = [];
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#status.textContent = "";
    this.#select(-1);
  }

  /** The cursor may have left what is completed. */
  #follow() {
    if (!this.open || this.#stands(this.#word)) return;
    const { source, begin } = this.#word;
    if (this.#words().some((word) => word.source === source && word.begin === begin)) this.#look();
    else this.close();
  }

  async #look() {
    const asked = (this.#asked += 1);
    this.#looked = this.#field.value;
    const words = this.#words();
    const wanted = words.filter((word) => !this.#isDismissed(word));
    if (wanted.length === words.length) this.#dismissed = null;
    for (const word of wanted) {
      const found = await suggested(word.source.find(word.query));
      if (asked !== this.#asked) return; // more was written
      if (found.length > 0) this.#show(word, found);
      else this.#hide(); // what the next source finds may be long in coming
      if (this.open) break;
    }
    if (wanted.length === 0) this.#hide();
    for (const word of this.open ? [this.#word] : wanted) {
      const found = await suggested(word.source.more?.(word.query));
      if (asked !== this.#asked) return;
      this.#add(word, found);
      if (this.open) return;
    }
  }

  #isDismissed({ begin, whole }) {
    return begin === this.#dismissed?.begin && whole.startsWith(this.#dismissed.text);
  }

  /** What of that which is being written may want to be completed: the first source that finds something does it. */
  #words() {
    const { value, selectionStart: caret, selectionEnd: end } = this.#field;
    if (caret !== end) return [];
    const before = value.slice(Math.max(0, caret - ADDRESS), caret);
    const words = this.#sources.flatMap((source) => {
      const { whole, query } = source.pattern.exec(before.slice(-READ))?.groups ?? {};
      if (whole === undefined || endsInAddress(before.slice(0, before.length - whole.length))) return [];
      return [{ source, query, whole, begin: caret - whole.length }];
    });
    return words.length > 0 && openFence(value.slice(0, caret)) ? [] : words;
  }

  /** Is the text before the cursor still what was to be completed? */
  #stands({ begin, whole }) {
    const { value, selectionStart: caret, selectionEnd: end } = this.#field;
    return caret === end && caret === begin + whole.length && value.slice(begin, caret) === whole;
  }

  #show(word, suggestions) {
    if (!this.#stands(word)) return this.#hide();
    this.#word = word;
    this.#suggestions = suggestions.slice(0, SHOWN);
    this.#list.replaceChildren(...this.#suggestions.map((suggestion, index) => this.#option(suggestion, index)));
    this.#list.classList.toggle("tab", isTyped(word));
    this.#list.hidden = false;
    this.#tell();
    this.#select(this.#endsThere(word) ? this.#suggestions.findIndex(({ exact }) => exact) : -1);
    return undefined;
  }

  /** Lists further suggestions behind those that are there: nothing moves under the pointer, and the selection stays. */
  #add(word, suggestions) {
    if (!this.open) return suggestions.length > 0 ? this.#show(word, suggestions) : undefined;
    const listed = new Set(this.#suggestions.map(({ insert }) => insert));
    for (const suggestion of suggestions.filter(({ insert }) => !listed.has(insert)).slice(0, SHOWN - listed.size)) {
      this.#list.append(this.#option(suggestion, this.#suggestions.length));
      this.#suggestions.push(suggestion);
    }
    return this.#tell();
  }

  #tell() {
    this.#status.textContent = this.#strings.count("completion.found", this.#suggestions.length);
  }

  #option({ children, label }, index) {
    const option = element("li", "completion-option", ...children);
    option.id = `${this.#list.id}-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    if (label) option.setAttribute("aria-label", label);
    return option;
  }

  #select(index) {
    const option = this.#list.children[index];
    this.#active = option ? index : -1;
    for (const each of this.#list.children) each.setAttribute("aria-selected", String(each === option));
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** A pointer that moves selects: one that rests where the list opens is told nothing. */
  #pointed({ pointerType, target }) {
    const index = this.#indexOf(target);
    if (pointerType !== "touch" && index !== -1 && index !== this.#active) this.#select(index);
  }

  #key(event) {
    if (!this.open || isModified(event)) return;
    if (event.key !== "Escape" && !this.#stands(this.#word)) return this.close();
    const act = this.#actionOf(event.key);
    if (!act) return undefined;
    event.preventDefault();
    event.stopImmediatePropagation();
    return act();
  }

  /** What a key does in the list; null if it is meant for the field. */
  #actionOf(key) {
    const count = this.#suggestions.length;
    const active = this.#active;
    switch (key) {
      case "ArrowDown":
        return () => this.#select((active + 1) % count);
      case "ArrowUp":
        return () => this.#select(active > 0 ? active - 1 : count - 1);
      case "Enter":
        return active < 0 ? null : () => this.#take(active);
      case "Tab":
        return active < 0 && !isTyped(this.#word) ? null : () => this.#take(Math.max(0, active));
      case "Escape":
        return () => {
          this.#dismissed = { begin: this.#word.begin, text: "" };
          this.close();
        };
      default:
        return null;
    }
  }

  #indexOf(target) {
    return [...this.#list.children].indexOf(target.closest("[role=option]"));
  }

  #take(index) {
    const suggestion = this.#suggestions[index];
    if (!suggestion) return;
    const word = this.#word;
    this.close();
    this.#field.focus();
    if (!this.#stands(word)) return;
    this.#dismissed = { begin: word.begin, text: suggestion.insert.trimEnd() };
    this.#field.setSelectionRange(word.begin, this.#field.selectionEnd);
    suggestion.taken?.();
    // The old way to write into a field, and the only one that the browser's "undo" knows.
    if (!document.execCommand("insertText", false, suggestion.insert)) {
      this.#field.setRangeText(suggestion.insert, word.begin, this.#field.selectionEnd, "end");
      this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  }

  /** Does the word end at the cursor? */
  #endsThere({ begin, whole }) {
    const end = begin + whole.length;
    return !/^[\p{L}\p{N}\p{M}_:]/u.test(this.#field.value.slice(end, end + 2));
  }
}

/** The suggestions that were given or promised; none if they could not be had. */
function suggested(given) {
  return Promise.resolve(given).then((found) => found ?? [], () => []);
}

/** Is there anything to complete but the sign with which it begins? */
function isTyped({ query }) {
  return query.trim() !== "";
}

/** Does a text end within an address or a path? A sign there belongs to it. */
function endsInAddress(text) {
  return /[/\\]$/u.test(text) || text.split(/\s/u).at(-1).includes("://");
}
