/** What stands in a form that was not sent: kept for this tab while the form is closed, and through a reload. */
const PREFIX = "chatapp.form.";

export class KeptForm {
  #store;
  #name;

  /** `name` is that of the form. */
  constructor({ store, name }) {
    this.#store = store;
    this.#name = name;
  }

  /** The fields by their names, or null; `id` says what the form is about. */
  get(id = "") {
    try {
      const fields = JSON.parse(this.#store.get(this.#key(id)));
      return typeof fields === "object" ? fields : null;
    } catch {
      return null; // somebody else wrote there
    }
  }

  set(fields, id = "") {
    this.#store.set(this.#key(id), JSON.stringify(fields));
  }

  remove(id = "") {
    this.#store.remove(this.#key(id));
  }

  #key(id) {
    return `${PREFIX}${this.#name}.${id}`;
  }
}
