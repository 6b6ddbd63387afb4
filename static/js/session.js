/** Speaks chat.v1: turns frames into changes of the state, and what the person does into commands. */
import { Timer } from "./clock.js";
import { Emitter } from "./emitter.js";

const READ_AFTER = 1000; // each `read` is a write to the server's disk

/**
 * Emits `name-taken` with the server's sentence, `no-such-room` with a slug, and `stranger` if the server does not
 * know us any more; `not-joined` with a room that can only be read; `watched` with how many look inside; `unknown-room`
 * with what says that one is meant in a room that this page does not know; `confirm-all` with the nonce of a message
 * that would call everybody, and how many that are; and `page-version` with the version of the page that the server
 * gives out now.
 */
export class Session extends Emitter {
  #connection;
  #chat;
  #senders;
  #limits;
  #joins = new Map(); // nonce of an unanswered join -> room
  #joinCount = 0;
  #refused = new Set(); // rooms to join again when #later is over
  #later;
  #seen = new Set(); // rooms whose marker goes to the server when #telling is over
  #telling;
  #known; // the server has taken our session for valid

  /** `senders` send what is to be stored: each what waits in its own Outgoing. */
  constructor({ connection, chat, senders, limits, clock, known }) {
    super();
    this.#known = known;
    this.#connection = connection;
    this.#chat = chat;
    this.#senders = senders;
    this.#limits = limits;
    this.#later = new Timer(clock);
    this.#telling = new Timer(clock);
    // A room that became the person's own on another page or device is one to hear of here too.
    chat.on("read", (room) => !room.joined && this.#hasPlace(room) && this.join(room));
    connection.on("frame", (frame) => this.#hear(frame));
    connection.on("state", (state) => state.name !== "open" && this.#disconnected(state));
  }

  /** Subscribes to a room from where we know it; a second call while the first is unanswered does nothing. */
  join(room) {
    if ([...this.#joins.values()].includes(room)) return;
    this.#makeRoomFor(room);
    this.#joinCount += 1;
    const nonce = `join-${this.#joinCount}`;
    const from = room.loaded ? { after: room.last } : {};
    if (this.#connection.send({ type: "join", room: room.slug, nonce, ...from })) this.#joins.set(nonce, room);
  }

  #joinedBeside(room) {
    return [...this.#chat.rooms.values()].filter((other) => other.joined && other !== room);
  }

  #hasPlace(room) {
    return this.#joinedBeside(room).length + this.#joins.size < this.#limits.rooms;
  }

  /** One connection may be in so many rooms: the one that was not looked at for longest is left. */
  #makeRoomFor(room) {
    if (this.#hasPlace(room)) return;
    const joined = this.#joinedBeside(room);
    const waiting = this.#waiting();
    const free = joined.filter((other) => other !== this.#chat.open && !waiting.has(other.slug));
    if (free.length === 0) return;
    const longest = free.reduce((one, other) => (other.visit < one.visit ? other : one));
    this.#connection.send({ type: "leave", room: longest.slug });
    this.#chat.left(longest);
  }

  /** The rooms that something waits to go to. */
  #waiting() {
    return new Set(this.#senders.flatMap(({ outgoing }) => [...outgoing.rooms()]));
  }

  /** Sends a command that waits to be stored; false: it could not go out. */
  send({ room, command, nonce }) {
    return this.#connection.send({ ...command, room, nonce });
  }

  typing(room) {
    if (room.joined) this.#connection.send({ type: "typing", room: room.slug });
  }

  /** Everything up to `seq` has been seen: here at once, and a little later, with what follows it, at the server. */
  read(room, seq) {
    this.#chat.read(room, seq);
    if (!room.joined) return; // its `joined` tells
    this.#seen.add(room);
    if (!this.#telling.running) this.#telling.set(READ_AFTER, () => this.flush());
  }

  /** One wants to hear so much of a room. */
  level(room, level) {
    this.#connection.send({ type: "level", room: room.slug, level });
  }

  /** Tells the server now what has been seen. */
  flush() {
    this.#telling.clear();
    for (const room of this.#seen) this.#sendRead(room);
    this.#seen.clear();
  }

  #sendRead(room) {
    if (room.joined) this.#connection.send({ type: "read", room: room.slug, seq: room.read });
  }

  #disconnected({ name, reason }) {
    this.#joins.clear();
    this.#refused.clear();
    this.#later.clear();
    this.#seen.clear();
    this.#telling.clear();
    for (const sender of this.#senders) sender.disconnected({ refusal: name === "waiting" ? reason : "" });
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
      case "rooms":
        return this.#chat.announced(frame.rooms);
      case "watched":
        return this.emit("watched", frame.watchers);
      case "ballot":
        return room && this.#ballot(room, frame);
      case "read":
        return room && this.#chat.read(room, frame.seq);
      case "level":
        return room && this.#chat.level(room, frame.level);
      case "called":
        return room ? this.#chat.called(room, frame) : this.emit("unknown-room", frame);
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
    const before = this.#chat.counts;
    this.#chat.welcome(frame);
    this.emit("watched", frame.watchers ?? 0);
    this.emit("page-version", frame.page_version);
    // A browser that forbids cookies: the name was chosen, but this connection could not bring it along.
    if (isGuest) this.#connection.send({ type: "rename", name });
    for (const { outgoing } of this.#senders) outgoing.renew();
    const waiting = this.#waiting();
    const open = this.#chat.open;
    const wanted = [...this.#chat.rooms.values()].filter((room) => waiting.has(room.slug) || room.read !== null);
    const inOrder = new Set([...(open ? [open] : []), ...wanted]);
    const joining = new Set([...inOrder].slice(0, this.#limits.rooms));
    for (const room of joining) this.join(room);
    this.#chat.resumed(before, joining);
    return undefined;
  }

  #joined(room, frame) {
    this.#joins.delete(frame.nonce);
    const known = room.read;
    for (const event of frame.events) this.#acknowledge(event);
    this.#chat.joined(room, frame);
    if (known !== null) this.#sendRead(room); // what was seen while the connection was away
    for (const sender of this.#senders) sender.pump();
  }

  #event(room, event) {
    this.#acknowledge(event); // first: the copy that answers a repeated post has an old seq
    if (!this.#chat.event(room, event) && room.joined) this.join(room);
  }

  #acknowledge({ author, nonce }) {
    if (nonce && author && this.#chat.isMe(author.id)) this.#senderOf(nonce)?.acknowledged(nonce);
  }

  /** One's own vote in an anonymous poll: its `voted` tells nobody whose it is, nor its nonce. */
  #ballot(room, ballot) {
    this.#chat.ballot(room, ballot);
    if (ballot.nonce) this.#senderOf(ballot.nonce)?.acknowledged(ballot.nonce);
  }

  #error({ code, detail, nonce, count, retry_after: retryAfter = null }) {
    const room = this.#joins.get(nonce);
    if (room) return this.#joinRefused(room, { nonce, code, retryAfter });
    if (code === "name-taken" && !nonce) return this.emit("name-taken", detail);
    if (!nonce) return undefined;
    if (code === "not-joined") return this.#joinFor(nonce);
    if (code === "confirm-all") this.emit("confirm-all", { nonce, count });
    return this.#senderOf(nonce)?.refused(nonce, { detail, retryAfter, tooFast: code === "rate-limited" });
  }

  /** The one that sent the command with this nonce, or null: a former one may be answered late. */
  #senderOf(nonce) {
    return this.#senders.find((sender) => sender.sent(nonce)) ?? null;
  }

  /** Something was sent to a room that the server does not see us in: join, and its answer sends it again. */
  #joinFor(nonce) {
    const sender = this.#senderOf(nonce);
    sender?.unreachable(nonce);
    const room = this.#chat.room(sender?.outgoing.find(nonce)?.room);
    if (!room) return;
    room.joined = false;
    this.join(room);
  }

  #joinRefused(room, { nonce, code, retryAfter }) {
    this.#joins.delete(nonce);
    room.joined = false; // even if it was: whom the server refuses to join again it has taken out
    if (code === "no-such-room") this.emit("no-such-room", room.slug);
    if (code === "too-many-rooms") this.emit("not-joined", room);
    if (code !== "busy") return;
    this.#refused.add(room);
    if (!this.#later.running) this.#later.set((retryAfter ?? 1) * 1000, () => this.#joinRefusedAgain());
  }

  #joinRefusedAgain() {
    const rooms = [...this.#refused];
    this.#refused.clear();
    for (const room of rooms) if (!room.joined) this.join(room);
  }
}
