/** The threads of the server: what each does now, and how many there are of each kind. */
import { element } from "../../views/parts.js";
import { Rows, row, write } from "./rows.js";

const SHOWN = 100;

export class ThreadsView {
  #totals;
  #more;
  #seen;
  #strings;
  #units;
  #nameOf;
  #rows;
  #made = new Map(); // totals by kind

  constructor({ table, totals, more, seen, strings, units, nameOf }) {
    this.#totals = totals;
    this.#more = more;
    this.#seen = seen;
    this.#strings = strings;
    this.#units = units;
    this.#nameOf = nameOf;
    this.#rows = new Rows({ body: table.tBodies[0], make: () => makeRow(), fill: (...all) => this.#fill(...all) });
  }

  render() {
    const { threads, threads_total: total, kinds } = this.#seen.snapshot;
    // Those that all share stand first, for there are few of them and they never change their place.
    const shared = threads.filter(({ kind }) => kind !== "handler");
    const handlers = threads.filter(({ kind }) => kind === "handler");
    const shown = [...shared, ...handlers].slice(0, SHOWN);
    this.#rows.show(shown);
    const hidden = total - shown.length;
    this.#more.hidden = hidden <= 0;
    write(this.#more, this.#strings.count("threads.more", hidden, { n: this.#units.count(hidden) }));
    this.#count(Object.entries(kinds), total);
  }

  #count(kinds, total) {
    const wanted = [["all", total], ...kinds];
    const names = new Set(wanted.map(([kind]) => kind));
    for (const [kind, made] of this.#made) {
      if (names.has(kind)) continue;
      made.remove();
      this.#made.delete(kind);
    }
    for (const [kind, count] of wanted) {
      if (!this.#made.has(kind)) {
        const made = element("div", "", element("dt", "", this.#strings.say(`kind.${kind}`)), element("dd", ""));
        this.#made.set(kind, made);
        this.#totals.append(made);
      }
      write(this.#made.get(kind).lastElementChild, this.#units.count(count));
    }
  }

  #fill(made, { name, kind, client, doing, for_us: age }) {
    const [title, what, who, does, since] = made.cells;
    write(title, name);
    write(what, this.#strings.say(`kind.${kind}`));
    write(who, client === null || client === undefined ? "–" : this.#nameOf(client));
    write(does.lastElementChild, this.#strings.say(`doing.${doing}`));
    write(since, this.#units.age(age));
    does.dataset.rests = String(RESTING.has(doing));
  }
}

const RESTING = new Set(["reading", "waiting for work", "idle"]);

function makeRow() {
  const made = row(5);
  made.cells[3].append(element("span", "lamp"), element("span", ""));
  made.cells[3].firstElementChild.setAttribute("aria-hidden", "true");
  return made;
}
