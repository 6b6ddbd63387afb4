/** The list of the messages that mean one, newest first, a page at a time. */
import { addressOf } from "../address.js";
import { capped } from "./jump.js";
import { element, guestMarks, paintAvatar, part, showModal } from "./parts.js";

export class MentionsView {
  #dialog;
  #list;
  #status;
  #more;
  #badge;
  #words;
  #strings;
  #formats;
  #load;
  #nameOf;
  #calls;
  #before = null;

  /**
   * `load(before)` promises `{mentions, more}`, `nameOf(slug)` is a room's name, `calls()` gives the words that mean the
   * person, `onOpen({slug, seq, hits})` goes to a message.
   */
  constructor({ dialog, opener, strings, formats, load, nameOf, calls, onOpen }) {
    this.#dialog = dialog;
    this.#list = part(dialog, ".mentions");
    this.#status = part(dialog, "[role=status]");
    this.#more = part(dialog, ".more");
    this.#badge = part(opener, ".call-badge");
    this.#words = part(opener, ".visually-hidden");
    this.#strings = strings;
    this.#formats = formats;
    this.#load = load;
    this.#nameOf = nameOf;
    this.#calls = calls;
    opener.addEventListener("click", () => this.open());
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    this.#more.addEventListener("click", () => this.#next());
    this.#list.addEventListener("click", (event) => this.#followed(event, onOpen));
  }

  /** How many of them one has not seen. */
  count(unread) {
    this.#badge.hidden = unread === 0;
    this.#badge.textContent = unread === 0 ? "" : capped(unread);
    this.#words.textContent = unread === 0 ? "" : this.#strings.count("mentions.unread", unread, { n: capped(unread) });
  }

  open() {
    this.#list.replaceChildren();
    this.#before = null;
    showModal(this.#dialog);
    this.#next();
  }

  async #next() {
    const before = this.#before;
    this.#more.hidden = true;
    this.#status.textContent = this.#strings.say("mentions.loading");
    const page = await this.#load(before).catch((problem) => ({ problem }));
    if (before !== this.#before || !this.#dialog.open) return;
    if (page.problem) {
      const forbidden = page.problem.code === "forbidden"; // a guest has no such list
      this.#status.textContent = forbidden ? page.problem.message : this.#strings.say("ask.unreachable");
      this.#more.hidden = forbidden;
      return;
    }
    const items = page.mentions.map((mention) => this.#item(mention));
    this.#list.append(...items);
    this.#before = page.mentions.at(-1)?.id ?? before;
    this.#more.hidden = !page.more;
    const none = this.#list.childElementCount === 0;
    this.#status.textContent = none ? this.#strings.say("mentions.none") : "";
    if (before !== null) items[0]?.firstElementChild.focus();
  }

  #item({ line, message: { room, seq, at, author } }) {
    const avatar = element("span", "avatar");
    paintAvatar(avatar, author, room);
    avatar.setAttribute("aria-hidden", "true");
    const moment = new Date(at);
    const time = element("time", "", `${this.#formats.day(moment, new Date())}, ${this.#formats.time(moment)}`);
    time.dateTime = at;
    const name = element("bdi", "author", author.name);
    const place = element("bdi", "mention-room", `#${this.#nameOf(room)}`);
    const about = element("span", "byline", name, ...guestMarks(author, this.#strings), " ", place, " ", time);
    const words = element("span", "mention-text", line);
    words.dir = "auto";
    const link = element("a", "mention-link", avatar, about, words);
    link.href = addressOf(room, seq, this.#calls());
    link.dataset.slug = room;
    link.dataset.seq = String(seq);
    return element("li", "", link);
  }

  #followed(event, onOpen) {
    const link = event.target.closest("a[data-slug]");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const place = { slug: link.dataset.slug, seq: Number(link.dataset.seq), hits: this.#calls() };
    this.#dialog.addEventListener("close", () => onOpen(place), { once: true });
    this.#dialog.close();
  }
}
