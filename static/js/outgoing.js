/**
 * The commands that were handed to sending and are not acknowledged yet. They outlive the page: each has a storage
 * key of its own, so that two tabs never write over one another's, and the name of the tab that sends it.
 */
import { Emitter } from "./emitter.js";

const LATE_AFTER = 10_000;

/**
 * An entry is `{nonce, room, command, note, at, author, name, tab, late, refusal}`: `command` is what the server gets besides
 * room and nonce, `note` what only the page needs, `late` true when nothing happened for 10 s, `refusal` a sentence
 * when the server said no. Emits `changed` with the room's slug, and `refused` with the entry.
 */
export class Outgoing extends Emitter {
  #entries = [];
  #timers = new Map();
  #prefix;
  #store;
  #clock;
  #makeNonce;
  #newest = 0;

  /** `prefix` begins the keys under which they are stored. */
  constructor({ prefix, store, clock, makeNonce }) {
    super();
    this.#prefix = prefix;
    this.#store = store;
    this.#clock = clock;
    this.#makeNonce = makeNonce;
  }

  /** `author` is an id, `name` what that person is called. */
  add({ room, command, note = null, author, name = "", tab }) {
    // Strictly growing, so that the order survives two messages in one millisecond and a clock that is set back.
    this.#newest = Math.max(this.#clock.now(), this.#newest + 1);
    const kept = { nonce: this.#makeNonce(), room, command, note, at: this.#newest, author, name, tab };
    const entry = { ...kept, late: false, refusal: null };
    this.#keep(entry);
    this.#entries.push(entry);
    this.#watch(entry);
    this.emit("changed", room);
    return entry;
  }

  /** Takes over what this person left unsent in this tab before, or in tabs that are gone. */
  adopt({ author, tab, others }) {
    const found = this.#left(others).filter((entry) => entry.author === author);
    for (const { nonce, room, command, note, at, name } of found) {
      const entry = { nonce, room, command, note, at, author, name, tab, late: false, refusal: null };
      this.#keep(entry);
      this.#entries.push(entry);
      this.#newest = Math.max(this.#newest, at);
      this.#watch(entry);
    }
    this.#entries.sort((one, other) => one.at - other.at);
    for (const room of new Set(found.map(({ room }) => room))) this.emit("changed", room);
  }

  /** What other people than `author`, or that person under a lost identity, left unsent in tabs that are gone; oldest first. */
  abandoned({ author, others }) {
    return this.#left(others).filter((entry) => entry.author !== author).sort((one, other) => one.at - other.at);
  }

  /** Removes an abandoned entry for good. Tells whether it was there: another tab may have been first. */
  forget(nonce) {
    const isThere = this.#store.get(this.#prefix + nonce) !== null;
    this.#store.remove(this.#prefix + nonce);
    return isThere;
  }

  /** What is stored and not of this page, nor of one of the `others` that are open. */
  #left(others) {
    const had = new Set(this.#entries.map(({ nonce }) => nonce));
    const stored = this.#store.keys(this.#prefix).map((key) => parsed(this.#store.get(key)));
    return stored.filter((entry) => entry && !had.has(entry.nonce) && !others.has(entry.tab));
  }

  /** The author has said yes to what the server asked: it calls everybody. */
  confirm(nonce) {
    const entry = this.find(nonce);
    if (!entry) return;
    entry.command = { ...entry.command, all: true };
    this.#keep(entry);
  }

  find(nonce) {
    return this.#entries.find((entry) => entry.nonce === nonce) ?? null;
  }

  of(room) {
    return this.#entries.filter((entry) => entry.room === room);
  }

  /** The rooms that something waits to go to. */
  rooms() {
    return new Set(this.#entries.map(({ room }) => room));
  }

  /** The next to send, in the order they were written; a room that cannot be reached holds up no other. */
  next(reachable) {
    return this.#entries.find((entry) => !entry.refusal && reachable(entry.room)) ?? null;
  }

  /** The entry is stored by the server, or given up by its author: it is no more. */
  remove(nonce) {
    const entry = this.find(nonce);
    if (!entry) return false;
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#clearTimer(nonce);
    this.#store.remove(this.#prefix + nonce);
    this.emit("changed", entry.room);
    return true;
  }

  refuse(nonce, reason) {
    const entry = this.find(nonce);
    if (!entry) return;
    entry.refusal = reason;
    this.#clearTimer(nonce);
    this.emit("changed", entry.room);
    this.emit("refused", entry);
  }

  /** The author wants it to be tried again. */
  revive(nonce) {
    const entry = this.find(nonce);
    if (!entry) return;
    entry.refusal = null;
    this.#watch(entry);
    this.emit("changed", entry.room);
  }

  /** Something moved: what still waits is not late, it only waits for its turn. */
  renew() {
    for (const entry of this.#entries) {
      if (entry.refusal) continue;
      const wasLate = entry.late;
      this.#watch(entry);
      if (wasLate) this.emit("changed", entry.room);
    }
  }

  #keep({ nonce, room, command, note, at, author, name, tab }) {
    this.#store.set(this.#prefix + nonce, JSON.stringify({ nonce, room, command, note, at, author, name, tab }));
  }

  #watch(entry) {
    this.#clearTimer(entry.nonce);
    entry.late = false;
    const becomeLate = () => {
      entry.late = true;
      this.emit("changed", entry.room);
    };
    this.#timers.set(entry.nonce, this.#clock.after(LATE_AFTER, becomeLate));
  }

  #clearTimer(nonce) {
    this.#clock.cancel(this.#timers.get(nonce));
    this.#timers.delete(nonce);
  }
}

/** An entry as it was kept, or null if somebody else wrote there. */
function parsed(text) {
  try {
    const entry = JSON.parse(text);
    const strings = [entry.nonce, entry.room, entry.command.type, entry.author, entry.tab];
    return strings.every((value) => typeof value === "string") && Number.isFinite(entry.at) ? entry : null;
  } catch {
    return null;
  }
}

/** 128 random bits; getRandomValues works on plain http, where crypto.randomUUID does not exist. */
export function randomNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
