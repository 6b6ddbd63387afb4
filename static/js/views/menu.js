/** A menu over the page, beside what it is about; where one uses fingers and the screen is narrow, a sheet from below. */
import { isModified, onKey } from "../keys.js";
import { overlays, reportOpen } from "../overlays.js";
import { element, icon } from "./parts.js";
import { beside } from "./popover.js";

export class Menu {
  #root;
  #returnTo = null;

  /** `root` is an element with `popover` and the role of a menu. */
  constructor({ root }) {
    this.#root = root;
    onKey(root, (event) => this.#key(event));
    root.addEventListener("toggle", ({ newState }) => newState === "closed" && this.#closed());
  }

  /**
   * Shows `items`, each {name, icon, run, danger} or a row of small ones {row: [{name, emoji or icon, run}]}, beside
   * the box `at`; the focus goes back to `returnTo`.
   */
  open({ items, at, returnTo }) {
    this.close();
    this.#returnTo = returnTo;
    this.#root.replaceChildren(...items.map((item) => this.#entry(item)));
    this.#root.showPopover();
    reportOpen(this.#root);
    beside(this.#root, at);
    this.#all[0]?.focus({ preventScroll: true });
  }

  close() {
    if (this.#root.matches(":popover-open")) this.#root.hidePopover();
  }

  #entry(item) {
    if (!item.row) return this.#button(item);
    const row = element("div", "menu-row", ...item.row.map((each) => this.#button(each)));
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", item.name);
    return row;
  }

  #button({ name, icon: sign, emoji, danger, run }) {
    const words = emoji ? element("span", "emoji", emoji) : icon(sign);
    const button = element("button", emoji || sign === "smile" ? "menu-small" : "menu-item", words);
    if (button.className === "menu-item") button.append(element("span", "", name));
    else button.setAttribute("aria-label", name);
    button.type = "button";
    button.tabIndex = -1;
    button.setAttribute("role", "menuitem");
    button.classList.toggle("danger", danger === true);
    button.addEventListener("click", () => {
      this.close(); // first: the focus goes back, and what is done may take it elsewhere
      run();
    });
    return button;
  }

  get #all() {
    return [...this.#root.querySelectorAll("button")];
  }

  #key(event) {
    const all = this.#all;
    const here = all.indexOf(document.activeElement);
    const next = isModified(event) ? null : this.#next(event.key, here, all);
    if (event.key === "Tab") this.close();
    if (next === null) return;
    event.preventDefault();
    all.at(next)?.focus();
  }

  /** Up and down go from line to line, a row of small ones being one line; left and right go through all. */
  #next(key, here, all) {
    const sign = document.dir === "rtl" ? -1 : 1;
    const lineOf = (button) => button.closest(".menu-row") ?? button;
    const lines = [...this.#root.children];
    const line = lines.indexOf(lineOf(all[here] ?? all[0]));
    const firstOf = (number) => {
      const wanted = lines.at(number % lines.length);
      return all.findIndex((button) => lineOf(button) === wanted);
    };
    switch (key) {
      case "ArrowDown":
        return firstOf(line + 1);
      case "ArrowUp":
        return firstOf(line - 1);
      case "ArrowRight":
        return (here + sign) % all.length;
      case "ArrowLeft":
        return (here - sign) % all.length;
      case "Home":
        return 0;
      case "End":
        return -1;
      default:
        return null;
    }
  }

  #closed() {
    overlays.closed();
    const back = this.#returnTo;
    this.#returnTo = null;
    const lost = document.activeElement === document.body || this.#root.contains(document.activeElement);
    if (lost && back?.isConnected) back.focus({ preventScroll: true });
  }
}
