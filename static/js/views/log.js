/**
 * The messages of the open room. The state holds all that is loaded; this view shows a window of at most SHOWN of
 * them, and moves the window and the scroll position so that what is being read stays where it is.
 */
import { paced } from "../pace.js";
import { sameDay } from "../formats.js";
import { MessageView } from "./message.js";
import { arrange, element, fromTemplate, part } from "./parts.js";

const SHOWN = 300; // messages in the document
const STEP = 50; // messages by which the window grows at one of its ends
const NEAR = 100; // px from the end that still count as being there
const AHEAD = 800; // px from an end of the window at which more is fetched
const GROUP = 5 * 60_000;

export class LogView {
  #root;
  #items;
  #chat;
  #outgoing;
  #strings;
  #formats;
  #online;
  #actions;
  #room = null;
  #life = 0; // the room's life that the window belongs to
  #from = 0; // the window: from this seq …
  #to = null; // … to this one; null: to the end, unsent messages included
  #following = true; // at the end, and staying there
  #left = null; // px: the scroll position as it was last set or noted
  #anchor = null; // {element, top}: what is being read, and where on the screen
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
    this.refresh = paced(() => this.#render());
    this.#root.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const resized = new ResizeObserver(() => this.#hold());
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
    return { unread: this.#room ? this.#chat.unread(this.#room) : 0, atEnd: this.#following };
  }

  toEnd({ smooth = false } = {}) {
    const near = this.#to === null && this.#distance() < 2 * this.#root.clientHeight;
    if (smooth && near && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.#root.scrollTo({ top: this.#root.scrollHeight, behavior: "smooth" });
      return;
    }
    this.#following = true;
    this.#left = null;
    if (this.#to !== null) this.#windowToEnd();
    this.#render();
  }

  /** Somebody may be looking now: what is on the screen counts as read. */
  look() {
    const room = this.#room;
    if (!room?.loaded || !this.#watched()) return;
    this.#allSeen = true;
    if (room.last > (room.read ?? -1)) this.#actions.seen(room, room.last);
  }

  #watched() {
    return this.#following && document.visibilityState === "visible";
  }

  #startOver() {
    this.#life = this.#room.life;
    this.#from = 0;
    this.#to = null;
    this.#following = true;
    this.#left = null;
    this.#anchor = null;
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
    this.#heedScroll();
    const opening = room.loaded && !this.#opened;
    if (opening) this.#open();
    this.#moveDivider();
    this.#fitWindow();

    const quiet = opening || !room.loaded || this.#loading !== null;
    if (quiet) this.#silence();
    this.#root.classList.toggle("loading", !room.loaded);
    const items = this.#wanted();
    const keys = new Set(items.map(({ key }) => key));
    for (const key of this.#made.keys()) if (!keys.has(key)) this.#made.delete(key);
    arrange(this.#items, items.map((item) => this.#elementOf(item)));

    if (opening) this.#openAt();
    this.#hold();
    this.look();
    this.#actions.scrolled();
    if (room.loaded) this.#fetchAhead();
  }

  #open() {
    this.#opened = true;
    this.#windowToEnd();
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
    if (hidden <= 0) return;
    this.#root.scrollTop -= hidden + this.#root.clientHeight / 5;
    this.#noteScroll();
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

  #windowToEnd() {
    const messages = this.#room.messages;
    this.#to = null;
    this.#from = messages.length > STEP * 2 ? messages[messages.length - STEP * 2].seq : 0;
  }

  /** Keeps the window within SHOWN: at the end its top is let go, elsewhere what is new waits outside. */
  #fitWindow() {
    const messages = this.#room.messages;
    const { start, end } = this.#span();
    if (end - start <= SHOWN) return;
    if (this.#following) this.#from = messages[end - SHOWN].seq;
    else this.#to = messages[start + SHOWN - 1].seq;
  }

  #span() {
    const messages = this.#room.messages;
    const start = firstIndex(messages, this.#from);
    const end = this.#to === null ? messages.length : firstIndex(messages, this.#to + 1);
    return { start, end };
  }

  #wanted() {
    const room = this.#room;
    if (!room.loaded) return [{ key: "skeleton" }, ...this.#unsent(null)];
    const { start, end } = this.#span();
    const items = [this.#top(start)];
    let before = room.messages[start - 1] ?? null;
    for (let index = start; index < end; index += 1) {
      const message = room.messages[index];
      const divided = this.#divides(before, message);
      const at = new Date(message.at);
      const newDay = !before || !sameDay(new Date(before.at), at);
      if (newDay) items.push({ key: `day-${message.seq}`, day: at });
      if (divided) items.push({ key: "new" });
      const mine = this.#chat.isMe(message.author.id);
      const lead = divided || newDay || !together(before, message);
      // One's own keeps the key it had while it was on its way, and so its element: nothing flickers or is read twice.
      const key = mine && message.nonce ? `own-${message.nonce}` : `seq-${message.seq}`;
      items.push({ key, message, at, lead, mine, fate: null, nonce: message.nonce });
      before = message;
    }
    if (this.#to === null) items.push(...this.#unsent(before));
    return items;
  }

  #top(start) {
    if (start > 0 || this.#room.more) return { key: this.#failed ? "failed" : "more" };
    return this.#room.messages.length + this.#outgoing.of(this.#room.slug).length > 0
      ? { key: "beginning" }
      : { key: "empty" };
  }

  #divides(before, message) {
    if (this.#divider === null || message.seq <= this.#divider) return false;
    // Known to be the first only if the one before is loaded, or there is none.
    return before ? before.seq <= this.#divider : !this.#room.more;
  }

  #unsent(before) {
    const items = [];
    for (const entry of this.#outgoing.of(this.#room.slug)) {
      const message = { author: this.#chat.you, at: entry.at, text: entry.text };
      const lead = !before || !together(before, message);
      const fate = entry.refusal !== null ? "refused" : !entry.late ? "sending" : this.#online() ? "late" : "offline";
      const { nonce, refusal: reason } = entry;
      items.push({ key: `own-${nonce}`, message, at: new Date(entry.at), lead, mine: true, fate, reason, nonce });
      before = message;
    }
    return items;
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
    if (!this.#heedScroll()) this.#hold();
    this.look();
    this.#actions.scrolled();
    if (this.#room?.loaded) this.#fetchAhead();
  }

  /**
   * Notes where the reader scrolled to, also if no event told of it yet; tells whether anybody did. The browser
   * scrolls by itself too, when what is shown gets shorter: that is nobody's wish.
   */
  #heedScroll() {
    const end = this.#root.scrollHeight - this.#root.clientHeight;
    const moved = this.#left !== null && Math.abs(this.#root.scrollTop - Math.min(this.#left, end)) >= 2;
    if (moved) this.#noteScroll();
    return moved;
  }

  #noteScroll() {
    this.#following = this.#to === null && this.#distance() <= NEAR;
    this.#anchor = this.#following ? null : this.#findAnchor();
    this.#left = this.#root.scrollTop;
  }

  #distance() {
    return this.#root.scrollHeight - this.#root.clientHeight - this.#root.scrollTop;
  }

  /** The topmost message on the screen: whatever changes around it, it stays in its place. */
  #findAnchor() {
    const top = this.#root.getBoundingClientRect().top;
    for (const child of this.#items.children) {
      if (!child.classList.contains("message")) continue;
      const box = child.getBoundingClientRect();
      if (box.bottom > top) return { element: child, top: box.top - top };
    }
    return null;
  }

  /** Puts the scroll position back to what is being read, after anything may have changed its place. */
  #hold() {
    this.#heedScroll();
    if (this.#following) {
      this.#root.scrollTop = this.#root.scrollHeight;
    } else if (this.#anchor?.element.isConnected) {
      const top = this.#anchor.element.getBoundingClientRect().top - this.#root.getBoundingClientRect().top;
      this.#root.scrollTop += top - this.#anchor.top;
    }
    this.#left = this.#root.scrollTop;
  }

  #fetchAhead() {
    if (this.#root.scrollTop < AHEAD) this.#older();
    if (this.#to !== null && this.#distance() < AHEAD) this.#newer();
  }

  #older() {
    const { start, end } = this.#span();
    const messages = this.#room.messages;
    if (start > 0) {
      const first = Math.max(0, start - STEP);
      this.#noteScroll();
      this.#from = messages[first].seq;
      if (end - first > SHOWN) this.#to = messages[first + SHOWN - 1].seq;
      if (this.#to !== null) this.#following = false;
      this.#silence();
      this.refresh();
    } else if (this.#room.more && this.#loading === null && !this.#failed) {
      this.#load();
    }
  }

  #newer() {
    const { start, end } = this.#span();
    const messages = this.#room.messages;
    const last = Math.min(messages.length, end + STEP);
    this.#noteScroll();
    this.#to = last === messages.length ? null : messages[last - 1].seq;
    if (last - start > SHOWN) this.#from = messages[last - SHOWN].seq;
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

/** The index of the first message whose seq is `seq` or more. */
function firstIndex(messages, seq) {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle].seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Do two messages that follow one another belong to one group? */
function together(before, message) {
  if (!before || before.author.id !== message.author.id) return false;
  const gap = new Date(message.at) - new Date(before.at);
  return gap < GROUP && sameDay(new Date(before.at), new Date(message.at));
}
