/** Tells of what was written and never sent, and lists it in a dialog: each can be sent, go into the field, or be discarded. */
import { arrange, element, part, showModal } from "./parts.js";

const SHOWN = 1000; // characters

export class LeftoversView {
  #bar;
  #words;
  #dialog;
  #list;
  #strings;
  #formats;
  #roomName;
  #actions;
  #made = new Map(); // id -> {item, element}

  /**
   * `bar` says how many there are and has the button that opens `dialog`. `roomName(slug)` is a room's name. `actions`:
   * sendable(item), send(item), edit(item), discard(item).
   */
  constructor({ bar, dialog, strings, formats, roomName, actions }) {
    this.#bar = bar;
    this.#words = part(bar, "[role=status]");
    this.#dialog = dialog;
    this.#list = part(dialog, ".leftover-list");
    this.#strings = strings;
    this.#formats = formats;
    this.#roomName = roomName;
    this.#actions = actions;
    part(bar, "button").addEventListener("click", () => showModal(dialog));
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  show(items) {
    const held = [...this.#list.children].findIndex((each) => each.contains(document.activeElement));
    const words = items.length === 0 ? "" : this.#strings.count("leftovers", items.length);
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#bar.hidden = items.length === 0;
    for (const id of this.#made.keys()) if (!items.some((item) => item.id === id)) this.#made.delete(id);
    arrange(this.#list, items.map((item) => this.#entry(item)));
    if (items.length === 0) this.#dialog.close();
    else if (held >= 0) this.#focus(held);
  }

  /** The one that the focus was on may be gone: it goes on from there. */
  #focus(index) {
    const entry = this.#list.children[index] ?? this.#list.lastElementChild;
    if (!entry.contains(document.activeElement)) part(entry, "button:not([hidden])").focus();
  }

  #entry(item) {
    if (!this.#made.has(item.id)) this.#made.set(item.id, this.#make(item));
    const { entry, send } = this.#made.get(item.id);
    send.hidden = !this.#actions.sendable(item);
    return entry;
  }

  #make(item) {
    const { kind, room, author, at, command } = item;
    const facts = [this.#strings.say(`leftovers.kind.${kind}`), this.#roomName(room), author, at ? this.#formats.full(new Date(at)) : ""];
    const about = element("p", "leftover-facts", facts.filter(Boolean).join(" · "));
    const text = element("p", "leftover-text", command.text.slice(0, SHOWN), command.text.length > SHOWN ? "…" : "");
    text.dir = "auto";
    const options = (command.poll?.options ?? []).map((option) => element("li", "", option));
    const poll = options.length > 0 ? [element("ul", "leftover-options", ...options)] : [];
    const send = this.#button("leftovers.send", () => this.#actions.send(item));
    const edit = this.#button("leftovers.edit", () => {
      this.#dialog.close(); // first: it gives the focus back
      this.#actions.edit(item);
    });
    const discard = this.#button("leftovers.discard", () => this.#actions.discard(item));
    const buttons = element("div", "leftover-actions", send, edit, discard);
    return { entry: element("li", "leftover", about, text, ...poll, buttons), send };
  }

  #button(key, run) {
    const button = element("button", "link-button", this.#strings.say(key));
    button.type = "button";
    button.addEventListener("click", run);
    return button;
  }
}
