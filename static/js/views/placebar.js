/**
 * What stands over the messages of a room: its name, what it is for (in one line, and whole when it is pressed), and in
 * an archived one that nobody writes there.
 */
export class PlaceBarView {
  #name;
  #topic;
  #archived;
  #form;

  /** `name`, `topic` are the bar's; `archived` stands in the place of the composer's `form`. */
  constructor({ name, topic, archived, form }) {
    this.#name = name;
    this.#topic = topic;
    this.#archived = archived;
    this.#form = form;
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
    this.#archived.hidden = !archived;
    this.#form.hidden = archived;
  }
}
