/** The lines that the server prints, each with a way to the message or the client that caused it. */
import { element } from "../../views/parts.js";
import { write } from "./rows.js";

const SHOWN = 80;

export class TerminalView {
  #list;
  #empty;
  #seen;
  #strings;
  #actions;
  #newest = null;
  #made = 0;

  /** `actions`: showFlow(id), showClient(id). */
  constructor({ list, empty, seen, strings, actions }) {
    this.#list = list;
    this.#empty = empty;
    this.#seen = seen;
    this.#strings = strings;
    this.#actions = actions;
  }

  render() {
    const lines = this.#seen.lines.slice(-SHOWN);
    this.#empty.hidden = lines.length > 0;
    write(this.#empty, this.#strings.say("terminal.none"));
    if (lines.at(-1) === this.#newest && this.#made === lines.length) return;
    const known = lines.indexOf(this.#newest);
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    if (known < 0) this.#list.replaceChildren();
    this.#list.append(...lines.slice(known + 1).map((line) => this.#line(line)));
    while (this.#list.childElementCount > SHOWN) this.#list.firstElementChild.remove();
    this.#newest = lines.at(-1) ?? null;
    this.#made = lines.length;
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #line({ text, flow, client }) {
    const made = element("li", "", element("code", "", text));
    if (flow !== null && flow !== undefined) {
      made.append(this.#link(this.#strings.say("terminal.flow", { n: flow }), () => this.#actions.showFlow(flow)));
    }
    if (client !== null && client !== undefined) {
      const words = this.#strings.say("client.number", { n: client });
      made.append(this.#link(words, () => this.#actions.showClient(client)));
    }
    return made;
  }

  #link(words, press) {
    const made = element("button", "link-button", words);
    made.type = "button";
    made.addEventListener("click", press);
    return made;
  }
}
