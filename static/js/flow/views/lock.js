/** The lock of the client list: how long threads waited for it and kept it, who has it, and who had it last. */
import { element } from "../../views/parts.js";
import { Rows, row, write } from "./rows.js";
import { put, svg } from "./svg.js";

const HEIGHT = 96;
const BAR = 22;

export class LockView {
  #root;
  #seen;
  #strings;
  #units;
  #rows;
  #facts = new Map();
  #charts;

  /** `charts` are the places `{waited, held}`: each gets a picture, and the same as a table. */
  constructor({ facts, charts, table, seen, strings, units }) {
    this.#root = facts;
    this.#seen = seen;
    this.#strings = strings;
    this.#units = units;
    this.#charts = Object.entries(charts).map(([name, place]) => ({ name, ...this.#makeChart(place, name) }));
    this.#rows = new Rows({ body: table.tBodies[0], make: () => row(4), fill: (...all) => this.#fill(...all) });
  }

  render() {
    const { lock } = this.#seen.snapshot;
    const say = (key) => this.#strings.say(key);
    this.#tell(say("lock.acquisitions"), this.#units.count(lock.acquisitions));
    this.#tell(say("lock.contended"), this.#units.count(lock.contended));
    this.#tell(say("lock.holder"), lock.holder ?? say("lock.nobody"));
    for (const chart of this.#charts) this.#draw(chart, lock.edges_us, lock[chart.name]);
    this.#rows.show(lock.last.slice(0, 10));
  }

  #tell(name, value) {
    if (!this.#facts.has(name)) {
      const made = element("div", "", element("dt", "", name), element("dd", ""));
      this.#facts.set(name, made);
      this.#root.append(made);
    }
    write(this.#facts.get(name).lastElementChild, value);
  }

  #makeChart(place, name) {
    const picture = svg("svg", { class: "chart", "aria-hidden": "true" });
    const caption = element("caption", "", this.#strings.say(`lock.${name}`));
    const heads = element("tr", "", ...["lock.upto", "lock.times"].map((key) => head(this.#strings.say(key))));
    const body = element("tbody", "");
    const table = element("table", "", caption, element("thead", "", heads), body);
    place.append(picture, element("div", "visually-hidden", table));
    return { picture, rows: new Rows({ body, make: () => row(2), fill: fillBucket }), drawn: "", bars: [] };
  }

  #draw(chart, edges, counts) {
    const labels = counts.map((_, index) => this.#label(edges, index));
    const most = Math.max(1, ...counts);
    const shape = labels.join(" ");
    if (shape !== chart.drawn) {
      chart.drawn = shape;
      this.#build(chart, labels);
    }
    counts.forEach((count, index) => {
      // A single one among thousands must still be seen: the bars grow with the logarithm.
      const tall = count === 0 ? 0 : Math.max(3, (Math.log1p(count) / Math.log1p(most)) * HEIGHT);
      const { bar, number } = chart.bars[index];
      put(bar, { y: 14 + HEIGHT - tall, height: tall });
      put(number, { y: 10 + HEIGHT - tall });
      write(number, count === 0 ? "" : this.#units.count(count));
    });
    chart.rows.show(counts.map((count, index) => ({ label: labels[index], count: this.#units.count(count) })));
  }

  #build(chart, labels) {
    const step = Math.max(BAR * 2, 44);
    put(chart.picture, { viewBox: `0 0 ${Math.max(1, labels.length) * step} ${HEIGHT + 34}` });
    chart.picture.replaceChildren();
    chart.bars = labels.map((label, index) => {
      const x = index * step + step / 2;
      const bar = svg("rect", { class: "column", x: x - BAR / 2, width: BAR, rx: 3 });
      const number = svg("text", { class: "column-number", x });
      chart.picture.append(bar, number, svg("text", { class: "column-label", x, y: HEIGHT + 29 }, label));
      return { bar, number };
    });
  }

  #label(edges, index) {
    return index < edges.length ? `≤${this.#units.time(edges[index])}` : `>${this.#units.time(edges.at(-1) ?? 0)}`;
  }

  #fill(made, { thread, what, waited_us: waited, held_us: held }) {
    const [name, method, wait, hold] = made.cells;
    write(name, thread);
    write(method, what);
    write(wait, this.#units.time(waited));
    write(hold, this.#units.time(held));
  }
}

function head(words) {
  const made = element("th", "", words);
  made.scope = "col";
  return made;
}

function fillBucket(made, { label, count }) {
  write(made.cells[0], label);
  write(made.cells[1], count);
}
