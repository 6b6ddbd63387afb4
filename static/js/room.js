/**
 * What is known of one room: its loaded messages without a gap up to `last`, the read marker, who is here and who
 * is typing. It asks nobody for anything; whoever feeds it is told when something is missing.
 */
import { Aside } from "./aside.js";
import { balloted, changesQuotes, folded, known, requoted } from "./fold.js";
import { firstIndex } from "./sorted.js";

const TYPING_LASTS = 5000;
const ACTS_KEPT = 1000; // events about messages that a page of history, read before them, may still have to hear
const MEMBERS_KEPT = 1000; // people whose names are kept; the server names 200 at once
export const COUNTED_AT_MOST = 100;

export class Room {
  slug;
  name;
  head = 0; // the newest seq that the server told of
  topic = "";
  archived = false;
  lastAt = null; // when something happened here last, as far as the list of rooms told
  people = 0;
  read = null; // one's own read marker; null: never been here
  level = "all"; // of how much one wants to hear: "all", "mentions" or "none"
  joined = false; // on the present connection
  visit = 0; // the number of the visit when it was opened last
  loaded = false;
  followed = false; // this page has heard of everything here since it joined the room first, but for gaps
  last = 0; // the newest seq taken
  oldest = 1; // the oldest seq covered by `messages`
  messages = [];
  aside = null; // what is read instead, apart from these
  members = new Map(); // id -> name, of those who are known to be here
  typing = new Map(); // id -> {name, until}
  #acts = []; // the newest events about messages …
  #actsFrom = 0; // … all that came after this seq
  #given = { head: 0, unread: 0, mentions: 0 }; // what the server counted, when its newest seq was `head`
  life = 0; // grows when the messages are dropped: what was built on them is void

  #isMe;

  /** `isMe(id)` tells the person at this page. */
  constructor({ slug, name }, isMe) {
    this.slug = slug;
    this.name = name;
    this.#isMe = isMe;
  }

  /** Takes what of this is there: what the room is called, what it is for, whether it is archived. */
  configure({ name, topic, archived }) {
    if (name !== undefined) this.name = name;
    if (topic !== undefined) this.topic = topic;
    if (archived !== undefined) this.archived = archived;
  }

  /** Is there history before the oldest message? */
  get more() {
    return this.loaded && this.oldest > 1;
  }

  /** Nothing newer than `messages` is missing. */
  get newer() {
    return false;
  }

  /** What one reads: `{loaded, messages, more, newer}`. */
  get shown() {
    return this.aside ?? this;
  }

  /** Takes an entry of a list of rooms: the welcome's leaves out an empty topic, and that a room is not archived. */
  describe({ name, topic = "", archived = false, last_at: lastAt, head, people, read, unread, mentions, level }) {
    // A list that was read before what was heard since is old.
    if (head === undefined || head >= Math.max(this.last, this.head)) this.configure({ name, topic, archived });
    if (lastAt) this.lastAt = lastAt;
    if (head !== undefined) this.head = Math.max(this.head, head);
    if (people !== undefined) this.people = people;
    if (typeof read === "number") this.markRead(read);
    // An answer that was given before a marker was moved says what was unread then.
    const stale = read !== undefined && read !== this.read;
    if (unread !== undefined && !stale) this.#given = { head, unread, mentions };
    if (level !== undefined) this.level = level;
  }

  /** Forgets everything that came from the log; the next join starts afresh. */
  forget() {
    this.head = 0;
    this.followed = false;
    this.read = null;
    this.#given = { head: 0, unread: 0, mentions: 0 };
    this.#drop();
  }

  /** The log went back and ends at `head`, before the newest event that is known of it. */
  #goBack(head) {
    const read = this.read === null ? null : Math.min(this.read, head);
    this.forget();
    this.read = read;
  }

  #drop() {
    this.messages = [];
    this.aside = null;
    this.#acts = [];
    this.#actsFrom = 0;
    this.last = 0;
    this.oldest = 1;
    this.loaded = false;
    this.life += 1;
  }

  /**
   * Takes the answer to a join: the events after `last`, or the newest ones if there was none or too much between, or if
   * the room is `reset`: then what was known is of a log that is no more.
   */
  begin({ head, events, gap, members, count, state, reset = false }) {
    this.joined = true;
    if (reset) this.#goBack(head);
    if (state) this.configure(state);
    this.members = new Map();
    this.meet(members ?? []);
    this.people = count ?? this.members.size;
    const hole = gap || (events.length > 0 && events[0].seq > this.last + 1);
    if (this.loaded && hole) this.#drop();
    if (!this.loaded) {
      this.loaded = true;
      this.oldest = events[0]?.seq ?? head + 1;
      this.last = this.oldest - 1;
      this.#actsFrom = this.last;
    }
    this.followed = true;
    for (const event of events) this.take(event);
    this.last = Math.max(this.last, head);
    this.head = Math.max(this.head, this.last);
    this.#meet();
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
      case "configured":
        this.configure(event);
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
    happen(this.messages, event, this.#isMe);
    if (this.aside) happen(this.aside.messages, event, this.#isMe);
  }

  /** One's own vote in an anonymous poll, which its event does not tell. */
  ballot(target, choices) {
    for (const messages of [this.messages, this.aside?.messages ?? []]) {
      const index = indexOf(messages, target);
      if (index >= 0) messages[index] = balloted(messages[index], choices);
    }
  }

  /** The loaded messages that came after that seq. */
  after(seq) {
    return this.messages.slice(firstIndex(this.messages, seq + 1));
  }

  /** The loaded message with that seq, in its present state, or null. */
  message(seq) {
    return messageOf(this.aside?.messages ?? [], seq) ?? messageOf(this.messages, seq);
  }

  /** The newest loaded message of that person that can still be changed, or null. */
  lastOf(personId) {
    return this.messages.findLast(({ author, deleted, poll }) => author.id === personId && !deleted && !poll) ?? null;
  }

  /** Puts a page of history before the oldest message shown; one that was read too long ago is left. */
  prepend(page) {
    if (page.head < this.#actsFrom) return;
    if (this.aside) {
      this.aside.prepend(this.#caughtUp(page));
      return;
    }
    const older = this.#caughtUp(page).messages.filter(({ seq }) => seq < this.oldest);
    this.messages = [...older, ...this.messages];
    this.oldest = page.more && older.length > 0 ? older[0].seq : 1;
  }

  /** Somebody goes to a message that is not among the newest: until it is there, nothing is shown. */
  seek() {
    this.aside = new Aside();
  }

  /** Reads apart from the newest messages, unless the page meets those. */
  goAside(page) {
    if (page.head < this.#actsFrom) return;
    this.aside = new Aside();
    this.aside.begin(this.#caughtUp(page));
    this.#meet();
  }

  goOn(page) {
    if (page.head < this.#actsFrom) return;
    this.aside.append(this.#caughtUp(page));
    this.#meet();
  }

  comeBack() {
    this.aside = null;
  }

  /** What is read apart has come as far as the newest messages: it is one again. */
  #meet() {
    const { aside } = this;
    if (!aside?.loaded || !this.loaded || (aside.newer && aside.newest < this.oldest)) return;
    this.messages = [...aside.messages.filter(({ seq }) => seq < this.oldest), ...this.messages];
    this.oldest = aside.more ? aside.oldest : 1;
    this.aside = null;
  }

  /** A page that knows all up to its head, after what happened since. */
  #caughtUp(page) {
    const messages = page.messages.map((message) => known(message, page.head));
    for (const event of this.#acts) happen(messages, event, this.#isMe);
    return { ...page, messages };
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
    if (seq >= this.#given.head) this.#given = { head: seq, unread: 0, mentions: 0 };
    return true;
  }

  /** Somebody is meant by a message here that is not loaded. */
  noteCall(seq) {
    this.head = Math.max(this.head, seq);
    if (seq <= Math.max(this.#given.head, this.read ?? 0)) return; // it is counted, or an old message was edited
    const { unread, mentions } = this.#given;
    this.#given = { head: seq, unread: this.read === null ? unread : unread + 1, mentions: mentions + 1 };
  }

  /** How many messages of others came after the marker: exact among the loaded ones, at most COUNTED_AT_MOST. */
  unread(personId) {
    return this.read === null ? 0 : this.#count(this.#given.unread, personId, () => true);
  }

  /** How many of them mean that person, also where they have never been. */
  mentions(personId) {
    return this.#count(this.#given.mentions, personId, (message) => means(message, personId));
  }

  /** What is loaded is counted here; of what came before it, or is not loaded, the server has counted `given`. */
  #count(given, personId, counts) {
    const read = this.read ?? 0;
    if (!this.loaded || (!this.joined && this.#given.head > this.last)) {
      return Math.min(COUNTED_AT_MOST, given, Math.max(0, this.head - read));
    }
    let count = 0;
    let counted = 0; // by the server too
    for (let index = this.messages.length - 1; index >= 0 && count < COUNTED_AT_MOST; index -= 1) {
      const message = this.messages[index];
      if (message.seq <= read) break;
      if (message.author.id === personId || message.deleted || !counts(message)) continue;
      count += 1;
      if (message.seq <= this.#given.head) counted += 1;
    }
    const before = Math.max(0, this.oldest - 1 - read);
    return Math.min(COUNTED_AT_MOST, count + Math.min(before, Math.max(0, given - counted)));
  }

  /** Takes in people who are here; where they are too many to keep, the first of the others go. */
  meet(people) {
    for (const { id, name } of people) this.members.set(id, name);
    for (const id of this.members.keys()) {
      if (this.members.size <= MEMBERS_KEPT) break;
      if (!this.#isMe(id)) this.members.delete(id);
    }
  }

  /** Takes who came and who left; `members` are there in place of those who are known, if that was too much to tell. */
  presence({ joined = [], left = [], count, members }) {
    if (members) this.members.clear();
    this.meet(members ?? joined);
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

/** Changes those of the messages that the event is about, and those that quote it. */
function happen(messages, event, isMe) {
  const index = indexOf(messages, event.target);
  if (index >= 0) messages[index] = folded(messages[index], event, isMe);
  if (!changesQuotes(event)) return;
  messages.forEach((message, place) => {
    if (message.reply_to === event.target) messages[place] = requoted(message, event);
  });
}

function messageOf(messages, seq) {
  return messages[indexOf(messages, seq)] ?? null;
}

function indexOf(messages, seq) {
  const index = firstIndex(messages, seq);
  return messages[index]?.seq === seq ? index : -1;
}

/** Is that person meant by a message of somebody else? */
export function means({ author, mentions, all }, personId) {
  return author.id !== personId && (all || (mentions ?? []).includes(personId));
}
