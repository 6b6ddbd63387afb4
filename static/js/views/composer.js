/** Where one writes: keeps the draft, counts, sends on Enter, and never sends while an input method is composing. */
import { Timer } from "../clock.js";
import { onKey } from "../keys.js";
import { codePoints, openFence, shows, towers, trimmed } from "../text.js";

const WARN_FROM = 0.9; // of the limit
const TYPING_EVERY = 3200; // the server passes one on per 3 s: a little more, or every other one is lost
const STILL_TYPING = 1000;
const FAR = 2; // times the limit, in units of a string, of which a code point has at most two: no need to look closely
const LONG = 5000; // characters, and lines, that are more than the field is ever high
const TALL = 40;
const LINES = 500; // that a browser inserts quickly

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
  #far;
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
    this.#far = FAR * limits.text;
    this.#marks = limits.marks;
    this.#towers = towers(limits.marks);
    this.#clock = clock;
    this.#actions = actions;
    this.#telling = new Timer(clock);
    field.addEventListener("beforeinput", (event) => this.#paste(event));
    field.addEventListener("input", () => this.#written());
    onKey(field, (event) => this.#key(event));
    for (const moved of ["keyup", "click", "focus"]) field.addEventListener(moved, () => this.#hint());
    enter.on("changed", () => this.#hint());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  show(room) {
    if (this.#room === null) this.#adopt(room.slug);
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

  /** Another tab changed this room's draft, which was `before`: what was the same there is the same here. */
  draftElsewhere(slug, before) {
    if (!this.#lent && slug === this.#room?.slug && this.#field.value === (before ?? "")) this.renew();
  }

  /** Shows the draft as it is kept: another tab may have changed it while this one was frozen. */
  renew() {
    if (!this.#lent) this.#put(this.#drafts.get(this.#room.slug));
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
    const before = start > 0 && !/\s/u.test(value[start - 1]) ? " " : "";
    const text = `${before}${word} `;
    this.focus();
    if (document.execCommand("insertText", false, text)) return; // the only way that the browser's "undo" knows
    this.#field.setRangeText(text, start, end, "end");
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  /** Adds to the draft what was written before the scripts ran. */
  #adopt(slug) {
    const early = this.#field.value;
    const draft = this.#drafts.get(slug);
    if (early === "" || early === draft) return;
    this.#precede(this.#drafts.set(slug, draft === "" ? early : `${draft}\n\n${early}`));
  }

  /** The field's text ends that one; the selection stays where it is in it. */
  #precede(text) {
    const { value, selectionStart: start, selectionEnd: end, selectionDirection: direction } = this.#field;
    const by = text.length - value.length;
    if (by === 0) return;
    this.#field.value = text;
    this.#field.setSelectionRange(start + by, end + by, direction);
  }

  #put(text) {
    this.#ease(text.length > this.#far); // before: to write 50,000 lines takes 5 s with dir=auto
    if (this.#field.value !== text) this.#field.value = text; // else the cursor, a composition and "undo" stay
    this.#measure();
  }

  #written() {
    if (!this.#lent) this.#precede(this.#drafts.set(this.#room.slug, this.#field.value));
    this.#measure();
    if (this.#lent) return;
    this.#lastWritten = this.#clock.now();
    if (!this.#telling.running) this.#tellTyping();
  }

  /** At most once in TYPING_EVERY; when that time is over again, if one still types or the others do not know yet. */
  #tellTyping() {
    if (this.#field.value.length <= this.#far && !shows(this.#field.value)) return;
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
    if (event.key !== "Enter" || event.shiftKey || event.altKey) return;
    if (!event.ctrlKey && !event.metaKey && this.#breaksLine()) return;
    event.preventDefault();
    if (!event.repeat) this.#submit(); // a key that is held sends no second message
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
    const text = sendable(this.#field.value, this.#far);
    if (text === "" && this.#lent) return this.#actions.emptied();
    if (text === "" || this.#wrong(text)) {
      this.#measure();
      this.#field.focus();
      return undefined;
    }
    // Handed over before it is cleared: from here on it lives in the unsent list until it is acknowledged.
    const lent = this.#lent;
    if (!this.#actions.submit(this.#room, text) || lent) return undefined;
    this.#telling.clear();
    this.#seenTyping = false; // the message took the sign away
    this.#put(this.#drafts.set(this.#room.slug, ""));
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
    this.#ease(this.#field.value.length > this.#far);
    const text = sendable(this.#field.value, this.#far);
    const wrong = this.#wrong(text);
    const count = !wrong && text.length >= this.#limit * WARN_FROM ? codePoints(text) : 0;
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

  /**
   * A large paste is inserted without the browser's "undo": with it Chromium takes minutes for 10,000 lines, and twice
   * the time for each key behind a megabyte.
   */
  #paste(event) {
    const { data } = event;
    if (!data || event.isComposing) return;
    if (data.length > this.#far) this.#ease(true);
    else if (data.split("\n", LINES).length < LINES) return;
    event.preventDefault();
    this.#field.setRangeText(data, this.#field.selectionStart, this.#field.selectionEnd, "end");
    this.#field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  /** Spares the browser what takes it seconds in a megabyte: to find out each line's direction, and its misspelled words. */
  #ease(isFar) {
    if (isFar === (this.#field.dir !== "auto")) return;
    this.#field.dir = isFar ? getComputedStyle(this.#field).direction : "auto";
    this.#field.spellcheck = !isFar;
  }

  /** CSS sets the limit. To measure a long text takes long: it is as high as the field gets. */
  #grow() {
    const { value, style } = this.#field;
    const long = value.length > LONG || value.split("\n", TALL).length === TALL;
    if (!long) style.blockSize = "auto";
    style.blockSize = long ? "100vh" : `${this.#field.scrollHeight}px`;
  }
}

/**
 * What goes out for what stands in the field: without the blank space around it, and valid Unicode; nothing if nothing of
 * it shows. What is longer than `far` does not go out, and is not looked at any closer.
 */
function sendable(written, far) {
  const text = trimmed(written);
  if (text.length > far) return text;
  if (!shows(text)) return "";
  return text.isWellFormed?.() === false ? text.toWellFormed() : text;
}
