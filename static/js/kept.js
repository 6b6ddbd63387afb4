/**
 * Keeps a snapshot of one person's messages in this browser, in the cache storage, which has room for it and exists where
 * a service worker does: on secure pages. It is removed when the person is another one, or wants to be forgotten.
 */
import { at, own } from "./address.js";
import { Timer } from "./clock.js";

const NAME = "chatapp.messages";
const AFTER = 15_000; // ms after a change: to write a million characters takes some 20 ms

export class Kept {
  #caches;
  #take;
  #timer;
  #person = null;
  #saving = Promise.resolve();
  #on = false;

  /** `caches` is the browser's CacheStorage, undefined if there is none; `take()` gives the snapshot, or null. */
  constructor({ caches, clock, take }) {
    this.#caches = caches;
    this.#take = take;
    this.#timer = new Timer(clock);
  }

  /** The snapshot that is there, or null. */
  async text() {
    try {
      const cache = await this.#caches.open(own(NAME));
      const [first] = await cache.keys();
      return first ? await (await cache.match(first)).text() : null;
    } catch {
      return null; // there is no storage, or it is forbidden
    }
  }

  /** The person at the page, by id, or null: what is kept of others goes. */
  belongsTo(person) {
    this.#person = person;
    this.#saving = this.#saving.then(() => this.#removeOthers()).catch(() => null);
  }

  /** From now on changes are kept. */
  start() {
    this.#on = true;
    this.changed();
  }

  changed() {
    if (this.#on && !this.#timer.running) this.#timer.set(AFTER, () => this.#save());
  }

  /** The page goes away: what changed since is kept now. */
  flush() {
    if (!this.#timer.running) return;
    this.#timer.clear();
    this.#save();
  }

  /** Nothing is kept any more. */
  stop() {
    this.#on = false;
    this.#timer.clear();
  }

  /** Removes everything, and keeps nothing any more. */
  async forget() {
    this.stop();
    await this.#saving;
    await this.#caches?.delete(own(NAME)).catch(() => null);
  }

  #save() {
    this.#saving = this.#saving.then(() => this.#put()).catch(() => null); // the storage may be full
  }

  async #put() {
    const text = this.#on && this.#person !== null ? this.#take() : null;
    if (text === null) return;
    const cache = await this.#caches.open(own(NAME));
    await cache.put(this.#key(), new Response(text, { headers: { "Content-Type": "application/json" } }));
  }

  async #removeOthers() {
    if (!this.#caches || !(await this.#caches.has(own(NAME)))) return;
    const cache = await this.#caches.open(own(NAME));
    for (const request of await cache.keys()) {
      if (new URL(request.url).pathname !== this.#key()) await cache.delete(request);
    }
  }

  /** The address under which it is kept; the server has none like it. */
  #key() {
    return at(`/kept/${encodeURIComponent(this.#person ?? "")}`);
  }
}
