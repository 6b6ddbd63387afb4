/** How the page stands to the server, how many look, what was not told, and what went wrong. */
import { write } from "./rows.js";

export class StatusView {
  #words;
  #more;
  #counts;
  #problem;
  #seen;
  #strings;
  #units;

  constructor({ words, more, counts, problem, seen, strings, units }) {
    this.#words = words;
    this.#more = more;
    this.#counts = counts;
    this.#problem = problem;
    this.#seen = seen;
    this.#strings = strings;
    this.#units = units;
  }

  /** `state`: a state of the stream, or "replaying". */
  show(state) {
    document.documentElement.dataset.connection = state;
    write(this.#words, this.#strings.say(`state.${state}`));
    const { watchers, counters } = this.#seen.snapshot;
    const dropped = (counters.dropped ?? 0) + this.#seen.lost;
    const more = [];
    if (state === "open" || state === "replaying") more.push(this.#strings.count("state.watchers", watchers));
    if (dropped > 0) more.push(this.#strings.count("state.dropped", dropped, { n: this.#units.count(dropped) }));
    write(this.#more, more.map((words) => ` · ${words}`).join(""));
  }

  /** How many messages there were since the server began, and how many of them were not drawn. */
  count(skipped) {
    const { messages = 0 } = this.#seen.snapshot.counters;
    const all = this.#strings.count("house.count", messages, { n: this.#units.count(messages) });
    const rest = this.#strings.count("house.skipped", skipped, { n: this.#units.count(skipped) });
    write(this.#counts, skipped > 0 ? `${all} ${rest}` : all);
  }

  /** "" when all is well again. */
  problem(words) {
    this.#problem.hidden = words === "";
    write(this.#problem, words);
  }
}
