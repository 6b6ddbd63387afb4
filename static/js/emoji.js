/** All emoji and their names, asked for when the first is looked for; and which of them this person uses. */
import { folded } from "./text.js";

const KEY = "chatapp.emoji"; // those that were used last, the newest first
const KEPT = 24;
const USUAL = ["👍", "❤️", "😂", "🎉", "😮", "😢", "👏", "🙏"]; // until one has used others

export class EmojiBook {
  #load;
  #store;
  #loaded = null;

  /** `load()` promises `[[sign, name, …], …]`. */
  constructor({ load, store }) {
    this.#load = load;
    this.#store = store;
  }

  /** The emoji with a name that the query is a part of, the best first: `{sign, name}`. Rejects if there is no answer. */
  async search(query, most) {
    const wanted = folded(query);
    const used = this.often(KEPT);
    const ranked = [];
    for (const { sign, names } of await this.#all()) {
      let best = null;
      for (const { name, plain } of names) {
        const rank = rankOf(plain, wanted);
        if (rank < (best?.rank ?? Infinity)) best = { sign, name, rank };
      }
      if (best) ranked.push({ ...best, used: used.includes(sign) ? used.indexOf(sign) : KEPT });
    }
    ranked.sort((one, other) => one.rank - other.rank || one.used - other.used || one.name.length - other.name.length);
    return ranked.slice(0, most);
  }

  /** Those that are used most recently, and then the usual ones. */
  often(most) {
    return [...new Set([...this.#used(), ...USUAL])].slice(0, most);
  }

  /** One was used. */
  note(sign) {
    this.#store.set(KEY, JSON.stringify([...new Set([sign, ...this.#used()])].slice(0, KEPT)));
  }

  #used() {
    try {
      const used = JSON.parse(this.#store.get(KEY) ?? "[]");
      return Array.isArray(used) ? used.filter((each) => typeof each === "string") : [];
    } catch {
      return [];
    }
  }

  #all() {
    this.#loaded ??= this.#load().then(
      (entries) => entries.map(([sign, ...names]) => ({ sign, names: names.map(readable) })),
      (problem) => {
        this.#loaded = null; // the next one asks again
        throw problem;
      },
    );
    return this.#loaded;
  }
}

function readable(name) {
  return { name, plain: folded(name) };
}

/** 0: the whole name, 1: its beginning, 2: the beginning of a word in it, 3: any part of it. */
function rankOf(name, wanted) {
  if (!name.includes(wanted)) return Infinity;
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.split(/[_-]/).some((word) => word.startsWith(wanted)) ? 2 : 3;
}

/** What completes `:shortcodes` in a text field. */
export function emojiSource(book) {
  return {
    pattern: /(?:^|[\s("'>])(?<whole>:(?<query>[\p{L}\p{N}_+-]{2,40}))$/u,
    find: async (query) =>
      (await book.search(query, 8)).map(({ sign, name }) => ({
        insert: `${sign} `,
        children: [sign, ` :${name}:`],
        taken: () => book.note(sign),
      })),
  };
}
