/** Days and times in the reader's own zone, as their region writes them, in the page's language. */
import { region } from "./region.js";

export class Formats {
  #page;
  #made = ""; // the zone and the languages that the formats are for
  #time;
  #full;
  #day;
  #dayOfYear;
  #relative;

  /** `page` is the page's language. */
  constructor(page) {
    this.#page = page;
    this.#relative = new Intl.RelativeTimeFormat(page, { numeric: "auto" });
    this.renew();
  }

  /** Changes when what is shown has to be written anew. */
  get edition() {
    return this.#made;
  }

  /** Follows a reader who travels, or changes the browser's languages. Tells whether anything reads otherwise now. */
  renew() {
    const now = `${zone()} ${navigator.languages}`;
    if (now === this.#made) return false;
    this.#made = now;
    const { locale, hourCycle } = region(this.#page);
    this.#time = new Intl.DateTimeFormat(locale, { timeStyle: "short", hourCycle });
    this.#full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium", hourCycle });
    this.#day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    this.#dayOfYear = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
    return true;
  }

  time(date) {
    return this.#time.format(date);
  }

  full(date) {
    return this.#full.format(date);
  }

  /** "Today", "Yesterday", "Thursday, 5 November", and with the year if it is not this one. */
  day(date, now) {
    const ago = daysBetween(date, now);
    if (ago === 0 || ago === 1) return capitalised(this.#relative.format(-ago, "day"));
    const format = date.getFullYear() === now.getFullYear() ? this.#day : this.#dayOfYear;
    return capitalised(format.format(date));
  }
}

export function sameDay(one, other) {
  return daysBetween(one, other) === 0;
}

function daysBetween(early, late) {
  // Midnights as UTC: a day of 23 or 25 hours (summer time) still counts as one.
  const midnight = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (midnight(late) - midnight(early)) / 86_400_000;
}

function capitalised(words) {
  const [first = "", ...rest] = words;
  return first.toLocaleUpperCase() + rest.join("");
}

/** The name of the reader's time zone. */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
