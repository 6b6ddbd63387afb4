/** Two short notes, made by the browser itself: nothing is loaded for them. */
import { onTouch } from "../keys.js";

const KEY = "chatapp.sound";
const NOTES = [659.25, 880]; // Hz
const LENGTH = 0.16; // s
const QUIET = 2000; // ms between two chimes

export class Chime {
  #store;
  #clock;
  #context = null;
  #last = -Infinity;

  /** Browsers let no page sound before somebody has touched it: `root` hears of the first touch. */
  constructor({ root, store, clock }) {
    this.#store = store;
    this.#clock = clock;
    onTouch(root, () => this.on && this.#ready(), { once: true });
  }

  get on() {
    return this.#store.get(KEY) === "on";
  }

  turn(on) {
    if (!on) return this.#store.remove(KEY);
    this.#store.set(KEY, "on");
    this.#last = -Infinity;
    return this.play();
  }

  play() {
    if (!this.on || this.#clock.now() - this.#last < QUIET) return;
    this.#last = this.#clock.now();
    const context = this.#ready();
    if (context?.state !== "closed") NOTES.forEach((note, index) => sound(context, note, index * LENGTH));
  }

  #ready() {
    if (this.#context === null && "AudioContext" in window) this.#context = new AudioContext();
    this.#context?.resume().catch(() => null);
    return this.#context;
  }
}

function sound(context, frequency, delay) {
  if (!context) return;
  const tone = context.createOscillator();
  const volume = context.createGain();
  const start = context.currentTime + delay;
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.12, start + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.001, start + LENGTH);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + LENGTH);
}
