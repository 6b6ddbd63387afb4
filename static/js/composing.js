/**
 * What the field is for besides a new message, by room: an answer to a message, or another text for one of one's own.
 * A text that is being changed is kept while one looks into another room.
 */
import { Emitter } from "./emitter.js";

/** Emits `changed` with `{kind, message}` for the open room, or null: it is for a new message. */
export class Composing extends Emitter {
  #composer;
  #rooms = new Map(); // slug -> {kind: "edit" or "reply", message, text}
  #room = null;

  constructor({ composer, field }) {
    super();
    this.#composer = composer;
    field.addEventListener("input", () => {
      if (this.about?.kind === "edit") this.about.text = composer.text;
    });
  }

  get about() {
    return this.#rooms.get(this.#room?.slug) ?? null;
  }

  show(room) {
    this.#room = room;
    if (this.about?.kind === "edit") this.#composer.lend(this.about.text);
    this.emit("changed", this.about);
  }

  reply(message) {
    this.#begin({ kind: "reply", message });
  }

  edit(message) {
    this.#begin({ kind: "edit", message, text: message.text });
    this.#composer.lend(message.text);
  }

  #begin(about) {
    this.#composer.takeBack();
    this.#rooms.set(this.#room.slug, about);
    this.emit("changed", about);
    this.#composer.focus();
  }

  /** It is for a new message again; tells whether it was for anything else. */
  end() {
    if (!this.#rooms.delete(this.#room?.slug)) return false;
    this.#composer.takeBack();
    this.emit("changed", null);
    return true;
  }
}
