/**
 * What a message is now: it, folded with the events that are about it, as the server folds them when it reads the log.
 * A known message bears `upto`, the seq up to which it is folded: what happened until then changes it no more, so that
 * a page of history may come before or after the events that are in it already.
 */
const FOLDS = {
  edited: (message, { text, html, mentions, all, at }) =>
    text ? { ...message, text, html, mentions, all, edited: at } : message, // empty: it was deleted since
  deleted: tombstone,
  pinned: (message, { on }) => ({ ...message, pinned: on }),
  voted: (message, event) => (message.poll ? { ...message, poll: counted(message.poll, event) } : message),
  closed: (message) => (message.poll ? { ...message, poll: { ...message.poll, closed: true } } : message),
  reacted: (message, event) => ({ ...message, reactions: reacted(message.reactions ?? [], event) }),
};

/** A message as it came: in an event, or on a page of history that knows all up to the seq `head`. */
export function known(message, head = 0) {
  const present = message.deleted ? tombstone(message) : message.poll ? { ...message, poll: begun(message.poll) } : message;
  return { ...present, upto: Math.max(head, message.seq) };
}

/** The message after that event about it; the same object if it tells nothing new. */
export function folded(message, event) {
  if (event.seq <= message.upto) return message;
  const fold = FOLDS[event.type] ?? ((same) => same);
  return { ...fold(message, event), upto: event.seq };
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
function counted(poll, { author, choices, counts, voters }) {
  if (poll.anonymous) return { ...poll, counts, voters, mine: choices ?? poll.mine };
  const people = poll.people.map((voted, option) => {
    const others = voted.filter(({ id }) => id !== author.id);
    return choices.includes(option) ? [...others, author] : others;
  });
  return { ...poll, counts, voters, people };
}

/** An anonymous poll with what one has chosen oneself. */
export function balloted(message, choices) {
  return message.poll ? { ...message, poll: { ...message.poll, mine: choices } } : message;
}

function tombstone({ html, quote, edited, reactions, mentions, all, poll, pinned, ...rest }) {
  return { ...rest, text: "", deleted: true };
}

/** The reactions with one of the author's put there or taken back. */
export function reacted(reactions, { emoji, on, author }) {
  const before = reactions.find((reaction) => reaction.emoji === emoji)?.people ?? [];
  const others = before.filter(({ id }) => id !== author.id);
  if (on && others.length < before.length) return reactions; // it is there already, and keeps its place
  const people = on ? [...others, author] : others;
  if (before.length === 0) return on ? [...reactions, { emoji, people }] : reactions;
  return reactions
    .map((reaction) => (reaction.emoji === emoji ? { emoji, people } : reaction))
    .filter((reaction) => reaction.people.length > 0);
}
