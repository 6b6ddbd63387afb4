/** What Enter does in the message field: it sends, or it breaks the line and a button sends. A setting of this browser. */
import { Emitter } from "./emitter.js";

const KEY = "chatapp.enter";

/** Emits `changed` when Enter does something else than before: by the setting, or because a keyboard came or went. */
export class EnterKey extends Emitter {
  #store;
  #touch;

  /** `touch` is a media query list: does it match, the keyboard is one on the screen, and Enter breaks the line by default. */
  constructor({ store, touch }) {
    super();
    this.#store = store;
    this.#touch = touch;
    touch.addEventListener("change", () => this.emit("changed"));
  }

  /** Does Enter alone break the line? With Ctrl or Cmd it always sends. */
  get breaks() {
    const chosen = this.#store.get(KEY);
    return chosen === "breaks" || (chosen !== "sends" && this.#touch.matches);
  }

  set breaks(on) {
    this.#store.set(KEY, on ? "breaks" : "sends");
    this.emit("changed");
  }
}
