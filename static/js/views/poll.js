/** A poll under its question: what one can choose of, as buttons with a bar behind each, and how it stands. */
import { named } from "../guests.js";
import { arrange, element, part } from "./parts.js";

const NAMED = 12; // people whose names are told of one option

export class PollView {
  #root;
  #list;
  #strings;
  #isMe;
  #actions;
  #message = null;
  #chosen = [];
  #several = false;
  #options = [];

  /** `root` holds `.poll-options`, `.poll-state` and `.poll-close`. `actions`: vote(message, choices), closePoll(message). */
  constructor({ root, strings, isMe, actions }) {
    this.#root = root;
    this.#list = part(root, ".poll-options");
    this.#strings = strings;
    this.#isMe = isMe;
    this.#actions = actions;
    part(root, ".poll-close").addEventListener("click", () => actions.closePoll(this.#message));
  }

  /** `poll` is null where there is none; that of a message which is not stored yet has only its options. */
  show(poll, message) {
    this.#root.hidden = poll === null;
    this.#message = message;
    if (poll === null) return;
    const { options, several = false, anonymous = false, closed = false, voters = 0 } = poll;
    this.#several = several;
    this.#chosen = poll.wished ?? poll.mine ?? [];
    this.#root.setAttribute("aria-label", this.#strings.say(several ? "poll.label.several" : "poll.label.one"));
    while (this.#options.length < options.length) this.#options.push(this.#makeOption(this.#options.length));
    const fixed = closed || message.fixed === true || message.seq === undefined;
    options.forEach((text, index) => this.#option(index, text, poll, fixed));
    arrange(this.#list, this.#options.slice(0, options.length).map(({ item }) => item));
    const notes = [this.#strings.count("poll.voters", voters)];
    if (several && !closed) notes.push(this.#strings.say("poll.several"));
    if (anonymous) notes.push(this.#strings.say("poll.anonymous"));
    if (closed) notes.push(this.#strings.say("poll.closed"));
    part(this.#root, ".poll-state").textContent = notes.join(" · ");
    this.#root.classList.toggle("several", several);
    part(this.#root, ".poll-close").hidden = fixed || !this.#isMe(message.author.id);
  }

  #makeOption(index) {
    const name = element("bdi", "poll-name");
    const count = element("span", "poll-count");
    const bar = element("span", "poll-bar");
    bar.setAttribute("aria-hidden", "true");
    const button = element("button", "poll-option", bar, element("span", "poll-mark"), name, count);
    button.type = "button";
    button.tabIndex = this.#root.closest(".message").tabIndex;
    button.addEventListener("click", () => this.#choose(index));
    return { item: element("li", "", button), button, name, count, bar };
  }

  #option(index, text, { counts = [], voters = 0, people, anonymous }, fixed) {
    const { button, name, count, bar } = this.#options[index];
    const votes = counts[index] ?? 0;
    name.textContent = text;
    count.textContent = String(votes);
    bar.style.setProperty("--part", voters ? String(votes / voters) : "0");
    button.setAttribute("aria-pressed", String(this.#chosen.includes(index)));
    button.setAttribute("aria-disabled", String(fixed));
    const told = this.#strings.count("poll.votes", votes);
    const names = anonymous ? "" : this.#names(people?.[index] ?? [], votes);
    button.setAttribute("aria-label", [text, told, names].filter(Boolean).join(", "));
    button.dataset.tip = [told, names].filter(Boolean).join(": ");
  }

  /** `people` are the first of `count`. */
  #names(people, count) {
    const names = people.slice(0, NAMED).map((person) => named(person, this.#strings));
    if (count > names.length) names.push(this.#strings.count("reactions.more", count - names.length));
    return this.#strings.list(names);
  }

  #choose(index) {
    if (this.#options[index].button.getAttribute("aria-disabled") === "true") return;
    const had = this.#chosen.includes(index);
    const others = this.#several ? this.#chosen.filter((choice) => choice !== index) : [];
    const choices = had ? others : [...others, index];
    this.#actions.vote(this.#message, choices.sort((one, other) => one - other));
  }
}
