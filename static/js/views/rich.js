/**
 * The words of a message: text, or the HTML that the server made of it and sanitised. What is markup, a link among it,
 * the server alone decides. This is the one place of the page that takes HTML: the page's policy (Trusted Types, see the
 * headers) lets nobody else.
 */
import { copied } from "./clipboard.js";
import { cut } from "./cut.js";
import { element, icon } from "./parts.js";

const FOLDED = 20; // lines that are shown of a long text, as the style sheet has it
const LINE = 28; // characters that fit into a line of the narrowest screen, if they are wide ones
const COPIED_FOR = 2000;

const policy = globalThis.trustedTypes?.createPolicy("sanitised", { createHTML: (html) => html });

/**
 * Puts into `root` what a message says: the `whole` of it, or what does not take long to draw. Tells whether anything is
 * missing; the text that was cut off is added to `rest`.
 */
export function fill(root, { text, html }, strings, { whole = true, rest = [] } = {}) {
  const made = html ? fromHtml(html) : document.createDocumentFragment();
  if (!html) made.append(text);
  const codes = [...made.querySelectorAll("pre")].map((code) => [code, code.textContent]);
  const missing = !whole && cut(made, rest);
  for (const [code, text] of codes) {
    if (!made.contains(code)) continue; // it was cut off
    putIntoBox(code, text, strings);
    putNumbers(code);
  }
  root.replaceChildren(made);
  for (const box of root.querySelectorAll("pre, .formula")) scrolling.observe(box);
  root.classList.toggle("rich", Boolean(html));
  return missing;
}

function fromHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return template.content;
}

/** May a text need more than FOLDED lines? Only then it is worth while to measure it. */
export function maybeLong(text) {
  let lines = text.length / LINE;
  for (let at = text.indexOf("\n"); at !== -1 && lines < FOLDED; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines >= FOLDED - 1;
}

/** Puts numbers beside the lines of code, if it has several. */
function putNumbers(code) {
  const lines = code.textContent.split("\n").length;
  if (lines > 1) code.dataset.lines = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
}

/** Gives code the name of its language, and a button that copies `text`, which is all of it. */
function putIntoBox(code, text, strings) {
  const box = element("div", "code");
  const [, language] = /\blanguage-([\w-]+)/.exec(code.firstElementChild?.className ?? "") ?? [];
  if (language) box.dataset.language = language;
  const button = element("button", "code-copy", icon("copy"));
  const label = (key) => {
    button.setAttribute("aria-label", strings.say(key));
    button.title = strings.say(key);
  };
  button.type = "button";
  label("code.copy");
  button.addEventListener("click", async () => {
    if (!(await copied(text))) return;
    button.replaceChildren(icon("check"));
    label("code.copied");
    setTimeout(() => {
      button.replaceChildren(icon("copy"));
      label("code.copy");
    }, COPIED_FOR);
  });
  code.replaceWith(box);
  box.append(code, button);
}

/** What scrolls can be reached by the keyboard, and only that. */
const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
