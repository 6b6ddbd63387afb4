/**
 * The messages of the open room. The state holds all that is loaded; this view shows a window of them, and moves the
 * window and the scroll position so that what is being read stays where it is.
 */
import { paced } from "../pace.js";
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
  #actions;
  #place;
  #window = new Window();
  #room = null;
  #life = 0; // the room's life that the window belongs to
  #divider = null; // the unread divider stands after this seq
  #allSeen = false;
  #opened = false; // the room's first rendering is done
  #loading = null; // the request for older messages that is on its way
  #failed = false;
  #made = new Map(); // key -> {element, view}

  /** `actions`: loadOlder(room) -> promise, seen(room, seq), retry(nonce), discard(nonce), scrolled(). */
  constructor({ root, chat, outgoing, strings, formats, online, actions }) {
    this.#root = root;
    this.#items = part(root, ".log-items");
    this.#chat = chat;
    this.#outgoing = outgoing;
    this.#strings = strings;
    this.#formats = formats;
    this.#online = online;
    this.#actions = actions;
    this.#place = new Place({ root, items: this.#items });
    this.refresh = paced(() => this.#render());
    this.#root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const resized = new ResizeObserver(() => this.#place.hold());
    resized.observe(this.#root);
    resized.observe(this.#items);
  }

  /** Shows another room from its end, or from the first unread message if those do not fit on the screen. */
  show(room) {
    this.#room = room;
    this.#root.setAttribute("aria-label", this.#strings.say("log.label", { room: room.name }));
    this.#made.clear();
    this.#startOver();
    this.#items.replaceChildren();
    this.#render();
  }

  /** How many unread messages are not on the screen, and whether the end is. */
  get below() {
    return { unread: this.#room ? this.#chat.unread(this.#room) : 0, atEnd: this.#place.following };
  }

  toEnd({ smooth = false } = {}) {
    const near = this.#window.atEnd && this.#place.below < 2 * this.#root.clientHeight;
    if (smooth && near && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#root.scrollTo({ top: this.#root.scrollHeight, behavior: "smooth" });
      return;
    }
    if (!this.#window.atEnd) this.#window.toEnd(this.#room.messages);
    this.#place.toEnd();
    this.#render();
  }

  /** Scrolls by nearly a screen: 1 down, -1 up. */
  page(direction) {
    this.#root.scrollBy({ top: direction * 0.9 * this.#root.clientHeight });
  }

  /** Somebody may be looking now: what is on the screen counts as read. */
  look() {
    const room = this.#room;
    if (!room?.loaded || !this.#watched()) return;
    this.#allSeen = true;
    if (room.last > (room.read ?? -1)) this.#actions.seen(room, room.last);
  }

  #watched() {
    return this.#place.following && document.visibilityState === "visible";
  }

  #startOver() {
    this.#life = this.#room.life;
    this.#window.startOver();
    this.#place.startOver();
    this.#divider = null;
    this.#allSeen = false;
    this.#opened = false;
    this.#loading = null;
    this.#failed = false;
  }

  // Rendering: the list of what should be there, then the least change that makes it so.

  #render() {
    const room = this.#room;
    if (!room) return;
    if (room.life !== this.#life) this.#startOver();
    this.#place.heed();
    const opening = room.loaded && !this.#opened;
    if (opening) this.#open();
    this.#moveDivider();
    this.#window.fit(room.messages, { following: this.#place.following });

    const quiet = opening || !room.loaded || this.#loading !== null;
    if (quiet) this.#silence();
    this.#root.classList.toggle("loading", !room.loaded);
    const items = this.#wanted();
    const keys = new Set(items.map(({ key }) => key));
    for (const key of this.#made.keys()) if (!keys.has(key)) this.#made.delete(key);
    arrange(this.#items, items.map((item) => this.#elementOf(item)));
    this.#place.endless = !this.#window.atEnd;

    if (opening) this.#openAt();
    this.#place.hold();
    this.look();
    this.#actions.scrolled();
    this.#fetchAhead();
  }

  #open() {
    this.#opened = true;
    this.#window.toEnd(this.#room.messages);
    const unread = this.#chat.unread(this.#room);
    if (unread > 0) this.#divider = this.#room.read;
    else this.#allSeen = true;
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
    if (this.#divider !== null && document.visibilityState === "visible") return;
    this.#allSeen = false;
    this.#divider = this.#room.read;
  }

  #wanted() {
    const room = this.#room;
    const { start, end } = this.#window.span(room.messages);
    const entries = this.#window.atEnd ? this.#outgoing.of(room.slug) : [];
    const before = room.messages[end - 1] ?? null;
    const unsent = unsentItems({ entries, before, you: this.#chat.you, online: this.#online() });
    if (!room.loaded) return [{ key: "skeleton" }, ...unsent];
    const { messages, more } = room;
    const isMe = (id) => this.#chat.isMe(id);
    const stored = itemsOf({ messages, more, start, end, divider: this.#divider, isMe });
    return [{ key: this.#top(start) }, ...stored, ...unsent];
  }

  #top(start) {
    if (start > 0 || this.#room.more) return this.#failed ? "failed" : "more";
    return this.#room.messages.length + this.#outgoing.of(this.#room.slug).length > 0 ? "beginning" : "empty";
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
      if (label.textContent !== words) label.textContent = words;
    }
    return made;
  }

  #make({ key, message, day, nonce }) {
    if (message) {
      const actions = {
        onRetry: () => this.#actions.retry(nonce),
        onDiscard: () => this.#actions.discard(nonce),
      };
      const view = new MessageView({ strings: this.#strings, formats: this.#formats, ...actions });
      return { element: view.root, view };
    }
    if (day) {
      const time = element("time");
      time.dateTime = day.toISOString();
      time.title = this.#formats.full(day);
      return { element: element("div", "day", time) };
    }
    const made = fromTemplate(`log-${key}-template`);
    if (key === "failed") part(made, "button").addEventListener("click", () => this.#retryOlder());
    if (key === "beginning" || key === "empty") part(made, ".room-name").textContent = this.#room.name;
    return { element: made };
  }

  // Scrolling.

  #scrolled() {
    if (!this.#place.heed()) this.#place.hold();
    this.look();
    this.#actions.scrolled();
    this.#fetchAhead();
  }

  /** Not while a rendering is due, which looks itself: until then the place is one in what was loaded before. */
  #fetchAhead() {
    if (!this.#room?.loaded || this.refresh.due()) return;
    if (this.#place.above < AHEAD) this.#older();
    if (this.#place.below < AHEAD) this.#newer();
  }

  #older() {
    this.#place.note();
    if (this.#window.older(this.#room.messages)) this.#moved();
    else if (this.#room.more && this.#loading === null && !this.#failed) this.#load();
  }

  #newer() {
    if (this.#window.atEnd) return;
    this.#place.note();
    this.#window.newer(this.#room.messages);
    this.#moved();
  }

  #moved() {
    if (!this.#window.atEnd) this.#place.leaveEnd();
    this.#silence();
    this.refresh();
  }

  async #load() {
    const request = this.#actions.loadOlder(this.#room);
    this.#loading = request;
    const failed = await request.then(() => false, () => true);
    if (request !== this.#loading) return; // for a room, or a life of it, that is no longer shown
    this.#loading = null;
    this.#failed = failed;
    this.#silence();
    this.refresh();
  }

  /** The server is there again: history that could not be had may be had now. */
  recovered() {
    if (!this.#failed) return;
    this.#failed = false;
    this.refresh();
  }

  #retryOlder() {
    this.#failed = false;
    this.#load();
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
