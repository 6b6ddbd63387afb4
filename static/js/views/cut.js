/**
 * Cuts off what would take long to draw, and would be folded away. A browser takes 15 s to lay out 10,000 skin tones in
 * a row, and 0.25 s for as many accents or for one Arabic word of that length; what an element takes is linear: 15 µs,
 * 25 in a formula, 80 for a link and 550 for a piece of code.
 */
import { towers } from "../text.js";

const BUDGET = 40_000; // of the units below, each of which is some 0.25 µs in Chromium: 10 ms
const LETTER = 1; // up to U+02FF
const SIGN = 16; // any other character: from 2,500 in one word on, shaping them dominates
const LINE = 400;
const ELEMENT = 60;
const ELEMENTS = { math: 100, a: 250, pre: 2_000 }; // links are reached by Tab; code has a box, a button and numbers
const MARKS = 20; // in a row; the server takes no more, but older logs have them

const SIGNS = /[^\0-\u02ff]/u;
const TOWERS = towers(MARKS);

/**
 * Leaves of `root` what is worth BUDGET, and of towers of marks the lower part; tells whether anything is missing. Adds
 * the text that was cut off the end to `rest`.
 */
export function cut(root, rest = []) {
  let left = BUDGET;
  let missing = false;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node.parentNode.localName === "math" ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) {
      missing = flatten(node) || missing;
      const fitting = fit(node.data, left);
      if (fitting.length < node.data.length) {
        rest.push(node.data.slice(fitting.length));
        node.data = `${fitting.data}…`;
        removeBehind(node, root, rest);
        return true;
      }
      left -= fitting.cost;
    } else {
      const cost = ELEMENTS[node.localName] ?? ELEMENT;
      left -= node.localName === "math" ? cost * (1 + node.getElementsByTagName("*").length) : cost;
      if (left >= 0) continue;
      rest.push(node.textContent);
      removeBehind(node, root, rest);
      node.replaceWith("…");
      return true;
    }
  }
  return missing;
}

/** Takes the upper part from towers of marks. */
function flatten(node) {
  if (!SIGNS.test(node.data)) return false;
  const flat = node.data.replace(TOWERS, "$1");
  if (flat.length === node.data.length) return false;
  node.data = flat;
  return true;
}

/** The beginning of a text that costs at most so much: {data, length, cost}. */
function fit(text, most) {
  let cost = 0;
  let length = 0;
  for (const character of text) {
    cost += character === "\n" ? LINE : character < "\u0300" ? LETTER : SIGN;
    if (cost > most) break;
    length += character.length;
  }
  return { data: text.slice(0, length), length, cost };
}

/** Removes from `root` all that comes after a node, and adds its text to `rest`. */
function removeBehind(node, root, rest) {
  for (let at = node; at !== root; at = at.parentNode) {
    while (at.nextSibling) {
      rest.push(at.nextSibling.textContent);
      at.nextSibling.remove();
    }
  }
}
