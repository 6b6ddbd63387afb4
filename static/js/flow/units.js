/** Times, sizes and numbers as the reader's region writes them, short enough for a diagram. */
import { region } from "../region.js";

export class Units {
  #whole;
  #short;

  constructor(page) {
    const { locale } = region(page);
    this.#whole = new Intl.NumberFormat(locale);
    this.#short = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  }

  count(number) {
    return this.#whole.format(number);
  }

  /** How many of one there are for one of the other: "2.5". */
  ratio(some, others) {
    return this.#short.format(some / others);
  }

  /** "84 µs", "1.24 ms", "3.5 s". */
  time(us) {
    if (us < 1000) return `${this.#short.format(us)} µs`;
    if (us < 1_000_000) return `${this.#short.format(us / 1000)} ms`;
    return `${this.#short.format(us / 1_000_000)} s`;
  }

  /** "3 s", "4 min", "2 h": how long something has lasted. */
  age(us) {
    const seconds = us / 1_000_000;
    if (seconds < 60) return this.time(us);
    if (seconds < 3600) return `${this.#whole.format(Math.floor(seconds / 60))} min`;
    return `${this.#whole.format(Math.floor(seconds / 3600))} h`;
  }

  /** "93 B", "12.4 KB". */
  size(bytes) {
    if (bytes < 1000) return `${this.#whole.format(bytes)} B`;
    if (bytes < 1_000_000) return `${this.#short.format(bytes / 1000)} KB`;
    return `${this.#short.format(bytes / 1_000_000)} MB`;
  }
}
