/** All emoji and their names, asked for when the first is looked for; and which of them this person uses. */
import { folded } from "./text.js";

const KEY = "chatapp.emoji"; // those that were used, with their weight
const KEPT = 24;
// Where people look first: faces, hands and people, things and animals, ways, old signs; the flags are many.
const BLOCKS = [0x1f600, 0x1f90c, 0x1f440, 0x1f970, 0x1f300, 0x1f680, 0x2190, 0x23, 0x1f100, 0x1f1e6];
const INSIDE_FROM = 3; // characters of a query that may stand in the middle of a word
const FADES = 0.9; // what a use weighs after each that follows
const USUAL = ["👍", "❤️", "😂", "🎉", "😮", "😢", "👏", "🙏", "👀", "✅", "🔥", "🤔"]; // until one has used others

export class EmojiBook {
  #load;
  #store;
  #loaded = null;
  #table = []; // what was loaded

  /** `load()` promises `[[sign, name, …], …]`. */
  constructor({ load, store }) {
    this.#load = load;
    this.#store = store;
  }

  /**
   * The emoji with a name that the query is a part of, the best first: `{sign, name}`. What is short, or a number, begins a
   * word of the name: `:DD` and `:30` are no part of one. Rejects if there is no answer.
   */
  async search(query, most) {
    const wanted = folded(query);
    const worst = wanted.length < INSIDE_FROM || isNumber(wanted) ? 2 : 3;
    const rank = ({ plain }) => {
      const found = rankOf(plain, wanted);
      return found <= worst ? found : Infinity;
    };
    return this.#best(await this.#all(), rank).slice(0, most);
  }

  /** Waits for the table, from which `find` and `names` answer at once. Rejects if there is no answer. */
  async ready() {
    this.#table = await this.#all();
  }

  /** All with a name that has every word of the query in it, or that are it; whole names and beginnings come first. */
  find(query) {
    const words = folded(query).split(/[\s_:-]+/).filter(Boolean);
    if (words.length === 0) return this.#table;
    return this.#best(this.#table, ({ plain }, sign) => (sign === query.trim() ? 0 : rankOfWords(plain, words)));
  }

  /** Those with a name that has a rank, by the best of these; of equal ones first the used, and then the shortly named. */
  #best(entries, rankOfName) {
    const used = this.often(KEPT);
    const ranked = [];
    for (const { sign, names } of entries) {
      const ranks = names.map((each) => rankOfName(each, sign));
      const rank = Math.min(...ranks);
      if (rank === Infinity) continue;
      const { name } = names[ranks.indexOf(rank)];
      ranked.push({ sign, name, rank, used: used.includes(sign) ? used.indexOf(sign) : KEPT });
    }
    return ranked.sort((one, other) => one.rank - other.rank || one.used - other.used || one.name.length - other.name.length);
  }

  /** The names of an emoji, in words; none before the table is there. */
  names(sign) {
    const names = this.#table.find((entry) => entry.sign === sign)?.names ?? [];
    return [...new Set(names.map(({ name }) => name.replaceAll("_", " ")))];
  }

  /** Those that are used most of late, and then the usual ones. */
  often(most) {
    return [...new Set([...this.#used().keys(), ...USUAL])].slice(0, most);
  }

  /** One was used. */
  note(sign) {
    const used = new Map([...this.#used()].map(([each, weight]) => [each, weight * FADES]));
    used.set(sign, (used.get(sign) ?? 0) + 1);
    const heaviest = [...used].sort(([, one], [, other]) => other - one).slice(0, KEPT);
    this.#store.set(KEY, JSON.stringify(heaviest));
  }

  /** The weight by the sign, the heaviest first. */
  #used() {
    try {
      const used = JSON.parse(this.#store.get(KEY) ?? "[]");
      return new Map(used.filter(([sign, weight]) => typeof sign === "string" && Number.isFinite(weight)));
    } catch {
      return new Map(); // somebody else wrote there
    }
  }

  #all() {
    this.#loaded ??= this.#load().then(
      (entries) => entries.map(([sign, ...names]) => ({ sign, names: names.map(readable) })).sort(bySight),
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

/** Also what is no name: a time of the day, a port. */
function isNumber(text) {
  return /^\d+$/u.test(text);
}

/** 0: the whole name, 1: its beginning, 2: the beginning of a word in it, 3: any part of it. */
function rankOf(name, wanted) {
  if (!name.includes(wanted)) return Infinity;
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.split(/[_-]/).some((word) => word.startsWith(wanted)) ? 2 : 3;
}

/** Emoji of one kind stand together, in the order of their code points. */
function bySight(one, other) {
  const [left, right] = [one, other].map(({ sign }) => sign.codePointAt(0));
  return blockOf(left) - blockOf(right) || left - right;
}

function blockOf(point) {
  const starts = BLOCKS.filter((start) => start <= point);
  return BLOCKS.indexOf(Math.max(...starts));
}

/** The best rank that one of the words has, if the name has them all; the whole name is best. */
function rankOfWords(name, words) {
  if (words.join("_") === name.replaceAll("-", "_")) return 0;
  const ranks = words.map((word) => rankOf(name, word));
  return ranks.includes(Infinity) ? Infinity : 1 + Math.max(...ranks);
}

/** What completes `:shortcodes` in a text field. */
export function emojiSource(book) {
  return {
    // A name begins with a letter or a digit, but for two: `:-D` and `:-P` are faces already.
    // A quotation mark before it opens a quotation: in `"a":ok` it does not.
    pattern: /(?:^|[\s(>]|(?:^|[\s(])["'])(?<whole>:(?<query>[+-]1|[\p{L}\p{N}][\p{L}\p{N}_+-]{1,39}))$/u,
    find: async (query) =>
      (await book.search(query, 8)).map(({ sign, name }) => ({
        insert: `${sign} `,
        exact: name === query && !isNumber(query),
        children: [sign, ` :${name}:`],
        taken: () => book.note(sign),
      })),
  };
}
