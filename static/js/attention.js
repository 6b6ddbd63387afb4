/**
 * What others say while nobody looks: gathered for a moment, and told once, by one of the browser's tabs, unless somebody
 * looks at it in one of them or has read it on another device. Events that arrive late, because the connection was
 * lost or the page was frozen, are told in the same way. What one tab reads is read in the others at once.
 */
import { Timer } from "./clock.js";

const SOON = 50; // ms in which messages are gathered
const CALM = 1000; // ms after the last missed ones: after a gap rooms are joined one after another
const AGAIN = 300; // ms until the next lot, and until a tab asks again if another one went before
const ONE_BY_ONE = 5; // mentions that are told each; more, and all other messages, are told as one

export class Attention {
  #chat;
  #tabs;
  #looking;
  #tell;
  #clock;
  #timer;
  #calmAt = 0; // until then what comes may be what a frozen page could not hear
  #busy = false; // another tab may be asked only for one lot at a time
  #waiting = new Map(); // room -> {upto, last, calls}: seq of the newest, that message if it is known, mentions

  /**
   * `looking(room)`: does somebody look at it in this tab? `mentions()` fetches the newest messages that mention the
   * person. `tell({calls, rest})` asks for attention: `calls` are `{room, message}` to be told each, `rest` are rooms to
   * be told as one, each as `{room, message}`, without a message if it is not known.
   */
  constructor({ chat, tabs, clock, looking, mentions, tell }) {
    this.#chat = chat;
    this.#tabs = tabs;
    this.#looking = looking;
    this.#tell = tell;
    this.#clock = clock;
    this.#timer = new Timer(clock);
    tabs.objects = (key) => chat.open !== null && this.#keyOf(chat.open) === key && looking(chat.open);
    chat.on("read", (room) => tabs.read(this.#keyOf(room), room.read));
    tabs.onRead = (key, seq) => {
      const room = this.#roomOf(key);
      if (room) chat.read(room, seq);
    };
    chat.on("news", ({ room, message, call }) => {
      if (this.#note(room, { message, call }) && !this.#timer.running) this.#wait(clock.now() < this.#calmAt ? CALM : SOON);
    });
    chat.on("missed", ({ room, messages }) => {
      for (const each of messages) this.#note(room, each);
      this.#wait(CALM);
    });
    chat.on("uncounted", async (rooms) => {
      const wanted = rooms.some(({ mentions: n }) => n > 0) ? await mentions().catch(() => []) : [];
      for (const { room, mentions: n } of rooms) {
        const calls = wanted.filter((message) => message.room === room.slug).slice(0, n);
        for (const message of calls.reverse()) this.#note(room, { message, call: true });
        this.#note(room, { message: { seq: room.head }, call: n > 0 && calls.length === 0 });
      }
      this.#wait(CALM);
    });
  }

  /** The page was frozen: what waits for it comes now. */
  thawed() {
    this.#calmAt = this.#clock.now() + CALM;
  }

  /** Notes what was said if the person wants to hear of it. */
  #note(room, { message, call }) {
    if (room.level === "none" || (room.level === "mentions" && !call) || this.#looking(room)) return false;
    if (!this.#waiting.has(room)) this.#waiting.set(room, { upto: 0, last: null, calls: [] });
    const noted = this.#waiting.get(room);
    noted.upto = Math.max(noted.upto, message.seq);
    if (message.author === undefined) return true; // no more is known than that there is something
    noted.last = message;
    if (call) noted.calls = [...noted.calls, message].slice(-ONE_BY_ONE);
    return true;
  }

  #wait(time) {
    if (this.#waiting.size > 0 && !this.#busy) this.#timer.set(time, () => this.#flush());
  }

  async #flush() {
    this.#busy = true;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [room, { upto }] of waiting) if (upto <= (room.read ?? 0) || this.#looking(room)) waiting.delete(room);
    const from = await this.#tabs.claim(new Map([...waiting].map(([room, { upto }]) => [this.#keyOf(room), upto])));
    for (const [room, noted] of waiting) {
      const key = this.#keyOf(room);
      if (from.has(key)) continue;
      waiting.delete(room);
      if (this.#tabs.told(key) < noted.upto) this.#putBack(room, noted);
    }
    this.#busy = false;
    this.#wait(AGAIN);
    if (waiting.size > 0) this.#announce(waiting, from);
  }

  /** Another tab is about to tell it; what it does not tell is to be told by this one. */
  #putBack(room, noted) {
    const { upto, last, calls } = this.#waiting.get(room) ?? { upto: 0, last: null, calls: [] };
    this.#waiting.set(room, {
      upto: Math.max(noted.upto, upto),
      last: last ?? noted.last,
      calls: [...noted.calls, ...calls].slice(-ONE_BY_ONE),
    });
  }

  #announce(waiting, from) {
    const isNew = (room, { seq }) => seq > Math.max(from.get(this.#keyOf(room)), room.read ?? 0);
    const noted = [...waiting].filter(([room, { upto }]) => isNew(room, { seq: upto }));
    const each = noted.flatMap(([room, { calls }]) => calls.map((message) => ({ room, message })));
    const inOrder = (one, other) => (one.message.at ?? "").localeCompare(other.message.at ?? "");
    const calls = each.filter(({ room, message }) => isNew(room, message)).sort(inOrder).slice(-ONE_BY_ONE);
    const told = new Set(calls.map(({ room }) => room));
    const rest = noted.filter(([room]) => !told.has(room)).map(([room, { last: message }]) => ({ room, message }));
    if (calls.length + rest.length > 0) this.#tell({ calls, rest });
  }

  /** Seqs of another log say nothing about those of this one, and what somebody else has read nothing about this person. */
  #keyOf({ slug }) {
    return this.#keyStart + slug;
  }

  #roomOf(key) {
    return key.startsWith(this.#keyStart) ? this.#chat.room(key.slice(this.#keyStart.length)) : null;
  }

  get #keyStart() {
    return `${this.#chat.epoch} ${this.#chat.you?.id} `;
  }
}
