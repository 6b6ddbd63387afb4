/** A dialog that asks for one line (a name), hands it to `submit` and shows what is wrong with it. */
import { onKey } from "../keys.js";
import { part, showModal } from "./parts.js";

export class AskView {
  #dialog;
  #form;
  #field;
  #problem;
  #button;
  #submit;
  #strings;
  #onDone;
  #kept;
  #required = false;
  #submitting = false;

  /** `submit(text)` gives a promise; what it rejects with is shown beside the field. `onDone()` follows the closing, `kept` is a KeptForm. */
  constructor({ dialog, strings, submit, onDone, kept }) {
    this.#dialog = dialog;
    this.#form = part(dialog, "form");
    this.#field = part(dialog, "input");
    this.#problem = part(dialog, ".field-problem");
    this.#button = part(dialog, "button[type=submit]");
    this.#strings = strings;
    this.#submit = submit;
    this.#onDone = onDone;
    this.#kept = kept;
    this.#form.addEventListener("submit", (event) => this.#submitted(event));
    this.#field.addEventListener("input", () => {
      this.#complain("");
      kept.set({ text: this.#field.value });
    });
    const cancel = dialog.querySelector(".cancel");
    cancel?.addEventListener("click", () => {
      kept.remove();
      this.#giveUp();
    });
    dialog.addEventListener("cancel", (event) => this.#required && event.preventDefault());
    // A second Escape closes it all the same: browsers let nothing hold a person for ever. It comes back.
    dialog.addEventListener("close", () => this.#required && !this.#dialog.open && this.#show());
    // Escape closes a dialog that does not block the page only if we say so.
    onKey(dialog, (event) => {
      if (event.key !== "Escape" || this.#required) return;
      event.preventDefault(); // it closes this dialog, and nothing under it
      this.#giveUp();
    });
  }

  /** What it asked for has been answered elsewhere. */
  dismiss() {
    this.#required = false;
    this.#dialog.close();
  }

  /** `required`: it stays until answered; `modal: false`: the page stays usable beside it, and keeps the focus. */
  open({ value = "", problem = "", required = false, modal = true } = {}) {
    if (this.#dialog.open) this.#dialog.close();
    this.#required = required;
    this.#dialog.classList.toggle("required", required);
    this.#dialog.classList.toggle("beside", !modal);
    this.#field.value = this.#kept.get()?.text ?? value;
    this.#complain(problem);
    if (!modal) {
      this.#dialog.open = true; // show() would take the focus from somebody who is typing
      return;
    }
    this.#show();
  }

  #show() {
    showModal(this.#dialog, undefined, { required: this.#required });
    this.#field.focus();
    this.#field.select();
  }

  #giveUp() {
    const beside = this.#dialog.classList.contains("beside");
    this.#dialog.close();
    if (beside) this.#onDone(); // only a modal dialog knows where the focus was before
  }

  async #submitted(event) {
    event.preventDefault();
    if (this.#submitting) return undefined; // a second Enter would make a second person
    const text = this.#field.value.trim();
    if (text === "") return this.#complain(this.#strings.say("ask.empty"), { focus: true });
    this.#submitting = true;
    this.#button.setAttribute("aria-disabled", "true");
    try {
      await this.#submit(text);
      this.#kept.remove();
      this.#required = false;
      this.#dialog.close();
      this.#onDone(); // after closing, which gives the focus back to where it was
    } catch (error) {
      const sentence = error.status && error.message ? error.message : this.#strings.say("ask.unreachable");
      this.#complain(sentence, { focus: true });
    } finally {
      this.#submitting = false;
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
