/**
 * What was written in this browser and does not go out by itself any more: its author is another identity than the one of
 * this page (the cookie was lost, or somebody else sits here), or its room is gone.
 */
import { Emitter } from "./emitter.js";

const ROOMS_ASKED = 20; // at once, whether they are gone

/**
 * An item is {id, kind, room, command, note, author, at}: `kind` is "message", "edit" or "draft", `room` a slug, `command`
 * a `post`, `author` a name or "", `at` milliseconds or null. Emits `changed`.
 */
export class Leftovers extends Emitter {
  #messages;
  #deeds;
  #drafts;
  #chat;
  #find;
  #online;
  #gone = new Set(); // slugs of rooms that the server does not know

  items = [];

  /** `messages` and `deeds` are Outgoing; `findRoom(slug)` promises whether there is such a room. */
  constructor({ messages, deeds, drafts, chat, findRoom, online }) {
    super();
    this.#messages = messages;
    this.#deeds = deeds;
    this.#drafts = drafts;
    this.#chat = chat;
    this.#find = findRoom;
    this.#online = online;
  }

  /** Looks for them; `others` are the other tabs, which send their own. */
  async look(others) {
    if (this.#online()) await this.#lookForRooms(); // first: meanwhile some may be sent
    const author = this.#chat.you.id;
    const [messages, deeds] = [this.#messages, this.#deeds].map((outgoing) => outgoing.abandoned({ author, others }));
    const edits = deeds.filter(({ command }) => command.type === "edit");
    for (const { nonce, command } of deeds) if (command.type !== "edit") this.#deeds.forget(nonce); // nothing was written
    const own = [...this.#gone].flatMap((slug) => this.#messages.of(slug));
    const drafts = [...this.#gone].map((slug) => [slug, this.#drafts.get(slug)]).filter(([, text]) => text !== "");
    this.items = [
      ...messages.map((entry) => item("message", entry, () => this.#messages.forget(entry.nonce))),
      ...own.map((entry) => item("message", entry, () => this.#messages.remove(entry.nonce))),
      ...edits.map((entry) => item("edit", asPost(entry), () => this.#deeds.forget(entry.nonce))),
      ...drafts.map(([slug, text]) => item("draft", draft(slug, text), () => this.#removeDraft(slug))),
    ];
    this.emit("changed");
  }

  /** Can it go out as it is? */
  sendable({ kind, room }) {
    return kind === "message" && !this.#gone.has(room) && !this.#chat.room(room)?.archived;
  }

  /** Removes one for good. Tells whether it was still there: another tab may have been first. */
  remove(gone) {
    this.items = this.items.filter(({ id }) => id !== gone.id); // each look makes new ones
    const isThere = gone.forget();
    this.emit("changed");
    return isThere;
  }

  async #lookForRooms() {
    const slugs = new Set([...this.#messages.rooms(), ...this.#drafts.rooms()]);
    const unknown = [...slugs].filter((slug) => !this.#chat.room(slug) && !this.#gone.has(slug)).slice(0, ROOMS_ASKED);
    for (const slug of unknown) if (!(await this.#find(slug))) this.#gone.add(slug);
  }

  #removeDraft(slug) {
    const isThere = this.#drafts.get(slug) !== "";
    this.#drafts.set(slug, "");
    return isThere;
  }
}

function item(kind, { nonce, room, command, note, name, at }, forget) {
  return { id: nonce, kind, room, command, note, author: name ?? "", at, forget };
}

function asPost({ command, ...entry }) {
  return { ...entry, command: { type: "post", text: command.text }, note: null };
}

function draft(room, text) {
  return { nonce: `draft-${room}`, room, command: { type: "post", text }, note: null, name: "", at: null };
}
