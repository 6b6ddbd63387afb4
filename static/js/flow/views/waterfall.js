/** One message from its first byte to its last recipient: a bar for each stop and each offer, to scale. */
import { element } from "../../views/parts.js";
import { duration, offers, stops } from "../journey.js";
import { Rows, row, write } from "./rows.js";

const SHOWN_OFFERS = 60; // and the slowest
const LISTED = 40; // messages to choose from

export class WaterfallView {
  #field;
  #table;
  #empty;
  #facts;
  #more;
  #seen;
  #choice;
  #strings;
  #units;
  #carried;
  #nameOf;
  #rows;
  #listed = "";
  #shown = null;

  /** `carried(flow)` gives its text or what stands for it, `nameOf(id)` a client's name. */
  constructor({ field, table, empty, facts, more, seen, choice, strings, units, carried, nameOf }) {
    this.#field = field;
    this.#table = table;
    this.#empty = empty;
    this.#facts = facts;
    this.#more = more;
    this.#seen = seen;
    this.#choice = choice;
    this.#strings = strings;
    this.#units = units;
    this.#carried = carried;
    this.#nameOf = nameOf;
    this.#rows = new Rows({ body: table.tBodies[0], make: makeRow, fill: (...all) => this.#fill(...all) });
    field.addEventListener("change", () => choice.chooseFlow(field.value === "" ? null : Number(field.value)));
  }

  render() {
    this.#list();
    const chosen = this.#choice.flow;
    const flow = chosen === null ? this.#seen.flows.at(-1) : this.#seen.flow(chosen);
    this.#table.hidden = !flow;
    this.#facts.hidden = !flow;
    this.#empty.hidden = Boolean(flow);
    write(this.#empty, this.#strings.say(chosen === null ? "waterfall.none" : "waterfall.gone"));
    if (!flow) this.#more.hidden = true;
    if (!flow || flow === this.#shown) return;
    this.#shown = flow;
    const whole = Math.max(1, duration(flow));
    const made = offers(flow);
    const shown = made.filter((offer, index) => index < SHOWN_OFFERS || offer.slowest);
    const entries = [
      ...stops(flow).map((stop) => ({ ...stop, label: this.#strings.say(`stop.${stop.name}`), by: stop.thread })),
      ...shown.map((offer) => ({
        ...offer, name: "offer", label: this.#nameOf(offer.client), by: this.#strings.say(`outcome.${offer.outcome}`),
      })),
    ];
    this.#rows.show(entries.map((entry) => ({ ...entry, whole })));
    const hidden = Math.max(flow.recipients, made.length + (flow.unlisted ?? 0)) - shown.length;
    this.#more.hidden = hidden <= 0;
    this.#more.textContent = this.#strings.count("waterfall.more", hidden, { n: this.#units.count(hidden) });
    this.#tellFacts(flow, made);
  }

  #list() {
    const flows = this.#seen.flows.slice(-LISTED).reverse();
    const chosen = this.#choice.flow;
    if (chosen !== null && !flows.some(({ id }) => id === chosen)) {
      const kept = this.#seen.flow(chosen);
      if (kept) flows.push(kept);
    }
    const listed = flows.map(({ id }) => id).join(" ");
    if (listed !== this.#listed) {
      this.#listed = listed;
      this.#field.replaceChildren(
        option("", this.#strings.say("waterfall.newest")),
        ...flows.map((flow) => option(String(flow.id), this.#title(flow))),
      );
    }
    this.#field.value = chosen === null ? "" : String(chosen);
  }

  #title(flow) {
    return `${flow.id} · #${flow.room} · ${this.#units.time(duration(flow))}`;
  }

  #fill(made, { name, label, by, start, us, whole, slowest = false }) {
    const [what, bar, at, took, who] = made.cells;
    write(what, slowest ? this.#strings.say("waterfall.slowest", { name: label }) : label);
    what.title = name === "offer" ? "" : this.#strings.say(`waits.${name}`);
    const { style } = bar.firstElementChild;
    style.setProperty("--from", `${((start / whole) * 100).toFixed(2)}%`);
    style.setProperty("--long", `${((us / whole) * 100).toFixed(2)}%`);
    write(at, this.#units.time(start));
    write(took, this.#units.time(us));
    write(who, by ?? "–");
    made.dataset.stop = name;
    made.classList.toggle("slowest", slowest);
  }

  #tellFacts(flow, made) {
    const say = (key) => this.#strings.say(key);
    const sent = made.filter(({ outcome }) => outcome === "sent").length;
    const { rounds = 0, sends = 0, deliveries = 0 } = this.#seen.snapshot.counters;
    const facts = [
      [say("fact.carries"), this.#carried(flow)],
      [say("fact.whole"), this.#units.time(duration(flow))],
      [say("fact.batch"), this.#units.count(flow.batch ?? 1)],
      [say("fact.round"), this.#units.count(flow.round ?? 1)],
      [say("fact.recipients"), this.#units.count(flow.recipients)],
      [say("fact.sends"), this.#units.count(sent)],
      [say("fact.frame"), this.#units.size(flow.frame_bytes ?? 0)],
    ];
    if (rounds > 0 && deliveries > 0) {
      facts.push([say("fact.sends.round"), this.#units.ratio(sends, rounds)]);
      facts.push([say("fact.deliveries.send"), this.#units.ratio(deliveries, Math.max(1, sends))]);
    }
    this.#facts.replaceChildren(
      ...facts.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))),
    );
  }
}

function makeRow() {
  const made = row(5, "fall");
  made.cells[1].append(element("span", "fall-bar"));
  return made;
}

function option(value, label) {
  const made = element("option", "", label);
  made.value = value;
  return made;
}
