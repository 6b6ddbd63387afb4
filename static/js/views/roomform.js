/** Where one changes what a room is called, what it is for, and whether it is archived. */
import { part, showModal } from "./parts.js";

export class RoomFormView {
  #dialog;
  #form;
  #problem;
  #strings;
  #save;
  #onClosed;
  #room = null;
  #filled = null; // what the form was filled with: what somebody else changes meanwhile stays theirs

  /** `save(room, {name, topic, archived})` gives a promise; what it rejects with is shown. */
  constructor({ dialog, strings, save, onClosed }) {
    this.#dialog = dialog;
    this.#form = part(dialog, "form");
    this.#problem = part(dialog, ".field-problem");
    this.#strings = strings;
    this.#save = save;
    this.#onClosed = onClosed;
    part(dialog, ".cancel").addEventListener("click", () => dialog.close());
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#form.addEventListener("input", () => this.#complain(""));
  }

  open(room) {
    this.#room = room;
    this.#filled = { name: room.name, topic: room.topic, archived: room.archived };
    const { name, topic, archived } = this.#form.elements;
    name.value = room.name;
    topic.value = room.topic;
    archived.checked = room.archived;
    this.#complain("");
    showModal(this.#dialog, this.#onClosed);
    topic.focus();
  }

  async #submitted(event) {
    event.preventDefault();
    const { name, topic, archived } = this.#form.elements;
    const wanted = { name: name.value.trim(), topic: topic.value.trim(), archived: archived.checked };
    const changed = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== this.#filled[key]));
    try {
      if (Object.keys(changed).length > 0) await this.#save(this.#room, changed);
      this.#dialog.close();
    } catch (problem) {
      this.#complain(problem.status && problem.message ? problem.message : this.#strings.say("ask.unreachable"));
      (problem.rest?.field === "topic" ? topic : name).focus();
    }
  }

  #complain(sentence) {
    this.#problem.textContent = sentence;
  }
}
