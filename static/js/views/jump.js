/** The button that goes down to the newest message, and says how many wait there. */
export class JumpView {
  #button;
  #label;
  #strings;

  constructor({ button, label, strings, onPress }) {
    this.#button = button;
    this.#label = label;
    this.#strings = strings;
    button.addEventListener("click", onPress);
  }

  /** Tells whether it went away while it had the focus, which then has to go somewhere. */
  show({ unread, atEnd }) {
    const hadFocus = this.#button === document.activeElement;
    this.#button.hidden = atEnd;
    this.#button.classList.toggle("has-news", unread > 0);
    const news = this.#strings.count("jump.new", unread, { n: capped(unread) });
    const words = unread > 0 ? news : this.#strings.say("jump.end");
    if (this.#label.textContent !== words) this.#label.textContent = words;
    return hadFocus && atEnd;
  }
}

/** "99+" for what nobody counts any more. */
export function capped(count) {
  return count > 99 ? "99+" : String(count);
}
