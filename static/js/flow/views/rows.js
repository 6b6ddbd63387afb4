/** Table rows that are used again: what changes four times a second must not be made anew each time. */
import { element } from "../../views/parts.js";

export class Rows {
  #body;
  #fill;
  #make;
  #rows = [];

  /** `make()` gives a row with its cells, `fill(row, entry)` puts an entry into it. */
  constructor({ body, make, fill }) {
    this.#body = body;
    this.#make = make;
    this.#fill = fill;
  }

  show(entries) {
    while (this.#rows.length < entries.length) {
      const row = this.#make();
      this.#rows.push(row);
      this.#body.append(row);
    }
    entries.forEach((entry, index) => {
      this.#rows[index].hidden = false;
      this.#fill(this.#rows[index], entry);
    });
    for (let index = entries.length; index < this.#rows.length; index += 1) this.#rows[index].hidden = true;
  }
}

/** A row whose first cell is its head. */
export function row(cells, className = "") {
  const head = element("th", "");
  head.scope = "row";
  return element("tr", className, head, ...Array.from({ length: cells - 1 }, () => element("td", "")));
}

/** Writes only what is different: the same text again would cost a layout. */
export function write(place, words) {
  if (place.textContent !== words) place.textContent = words;
}
