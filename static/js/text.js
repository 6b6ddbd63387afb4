/** What can be told from a text without a document: its length, a person's initials and hue. */

/** The length in code points, as the server counts it (a JavaScript string counts an emoji as two or more). */
export function codePoints(text) {
  let count = text.length;
  for (let index = 1; index < text.length; index += 1) {
    const isPair = (text.charCodeAt(index) & 0xfc00) === 0xdc00 && (text.charCodeAt(index - 1) & 0xfc00) === 0xd800;
    if (isPair) count -= 1;
  }
  return count;
}

/** A text without the empty lines before it and the blank space behind it, in linear time, which `\s+$` does not take. */
export function trimmed(text) {
  const begin = text.lastIndexOf("\n", text.search(/\S/u));
  return text.slice(begin + 1).trimEnd();
}

const SHOWN = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\u{1d159}]/u;

/** Does a reader see anything of a text? The server rejects a message that shows nothing. */
export function shows(text) {
  return SHOWN.test(text);
}

/** Accents and other marks, and skin tones, which stand on what is before them; format characters between them show nothing. */
const MARK = "[\\p{M}\\p{Emoji_Modifier}]";

/** What matches more than so many marks in a row, and captures those within the limit. */
export function towers(limit) {
  return new RegExp(`(${MARK}(?:\\p{Cf}*${MARK}){${limit - 1}})(?:\\p{Cf}*${MARK})+`, "gu");
}

const FOLDED = 1000; // characters, more than a name or a topic has: to sort their accents takes quadratic time

/** Equal for what is written the same but for case and accents: "Comunicação" and "comunicacao". */
export function folded(text) {
  return text.slice(0, FOLDED).normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Does a text end inside a fence, code that has begun and not ended (CommonMark 0.31, section 4.5)? */
export function openFence(text) {
  if (!text.includes("```") && !text.includes("~~~")) return false; // mostly; this takes no time
  let open = null;
  for (const [, marks, behind] of text.matchAll(/(?<![^\n]) {0,3}(`{3,}|~{3,})([^\n]*)/g)) {
    if (!open) open = marks[0] === "`" && behind.includes("`") ? null : marks;
    else if (marks.startsWith(open) && behind.trim() === "") open = null;
  }
  return open !== null;
}

/** Firefox has no segmenter before 125. */
const graphemes = Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

/**
 * What Unicode takes for one character (UAX #29), for browsers without a segmenter: a flag, a syllable of Hangul, or a
 * character with what belongs to it: marks, skin tones, the tags of a flag, further emoji behind joiners, and in scripts
 * of India the consonants that a virama joins.
 */
const CLUSTER = new RegExp(
  "^(?:\\p{RI}{2}|[\u1100-\u115f]+[\u1160-\u11a7]*[\u11a8-\u11ff]*" +
    "|.(?:[\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d]\u200d?\\p{L}|\u200d\\p{Extended_Pictographic}" +
    "|\\p{M}|\\p{EMod}|[\u200c\u200d\u{e0020}-\u{e007f}])*)",
  "su",
);

/** One or two initials: "Ana Prado" gives "AP". A letter with a tower of accents gives the letter with three. */
export function initials(name, segmenter = graphemes) {
  const words = name.trim().split(/[\s\p{Pd}_.]+/u).filter(Boolean);
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : [words[0] ?? name];
  return chosen.map((word) => firstGrapheme(word, segmenter).toLocaleUpperCase()).join("");
}

function firstGrapheme(word, segmenter) {
  const first = segmenter ? segmenter.segment(word)[Symbol.iterator]().next().value?.segment : word.match(CLUSTER)?.[0];
  return (first ?? "").replace(/(\p{M}{3})\p{M}+/gu, "$1");
}

/** A hue in degrees, the same for the same id everywhere (FNV-1a, then spread over 24 hues that differ visibly). */
export function hue(id) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0;
  }
  return ((hash ^ (hash >>> 15)) % 24) * 15;
}
