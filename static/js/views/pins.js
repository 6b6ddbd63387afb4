/** The pinned messages of a room, each with the way to it. */
import { element, guestMarks, part, showModal } from "./parts.js";

export class PinsView {
  #dialog;
  #list;
  #none;
  #strings;
  #formats;
  #actions;
  #room = null;
  #asked = 0;

  /** `actions`: load(room) -> promise of messages, jump(seq), unpin(room, seq). */
  constructor({ dialog, strings, formats, actions }) {
    this.#dialog = dialog;
    this.#list = part(dialog, ".pins");
    this.#none = part(dialog, ".pins-none");
    this.#strings = strings;
    this.#formats = formats;
    this.#actions = actions;
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open(room) {
    this.#room = room;
    this.#list.replaceChildren();
    this.#none.textContent = "";
    showModal(this.#dialog);
    this.#load();
  }

  /** Something was pinned, or is no longer so. */
  refresh() {
    if (this.#dialog.open) this.#load();
  }

  async #load() {
    this.#asked += 1;
    const asked = this.#asked;
    const found = await this.#actions.load(this.#room).catch(() => null);
    if (asked !== this.#asked) return;
    const held = [...this.#list.children].findIndex((pin) => pin.contains(document.activeElement));
    this.#list.replaceChildren(...(found ?? []).map((message) => this.#entry(message)));
    if (held >= 0) this.#focus(held);
    const none = found === null ? "ask.unreachable" : found.length === 0 ? "pins.none" : null;
    this.#none.textContent = none ? this.#strings.say(none) : "";
  }

  /** The pin that the focus was on may be gone: it goes on from there. */
  #focus(index) {
    const pin = this.#list.children[index] ?? this.#list.lastElementChild;
    part(pin ?? this.#dialog, pin ? ".link-button" : ".close").focus();
  }

  #entry({ seq, author, at, text }) {
    const time = element("time", "", this.#formats.full(new Date(at)));
    time.dateTime = at;
    const words = element("span", "pin-text", text);
    words.dir = "auto";
    const marks = guestMarks(author, this.#strings);
    const jump = element("button", "pin-jump", element("bdi", "author", author.name), ...marks, " ", time, words);
    jump.type = "button";
    jump.addEventListener("click", () => {
      this.#dialog.close();
      this.#actions.jump(seq);
    });
    const unpin = element("button", "link-button", this.#strings.say("menu.unpin"));
    unpin.type = "button";
    unpin.hidden = this.#room.archived;
    unpin.addEventListener("click", () => this.#actions.unpin(this.#room, seq));
    return element("li", "pin", jump, unpin);
  }
}
