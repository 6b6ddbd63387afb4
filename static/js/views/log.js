/**
 * The messages of the open room. The state holds all that is loaded; this view shows a window of them, and moves the
 * window and the scroll position so that what is being read stays where it is.
 */
import { colours } from "../colours.js";
import { paced } from "../pace.js";
import { firstIndex } from "../sorted.js";
import { Fetching } from "./fetching.js";
import { itemsOf, unsentItems } from "./items.js";
import { MessageView } from "./message.js";
import { arrange, element, fromTemplate, part } from "./parts.js";
import { Place } from "./place.js";
import { Window } from "./window.js";

const AHEAD = 800; // px from an end of the window at which more is fetched

export class LogView {
  #root;
  #items;
  #chat;
  #outgoing;
  #strings;
  #formats;
  #online;
  #attended;
  #actions;
  #positions;
  #place;
  #window = new Window();
  #room = null;
  #life = 0; // the room's life that the window belongs to
  #divider = null; // the unread divider stands after this seq
  #allSeen = false;
  #opened = false; // the room's newest messages have been shown for the first time
  #apart = false; // the last rendering showed messages apart from the newest
  #older = new Fetching();
  #newer = new Fetching();
  #marked = null; // the seq of the message that one went to
  #goal = null; // {seq, top, focus, hits}: where to put it with the next rendering
  #return = null; // the position to come back to when the room opens
  #printing = null; // while the page is printed: {where} the reader is
  #made = new Map(); // key -> {element, view}

  /**
   * `attended()`: does somebody look? `actions`: older(room), newer(room) -> promises, behind(room) goes to the first
   * unread message, which is not loaded, resume(room, position) to a position that is not, comeBack(room), seen(room, seq), retry(nonce), discard(nonce), over(room) ->
   * (message) -> message, shown(); and those of a message's Trimmings.
   */
  constructor({ root, chat, outgoing, strings, formats, online, attended, positions, actions }) {
    this.#root = root;
    this.#items = part(root, ".log-items");
    this.#chat = chat;
    this.#outgoing = outgoing;
    this.#strings = strings;
    this.#formats = formats;
    this.#online = online;
    this.#attended = attended;
    this.#actions = actions;
    this.#positions = positions;
    this.#place = new Place({ root, items: this.#items });
    this.refresh = paced(() => this.#render());
    this.#root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const resized = new ResizeObserver(() => this.#place.hold());
    resized.observe(this.#root);
    resized.observe(this.#items);
  }

  /**
   * Shows another room from where the reader was in it, or from its end. If something is unread: from the first such
   * message, or from the end if the unread ones fit on the screen.
   */
  show(room) {
    this.keepPosition();
    this.#room = room;
    this.#return = this.#positions.get(room.slug);
    this.#made.clear();
    this.#startOver();
    this.#items.replaceChildren();
    this.#render();
  }

  /** How many unread messages are not on the screen, and whether the end is. */
  get below() {
    return { unread: this.#room ? this.#chat.unread(this.#room) : 0, atEnd: this.#place.following };
  }

  /** Where the reader is, to be brought back there: {seq, top}, or null at the end. */
  get where() {
    return this.#place.following ? null : this.#place.where;
  }

  /** The reader may go away: remembers where they are. */
  keepPosition() {
    const { where } = this;
    if (!(this.#opened || this.#apart) || (where === null && !this.#place.following)) return; // nothing is there yet
    this.#positions.set(this.#room.slug, where && { ...where, mark: this.#marked });
  }

  /**
   * Brings a loaded message onto the screen, `top` px under its upper edge. `mark`: says that this is the one. Of the words `hits` in it the first is brought there, and all are marked.
   */
  reveal(seq, { top = this.#root.clientHeight / 4, mark = false, hits = [] } = {}) {
    this.#aim({ seq, top, focus: mark, hits }, mark ? seq : null);
  }

  /** Brings the reader back to a position where they were. */
  restore({ seq, top, mark }) {
    this.#aim({ seq, top, focus: false, hits: [] }, mark);
  }

  #aim(goal, marked) {
    const { seq } = goal;
    const room = this.#room;
    if (!room.shown.messages.some((message) => message.seq === seq)) {
      if (!room.message(seq)) return;
      this.#actions.comeBack(room);
    }
    this.#return = null;
    this.#marked = marked;
    this.#window.toward(room.shown.messages, seq);
    this.#place.leaveEnd();
    this.#goal = goal;
    this.#silence();
    this.#render();
  }

  toEnd({ smooth = false } = {}) {
    const near = !this.#endless && this.#place.below < 2 * this.#root.clientHeight;
    if (smooth && near && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#place.glide();
      return;
    }
    this.#marked = null;
    if (this.#endless) {
      this.#actions.comeBack(this.#room);
      this.#window.toEnd(this.#room.messages);
    }
    if (this.#room.loaded && !this.#opened) this.#open();
    this.#place.toEnd();
    this.#render();
  }

  /** For paper, `on`: all loaded messages are in the document, with their whole texts; afterwards it is as it was before. */
  print(on) {
    if (!this.#room || on === (this.#printing !== null)) return;
    const where = on ? this.where : this.#printing.where;
    this.#printing = on ? { where } : null;
    if (on) this.#render();
    for (const { view } of this.#made.values()) view?.print(on);
    if (on) return;
    if (where) this.#place.leaveEnd();
    else this.#place.toEnd();
    this.#goal = where && { ...where, focus: false, hits: [] };
    this.#render();
  }

  /** Scrolls by nearly a screen: 1 down, -1 up. */
  page(direction) {
    this.#root.scrollBy({ top: direction * 0.9 * this.#root.clientHeight });
  }

  /** Somebody may be looking now: what is on the screen counts as read. */
  #look() {
    const room = this.#room;
    if (!room?.loaded || !this.#watched()) return;
    this.#allSeen = true;
    if (room.last > (room.read ?? -1)) this.#actions.seen(room, room.last);
  }

  /** More follows what is in the document. */
  get #endless() {
    return !this.#window.atEnd || this.#room.shown.newer;
  }

  #watched() {
    return this.#place.following && this.#attended();
  }

  #startOver() {
    this.#life = this.#room.life;
    this.#window.startOver();
    this.#place.startOver();
    this.#printing = null;
    this.#divider = null;
    this.#allSeen = false;
    this.#opened = false;
    this.#apart = false;
    this.#older.startOver();
    this.#newer.startOver();
    this.#marked = null;
    this.#goal = null;
  }

  // Rendering: the list of what should be there, then the least change that makes it so.

  #render() {
    const room = this.#room;
    if (!room) return;
    if (room.life !== this.#life) this.#startOver();
    this.#root.ariaLabel = this.#strings.say("log.label", { room: room.name });
    this.#place.heed();
    if (this.#place.gliding) this.#place.toEnd(); // what is new would stop one on the way there
    const { loaded, messages } = room.shown;
    if (this.#apart && !room.aside && loaded && !this.#opened) this.#open(); // what was read has met the newest
    this.#apart = room.aside !== null;
    const opening = !room.aside && loaded && !this.#opened;
    if (opening) {
      this.#open();
      this.#window.toEnd(messages);
      if (this.#divider !== null) this.#begin();
      else if (this.#return) this.#resume();
    }
    this.#moveDivider();
    this.#window.fit(messages, { following: this.#place.following });

    const quiet = opening || !loaded || this.#older.busy || this.#newer.busy;
    if (quiet) this.#silence();
    this.#root.classList.toggle("loading", !loaded);
    const items = this.#wanted();
    colours.meet(items.filter(({ message }) => message).map(({ message }) => message.author.id), room.slug);
    const keys = new Set(items.map(({ key }) => key));
    for (const key of this.#made.keys()) if (!keys.has(key)) this.#made.delete(key);
    arrange(this.#items, items.map((item) => this.#elementOf(item)));
    this.#place.endless = this.#endless;
    if (this.#printing) return;

    if (this.#goal) this.#reach();
    else if (opening) this.#openAt();
    this.#place.hold();
    this.#look();
    this.#actions.shown();
    this.#fetchAhead();
  }

  #open() {
    this.#opened = true;
    const unread = this.#chat.unread(this.#room);
    if (unread > 0) this.#divider = this.#room.read;
    else this.#allSeen = true;
  }

  /** The first unread message may stand before what is in the document, or before what is loaded. */
  #begin() {
    const { messages, oldest } = this.#room;
    const first = firstIndex(messages, this.#divider + 1);
    if (oldest > this.#divider + 1) this.#actions.behind(this.#room);
    else if (first < this.#window.span(messages).start) this.#window.toward(messages, messages[first].seq);
    else return;
    this.#place.leaveEnd();
  }

  /** To where the reader was, which may be outside of what is in the document, or of what is loaded. */
  #resume() {
    const position = this.#return;
    const { messages } = this.#room;
    this.#return = null;
    if (messages[firstIndex(messages, position.seq)]?.seq !== position.seq) {
      this.#actions.resume(this.#room, position);
    } else {
      this.#window.toward(messages, position.seq);
      this.#marked = position.mark;
      this.#goal = { ...position, focus: false, hits: [] };
    }
    this.#place.leaveEnd();
  }

  #reach() {
    const { seq, top, focus, hits } = this.#goal;
    this.#goal = null;
    const found = this.#items.querySelector(`.message[data-seq="${seq}"]`);
    this.#place.put(found, top);
    const ranges = hits.length > 0 ? this.#viewOf(found).find(hits) : [];
    if (ranges.length > 0) this.#place.put(ranges[0], top);
    highlight(ranges);
    if (focus) found.focus({ preventScroll: true });
  }

  #viewOf(element) {
    return [...this.#made.values()].find((made) => made.element === element).view;
  }

  /** Starts with the first unread message near the top, if the unread ones are more than the screen holds. */
  #openAt() {
    this.#root.scrollTop = this.#root.scrollHeight;
    const divider = this.#made.get("new")?.element;
    if (!divider) return;
    const hidden = this.#root.getBoundingClientRect().top - divider.getBoundingClientRect().top;
    if (hidden > 0) this.#place.put(divider, this.#root.clientHeight / 5);
  }

  /**
   * A first message that nobody saw here starts a "new" line, and the next ones belong to it. A line that is there
   * stays until one leaves the room, or the page.
   */
  #moveDivider() {
    if (!this.#allSeen || this.#watched() || this.#chat.unread(this.#room) === 0) return;
    if (this.#divider !== null && this.#attended()) return;
    this.#allSeen = false;
    this.#divider = this.#room.read;
  }

  #wanted() {
    const room = this.#room;
    const { loaded, messages, more, newer } = room.shown;
    const { start, end } = this.#printing ? { start: 0, end: messages.length } : this.#window.span(messages);
    const entries = this.#endless ? [] : this.#outgoing.of(room.slug);
    const before = messages[end - 1] ?? null;
    const unsent = unsentItems({ entries, before, you: this.#chat.you, online: this.#online() });
    if (!loaded) return [{ key: "skeleton" }, ...unsent];
    const isMe = (id) => this.#chat.isMe(id);
    const over = this.#actions.over(room);
    const stored = itemsOf({ messages, more, start, end, divider: this.#divider, marked: this.#marked, isMe, over });
    const bottom = newer && end === messages.length ? [{ key: this.#newer.failed ? "cut" : "coming" }] : [];
    return [{ key: this.#top(start) }, ...stored, ...bottom, ...unsent];
  }

  #top(start) {
    const { messages, more } = this.#room.shown;
    if (start > 0 || more) return this.#older.failed ? "failed" : "more";
    return messages.length + this.#outgoing.of(this.#room.slug).length > 0 ? "beginning" : "empty";
  }

  #elementOf(item) {
    const { key, message } = item;
    if (!this.#made.has(key)) this.#made.set(key, this.#make(item));
    const { element: made, view } = this.#made.get(key);
    if (message) {
      view.show({ ...item, message: { ...message, at: item.at } });
    } else if (item.day) {
      const label = part(made, "time");
      const words = this.#formats.day(item.day, new Date());
      const title = this.#formats.full(item.day);
      if (label.textContent !== words) label.textContent = words;
      if (label.title !== title) label.title = title;
    } else if (key === "beginning" || key === "empty") {
      const label = part(made, ".room-name");
      if (label.textContent !== this.#room.name) label.textContent = this.#room.name;
    }
    return made;
  }

  #make({ key, message, day, nonce }) {
    if (message) {
      const view = new MessageView({
        strings: this.#strings,
        formats: this.#formats,
        isMe: (id) => this.#chat.isMe(id),
        actions: this.#actions,
        steady: (element, change, by) => {
          this.#place.steady(element, change, by);
          this.#scrolled();
        },
        onRetry: () => this.#actions.retry(nonce),
        onDiscard: () => this.#actions.discard(nonce),
        onEdit: () => this.#actions.edit(nonce),
      });
      return { element: view.root, view };
    }
    if (day) {
      const time = element("time");
      time.dateTime = day.toISOString();
      return { element: element("div", "day", time) };
    }
    const made = fromTemplate(`log-${key === "coming" ? "more" : key}-template`);
    if (key === "failed") part(made, "button").addEventListener("click", () => this.#loadOlder());
    if (key === "cut") part(made, "button").addEventListener("click", () => this.#loadNewer());
    return { element: made };
  }

  // Scrolling.

  #scrolled() {
    if (this.#printing) return;
    if (!this.#place.heed()) this.#place.hold();
    this.#look();
    this.#actions.shown();
    this.#fetchAhead();
  }

  /** Not while a rendering is due, which looks itself: until then the place is one in what was loaded before. */
  #fetchAhead() {
    if (!this.#room?.shown.loaded || this.refresh.due()) return;
    if (this.#place.above < AHEAD) this.#growUp();
    if (this.#place.below < AHEAD) this.#growDown();
  }

  #growUp() {
    const { messages, more } = this.#room.shown;
    this.#place.note();
    if (this.#window.older(messages)) this.#grown();
    else if (more && !this.#older.busy && !this.#older.failed) this.#loadOlder();
  }

  #growDown() {
    const { messages, newer } = this.#room.shown;
    if (!this.#window.atEnd) {
      this.#place.note();
      this.#window.newer(messages);
      this.#grown();
    } else if (newer && !this.#newer.busy && !this.#newer.failed) this.#loadNewer();
  }

  #grown() {
    if (this.#endless) this.#place.leaveEnd();
    this.#silence();
    this.refresh();
  }

  #loadOlder() {
    this.#load(this.#older, this.#actions.older(this.#room));
  }

  #loadNewer() {
    this.#load(this.#newer, this.#actions.newer(this.#room));
  }

  #load(direction, request) {
    direction.wait(request, () => {
      this.#silence();
      this.refresh();
    });
    this.refresh();
  }

  /** The server is there again: history that could not be had may be had now. */
  recovered() {
    if (!this.#older.failed && !this.#newer.failed) return;
    this.#older.failed = false;
    this.#newer.failed = false;
    this.refresh();
  }

  /** What is shown next is not news: no screen reader should read it aloud. */
  #silence() {
    this.#root.setAttribute("aria-live", "off");
    this.#root.setAttribute("aria-busy", "true");
    clearTimeout(this.#speakAgain);
    this.#speakAgain = setTimeout(() => {
      this.#root.setAttribute("aria-live", "polite");
      this.#root.setAttribute("aria-busy", "false");
    }, 300);
  }

  #speakAgain = 0;
}

/** Marks what was looked for, in browsers that can do so without changing the text. */
function highlight(ranges) {
  if (!globalThis.Highlight) return;
  if (ranges.length > 0) CSS.highlights.set("hit", new Highlight(...ranges));
  else CSS.highlights.delete("hit");
}
