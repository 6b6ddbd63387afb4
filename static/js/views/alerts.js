/** The two switches of the settings: notifications of the browser, and a sound. */
import { part } from "./parts.js";

export class AlertsView {
  #notify;
  #note;
  #notifier;
  #strings;

  constructor({ root, notifier, chime, strings }) {
    this.#notify = part(root, "input[name=notify]");
    this.#note = part(root, ".alerts-note");
    this.#notifier = notifier;
    this.#strings = strings;
    const sound = part(root, "input[name=sound]");
    sound.checked = chime.on;
    sound.addEventListener("change", () => chime.turn(sound.checked));
    this.#notify.addEventListener("change", async () => {
      await notifier.turn(this.#notify.checked);
      this.render();
    });
    this.render();
  }

  /** Also when the settings are opened: meanwhile the person may have told the browser something else. */
  render() {
    const { state } = this.#notifier;
    const possible = state === "on" || state === "off";
    this.#notify.checked = state === "on";
    this.#notify.disabled = !possible;
    this.#note.textContent = possible ? "" : this.#strings.say(`notify.${state}`);
  }
}
