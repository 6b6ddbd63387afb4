/**
 * What a message is now: it, folded with the events that are about it, as the server folds them when it reads the log.
 * A known message bears `upto`, the seq up to which it is folded: what happened until then changes it no more, so that
 * a page of history may come before or after the events that are in it already.
 */
const FOLDS = {
  edited: (message, { text, html, mentions, all, at }) =>
    text ? { ...message, text, html, mentions, all, edited: at } : message, // empty: it was deleted since
  deleted: tombstone,
  reacted: (message, event) => ({ ...message, reactions: reacted(message.reactions ?? [], event) }),
};

/** A message as it came: in an event, or on a page of history that knows all up to the seq `head`. */
export function known(message, head = 0) {
  const present = message.deleted ? tombstone(message) : message;
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

function tombstone({ html, quote, edited, reactions, mentions, all, poll, pinned, ...rest }) {
  return { ...rest, text: "", deleted: true };
}

function reacted(reactions, { emoji, on, author }) {
  const before = reactions.find((reaction) => reaction.emoji === emoji)?.people ?? [];
  const others = before.filter(({ id }) => id !== author.id);
  if (on && others.length < before.length) return reactions; // it is there already, and keeps its place
  const people = on ? [...others, author] : others;
  if (before.length === 0) return on ? [...reactions, { emoji, people }] : reactions;
  return reactions
    .map((reaction) => (reaction.emoji === emoji ? { emoji, people } : reaction))
    .filter((reaction) => reaction.people.length > 0);
}
