/** Guests: people without a cookie, each behind one connection. Anybody may take any free name, so the page marks them. */
import { isolated } from "./strings.js";

/** The id says who is a guest, also of the author of an old message. */
export function isGuest({ id }) {
  return id?.startsWith("guest-") ?? false;
}

/** A person's name inside a sentence of ours; that of a guest with the word "guest" behind it. */
export function named(person, strings) {
  const name = isolated(person.name);
  return isGuest(person) ? strings.say("guest.named", { name }) : name;
}
