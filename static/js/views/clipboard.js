/** Copies a text; tells whether it could. */
import { element } from "./parts.js";

export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text); // a plain http:// address of a LAN has no clipboard, and a person may forbid it
  }
}

function copiedByHand(text) {
  const focused = document.activeElement;
  const field = element("textarea", "visually-hidden");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  return done;
}
