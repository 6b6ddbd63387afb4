/** What the chosen dot or station has to tell, beside the picture. */
import { element } from "../../views/parts.js";
import { stops } from "../journey.js";

export class InspectorView {
  #root;
  #seen;
  #strings;
  #units;
  #actions;

  /** `actions`: goOn(trip), showFlow(id). */
  constructor({ root, seen, strings, units, actions }) {
    this.#root = root;
    this.#seen = seen;
    this.#strings = strings;
    this.#units = units;
    this.#actions = actions;
    this.rest();
  }

  /** Nothing is chosen. */
  rest() {
    this.#root.replaceChildren(element("p", "hint-text", this.#strings.say("inspector.rest")));
  }

  station(name) {
    const title = element("h3", "", this.#strings.say(`station.${name}`));
    this.#show(title, element("p", "", this.#strings.say(`about.${name}`)));
  }

  /** A message that was stopped, or that goes on. */
  trip(trip) {
    if (!trip.stopped) {
      this.rest();
      return;
    }
    const say = (key, values) => this.#strings.say(key, values);
    const { flow, stop } = trip;
    const title = element("h3", "", say("inspector.title", { id: flow.id, place: this.#place(stop) }));
    const goOn = button("button small primary", say("inspector.go"), () => this.#actions.goOn(trip));
    const more = button("button small", say("inspector.more"), () => this.#actions.showFlow(flow.id));
    this.#show(
      title,
      element("p", "", say(`waits.${stop}`)),
      this.#facts(flow, stop),
      element("p", "row", goOn, more),
    );
  }

  #show(...parts) {
    this.#root.replaceChildren(...parts);
    this.#root.scrollIntoView({ block: "nearest" }); // no further than needed: the picture stays in sight
  }

  #facts(flow, stop) {
    const say = (key, values) => this.#strings.say(key, values);
    const at = stops(flow).find(({ name }) => name === stop);
    const facts = [[say("fact.carries"), this.carried(flow)]];
    if (at?.thread) facts.push([say("fact.thread"), at.thread]);
    else if (stop === "offers") facts.push([say("fact.thread"), flow.thread.encoded ?? "–"]);
    else if (stop === "queue") facts.push([say("fact.thread"), say("fact.nobody")]);
    if (at) facts.push([say("fact.here"), this.#units.time(at.us)]);
    facts.push([say("fact.sender"), this.#sender(flow)]);
    if (stop === "commit" || stop === "queue") facts.push([say("fact.batch"), this.#units.count(flow.batch ?? 1)]);
    if (stop === "fanout" || stop === "offers") {
      facts.push([say("fact.round"), this.#units.count(flow.round ?? 1)]);
      facts.push([say("fact.recipients"), this.#units.count(flow.recipients)]);
    }
    const list = element("dl", "facts");
    list.append(...facts.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))));
    return list;
  }

  /** The text, or what stands for one that is not ours to read. */
  carried(flow) {
    if (flow.text !== null && flow.text !== undefined) return `“${cut(flow.text)}”`;
    const size = this.#units.count(flow.size ?? 0);
    return this.#strings.say("hidden.text", { size, hash: flow.hash ?? "–" });
  }

  #sender(flow) {
    if (flow.sender === null || flow.sender === undefined) return this.#strings.say("fact.http");
    const client = this.#seen.client(flow.sender);
    return flow.author ?? client?.name ?? this.#strings.say("client.number", { n: flow.sender });
  }

  #place(stop) {
    return this.#strings.say(`stop.${stop}`);
  }
}

function cut(text) {
  const letters = [...text];
  return letters.length > 80 ? `${letters.slice(0, 79).join("")}…` : text;
}

function button(className, words, press) {
  const made = element("button", className, words);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}
