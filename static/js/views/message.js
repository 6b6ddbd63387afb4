/** One message: the only place that turns what people wrote into elements, and it does so by text nodes alone. */
import { pieces } from "../text.js";
import { element, fromTemplate, paintAvatar, part } from "./parts.js";

export class MessageView {
  root = fromTemplate("message-template");
  #strings;
  #formats;
  #shown = "";
  #text = null;

  constructor({ strings, formats, onRetry, onDiscard }) {
    this.#strings = strings;
    this.#formats = formats;
    part(this.root, ".fate-retry").addEventListener("click", onRetry);
    part(this.root, ".fate-discard").addEventListener("click", onDiscard);
  }

  /** `message` is {author, at: Date, text, edited, deleted}, `lead` starts a group, `fate` is null (stored), "sending", "late", … */
  show({ message, lead, mine, fate, reason }) {
    const shown = JSON.stringify([message.author, +message.at, lead, mine, fate, reason]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#frame({ message, lead, mine });
      this.#fate(fate, reason);
    }
    const text = message.deleted ? this.#strings.say("message.deleted") : message.text;
    this.root.classList.toggle("deleted", message.deleted ?? false);
    part(this.root, ".edited").hidden = !message.edited;
    if (text !== this.#text) {
      this.#text = text;
      part(this.root, ".text").replaceChildren(...pieces(text).map(node));
    }
  }

  #frame({ message: { author, at }, lead, mine }) {
    this.root.classList.toggle("lead", lead);
    this.root.classList.toggle("mine", mine);
    paintAvatar(part(this.root, ".avatar"), author);
    part(this.root, ".author").textContent = author.name;
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
    part(this.root, ".fate-text").textContent = footer.hidden ? "" : this.#strings.say(`fate.${fate}`, { reason });
  }
}

function node({ text, href }) {
  if (!href) return document.createTextNode(text);
  const link = element("a", "", text);
  link.href = href;
  link.rel = "noopener nofollow ugc";
  link.target = "_blank";
  return link;
}
