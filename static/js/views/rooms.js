/**
 * The list of rooms: one's own with unread counts, then the others, of each the archived ones last; and what of it the
 * button tells that opens it.
 */
import { addressOf } from "../address.js";
import { isolated } from "../strings.js";
import { capped } from "./jump.js";
import { arrange, element, icon, part } from "./parts.js";

export class RoomsView {
  #mine;
  #others;
  #badge;
  #news;
  #chat;
  #strings;
  #byName;
  #made = new Map();

  constructor({ mine, others, opener, chat, strings, locale, onOpen }) {
    this.#mine = mine;
    this.#others = others;
    this.#badge = part(opener, ".opener-badge");
    this.#news = part(opener, ".opener-news");
    this.#chat = chat;
    this.#strings = strings;
    this.#byName = new Intl.Collator(locale, { numeric: true }).compare;
    for (const list of [mine, others]) list.addEventListener("click", (event) => followed(event, onOpen));
  }

  render() {
    const rooms = [...this.#chat.rooms.values()];
    rooms.sort((one, other) => one.archived - other.archived || this.#byName(one.name, other.name));
    const isMine = (room) => room === this.#chat.open || room.read !== null;
    arrange(this.#mine, rooms.filter(isMine).map((room) => this.#entry(room)));
    const others = rooms.filter((room) => !isMine(room));
    arrange(this.#others, others.map((room) => this.#entry(room)));
    this.#others.parentElement.hidden = others.length === 0;
    this.#tellElsewhere(rooms.filter((room) => room !== this.#chat.open));
  }

  /** The addresses of the rooms in the order in which they are listed. */
  get order() {
    const links = [this.#mine, this.#others].flatMap((list) => [...list.querySelectorAll("a[data-slug]")]);
    return links.map((link) => link.dataset.slug);
  }

  /** Where the list is a drawer, its button is all that one sees of it: a number for mentions, a dot for the rest. */
  #tellElsewhere(rooms) {
    const counts = rooms.map((room) => this.#counts(room));
    const sum = (what) => counts.reduce((total, each) => total + each[what], 0);
    const [mentions, unread] = [sum("mentions"), sum("unread")];
    this.#badge.hidden = mentions + unread === 0;
    this.#badge.classList.toggle("call-badge", mentions > 0);
    this.#badge.textContent = mentions ? capped(mentions) : "";
    this.#news.textContent = this.#said({ mentions, unread });
  }

  /** What is new in a room, as far as one wants to hear of it. */
  #counts(room) {
    return {
      mentions: room.level === "none" ? 0 : this.#chat.mentions(room),
      unread: room.level === "all" ? this.#chat.unread(room) : 0,
    };
  }

  #said({ mentions, unread }) {
    const said = (key, count) => (count ? [this.#strings.count(key, count, { n: capped(count) })] : []);
    return [...said("rooms.mentions", mentions), ...said("rooms.unread", unread)].join(", ");
  }

  #entry(room) {
    if (!this.#made.has(room.slug)) this.#made.set(room.slug, makeEntry(room));
    const { item, link, name, call, badge, news } = this.#made.get(room.slug);
    const { mentions, unread } = this.#counts(room);
    const open = room === this.#chat.open;
    if (name.textContent !== room.name) name.textContent = room.name;
    link.classList.toggle("unread", unread > 0 || mentions > 0);
    link.classList.toggle("quiet", room.level === "none");
    part(link, "use").setAttribute("href", room.archived ? "#icon-archive" : "#icon-hash");
    if (open) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    badge.hidden = unread === 0;
    badge.textContent = unread ? capped(unread) : "";
    call.hidden = mentions === 0;
    call.textContent = mentions ? `@${capped(mentions)}` : "";
    const shut = room.archived ? this.#strings.say("browse.archived") : "";
    news.textContent = [shut, this.#said({ mentions, unread })].filter(Boolean).join(", ");
    const people = this.#strings.count("rooms.people", room.people, { name: isolated(room.name) });
    link.title = room.people > 0 && !open ? people : "";
    return item;
  }
}

function makeEntry(room) {
  const name = element("bdi", "room-name");
  const badge = element("span", "badge");
  const call = element("span", "call-badge");
  const news = element("span", "visually-hidden");
  for (const each of [badge, call]) each.setAttribute("aria-hidden", "true");
  const link = element("a", "room", icon("hash"), name, call, badge, news);
  link.href = addressOf(room.slug);
  link.dataset.slug = room.slug;
  return { item: element("li", "", link), link, name, call, badge, news };
}

/** A plain click changes the room in place; with Ctrl, Shift or the middle button the browser does what it does. */
function followed(event, onOpen) {
  const link = event.target.closest("a[data-slug]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  onOpen(link.dataset.slug);
}
