/** How a message read before it was edited. */
import { element, part, showModal } from "./parts.js";

export class VersionsView {
  #dialog;
  #list;
  #problem;
  #strings;
  #formats;
  #load;
  #asked = 0;

  /** `load({room, message})` gives a promise of [{at, text}], oldest first. */
  constructor({ dialog, strings, formats, load }) {
    this.#dialog = dialog;
    this.#list = part(dialog, ".versions");
    this.#problem = part(dialog, ".field-problem");
    this.#strings = strings;
    this.#formats = formats;
    this.#load = load;
    part(dialog, ".close").addEventListener("click", () => this.close());
    dialog.addEventListener("close", () => this.#clear());
    dialog.addEventListener("click", (event) => event.target === dialog && this.close());
  }

  async open(about) {
    this.#clear();
    const asked = this.#asked;
    showModal(this.#dialog);
    const found = await this.#load(about).catch((problem) => problem);
    if (asked !== this.#asked) return;
    if (Array.isArray(found)) this.#list.replaceChildren(...found.reverse().map((each, index) => this.#entry(each, index)));
    else this.#problem.textContent = found.status && found.message ? found.message : this.#strings.say("ask.unreachable");
  }

  close() {
    this.#dialog.close();
  }

  /** Nothing of a message stays in the page, and what is still on its way is not shown. */
  #clear() {
    this.#asked += 1;
    this.#list.replaceChildren();
    this.#problem.textContent = "";
  }

  #entry({ at, text }, index) {
    const when = new Date(at);
    const time = element("time", "", this.#formats.full(when));
    time.dateTime = at;
    const words = element("p", "version-text", text);
    words.dir = "auto";
    const head = element("p", "version-head", time);
    if (index === 0) head.append(element("span", "version-now", this.#strings.say("versions.now")));
    return element("li", "version", head, words);
  }
}
