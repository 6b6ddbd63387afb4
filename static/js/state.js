/** The chat as this page knows it: who one is, the rooms, and which of them is open. Knows no document, no socket. */
import { Emitter } from "./emitter.js";
import { means, Room } from "./room.js";

const KEPT_IN_BACKGROUND = 500; // messages of a room that is not open: a join brings no more than that either
const NEWS_OF = { configured: ["place"], pinned: ["pinned"] };
const LISTED = 1000; // rooms that are listed: of very many the others are found by typing
const KEPT = 10_000; // messages of the open one, in a tab that is never closed

/**
 * Emits `news` with `{room, message, call}` when somebody else says something (`call`: it means the person at this page),
 * `missed` with `{room, messages}`, each `{message, call}`, when that was said while this page could not hear it, and
 * `uncounted` with `{room, mentions}` of rooms of which no more than a grown number of unread messages is heard after that;
 * `you`, `rooms` (the list or a count changed), `open` (another room is open), `messages`, `read`,
 * `level`, `people`, `typing`, `place` (its name, its topic, its archive) and `pinned` with the room that changed.
 */
export class Chat extends Emitter {
  #clock;
  #ahead = 0; // milliseconds by which the server's clock is ahead of ours
  #epoch = null;
  #welcomed = false; // by a server, since the page was opened
  #visits = 0;

  you;
  rooms = new Map();
  open = null;

  constructor({ you, clock }) {
    super();
    this.you = you;
    this.#clock = clock;
  }

  room(slug) {
    return this.rooms.get(slug) ?? null;
  }

  /** What the server's clock shows, in milliseconds. */
  now() {
    return this.#clock.now() + this.#ahead;
  }

  /** Is this the person at this page? */
  isMe(id) {
    return this.you !== null && this.you.id === id;
  }

  /** Is there a room of one's own in which this page is not, and so hears no more than numbers of it? */
  get deaf() {
    return [...this.rooms.values()].some(({ read, joined }) => read !== null && !joined);
  }

  unread(room) {
    return room.unread(this.you?.id);
  }

  mentions(room) {
    return this.you === null ? 0 : room.mentions(this.you.id);
  }

  /** How much of what is unread there one wants to be told of. */
  wanted(room) {
    if (room.level === "none") return 0;
    return room.level === "mentions" ? this.mentions(room) : Math.max(this.unread(room), this.mentions(room));
  }

  /** How much that is in all rooms, and how many mentions are among them. */
  wantedOfAll() {
    const heard = [...this.rooms.values()].filter(({ level }) => level !== "none");
    const sum = (count) => heard.reduce((total, room) => total + count(room), 0);
    return { unread: sum((room) => this.wanted(room)), mentions: sum((room) => this.mentions(room)) };
  }

  mentionsOfAll() {
    return [...this.rooms.values()].reduce((total, room) => total + this.mentions(room), 0);
  }

  /** Names the log as it was when this was learned; null: nothing is known of it. */
  get epoch() {
    return this.#epoch;
  }

  /** What this page will know comes from a former visit, from the log of that epoch. */
  recall(epoch) {
    this.#epoch = epoch;
  }

  become(you) {
    this.you = you;
    this.emit("you");
  }

  /** All rooms with how one stands in them; what is not said of one is as it is at first. */
  stand(entries) {
    this.describe(entries.map((entry) => ({ read: null, unread: 0, mentions: 0, level: "all", ...entry })));
  }

  /** Adds rooms that are new here and renews what is said of the others. */
  describe(entries) {
    for (const entry of entries) {
      if (!this.rooms.has(entry.slug)) this.rooms.set(entry.slug, new Room(entry, (id) => this.isMe(id)));
      this.rooms.get(entry.slug).describe(entry);
    }
    this.emit("rooms");
    if (this.open) this.emit("place", this.open);
  }

  /** Rooms that were made or changed; changes of rooms that are not listed here do not matter. */
  announced(entries) {
    const isListed = (entry) => this.rooms.has(entry.slug) || (entry.new && this.rooms.size < LISTED);
    this.describe(entries.filter(isListed));
  }

  enter(slug) {
    const left = this.open;
    this.open = this.rooms.get(slug);
    this.#visits += 1;
    this.open.visit = this.#visits;
    left?.keepNewest(KEPT_IN_BACKGROUND);
    left?.comeBack();
    this.emit("open", this.open);
    this.emit("rooms");
  }

  // What the server says.

  welcome({ epoch, you, rooms, time }) {
    this.#ahead = Date.parse(time) - this.#clock.now();
    if (this.#epoch !== null && this.#epoch !== epoch) {
      this.#forget(new Set(rooms.map(({ slug }) => slug)));
    }
    this.#epoch = epoch;
    this.#welcomed = true;
    this.become({ ...this.you, ...you });
    this.stand(rooms);
  }

  /** The log is another one. Rooms that are not among `named` may not exist in it: the list of all rooms tells. */
  #forget(named) {
    for (const room of this.rooms.values()) {
      if (room === this.open || named.has(room.slug)) room.forget();
      else this.rooms.delete(room.slug);
    }
    if (this.open) this.emit("messages", this.open);
  }

  joined(room, answer) {
    const after = room.followed && !answer.reset ? room.last : Infinity; // on a first visit nothing is news
    room.begin(answer);
    this.#tell(room, "messages", "people", "typing", "place");
    const messages = room.after(after).filter(({ author, deleted }) => !deleted && !this.isMe(author.id));
    if (messages.length > 0) this.emit("missed", { room, messages: messages.map((message) => this.#called(message)) });
  }

  /** What is unread in each room, before an answer that may tell of more. */
  get counts() {
    const rooms = [...this.rooms.values()].map((room) => [room, { unread: this.unread(room), mentions: this.mentions(room) }]);
    return { epoch: this.#welcomed ? this.#epoch : null, rooms: new Map(rooms) };
  }

  /** After a gap: of rooms that are not being joined only numbers are heard. `before` are the `counts` of before it. */
  resumed(before, joining) {
    if (before.epoch !== this.epoch) return; // it is the first connection, or to another log
    const grown = [...this.rooms.values()].filter((room) => !joining.has(room)).map((room) => {
      const was = before.rooms.get(room) ?? { unread: 0, mentions: 0 };
      return { room, mentions: this.mentions(room) - was.mentions, unread: this.unread(room) - was.unread };
    });
    const rooms = grown.filter(({ mentions, unread }) => mentions > 0 || unread > 0);
    if (rooms.length > 0) this.emit("uncounted", rooms);
  }

  /** We are not in that room any more; of what happens there only its number of events is heard. */
  left(room) {
    room.joined = false;
    room.typing.clear();
    this.#tell(room, "people", "typing");
  }

  /** Takes a live event; false means that something before it is missing. */
  event(room, event) {
    const outcome = room.take(event);
    if (outcome === "taken") {
      room.keepNewest(room === this.open ? KEPT : KEPT_IN_BACKGROUND);
      this.#tell(room, "messages", "typing", ...(NEWS_OF[event.type] ?? []));
      if (event.type === "message" && !this.isMe(event.author.id)) this.#news(room, event);
    }
    return outcome !== "missing";
  }

  ballot(room, { target, choices }) {
    room.ballot(target, choices);
    this.#tell(room, "messages");
  }

  preview(room, page) {
    room.preview(page);
    this.#tell(room, "messages");
  }

  history(room, page) {
    room.prepend(page);
    this.#tell(room, "messages");
  }

  /** Somebody goes to a message: what is shown until it comes is nothing. */
  seek(room) {
    room.seek();
    this.#tell(room, "messages");
  }

  /** The page around a message. */
  around(room, page) {
    room.goAside(page);
    this.#tell(room, "messages");
  }

  /** A page that follows what is read apart from the newest messages. */
  onward(room, page) {
    room.goOn(page);
    this.#tell(room, "messages");
  }

  /** To the newest messages. */
  comeBack(room) {
    room.comeBack();
    this.#tell(room, "messages");
  }

  presence(room, change) {
    room.presence(change);
    const me = (change.members ?? change.joined ?? []).find(({ id }) => this.isMe(id));
    if (me && me.name !== this.you.name) this.become({ ...this.you, name: me.name });
    this.#tell(room, "people");
  }

  /** People who are in the room, and of whom the server had not told. */
  meet(room, people) {
    room.meet(people);
    this.#tell(room, "people");
  }

  typing(room, person) {
    if (this.isMe(person.id)) return;
    room.noteTyping(person, this.#clock.now());
    this.#tell(room, "typing");
  }

  #news(room, message) {
    this.emit("news", { room, ...this.#called(message) });
  }

  #called(message) {
    return { message, call: this.you !== null && means(message, this.you.id) };
  }

  /** The person is meant by a message in a room that this page is not in. */
  called(room, { seq, author, text }) {
    room.noteCall(seq);
    this.emit("news", { room, message: { seq, author, text }, call: true });
    this.emit("rooms");
  }

  level(room, level) {
    room.level = level;
    this.#tell(room, "level");
  }

  read(room, seq) {
    if (!room.markRead(seq)) return;
    this.#tell(room, "read");
  }

  /** The connection is gone: who is there and who is typing is no longer known, what was said is. */
  disconnected() {
    for (const room of this.rooms.values()) {
      room.joined = false;
      room.typing.clear();
    }
    if (this.open) this.#tell(this.open, "typing", "people");
  }

  #tell(room, ...what) {
    for (const name of what) this.emit(name, room);
    this.emit("rooms");
  }
}
