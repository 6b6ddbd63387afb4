/** What is measured of each bug: the figure that is drawn, from which value on it is bad, and how it is written. */
import { region } from "../region.js";

/**
 * `key` is the figure that is drawn, on a scale that ends no lower than at `floor`. A value over `bad` says that the bug
 * shows: of that figure, or of `judged`, where the drawn one depends on the machine.
 */
export const FIGURES = {
  under_lock: { key: "silence", bad: 900, floor: 2000, digits: { silence: 1 }, scale: { silence: 0.001 } },
  bare_list: { key: "wrong", bad: 0, floor: 3, digits: {} },
  two_writers: { key: "broken", bad: 0, floor: 8, digits: {} },
  no_heartbeat: { key: "oldest", bad: 4.5, floor: 9, digits: { oldest: 1 } },
  no_resume: { key: "lost", bad: 0, floor: 15, digits: {} },
  encode_each: { key: "cpu", judged: "encodings", bad: 1.5, floor: 12, digits: { cpu: 1 } },
  call_each: { key: "calls", bad: 0.85, floor: 1.5, digits: { calls: 2, deliveries: 0 } },
};

/** Numbers as the reader's region writes them. */
export class Numbers {
  #locale;
  #formats = new Map();

  constructor(locale) {
    this.#locale = region(locale).locale;
  }

  write(number, digits = 0) {
    if (!this.#formats.has(digits)) {
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      this.#formats.set(digits, new Intl.NumberFormat(this.#locale, options));
    }
    return this.#formats.get(digits).format(number);
  }

  /** All figures of a bug, written, by name. */
  figures(bug, figures) {
    const { digits, scale = {} } = FIGURES[bug];
    const written = Object.entries(figures).map(([name, value]) => [
      name,
      this.write(value * (scale[name] ?? 1), digits[name]),
    ]);
    return Object.fromEntries(written);
  }
}
