/**
 * Which colour an avatar has: one of COLOURS, distinct within a room as long as there are enough.
 *
 * Everybody prefers colours in an order that is made of their id. In a room each takes the first that nobody there has,
 * and keeps it. People who become known together take turns in an order that is made of their ids too, so that all pages
 * that know the same people come to the same colours; a page on which somebody was known earlier may differ in those who
 * prefer the same colour. This browser remembers the colours of the last rooms, by hashes of the ids.
 */
import { openStore } from "./store.js";

const HUES = 10;
const TONES = 3;
export const COLOURS = HUES * TONES;
const STEP = 7; // between a person's first, second, … colour: no common divisor with COLOURS, another tone and hue each
const PEOPLE_KEPT = 100; // of a room, those who became known last
const PEOPLE_AT_ONCE = 2_000; // of a room, in memory
const ROOMS_KEPT = 40; // rooms, the last ones: 60 KB of the browser's storage at most
const KEY = "chatapp.colours";
const NONE = new Array(COLOURS).fill(0); // uses of colours where nobody is

export class Colours {
  #store;
  #rooms = new Map(); // slug -> Map of a person's hash -> number of a colour; the room used last is last
  #open = "";
  #loaded = false;

  constructor(store) {
    this.#store = store;
  }

  /** That room is open: it is meant where none is named. */
  enter(slug) {
    this.#open = slug;
  }

  /** These people are known in a room from now on. */
  meet(ids, slug = this.#open) {
    const room = this.#room(slug);
    const fresh = [...new Set([...ids].map(hashOf))].filter((hash) => !room.has(hash));
    if (fresh.length === 0) return;
    const uses = new Array(COLOURS).fill(0);
    for (const colour of room.values()) uses[colour] += 1;
    for (const hash of fresh.sort((one, other) => one - other)) {
      const colour = preferred(hash, uses);
      uses[colour] += 1;
      room.set(hash, colour);
      if (room.size > PEOPLE_AT_ONCE) room.delete(room.keys().next().value);
    }
    this.#keep(slug);
  }

  /** The colour of a person in a room, or the one they prefer: {hue: degrees, tone: 0 light, 1 middle, 2 dark}. */
  of(id, slug = this.#open) {
    const hash = hashOf(id);
    const colour = this.#room(slug).get(hash) ?? preferred(hash, NONE);
    return { hue: (colour % HUES) * (360 / HUES), tone: Math.floor(colour / HUES) };
  }

  #room(slug) {
    this.#load();
    if (!this.#rooms.has(slug)) this.#rooms.set(slug, new Map());
    return this.#rooms.get(slug);
  }

  #load() {
    if (this.#loaded) return;
    this.#loaded = true;
    for (const [slug, people] of stored(this.#store.get(KEY))) this.#rooms.set(slug, people);
  }

  #keep(slug) {
    const room = this.#rooms.get(slug);
    this.#rooms.delete(slug);
    this.#rooms.set(slug, room);
    const rooms = [...this.#rooms].slice(-ROOMS_KEPT);
    this.#store.set(KEY, JSON.stringify(rooms.map(([name, people]) => [name, [...people].slice(-PEOPLE_KEPT).flat()])));
  }
}

/** The page's. */
export const colours = new Colours(openStore("localStorage"));

/** Of the colours that are used least, the one that comes first in the order of that hash. */
function preferred(hash, uses) {
  const least = Math.min(...uses);
  let colour = hash % COLOURS;
  while (uses[colour] > least) colour = (colour + STEP) % COLOURS;
  return colour;
}

/** FNV-1a, folded: 32 bits, the same for the same id everywhere. */
function hashOf(id) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** What was kept, [slug, Map] each; nothing if somebody else wrote there. */
function stored(text) {
  try {
    return JSON.parse(text).map(([slug, flat]) => {
      const people = new Map();
      for (let at = 0; at + 1 < flat.length; at += 2) {
        if (!(flat[at + 1] >= 0 && flat[at + 1] < COLOURS)) throw new Error("no such colour");
        people.set(flat[at], Math.trunc(flat[at + 1]));
      }
      return [slug, people];
    });
  } catch {
    return [];
  }
}
