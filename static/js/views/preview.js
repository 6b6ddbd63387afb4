/** Shows how a text will look, while it is being written. The server is asked, when one pauses: it makes the messages too. */
import { Timer } from "../clock.js";
import { shows } from "../text.js";
import { fill } from "./rich.js";

const PAUSE = 400; // under its rate of three a second
const AGAIN = 1000; // if it was too fast all the same

export class PreviewView {
  #button;
  #panel;
  #words;
  #strings;
  #ask;
  #timer;
  #text = "";
  #asked = 0; // the number of the newest question

  /** `ask(text)` promises the HTML, or null if there is no markup in it. */
  constructor({ button, panel, words, strings, clock, ask }) {
    this.#button = button;
    this.#panel = panel;
    this.#words = words;
    this.#strings = strings;
    this.#ask = ask;
    this.#timer = new Timer(clock);
    button.addEventListener("click", () => this.#toggle());
  }

  /** This is what stands in the field now. */
  written(text) {
    if (text === this.#text) return;
    this.#text = text;
    if (!this.#panel.hidden) this.#timer.set(!shows(text) ? 0 : PAUSE, () => this.#render());
  }

  #toggle() {
    const open = this.#panel.hidden;
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-pressed", String(open));
    this.#timer.clear();
    if (open) this.#render();
  }

  async #render() {
    const asked = (this.#asked += 1);
    const text = this.#text;
    if (!shows(text)) {
      this.#say("preview.empty");
      return;
    }
    try {
      const html = await this.#ask(text);
      if (asked === this.#asked) this.#show({ text, html });
    } catch (problem) {
      if (asked !== this.#asked) return;
      if (problem.code === "rate-limited") this.#again(problem.rest.retry_after ?? 0);
      else if (problem.status) this.#show({ text: problem.message });
      else this.#say("preview.unreachable");
    }
  }

  #again(seconds) {
    this.#timer.set(Math.max(AGAIN, 1000 * seconds), () => this.#render());
  }

  #say(key) {
    this.#show({ text: this.#strings.say(key) }, true);
  }

  #show(message, aside = false) {
    this.#words.classList.toggle("aside", aside);
    fill(this.#words, message, this.#strings);
  }
}
