/** Builds the parts of the page `/flow` and hands each to the next: the only file that knows them all. */
import {} from "../compat.js";
import { at, socketAt } from "../address.js";
import { browserClock as clock } from "../clock.js";
import { started } from "../started.js";
import { openStore } from "../store.js";
import { Strings } from "../strings.js";
import { part } from "../views/parts.js";
import { followTheChat } from "./appearance.js";
import { Cadence } from "./cadence.js";
import { Choice } from "./choice.js";
import { sha1 } from "./digest.js";
import { download } from "./download.js";
import { handIn } from "./key.js";
import { NotARecording, Player, read, Recorder, written } from "./recording.js";
import { Recognition } from "./recognition.js";
import { Seen } from "./state.js";
import { Stream } from "./stream.js";
import { Units } from "./units.js";
import { wireAbout } from "./views/about.js";
import { AnatomyView } from "./views/anatomy.js";
import { DotsView } from "./views/dots.js";
import { FramesView } from "./views/frames.js";
import { GuideView } from "./views/guide.js";
import { HandshakeView } from "./views/handshake.js";
import { HouseView } from "./views/house.js";
import { InspectorView } from "./views/inspector.js";
import { LockView } from "./views/lock.js";
import { OutboxesView } from "./views/outboxes.js";
import { PickerView } from "./views/picker.js";
import { ReplayView } from "./views/replay.js";
import { StatusView } from "./views/status.js";
import { TerminalView } from "./views/terminal.js";
import { ThreadsView } from "./views/threads.js";
import { ToolbarView } from "./views/toolbar.js";
import { WaterfallView } from "./views/waterfall.js";

const LARGEST_FILE = 200_000_000; // bytes: four times what a recording keeps

const $ = (selector) => part(document, selector);
const boot = JSON.parse($("#boot").textContent);
const strings = new Strings(boot.strings, boot.locale);
const units = new Units(boot.locale);
const asked = new URLSearchParams(location.search);

// Stream or recording → what was seen.

const seen = new Seen();
const choice = new Choice();
let recorder = new Recorder({ clock });
let player = null;
let recording = null; // the entries that are played
let chosenWasHere = false; // the chosen client was in a snapshot
const stream = new Stream({
  url: socketAt("/flow/socket"),
  WebSocket,
  allowed: mayLook,
  clock,
  random: Math.random,
});
const recognition = new Recognition({ seen, stream, me, clock });

// What was seen → views.

const common = { seen, choice, strings, units };
const nameOf = (id) => seen.client(id)?.name ?? strings.say("client.number", { n: id });
const slowMotion = matchMedia("(prefers-reduced-motion: reduce)");
const picture = $("#picture");
const inspector = new InspectorView({ root: $("#inspector"), ...common, actions: { goOn, showFlow } });
const house = new HouseView({ picture, ...common, onStation: (name) => inspector.station(name) });
const dots = new DotsView({
  picture,
  house,
  strings,
  still: () => slowMotion.matches,
  onPress: (trip) => inspector.trip(trip),
});
const picker = new PickerView({ fields: document.querySelectorAll(".client-field"), ...common });
const handshake = new HandshakeView({ root: $("#handshake-card"), ...common, digest: sha1 });
const anatomy = new AnatomyView({ root: $("#anatomy"), strings, units });
const frames = new FramesView({
  table: $("#frames-table"),
  empty: $("#frames-empty"),
  rtt: $("#frames-rtt"),
  pong: $("#frames-pong"),
  ...common,
  anatomy,
});
const waterfall = new WaterfallView({
  field: $("#waterfall-flow"),
  table: $("#waterfall-table"),
  empty: $("#waterfall-empty"),
  facts: $("#waterfall-facts"),
  more: $("#waterfall-more"),
  ...common,
  carried: (flow) => inspector.carried(flow),
  nameOf,
});
const threads = new ThreadsView({
  table: $("#threads-table"),
  totals: $("#threads-totals"),
  more: $("#threads-more"),
  ...common,
  nameOf,
});
const lock = new LockView({
  facts: $("#lock-facts"),
  charts: { waited: $("#lock-waited"), held: $("#lock-held") },
  table: $("#lock-last"),
  ...common,
});
const outboxes = new OutboxesView({
  table: $("#outboxes-table"),
  bound: $("#outboxes-bound"),
  more: $("#outboxes-more"),
  evictions: $("#outboxes-evictions"),
  ...common,
  nameOf,
});
const terminal = new TerminalView({
  list: $("#terminal-lines"),
  empty: $("#terminal-empty"),
  ...common,
  actions: { showFlow, showClient },
});
const toolbar = new ToolbarView({
  root: $("#tools"),
  strings,
  units,
  store: openStore("localStorage"),
  actions: {
    pause,
    slow: (times) => {
      dots.slow = times;
    },
    step: () => dots.step(),
    save,
    open: openFile,
    guide: () => guide.open(),
  },
});
const status = new StatusView({
  words: $("#state-words"),
  more: $("#state-more"),
  counts: $("#house-counts"),
  problem: $("#problem"),
  ...common,
});
const replay = new ReplayView({ root: $("#replay"), strings, live: !boot.replay, actions: { pause, leave } });
const guide = new GuideView({ root: $("#guide"), opener: $("#guide-open"), strings, seen });
wireAbout(document, strings);
followTheChat();

// What a change changes on the page.

const cadence = new Cadence({ clock, IntersectionObserver });
const draw = {
  house: cadence.add($("#house"), () => {
    house.render();
    dots.redraw();
    picker.render();
    status.count(dots.skipped);
  }),
  handshake: cadence.add($("#handshake"), () => handshake.render()),
  frames: cadence.add($("#frames"), () => frames.render()),
  waterfall: cadence.add($("#waterfall"), () => waterfall.render()),
  threads: cadence.add($("#threads"), () => threads.render()),
  lock: cadence.add($("#lock"), () => lock.render()),
  outboxes: cadence.add($("#outboxes"), () => outboxes.render()),
  terminal: cadence.add($("#terminal"), () => terminal.render()),
};
const drawSoon = (...names) => names.forEach((name) => draw[name]());

seen.on("hello", ({ again }) => {
  if (again) choice.chooseClient(null); // a server that began anew begins its numbers anew
  askForClient();
  drawSoon("outboxes");
});
seen.on("snapshot", () => {
  drawSoon("house", "threads", "lock", "outboxes", "frames");
  if (!choice.paused || player !== null) picker.render();
  tellState();
  const left = chosenWasHere && seen.client(choice.client) === null;
  chosenWasHere = seen.client(choice.client) !== null;
  // What is left of a client in a recording is what there is to look at.
  if (choice.client === null || (left && player === null)) {
    choose(seen.snapshot.clients.find(({ own }) => own)?.id ?? null);
  }
});
seen.on("flows", ({ flows, quiet }) => {
  if (!quiet) for (const flow of flows) dots.add(flow);
  drawSoon("house", "waterfall");
});
seen.on("frames", () => {
  if (player !== null || choice.client === null) choose(seen.watched); // what was watched then is what there is
  drawSoon("frames");
});
seen.on("handshake", () => {
  if (choice.client === null) choose([...seen.handshakes.keys()].at(-1));
  drawSoon("handshake");
});
seen.on("lines", () => drawSoon("terminal"));
seen.on("happened", ({ what, quiet }) => {
  if (what.kind === "connected") recognition.look();
  drawSoon("outboxes");
  if (quiet || choice.paused) return;
  if (what.kind === "connected") house.pulse("door");
  if (what.kind === "evicted") house.pulse("outbox");
});
seen.on("error", ({ detail }) => status.problem(detail));
seen.on("forgot", () => {
  dots.clear();
  inspector.rest();
  frames.forget();
  drawSoon(...Object.keys(draw));
});
choice.on("client", () => {
  chosenWasHere = seen.client(choice.client) !== null;
  askForClient();
  frames.forget();
  for (const view of [picker, house, handshake, frames]) view.render();
});
choice.on("flow", () => waterfall.render());
choice.on("paused", () => {
  toolbar.paused(choice.paused);
  dots.pause(choice.paused);
  cadence.hold(choice.paused && player === null); // a recording that stands still tells nothing new by itself
});
stream.on("text", (text) => {
  if (seen.take(text.text)) recorder.take(text);
  else console.warn("not of flow.v1:", text.raw.slice(0, 200)); // whoever changes the server sees it at once
});
stream.on("state", tellState);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && recognition.look());
slowMotion.addEventListener("change", () => dots.redraw());

function tellState() {
  status.show(player === null ? stream.state : "replaying");
}

// What the viewer does.

function choose(client) {
  if (client !== null) choice.chooseClient(client);
}

/** The server tells of one client's frames and handshake only when asked. */
function askForClient() {
  stream.send({ type: "watch", client: choice.client });
  if (choice.client !== null) stream.send({ type: "handshake", client: choice.client });
}

function pause(paused) {
  choice.pause(paused);
  if (player === null) return;
  if (paused) player.pause();
  else player.play();
}

function goOn(trip) {
  dots.hold(trip, false);
  inspector.rest();
}

function showFlow(id) {
  choice.chooseFlow(id);
  show("waterfall");
}

function showClient(id) {
  choice.chooseClient(id);
  show("handshake");
}

function show(section) {
  $(`#${section}`).scrollIntoView({ block: "start" });
  $(`#${section}-title`).focus({ preventScroll: true });
}

function save() {
  const content = recording === null ? recorder.written() : written(recording);
  download(`chatapp-flow-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.jsonl`, content);
}

async function openFile(file) {
  status.problem("");
  try {
    if (file.size > LARGEST_FILE) throw new NotARecording(1);
    startReplay(read(await file.text()));
  } catch (problem) {
    if (!(problem instanceof NotARecording)) throw problem;
    status.problem(strings.say("replay.broken", { n: units.count(problem.line) }));
  }
}

function startReplay(entries) {
  player?.pause();
  stream.close();
  forgetAll();
  recording = entries;
  player = new Player({ entries, clock });
  player.on("text", ({ text, quiet }) => seen.take(text, { quiet }));
  player.on("rewound", () => seen.forget());
  replay.show(player);
  tellState();
  player.seek(0);
  player.play();
}

function leave() {
  player?.pause();
  player = null;
  recording = null;
  replay.show(null);
  forgetAll();
  recorder = new Recorder({ clock });
  stream.open();
}

function forgetAll() {
  choice.pause(false);
  choice.chooseClient(null);
  choice.chooseFlow(null);
  seen.forget();
}

// Around the page.

async function mayLook() {
  const answer = await fetch(at("/api/flow")).catch(() => null);
  return answer === null || ![401, 403, 404].includes(answer.status);
}

async function me() {
  const answer = await fetch(at("/api/me")).catch(() => null);
  if (answer?.status !== 200) return null;
  const { id } = await answer.json();
  return id;
}

tellState();
if (boot.replay) {
  handIn();
  addEventListener("hashchange", handIn); // the address with the key was pasted into this tab
} else {
  stream.open();
}
if (asked.get("guide") === "1") guide.open();
started();
