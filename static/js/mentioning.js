/** Who can be mentioned while one writes `@…`: those who spoke last, those who are here, those who are elsewhere. */
import { folded } from "./text.js";
import { element, guestMarks, paintAvatar } from "./views/parts.js";

// Names may hold blanks: what stands behind the sign is looked for as long as somebody's name begins so.
// Scripts that put no blanks between words may stand before it, as the server has it.
const PATTERN =
  /(?:^|[^\p{L}\p{N}\p{M}_@]|[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}])(?<whole>@(?<query>[^\n@]{0,32}))$/u;

const ENOUGH = 8; // people found among those who are known: the server is not asked for others

/** A source of suggestions for the composer (see `views/completion.js`). `find(query)` of the crowd knows more people. */
export function mentionSource({ chat, crowd, strings }) {
  const all = strings.say("completion.all"); // one of the names that everybody goes by
  const fitting = (wanted) => candidates(chat).filter(({ name }) => begins(name, wanted));
  const find = (query) => {
    const wanted = folded(query);
    const people = fitting(wanted);
    const names = [...people.map(({ name }) => folded(name)), ...(all.startsWith(`@${wanted}`) ? [all.slice(1)] : [])];
    if (names.length === 1 && names[0] === wanted) return []; // it stands there already: Enter sends it
    const found = people.map((person) => ({
      insert: `@${person.name} `,
      children: shown(person, strings),
      exact: folded(person.name) === wanted,
    }));
    return people.length < names.length ? [...found, everybody(all, strings, `@${wanted}` === all)] : found;
  };
  const more = async (query) => {
    if (fitting(folded(query)).length >= ENOUGH) return [];
    await crowd.find(query);
    return find(query);
  };
  return { pattern: PATTERN, find, more };
}

/** People by the names they go by now, the likeliest first, without the one who writes. */
export function candidates(chat) {
  const { open } = chat;
  const speakers = open.messages.toReversed().map(({ author }) => author);
  const here = membersOf(open);
  const elsewhere = [...chat.rooms.values()].flatMap(membersOf);
  const names = new Map([...elsewhere, ...here].map(({ id, name }) => [id, name]));
  const found = new Map();
  for (const { id, name } of [...speakers, ...here, ...elsewhere]) {
    if (!chat.isMe(id) && !found.has(id)) found.set(id, { id, name: names.get(id) ?? name });
  }
  return [...found.values()];
}

function membersOf(room) {
  return [...room.members].map(([id, name]) => ({ id, name }));
}

/** Does the name, or a later word of it, begin so? */
function begins(name, wanted) {
  const text = folded(name);
  return text.startsWith(wanted) || (wanted !== "" && text.includes(` ${wanted}`));
}

function shown(person, strings) {
  const avatar = element("span", "avatar small");
  paintAvatar(avatar, person);
  avatar.setAttribute("aria-hidden", "true");
  return [avatar, element("bdi", "", person.name), ...guestMarks(person, strings)];
}

function everybody(all, strings, exact) {
  const note = element("span", "completion-note", strings.say("completion.everybody"));
  return { insert: `${all} `, children: [element("span", "", all), note], exact };
}
