/** Speaks chat.v1: turns frames into changes of the state, and what the person does into commands. */
import { Emitter } from "./emitter.js";

/**
 * Emits `name-taken` with the server's sentence, `no-such-room` with a slug, and `stranger` if the server does not
 * know us any more.
 */
export class Session extends Emitter {
  #connection;
  #chat;
  #outgoing;
  #sender;
  #limits;
  #joins = new Map(); // nonce of an unanswered join -> room
  #joinCount = 0;
  #known; // the server has taken our session for valid

  constructor({ connection, chat, outgoing, sender, limits, known }) {
    super();
    this.#known = known;
    this.#connection = connection;
    this.#chat = chat;
    this.#outgoing = outgoing;
    this.#sender = sender;
    this.#limits = limits;
    connection.on("frame", (frame) => this.#hear(frame));
    connection.on("state", ({ name }) => name !== "open" && this.#disconnected());
  }

  /** Subscribes to a room from where we know it; a second call while the first is unanswered does nothing. */
  join(room) {
    if ([...this.#joins.values()].includes(room)) return;
    this.#joinCount += 1;
    const nonce = `join-${this.#joinCount}`;
    const from = room.loaded ? { after: room.last } : {};
    if (this.#connection.send({ type: "join", room: room.slug, nonce, ...from })) this.#joins.set(nonce, room);
  }

  post({ room, text, nonce }) {
    return this.#connection.send({ type: "post", room, text, nonce });
  }

  typing(room) {
    if (room.joined) this.#connection.send({ type: "typing", room: room.slug });
  }

  /** Everything up to `seq` has been seen. */
  read(room, seq) {
    this.#chat.read(room, seq);
    this.#sendRead(room);
  }

  #sendRead(room) {
    if (room.joined) this.#connection.send({ type: "read", room: room.slug, seq: room.read });
  }

  #disconnected() {
    this.#joins.clear();
    this.#sender.disconnected();
    this.#chat.disconnected();
  }

  #hear(frame) {
    const room = this.#chat.room(frame.room);
    switch (frame.type) {
      case "welcome":
        return this.#welcome(frame);
      case "error":
        return this.#error(frame);
      case "joined":
        return room && this.#joined(room, frame);
      case "presence":
        return room && this.#chat.presence(room, frame);
      case "typing":
        return room && this.#chat.typing(room, frame.user);
      case "read":
        return room && this.#chat.read(room, frame.seq);
      default:
        // Whatever has a seq is an event of the room's log, also of a kind that this page does not know yet.
        if (room && Number.isInteger(frame.seq)) this.#event(room, frame);
    }
  }

  #welcome(frame) {
    const isGuest = frame.you.role === "guest";
    if (isGuest && this.#known) return this.emit("stranger");
    this.#known = !isGuest;
    const name = this.#chat.you.name;
    this.#chat.welcome(frame);
    // A browser that forbids cookies: the name was chosen, but this connection could not bring it along.
    if (isGuest) this.#connection.send({ type: "rename", name });
    this.#outgoing.renew();
    const waiting = this.#outgoing.rooms();
    const open = this.#chat.open;
    const wanted = [...this.#chat.rooms.values()].filter((room) => waiting.has(room.slug) || room.read !== null);
    const inOrder = new Set([...(open ? [open] : []), ...wanted]);
    for (const room of [...inOrder].slice(0, this.#limits.rooms)) this.join(room);
    return undefined;
  }

  #joined(room, frame) {
    this.#joins.delete(frame.nonce);
    const known = room.read;
    for (const event of frame.events) this.#acknowledge(event);
    this.#chat.joined(room, frame);
    if (known !== null) this.#sendRead(room); // what was seen while the connection was away
    this.#sender.pump();
  }

  #event(room, event) {
    this.#acknowledge(event); // first: the copy that answers a repeated post has an old seq
    if (!this.#chat.event(room, event) && room.joined) this.join(room);
  }

  #acknowledge({ author, nonce }) {
    if (nonce && author && this.#chat.isMe(author.id)) this.#sender.acknowledged(nonce);
  }

  #error({ code, detail, nonce, retry_after: retryAfter = null }) {
    const room = this.#joins.get(nonce);
    if (room) return this.#joinRefused(room, nonce, code);
    if (code === "name-taken" && !nonce) return this.emit("name-taken", detail);
    if (!nonce) return undefined;
    if (code === "not-joined") return this.#joinFor(nonce);
    return this.#sender.refused(nonce, { detail, retryAfter, tooFast: code === "rate-limited" });
  }

  /** A message was sent to a room that the server does not see us in: join, and its answer sends it again. */
  #joinFor(nonce) {
    this.#sender.unreachable(nonce);
    const room = this.#chat.room(this.#outgoing.find(nonce)?.room);
    if (!room) return;
    room.joined = false;
    this.join(room);
  }

  #joinRefused(room, nonce, code) {
    this.#joins.delete(nonce);
    if (code === "no-such-room") this.emit("no-such-room", room.slug);
  }
}
