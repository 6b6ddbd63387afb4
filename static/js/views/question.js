/** A question before something that cannot be taken back. */
import { part, showModal } from "./parts.js";

export class QuestionView {
  #dialog;
  #run = null;

  /** `dialog` holds `.question-about`, a button `.cancel` and one `.confirm`. */
  constructor({ dialog }) {
    this.#dialog = dialog;
    part(dialog, ".cancel").addEventListener("click", () => this.close());
    dialog.addEventListener("close", () => part(dialog, ".question-about").replaceChildren());
    part(dialog, ".confirm").addEventListener("click", () => {
      this.close(); // first: it gives the focus back
      this.#run();
    });
  }

  /** `about` is shown as what the question is about; `run()` is called if the answer is yes. */
  ask({ about, run }) {
    this.#run = run;
    part(this.#dialog, ".question-about").textContent = about;
    showModal(this.#dialog);
    part(this.#dialog, ".cancel").focus(); // an Enter too many does no harm
  }

  close() {
    this.#dialog.close();
  }
}
