/** One bug: its switch, what is measured of it, and whether it shows. */
import { part } from "../views/parts.js";
import { FIGURES } from "./figures.js";
import { Spark } from "./spark.js";

export class CardView {
  #root;
  #bug;
  #switch;
  #figure;
  #verdict;
  #spark;
  #strings;
  #numbers;

  constructor({ root, strings, numbers, onThrow }) {
    this.#root = root;
    this.#bug = root.dataset.bug;
    this.#switch = part(root, ".lab-switch");
    this.#figure = part(root, ".lab-figure");
    this.#verdict = part(root, ".lab-verdict");
    this.#spark = new Spark(part(root, ".spark"), FIGURES[this.#bug]);
    this.#strings = strings;
    this.#numbers = numbers;
    this.#switch.addEventListener("click", () => onThrow(this.#bug, !this.#on));
  }

  get bug() {
    return this.#bug;
  }

  get #on() {
    return this.#switch.getAttribute("aria-checked") === "true";
  }

  show({ on, figures }) {
    const { key, judged = key, bad } = FIGURES[this.#bug];
    this.#switch.setAttribute("aria-checked", String(on));
    this.#root.classList.toggle("on", on);
    this.#figure.textContent = this.#strings.say(`figure.${this.#bug}`, this.#numbers.figures(this.#bug, figures));
    this.#judge(figures[judged] > bad ? "bad" : "good");
    this.#spark.add(figures[key], on);
  }

  rest() {
    this.#switch.setAttribute("aria-checked", "false");
    this.#root.classList.remove("on");
    this.#figure.textContent = "–";
    this.#judge("none");
    this.#spark.clear();
  }

  #judge(verdict) {
    this.#root.dataset.verdict = verdict;
    this.#verdict.textContent = this.#strings.say(`verdict.${verdict}`);
  }
}
