/**
 * What one does with messages that are stored: edit, delete, react, pin, vote, close a poll. Each goes out as a command that waits until it is
 * acknowledged, and shows on its message from the moment it is wished.
 */
import { Emitter } from "./emitter.js";
import { reacted } from "./fold.js";

/** Emits `changed` with the slug of the room in which something waits, or does not wait any more; `refused` with what was. */
export class Deeds extends Emitter {
  #outgoing;
  #sender;
  #chat;
  #tabs;
  #online;

  /** `online()` tells whether the connection is open. */
  constructor({ outgoing, sender, chat, tabs, online }) {
    super();
    this.#outgoing = outgoing;
    this.#sender = sender;
    this.#chat = chat;
    this.#tabs = tabs;
    this.#online = online;
    outgoing.on("changed", (slug) => this.emit("changed", slug));
    outgoing.on("refused", (entry) => this.emit("refused", entry));
  }

  edit(room, target, text) {
    this.#drop(room, (command) => command.type === "edit" && command.target === target);
    this.#do(room, { type: "edit", target, text });
  }

  delete(room, target) {
    this.#drop(room, (command) => command.target === target);
    this.#do(room, { type: "delete", target });
  }

  /** The last wish counts: one that waits for the opposite goes out no more. */
  react(room, target, emoji, on) {
    this.#drop(room, (command) => command.type === "react" && command.target === target && command.emoji === emoji);
    this.#do(room, { type: "react", target, emoji, on });
  }

  pin(room, target, on) {
    this.#drop(room, (command) => command.type === "pin" && command.target === target);
    this.#do(room, { type: "pin", target, on });
  }

  vote(room, target, choices) {
    this.#drop(room, (command) => command.type === "vote" && command.target === target);
    this.#do(room, { type: "vote", target, choices });
  }

  close(room, target) {
    this.#do(room, { type: "close", target });
  }

  retry(nonce) {
    this.#sender.tryAgain(nonce);
  }

  discard(nonce) {
    this.#sender.discard(nonce);
  }

  #drop(room, matches) {
    for (const { nonce, command } of this.#outgoing.of(room.slug)) if (matches(command)) this.#outgoing.remove(nonce);
  }

  #do(room, command) {
    const { id: author, name } = this.#chat.you;
    this.#outgoing.add({ room: room.slug, command, author, name, tab: this.#tabs.id });
    this.#sender.pump();
  }

  /**
   * The messages as they will be when what waits is stored, by seq: `over(message)` gives the message itself if nothing
   * waits for it, else a copy with `deed` {nonce, type, fate, reason, emoji} for the newest of what waits. In an archived
   * room they are copies that are `fixed`: nobody reacts or votes there.
   */
  over(room) {
    const waiting = Map.groupBy(this.#outgoing.of(room.slug), ({ command }) => command.target);
    return (message) => {
      const entries = waiting.get(message.seq) ?? [];
      const still = room.archived ? { ...message, fixed: true } : message;
      return entries.reduce((before, entry) => this.#wished(before, entry), still);
    };
  }

  #wished(message, { nonce, command, late, refusal }) {
    const fate = refusal !== null ? "refused" : !late ? "sending" : this.#online() ? "late" : "offline";
    const deed = { nonce, type: command.type, fate, reason: refusal, emoji: command.emoji };
    if (message.deleted || command.type === "delete") return { ...message, deed };
    if (command.type === "edit") return { ...message, text: command.text, html: undefined, deed };
    if (refusal !== null) return { ...message, deed }; // it shows as it is; that it was refused is said below
    return { ...message, ...this.#changed(message, command), deed: message.deed ?? (fate === "sending" ? undefined : deed) };
  }

  #changed(message, command) {
    if (command.type === "pin") return { pinned: command.on };
    if (command.type === "vote") return { poll: { ...message.poll, wished: command.choices } };
    if (command.type === "close") return { poll: { ...message.poll, closed: true } };
    const { id, name } = this.#chat.you;
    return { reactions: reacted(message.reactions ?? [], { ...command, author: { id, name } }, true) };
  }
}
