/** The list of the keyboard's shortcuts, made of the very table that works them. */
import { arrange, element, part, showModal } from "./parts.js";

export class HelpView {
  #dialog;
  #list;
  #strings;
  #shortcuts;

  constructor({ dialog, strings, shortcuts }) {
    this.#dialog = dialog;
    this.#list = part(dialog, "dl");
    this.#strings = strings;
    this.#shortcuts = shortcuts;
    part(dialog, ".close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    const single = part(dialog, "input[type=checkbox]");
    single.checked = shortcuts.singleKeys;
    single.addEventListener("change", () => {
      shortcuts.singleKeys = single.checked;
      this.#render();
    });
  }

  open() {
    this.#render();
    showModal(this.#dialog);
  }

  #render() {
    const rows = this.#shortcuts.list().filter(({ keys }) => keys.length > 0);
    arrange(this.#list, rows.map((row) => this.#row(row)));
  }

  #row({ id, keys }) {
    const ways = keys.map((combination) => element("span", "keys", ...combination.map((key) => element("kbd", "", key))));
    const row = element(
      "div",
      "shortcut",
      element("dt", "", this.#strings.say(`shortcut.${id}`)),
      element("dd", "", ...ways),
    );
    row.dataset.id = id;
    return row;
  }
}
