/** The words that led to a message: they stand in its address, and are looked for in what is drawn of it. */
const MOST = 8; // words in an address
const LONGEST = 80; // characters of one

/** The fragment of an address for these words, such as `#hit=one&hit=two`; empty for none. */
export function fragmentOf(hits) {
  const words = [...new Set(hits)].filter((word) => word.trim() !== "" && word.length <= LONGEST).slice(0, MOST);
  return words.length === 0 ? "" : `#${new URLSearchParams(words.map((word) => ["hit", word]))}`;
}

/** The words in such a fragment. */
export function hitsOf(fragment) {
  const words = new URLSearchParams(fragment.slice(1)).getAll("hit");
  return words.filter((word) => word !== "" && word.length <= LONGEST).slice(0, MOST);
}

/** Where these words stand in the text nodes of `root`, as ranges in order; `most` of them at most. */
export function rangesOf(root, hits, most = 200) {
  if (hits.length === 0) return [];
  const pattern = new RegExp(hits.map(patternOf).join("|"), "giu");
  const ranges = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && ranges.length < most) {
    for (const { index, 0: found } of walker.currentNode.data.matchAll(pattern)) {
      const range = document.createRange();
      range.setStart(walker.currentNode, index);
      range.setEnd(walker.currentNode, index + found.length);
      ranges.push(range);
      if (ranges.length === most) break;
    }
  }
  return ranges;
}

/** A word is looked for at the beginning of words, as the search does. */
function patternOf(word) {
  const literal = word.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
  return /^[\p{L}\p{N}]/u.test(word) ? `(?<![\\p{L}\\p{N}])${literal}` : literal;
}
