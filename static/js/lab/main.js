/** The laboratory's page: asks for the state twice a second, shows it, and sends what is pressed. */
import {} from "../compat.js";
import { ask, post } from "../api.js";
import { followTheChat } from "../flow/appearance.js";
import { started } from "../started.js";
import { Strings } from "../strings.js";
import { part } from "../views/parts.js";
import { CardView } from "./card.js";
import { Numbers } from "./figures.js";
import { TileView } from "./tile.js";

const EVERY = 500;

const $ = (selector) => part(document, selector);
const boot = JSON.parse($("#boot").textContent);
const strings = new Strings(boot.strings, boot.locale);
const numbers = new Numbers(boot.locale);
const run = $("#lab-run");
const status = $("#lab-status");
let turn = Promise.resolve();
const overall = {
  deliveries: { place: $("#lab-deliveries"), digits: 0 },
  calls: { place: $("#lab-calls"), digits: 2 },
  cpu: { place: $("#lab-cpu"), digits: 0 },
};

const cards = [...document.querySelectorAll("[data-bug]")].map(
  (root) => new CardView({ root, strings, numbers, onThrow: (name, on) => send("/lab/switch", { name, on }) }),
);
const tiles = [...document.querySelectorAll("[data-number]")].map(
  (root) => new TileView({ root, strings, numbers, onAct: (number, act) => send("/lab/client", { number, do: act }) }),
);
run.addEventListener("click", () => send("/lab/reset", {}));
followTheChat();

function show(state) {
  document.body.dataset.lab = state.running ? "running" : "stopped";
  say(status, `status.${state.running ? "running" : "stopped"}`);
  say(run, state.running ? "run.again" : "run.start");
  const bugs = new Map(state.switches.map((each) => [each.name, each]));
  for (const card of cards) {
    if (state.running) card.show(bugs.get(card.bug));
    else card.rest();
  }
  for (const [at, tile] of tiles.entries()) {
    if (state.running) tile.show(state.clients[at]);
    else tile.rest();
  }
  for (const [name, { place, digits }] of Object.entries(overall)) {
    place.textContent = state.running ? numbers.write(state.overall[name], digits) : "–";
  }
}

/** A status is read aloud when it changes, and only then. */
function say(place, key) {
  const words = strings.say(key);
  if (place.textContent !== words) place.textContent = words;
}

/** One question after the other: an older answer never undoes what a newer one showed. */
function inTurn(question) {
  turn = turn.then(question).then(show, () => say(status, "status.unreachable"));
  return turn;
}

function send(address, body) {
  return inTurn(() => post(address, body));
}

async function look() {
  if (!document.hidden) await inTurn(() => ask("/lab/state"));
  setTimeout(look, EVERY);
}

look();
started();
