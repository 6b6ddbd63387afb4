/**
 * How Tab goes through the messages: it comes to one and to what is in it, and not to what is in three hundred. What
 * scrolls sideways is left out: one could not scroll it in any other way.
 */
const WITHIN = ".quote, .edited, .fold, .chip, .poll button, .text a, .text button";

/** Gives what is in a message the `tabIndex` of the message, which may be a new one: 0 for the one that Tab comes to. */
export function reach(message, tabIndex = message.tabIndex) {
  message.tabIndex = tabIndex;
  for (const each of message.querySelectorAll(WITHIN)) each.tabIndex = tabIndex;
}
