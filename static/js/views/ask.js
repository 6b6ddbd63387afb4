/** A dialog that asks for one line (a name), hands it to `submit` and shows what is wrong with it. */
import { part } from "./parts.js";

export class AskView {
  #dialog;
  #form;
  #field;
  #problem;
  #button;
  #submit;
  #strings;
  #onDone;
  #required = false;

  /** `submit(text)` gives a promise; what it rejects with is shown beside the field. `onDone()` follows the closing. */
  constructor({ dialog, strings, submit, onDone }) {
    this.#dialog = dialog;
    this.#form = part(dialog, "form");
    this.#field = part(dialog, "input");
    this.#problem = part(dialog, ".field-problem");
    this.#button = part(dialog, "button[type=submit]");
    this.#strings = strings;
    this.#submit = submit;
    this.#onDone = onDone;
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#field.addEventListener("input", () => this.#complain(""));
    const cancel = dialog.querySelector(".cancel");
    cancel?.addEventListener("click", () => dialog.close());
    dialog.addEventListener("cancel", (event) => this.#required && event.preventDefault());
    // Escape closes a dialog that does not block the page only if we say so.
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && !this.#required && dialog.close());
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** What it asked for has been answered elsewhere. */
  dismiss() {
    this.#required = false;
    this.#dialog.close();
  }

  /** `required`: it stays until answered; `modal: false`: the page stays usable beside it. */
  open({ value = "", problem = "", required = false, modal = true } = {}) {
    if (this.#dialog.open) this.#dialog.close();
    this.#required = required;
    this.#dialog.classList.toggle("required", required);
    this.#dialog.classList.toggle("beside", !modal);
    this.#field.value = value;
    this.#complain(problem);
    if (modal) this.#dialog.showModal();
    else this.#dialog.show();
    this.#field.focus();
    this.#field.select();
  }

  async #submitted(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (text === "") return this.#complain(this.#strings.say("ask.empty"), { focus: true });
    this.#button.setAttribute("aria-disabled", "true");
    try {
      await this.#submit(text);
      this.#required = false;
      this.#dialog.close();
      this.#onDone(); // after closing, which gives the focus back to where it was
    } catch (error) {
      const sentence = error.status && error.message ? error.message : this.#strings.say("ask.unreachable");
      this.#complain(sentence, { focus: true });
    } finally {
      this.#button.removeAttribute("aria-disabled");
    }
    return undefined;
  }

  #complain(sentence, { focus = false } = {}) {
    this.#problem.textContent = sentence;
    this.#field.setAttribute("aria-invalid", String(sentence !== ""));
    if (focus) this.#field.focus();
  }
}
