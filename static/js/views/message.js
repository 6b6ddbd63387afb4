/** One message, with all that stands around its words. */
import { isGuest } from "../guests.js";
import { fromTemplate, paintAvatar, part } from "./parts.js";
import { reach } from "./reach.js";
import { fill } from "./rich.js";
import { Shortened } from "./shortened.js";
import { Trimmings } from "./trimmings.js";

export class MessageView {
  root = fromTemplate("message-template");
  #strings;
  #formats;
  #trimmings;
  #shown = "";
  #text = null;
  #html = null;
  #short;
  #isMe;
  #call = false; // it means the person at this page

  /** `actions` are those of Trimmings, `steady` is Shortened's; `onRetry`, `onDiscard` and `onEdit` are about one that was not sent. */
  constructor({ strings, formats, isMe, actions, steady, onRetry, onDiscard, onEdit }) {
    this.#isMe = isMe;
    this.#strings = strings;
    this.#formats = formats;
    const [text, button] = [part(this.root, ".text"), part(this.root, ".fold")];
    this.#short = new Shortened({ text, button, strings, steady, draw: (whole) => this.#draw(text, whole) });
    this.#trimmings = new Trimmings({ root: this.root, strings, formats, isMe, actions });
    part(this.root, ".fate-retry").addEventListener("click", onRetry);
    part(this.root, ".fate-discard").addEventListener("click", onDiscard);
    part(this.root, ".fate-edit").addEventListener("click", onEdit);
  }

  /** `message` is {author, at: Date, text, html, edited, deleted}, `lead` starts a group, `fate` is null (stored), "sending", "late", … */
  show({ message, lead, mine, call = false, fate, reason, marked = false }) {
    const shown = JSON.stringify([this.#formats.edition, message.author, +message.at, lead, mine, fate, reason]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#frame({ message, lead, mine });
      this.#fate(fate, reason);
    }
    this.root.classList.toggle("call", call);
    const called = call !== this.#call;
    this.#call = call;
    const text = message.deleted ? this.#strings.say("message.deleted") : message.text;
    const html = message.html ?? null;
    if (text !== this.#text || html !== this.#html) {
      this.#text = text;
      this.#html = html;
      this.#short.renew(text);
    } else if (called) {
      this.#point();
    }
    this.#mark(message.seq, marked);
    this.#trimmings.show(message);
  }

  #draw(root, whole) {
    const rest = [];
    const missing = fill(root, { text: this.#text, html: this.#html }, this.#strings, { whole, rest });
    reach(this.root);
    this.#point();
    return { missing, rest };
  }

  /** Where these words stand in the message, as ranges; unfolds it if they would not be seen. */
  find(hits) {
    return this.#short.find(hits);
  }

  /** Prepares the message for paper, or for the screen again. */
  print(on) {
    this.#short.print(on);
  }

  /** Shows where the person at this page is meant. */
  #point() {
    for (const mention of this.root.querySelectorAll(".text .mention")) {
      const people = mention.dataset.people?.split(" ");
      mention.classList.toggle("meant", this.#call && (!people || people.some(this.#isMe)));
    }
  }

  #mark(seq, marked) {
    if (seq !== undefined) this.root.dataset.seq = String(seq);
    this.root.classList.toggle("marked", marked);
    if (marked) this.root.setAttribute("aria-current", "true");
    else this.root.removeAttribute("aria-current");
  }

  #frame({ message: { author, at }, lead, mine }) {
    this.root.classList.toggle("lead", lead);
    this.root.classList.toggle("mine", mine);
    this.root.ariaLive = mine ? "off" : null; // read once, when it is sent, and not again with its markup
    paintAvatar(part(this.root, ".avatar"), author);
    part(this.root, ".author").textContent = author.name;
    part(this.root, ".byline .guest").hidden = !isGuest(author);
    const time = part(this.root, "time");
    time.dateTime = at.toISOString();
    time.textContent = this.#formats.time(at);
    time.title = this.#formats.full(at);
  }

  #fate(fate, reason) {
    this.root.classList.toggle("unsent", fate !== null);
    this.root.classList.toggle("failed", fate === "late" || fate === "refused");
    const footer = part(this.root, ".fate");
    footer.hidden = fate === null || fate === "sending";
    part(footer, ".fate-edit").hidden = fate !== "refused"; // any other may still arrive
    part(footer, ".fate-text").textContent = footer.hidden ? "" : this.#strings.say(`fate.${fate}`, { reason });
  }
}
