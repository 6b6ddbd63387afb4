/** The house as a picture: its stations, the threads that they run on, the clients around. What moves is elsewhere. */
import { hue, initials } from "../../text.js";
import { arrow, curve, gates, layout, port, stopPlace } from "../layout.js";
import { MOST, nodeOf, nodes } from "../nodes.js";
import { pressable, put, Roving, svg } from "./svg.js";

const ORDER = ["door", "session", "room", "journal", "bus", "fanout", "outbox"];
const CROWD = 12; // nodes from which on their ways are drawn fainter
const WIDE_FROM = 700; // pixels of the picture's place
const BARS = MOST; // outboxes that are drawn inside their station
const LONGEST = 18; // characters of a name under its node

export class HouseView {
  #svg;
  #seen;
  #choice;
  #strings;
  #units;
  #onStation;
  #wide = null;
  #shape = ""; // what the fixed parts were drawn for
  #stations = new Map(); // by name: {group, figure, bars, bays}
  #nodes = new Map(); // by key: {group, circle, letters, halo, label, place}
  #known = { snapshot: null, keys: new Set() };
  #drawnWays = ""; // what the ways were drawn for
  #layers;
  #clientsRove;
  #stationsRove;

  layout = layout({ wide: true, count: 0 });

  /** `onStation(name)` is called when somebody wants to know what one is for. */
  constructor({ picture, seen, choice, strings, units, onStation }) {
    this.#svg = picture;
    this.#seen = seen;
    this.#choice = choice;
    this.#strings = strings;
    this.#units = units;
    this.#onStation = onStation;
    this.#layers = {
      zones: svg("g", { class: "zones" }),
      ways: svg("g", { class: "ways" }),
      stations: svg("g", { role: "group", "aria-label": strings.say("house.stations") }),
      nodes: svg("g", { role: "group", "aria-label": strings.say("house.clients") }),
    };
    picture.append(...Object.values(this.#layers));
    this.#stationsRove = new Roving(this.#layers.stations, () => [...this.#layers.stations.children]);
    this.#clientsRove = new Roving(this.#layers.nodes, () => [...this.#layers.nodes.children]);
    new ResizeObserver(([{ contentRect }]) => {
      const wide = contentRect.width >= WIDE_FROM;
      if (wide === this.#wide) return;
      this.#wide = wide;
      this.render();
    }).observe(picture.parentElement);
  }

  /** The key of the node that stands for a client; null if none does. */
  nodeOf = (id) => nodeOf(this.#seen.client(id), this.#keys());

  /** The place of a node, by its key; null if it has left. */
  place(key) {
    return this.#nodes.get(key)?.place ?? null;
  }

  /** The nodes that belong to the newest snapshot, drawn already or not. */
  #keys() {
    const { snapshot } = this.#seen;
    if (this.#known.snapshot !== snapshot) {
      this.#known = { snapshot, keys: new Set(nodes(snapshot).map(({ key }) => key)) };
    }
    return this.#known.keys;
  }

  render() {
    if (this.#wide === null) return;
    const shown = nodes(this.#seen.snapshot);
    this.layout = layout({ wide: this.#wide, count: shown.length });
    const shape = `${this.#wide} ${this.layout.height}`;
    if (shape !== this.#shape) this.#build(shape);
    this.#drawNodes(shown);
    this.#drawFigures();
    this.#stationsRove.settle();
    this.#clientsRove.settle();
  }

  /** Something happened at a station: it lights up for a moment. */
  pulse(name) {
    const { group } = this.#stations.get(name) ?? {};
    for (const animation of group?.getAnimations({ subtree: true }) ?? []) animation.cancel();
    group?.classList.remove("pulse");
    group?.getBBox(); // so that the class, put again, begins its animation anew
    group?.classList.add("pulse");
  }

  #build(shape) {
    this.#shape = shape;
    const { width, height, zones, stations } = this.layout;
    put(this.#svg, { viewBox: `0 0 ${width} ${height}` });
    this.#svg.classList.toggle("tall", !this.#wide);
    this.#layers.zones.replaceChildren(
      ...Object.entries(zones).flatMap(([name, { points, label }]) => [
        svg("polygon", { class: `zone ${name}`, points: points.map((point) => point.join(",")).join(" ") }),
        svg("text", { class: "zone-label", x: label[0], y: label[1] }, this.#strings.say(`zone.${name}`)),
      ]),
    );
    this.#layers.stations.replaceChildren(...ORDER.map((name) => this.#station(name, stations[name])));
  }

  #station(name, { x, y, w, h }) {
    const say = (key) => this.#strings.say(key);
    const figure = svg("text", { class: "figure", x, y: y + h / 2 - 11 });
    const group = svg(
      "g",
      { class: `station ${name}`, "data-station": name, "aria-label": say(`station.${name}`) },
      svg("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 14 }),
      svg("text", { class: "station-name", x, y: y - h / 2 + (this.#wide ? 27 : 22) }, say(`station.${name}`)),
      figure,
    );
    const does = `does.${name}`;
    const below = y - h / 2 + 50;
    if (this.#wide && this.#strings.has(does)) group.append(svg("text", { class: "does", x, y: below }, say(does)));
    const inside = name === "journal" ? ["queue", "commit"] : [];
    const bays = inside.map((stop) => [stop, this.#bay(group, stop, y + h / 2 - 11)]);
    const bars = name === "outbox" ? svg("g", { class: "bars" }) : null;
    if (bars) group.append(bars);
    this.#stations.set(name, { group, figure, bars, bays });
    return pressable(group, () => this.#onStation(name));
  }

  /** A place inside the journal, for what waits or for what is written; gives the text of its time. */
  #bay(group, stop, bottom) {
    const { x, y } = stopPlace(this.layout, stop);
    const r = this.#wide ? 17 : 13;
    const figure = svg("text", { class: "figure", x, y: bottom });
    const name = svg("text", { class: "bay-name", x, y: y - r - 4 }, this.#strings.say(`bay.${stop}`));
    group.append(svg("circle", { class: "bay", cx: x, cy: y, r }), name, figure);
    return figure;
  }

  #drawNodes(shown) {
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, { group }] of this.#nodes) {
      if (keys.has(key)) continue;
      group.remove();
      this.#nodes.delete(key);
    }
    shown.forEach((node, index) => {
      if (!this.#nodes.has(node.key)) this.#nodes.set(node.key, this.#makeNode(node));
      this.#drawNode(this.#nodes.get(node.key), node, this.layout.nodes[index]);
    });
    this.#layers.ways.classList.toggle("crowded", shown.length > CROWD);
    const drawn = `${this.#shape} ${this.#choice.client} ${[...keys].join(" ")}`;
    if (drawn !== this.#drawnWays) this.#layers.ways.replaceChildren(...this.#ways(shown), ...this.#roundTheHouse());
    this.#drawnWays = drawn;
  }

  #ways(shown) {
    const { entry, exit } = gates(this.layout);
    return shown.flatMap(({ client }, index) => {
      const end = port(this.layout.nodes[index], this.#wide);
      const chosen = client && client.id === this.#choice.client ? " chosen" : "";
      return [
        svg("path", { class: `way in${chosen}`, d: curve(end, entry) }),
        svg("path", { class: `way out${chosen}`, d: curve(exit, end) }),
      ];
    });
  }

  #roundTheHouse() {
    const stops = ["door", "session", "room", "queue", "commit", "bus", "fanout", "outbox"];
    const places = stops.map((stop) => stopPlace(this.layout, stop));
    const ways = places.slice(1).map((to, index) => svg("path", { class: "way house", d: curve(places[index], to) }));
    const arrows = ORDER.slice(1).map((to, index) => {
      const { x, y, turned } = arrow(this.layout, ORDER[index], to);
      const transform = `translate(${x} ${y}) rotate(${turned})`;
      return svg("path", { class: "arrow", d: "M-6 -7L6 0L-6 7z", transform });
    });
    return [...ways, ...arrows];
  }

  #makeNode({ key, client }) {
    const made = {
      circle: svg("circle", { class: "face" }),
      letters: svg("text", { class: "letters" }),
      halo: svg("text", { class: "halo" }),
      label: svg("text", { class: "label" }),
      place: null,
    };
    const parts = [made.circle, made.letters, made.halo, made.label];
    made.group = svg("g", { class: client ? "node" : "node many", "data-node": key }, ...parts);
    pressable(made.group, () => (client ? this.#choice.chooseClient(client.id) : this.#onStation("group")));
    this.#layers.nodes.append(made.group);
    return made;
  }

  #drawNode(made, { client, room, count }, place) {
    const name = client ? this.name(client) : this.#groupName(room);
    const { x, y, r } = place;
    made.place = place;
    put(made.circle, { cx: x, cy: y, r });
    put(made.letters, { x, y });
    const below = { x, y: y + r + (this.#wide ? 15 : 12) };
    made.circle.style.setProperty("--hue", String(hue(client ? (client.who ?? String(client.id)) : `room ${room}`)));
    const letters = client?.name ? initials(client.name) : String(client?.id);
    made.letters.textContent = client ? letters : this.#units.count(count);
    made.letters.style.setProperty("--size", `${r * 0.8}px`);
    const label = client?.own ? `${name} ${this.#strings.say("client.you")}` : name;
    for (const text of [made.halo, made.label]) {
      put(text, below);
      text.textContent = shortened(label, place.letters);
    }
    made.group.classList.toggle("own", client?.own ?? false);
    made.group.classList.toggle("waiting", (client?.waiting ?? 0) > 0);
    const group = this.#strings.count("house.group", count, { room: name });
    put(made.group, {
      "aria-label": client ? name : group,
      "aria-pressed": String(client !== undefined && client.id === this.#choice.client),
    });
  }

  /** What a client is called: by its person's name, or by its number if that is hidden. */
  name(client) {
    return client.name ?? this.#strings.say("client.number", { n: client.id });
  }

  #groupName(room) {
    if (room === null) return this.#strings.say("house.others");
    return room === "" ? this.#strings.say("house.roomless") : `#${room}`;
  }

  /** What is measured at each station: the newest message's time there. */
  #drawFigures() {
    const { snapshot, flows, hello } = this.#seen;
    const flow = flows.at(-1);
    const times = flow ? this.#times(flow) : {};
    const busy = threadsWithClients(snapshot);
    const inside = snapshot.clients_total;
    const figures = {
      door: this.#strings.count("figure.door", inside, { n: this.#units.count(inside) }),
      session: times.session ?? this.#strings.count("figure.session", busy, { n: this.#units.count(busy) }),
      outbox: times.outbox,
    };
    for (const [name, { figure, bays }] of this.#stations) {
      figure.textContent = figures[name] ?? times[name] ?? "";
      for (const [stop, text] of bays) text.textContent = times[stop] ?? "";
    }
    this.#drawBars(snapshot.clients, hello?.outbox_limit ?? 0);
  }

  #times(flow) {
    const spent = (from, to) => {
      const [start, end] = [flow[from] ?? null, flow[to] ?? null];
      return start === null || end === null ? undefined : this.#units.time(Math.max(0, end - start));
    };
    return {
      session: spent("received", "parsed"),
      room: spent("parsed", "queued"),
      queue: spent("queued", "taken"),
      commit: spent("taken", "committed"),
      bus: spent("committed", "told"),
      fanout: spent("told", "encoded"),
      outbox: spent("encoded", "finished"),
    };
  }

  #drawBars(clients, limit) {
    const { bars } = this.#stations.get("outbox");
    const fullest = clients.length <= BARS ? clients : [...clients].sort((one, other) => other.waiting - one.waiting);
    const shown = fullest.slice(0, BARS);
    const { x, y, w } = this.layout.stations.outbox;
    const tall = this.#wide ? 26 : 30;
    const step = Math.min(14, (w - 28) / Math.max(shown.length, 1));
    const start = x - (step * shown.length) / 2;
    const base = y + this.layout.dip + tall / 2;
    const made = shown.flatMap((client, index) => {
      const full = limit > 0 ? Math.min(1, client.waiting / limit) : 0;
      const filled = client.waiting > 0 ? Math.max(2, full * tall) : 0;
      const place = { x: start + index * step + step * 0.15, width: step * 0.7, rx: 2 };
      return [
        svg("rect", { class: "box", y: base - tall, height: tall, ...place }),
        svg("rect", { class: "fill", y: base - filled, height: filled, ...place }),
      ];
    });
    bars.replaceChildren(...made);
  }
}

/** Of those that are listed; when not all are, there are as many as clients, for each has one. */
function threadsWithClients({ threads, threads_total: total, clients_total: clients }) {
  if (total > threads.length) return clients;
  return threads.filter(({ client }) => client !== null && client !== undefined).length;
}

function shortened(name, most) {
  const letters = [...name];
  const kept = Math.min(most, LONGEST);
  return letters.length > kept ? `${letters.slice(0, kept - 1).join("")}…` : name;
}
