import { own } from "./address.js";

/** Which tab this is, and which others of this browser are open: asked over a channel, as Web Locks need https. */
const KEY = "chatapp.tab";
const ANSWER_WITHIN = 200;
const CLAIMED = 500; // claims that are remembered

export class Tabs {
  #channel = null;
  #clock;
  #answers = null;
  #claims = new Map(); // key -> "asks" (this tab does), "lost" (another one does it) or "done"

  /** Whether this tab wants nobody to have what that key names. */
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

  /**
   * May this tab do what that key names, for all of them? Of those who ask one may, at most; a tab that hears of it only
   * later gets a no.
   */
  async claim(key) {
    if (this.#claims.has(key)) return false;
    this.#claims.set(key, "asks");
    if (this.#claims.size > CLAIMED) this.#claims.delete(this.#claims.keys().next().value);
    if (this.#channel) {
      this.#channel.postMessage({ want: key, tab: this.id });
      await new Promise((resolve) => this.#clock.after(ANSWER_WITHIN, resolve));
    }
    if (this.#claims.get(key) !== "asks") return false;
    this.#give(key);
    return true;
  }

  /** It is done, or nobody is to do it. */
  #give(key) {
    this.#claims.set(key, "done");
    this.#channel?.postMessage({ given: key });
  }

  /** Another tab asks: of two that ask at the same time the one with the smaller id goes first. */
  #asked(key, tab) {
    const state = this.#claims.get(key);
    if (state === "done" || this.objects(key)) this.#give(key);
    else if (state === "asks" && this.id < tab) this.#channel.postMessage({ denied: key, to: tab });
    else if (state === "asks") this.#claims.set(key, "lost");
  }

  #hear({ ask, here, want, tab, given, denied, to }) {
    if (ask) this.#channel.postMessage({ here: this.id });
    if (here) this.#answers?.add(here);
    if (want) this.#asked(want, tab);
    if (denied && to === this.id) this.#claims.set(denied, "lost");
    if (given) this.#claims.set(given, "done");
  }
}
