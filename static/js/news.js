/** What tells the person of news: levels, mentions, notifications and a sound. Builds those parts and binds them. */
import { Attention } from "./attention.js";
import { AlertsView } from "./views/alerts.js";
import { Chime } from "./views/chime.js";
import { LevelView } from "./views/level.js";
import { MentionsView } from "./views/mentions.js";
import { Notifier } from "./views/notifier.js";
import { part, showModal } from "./views/parts.js";

/**
 * `parts` are the page's (api, attendance, chat, clock, commands, formats, senders, session, store, strings,
 * tabs), `page` the page's: open({slug, seq}) goes somewhere, putBack(entry) takes back what
 * was not sent, meet(slug) asks for a room that is not known here.
 */
export function news(root, parts, page) {
  const { api, attendance, chat, clock, commands, formats, senders, session, store, strings, tabs } = parts;
  const find = (selector) => part(root, selector);

  const notifier = new Notifier({
    chat,
    store,
    strings,
    icon: find("link[rel=icon]").href,
    onOpen: (room, seq) => page.open({ slug: room.slug, seq }),
  });
  const chime = new Chime({ root, store, clock });
  const alerts = new AlertsView({ root: find("#alerts"), notifier, chime, strings });
  const level = new LevelView({
    dialog: find("#level-dialog"),
    button: find("#level-open"),
    strings,
    onChoose: (room, wanted) => session.level(room, wanted),
  });
  const mentions = new MentionsView({
    dialog: find("#mentions-dialog"),
    opener: find("#mentions-open"),
    strings,
    formats,
    load: (before) => api.mentions(before),
    nameOf: (slug) => chat.room(slug)?.name ?? slug,
    calls: () => [`@${chat.you?.name}`, "@all"],
    onOpen: page.open,
  });
  const attention = new Attention({
    chat,
    tabs,
    clock,
    looking: (room) => room === chat.open && attendance.isHere,
    mentions: async () => (await api.mentions(null)).mentions.map(({ message, line }) => ({ ...message, text: line })),
    tell: (told) => {
      notifier.tell(told);
      chime.play();
    },
  });

  root.addEventListener("resume", () => attention.thawed());

  commands.add({ id: "mentions", title: strings.say("command.mentions"), icon: "at", run: () => mentions.open() });
  commands.add({ id: "level", title: strings.say("command.level"), icon: "bell", run: () => level.open() });
  chat.on("open", (room) => level.show(room));
  chat.on("level", (room) => room === chat.open && level.show(room));
  session.on("unknown-room", async (frame) => {
    await page.meet(frame.room);
    const room = chat.room(frame.room);
    if (room) chat.called(room, frame);
  });
  session.on("confirm-all", ask);
  find("#me").addEventListener("click", () => alerts.render());

  // What calls everybody waits for a yes; after a no it is in the field again.

  const dialog = find("#all-dialog");
  let asked = null; // {sender, entry}

  function ask({ nonce, count }) {
    const sender = senders.find(({ outgoing }) => outgoing.find(nonce));
    if (!sender || dialog.open) return; // it says itself that it was not sent
    asked = { sender, entry: sender.outgoing.find(nonce) };
    part(dialog, ".dialog-text").textContent = strings.count("all.text", count);
    part(dialog, ".primary").textContent = strings.count("all.yes", count);
    showModal(dialog, answered);
    part(dialog, ".cancel").focus();
  }

  function answered() {
    const { sender, entry } = asked;
    if (dialog.returnValue === "yes") {
      sender.outgoing.confirm(entry.nonce);
      sender.tryAgain(entry.nonce);
    } else if (page.putBack(entry)) {
      sender.discard(entry.nonce);
    }
    dialog.returnValue = "";
  }

  part(dialog, ".cancel").addEventListener("click", () => dialog.close());
  part(dialog, ".primary").addEventListener("click", () => dialog.close("yes"));

  return { counted: () => mentions.count(chat.mentionsOfAll()) };
}
