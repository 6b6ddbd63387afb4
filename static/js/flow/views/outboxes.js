/** What waits for each client against the bound, and who was sent away for reading too slowly. */
import { element } from "../../views/parts.js";
import { Rows, row, write } from "./rows.js";

const SHOWN = 60;
const EVICTIONS = 8;

export class OutboxesView {
  #bound;
  #more;
  #evictions;
  #seen;
  #strings;
  #units;
  #nameOf;
  #rows;
  #told = ""; // of evictions: what is said again would be read aloud again

  constructor({ table, bound, more, evictions, seen, strings, units, nameOf }) {
    this.#bound = bound;
    this.#more = more;
    this.#evictions = evictions;
    this.#seen = seen;
    this.#strings = strings;
    this.#units = units;
    this.#nameOf = nameOf;
    this.#rows = new Rows({ body: table.tBodies[0], make: makeRow, fill: (...all) => this.#fill(...all) });
  }

  render() {
    const { clients, clients_total: total } = this.#seen.snapshot;
    const limit = this.#seen.hello?.outbox_limit ?? 0;
    write(this.#bound, limit > 0 ? this.#units.size(limit) : "–");
    const shown = [...clients].sort((one, other) => other.waiting - one.waiting || one.id - other.id).slice(0, SHOWN);
    this.#rows.show(shown.map((client) => ({ ...client, limit })));
    const hidden = total - shown.length;
    this.#more.hidden = hidden <= 0;
    write(this.#more, this.#strings.count("outboxes.more", hidden, { n: this.#units.count(hidden) }));
    const evicted = this.#seen.happenings.filter(({ kind }) => kind === "evicted").slice(-EVICTIONS).reverse();
    const said = evicted.map(({ client }) => this.#strings.say("outboxes.evicted", { name: this.#nameOf(client) }));
    const told = said.join("\n");
    if (told !== this.#told) this.#evictions.replaceChildren(...said.map((words) => element("li", "", words)));
    this.#told = told;
    this.#evictions.hidden = evicted.length === 0;
  }

  #fill(made, { id, waiting, limit }) {
    const [name, bar, bytes] = made.cells;
    const full = limit > 0 ? Math.min(1, waiting / limit) : 0;
    write(name, this.#nameOf(id));
    bar.firstElementChild.style.setProperty("--long", `${(full * 100).toFixed(1)}%`);
    write(bytes, this.#units.size(waiting));
    made.classList.toggle("filling", waiting > 0);
    made.classList.toggle("nearly-full", full > 0.75);
  }
}

function makeRow() {
  const made = row(3, "level");
  made.cells[1].append(element("span", "level-bar"));
  return made;
}
