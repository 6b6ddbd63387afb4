/** What one can do by the keyboard and by name: binds the shortcuts and fills the palette. */
import { Commands } from "./commands.js";
import { isGuest } from "./guests.js";
import { candidates } from "./mentioning.js";
import { Shortcuts } from "./shortcuts.js";
import { HelpView } from "./views/help.js";
import { part } from "./views/parts.js";
import { PaletteView } from "./views/palette.js";

/**
 * `parts` are the page's (chat, composer, log, rooms, settings, strings, store, boot), `actions` what the person does:
 * goTo(slug), newRoom(), rename(), people(), search(text), speak(code), findRooms(text), findPeople(name). Gives {commands, shortcuts}: whoever can do more
 * adds to them.
 */
export function controls(root, { chat, composer, log, rooms, settings, strings, store, boot }, actions) {
  const field = part(root, "#composer-text");
  const shortcuts = new Shortcuts({ root, field, store, platform: navigator.platform });
  const commands = new Commands();
  const help = new HelpView({ dialog: part(root, "#help-dialog"), strings, shortcuts });
  const palette = new PaletteView({
    dialog: part(root, "#palette"),
    opener: part(root, "#palette-open"),
    strings,
    choices: () => [...ofRooms(), ...ofCommands(), ...ofPeople()],
    typed: (text) => look(text.trim()),
    otherwise: (text) => ({
      kind: "command",
      name: strings.say("command.search.for", { text }),
      icon: "search",
      run: () => actions.search(text),
    }),
  });

  chat.on("rooms", () => palette.renew());

  /** Asks the server for what this page may not know. */
  function look(text) {
    if (!/^[@>]/u.test(text)) actions.findRooms(text.replace(/^#/u, ""));
    if (!/^[#>]/u.test(text)) actions.findPeople(text.replace(/^@/u, ""));
  }

  function ofRooms() {
    const all = [...chat.rooms.values()].filter((room) => room !== chat.open);
    const wanted = (one, other) => chat.wanted(other) - chat.wanted(one) || other.visit - one.visit;
    all.sort((one, other) => one.archived - other.archived || wanted(one, other));
    return all.map((room) => {
      const { name, slug, archived } = room;
      const unread = chat.unread(room);
      const shut = archived ? say("browse.archived") : undefined;
      const note = unread ? strings.count("rooms.unread", unread) : shut;
      const icon = archived ? "archive" : "hash";
      return { kind: "room", name, icon, note, words: `${slug} ${shut ?? ""}`, run: () => actions.goTo(slug) };
    });
  }

  function ofPeople() {
    const online = new Set([...chat.rooms.values()].flatMap((room) => [...room.members.keys()]));
    const people = candidates(chat).sort((one, other) => online.has(other.id) - online.has(one.id));
    return people.map((person) => ({
      kind: "person",
      name: person.name,
      note: isGuest(person) ? say("guest") : undefined,
      person,
      run: () => composer.insert(`@${person.name}`),
    }));
  }

  function ofCommands() {
    return commands.list().map(({ id, title, icon, words, shortcut, run }) => {
      const keys = shortcut ? shortcuts.written(shortcut) : null;
      return { kind: "command", name: title, icon, words: `${words} ${otherWords(id)}`, keys, run };
    });
  }

  /** What else people call what a command does. */
  function otherWords(id) {
    return strings.has(`words.${id}`) ? say(`words.${id}`) : "";
  }

  const say = (key) => strings.say(key);
  commands.add({ id: "room.new", title: say("command.room.new"), icon: "plus", run: actions.newRoom });
  const search = () => actions.search();
  commands.add({ id: "search", title: say("command.search"), icon: "search", shortcut: "search", run: search });
  commands.add({ id: "newest", title: say("jump.end"), icon: "down", shortcut: "newest", run: () => log.toEnd() });
  commands.add({ id: "people", title: say("command.people"), icon: "people", run: actions.people });
  commands.add({ id: "rename", title: say("command.rename"), icon: "person", run: actions.rename });
  commands.add({ id: "settings", title: say("command.settings"), icon: "settings", run: () => settings.open() });
  for (const choice of ["system", "light", "dark"]) {
    const title = say(`command.colours.${choice}`);
    commands.add({ id: `colours.${choice}`, title, icon: "settings", run: () => settings.paint(choice) });
  }
  for (const { code, name } of boot.locales.filter((each) => each.code !== boot.locale)) {
    const title = strings.say("command.language", { language: name });
    commands.add({ id: `language.${code}`, title, icon: "settings", words: code, run: () => actions.speak(code) });
  }
  commands.add({ id: "help", title: say("command.help"), icon: "keyboard", shortcut: "help", run: () => help.open() });

  /** The next room in that direction in which one can write, round the end; with `wanted` the next of those. */
  function step(direction, wanted = (room) => !room.archived) {
    const order = rooms.order;
    const here = order.indexOf(chat.open.slug);
    for (let away = 1; away < order.length; away += 1) {
      const slug = order[(here + direction * away + order.length * away) % order.length];
      if (wanted(chat.room(slug))) return actions.goTo(slug);
    }
    return undefined;
  }
  const unread = (room) => chat.wanted(room) > 0; // of a quiet room one wants to hear nothing

  shortcuts.bind("palette", () => palette.toggle());
  shortcuts.bind("search", search);
  shortcuts.bind("help", () => help.open());
  shortcuts.bind("room.previous", () => step(-1));
  shortcuts.bind("room.next", () => step(1));
  shortcuts.bind("unread.previous", () => step(-1, unread));
  shortcuts.bind("unread.next", () => step(1, unread));
  shortcuts.bind("page.up", () => log.page(-1));
  shortcuts.bind("page.down", () => log.page(1));
  shortcuts.bind("newest", () => log.toEnd());
  shortcuts.bind("write", () => composer.focus());
  shortcuts.bind("leave", () => part(root, "#log").focus({ preventScroll: true }));
  part(root, "#palette-open kbd").textContent = shortcuts.written("palette").join(" ");
  return { commands, shortcuts };
}
