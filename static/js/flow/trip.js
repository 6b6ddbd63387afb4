/**
 * One message on its way through the diagram, in slow motion. Its stops last as long as they did, times `slow`; the
 * ways between them always take the same time, for a dot that jumps cannot be followed. Knows no page.
 */
import { stops } from "./journey.js";

const WAY = 450; // ms on the screen from one stop to the next
const SHORTEST = 80; // ms of a stop: one that took two microseconds should still be seen

export class Trip {
  #legs;
  #leg = 0;
  #part = 0; // 0 to 1 of the leg
  #spread = 0; // µs since it was encoded: from then on it is many copies
  #copies;

  stopped = false; // the viewer holds it
  done = false;

  /** `from` is the sender's node or null, `nodeOf` gives the node of a recipient's id; nodes are keys. */
  constructor(flow, { from, nodeOf }) {
    this.flow = flow;
    this.from = from;
    const made = stops(flow);
    this.#legs = made.flatMap((stop, index) => [
      { from: index === 0 ? "start" : made[index - 1].name, to: stop.name, us: null },
      { from: stop.name, to: stop.name, us: stop.us },
    ]);
    this.#copies = copiesOf(flow, nodeOf);
  }

  /** Goes on for so many ms of the screen. */
  advance(ms, slow) {
    let left = ms;
    while (left > 0 && this.#leg < this.#legs.length) {
      const length = this.#length(slow);
      const rest = (1 - this.#part) * length;
      if (left < rest) {
        this.#part += left / length;
        return;
      }
      left -= rest;
      this.#leg += 1;
      this.#part = 0;
    }
    if (left > 0) this.#spreadOut(left, slow);
  }

  /** Goes to the end of what it is doing: the next stop, then the outboxes, then the clients. */
  step() {
    const travels = this.#legs[this.#leg]?.us === null;
    this.#leg = Math.min(this.#legs.length, this.#leg + (travels ? 1 : 2));
    this.#part = 0;
    if (this.#leg < this.#legs.length) return;
    const allOut = this.#copies.every(({ way }) => way >= 1);
    for (const copy of this.#copies) copy.way = allOut && !copy.stays ? 2 : 1;
    this.#finish();
  }

  /** `{from, to, part}`: names of stops ("start" is the sender), or null once it is only copies. */
  get place() {
    const leg = this.#legs[this.#leg];
    if (leg) return { from: leg.from, to: leg.to, part: leg.us === null ? this.#part : 0 };
    return null;
  }

  /** The stop at which it is, or to which it goes. */
  get stop() {
    return this.#legs[this.#leg]?.to ?? "offers";
  }

  /** The copies under way: `{node, way}`, `way` from 0 (fan-out) over 1 (outbox) to 2 (client). */
  *copies() {
    if (this.#leg < this.#legs.length) return;
    for (const copy of this.#copies) if (copy.way > 0 && copy.way < 2) yield copy;
  }

  #length(slow) {
    const { us } = this.#legs[this.#leg];
    return us === null ? WAY : Math.max(SHORTEST, (us / 1000) * slow);
  }

  #spreadOut(ms, slow) {
    const before = this.#spread;
    this.#spread += (ms * 1000) / slow;
    for (const copy of this.#copies) {
      if (this.#spread < copy.at) continue;
      const since = Math.min(ms, ((this.#spread - Math.max(before, copy.at)) / 1000) * slow);
      copy.way = Math.min(copy.way + since / WAY, copy.stays ? 1 : 2);
    }
    this.#finish();
  }

  #finish() {
    this.done = this.#copies.every(({ way, stays }) => way >= (stays ? 1 : 2));
  }
}

/** One copy for each node that the message went to: for a group the first that one of it was offered. */
function copiesOf(flow, nodeOf) {
  const first = new Map();
  const began = flow.encoded ?? flow.finished;
  for (const [client, t, , outcome] of flow.offers) {
    const node = nodeOf(client);
    if (node === null || first.has(node)) continue;
    const at = Math.max(0, t - began);
    first.set(node, { node, at, way: 0, stays: outcome === "evicted" || outcome === "gone" });
  }
  return [...first.values()];
}
