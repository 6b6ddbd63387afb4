/** Where one writes: keeps the draft, counts, sends on Enter, and never sends while an input method is composing. */
import { Timer } from "../clock.js";
import { codePoints, openFence, shows, towers } from "../text.js";

const WARN_FROM = 0.9; // of the limit
const TYPING_EVERY = 3200; // the server passes one on per 3 s: a little more, or every other one is lost
const STILL_TYPING = 1000;
const COMPOSING = 229; // keyCode of a key that an input method took; Safari ends the composition before keydown

export class ComposerView {
  #form;
  #field;
  #note;
  #send;
  #hints;
  #enter;
  #drafts;
  #strings;
  #limit;
  #marks;
  #towers;
  #clock;
  #actions;
  #room = null;
  #lent = false; // what stands in the field is no draft
  #toldTyping = -Infinity;
  #lastWritten = -Infinity;
  #seenTyping = false; // by the others
  #telling;

  /**
   * `enter` says what Enter does. `actions`: submit(room, text), typing(room), written(text), emptied() when nothing is left of a text that was lent,
   * escape() -> whether that did something. Of the `hints`
   * the first is for an Enter that sends, the second for one that breaks the line. `limits` are {text, marks}.
   */
  constructor({ form, field, note, send, hints, enter, drafts, strings, limits, clock, actions }) {
    this.#form = form;
    this.#field = field;
    this.#note = note;
    this.#send = send;
    this.#hints = hints;
    this.#enter = enter;
    this.#drafts = drafts;
    this.#strings = strings;
    this.#limit = limits.text;
    this.#marks = limits.marks;
    this.#towers = towers(limits.marks);
    this.#clock = clock;
    this.#actions = actions;
    this.#telling = new Timer(clock);
    field.addEventListener("input", () => this.#written());
    field.addEventListener("keydown", (event) => this.#key(event));
    for (const moved of ["keyup", "click", "focus"]) field.addEventListener(moved, () => this.#hint());
    enter.on("changed", () => this.#hint());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  show(room) {
    this.#room = room;
    this.#lent = false;
    this.#telling.clear();
    this.#toldTyping = -Infinity;
    this.#seenTyping = false;
    this.name();
    this.#put(this.#drafts.get(room.slug));
  }

  /** Says which room it writes to, as that is called now. */
  name() {
    const label = this.#strings.say("composer.label", { room: this.#room.name });
    this.#field.placeholder = label;
    this.#field.setAttribute("aria-label", label);
  }

  get text() {
    return this.#field.value;
  }

  /** Lends the field to another text; the draft waits meanwhile. */
  lend(text) {
    this.#lent = true;
    this.#put(text);
    this.#field.setSelectionRange(text.length, text.length);
    this.#field.scrollTop = this.#field.scrollHeight;
  }

  /** The draft is there again. */
  takeBack() {
    if (!this.#lent) return;
    this.#lent = false;
    this.#put(this.#drafts.get(this.#room.slug));
  }

  /** Another tab changed this room's draft from `before` to `now`: what was the same there is the same here. */
  draftElsewhere(slug, before, now) {
    if (!this.#lent && slug === this.#room?.slug && this.#field.value === (before ?? "")) this.#put(now ?? "");
  }

  focus() {
    this.#field.focus();
  }

  /** What was not sent after all is in the field again, if nothing else is there; tells whether it is. */
  putBack(slug, text) {
    if (slug !== this.#room.slug || shows(this.#field.value)) return false;
    this.#field.value = text;
    this.#written();
    this.focus();
    return true;
  }

  /** Adds to the draft something that should not be lost. */
  append(text) {
    const { slug } = this.#room;
    this.#drafts.set(slug, [this.#drafts.get(slug).trimEnd(), text].filter(Boolean).join("\n\n"));
    if (!this.#lent) this.#put(this.#drafts.get(slug));
  }

  /** Writes a word where the cursor is, with a blank around it. */
  insert(word) {
    const { value, selectionStart: start, selectionEnd: end } = this.#field;
    const before = start > 0 && !/\s$/u.test(value.slice(0, start)) ? " " : "";
    const text = `${before}${word} `;
    this.focus();
    if (document.execCommand("insertText", false, text)) return; // the only way that the browser's "undo" knows
    this.#field.setRangeText(text, start, end, "end");
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  #put(text) {
    this.#field.value = text;
    this.#measure();
  }

  #written() {
    this.#measure();
    if (this.#lent) return;
    this.#drafts.set(this.#room.slug, this.#field.value);
    this.#lastWritten = this.#clock.now();
    if (!this.#telling.running) this.#tellTyping();
  }

  /** At most once in TYPING_EVERY; when that time is over again, if one still types or the others do not know yet. */
  #tellTyping() {
    if (!shows(this.#field.value)) return;
    const now = this.#clock.now();
    const rest = this.#toldTyping + TYPING_EVERY - now;
    if (rest > 0) {
      this.#telling.set(rest, () => {
        if (!this.#seenTyping || this.#clock.now() - this.#lastWritten < STILL_TYPING) this.#tellTyping();
      });
    } else {
      this.#toldTyping = now;
      this.#seenTyping = true;
      this.#actions.typing(this.#room);
    }
  }

  #key(event) {
    if (event.key === "Escape" && !event.defaultPrevented && this.#actions.escape()) event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
    if (!event.ctrlKey && !event.metaKey && this.#breaksLine()) return;
    event.preventDefault();
    this.#submit();
  }

  /** Is the cursor in code that was begun with a fence? */
  #inCode() {
    return openFence(this.#field.value.slice(0, this.#field.selectionStart));
  }

  /** Does Enter alone break the line here? */
  #breaksLine() {
    return this.#enter.breaks || this.#inCode();
  }

  /** Says what Enter does: in words, and on the key of a keyboard on the screen. */
  #hint() {
    const breaks = this.#breaksLine();
    this.#hints.forEach((hint, index) => (hint.hidden = breaks !== (index === 1)));
    this.#field.enterKeyHint = breaks ? "enter" : "send";
  }

  #submit() {
    const text = sendable(this.#field.value);
    if (text === "" && this.#lent) return this.#actions.emptied();
    if (text === "" || this.#wrong(text)) {
      this.#measure();
      this.#field.focus();
      return undefined;
    }
    // Handed over before it is cleared: from here on it lives in the unsent list until it is acknowledged.
    const lent = this.#lent;
    if (!this.#actions.submit(this.#room, text) || lent) return undefined;
    this.#drafts.set(this.#room.slug, "");
    this.#telling.clear();
    this.#seenTyping = false; // the message took the sign away
    this.#put("");
    return this.#field.focus();
  }

  /** Why the server would reject the text, as a sentence; empty if it would not. */
  #wrong(text) {
    // A code point is one or two units of the string: short of the limit nobody needs to count.
    const over = text.length > this.#limit ? codePoints(text) - this.#limit : 0;
    if (over > 0) return this.#strings.count("composer.over", over);
    return text.search(this.#towers) === -1 ? "" : this.#strings.say("composer.marks", { n: this.#marks });
  }

  #measure() {
    const text = sendable(this.#field.value);
    const wrong = this.#wrong(text);
    const count = text.length >= this.#limit * WARN_FROM ? codePoints(text) : 0;
    const left = count >= this.#limit * WARN_FROM ? this.#strings.count("composer.left", this.#limit - count) : "";
    this.#form.classList.toggle("over", wrong !== "");
    this.#send.setAttribute("aria-disabled", String(text === "" || wrong !== ""));
    this.#field.setAttribute("aria-invalid", String(wrong !== ""));
    this.#note.textContent = wrong || left;
    this.#note.hidden = this.#note.textContent === "";
    this.#grow();
    this.#hint();
    this.#actions.written(this.#field.value);
  }

  #grow() {
    this.#field.style.blockSize = "auto";
    this.#field.style.blockSize = `${this.#field.scrollHeight}px`; // CSS sets the limit
  }
}

/** What goes out for what stands in the field: without the blank space around it, and valid Unicode; nothing if nothing of it shows. */
function sendable(written) {
  if (!shows(written)) return "";
  const text = written.replace(/^(?:[^\S\n]*\n)+|\s+$/g, "");
  return text.isWellFormed?.() === false ? text.toWellFormed() : text;
}
