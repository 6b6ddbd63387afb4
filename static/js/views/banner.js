/** One quiet line when the chat has been out of reach for a while: what happens, until when, and "try now". */
import { Timer } from "../clock.js";

const QUIET_FOR = 3000;

export class BannerView {
  #root;
  #words;
  #countdown;
  #button;
  #strings;
  #clock;
  #patience;
  #tick;
  #state;

  constructor({ root, words, countdown, button, strings, clock, onTry }) {
    this.#root = root;
    this.#words = words;
    this.#countdown = countdown;
    this.#button = button;
    this.#strings = strings;
    this.#clock = clock;
    this.#patience = new Timer(clock);
    this.#tick = new Timer(clock);
    button.addEventListener("click", onTry);
  }

  show(state) {
    this.#state = state;
    if (state.name === "open") {
      this.#patience.clear();
      this.#hide();
    } else if (state.name === "closed") {
      this.#reveal();
    } else if (!this.#root.hidden) {
      this.#render();
    } else if (!this.#patience.running) {
      const quiet = state.since + QUIET_FOR - this.#clock.now();
      this.#patience.set(Math.max(0, quiet), () => this.#reveal());
    }
  }

  #hide() {
    this.#tick.clear();
    this.#root.hidden = true;
    this.#words.textContent = "";
  }

  #reveal() {
    this.#root.hidden = false;
    this.#render();
  }

  #render() {
    const { name, retryAt } = this.#state;
    const waiting = name === "waiting";
    // The number stands apart and is not read aloud: a screen reader would speak every second.
    const words = this.#strings.say(name === "closed" ? "banner.closed" : "banner.lost");
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#button.hidden = !waiting;
    const seconds = waiting ? Math.max(0, Math.ceil((retryAt - this.#clock.now()) / 1000)) : 0;
    const next = waiting ? this.#strings.say("banner.wait", { n: seconds }) : this.#strings.say("banner.trying");
    this.#countdown.textContent = name === "closed" ? "" : next;
    if (waiting) this.#tick.set(500, () => this.#render());
    else this.#tick.clear();
  }
}
