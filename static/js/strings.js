/** The page's sentences in the person's language, as the server put them into the page; numbers as the person's region has them. */
import { region } from "./region.js";

export class Strings {
  #table;
  #plurals;
  #lists;
  #numbers;

  constructor(table, locale) {
    this.#table = table;
    this.#plurals = new Intl.PluralRules(locale);
    this.#lists = new Intl.ListFormat(locale, { type: "conjunction" });
    this.#numbers = new Intl.NumberFormat(region(locale).locale);
  }

  /** The sentence `key`, its `{places}` filled from `values`. */
  say(key, values = {}) {
    const sentence = this.#table[key] ?? key;
    return sentence.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
  }

  has(key) {
    return key in this.#table;
  }

  /** The form of `key` that fits the number `n`, which fills `{n}` unless `values` says otherwise; none is many, or `zero`. */
  count(key, n, values = {}) {
    // By the rules Portuguese says "0 pessoa", which nobody writes.
    const form = `${key}.${n === 0 ? "zero" : this.#plurals.select(n)}`;
    return this.say(form in this.#table ? form : `${key}.other`, { n: this.#numbers.format(n), ...values });
  }

  /** "Ana, Bia and Caio". */
  list(names) {
    return this.#lists.format(names);
  }
}

/** A person's words inside a sentence of ours: isolated, so that their writing direction stays theirs. */
export function isolated(words) {
  return `\u2068${words}\u2069`;
}
