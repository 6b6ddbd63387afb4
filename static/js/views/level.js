/** Of how much of the open room one wants to hear: a button that shows it, and a dialog that asks. */
import { part, showModal } from "./parts.js";

const ICONS = { all: "bell", mentions: "bell-at", none: "bell-off" };

export class LevelView {
  #dialog;
  #button;
  #strings;
  #room = null;

  /** `onChoose(room, level)`. */
  constructor({ dialog, button, strings, onChoose }) {
    this.#dialog = dialog;
    this.#button = button;
    this.#strings = strings;
    button.addEventListener("click", () => this.open());
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    for (const choice of dialog.querySelectorAll("input")) {
      choice.addEventListener("change", () => onChoose(this.#room, choice.value));
    }
  }

  show(room) {
    this.#room = room;
    const label = this.#strings.say("level.button", { level: this.#strings.say(`level.${room.level}`) });
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
    part(this.#button, "use").setAttribute("href", `#icon-${ICONS[room.level]}`);
    part(this.#dialog, `input[value=${room.level}]`).checked = true;
  }

  open() {
    showModal(this.#dialog);
    part(this.#dialog, "input:checked").focus();
  }
}
