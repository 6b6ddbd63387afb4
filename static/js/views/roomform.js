/** Where one changes what a room is called, what it is for, and whether it is archived. */
import { part, showModal } from "./parts.js";

export class RoomFormView {
  #dialog;
  #form;
  #problem;
  #strings;
  #save;
  #onClosed;
  #kept;
  #room = null;
  #filled = null; // what the form was filled with: what somebody else changes meanwhile stays theirs

  /** `save(room, {name, topic, archived})` gives a promise; what it rejects with is shown. `kept` is a KeptForm. */
  constructor({ dialog, strings, save, onClosed, kept }) {
    this.#dialog = dialog;
    this.#form = part(dialog, "form");
    this.#problem = part(dialog, ".field-problem");
    this.#strings = strings;
    this.#save = save;
    this.#onClosed = onClosed;
    this.#kept = kept;
    part(dialog, ".cancel").addEventListener("click", () => this.#done());
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#form.addEventListener("input", () => {
      this.#complain("");
      kept.set(this.#changed, this.#room.slug);
    });
  }

  open(room) {
    this.#room = room;
    this.#filled = { name: room.name, topic: room.topic, archived: room.archived };
    const { name, topic, archived } = this.#form.elements;
    const wanted = { ...this.#filled, ...this.#kept.get(room.slug) };
    name.value = wanted.name;
    topic.value = wanted.topic;
    archived.checked = wanted.archived;
    this.#complain("");
    showModal(this.#dialog, this.#onClosed);
    topic.focus();
  }

  /** What the person has written: what somebody else changes meanwhile is not among it. */
  get #changed() {
    const { name, topic, archived } = this.#form.elements;
    const wanted = { name: name.value.trim(), topic: topic.value.trim(), archived: archived.checked };
    return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== this.#filled[key]));
  }

  #done() {
    this.#kept.remove(this.#room.slug);
    this.#dialog.close();
  }

  async #submitted(event) {
    event.preventDefault();
    const { name, topic } = this.#form.elements;
    const changed = this.#changed;
    try {
      if (Object.keys(changed).length > 0) await this.#save(this.#room, changed);
      this.#done();
    } catch (problem) {
      this.#complain(problem.status && problem.message ? problem.message : this.#strings.say("ask.unreachable"));
      (problem.rest?.field === "topic" ? topic : name).focus();
    }
  }

  #complain(sentence) {
    this.#problem.textContent = sentence;
  }
}
