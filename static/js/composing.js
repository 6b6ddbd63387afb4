/**
 * What the field is for besides a new message, by room: an answer to a message, or another text for one of one's own.
 * Like a draft it is kept while one looks into another room and through a reload, but for this tab alone.
 */
import { Emitter } from "./emitter.js";
import { KeptForm } from "./forms.js";
import { shows } from "./text.js";

const PREFIX = "chatapp.about.";

/**
 * `about` is {kind: "edit" or "reply", message: {seq, author, text, deleted}, text, under} for the open room, or null:
 * the field is for a new message. `text` is that of an edit as it stands, `under` the reply that it interrupted.
 * Emits `changed` with `about`, and `rescued` when a text is in the field because its message is gone.
 */
export class Composing extends Emitter {
  #composer;
  #store;
  #interrupted; // texts of edits, by room and message
  #room = null;

  about = null;

  constructor({ composer, field, store }) {
    super();
    this.#composer = composer;
    this.#store = store;
    this.#interrupted = new KeptForm({ store, name: "edit" });
    field.addEventListener("input", () => {
      if (this.about?.kind === "edit") this.#keep({ ...this.about, text: composer.text });
    });
  }

  show(room) {
    this.#room = room;
    this.about = parsed(this.#store.get(PREFIX + room.slug));
    if (this.about?.kind === "edit") this.#composer.lend(this.about.text);
    this.emit("changed", this.about);
    this.renew();
  }

  reply(message) {
    this.#begin({ kind: "reply", message: essence(message) });
  }

  /** Another text for a message: to begin with the one it has, or what was written for it before it was interrupted. */
  edit(message, text = this.#begun(message) ?? message.text) {
    const under = this.about?.kind === "reply" ? this.about : this.about?.under;
    this.#begin({ kind: "edit", message: essence(message), text, under });
    this.#composer.lend(text);
  }

  #begun(message) {
    const { kind, message: edited, text } = this.about ?? {};
    if (kind === "edit" && edited.seq === message.seq) return text;
    return this.#interrupted.get(this.#idOf(message))?.text;
  }

  /** Ends an edit whose text is there again when it is taken up. */
  interrupt() {
    this.#setAside();
    this.end();
  }

  #setAside() {
    const { kind, message, text } = this.about ?? {};
    if (kind === "edit" && text !== message.text) this.#interrupted.set({ text }, this.#idOf(message));
  }

  #idOf({ seq }) {
    return `${this.#room.slug}.${seq}`;
  }

  #begin(about) {
    if (about.message.seq !== this.about?.message.seq) this.#setAside();
    if (about.kind === "edit") this.#interrupted.remove(this.#idOf(about.message));
    this.#composer.takeBack();
    this.#become(about);
    this.#composer.focus();
  }

  /** It is for what it was for before; tells whether it was for anything but a new message. */
  end() {
    if (this.about === null) return false;
    this.#composer.takeBack();
    this.#become(this.about.under ?? null);
    return true;
  }

  /** The message that it is about may read differently, or be gone. */
  renew() {
    const { kind, message, text } = this.about ?? {};
    const now = message && this.#room.message(message.seq);
    if (!now || (now.text === message.text && now.deleted === message.deleted)) return;
    if (kind === "reply" || !now.deleted) return this.#become({ ...this.about, message: essence(now) });
    this.end();
    if (shows(text) && text !== message.text) this.rescue(text);
  }

  /** The text of an edit that cannot be made any more goes on as a draft. */
  rescue(text) {
    this.#composer.append(text);
    this.emit("rescued");
  }

  #become(about) {
    this.#keep(about);
    this.emit("changed", about);
  }

  #keep(about) {
    this.about = about;
    if (about) this.#store.set(PREFIX + this.#room.slug, JSON.stringify(about));
    else this.#store.remove(PREFIX + this.#room.slug);
  }
}

function essence({ seq, author, text, deleted }) {
  return { seq, author, text, deleted };
}

/** What was kept, or null if somebody else wrote there. */
function parsed(text) {
  try {
    const about = JSON.parse(text);
    const { kind, message } = about;
    const whole = Number.isInteger(message.seq) && typeof message.author.name === "string" && typeof message.text === "string";
    return whole && (kind === "reply" || kind === "edit") ? about : null;
  } catch {
    return null;
  }
}
