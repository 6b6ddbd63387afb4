import { own } from "./address.js";

/** Which tab this is, and which others of this browser are open: asked over a channel, as Web Locks need https. */
const KEY = "chatapp.tab";
const ANSWER_WITHIN = 200;
const KEPT = 1000; // keys of which it is remembered up to where they were told

export class Tabs {
  #channel = null;
  #clock;
  #answers = null;
  #told = new Map(); // key -> up to which number it was told, by any tab
  #hears = null; // the key of what another tab just says that it has read
  #asking = new Map(); // key -> up to which number this tab asks to tell it

  /** Hears of what another tab has read: the key of a room, and up to which number. */
  onRead = () => {};

  /** Whether this tab wants nobody to tell what that key names. */
  objects = () => false;

  id;

  constructor({ store, clock, makeId }) {
    this.#clock = clock;
    this.id = store.get(KEY) ?? makeId();
    this.renewId = () => {
      this.id = makeId();
      store.set(KEY, this.id);
    };
    store.set(KEY, this.id);
    try {
      this.#channel = new BroadcastChannel(own("chatapp.tabs"));
      this.#channel.onmessage = ({ data }) => this.#hear(data);
    } catch {
      // No channel: every tab takes itself for the only one, and the nonce keeps a message from being stored twice.
    }
  }

  /** The ids of the other open tabs. */
  async others() {
    if (!this.#channel) return new Set();
    const answers = (this.#answers ??= new Set());
    this.#channel.postMessage({ ask: true });
    await new Promise((resolve) => this.#clock.after(ANSWER_WITHIN, resolve));
    this.#answers = null;
    return answers;
  }

  /** "Duplicate tab" copies the id along with the session storage: then this one takes a new one. */
  async settle() {
    const others = await this.others();
    if (others.has(this.id)) this.renewId();
    return others;
  }

  /** Up to which number what that key names has been told, by any tab. */
  told(key) {
    return this.#told.get(key) ?? 0;
  }

  /**
   * Asks for the right to tell, for all tabs, what `wanted` names: a Map of keys to the numbers up to which this tab
   * would tell. Gives a Map of the keys for which it may, to the numbers after which it has to begin. For any other key
   * another tab has told it, is about to, or wants nobody to.
   */
  async claim(wanted) {
    for (const [key, upto] of wanted) if (upto > this.told(key)) this.#asking.set(key, upto);
    if (this.#channel && this.#asking.size > 0) {
      this.#channel.postMessage({ want: [...this.#asking], tab: this.id });
      await new Promise((resolve) => this.#clock.after(ANSWER_WITHIN, resolve));
    }
    const won = [...this.#asking].filter(([key, upto]) => upto > this.told(key));
    const from = new Map(won.map(([key]) => [key, this.told(key)]));
    this.#asking.clear();
    this.#give(won);
    return from;
  }

  /** Says to the others up to which number that room is read. */
  read(key, upto) {
    if (key === this.#hears) return; // one of them has said it
    this.#channel?.postMessage({ read: key, upto });
  }

  /** These have been told, or nobody is to tell them. */
  #give(marks) {
    if (marks.length === 0) return;
    this.#note(marks);
    this.#channel?.postMessage({ given: marks });
  }

  #note(marks) {
    for (const [key, upto] of marks) {
      const told = Math.max(upto, this.told(key));
      this.#told.delete(key); // the newest at the end
      this.#told.set(key, told);
      if (this.#told.size > KEPT) this.#told.delete(this.#told.keys().next().value);
    }
  }

  /** Another tab asks: of two that ask at the same time the one with the smaller id goes first. */
  #asked(marks, tab) {
    const over = marks.filter(([key, upto]) => this.told(key) >= upto || this.objects(key));
    this.#give(over);
    const contested = marks.filter((mark) => !over.includes(mark) && this.#asking.has(mark[0])).map(([key]) => key);
    if (this.id < tab && contested.length > 0) this.#channel.postMessage({ denied: contested, to: tab });
    else for (const key of contested) this.#asking.delete(key);
  }

  #hear({ ask, here, want, tab, given, denied, to, read, upto }) {
    if (ask) this.#channel.postMessage({ here: this.id });
    if (here) this.#answers?.add(here);
    if (want) this.#asked(want, tab);
    if (denied && to === this.id) for (const key of denied) this.#asking.delete(key);
    if (given) this.#note(given);
    if (read) this.#heardRead(read, upto);
  }
  #heardRead(key, upto) {
    this.#hears = key;
    try {
      this.onRead(key, upto);
    } finally {
      this.#hears = null;
    }
  }
}
