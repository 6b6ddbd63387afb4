/** How one gets at what can be done with a message: buttons under the pointer, a menu by keyboard and by a resting finger. */
import { isModified, onKey } from "../keys.js";
import { reach } from "./reach.js";
import { onLongPress } from "./touch.js";

const QUICK = 3; // emoji among the buttons

export class ToolsView {
  #log;
  #bar;
  #menu;
  #emoji;
  #strings;
  #find;
  #entries;
  #quick;
  #actions;
  #element = null; // the message that the buttons are for
  #active = null; // the message that Tab comes to
  #chosen = false; // somebody went to that one; else it is the newest

  /**
   * `bar` holds `.tools-often` and buttons `.tools-pick`, `.tools-reply`, `.tools-more`; `find(element)` gives the stored
   * message that an element shows, or null; `entries(message, element)` what its menu offers; `quick()` tells whether
   * one can answer and react now. `actions`: react(message, emoji), pick(message, element), reply(message).
   */
  constructor({ log, stage, bar, menu, emoji, strings, find, entries, quick, actions }) {
    this.#log = log;
    this.#bar = bar;
    this.#menu = menu;
    this.#emoji = emoji;
    this.#strings = strings;
    this.#find = find;
    this.#entries = entries;
    this.#quick = quick;
    this.#actions = actions;
    log.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#over(event.target));
    stage.addEventListener("pointerleave", () => this.hide());
    log.addEventListener("scroll", () => this.#place(), { passive: true });
    log.addEventListener("focusin", ({ target }) => this.#choose(target.closest(".message")));
    onKey(log, (event) => event.target === log && event.key === "Tab" && this.#enter(event));
    log.addEventListener("focusout", ({ relatedTarget: to }) => {
      if (to && !to.closest(".stage, dialog")) this.#chosen = false;
    });
    onLongPress(log, ".message", (element) => this.menu(element, element.getBoundingClientRect()));
    bar.addEventListener("mousedown", (event) => event.preventDefault()); // who is writing stays in the field
    this.#on(".tools-pick", (message, element) => actions.pick(message, element));
    this.#on(".tools-reply", (message) => actions.reply(message));
    this.#on(".tools-more", (message, element, button) => this.menu(element, button.getBoundingClientRect()));
  }

  /** After the log has changed: the last message is the one that Tab comes to, unless one has chosen another. */
  refresh() {
    if (this.#element && !this.#element.isConnected) this.hide();
    this.#offer();
    if (this.#chosen && this.#active.isConnected) return;
    this.#chosen = false;
    let last = this.#log.firstElementChild.lastElementChild;
    while (last && !last.dataset.seq) last = last.previousElementSibling;
    if (last) this.#activate(last);
  }

  menu(element, at) {
    const message = this.#find(element);
    if (!message) return;
    this.#choose(element);
    this.#menu.open({ items: this.#entries(message, element), at, returnTo: element });
  }

  /** Goes from a message to the next one (1) or the one before (-1). */
  step(element, by) {
    const all = [...this.#log.querySelectorAll(".message")];
    const next = all[all.indexOf(element) + by];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }

  hide() {
    this.#element?.classList.remove("pointed");
    this.#element = null;
    this.#bar.hidden = true;
  }

  #over(target) {
    const element = target.closest(".message");
    if (element === this.#element) return;
    this.hide();
    const message = element && this.#find(element);
    if (!message || message.deleted) return;
    this.#element = element;
    element.classList.add("pointed"); // stays so while the pointer is on the buttons, which are not inside it
    this.#often();
    this.#offer();
    this.#bar.hidden = false;
    this.#place();
  }

  /** On the upper edge of the message, as long as that is on the screen. */
  #place() {
    if (!this.#element) return;
    if (!this.#bar.offsetParent) return; // on paper there are no buttons
    const stage = this.#bar.offsetParent.getBoundingClientRect();
    const box = this.#element.getBoundingClientRect();
    if (box.bottom < stage.top || box.top > stage.bottom) return this.hide();
    this.#bar.style.top = `${Math.max(4, box.top - stage.top - this.#bar.offsetHeight / 2)}px`;
  }

  #offer() {
    const quick = this.#quick();
    for (const tool of this.#bar.querySelectorAll(".tools-often, .tools-pick, .tools-reply")) tool.hidden = !quick;
  }

  #often() {
    const place = this.#bar.querySelector(".tools-often");
    const signs = this.#emoji.often(QUICK);
    if (place.textContent === signs.join("")) return;
    place.replaceChildren(...signs.map((sign) => this.#button(sign)));
  }

  #button(sign) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.className = "tool emoji";
    button.textContent = sign;
    button.setAttribute("aria-label", this.#strings.say("tools.react", { emoji: sign }));
    button.addEventListener("click", () => this.#element && this.#actions.react(this.#find(this.#element), sign));
    return button;
  }

  #on(selector, run) {
    const button = this.#bar.querySelector(selector);
    button.addEventListener("click", () => {
      const message = this.#element && this.#find(this.#element);
      if (message) run(message, this.#element, button);
    });
  }

  /** From the log Tab comes to the message, whatever scrolls sideways before it. */
  #enter(event) {
    if (isModified(event) || !this.#active?.isConnected) return;
    event.preventDefault();
    this.#active.focus();
  }

  #choose(element) {
    if (!element) return;
    this.#chosen = true;
    this.#activate(element);
  }

  #activate(element) {
    if (element === this.#active) return;
    if (this.#active) reach(this.#active, -1);
    this.#active = element;
    reach(element, 0);
  }
}
