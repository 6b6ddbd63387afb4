/** Builds the page's parts and hands each to the next: the only file that knows them all. */
import { addressOf, placeOf } from "./address.js";
import { Api } from "./api.js";
import { watchBrowser } from "./browser.js";
import { browserClock as clock } from "./clock.js";
import { Connection } from "./connection.js";
import { controls } from "./controls.js";
import { conversation } from "./conversation.js";
import { Deeds } from "./deeds.js";
import { Drafts } from "./drafts.js";
import { Formats } from "./formats.js";
import { mentionSource } from "./mentioning.js";
import { news } from "./news.js";
import { Outgoing, randomNonce } from "./outgoing.js";
import { paced } from "./pace.js";
import { Reading } from "./reading.js";
import { roomwork } from "./roomwork.js";
import { Sender } from "./sender.js";
import { Session } from "./session.js";
import { Chat } from "./state.js";
import { openStore } from "./store.js";
import { Strings } from "./strings.js";
import { Tabs } from "./tabs.js";
import { AskView } from "./views/ask.js";
import { BannerView } from "./views/banner.js";
import { ComposerView } from "./views/composer.js";
import { Drawers } from "./views/drawers.js";
import { JumpView } from "./views/jump.js";
import { LogView } from "./views/log.js";
import { MeView } from "./views/me.js";
import { part } from "./views/parts.js";
import { PeopleView } from "./views/people.js";
import { RoomsView } from "./views/rooms.js";
import { SettingsView } from "./views/settings.js";
import { TitleView } from "./views/title.js";
import { TypingView } from "./views/typing.js";
import { writingAids } from "./writing.js";

const $ = (selector) => part(document, selector);
const boot = JSON.parse($("#boot").textContent);
const { locale, limits } = boot;
const store = openStore("localStorage");
const api = new Api();
const strings = new Strings(boot.strings, locale);
const formats = new Formats(locale);
const drafts = new Drafts(store);
const tabs = new Tabs({ store: openStore("sessionStorage"), clock, makeId: randomNonce });

// Connection → state.

const chat = new Chat({ you: boot.you, clock });
const reading = new Reading({ api, chat });
const connection = new Connection({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat`,
  protocol: "chat.v1",
  WebSocket,
  clock,
  random: Math.random,
});
const online = () => connection.state.name === "open";

let adopted = false; // nothing goes out before what was left from last time: the order would be lost
const sender = senderOf("chatapp.unsent.");
const deedSender = senderOf("chatapp.deed.");
const { outgoing } = sender;
const senders = [sender, deedSender];
const session = new Session({ connection, chat, senders, limits, clock, known: boot.you !== null });
const deeds = new Deeds({ outgoing: deedSender.outgoing, sender: deedSender, chat, tabs, online });

/** Sends what waits in a list of its own: messages, and what one does with messages. */
function senderOf(prefix) {
  return new Sender({
    outgoing: new Outgoing({ prefix, store, clock, makeNonce: randomNonce }),
    clock,
    send: (entry) => session.send(entry),
    reachable: (slug) => adopted && (chat.room(slug)?.joined ?? false),
  });
}

// State → views.

const log = new LogView({
  root: $("#log"),
  chat,
  outgoing,
  strings,
  formats,
  online,
  actions: {
    older: (room) => reading.older(room),
    newer: (room) => reading.newer(room),
    comeBack: (room) => {
      chat.comeBack(room);
      history.replaceState(null, "", addressOf(room.slug)); // no longer that of a message
    },
    seen: (room, seq) => session.read(room, seq),
    retry: (nonce) => {
      connection.wake();
      sender.tryAgain(nonce);
    },
    discard: (nonce) => sender.discard(nonce),
    shown: () => {
      if (jump.show(log.below)) $("#log").focus();
      talk.shown();
    },
    over: (room) => deeds.over(room),
    ...forward("jump", "versions", "react", "pick", "retryDeed", "discardDeed", "vote", "closePoll"),
  },
});
const jump = new JumpView({
  button: $("#jump"),
  label: $("#jump-label"),
  strings,
  onPress: () => log.toEnd({ smooth: true }),
});
const aids = writingAids(document, {
  api,
  store,
  strings,
  clock,
  sources: [mentionSource({ chat, strings })],
});
const composer = new ComposerView({
  form: $("#composer"),
  field: $("#composer-text"),
  note: $("#composer-note"),
  send: $("#composer-send"),
  hints: document.querySelectorAll(".hint"),
  drafts,
  strings,
  limit: limits.text,
  clock,
  actions: {
    submit,
    typing: (room) => session.typing(room),
    written: (text) => aids.preview.written(text),
    escape: () => talk.escape(),
  },
});
const typing = new TypingView({ root: $("#typing"), words: $("#typing-words"), chat, strings, clock });
const people = new PeopleView({
  list: $("#people-list"),
  counts: document.querySelectorAll(".people-count"),
  more: $("#people-more"),
  chat,
  strings,
  locale,
});
const rooms = new RoomsView({
  mine: $("#rooms-mine"),
  others: $("#rooms-others"),
  chat,
  strings,
  locale,
  onOpen: goTo,
});
const banner = new BannerView({
  root: $("#banner"),
  words: $("#banner-words"),
  countdown: $("#banner-countdown"),
  button: $("#banner-try"),
  strings,
  clock,
  onTry: () => connection.wake(),
});
const me = new MeView({
  root: $("#me"),
  avatar: $("#me-avatar"),
  name: $("#me-name"),
  status: $("#me-status"),
  strings,
});
const title = new TitleView({ link: $("link[rel=icon]") });
const drawers = new Drawers({
  sides: [
    { panel: $("#rooms"), opener: $("#rooms-open"), closer: $("#rooms-close"), narrow: "(width < 48rem)" },
    { panel: $("#people"), opener: $("#people-open"), closer: $("#people-close"), narrow: "(width < 68rem)" },
  ],
  backdrop: $("#backdrop"),
  main: $("main"),
});
const nameDialog = new AskView({ dialog: $("#name-dialog"), strings, submit: takeName, onDone: focusWriting });
const settings = new SettingsView({
  dialog: $("#settings-dialog"),
  opener: $("#me"),
  store,
  locale,
  actions: { rename, speak },
});
const { commands, shortcuts } = controls(
  document,
  { chat, composer, log, rooms, settings, strings, store, boot },
  { goTo, newRoom: () => work.newRoom(), rename, speak, search, people: () => drawers.open($("#people")) },
);
const told = news(
  document,
  { api, chat, clock, commands, composer, formats, log, senders, session, store, strings, tabs },
  { open: goToPlace, refreshRooms },
);

const talk = conversation(
  document,
  { api, chat, clock, composer, deeds, emoji: aids.emoji, formats, log, reading, shortcuts, strings, limits },
  { askName, open: openPlace },
);
const work = roomwork(
  document,
  { api, chat, commands, deeds, formats, limits, locale, strings },
  {
    askName,
    closeDrawers: () => drawers.close({ restoreFocus: false }),
    focusWriting,
    goTo,
    jump: talk.jump,
    post: (message) => post(chat.open, message),
    refreshRooms,
  },
);

/** What a message's own buttons do is known only when the parts that do it are there. */
function forward(...names) {
  return Object.fromEntries(names.map((name) => [name, (...given) => ({ ...talk.actions, ...work.actions })[name](...given)]));
}

// What a change of state changes on the page.

let askedForAnother = false; // the chosen name was taken, and we have said so

const renderRooms = paced(() => {
  rooms.render();
  title.show({ room: chat.open.name, ...chat.wantedOfAll() });
  told.counted();
});
const renderPeople = paced(() => people.render());
const ifOpen = (action) => (room) => room === chat.open && action();

chat.on("rooms", renderRooms);
chat.on("messages", ifOpen(log.refresh));
chat.on("read", ifOpen(log.refresh));
chat.on("people", ifOpen(renderPeople));
chat.on("typing", ifOpen(() => typing.render()));
chat.on("you", () => {
  me.person(chat.you);
  renderPeople();
  log.refresh();
});
chat.on("open", (room) => {
  log.show(room);
  composer.show(room);
  talk.entered(room);
  typing.render();
  people.render();
});
outgoing.on("changed", (slug) => slug === chat.open?.slug && log.refresh());
connection.on("state", (state) => {
  banner.show(state);
  me.connection(state);
  log.refresh();
});
session.on("name-taken", (detail) => {
  if (askedForAnother) return; // the server says it at each reconnect, with whatever number is free; we only once
  askedForAnother = true;
  nameDialog.open({ value: chat.you.name, problem: detail, modal: false });
});
session.on("watched", (n) => {
  $("#watched").hidden = n === 0;
  $("#watched-words").textContent = n === 0 ? "" : strings.count("watched", n);
});
session.on("stranger", () => location.reload()); // other data, or a lost cookie: begin anew, with a name
session.on("not-joined", (room) => preview(room));
session.on("no-such-room", (slug) => {
  if (slug === chat.open.slug) location.assign(addressOf(slug)); // the server's own page says it
});

// What the person does.

function submit(room, text) {
  if (chat.you === null) {
    askName();
    return false;
  }
  const about = talk.take(room, text);
  if (about === null) return true; // it was another text for a message that is there
  return post(room, { text, ...about.fields }, about.note);
}

function post(room, fields, note = null) {
  outgoing.add({ room: room.slug, command: { type: "post", ...fields }, note, author: chat.you.id, tab: tabs.id });
  log.toEnd();
  sender.pump();
  return true;
}

function askName() {
  nameDialog.open({ required: true });
}

async function takeName(name) {
  const isNew = chat.you === null;
  const you = await api.rename(name);
  askedForAnother = false;
  chat.become({ ...chat.you, ...you });
  if (!isNew) return;
  begin();
}

/** Perhaps the name was given in another tab meanwhile: then there is nothing left to ask. */
async function namedElsewhere() {
  const you = await api.me().catch(() => null);
  if (!you || chat.you !== null) return;
  nameDialog.dismiss();
  chat.become(you);
  begin();
}

function rename() {
  nameDialog.open({ value: chat.you.name });
}

async function speak(code) {
  await api.speak(code).catch(() => null);
  location.reload();
}

function search(text = "") {
  location.assign(text ? `/search?${new URLSearchParams({ q: text })}` : "/search");
}

function goTo(slug) {
  drawers.close({ restoreFocus: false });
  if (slug !== chat.open.slug) openPlace({ slug, seq: null });
  focusWriting();
}

/** As `openPlace`, from a list that may lie over the messages. */
function goToPlace(place) {
  drawers.close({ restoreFocus: false });
  openPlace(place);
  $("#log").focus({ preventScroll: true });
}

/** Goes to a room, or to a message in it, as by its address. */
function openPlace({ slug, seq }) {
  history.pushState(null, "", addressOf(slug, seq));
  if (slug !== chat.open.slug) openRoom(slug);
  if (seq !== null) talk.seek(seq);
}

function focusWriting() {
  // On a touch screen the keyboard would jump up and cover what one came to read.
  if (matchMedia("(pointer: fine)").matches) composer.focus();
  else $("#log").focus({ preventScroll: true });
}

function openRoom(slug) {
  chat.enter(slug);
  const room = chat.open;
  if (chat.you === null) preview(room);
  else if (!room.joined) session.join(room);
}

/** Reads without a connection: before one has a name, or while the server is full for more of them. */
function preview(room) {
  if (!room.loaded) reading.newest(room).catch(() => null);
}

addEventListener("popstate", async () => {
  const { slug, seq } = placeOf(location.pathname) ?? { slug: boot.home, seq: null };
  if (!chat.room(slug)) await refreshRooms();
  if (!chat.room(slug)) return location.reload();
  if (slug !== chat.open.slug) openRoom(slug);
  if (seq !== null) talk.seek(seq);
  return undefined;
});


// What happens around the page.

async function refreshRooms() {
  const entries = await api.rooms().catch(() => null);
  if (entries) chat.stand(entries);
}

async function adopt(others) {
  for (const { outgoing: left } of senders) left.adopt({ author: chat.you.id, tab: tabs.id, others });
  adopted = true;
  for (const each of senders) each.pump();
}

/** Connects, once it is known who one is. */
async function begin() {
  connection.open();
  await adopt(await tabs.settle());
}

connection.on("state", async ({ name }) => {
  if (name === "waiting" && !chat.open.loaded) {
    refreshRooms();
    preview(chat.open);
  }
  if (name !== "open") return;
  log.recovered();
  refreshRooms();
  if (adopted) await adopt(await tabs.others()); // a tab that was closed while offline left its messages to us
});

watchBrowser({ chat, composer, connection, log, session }, { refreshRooms, namedElsewhere });

chat.describe([boot.room]);
me.person(chat.you);
me.connection(connection.state);
openRoom(boot.room.slug);
if (boot.seq !== null) talk.seek(boot.seq);
if (chat.you === null) {
  refreshRooms();
  askName();
} else {
  begin();
  begin();
  if (boot.seq === null && matchMedia("(pointer: fine)").matches) composer.focus();
}