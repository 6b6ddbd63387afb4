/**
 * Completes what one is writing: a list of suggestions over the field, of which one is active. Arrows choose, Enter or
 * Tab take it, Escape closes the list; when it is closed these keys do what they always do. To assistive technology it is a text field
 * with a list box (ARIA: `aria-activedescendant`); a `<textarea>` may not be called a combobox.
 *
 * A source is `{ pattern, find }`. `pattern` matches what stands before the cursor, up to it, and names two groups:
 * `whole` is what a suggestion replaces, `query` what is looked for. `find(query)` gives, or promises, suggestions, the
 * best first: `{ insert, children, label? }`, the text that is put in and what is shown of it (nodes and texts).
 */
import { openFence } from "../text.js";
import { element } from "./parts.js";

const SHOWN = 8;
const READ = 80; // characters before the cursor that are looked at

export class Completion {
  #field;
  #list;
  #status;
  #strings;
  #sources;
  #suggestions = [];
  #begin = 0; // where in the field that begins which a suggestion replaces
  #active = 0;
  #asked = 0; // the number of the newest question; an answer to an older one is void
  #dismissed = null; // where a list began that was closed: it does not open there again

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
    field.addEventListener("click", () => this.#look());
    field.addEventListener("keyup", (event) => event.key.startsWith("Arrow") && !this.open && this.#look());
    field.addEventListener("blur", () => this.close());
    field.addEventListener("keydown", (event) => this.#key(event), { capture: true }); // before it is sent by Enter
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => this.#take(this.#indexOf(event.target)));
    list.addEventListener("pointermove", (event) => this.#point(this.#indexOf(event.target)));
  }

  get open() {
    return !this.#list.hidden;
  }

  close() {
    this.#asked += 1;
    this.#hide();
  }

  #hide() {
    this.#suggestions = [];
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#status.textContent = "";
    this.#field.removeAttribute("aria-activedescendant");
  }

  async #look() {
    const asked = (this.#asked += 1);
    const wanted = this.#triggers();
    if (!wanted.some(({ begin }) => begin === this.#dismissed)) this.#dismissed = null;
    for (const { source, query, begin } of wanted.filter((each) => each.begin !== this.#dismissed)) {
      const suggestions = await Promise.resolve(source.find(query)).catch(() => []);
      if (asked !== this.#asked) return; // one has written on
      if (suggestions.length > 0) return this.#show(suggestions.slice(0, SHOWN), begin);
      this.#hide(); // what the next source finds may be long in coming
    }
    this.close();
  }

  /** What of that which is being written may want to be completed: the first source that finds something does it. */
  #triggers() {
    const { value, selectionStart: caret, selectionEnd: end } = this.#field;
    if (caret !== end || openFence(value.slice(0, caret))) return [];
    const before = value.slice(Math.max(0, caret - READ), caret);
    return this.#sources.flatMap((source) => {
      const { whole, query } = source.pattern.exec(before)?.groups ?? {};
      return whole === undefined ? [] : [{ source, query, begin: caret - whole.length }];
    });
  }

  #show(suggestions, begin) {
    this.#suggestions = suggestions;
    this.#begin = begin;
    this.#list.replaceChildren(...suggestions.map((suggestion, index) => this.#option(suggestion, index)));
    this.#list.hidden = false;
    this.#status.textContent = this.#strings.count("completion.found", suggestions.length);
    this.#point(0);
  }

  #option({ children, label }, index) {
    const option = element("li", "completion-option", ...children);
    option.id = `${this.#list.id}-${index}`;
    option.setAttribute("role", "option");
    if (label) option.setAttribute("aria-label", label);
    return option;
  }

  #point(index) {
    const option = this.#list.children[index];
    if (!option) return;
    this.#active = index;
    for (const each of this.#list.children) each.setAttribute("aria-selected", String(each === option));
    this.#field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (!this.open || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const count = this.#suggestions.length;
    const actions = {
      ArrowDown: () => this.#point((this.#active + 1) % count),
      ArrowUp: () => this.#point((this.#active + count - 1) % count),
      Enter: () => this.#take(this.#active),
      Tab: () => this.#take(this.#active),
      Escape: () => {
        this.#dismissed = this.#begin;
        this.close();
      },
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    actions[event.key]();
  }

  #indexOf(target) {
    return [...this.#list.children].indexOf(target.closest("[role=option]"));
  }

  #take(index) {
    const suggestion = this.#suggestions[index];
    if (!suggestion) return;
    const begin = this.#begin;
    this.close();
    this.#field.focus();
    this.#field.setSelectionRange(begin, this.#field.selectionEnd);
    suggestion.taken?.();
    // The old way to write into a field, and the only one that the browser's "undo" knows.
    if (!document.execCommand("insertText", false, suggestion.insert)) {
      this.#field.setRangeText(suggestion.insert, begin, this.#field.selectionEnd, "end");
      this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  }
}
