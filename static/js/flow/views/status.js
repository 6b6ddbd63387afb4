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

  /** How many messages there were since the server began, how many were told in full, how many not drawn. */
  count(skipped) {
    const { messages = 0, messages_told: told, messages_seen: seen } = this.#seen.snapshot.counters;
    const count = (number) => this.#units.count(number);
    const said = [this.#strings.count("house.count", messages, { n: count(messages) })];
    if (told !== undefined && seen !== undefined && told !== seen) {
      said.push(this.#strings.say("house.told", { told: count(told), seen: count(seen) }));
    }
    if (skipped > 0) said.push(this.#strings.count("house.skipped", skipped, { n: count(skipped) }));
    write(this.#counts, said.join(" "));
  }

  /** "" when all is well again. */
  problem(words) {
    this.#problem.hidden = words === "";
    write(this.#problem, words);
  }
}
