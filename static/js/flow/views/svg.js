/** SVG by calls, and what a picture needs to be used by keyboard. */
import { isModified, onKey } from "../../keys.js";

const SPACE = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SPACE, name);
  put(made, attributes);
  made.append(...children);
  return made;
}

export function put(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, String(value));
}

/** Makes a shape a button: `press` on a click, Enter and the space bar. */
export function pressable(shape, press) {
  put(shape, { role: "button", tabindex: "-1" });
  shape.addEventListener("click", press);
  onKey(shape, (event) => {
    if ((event.key !== "Enter" && event.key !== " ") || isModified(event)) return;
    event.preventDefault();
    press();
  });
  return shape;
}

/**
 * One stop for the Tab key in `group`, and the arrows to go on inside it: `items` gives what can be reached, in order.
 */
export class Roving {
  #items;
  #current = null;

  constructor(group, items) {
    this.#items = items;
    group.addEventListener("focusin", ({ target }) => this.#take(items().find((item) => item.contains(target))));
    onKey(group, (event) => this.#move(event));
  }

  /** After the items changed: one of them must be reachable. */
  settle() {
    const items = this.#items();
    if (!items.includes(this.#current)) this.#take(items[0]);
  }

  #take(item) {
    if (!item || item === this.#current) return;
    this.#current?.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
    this.#current = item;
  }

  #move(event) {
    const items = this.#items();
    const at = items.indexOf(this.#current);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = { Home: 0, End: items.length - 1 }[event.key] ?? (step ? at + step : -1);
    if (at < 0 || !items[to] || isModified(event)) return; // Alt and an arrow is the browser's "back"
    event.preventDefault();
    items[to].focus();
  }
}
