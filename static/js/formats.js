/** Days and times in the reader's own zone and language. */
export class Formats {
  #time;
  #full;
  #day;
  #dayOfYear;
  #relative;

  constructor(locale) {
    this.#time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
    this.#full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });
    this.#day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    this.#dayOfYear = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
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
