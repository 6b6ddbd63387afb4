/**
 * What is known of one room: its loaded messages without a gap up to `last`, the read marker, who is here and who
 * is typing. It asks nobody for anything; whoever feeds it is told when something is missing.
 */
import { changesQuotes, folded, known, requoted } from "./fold.js";

const TYPING_LASTS = 5000;
const ACTS_KEPT = 1000; // events about messages that a page of history, read before them, may still have to hear
export const COUNTED_AT_MOST = 100;

export class Room {
  slug;
  name;
  head = 0; // the newest seq that the server told of
  people = 0;
  read = null; // one's own read marker; null: never been here
  joined = false; // on the present connection
  visit = 0; // the number of the visit when it was opened last
  loaded = false;
  last = 0; // the newest seq taken
  oldest = 1; // the oldest seq covered by `messages`
  messages = [];
  members = new Map(); // id -> name
  typing = new Map(); // id -> {name, until}
  #acts = []; // the newest events about messages …
  #actsFrom = 0; // … all that came after this seq
  life = 0; // grows when the messages are dropped: what was built on them is void

  constructor({ slug, name }) {
    this.slug = slug;
    this.name = name;
  }

  /** Is there history before the oldest message? */
  get more() {
    return this.loaded && this.oldest > 1;
  }

  describe({ name, head, people, read }) {
    if (name !== undefined) this.name = name;
    if (head !== undefined) this.head = Math.max(this.head, head);
    if (people !== undefined) this.people = people;
    if (typeof read === "number") this.markRead(read);
  }

  /** Forgets everything that came from the log; the next join starts afresh. */
  forget() {
    this.head = 0;
    this.read = null;
    this.#drop();
  }

  #drop() {
    this.messages = [];
    this.#acts = [];
    this.#actsFrom = 0;
    this.last = 0;
    this.oldest = 1;
    this.loaded = false;
    this.life += 1;
  }

  /** Takes the answer to a join: the events after `last`, or the newest ones if there was none or too much between. */
  begin({ head, events, gap, members }) {
    this.joined = true;
    this.members = new Map((members ?? []).map(({ id, name }) => [id, name]));
    this.people = this.members.size;
    const hole = gap || (events.length > 0 && events[0].seq > this.last + 1);
    if (this.loaded && hole) this.#drop();
    if (!this.loaded) {
      this.loaded = true;
      this.oldest = events[0]?.seq ?? head + 1;
      this.last = this.oldest - 1;
      this.#actsFrom = this.last;
    }
    for (const event of events) this.take(event);
    this.last = Math.max(this.last, head);
    this.head = Math.max(this.head, this.last);
  }

  /** Fills a room that was not joined with a page of history, for somebody who only looks. */
  preview({ messages, more, head }) {
    if (this.loaded) return;
    this.loaded = true;
    this.messages = messages.filter(({ seq }) => seq <= head).map((message) => known(message, head));
    this.oldest = more ? messages[0].seq : 1;
    this.last = head;
    this.#actsFrom = head;
  }

  /** Takes the next event: "taken", "known" (had it), or "missing" (something between was lost: join again). */
  take(event) {
    if (!this.loaded) return "missing";
    if (event.seq <= this.last) return "known";
    if (event.seq > this.last + 1) return "missing";
    this.last = event.seq;
    this.head = Math.max(this.head, event.seq);
    this.#apply(event);
    return "taken";
  }

  #apply(event) {
    switch (event.type) {
      case "message":
        this.messages.push(known(event));
        this.typing.delete(event.author.id);
        break;
      // An event of a kind that this page does not know has its seq all the same.
      default:
        if (Number.isInteger(event.target)) this.#act(event);
    }
  }

  /** Something happened to a message. If it is not loaded, it is in the page of history that will bring it. */
  #act(event) {
    this.#acts.push(event);
    if (this.#acts.length > ACTS_KEPT) this.#actsFrom = this.#acts.shift().seq;
    const index = this.#indexOf(event.target);
    if (index >= 0) this.messages[index] = folded(this.messages[index], event);
    if (!changesQuotes(event)) return;
    this.messages.forEach((message, place) => {
      if (message.reply_to === event.target) this.messages[place] = requoted(message, event);
    });
  }

  /** The loaded message with that seq, in its present state, or null. */
  message(seq) {
    return this.messages[this.#indexOf(seq)] ?? null;
  }

  #indexOf(seq) {
    let low = 0;
    let high = this.messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.messages[middle].seq < seq) low = middle + 1;
      else high = middle;
    }
    return this.messages[low]?.seq === seq ? low : -1;
  }

  /** The newest loaded message of that person that can still be changed, or null. */
  lastOf(personId) {
    return this.messages.findLast(({ author, deleted }) => author.id === personId && !deleted) ?? null;
  }

  /** Puts a page of history before the oldest message; one that was read too long ago is left. */
  prepend({ messages, more, head }) {
    if (head < this.#actsFrom) return;
    const older = messages.filter(({ seq }) => seq < this.oldest).map((message) => this.#caughtUp(message, head));
    this.messages = [...older, ...this.messages];
    this.oldest = more && older.length > 0 ? older[0].seq : 1;
  }

  /** A message of a page that knows all up to `head`, after what happened since. */
  #caughtUp(message, head) {
    let present = known(message, head);
    for (const event of this.#acts) {
      if (event.target === present.seq) present = folded(present, event);
      if (event.target === present.reply_to && changesQuotes(event)) present = requoted(present, event);
    }
    return present;
  }

  /** Lets go of the oldest messages, so that a tab that stays open for weeks does not grow. */
  keepNewest(count) {
    if (this.messages.length <= count) return;
    this.messages = this.messages.slice(-count);
    this.oldest = this.messages[0].seq;
  }

  /** Moves the marker forward, never back; tells whether it moved. */
  markRead(seq) {
    if (this.read !== null && seq <= this.read) return false;
    this.read = seq;
    return true;
  }

  /** How many messages of others came after the marker: exact among the loaded ones, at most COUNTED_AT_MOST. */
  unread(personId) {
    if (this.read === null) return 0;
    if (!this.loaded) return Math.min(COUNTED_AT_MOST, Math.max(0, this.head - this.read));
    let count = Math.max(0, this.oldest - 1 - this.read);
    if (!this.joined) count += Math.max(0, this.head - Math.max(this.last, this.read)); // heard of, not loaded
    for (let index = this.messages.length - 1; index >= 0 && count < COUNTED_AT_MOST; index -= 1) {
      const message = this.messages[index];
      if (message.seq <= this.read) break;
      if (message.author.id !== personId && !message.deleted) count += 1;
    }
    return Math.min(COUNTED_AT_MOST, count);
  }

  presence({ joined = [], left = [], count }) {
    for (const { id, name } of joined) this.members.set(id, name);
    for (const id of left) {
      this.members.delete(id);
      this.typing.delete(id);
    }
    this.people = count ?? this.members.size;
  }

  noteTyping({ id, name }, now) {
    this.typing.set(id, { name, until: now + TYPING_LASTS });
  }

  /** The names of those who are typing now. */
  typingNames(now) {
    for (const [id, { until }] of this.typing) if (until <= now) this.typing.delete(id);
    return [...this.typing.values()].map(({ name }) => name);
  }
}
