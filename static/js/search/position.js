/** Where the reader was among the results of each search, for this tab: a look at a message does not lose it. */
const KEY = "chatapp.search";
const KEPT = 20; // searches, the latest
const MOST = 1000; // results that are loaded again to come back to one of them

export class SearchPosition {
  #store;
  #results;

  constructor({ store, results }) {
    this.#store = store;
    this.#results = results;
    history.scrollRestoration = "manual"; // the browser would do it before the results are there
  }

  /** Remembers where the reader is now, as that of the search for `line`. */
  keep(line) {
    const { position } = this.#results;
    const all = [...this.#all].filter(([each]) => each !== line);
    if (position) all.push([line, position]);
    this.#store.set(KEY, JSON.stringify(all.slice(-KEPT)));
  }

  /** {count, href, top, focused}, or null. */
  of(line) {
    const position = new Map(this.#all).get(line);
    if (!position || !Number.isFinite(position.top)) return null;
    return { ...position, count: Math.min(MOST, Number(position.count) || 0) };
  }

  /** What was kept, or nothing if somebody else wrote there. */
  get #all() {
    try {
      const all = JSON.parse(this.#store.get(KEY));
      return Array.isArray(all) ? all.filter(Array.isArray) : [];
    } catch {
      return [];
    }
  }
}
