/** One's own card: who one is here, and whether the chat is in reach. */
import { paintAvatar } from "./parts.js";

export class MeView {
  #root;
  #avatar;
  #name;
  #status;
  #strings;

  constructor({ root, avatar, name, status, strings }) {
    this.#root = root;
    this.#avatar = avatar;
    this.#name = name;
    this.#status = status;
    this.#strings = strings;
  }

  person(you) {
    this.#root.hidden = you === null;
    if (you === null) return;
    this.#name.textContent = you.name;
    paintAvatar(this.#avatar, you);
  }

  connection({ name }) {
    this.#root.dataset.connection = name;
    this.#status.textContent = this.#strings.say(`connection.${name}`);
  }
}
