/** A session that was watched: kept while it happens, written as `.jsonl`, read again and played. */
import { Emitter } from "../emitter.js";
import { fits } from "./shapes.js";

export const KEPT = 50_000_000; // characters of a recording: some minutes of a very busy server
const TICK = 50; // ms between two looks at what is due

/** Keeps the texts as they came, the newest `kept` characters of them. */
export class Recorder {
  #clock;
  #kept;
  #began = null;
  #hello = null;
  #entries = [];
  #first = 0; // of #entries that is still kept: taking from the front of an array one by one is slow
  #size = 0;

  constructor({ clock, kept = KEPT }) {
    this.#clock = clock;
    this.#kept = kept;
  }

  /** Takes one text, as it came and as an object. */
  take({ raw, text }) {
    this.#began ??= this.#clock.now();
    const entry = { raw: raw.trimEnd(), came: this.#clock.now() - this.#began };
    if (text.type === "hello") this.#hello = entry;
    this.#entries.push(entry);
    this.#size += entry.raw.length;
    while (this.#size > this.#kept && this.#first < this.#entries.length - 1) {
      this.#size -= this.#entries[this.#first].raw.length;
      this.#first += 1;
    }
    if (this.#first > 1000) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }

  get empty() {
    return this.#entries.length === 0;
  }

  /** The file: each text on its line, with `came` (ms since the first) behind what it says. */
  written() {
    const kept = this.#entries.slice(this.#first);
    if (this.#hello && !kept.includes(this.#hello)) kept.unshift({ ...this.#hello, came: kept[0].came });
    return kept.map(({ raw, came }) => `${raw.slice(0, -1)},"came":${came}}\n`).join("");
  }
}

/** What a file is not a recording for; `line` is its number. */
export class NotARecording extends Error {
  constructor(line) {
    super(`line ${line} is no text of flow.v1`);
    this.line = line;
  }
}

/** The entries `{came, text}` of a file, in the order of time. Raises NotARecording. */
export function read(file) {
  const entries = [];
  let number = 0;
  for (const line of file.split("\n")) {
    number += 1;
    if (line.trim() === "") continue;
    const text = parsed(line);
    if (!fits(text) || !Number.isFinite(text.came) || text.came < 0) throw new NotARecording(number);
    entries.push({ came: text.came, text });
  }
  if (entries.length === 0) throw new NotARecording(1);
  return entries.sort((one, other) => one.came - other.came);
}

/** The file that `read` reads the same entries from. */
export function written(entries) {
  return entries.map(({ text }) => `${JSON.stringify(text)}\n`).join("");
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/**
 * Plays entries. Emits `text` with `{text, quiet}` (quiet: it was jumped over, so that nothing needs to move),
 * `rewound` when all that was told is to be forgotten, and `moved` when position, speed or playing changed.
 */
export class Player extends Emitter {
  #entries;
  #clock;
  #next = 0;
  #timer = null;
  #looked = 0;

  position = 0; // ms since the recording began
  speed = 1;

  constructor({ entries, clock }) {
    super();
    this.#entries = entries;
    this.#clock = clock;
    this.length = entries.at(-1).came;
  }

  get playing() {
    return this.#timer !== null;
  }

  play() {
    if (this.playing) return;
    if (this.position >= this.length) this.seek(0);
    this.#looked = this.#clock.now();
    this.#timer = this.#clock.after(TICK, () => this.#tick());
    this.emit("moved");
  }

  pause() {
    if (this.playing) this.#clock.cancel(this.#timer);
    this.#timer = null;
    this.emit("moved");
  }

  /** Goes to a moment; what lies before it is told at once. */
  seek(position) {
    if (position < this.position) {
      this.#next = 0;
      this.emit("rewound");
    }
    this.position = Math.min(Math.max(0, position), this.length);
    this.#tell({ quiet: true });
    this.emit("moved");
  }

  #tick() {
    const now = this.#clock.now();
    this.position = Math.min(this.length, this.position + (now - this.#looked) * this.speed);
    this.#looked = now;
    this.#tell({ quiet: false });
    this.#timer = this.position < this.length ? this.#clock.after(TICK, () => this.#tick()) : null;
    this.emit("moved");
  }

  #tell({ quiet }) {
    while (this.#next < this.#entries.length && this.#entries[this.#next].came <= this.position) {
      const { text } = this.#entries[this.#next];
      this.#next += 1;
      this.emit("text", { text, quiet });
    }
  }
}
