/** All rooms, with what they are for, who is there and when something happened last; typing leaves those that fit. */
import { addressOf } from "../address.js";
import { isModified, onKey } from "../keys.js";
import { folded } from "../text.js";
import { arrange, element, icon, part, showModal } from "./parts.js";

export class BrowseView {
  #dialog;
  #field;
  #list;
  #status;
  #chat;
  #strings;
  #formats;
  #byName;
  #actions;
  #made = new Map();
  #more = false; // there are more rooms than are listed

  /** `actions`: find(text, told) asks for the rooms with it in their names and tells whether there are more, goTo(slug). */
  constructor({ dialog, chat, strings, formats, locale, actions }) {
    this.#dialog = dialog;
    this.#field = part(dialog, "input");
    this.#list = part(dialog, ".browse-list");
    this.#status = part(dialog, ".browse-status");
    this.#chat = chat;
    this.#strings = strings;
    this.#formats = formats;
    this.#byName = new Intl.Collator(locale, { numeric: true }).compare;
    this.#actions = actions;
    this.#field.addEventListener("input", () => {
      this.render();
      this.#find();
    });
    onKey(this.#field, (event) => event.key === "Enter" && !isModified(event) && this.#enter(event));
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => this.#clicked(event));
  }

  open() {
    this.#field.value = "";
    showModal(this.#dialog);
    this.#field.focus();
    this.#more = false;
    this.render();
    this.#find();
  }

  #find() {
    this.#actions.find(this.#field.value, (more) => {
      this.#more = more;
      this.render();
    });
  }

  render() {
    if (!this.#dialog.open) return;
    const wanted = folded(this.#field.value.trim());
    const fits = ({ name, topic, slug }) => [name, topic, slug].some((text) => folded(text).includes(wanted));
    const rooms = [...this.#chat.rooms.values()].filter(fits);
    const newest = (one, other) => (other.lastAt ?? "").localeCompare(one.lastAt ?? "");
    rooms.sort((one, other) => one.archived - other.archived || newest(one, other) || this.#byName(one.name, other.name));
    arrange(this.#list, rooms.map((room) => this.#entry(room)));
    const found = this.#strings.count("browse.found", rooms.length);
    this.#status.textContent = this.#more ? this.#strings.say("browse.more", { found }) : found;
  }

  /** Goes to the room whose name was typed, or the only one that fits; from what may be several, to the first in the list. */
  #enter(event) {
    event.preventDefault();
    const links = [...this.#list.querySelectorAll("a")];
    const wanted = folded(this.#field.value.trim());
    const named = links.filter(({ dataset }) => [this.#chat.room(dataset.slug)?.name ?? "", dataset.slug].some((name) => folded(name) === wanted));
    if (named.length === 1) named[0].click();
    else if (links.length === 1 && wanted !== "") links[0].click();
    else links[0]?.focus();
  }

  #entry(room) {
    if (!this.#made.has(room.slug)) this.#made.set(room.slug, makeEntry(room));
    const { item, name, topic, facts } = this.#made.get(room.slug);
    name.textContent = room.name;
    topic.textContent = room.topic;
    topic.hidden = room.topic === "";
    const told = [this.#strings.count("browse.people", room.people)];
    const last = room.lastAt ? new Date(room.lastAt) : null;
    const time = last && `${this.#formats.day(last, new Date())}, ${this.#formats.time(last)}`;
    told.push(last ? this.#strings.say("browse.last", { time }) : this.#strings.say("browse.never"));
    if (room.archived) told.push(this.#strings.say("browse.archived"));
    facts.textContent = told.join(" · ");
    return item;
  }

  #clicked(event) {
    if (event.target === this.#dialog) this.#dialog.close();
    const link = event.target.closest("a[data-slug]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#dialog.close();
    this.#actions.goTo(link.dataset.slug);
  }
}

function makeEntry(room) {
  const name = element("bdi", "browse-name");
  const topic = element("span", "browse-topic");
  topic.dir = "auto";
  const facts = element("span", "browse-facts");
  const link = element("a", "browse-room", icon("hash"), name, topic, facts);
  link.href = addressOf(room.slug);
  link.dataset.slug = room.slug;
  return { item: element("li", "", link), name, topic, facts };
}
