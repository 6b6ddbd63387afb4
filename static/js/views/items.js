/** What the log shows, as a list: messages, and between them the days, the "new" line and what is at the top. */
import { sameDay } from "../formats.js";

const GROUP = 5 * 60_000;

/**
 * The messages from `start` to before `end`, each `{key, message, at, lead, mine, fate, nonce}`, with `{key, day}` and
 * `{key: "new"}` where they belong; `divider` is the seq after which the "new" line stands, or null, and `over(message)`
 * gives a message as it is to be shown.
 */
export function itemsOf({ messages, more, start, end, divider, marked, isMe, over }) {
  const items = [];
  let before = messages[start - 1] ?? null;
  for (let index = start; index < end; index += 1) {
    const message = messages[index];
    const divided = divides({ divider, before, message, more });
    const at = new Date(message.at);
    const newDay = !before || !sameDay(new Date(before.at), at);
    if (newDay) items.push({ key: `day-${message.seq}`, day: at });
    if (divided) items.push({ key: "new" });
    const mine = isMe(message.author.id);
    const lead = divided || newDay || !together(before, message);
    const isMarked = message.seq === marked;
    const { nonce } = message;
    const call = !mine && Boolean(message.all || message.mentions?.some(isMe));
    const about = { at, lead, mine, call, fate: null, nonce, marked: isMarked };
    items.push({ key: keyOf(message, mine), message: over(message), ...about });
    before = message;
  }
  return items;
}

/** One's own keeps the key it had while it was on its way, and so its element: nothing flickers or is read twice. */
function keyOf({ seq, nonce }, mine) {
  return mine && nonce ? `own-${nonce}` : `seq-${seq}`;
}

/** What is not stored yet, below the message `before` (null: below none). */
export function unsentItems({ entries, before, you, online }) {
  const items = [];
  for (const entry of entries) {
    const { text, reply_to: replyTo } = entry.command;
    const message = { author: you, at: entry.at, text, reply_to: replyTo, quote: entry.note?.quote, poll: entry.command.poll };
    const lead = !before || !together(before, message);
    const fate = entry.refusal !== null ? "refused" : !entry.late ? "sending" : online ? "late" : "offline";
    const { nonce, refusal: reason } = entry;
    items.push({ key: `own-${nonce}`, message, at: new Date(entry.at), lead, mine: true, fate, reason, nonce });
    before = message;
  }
  return items;
}

function divides({ divider, before, message, more }) {
  if (divider === null || message.seq <= divider) return false;
  // Known to be the first only if the one before is loaded, or there is none.
  return before ? before.seq <= divider : !more;
}

/** Do two messages that follow one another belong to one group? */
function together(before, message) {
  if (!before || before.author.id !== message.author.id || message.reply_to) return false;
  const gap = new Date(message.at) - new Date(before.at);
  return Math.abs(gap) < GROUP && sameDay(new Date(before.at), new Date(message.at));
}
