/** Builds the page's parts and hands each to the next: the only file that knows them all. */
import {} from "./compat.js";
import { addressOf, at, placeOf, socketAt } from "./address.js";
import { Api } from "./api.js";
import { Attendance } from "./attendance.js";
import { watchBrowser } from "./browser.js";
import { browserClock as clock } from "./clock.js";
import { colours } from "./colours.js";
import { Connection } from "./connection.js";
import { controls } from "./controls.js";
import { conversation } from "./conversation.js";
import { Crowd } from "./crowd.js";
import { Deeds } from "./deeds.js";
import { Drafts } from "./drafts.js";
import { EnterKey } from "./enterkey.js";
import { forgetting } from "./forgetting.js";
import { Formats } from "./formats.js";
import { hitsOf } from "./hits.js";
import { guardKeys } from "./keys.js";
import { mentionSource } from "./mentioning.js";
import { naming } from "./naming.js";
import { navigation } from "./navigation.js";
import { news } from "./news.js";
import { offline } from "./offline.js";
import { Outgoing, randomNonce } from "./outgoing.js";
import { overlays } from "./overlays.js";
import { paced } from "./pace.js";
import { Positions } from "./positions.js";
import { Reading } from "./reading.js";
import { roomwork } from "./roomwork.js";
import { Sender } from "./sender.js";
import { Session } from "./session.js";
import { started } from "./started.js";
import { Chat } from "./state.js";
import { Steps } from "./steps.js";
import { openStore } from "./store.js";
import { Strings } from "./strings.js";
import { Tabs } from "./tabs.js";
import { unsent } from "./unsent.js";
import { BannerView } from "./views/banner.js";
import { ComposerView } from "./views/composer.js";
import { Drawers } from "./views/drawers.js";
import { JumpView } from "./views/jump.js";
import { LogView } from "./views/log.js";
import { MeView } from "./views/me.js";
import { part, recolourAvatars } from "./views/parts.js";
import { PeopleView } from "./views/people.js";
import { RoomsView } from "./views/rooms.js";
import { SettingsView } from "./views/settings.js";
import { TitleView } from "./views/title.js";
import { TypingView } from "./views/typing.js";
import { upgrading } from "./upgrading.js";
import { writingAids } from "./writing.js";

const $ = (selector) => part(document, selector);
const boot = JSON.parse($("#boot").textContent);
const { locale, limits } = boot;
const store = openStore("localStorage", "sessionStorage");
const api = new Api();
const strings = new Strings(boot.strings, locale);
const formats = new Formats(locale);
const drafts = new Drafts(store);
const enter = new EnterKey({ store, touch: matchMedia("(pointer: coarse)") });
const tabStore = openStore("sessionStorage");
const attendance = new Attendance({ clock });
const tabs = new Tabs({ store: tabStore, clock, makeId: randomNonce });
const steps = new Steps({ overlays, makeId: randomNonce });

// Connection → state.

const chat = new Chat({ you: boot.you, clock });
const reading = new Reading({ api, chat });
const crowd = new Crowd({ api, chat, clock });
const connection = new Connection({
  url: socketAt("/chat"),
  protocol: "chat.v1",
  WebSocket,
  clock,
  random: Math.random,
  pauseAsked: () => api.handshakePause(),
});
const online = () => connection.state.name === "open";

let adopted = false; // nothing goes out before what was left from last time: the order would be lost
const sender = senderOf("chatapp.unsent.");
const deedSender = senderOf("chatapp.deed.");
const { outgoing } = sender;
const senders = [sender, deedSender];
const session = new Session({ connection, chat, senders, limits, clock, known: boot.you !== null || boot.shell });
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

const positions = new Positions(tabStore, { known: boot.you !== null });
const log = new LogView({
  root: $("#log"),
  chat,
  outgoing,
  strings,
  formats,
  online,
  attended: () => attendance.isHere,
  positions,
  actions: {
    behind: (room) => talk.catchUp(room),
    resume: (room, position) => talk.resume(room, position),
    older: (room) => reading.older(room),
    newer: (room) => reading.newer(room),
    comeBack: (room) => {
      chat.comeBack(room);
      steps.rename(addressOf(room.slug)); // no longer that of a message
    },
    seen: (room, seq) => session.read(room, seq),
    retry: (nonce) => {
      connection.wake();
      sender.tryAgain(nonce);
    },
    discard: (nonce) => sender.discard(nonce),
    edit: (nonce) => talk.giveBack(outgoing.find(nonce)) && sender.discard(nonce),
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
  sources: [mentionSource({ chat, crowd, strings })],
});
const composer = new ComposerView({
  form: $("#composer"),
  field: $("#composer-text"),
  note: $("#composer-note"),
  send: $("#composer-send"),
  hints: document.querySelectorAll(".hint"),
  enter,
  drafts,
  strings,
  limits,
  clock,
  actions: {
    submit,
    typing: (room) => session.typing(room),
    written: (text) => {
      aids.completion.written(text);
      aids.preview.written(text.slice(0, 2 * limits.text + 1)); // the rest changes nothing of the answer
    },
    emptied: () => talk.emptied(),
    escape: () => talk.escape(),
  },
});
const drawers = new Drawers({
  sides: [
    { panel: $("#rooms"), opener: $("#rooms-open"), closer: $("#rooms-close"), narrow: "(width < 48rem)" },
    { panel: $("#people"), opener: $("#people-open"), closer: $("#people-close"), narrow: "(width < 68rem)" },
  ],
  backdrop: $("#backdrop"),
  main: $("main"),
});
const go = navigation(
  { api, chat, composer, drawers, messages: $("#log"), positions, reading, session, steps },
  {
    home: boot.home,
    seek: (seq, hits) => talk.seek(seq, hits),
    jump: (seq, hits) => talk.jump(seq, hits),
    travelled: (place) => talk.travelled(place),
  },
);
const who = naming($("#name-dialog"), { api, chat, session, strings, tabStore }, { begin, onDone: go.focusWriting });
const typing = new TypingView({ root: $("#typing"), words: $("#typing-words"), chat, strings, clock });
const people = new PeopleView({
  list: $("#people-list"),
  counts: document.querySelectorAll(".people-count"),
  more: $("#people-more"),
  chat,
  strings,
  locale,
  onFew: (room) => crowd.fill(room),
});
const rooms = new RoomsView({
  mine: $("#rooms-mine"),
  others: $("#rooms-others"),
  opener: $("#rooms-open"),
  chat,
  strings,
  locale,
  onOpen: go.goTo,
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
const settings = new SettingsView({
  dialog: $("#settings-dialog"),
  opener: $("#me"),
  store,
  enter,
  locale,
  actions: { rename: who.rename, speak },
});
const away = offline({ chat, clock, connection }, { worker: boot.worker, isShell: boot.shell });
forgetting({ settings: $("#settings-dialog"), dialog: $("#forget-dialog") }, { api, offline: away, store, tabStore, strings });
upgrading(document, { session, strings, tabStore, version: boot.version }, { onDone: go.focusWriting });
const { commands, shortcuts } = controls(
  document,
  { chat, composer, log, rooms, settings, strings, store, boot },
  {
    goTo: go.goTo,
    newRoom: () => work.newRoom(),
    rename: who.rename,
    speak,
    search,
    people: () => drawers.open($("#people")),
    findRooms: go.findRooms,
    findPeople: (name) => crowd.find(name),
  },
);
const told = news(
  document,
  { api, attendance, chat, clock, commands, formats, senders, session, store, strings, tabs },
  { open: go.goToPlace, putBack: (entry) => talk.putBack(entry), meet: go.meet },
);

const talk = conversation(
  document,
  { api, chat, clock, composer, deeds, emoji: aids.emoji, formats, log, reading, shortcuts, steps, strings, limits, tabStore },
  { askName: who.ask, givePollBack: (room, command) => work.givePollBack(room, command), open: go.open },
);
const work = roomwork(
  document,
  { api, chat, commands, deeds, formats, limits, locale, strings, tabStore },
  {
    askName: who.ask,
    closeDrawers: () => drawers.close({ restoreFocus: false }),
    focusWriting: go.focusWriting,
    goTo: go.goTo,
    jump: talk.jump,
    post,
    findRooms: go.findRooms,
    meet: go.meet,
  },
);

const leftovers = unsent(
  document,
  { api, chat, drafts, formats, online, senders, session, store, tabStore, strings },
  { post: ({ room, command: { all, ...command }, note }) => send(room, command, note), giveBack: talk.giveBack },
);

/** What a message's own buttons do is known only when the parts that do it are there. */
function forward(...names) {
  return Object.fromEntries(names.map((name) => [name, (...given) => ({ ...talk.actions, ...work.actions })[name](...given)]));
}

// What a change of state changes on the page.

const renderRooms = paced(() => {
  rooms.render();
  title.show({ room: chat.open.name, ...chat.wantedOfAll() });
  told.counted();
});
const renderPeople = paced(() => {
  people.render();
  recolourAvatars($("#me"));
});
const ifOpen = (action) => (room) => room === chat.open && action();

chat.on("rooms", renderRooms);
chat.on("messages", ifOpen(log.refresh));
chat.on("read", ifOpen(log.refresh));
chat.on("place", ifOpen(() => {
  composer.name();
  log.refresh();
}));
chat.on("people", ifOpen(renderPeople));
chat.on("typing", ifOpen(() => typing.render()));
chat.on("you", () => {
  me.person(chat.you);
  renderPeople();
  log.refresh();
});
chat.on("open", (room) => {
  colours.enter(room.slug);
  log.show(room);
  aids.completion.startOver();
  composer.show(room);
  talk.entered(room);
  typing.render();
  people.render();
  recolourAvatars(document);
});
outgoing.on("changed", (slug) => slug === chat.open?.slug && log.refresh());
connection.on("state", (state) => {
  banner.show(state);
  me.connection(state);
  log.refresh();
});
session.on("watched", (n) => {
  $("#watched").hidden = n === 0;
  $("#watched-words").textContent = n === 0 ? "" : strings.count("watched", n);
});
session.on("stranger", () => location.reload()); // other data, or a lost cookie: begin anew, with a name

// What the person does.

function submit(room, text) {
  if (chat.you === null) {
    who.ask();
    return false;
  }
  const about = talk.take(room, text);
  if (about === null) return true; // it was another text for a message that is there
  return post(room, { text, ...about.fields }, about.note);
}

function post(room, fields, note = null) {
  if (room === chat.open) log.toEnd();
  send(room.slug, { type: "post", ...fields }, note);
  return true;
}

function send(room, command, note) {
  const { id: author, name } = chat.you;
  outgoing.add({ room, command, note, author, name, tab: tabs.id });
  sender.pump();
}

async function speak(code) {
  await api.speak(code).catch(() => null);
  location.reload();
}

function search(text = "") {
  steps.leave(at(text ? `/search?${new URLSearchParams({ q: text })}` : "/search"));
}

// What happens around the page.

async function adopt(others) {
  for (const { outgoing: left } of senders) left.adopt({ author: chat.you.id, tab: tabs.id, others });
  adopted = true;
  for (const each of senders) each.pump();
  await leftovers.look(others);
}

/** Connects, once it is known who one is. */
async function begin() {
  connection.open();
  await adopt(await tabs.settle());
}

connection.on("state", async ({ name }) => {
  if (name === "waiting" && !chat.open.loaded) {
    go.refreshRooms();
    go.preview(chat.open);
  }
  if (name !== "open") return;
  log.recovered();
  go.refreshRooms();
  if (adopted) await adopt(await tabs.others()); // a tab that was closed while offline left its messages to us
});

guardKeys(document);
watchBrowser({ attendance, chat, composer, connection, formats, log, session }, { refreshRooms: go.refreshRooms, namedElsewhere: who.elsewhere });

function start({ slug, seq }) {
  me.person(chat.you);
  me.connection(connection.state);
  go.show({ slug, seq, hits: hitsOf(location.hash) });
  if (chat.you === null) {
    go.refreshRooms();
    who.ask();
  } else {
    begin();
    if (seq === null && matchMedia("(pointer: fine)").matches) composer.focus();
  }
}

/** The page came from the service worker: who the person is and where they go is not in it. */
async function startWithoutServer() {
  await away.recall();
  const place = placeOf(location.pathname) ?? { slug: boot.home, seq: null };
  if (!chat.room(place.slug)) chat.describe([{ slug: place.slug, name: place.slug }]);
  start(place);
  if (chat.you === null) who.elsewhere(); // perhaps the server is only slow, and knows
}

if (boot.shell) {
  startWithoutServer();
} else {
  chat.describe([boot.room]);
  start({ slug: boot.room.slug, seq: boot.seq });
}
started();
