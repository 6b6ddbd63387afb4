/** The palette: one field that goes anywhere and does anything, by a part of its name. */
import { onKey } from "../keys.js";
import { folded } from "../text.js";
import { arrange, element, icon, paintAvatar, part, showModal } from "./parts.js";

const SHOWN = 50; // nobody looks through more: one types another letter
const PAGE = 8;
const KINDS = { "#": "room", "@": "person", ">": "command" };

export class PaletteView {
  #dialog;
  #field;
  #list;
  #status;
  #strings;
  #choices;
  #otherwise;
  #typed;
  #entries = []; // those that are listed, with their elements
  #active = 0;
  #moved = false; // somebody went to the active one; else it is the best
  #chosen = null;

  /**
   * `choices()` gives all there is: `{kind, name, run}`, and what is shown of it: `{icon, person, note, keys, words}`.
   * `otherwise(text)` gives the last one, for a text that is a part of no name.
   * `typed(text)` hears what is looked for, and may have more choices later: then `renew()` lists them.
   */
  constructor({ dialog, opener, strings, choices, otherwise, typed }) {
    this.#dialog = dialog;
    this.#field = part(dialog, "input");
    this.#list = part(dialog, "[role=listbox]");
    this.#status = part(dialog, "[role=status]");
    this.#strings = strings;
    this.#choices = choices;
    this.#otherwise = otherwise;
    this.#typed = typed;
    opener.addEventListener("click", () => this.toggle());
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    this.#field.addEventListener("input", () => {
      this.#find();
      this.#typed(this.#field.value);
    });
    onKey(this.#field, (event) => this.#key(event));
    this.#list.addEventListener("pointermove", (event) => this.#pointed(event));
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  }

  /** Opens or closes it. False if another dialog wants to be answered first. */
  toggle() {
    if (this.#dialog.open) {
      this.#dialog.close();
      return true;
    }
    if (document.querySelector("dialog:modal")) return false;
    this.#field.value = "";
    showModal(this.#dialog, () => this.#closed());
    this.#field.focus();
    this.#find();
    return true;
  }

  /** Lists the choices anew, as long as nobody has moved among them. */
  renew() {
    if (this.#dialog.open && !this.#moved) this.#find();
  }

  #find() {
    const written = this.#field.value.trim();
    const found = matching(this.#choices(), written);
    const shown = found.slice(0, SHOWN);
    if (written !== "" && !(written[0] in KINDS)) shown.push(this.#otherwise(written));
    this.#entries = shown.map((choice, index) => ({ choice, item: this.#item(choice, index) }));
    arrange(this.#list, this.#entries.map(({ item }) => item));
    this.#list.scrollTop = 0;
    const some = shown.length > 0;
    this.#list.hidden = !some;
    this.#field.setAttribute("aria-expanded", String(some));
    this.#status.textContent = some
      ? this.#strings.count("palette.found", Math.max(found.length, shown.length))
      : this.#strings.say("palette.none");
    this.#status.classList.toggle("visually-hidden", some);
    this.#moved = false;
    this.#activate(0);
  }

  #item(choice, index) {
    const mark = choice.person ? element("span", "avatar small") : icon(choice.icon);
    if (choice.person) {
      paintAvatar(mark, choice.person);
      mark.setAttribute("aria-hidden", "true");
    }
    const note = choice.keys
      ? element("span", "palette-note", ...choice.keys.map((key) => element("kbd", "", key)))
      : element("span", "palette-note", choice.note ?? this.#strings.say(`palette.${choice.kind}`));
    const item = element("li", "palette-entry", mark, element("bdi", "palette-name", choice.name), note);
    item.id = `palette-entry-${index}`;
    item.setAttribute("role", "option");
    item.dataset.kind = choice.kind;
    return item;
  }

  #go(index) {
    this.#moved = true;
    this.#activate(index);
  }

  #activate(index) {
    this.#active = index;
    this.#entries.forEach(({ item }, each) => item.setAttribute("aria-selected", String(each === index)));
    const item = this.#entries[index]?.item;
    if (item) {
      this.#field.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }

  #key(event) {
    const last = this.#entries.length - 1;
    const to = {
      ArrowDown: this.#active === last ? 0 : this.#active + 1,
      ArrowUp: this.#active === 0 ? last : this.#active - 1,
      PageDown: Math.min(last, this.#active + PAGE),
      PageUp: Math.max(0, this.#active - PAGE),
    }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (to !== undefined) {
      event.preventDefault();
      if (last >= 0) this.#go(to);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.#run(this.#entries[this.#active]);
    }
  }

  #pointed(event) {
    const index = this.#indexOf(event.target);
    if (index !== -1 && index !== this.#active) this.#go(index);
  }

  #clicked(event) {
    this.#run(this.#entries[this.#indexOf(event.target)]);
  }

  #indexOf(target) {
    const item = target.closest("[role=option]");
    return this.#entries.findIndex((entry) => entry.item === item);
  }

  #run(entry) {
    if (!entry) return;
    this.#chosen = entry.choice;
    this.#dialog.close();
  }

  /** The focus is back where it was: only now, for what is done may want it. */
  #closed() {
    const chosen = this.#chosen;
    this.#chosen = null;
    chosen?.run();
  }
}

/** The choices that fit, the best first: every word that was written is a part of the name, or of what is said of it. */
function matching(choices, written) {
  const kind = KINDS[written[0]];
  const text = kind ? written.slice(1) : written;
  const words = folded(text).split(/\s+/u).filter(Boolean);
  const ranked = [];
  for (const choice of choices) {
    if (kind && choice.kind !== kind) continue;
    const rank = rankOf(choice, words);
    if (rank !== null) ranked.push({ choice, rank });
  }
  ranked.sort((one, other) => one.rank - other.rank); // stable: what fits equally well stays in its order
  return ranked.map(({ choice }) => choice);
}

/** 0: the name begins so; 1: a word of it does; 2: it is inside; 3: only in what else is said of it; null: nowhere. */
function rankOf({ name, words: more = "" }, words) {
  const text = folded(name);
  const around = `${text} ${folded(more)}`;
  let worst = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    const begins = text.split(/[^\p{L}\p{N}]+/u).some((each) => each.startsWith(word));
    const rank = at === 0 ? 0 : begins ? 1 : at > 0 ? 2 : around.includes(word) ? 3 : null;
    if (rank === null) return null;
    worst = Math.max(worst, rank);
  }
  return worst;
}
