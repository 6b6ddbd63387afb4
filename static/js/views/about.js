/** The line over the field that says what is being answered or changed, and lets one think better of it. */
import { named } from "../guests.js";
import { part } from "./parts.js";

export class AboutView {
  #root;
  #strings;

  constructor({ root, strings, onCancel }) {
    this.#root = root;
    this.#strings = strings;
    part(root, "button").addEventListener("click", onCancel);
  }

  show(about) {
    this.#root.hidden = about === null;
    const words = about && this.#strings.say(`about.${about.kind}`, { name: named(about.message.author, this.#strings) });
    part(this.#root, ".about-words").textContent = words ?? "";
    const text = about?.message.deleted ? this.#strings.say("message.deleted") : about?.message.text;
    part(this.#root, ".about-text").textContent = text?.slice(0, 200) ?? "";
  }
}
