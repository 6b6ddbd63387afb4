/** Which client is looked at: one field for each section that shows one, all saying the same. */
import { element } from "../../views/parts.js";

export class PickerView {
  #fields;
  #seen;
  #choice;
  #strings;
  #shown = "";

  constructor({ fields, seen, choice, strings }) {
    this.#fields = [...fields];
    this.#seen = seen;
    this.#choice = choice;
    this.#strings = strings;
    for (const field of this.#fields) {
      field.addEventListener("change", () => choice.chooseClient(field.value === "" ? null : Number(field.value)));
    }
    this.render();
  }

  render() {
    const clients = this.#seen.snapshot.clients.map((client) => [client.id, this.#label(client)]);
    const chosen = this.#choice.client;
    if (chosen !== null && !this.#seen.client(chosen)) {
      clients.push([chosen, this.#strings.say("client.gone", { n: chosen })]);
    }
    const shown = JSON.stringify(clients);
    if (shown !== this.#shown) {
      this.#shown = shown;
      for (const field of this.#fields) {
        field.replaceChildren(
          option("", this.#strings.say("picker.nobody")),
          ...clients.map(([id, label]) => option(String(id), label)),
        );
      }
    }
    for (const field of this.#fields) field.value = chosen === null ? "" : String(chosen);
  }

  #label(client) {
    const name = client.name ?? this.#strings.say("client.number", { n: client.id });
    return client.own ? `${name} ${this.#strings.say("client.you")}` : name;
  }
}

function option(value, label) {
  const made = element("option", "", label);
  made.value = value;
  return made;
}
