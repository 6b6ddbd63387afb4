/** What is known of the server that is watched: the newest snapshot, and the last of all that comes one by one. */
import { Emitter } from "../emitter.js";
import { fits } from "./shapes.js";

const FLOWS = 200;
const FRAMES = 300;
const LINES = 300;
const HAPPENINGS = 60;

const NOTHING = {
  t: 0, watchers: 0, clients_total: 0, threads_total: 0, clients: [], rooms: [], threads: [], kinds: {},
  lock: { acquisitions: 0, contended: 0, edges_us: [], waited: [], held: [], holder: null, last: [] },
  counters: {},
};

/**
 * Emits, when the thing of that name changed: `hello` (with whether it is not the first one), `snapshot`, `flows` (with the new ones and whether they are
 * only to be listed), `frames`, `handshake`, `lines`, `happened` (with what, and whether only to be listed), `forgot`.
 */
export class Seen extends Emitter {
  #clients = new Map();

  constructor() {
    super();
    this.#empty();
  }

  /** Takes a text of the server's. `quiet`: it is old news, nothing needs to move. False: it is none that we know. */
  take(text, { quiet = false } = {}) {
    if (!fits(text)) return false;
    this[`_${text.type}`](text, quiet);
    return true;
  }

  /** All that was known is of another life: another server, another moment of a recording. */
  forget() {
    this.#empty();
    this.emit("forgot");
  }

  client(id) {
    return this.#clients.get(id) ?? null;
  }

  flow(id) {
    return this.flows.find((flow) => flow.id === id) ?? null;
  }

  framesOf(client) {
    return this.watched === client ? this.frames : [];
  }

  #empty() {
    this.hello = null;
    this.snapshot = NOTHING;
    this.flows = []; // the newest last
    this.watched = null; // whose frames these are
    this.frames = [];
    this.handshakes = new Map(); // by client
    this.lines = [];
    this.happenings = [];
    this.lost = 0; // frames that were not told
    this.#clients.clear();
  }

  _hello(text) {
    const again = this.hello !== null; // a new connection: perhaps the server began anew
    if (again) this.forget();
    this.hello = text;
    this.emit("hello", { again });
  }

  _snapshot(text) {
    this.snapshot = text;
    this.#clients = new Map(text.clients.map((client) => [client.id, client]));
    this.emit("snapshot");
  }

  _flows({ flows }, quiet) {
    keep(this.flows, flows, FLOWS);
    this.emit("flows", { flows, quiet });
  }

  _frames({ client, frames, dropped }) {
    if (client !== this.watched) this.frames = [];
    this.watched = client;
    keep(this.frames, frames, FRAMES);
    this.lost += dropped ?? 0;
    this.emit("frames");
  }

  _handshake(text) {
    this.handshakes.set(text.client, text);
    if (this.handshakes.size > FRAMES) this.handshakes.delete(this.handshakes.keys().next().value);
    this.emit("handshake");
  }

  _lines({ lines }) {
    keep(this.lines, lines, LINES);
    this.emit("lines");
  }

  _happened(text, quiet) {
    keep(this.happenings, [text], HAPPENINGS);
    if (text.kind === "disconnected" && this.#clients.delete(text.client)) {
      const clients = this.snapshot.clients.filter(({ id }) => id !== text.client);
      this.snapshot = { ...this.snapshot, clients, clients_total: this.snapshot.clients_total - 1 };
      this.emit("snapshot");
    }
    this.emit("happened", { what: text, quiet });
  }

  _error(text) {
    this.emit("error", text);
  }
}

function keep(kept, more, most) {
  kept.push(...more);
  if (kept.length > most) kept.splice(0, kept.length - most);
}
