/**
 * What stands over the messages of a room: its name, what it is for (in one line, and whole when it is pressed), and in
 * an archived one that nobody writes there.
 */
export class PlaceBarView {
  #name;
  #topic;
  #archived;
  #form;
  #onLost;

  /**
   * `name`, `topic` are the bar's; `archived` stands in the place of the composer's `form`. `onLost()` is called when
   * the focus was in the one that went.
   */
  constructor({ name, topic, archived, form, onLost }) {
    this.#name = name;
    this.#topic = topic;
    this.#archived = archived;
    this.#form = form;
    this.#onLost = onLost;
    topic.addEventListener("click", () => topic.classList.toggle("whole"));
  }

  show({ name, topic, archived }) {
    if (this.#name.textContent !== name) this.#name.textContent = name;
    if (this.#topic.textContent !== topic) {
      this.#topic.textContent = topic;
      this.#topic.classList.remove("whole");
    }
    this.#topic.title = topic;
    this.#topic.hidden = topic === "";
    const lost = (archived ? this.#form : this.#archived).contains(document.activeElement);
    this.#archived.hidden = !archived;
    this.#form.hidden = archived;
    if (lost) this.#onLost();
  }
}
