/** One simulated client: how it fares, and what one may do to it. */
import { paintAvatar, part } from "../views/parts.js";

const DONE = { freeze: "frozen", slow: "slow", cut: "cut" };

export class TileView {
  #root;
  #state;
  #figures;
  #buttons;
  #strings;
  #numbers;

  constructor({ root, strings, numbers, onAct }) {
    this.#root = root;
    this.#state = part(root, ".lab-state");
    this.#figures = new Map([...root.querySelectorAll("[data-figure]")].map((each) => [each.dataset.figure, each]));
    this.#buttons = [...root.querySelectorAll("[data-do]")];
    this.#strings = strings;
    this.#numbers = numbers;
    const { number, name } = root.dataset;
    paintAvatar(part(root, ".avatar"), { id: `lab-${number}`, name }, "/lab");
    for (const button of this.#buttons) button.addEventListener("click", () => onAct(Number(number), this.#asks(button)));
  }

  /** What a press means: a second one of the same button takes it back. */
  #asks(button) {
    return button.getAttribute("aria-pressed") === "true" ? "back" : button.dataset.do;
  }

  show(client) {
    this.#root.dataset.state = client.state;
    this.#state.textContent = this.#strings.say(`state.${client.state}`);
    const written = {
      delay: client.delay_max === 0 ? "–" : `${this.#numbers.write(client.delay)} / ${this.#numbers.write(client.delay_max)} ms`,
      missing: this.#numbers.write(client.missing),
      doubled: this.#numbers.write(client.doubled),
      broken: this.#numbers.write(client.broken),
      waiting: `${this.#numbers.write(client.waiting / 1000, 1)} kB`,
      delivered: this.#numbers.write(client.delivered),
    };
    for (const [name, place] of this.#figures) {
      place.textContent = written[name];
      place.classList.toggle("bad", ["missing", "doubled", "broken"].includes(name) && client[name] > 0);
    }
    this.#press(client.state);
  }

  rest() {
    this.#root.dataset.state = "none";
    this.#state.textContent = "–";
    for (const place of this.#figures.values()) place.textContent = "–";
    this.#press("none");
  }

  #press(state) {
    for (const button of this.#buttons) {
      if (button.dataset.do === "back") button.setAttribute("aria-disabled", String(!Object.values(DONE).includes(state)));
      else button.setAttribute("aria-pressed", String(DONE[button.dataset.do] === state));
    }
  }
}
