/**
 * What a message is now: it, folded with the events that are about it, as the server folds them when it reads the log.
 * A known message bears `upto`, the seq up to which it is folded: what happened until then changes it no more, so that
 * a page of history may come before or after the events that are in it already. `isMe(id)` tells the person at this page.
 */
const NAMED = 20; // people that the server names with one emoji or option; the others are only counted
const nobody = () => false;

const FOLDS = {
  edited: (message, { text, html, mentions, all, at }) =>
    text ? { ...message, text, html, mentions, all, edited: at } : message, // empty: it was deleted since
  deleted: tombstone,
  pinned: (message, { on }) => ({ ...message, pinned: on }),
  voted: (message, event, isMe) => (message.poll ? { ...message, poll: counted(message.poll, event, isMe) } : message),
  closed: (message) => (message.poll ? { ...message, poll: { ...message.poll, closed: true } } : message),
  reacted: (message, event, isMe) => ({
    ...message,
    reactions: reacted(message.reactions ?? [], event, isMe(event.author.id)),
  }),
};

/** A message as it came: in an event, or on a page of history that knows all up to the seq `head`. */
export function known(message, head = 0) {
  const present = message.deleted ? tombstone(message) : message.poll ? { ...message, poll: begun(message.poll) } : message;
  return { ...present, upto: Math.max(head, message.seq) };
}

/** The message after that event about it; the same object if it tells nothing new. */
export function folded(message, event, isMe = nobody) {
  if (event.seq <= message.upto) return message;
  const fold = FOLDS[event.type] ?? ((same) => same);
  return { ...fold(message, event, isMe), upto: event.seq };
}

/** A reply after that event about the message that it quotes. */
export function requoted(reply, event) {
  if (event.seq <= reply.upto || !reply.quote) return reply;
  const text = event.type === "edited" ? (event.line ?? "") : "";
  return { ...reply, quote: { ...reply.quote, text }, upto: event.seq };
}

/** Does this event change how its message is quoted? */
export function changesQuotes({ type }) {
  return type === "edited" || type === "deleted";
}

/** A poll as it stands before anybody has voted, unless it is told how it stands. */
function begun(poll) {
  const nobody = poll.anonymous ? {} : { people: poll.options.map(() => []) };
  return { counts: poll.options.map(() => 0), voters: 0, ...nobody, ...poll };
}

/** A poll after somebody's vote; in an anonymous one only one's own votes tell what was chosen. */
function counted(poll, { author, choices, counts, voters }, isMe) {
  if (poll.anonymous) return { ...poll, counts, voters, mine: choices ?? poll.mine };
  const people = poll.people.map((voted, option) => {
    const others = voted.filter(({ id }) => id !== author.id);
    return choices.includes(option) ? withOneMore(others, author, counts[option]) : others;
  });
  return { ...poll, counts, voters, people, mine: isMe(author.id) ? choices : poll.mine };
}

/** The first of `count` people after one more came, who is named if all before them are. */
function withOneMore(people, author, count) {
  return people.length === count - 1 && people.length < NAMED ? [...people, author] : people;
}

/** An anonymous poll with what one has chosen oneself. */
export function balloted(message, choices) {
  return message.poll ? { ...message, poll: { ...message.poll, mine: choices } } : message;
}

function tombstone({ html, quote, edited, reactions, mentions, all, poll, pinned, ...rest }) {
  return { ...rest, text: "", deleted: true };
}

/**
 * The reactions with one of the author's put there or taken back; `own`: the author is the person at this page. Each is
 * `{emoji, count, people, mine}`, of which `people` are the first.
 */
export function reacted(reactions, { emoji, on, author }, own) {
  const before = reactions.find((reaction) => reaction.emoji === emoji) ?? { emoji, count: 0, people: [], mine: false };
  const others = before.people.filter(({ id }) => id !== author.id);
  const named = others.length < before.people.length;
  // Whoever is not named may be among those who are only counted: the server tells each change once.
  const there = named || (own && before.mine);
  const absent = own ? !before.mine && !named : !named && before.people.length === before.count;
  if (on ? there : absent) return reactions; // it is as it was, and keeps its place
  const count = before.count + (on ? 1 : -1);
  const people = on ? withOneMore(before.people, author, count) : others;
  const after = { ...before, count, people, mine: own ? on : (before.mine ?? false) };
  if (before.count === 0) return [...reactions, after];
  return reactions.map((reaction) => (reaction === before ? after : reaction)).filter((reaction) => reaction.count > 0);
}
