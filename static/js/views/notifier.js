/** The browser's own notifications: they need a secure page (https, or this machine) and the person's consent. */
import { isGuest } from "../guests.js";

const KEY = "chatapp.notify";

export class Notifier {
  #store;
  #strings;
  #icon;
  #onOpen;
  #shown = new Map(); // tag -> {notification, room, seq}
  #fails = false;

  /** `onOpen(room, seq)` is called when somebody presses one; `icon` is an address. */
  constructor({ store, strings, icon, onOpen }) {
    this.#store = store;
    this.#strings = strings;
    this.#icon = icon;
    this.#onOpen = onOpen;
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

  show({ room, message: { seq, author, text } }) {
    if (this.state !== "on") return;
    const tag = `chatapp ${seq} ${room.slug}`;
    const name = isGuest(author) ? this.#strings.say("guest.named", author) : author.name;
    const title = this.#strings.say("notify.title", { name, room: room.name });
    let notification;
    try {
      notification = new Notification(title, { body: oneLine(text), tag, icon: this.#icon });
    } catch {
      this.#fails = true; // some browsers of phones let only a service worker do it
      return;
    }
    this.#shown.set(tag, { notification, room, seq });
    notification.addEventListener("close", () => this.#shown.delete(tag));
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
      this.#onOpen(room, seq);
    });
  }

  /** What was read in that room, wherever, needs no notification any more. */
  read(room) {
    for (const [tag, shown] of this.#shown) {
      if (shown.room !== room || shown.seq > room.read) continue;
      this.#shown.delete(tag);
      shown.notification.close();
    }
  }
}

function oneLine(text) {
  const line = text.replace(/\s+/gu, " ").trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
