/** One's name, language and colours, and what Enter does. */
import { part, showModal } from "./parts.js";

const KEY = "chatapp.theme";

export class SettingsView {
  #dialog;
  #store;

  /** `enter` is the EnterKey. `actions`: rename(), speak(code). */
  constructor({ dialog, opener, store, enter, locale, actions }) {
    this.#dialog = dialog;
    this.#store = store;
    opener.addEventListener("click", () => this.open());
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    part(dialog, ".rename").addEventListener("click", () => {
      dialog.close();
      actions.rename();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    for (const choice of dialog.querySelectorAll("input[name=theme]")) {
      choice.checked = choice.value === (store.get(KEY) ?? "system");
      choice.addEventListener("change", () => this.paint(choice.value));
    }
    const choices = dialog.querySelectorAll("input[name=enter]");
    const show = () => choices.forEach((choice) => (choice.checked = (choice.value === "breaks") === enter.breaks));
    for (const choice of choices) choice.addEventListener("change", () => (enter.breaks = choice.value === "breaks"));
    enter.on("changed", show);
    show();
    for (const choice of dialog.querySelectorAll("input[name=lang]")) {
      choice.checked = choice.value === locale;
      choice.addEventListener("change", () => actions.speak(choice.value));
    }
  }

  open() {
    showModal(this.#dialog);
  }

  /** `choice` is `system`, `light` or `dark`. */
  paint(choice) {
    part(this.#dialog, `input[name=theme][value=${choice}]`).checked = true;
    const root = document.documentElement;
    if (choice === "system") {
      delete root.dataset.theme;
      this.#store.remove(KEY);
    } else {
      root.dataset.theme = choice;
      this.#store.set(KEY, choice);
    }
  }
}
