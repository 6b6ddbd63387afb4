/** What one does with a room: name it, say what it is for, archive it, pin, ask everybody, and find the other ones. */
import { KeptForm } from "./forms.js";
import { AskView } from "./views/ask.js";
import { BrowseView } from "./views/browse.js";
import { part } from "./views/parts.js";
import { PinsView } from "./views/pins.js";
import { PlaceBarView } from "./views/placebar.js";
import { PollFormView } from "./views/pollform.js";
import { RoomFormView } from "./views/roomform.js";

/**
 * `parts` are the page's (api, chat, commands, deeds, formats, limits, locale, strings, tabStore), `page` the page's: askName(),
 * closeDrawers(), focusWriting(), goTo(slug), jump(seq), post(room, {text, poll}), findRooms(text, told), meet(slug).
 */
export function roomwork(root, { api, chat, commands, deeds, formats, limits, locale, strings, tabStore }, page) {
  const find = (selector) => part(root, selector);
  const kept = (name) => new KeptForm({ store: tabStore, name });
  const bar = new PlaceBarView({
    name: find("#room-name"),
    topic: find("#room-topic"),
    archived: find("#archived"),
    form: find("#composer"),
    onLost: page.focusWriting,
  });
  const form = new RoomFormView({
    dialog: find("#place-dialog"),
    strings,
    save: (room, changed) => api.configure(room.slug, changed), // the room hears of it as everybody does
    onClosed: keepFocus,
    kept: kept("place"),
  });
  const pins = new PinsView({
    dialog: find("#pins-dialog"),
    strings,
    formats,
    actions: {
      load: (room) => api.pins(room.slug),
      jump: page.jump,
      unpin: (room, seq) => deeds.pin(room, seq, false),
    },
  });
  const browse = new BrowseView({
    dialog: find("#browse-dialog"),
    chat,
    strings,
    formats,
    locale,
    actions: { find: page.findRooms, goTo: page.goTo },
  });
  const made = new AskView({ dialog: find("#room-dialog"), strings, submit: create, onDone: page.focusWriting, kept: kept("room") });
  const poll = new PollFormView({ dialog: find("#poll-dialog"), strings, limits, submit: page.post, kept: kept("poll") });

  /** Who has no name yet is asked for it first. */
  const named = (action) => () => (chat.you === null ? page.askName() : action());
  const configure = named(() => form.open(chat.open));
  const ask = named(() => poll.open(chat.open));
  const offers = [
    ["#place-open", "room.configure", configure, "settings"],
    ["#pins-open", "pins", () => pins.open(chat.open), "pin"],
    ["#poll-open", "poll", ask, "poll"],
    ["#rooms-browse", "rooms.browse", openBrowse, "list"],
  ];
  for (const [button, id, run, icon] of offers) {
    find(button).addEventListener("click", run);
    const shown = id === "poll" ? () => !chat.open.archived : () => true;
    commands.add({ id, title: strings.say(`command.${id}`), icon, run, shown });
  }
  find("#rooms-new").addEventListener("click", newRoom);
  find("#archived-reopen").addEventListener("click", named(() => reopen()));

  /** Who was writing before the dialog finds no field any more if the room is archived now. */
  function keepFocus() {
    const { activeElement: here } = root;
    if (here === root.body || !here.checkVisibility()) page.focusWriting(); // what is not shown loses it with the next frame
  }

  function openBrowse() {
    page.closeDrawers();
    browse.open();
  }

  function newRoom() {
    page.closeDrawers();
    made.open();
  }

  async function create(name) {
    let room;
    try {
      room = await api.createRoom(name);
    } catch (problem) {
      if (problem.code !== "name-taken" || !problem.rest.slug) throw problem;
      room = { slug: problem.rest.slug }; // it is there already: go and see
      if (!chat.room(room.slug)) await page.meet(room.slug);
    }
    if (room.name) chat.describe([room]);
    page.goTo(room.slug);
  }

  async function reopen() {
    const { open } = chat;
    await api.configure(open.slug, { archived: false }).catch(() => null);
  }

  chat.on("place", (room) => room === chat.open && bar.show(room));
  chat.on("open", (room) => bar.show(room));
  chat.on("rooms", () => browse.render());
  chat.on("pinned", (room) => room === chat.open && pins.refresh());

  return {
    newRoom,
    givePollBack: (room, command) => poll.giveBack(room, command),
    /** What a poll's options do. */
    actions: {
      vote: ({ seq }, choices) => (chat.you === null ? page.askName() : deeds.vote(chat.open, seq, choices)),
    },
  };
}
