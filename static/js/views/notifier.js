/** The browser's own notifications: they need a secure page (https, or this machine) and the person's consent. */
import { own } from "../address.js";
import { isGuest } from "../guests.js";
import { capped } from "./jump.js";

const KEY = "chatapp.notify";
const NAMED = 3; // rooms in the notification that is about several

/** One notification a room at a time, with how much is unread there, and one for several rooms. */
export class Notifier {
  #chat;
  #store;
  #strings;
  #icon;
  #onOpen;
  #shown = new Map(); // tag -> {notification, rooms}: each room with the seq of the newest message that it is about
  #fails = false;

  /** `onOpen(room, seq)` is called when somebody presses one, `seq` null for the room; `icon` is an address. */
  constructor({ chat, store, strings, icon, onOpen }) {
    this.#chat = chat;
    this.#store = store;
    this.#strings = strings;
    this.#icon = icon;
    this.#onOpen = onOpen;
    chat.on("rooms", () => this.#closeRead());
    // Nobody could close what a page left behind, and pressing it would do nothing.
    addEventListener("pagehide", () => this.#close(() => true));
  }

  /** "on", "off", or why there can be none: "insecure", "unsupported", "denied". */
  get state() {
    if (!isSecureContext) return "insecure";
    if (!("Notification" in window) || this.#fails) return "unsupported";
    if (Notification.permission === "denied") return "denied";
    return this.#store.get(KEY) === "on" && Notification.permission === "granted" ? "on" : "off";
  }

  async turn(on) {
    if (on && "Notification" in window) await Notification.requestPermission();
    if (on) this.#store.set(KEY, "on");
    else this.#store.remove(KEY);
  }

  /** As `Attention` tells it. */
  tell({ calls, rest }) {
    if (this.state !== "on") return;
    for (const { room, message } of calls) this.#showMessage(room, message);
    if (rest.length === 1 && rest[0].message) this.#showMessage(rest[0].room, rest[0].message);
    else if (rest.length > 0) this.#showRooms(rest.map(({ room }) => room));
  }

  #showMessage(room, { seq, author, text }) {
    const name = isGuest(author) ? this.#strings.say("guest.named", author) : author.name;
    const title = this.#strings.say("notify.title", { name, room: room.name });
    const count = this.#chat.wanted(room);
    this.#show(`chatapp room ${room.slug}`, {
      title: count > 1 ? `${title} (${capped(count)})` : title,
      body: oneLine(text),
      rooms: new Map([[room, seq]]),
      open: () => this.#onOpen(room, seq),
    });
  }

  /** Those that are in the one that is there stay in it. */
  #showRooms(rooms) {
    const tag = "chatapp rooms";
    const before = this.#shown.get(tag)?.rooms.keys() ?? [];
    const byCalls = (one, other) => this.#chat.mentions(other) - this.#chat.mentions(one) || one.name.localeCompare(other.name);
    const all = [...new Set([...rooms, ...before])].filter((room) => this.#chat.wanted(room) > 0).sort(byCalls);
    if (all.length === 0) return;
    const names = all.slice(0, NAMED).map(({ name }) => name);
    const more = all.length - names.length;
    const sum = (count) => all.reduce((total, room) => total + count(room), 0);
    const mentions = sum((room) => this.#chat.mentions(room));
    const unread = sum((room) => this.#chat.wanted(room));
    const said = (key, n) => (n > 0 ? [this.#strings.count(key, n, { n: capped(n) })] : []);
    this.#show(tag, {
      title: this.#strings.list([...names, ...(more > 0 ? [this.#strings.count("notify.more", more)] : [])]),
      body: [...said("rooms.mentions", mentions), ...said("rooms.unread", unread)].join(", "),
      rooms: new Map(all.map((room) => [room, room.head])),
      open: () => this.#onOpen(all[0], null),
    });
  }

  #show(tag, { title, body, rooms, open }) {
    let notification;
    try {
      // The browser puts it in place of one with the same tag, also of another tab, and says so anew.
      notification = new Notification(title, { body, tag: own(tag), renotify: true, icon: this.#icon });
    } catch {
      this.#fails = true; // some browsers of phones let only a service worker do it
      return;
    }
    this.#shown.delete(tag);
    this.#forgetRooms(rooms);
    this.#shown.set(tag, { notification, rooms });
    notification.addEventListener("close", () => this.#shown.get(tag)?.notification === notification && this.#shown.delete(tag));
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
      open();
    });
  }

  /** What is told anew of these rooms takes the place of what was told of them. */
  #forgetRooms(rooms) {
    for (const shown of this.#shown.values()) for (const room of rooms.keys()) shown.rooms.delete(room);
    this.#close(({ rooms: left }) => left.size === 0);
  }

  /** What was read, here or elsewhere, needs no notification any more. */
  #closeRead() {
    const isRead = ([room, seq]) => room.read !== null && room.read >= seq;
    this.#close(({ rooms }) => [...rooms].every(isRead));
  }

  #close(isOver) {
    for (const [tag, shown] of this.#shown) {
      if (!isOver(shown)) continue;
      this.#shown.delete(tag);
      shown.notification.close();
    }
  }
}

function oneLine(text) {
  const line = text.replace(/\s+/gu, " ").trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
