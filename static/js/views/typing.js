/** "Ana is typing…", for as long as she is. */
import { Timer } from "../clock.js";
import { isolated } from "../strings.js";

const NAMED = 3;

export class TypingView {
  #root;
  #words;
  #chat;
  #strings;
  #clock;
  #again;

  constructor({ root, words, chat, strings, clock }) {
    this.#root = root;
    this.#words = words;
    this.#chat = chat;
    this.#strings = strings;
    this.#clock = clock;
    this.#again = new Timer(clock);
  }

  render() {
    const names = this.#chat.open?.typingNames(this.#clock.now()) ?? [];
    this.#root.classList.toggle("active", names.length > 0);
    this.#words.textContent = names.length > 0 ? this.#sentence(names) : "";
    if (names.length > 0) this.#again.set(500, () => this.render());
    else this.#again.clear();
  }

  #sentence(names) {
    if (names.length > NAMED) return this.#strings.say("typing.many");
    return this.#strings.count("typing", names.length, { names: this.#strings.list(names.map(isolated)) });
  }
}
