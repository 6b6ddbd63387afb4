/** The search page: the address says what is looked for, the field changes it, the results follow. */
import {} from "../compat.js";
import { at } from "../address.js";
import { ask, Problem } from "../api.js";
import { followTheChat } from "../flow/appearance.js";
import { Formats, zone } from "../formats.js";
import { guardKeys, isModified, onKey } from "../keys.js";
import { watchPrinting } from "../printing.js";
import { openStore } from "../store.js";
import { started } from "../started.js";
import { Strings } from "../strings.js";
import { part } from "../views/parts.js";
import { SearchPosition } from "./position.js";
import { ResultsView } from "./results.js";

const MINUTE = 60_000;
const PAUSE = 200; // ms without a key until it is looked for

const $ = (selector) => part(document, selector);
const boot = JSON.parse($("#boot").textContent);
const strings = new Strings(boot.strings, boot.locale);
const field = $("#search-field");
const help = $("#search-help");
const more = $("#search-more");
const name = document.title;
const formats = new Formats(boot.locale);
const results = new ResultsView({
  list: $("#search-results"),
  notes: $("#search-notes"),
  status: $("#search-status"),
  strings,
  formats,
});
const position = new SearchPosition({ store: openStore("sessionStorage"), results });
let asked = null; // what the results answer, or will
let next = null; // where the page after them begins
let turn = 0; // an answer that is not to the last question is not shown
let timer = null;

/** Looks for what stands in the field, unless that is done already. `again`: the reader comes back to it. */
async function look({ again = false } = {}) {
  clearTimeout(timer);
  const line = field.value;
  if (line === asked) return;
  if (asked !== null) position.keep(asked);
  asked = line;
  next = null;
  document.title = line.trim() ? `${strings.say("title", { query: line.trim() })} · chatapp` : name;
  if (!line.trim()) {
    turn += 1;
    results.clear();
    more.hidden = true;
    return;
  }
  const answer = await question({ q: line });
  if (!answer) return;
  if (results.focused >= 0) field.focus(); // what had the focus goes
  results.show(answer, wordsOf(line));
  if (again) await comeBack(position.of(line));
}

/** Goes to where the reader was among these results, which may be some pages on. */
async function comeBack(kept) {
  if (!kept) return;
  while (results.count < kept.count && next !== null) {
    const answer = await question({ q: asked, before: next });
    if (!answer) return;
    results.append(answer);
  }
  results.restore(kept);
}

/** The plain words of a query, without its operators. */
function wordsOf(line) {
  const plain = line.split(/\s+/u).filter((term) => !/^-|:/u.test(term));
  return plain.flatMap((term) => term.match(/[\p{L}\p{N}]+/gu) ?? []);
}

async function older() {
  const first = results.count;
  const answer = await question({ q: asked, before: next });
  if (!answer) return;
  results.append(answer);
  results.focus(first);
}

/** The answer, or null if it is not wanted any more or did not come. */
async function question(query) {
  turn += 1;
  const mine = turn;
  results.wait();
  try {
    const wanted = () => mine === turn;
    const answer = await ask(`/api/search?${new URLSearchParams({ ...query, zone: zone() })}`, { wanted, evenBusy: true });
    if (mine !== turn) return null;
    next = answer.next;
    more.hidden = next === null;
    return answer;
  } catch (error) {
    if (mine !== turn) return null;
    if (query.before === undefined) asked = null; // the same may be tried again
    results.fail(error instanceof Problem && error.message ? error.message : strings.say("failed"));
    return null;
  }
}

/** Somebody may have travelled, or it is another day. */
function rewrite() {
  formats.renew();
  results.rewrite();
}

/** The address of this search, to be kept or sent to somebody. */
function address() {
  return at(field.value ? `/search?${new URLSearchParams({ q: field.value })}` : "/search");
}

function fromAddress({ again }) {
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  look({ again });
}

$("#search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (address() !== location.pathname + location.search) history.pushState(null, "", address());
  look();
});
field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    history.replaceState(null, "", address());
    look();
  }, PAUSE);
});
help.addEventListener("click", ({ target }) => {
  if (!target.matches(".search-example")) return;
  const before = field.value.trimEnd();
  field.value = `${before}${before ? " " : ""}${target.textContent}`;
  field.focus();
  field.dispatchEvent(new Event("input"));
});
more.addEventListener("click", older);
addEventListener("popstate", () => fromAddress({ again: true }));
addEventListener("pagehide", () => asked !== null && position.keep(asked));
for (const event of ["focus", "visibilitychange", "languagechange"]) addEventListener(event, rewrite);
setInterval(rewrite, MINUTE);
guardKeys(document);
onKey(document, (event) => {
  if (isModified(event)) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const here = results.focused;
  if (step && (here >= 0 || (event.target === field && step > 0))) {
    event.preventDefault();
    if (here + step < 0) field.focus();
    else results.focus(here + step);
  } else if (event.key === "Escape" && event.target !== field) {
    field.focus();
  }
});

help.open = !new URLSearchParams(location.search).get("q");
followTheChat();
watchPrinting(".hit");
if (matchMedia("(pointer: fine)").matches) field.focus();
if (field.value === "") fromAddress({ again: performance.getEntriesByType("navigation")[0]?.type !== "navigate" });
else look(); // it was typed before the scripts ran
started();
