/** What one can do by its name: whoever has something to offer adds it here, and the palette lists it. */
export class Commands {
  #all = new Map();

  /**
   * `title` is said in the palette, `run()` does it. `icon` names one of the page's icons, `shown()` tells whether it
   * makes sense now, `shortcut` is the id of the keys that do the same, `words` are found too and not shown.
   */
  add({ id, title, run, icon = "command", shown = () => true, shortcut = null, words = "" }) {
    if (this.#all.has(id)) throw new Error(`two commands are ${id}`);
    this.#all.set(id, { id, title, run, icon, shown, shortcut, words });
  }

  /** Those that make sense now, in the order in which they were added. */
  list() {
    return [...this.#all.values()].filter(({ shown }) => shown());
  }
}
