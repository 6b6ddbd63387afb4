/** What one can do with a message, and how one gets to it: builds those parts of the page and binds them together. */
import { addressOf, placeOf } from "./address.js";
import { Composing } from "./composing.js";
import { overlays } from "./overlays.js";
import { isolated } from "./strings.js";
import { AboutView } from "./views/about.js";
import { BackView } from "./views/back.js";
import { copied } from "./views/clipboard.js";
import { Menu } from "./views/menu.js";
import { NoticeView } from "./views/notice.js";
import { part } from "./views/parts.js";
import { PickerView } from "./views/picker.js";
import { QuestionView } from "./views/question.js";
import { Selecting } from "./views/selecting.js";
import { TipView } from "./views/tip.js";
import { ToolsView } from "./views/tools.js";
import { VersionsView } from "./views/versions.js";

const OFTEN = 5; // emoji in the menu
const QUOTED = 120; // characters, as the server quotes

/**
 * `parts` are the page's (api, chat, clock, composer, deeds, emoji, formats, log, reading, shortcuts, steps, strings,
 * limits, tabStore), `page` the page's: askName() asks who one is, open({slug, seq}) goes somewhere. Gives what the others call.
 */
export function conversation(root, parts, page) {
  const { api, chat, clock, composer, deeds, emoji, formats, log, reading, shortcuts, steps, strings, limits, tabStore } = parts;
  const find = (selector) => part(root, selector);
  const say = (key, values) => strings.say(key, values);

  const notice = new NoticeView({ root: find("#notice"), words: find("#notice-words"), close: find("#notice-close"), clock });
  const deleting = new QuestionView({ dialog: find("#delete-dialog") });
  const closing = new QuestionView({ dialog: find("#close-dialog") });
  const menu = new Menu({ root: find("#menu") });
  const selecting = new Selecting({ root });
  const picker = new PickerView({ root: find("#picker"), strings, emoji });
  const versions = new VersionsView({
    dialog: find("#versions-dialog"),
    strings,
    formats,
    load: ({ room, message }) => api.versions(room.slug, message.seq),
  });
  const composing = new Composing({ composer, field: find("#composer-text"), store: tabStore });
  const about = new AboutView({
    root: find("#composer-about"),
    strings,
    onCancel: () => composing.end() && composer.focus(),
  });
  const back = new BackView({ button: find("#back"), steps, onBack: goBack });
  const tools = new ToolsView({
    log: find("#log"),
    stage: find(".stage"),
    bar: find("#tools"),
    menu,
    emoji,
    strings,
    find: (element) => chat.open.message(Number(element.dataset.seq)),
    entries,
    quick: () => !chat.open.archived,
    actions: { react: (message, sign) => toggle(message, sign), pick, reply },
  });
  new TipView({ root: find(".stage"), tip: find("#tip") });

  composing.on("changed", (wanted) => {
    about.show(wanted);
    overlays.closed();
  });
  composing.on("rescued", () => notice.say(say("notice.rescued")));
  let handled = null; // the message that what is open over the page is about
  chat.on("messages", (room) => {
    if (room !== chat.open) return;
    composing.renew();
    if (handled && room.message(handled.seq)?.deleted) forget();
  });
  deeds.on("changed", (slug) => slug === chat.open?.slug && log.refresh());
  deeds.on("refused", ({ nonce, room, command, refusal: reason }) => {
    const message = room === chat.open.slug && chat.open.message(command.target);
    if (message?.deleted && command.type === "edit") {
      deeds.discard(nonce); // it can never be made
      composing.rescue(command.text);
    } else if (!message) notice.say(say(`deed.${command.type}.refused`, { reason, emoji: command.emoji }));
  });
  shortcuts.bind("edit-last", editLast);
  shortcuts.bind("message.previous", ({ target }) => tools.step(target, -1));
  shortcuts.bind("message.next", ({ target }) => tools.step(target, 1));
  shortcuts.bind("message.menu", ({ target }) => tools.menu(target, part(target, ".text").getBoundingClientRect()));
  find("#log").addEventListener("click", followed);

  // What is offered.

  function entries(message, element) {
    handled = message;
    const address = `${location.origin}${addressOf(chat.open.slug, message.seq)}`;
    const link = { name: say("menu.link"), icon: "link", run: () => copy(address, "notice.link") };
    if (message.deleted) return [link];
    const own = chat.isMe(message.author.id);
    return [
      ...(chat.open.archived ? [] : answers(message, element, own)),
      { name: say("menu.text"), icon: "copy", run: () => copy(message.text, "notice.text") },
      ...(selecting.offered ? [{ name: say("menu.select"), icon: "select", run: () => select(element) }] : []),
      link,
      ...(message.edited ? [{ name: say("menu.versions"), icon: "clock", run: () => openVersions(message) }] : []),
      ...(own ? [{ name: say("menu.delete"), icon: "trash", danger: true, run: () => askToDelete(message) }] : []),
    ];
  }

  /** What in an archived room nobody does any more. */
  function answers(message, element, own) {
    const often = emoji.often(OFTEN).map((sign) => ({
      name: say("tools.react", { emoji: sign }),
      emoji: sign,
      run: () => toggle(message, sign),
    }));
    const more = { name: say("menu.react"), icon: "smile", run: () => pick(message, element) };
    return [
      { name: say("menu.reactions"), row: [...often, more] },
      { name: say("menu.reply"), icon: "reply", run: () => reply(message) },
      ...(own && changeable(message) ? [{ name: say("menu.edit"), icon: "edit", run: () => edit(message) }] : []),
      {
        name: say(message.pinned ? "menu.unpin" : "menu.pin"),
        icon: "pin",
        run: () => (chat.you === null ? page.askName() : deeds.pin(chat.open, message.seq, !message.pinned)),
      },
    ];
  }

  /** The server decides; a minute more is offered, for what is on its way. */
  function changeable({ at, deleted, poll }) {
    return !deleted && !poll && Math.abs(chat.now() - new Date(at)) < (limits.edit + 60) * 1000;
  }

  // What is done.

  function toggle(message, sign) {
    const on = !deeds.over(chat.open)(message).reactions?.find((each) => each.emoji === sign)?.mine;
    if (on) emoji.note(sign);
    react(message, sign, on);
  }

  function react({ seq }, sign, on, room = chat.open) {
    if (chat.you === null) return page.askName();
    return deeds.react(room, seq, sign, on);
  }

  function pick(message, element) {
    const at = element.classList.contains("message") ? part(element, ".text") : element;
    const row = element.closest(".message");
    const room = chat.open;
    picker.open({
      at: at.getBoundingClientRect(),
      pick: (sign) => react(message, sign, true, room),
      returnTo: row ?? element,
    });
  }

  /** Begins an edit. The browser's Back ends it, as it closes what is open over the page; its text waits for the next one. */
  function edit(message, text = undefined) {
    const room = chat.open;
    composing.edit(message, text);
    const isOpen = () => room === chat.open && composing.about?.kind === "edit";
    overlays.opened(composing, { isOpen, close: () => composing.interrupt(), stays: true });
  }

  function select(element) {
    selecting.begin(part(element, ".text"));
    notice.say(say("notice.select"));
  }

  function reply(message) {
    composing.reply(message);
  }

  function editLast() {
    const own = chat.open.lastOf(chat.you?.id);
    if (!own || chat.open.archived) return false;
    if (changeable(own)) edit(own);
    else notice.say(say("notice.too-late", { n: Math.round(limits.edit / 60) }));
    return true;
  }

  function askToDelete(message) {
    handled = message;
    const room = chat.open;
    deleting.ask({ about: message.text.slice(0, 300), run: () => remove(room, message) });
  }

  function askToClose(message) {
    handled = message;
    const room = chat.open;
    closing.ask({ about: message.text.slice(0, 300), run: () => deeds.close(room, message.seq) });
  }

  function remove(room, { seq }) {
    const isEdited = room === chat.open && composing.about?.kind === "edit" && composing.about.message.seq === seq;
    if (isEdited) composing.end();
    deeds.delete(room, seq);
  }

  function openVersions(message) {
    handled = message;
    versions.open({ room: chat.open, message });
  }

  /** The message is deleted: what is open over the page does not keep its text. */
  function forget() {
    handled = null;
    for (const view of [menu, picker, deleting, closing, versions]) view.close();
  }

  async function copy(text, told) {
    notice.say(say((await copied(text)) ? told : "notice.not-copied", { text }));
  }

  /** What is in the field goes out: gives the command's other fields and the page's note, or null if it was a change. */
  function take(room, text) {
    const { kind, message } = composing.about ?? {};
    composing.end();
    if (kind === "edit") {
      if (text !== message.text) deeds.edit(room, message.seq, text);
      return null;
    }
    if (kind !== "reply") return { fields: {}, note: null };
    const line = message.text.replace(/\s+/gu, " ").trim().slice(0, QUOTED);
    return { fields: { reply_to: message.seq }, note: { quote: { seq: message.seq, author: message.author, text: line } } };
  }

  /** What did not go out after all is in the field as it was, if that is free; tells whether it is. */
  function putBack({ room, command, note }) {
    if (command.type === "edit") {
      const message = room === chat.open.slug && chat.open.message(command.target);
      if (!message || message.deleted || composing.about?.kind === "edit") return false;
      edit(message, command.text);
      return true;
    }
    if (command.type !== "post" || command.poll || composing.about || !composer.putBack(room, command.text)) return false;
    if (note?.quote) composing.reply(note.quote);
    return true;
  }

  /** What does not go out as it is goes on as a draft, behind what is in the field; tells whether it does. */
  function giveBack(entry) {
    if (chat.room(entry.room)) page.open({ slug: entry.room, seq: null });
    if (chat.open.archived) notice.say(say("notice.archived"));
    else if (entry.command.poll) return page.givePollBack(chat.open, entry.command);
    else if (!putBack(entry)) composer.append(entry.command.text);
    if (!chat.open.archived) composer.focus();
    return !chat.open.archived;
  }

  // Going to a message, and back.

  /** Shows a message of the open room; from where it is said, one can come back. */
  async function goTo(seq, { from = null, hits = [] } = {}) {
    const room = chat.open;
    const where = from ? (log.where ?? "end") : null;
    try {
      if (!(await reading.find(room, seq))) return;
    } catch (problem) {
      chat.comeBack(room);
      const known = problem.code === "no-such-message" || problem.code === "bad-field";
      notice.say(known ? say("notice.no-message", { n: seq, room: isolated(room.name) }) : say("ask.unreachable"));
      return;
    }
    log.reveal(seq, { mark: true, hits });
    if (where && !(where === "end" && log.below.atEnd)) back.remember({ room, where });
  }

  /** The first unread message is not loaded: until it is there, nothing else is shown. */
  async function catchUp(room) {
    chat.seek(room);
    const seq = await reading.unread(room).catch(() => null);
    if (room !== chat.open) return;
    if (seq === null) chat.comeBack(room);
    else log.reveal(seq);
  }

  /** The position where the reader was is not loaded: until it is there, nothing else is shown. */
  async function resume(room, position) {
    chat.seek(room);
    const found = await reading.find(room, position.seq).catch(() => null);
    if (room !== chat.open) return;
    if (found) log.restore(position);
    else if (found === null) chat.comeBack(room);
  }

  async function goBack({ room, where }) {
    if (room !== chat.open) return;
    if (where === "end") log.toEnd();
    else if (await reading.find(room, where.seq).catch(() => false)) log.reveal(where.seq, { top: where.top });
    find("#log").focus({ preventScroll: true });
  }

  /** The address of a message in what somebody wrote is gone to in place, and not in another tab. */
  function followed(event) {
    const link = event.target.closest("a[href]");
    if (!link || link.origin !== location.origin || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const place = placeOf(link.pathname, link.hash);
    if (!place || !chat.room(place.slug)) return;
    event.preventDefault();
    page.open(place);
  }

  /** The address is one of a message: until it is there, nothing else is shown. */
  function seek(seq, hits) {
    if (!chat.open.message(seq)) chat.seek(chat.open);
    return goTo(seq, { hits });
  }

  return {
    seek,
    take,
    putBack,
    giveBack,
    catchUp,
    resume,
    jump: (seq, hits) => goTo(seq, { from: true, hits }),
    travelled: (place) => back.travelled(place),
    escape: () => composing.end(),
    emptied: () => askToDelete(composing.about.message),
    entered: (room) => {
      composing.show(room);
      back.leave();
      forget();
      tools.hide();
    },
    shown: () => {
      tools.refresh();
      back.show({ atEnd: log.below.atEnd });
    },
    /** What a message's own buttons do. */
    actions: {
      jump: ({ quote }) => goTo(quote.seq, { from: true }),
      versions: openVersions,
      react,
      pick,
      closePoll: askToClose,
      retryDeed: (nonce) => deeds.retry(nonce),
      discardDeed: (nonce) => deeds.discard(nonce),
    },
  };
}
