/** What stands around a message's text: what it answers, that it was edited, its reactions, and what waits for it. */
import { isGuest, named } from "../guests.js";
import { arrange, element, part } from "./parts.js";
import { PollView } from "./poll.js";

const NAMED = 12; // people whose names are told of one reaction

export class Trimmings {
  #root;
  #strings;
  #formats;
  #isMe;
  #actions;
  #message = null;
  #shown = "";
  #chips = new Map(); // emoji -> {item, button, number}
  #poll;

  /**
   * `actions`: jump(message), versions(message), react(message, emoji, on), pick(message, button),
   * vote(message, choices), closePoll(message), retryDeed(nonce), discardDeed(nonce).
   */
  constructor({ root, strings, formats, isMe, actions }) {
    this.#root = root;
    this.#strings = strings;
    this.#formats = formats;
    this.#isMe = isMe;
    this.#actions = actions;
    this.#poll = new PollView({ root: part(root, ".poll"), strings, isMe, actions });
    part(root, ".quote").addEventListener("click", () => actions.jump(this.#message));
    part(root, ".edited").addEventListener("click", () => actions.versions(this.#message));
    part(root, ".reactions-add").addEventListener("click", (event) => actions.pick(this.#message, event.currentTarget));
    part(root, ".deed-retry").addEventListener("click", () => actions.retryDeed(this.#message.deed.nonce));
    part(root, ".deed-discard").addEventListener("click", () => actions.discardDeed(this.#message.deed.nonce));
  }

  show(message) {
    const { seq, quote, edited, deleted, reactions, deed, pinned, poll, fixed } = message;
    this.#message = message;
    const shown = JSON.stringify([this.#formats.edition, seq, quote, edited, deleted, reactions, deed, pinned, poll, fixed]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#root.classList.toggle("deleted", deleted === true);
    part(this.#root, ".pinned").hidden = deleted === true || !pinned;
    this.#poll.show(deleted ? null : (poll ?? null), message);
    this.#quote(quote);
    this.#edited(deleted ? null : edited);
    this.#reactions(deleted ? [] : (reactions ?? []));
    this.#deed(deed);
  }

  #quote(quote) {
    const button = part(this.#root, ".quote");
    button.hidden = !quote;
    if (!quote) return;
    part(button, ".quote-author").textContent = quote.author.name;
    part(button, ".guest").hidden = !isGuest(quote.author);
    part(button, ".quote-text").textContent = quote.text || this.#strings.say("quote.deleted");
    button.classList.toggle("gone", !quote.text);
  }

  #edited(at) {
    const button = part(this.#root, ".edited");
    button.hidden = !at;
    if (at) button.title = this.#strings.say("edited.at", { time: this.#formats.full(new Date(at)) });
  }

  #reactions(reactions) {
    const list = part(this.#root, ".reactions");
    list.hidden = reactions.length === 0;
    const kept = new Set(reactions.map(({ emoji }) => emoji));
    for (const emoji of this.#chips.keys()) if (!kept.has(emoji)) this.#chips.delete(emoji);
    const add = part(this.#root, ".reactions-add").parentElement;
    const items = [...list.children];
    const at = items.findIndex((item) => item.contains(document.activeElement));
    add.hidden = this.#message.fixed === true;
    arrange(list, [...reactions.map((reaction) => this.#chip(reaction)), add]);
    if (at < 0 || (items[at].isConnected && !list.hidden)) return;
    const next = list.hidden ? this.#root : part(items.slice(at).find((item) => item.isConnected), "button");
    next.focus({ preventScroll: true }); // what had the focus is gone
  }

  #chip({ emoji, count, people, mine = false }) {
    if (!this.#chips.has(emoji)) this.#chips.set(emoji, this.#makeChip(emoji));
    const { item, button, number } = this.#chips.get(emoji);
    button.tabIndex = this.#root.tabIndex;
    button.setAttribute("aria-pressed", String(mine));
    button.setAttribute("aria-disabled", String(this.#message.fixed === true));
    button.dataset.tip = `${emoji} ${this.#names(people, count, mine)}`;
    button.setAttribute("aria-label", `${button.dataset.tip} (${count})`);
    number.textContent = String(count);
    return item;
  }

  #makeChip(emoji) {
    const number = element("span", "chip-count");
    const button = element("button", "chip", element("span", "emoji", emoji), number);
    button.type = "button";
    button.addEventListener("click", () => {
      if (this.#message.fixed) return;
      this.#actions.react(this.#message, emoji, button.getAttribute("aria-pressed") !== "true");
    });
    return { item: element("li", "", button), button, number };
  }

  /** "You, Bia and 48,998 more": `people` are the first of `count`. */
  #names(people, count, mine) {
    const own = mine ? [this.#strings.say("reactions.you")] : [];
    const others = people.filter(({ id }) => !this.#isMe(id)).map((person) => named(person, this.#strings));
    const names = [...own, ...others].slice(0, NAMED);
    const rest = count - names.length;
    return this.#strings.list(rest > 0 ? [...names, this.#strings.count("reactions.more", rest)] : names);
  }

  #deed(deed) {
    const footer = part(this.#root, ".deed");
    const waits = deed !== undefined && (deed.fate !== "sending" || deed.type === "delete");
    footer.hidden = !waits;
    this.#root.classList.toggle("waiting", deed !== undefined && ["edit", "delete"].includes(deed.type));
    footer.classList.toggle("failed", waits && deed.fate === "refused");
    if (!waits) return;
    const failed = deed.fate === "refused";
    const key = failed ? `deed.${deed.type}.refused` : deed.fate === "sending" ? "deed.deleting" : `deed.${deed.fate}`;
    part(footer, ".deed-text").textContent = this.#strings.say(key, { reason: deed.reason, emoji: deed.emoji });
    part(footer, ".deed-retry").hidden = deed.fate === "sending";
    part(footer, ".deed-discard").hidden = deed.fate === "sending";
  }
}
