/** The messages on their way: one dot each, many small ones once it goes to everybody. One loop moves them all. */
import { hue } from "../../text.js";
import { between, gates, port, stopPlace } from "../layout.js";
import { Trip } from "../trip.js";
import { pressable, put, Roving, svg } from "./svg.js";

const MOST = 40; // dots at a time; what comes beyond is counted
const MOST_STEPPED = 6; // when they only go step by step, and leave for what is newer
const MOST_COPIES = 240;
const DOOR_AT = 0.6; // of the way from a client to its session
const LONGEST_FRAME = 100; // ms: after a pause of the browser's nothing leaps

export class DotsView {
  #layer;
  #copiesLayer;
  #house;
  #strings;
  #onPress;
  #still;
  #trips = new Map(); // by flow id: {trip, dot}
  #spare = []; // circles for copies
  #rove;
  #frame = 0;
  #last = 0;
  #paused = false;

  slow = 500;
  skipped = 0; // messages that were not drawn

  /** `onPress(trip)` is called when a dot is chosen; `still` tells whether nothing may move by itself. */
  constructor({ picture, house, strings, onPress, still }) {
    this.#house = house;
    this.#strings = strings;
    this.#onPress = onPress;
    this.#still = still;
    this.#copiesLayer = svg("g", { class: "copies" });
    this.#layer = svg("g", { role: "group", "aria-label": strings.say("house.messages") });
    picture.append(this.#copiesLayer, this.#layer);
    this.#rove = new Roving(this.#layer, () => [...this.#layer.children]);
  }

  get trips() {
    return [...this.#trips.values()].map(({ trip }) => trip);
  }

  /** Sends a message on its way, if there is place for one more. */
  add(flow) {
    const still = this.#still();
    const most = still ? MOST_STEPPED : MOST;
    const oldest = [...this.#trips.values()].find(({ trip }) => !trip.stopped);
    if (still && this.#trips.size >= most) this.#leave(oldest);
    if (this.#trips.size >= most || this.#paused || document.hidden) {
      this.skipped += 1;
      return;
    }
    const trip = new Trip(flow, { from: this.#house.nodeOf(flow.sender), nodeOf: this.#house.nodeOf });
    const label = this.#strings.say("dot.label", { id: flow.id, room: flow.room });
    const dot = svg(
      "g",
      { class: "dot-of-message", "aria-pressed": "false", "aria-label": label },
      svg("circle", { class: "reach", r: 18 }),
      svg("circle", { class: "core", r: 9 }),
    );
    dot.style.setProperty("--hue", String(hue(flow.hash ?? String(flow.id))));
    pressable(dot, () => this.#press(trip));
    this.#trips.set(flow.id, { trip, dot });
    this.#layer.append(dot);
    this.#rove.settle();
    this.#draw();
    this.#run();
  }

  /** Holds the message that is shown elsewhere, or lets it go on. */
  hold(trip, stopped) {
    trip.stopped = stopped;
    const dot = this.#trips.get(trip.flow.id)?.dot;
    dot?.classList.toggle("stopped", stopped);
    dot?.setAttribute("aria-pressed", String(stopped));
    this.#run();
  }

  pause(paused) {
    this.#paused = paused;
    this.#run();
  }

  /** Everything goes on to its next stop. */
  step() {
    for (const { trip } of this.#trips.values()) if (!trip.stopped) trip.step();
    this.#draw();
  }

  clear() {
    for (const entry of [...this.#trips.values()]) this.#leave(entry);
    this.skipped = 0;
    this.#draw();
  }

  /** After the picture changed its shape. */
  redraw() {
    this.#draw();
  }

  #press(trip) {
    this.hold(trip, !trip.stopped);
    this.#onPress(trip);
  }

  #run() {
    if (this.#frame || this.#paused || this.#still() || this.#trips.size === 0) return;
    this.#last = 0;
    this.#frame = requestAnimationFrame((now) => this.#move(now));
  }

  #move(now) {
    this.#frame = 0;
    if (this.#paused || this.#still()) return;
    const ms = this.#last === 0 ? 0 : Math.min(LONGEST_FRAME, now - this.#last);
    this.#last = now;
    for (const { trip } of this.#trips.values()) if (!trip.stopped) trip.advance(ms, this.slow);
    this.#draw();
    if (this.trips.some(({ stopped }) => !stopped)) this.#frame = requestAnimationFrame((next) => this.#move(next));
  }

  #draw() {
    let used = 0;
    const crowd = new Map(); // how many stand at each stop: they stand side by side
    for (const entry of [...this.#trips.values()]) {
      const { trip, dot } = entry;
      if (trip.done) {
        this.#leave(entry);
        continue;
      }
      this.#drawDot(trip, dot, crowd);
      for (const copy of trip.copies()) {
        if (used >= MOST_COPIES) break;
        used += this.#drawCopy(copy, dot, used);
      }
    }
    for (const circle of this.#spare.slice(used)) circle.setAttribute("visibility", "hidden");
  }

  #drawDot(trip, dot, crowd) {
    const { layout } = this.#house;
    const place = trip.place ?? { from: "outbox", to: "outbox", part: 0 };
    let { x, y } = this.#onTheWay(trip, place);
    if (place.from === place.to) {
      const before = crowd.get(place.to) ?? 0;
      crowd.set(place.to, before + 1);
      const step = layout.wide ? 14 : 9;
      x += ((before % 5) - (before > 0 ? 1.5 : 0)) * step;
      y += Math.floor(before / 5) * step;
    }
    dot.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    dot.classList.toggle("spread", trip.place === null);
  }

  /** The way from the sender begins at its node and leads through the door; over HTTP nothing comes that way. */
  #onTheWay(trip, { from, to, part }) {
    const { layout } = this.#house;
    const end = stopPlace(layout, to);
    if (from !== "start") return between(stopPlace(layout, from), end, part);
    const node = trip.from === null ? null : this.#house.place(trip.from);
    if (!node) return between(stopPlace(layout, "room"), end, part);
    const { entry } = gates(layout);
    if (part > DOOR_AT) return between(entry, end, (part - DOOR_AT) / (1 - DOOR_AT));
    return between(port(node, layout.wide), entry, part / DOOR_AT);
  }

  #drawCopy({ node, way }, dot, used) {
    const place = this.#house.place(node);
    if (!place) return 0;
    const { layout } = this.#house;
    const { exit } = gates(layout);
    const at = way <= 1
      ? between(stopPlace(layout, "fanout"), stopPlace(layout, "outbox"), way)
      : between(exit, port(place, layout.wide), way - 1);
    const circle = this.#spare[used] ?? this.#circle();
    put(circle, { cx: at.x.toFixed(1), cy: at.y.toFixed(1), visibility: "visible" });
    circle.style.setProperty("--hue", dot.style.getPropertyValue("--hue"));
    return 1;
  }

  #circle() {
    const circle = svg("circle", { class: "copy", r: 5.5 });
    this.#spare.push(circle);
    this.#copiesLayer.append(circle);
    return circle;
  }

  #leave(entry) {
    if (!entry) return;
    entry.trip.done = true;
    if (entry.dot.contains(document.activeElement)) document.activeElement.blur();
    entry.dot.remove();
    this.#trips.delete(entry.trip.flow.id);
    this.#rove.settle();
  }
}
