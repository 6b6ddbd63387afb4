/** Where one chooses an emoji: the often used ones first, then all, and a search in both languages. */
import { isModified, onKey } from "../keys.js";
import { overlays, reportOpen } from "../overlays.js";
import { element, part } from "./parts.js";
import { asSheet, beside } from "./popover.js";

const OFTEN = 16;
const AT_ONCE = 240; // emoji in the document; more come when one scrolls to their end
const NEAR = 300; // px

export class PickerView {
  #root;
  #field;
  #list;
  #name;
  #none;
  #strings;
  #emoji;
  #pick = null;
  #returnTo = null;
  #found = []; // the signs to show
  #active = null; // the option that Enter takes
  #moved = false; // somebody went to that one; else it is the best for what was typed

  /** `root` is an element with `popover` that holds a field, a listbox, a line for the name and one for "none". */
  constructor({ root, strings, emoji }) {
    this.#root = root;
    this.#field = part(root, "input");
    this.#list = part(root, "[role=listbox]");
    this.#name = part(root, ".picker-name");
    this.#none = part(root, ".picker-none");
    this.#strings = strings;
    this.#emoji = emoji;
    this.#field.addEventListener("input", () => this.#search());
    onKey(root, (event) => this.#key(event));
    root.addEventListener("toggle", ({ newState }) => newState === "closed" && this.#closed());
    this.#list.addEventListener("click", ({ target }) => this.#take(target.closest("[role=option]")));
    this.#list.addEventListener("pointerover", ({ target }) => this.#tell(target.closest("[role=option]")));
    this.#list.addEventListener("scroll", () => this.#more(), { passive: true });
  }

  /** Opens beside the box `at`; `pick(sign)` gets what was chosen, and the focus goes back to `returnTo`. */
  async open({ at, pick, returnTo }) {
    this.#pick = pick;
    this.#returnTo = returnTo;
    this.#field.value = "";
    this.#show(this.#emoji.often(OFTEN));
    this.#root.showPopover();
    reportOpen(this.#root);
    beside(this.#root, at);
    if (asSheet.matches) this.#list.focus(); // a keyboard on the screen would cover what one came to see
    else this.#field.focus();
    const known = await this.#emoji.ready().then(() => true, () => false);
    if (!this.#root.matches(":popover-open")) return;
    const chosen = this.#active?.dataset.sign;
    if (known) this.#search();
    if (known && chosen) this.#go([...this.#list.children].find(({ dataset }) => dataset.sign === chosen) ?? null);
    if (!known) this.#none.textContent = this.#strings.say("picker.unreachable");
  }

  close() {
    if (this.#root.matches(":popover-open")) this.#root.hidePopover();
  }

  #search() {
    const query = this.#field.value.trim();
    const all = this.#emoji.find(query).map(({ sign }) => sign);
    this.#show(query === "" ? [...new Set([...this.#emoji.often(OFTEN), ...all])] : all);
    this.#none.textContent = this.#found.length === 0 ? this.#strings.say("picker.none") : "";
    if (query !== "") this.#activate(this.#list.firstElementChild);
  }

  #show(signs) {
    this.#found = signs;
    this.#activate(null);
    this.#none.textContent = "";
    this.#list.replaceChildren();
    this.#list.scrollTop = 0;
    this.#append();
  }

  #more() {
    const left = this.#list.scrollHeight - this.#list.clientHeight - this.#list.scrollTop;
    if (left < NEAR) this.#append();
  }

  #append() {
    const shown = this.#list.childElementCount;
    this.#list.append(...this.#found.slice(shown, shown + AT_ONCE).map((sign, index) => this.#option(sign, shown + index)));
  }

  #option(sign, index) {
    const option = element("div", "picker-option emoji", sign);
    option.id = `picker-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.setAttribute("aria-label", this.#emoji.names(sign)[0] ?? sign);
    option.dataset.sign = sign;
    return option;
  }

  #go(option) {
    this.#activate(option);
    this.#moved = option !== null;
  }

  #activate(option) {
    this.#moved = false;
    this.#active?.setAttribute("aria-selected", "false");
    this.#active = option;
    for (const holder of [this.#field, this.#list]) {
      if (option) holder.setAttribute("aria-activedescendant", option.id);
      else holder.removeAttribute("aria-activedescendant");
    }
    this.#tell(option);
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
  }

  #tell(option) {
    const names = option ? this.#emoji.names(option.dataset.sign) : [];
    this.#name.textContent = names.length > 0 ? `${option.dataset.sign} ${names.slice(0, 3).join(" · ")}` : "";
  }

  #take(option) {
    if (!option) return;
    const sign = option.dataset.sign;
    const pick = this.#pick;
    this.#root.hidePopover();
    this.#emoji.note(sign);
    pick(sign);
  }

  #key(event) {
    if (isModified(event)) return; // with Shift or Ctrl the arrows select, or go by words
    if (event.key === "Enter") {
      event.preventDefault();
      this.#take(this.#active);
      return;
    }
    const step = this.#stepOf(event.key);
    if (step === 0) return;
    event.preventDefault();
    const options = [...this.#list.children];
    const here = options.indexOf(this.#active);
    const next = here === -1 ? options[0] : options[Math.max(0, Math.min(options.length - 1, here + step))];
    if (next) this.#go(next);
    this.#more();
  }

  /** By how many options a key goes on; left and right belong to the field until somebody went to an option. */
  #stepOf(key) {
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(" ").length;
    if (key === "ArrowDown") return columns;
    if (key === "ArrowUp") return -columns;
    if (!this.#moved) return 0;
    const rightwards = getComputedStyle(this.#list).direction === "rtl" ? -1 : 1;
    return key === "ArrowRight" ? rightwards : key === "ArrowLeft" ? -rightwards : 0;
  }

  #closed() {
    overlays.closed();
    const back = this.#returnTo;
    this.#list.replaceChildren();
    const lost = document.activeElement === document.body || this.#root.contains(document.activeElement);
    if (lost && back?.isConnected) back.focus({ preventScroll: true });
  }
}
