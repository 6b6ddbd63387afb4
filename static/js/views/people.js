/** Who is in the open room now. */
import { colours } from "../colours.js";
import { arrange, element, guestMarks, paintAvatar } from "./parts.js";

const SHOWN = 200; // a list of thousands helps nobody; the rest is a number

export class PeopleView {
  #list;
  #counts;
  #more;
  #chat;
  #strings;
  #byName;
  #onFew;
  #made = new Map();

  /** `counts` are the elements that show how many there are; `onFew(room)` may make more people known. */
  constructor({ list, counts, more, chat, strings, locale, onFew }) {
    this.#list = list;
    this.#counts = counts;
    this.#more = more;
    this.#chat = chat;
    this.#strings = strings;
    this.#onFew = onFew;
    this.#byName = new Intl.Collator(locale, { numeric: true }).compare;
  }

  render() {
    const room = this.#chat.open;
    if (!room) return;
    colours.meet(room.members.keys(), room.slug);
    const people = [...room.members].map(([id, name]) => ({ id, name }));
    people.sort((one, other) => this.#order(one, other));
    const shown = people.slice(0, SHOWN);
    const ids = new Set(shown.map(({ id }) => id));
    for (const id of this.#made.keys()) if (!ids.has(id)) this.#made.delete(id);
    arrange(this.#list, shown.map((person) => this.#entry(person)));
    const count = Math.max(room.people, people.length);
    this.#more.hidden = count <= shown.length;
    this.#more.textContent = this.#strings.count("people.more", count - shown.length);
    for (const place of this.#counts) place.textContent = String(count);
    this.#list.classList.toggle("stale", !room.joined);
    this.#onFew(room);
  }

  #order(one, other) {
    return Number(this.#chat.isMe(other.id)) - Number(this.#chat.isMe(one.id)) || this.#byName(one.name, other.name);
  }

  #entry(person) {
    if (!this.#made.has(person.id)) this.#made.set(person.id, makeEntry(person, this.#strings));
    const { item, avatar, name, you } = this.#made.get(person.id);
    if (name.textContent !== person.name) {
      name.textContent = person.name;
      paintAvatar(avatar, person);
    }
    you.textContent = this.#chat.isMe(person.id) ? this.#strings.say("people.you") : "";
    return item;
  }
}

function makeEntry(person, strings) {
  const avatar = element("span", "avatar small");
  avatar.setAttribute("aria-hidden", "true");
  const name = element("bdi", "person-name");
  const you = element("span", "person-you");
  return { item: element("li", "person", avatar, name, ...guestMarks(person, strings), you), avatar, name, you };
}
