/** Which tab this is, and which others of this browser are open: asked over a channel, as Web Locks need https. */
const KEY = "chatapp.tab";
const ANSWER_WITHIN = 200;

export class Tabs {
  #channel = null;
  #clock;
  #answers = null;

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
      this.#channel = new BroadcastChannel("chatapp.tabs");
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

  #hear({ ask, here }) {
    if (ask) this.#channel.postMessage({ here: this.id });
    if (here) this.#answers?.add(here);
  }
}
