/** The keyboard's shortcuts: one table, which the handlers and the help both read. */

import { onKey } from "./keys.js";

const MODIFIERS = ["mod", "alt", "shift"];
const KEY = "chatapp.single-keys";

// Where a shortcut counts. `typing`: in a field; `composer`: that field is the message's; `beside`: in a side's list,
// which has keys of its own; `message`: on one, to which Tab leads.
const everywhere = () => true;
const reading = ({ typing }) => !typing;
const overMessages = ({ typing, composer, beside }) => !beside && (!typing || composer);
const inMessages = ({ typing, beside }) => !beside && !typing;
const writing = ({ composer }) => composer;
const onMessage = ({ message }) => message;
const inEmptyField = ({ composer, empty }) => composer && empty;

/** `keys` are `mod` (Ctrl, on a Mac Cmd), `alt`, `shift` and one key as `KeyboardEvent.key` names it, joined by "+". */
export const SHORTCUTS = [
  { id: "palette", keys: ["mod+k"], where: everywhere },
  { id: "search", keys: ["/"], where: reading },
  { id: "help", keys: ["?", "mod+/"], where: everywhere },
  { id: "room.previous", keys: ["alt+ArrowUp"], where: everywhere },
  { id: "room.next", keys: ["alt+ArrowDown"], where: everywhere },
  { id: "unread.previous", keys: ["alt+shift+ArrowUp"], where: everywhere },
  { id: "unread.next", keys: ["alt+shift+ArrowDown"], where: everywhere },
  { id: "page.up", keys: ["PageUp"], where: overMessages },
  { id: "page.down", keys: ["PageDown"], where: overMessages },
  { id: "newest", keys: ["End"], where: inMessages },
  { id: "message.previous", keys: ["ArrowUp"], where: onMessage },
  { id: "message.next", keys: ["ArrowDown"], where: onMessage },
  { id: "message.menu", keys: ["Enter", "ContextMenu", "shift+F10"], where: onMessage },
  { id: "write", keys: ["c"], where: reading },
  { id: "edit-last", keys: ["ArrowUp"], where: inEmptyField },
  { id: "leave", keys: ["Escape"], where: writing },
];

/** Listens to the keyboard. What nobody has bound does nothing, and is not in the help. */
export class Shortcuts {
  #field;
  #store;
  #isMac;
  #bound = new Map();

  /** `field` is where messages are written; `platform` the browser's word for the machine it runs on. */
  constructor({ root, field, store, platform }) {
    this.#field = field;
    this.#store = store;
    this.#isMac = /mac|iphone|ipad/i.test(platform);
    onKey(root, (event) => this.#pressed(event));
  }

  /** `run(event)` is called when the keys of that row are pressed; if it gives false, the browser does what it does. */
  bind(id, run) {
    if (!SHORTCUTS.some((row) => row.id === id)) throw new Error(`no shortcut is ${id}`);
    this.#bound.set(id, run);
  }

  /** Shortcuts of a single letter or sign may be switched off: who speaks to the machine would press them by chance. */
  get singleKeys() {
    return this.#store.get(KEY) !== "off";
  }

  set singleKeys(on) {
    if (on) this.#store.remove(KEY);
    else this.#store.set(KEY, "off");
  }

  /** The rows that work, each with its keys as they are written on this machine's keyboard. */
  list() {
    return SHORTCUTS.filter(({ id }) => this.#bound.has(id)).map(({ id, keys }) => ({ id, keys: this.#written(keys) }));
  }

  /** The first keys of a row as they are written, or null if it does not work. */
  written(id) {
    return this.list().find((row) => row.id === id)?.keys[0] ?? null;
  }

  #written(keys) {
    const usable = keys.filter((combination) => this.singleKeys || !isSingle(combination));
    return usable.map((combination) => combination.split("+").map((key) => this.#cap(key)));
  }

  #cap(key) {
    const caps = this.#isMac ? { mod: "⌘", alt: "⌥", shift: "⇧" } : { mod: "Ctrl", alt: "Alt", shift: "Shift" };
    const others = { ArrowUp: "↑", ArrowDown: "↓", PageUp: "Page Up", PageDown: "Page Down", Escape: "Esc", ContextMenu: "Menu" };
    return caps[key] ?? others[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  }

  #pressed(event) {
    if (event.defaultPrevented) return;
    const inDialog = event.target.closest?.("dialog, [popover]") || document.querySelector("dialog:modal");
    const place = this.#place(event.target);
    for (const { id, keys, where } of SHORTCUTS) {
      const run = this.#bound.get(id);
      const combination = run && keys.find((each) => this.#matches(event, each));
      if (!combination || (inDialog && id !== "palette")) continue;
      if (isSingle(combination) && (place.typing || !this.singleKeys)) continue;
      if (!where(place)) continue;
      if (run(event) !== false) event.preventDefault();
      return;
    }
  }

  #place(target) {
    const composer = target === this.#field;
    const typing = composer || target.isContentEditable || Boolean(target.closest?.("input, textarea, select"));
    return {
      typing,
      composer,
      empty: this.#field.value === "",
      beside: Boolean(target.closest?.("nav, aside")),
      message: Boolean(target.classList?.contains("message")),
    };
  }

  #matches(event, combination) {
    const parts = combination.split("+");
    const key = parts.at(-1);
    const mod = this.#isMac ? event.metaKey : event.ctrlKey;
    const other = this.#isMac ? event.ctrlKey : event.metaKey;
    if (key.length === 1 && !parts.includes("mod")) {
      // A sign, wherever the keyboard has it: with Shift, or with AltGr, which Windows tells as Ctrl and Alt.
      const held = mod || other || event.altKey;
      return event.key === key && (!held || event.getModifierState("AltGraph"));
    }
    const held = { mod, alt: event.altKey, shift: event.shiftKey };
    if (other || MODIFIERS.some((name) => held[name] !== parts.includes(name) && !isSign(key, name))) return false;
    return event.key.toLowerCase() === key.toLowerCase() || event.code === codeOf(event, key);
  }
}

function isSingle(combination) {
  return combination.length === 1;
}

/** Some keyboards have the sign over another key. */
function isSign(key, modifier) {
  return modifier === "shift" && /^[^\p{L}]$/u.test(key);
}

/** On a keyboard of another script the letter is found by its place. */
function codeOf(event, key) {
  return /^[a-z]$/.test(key) && !/^\p{ASCII}$/u.test(event.key) ? `Key${key.toUpperCase()}` : null;
}
