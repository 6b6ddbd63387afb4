/** One small line beside what the pointer, the focus or a resting finger is on, for everything that has a `data-tip`. */
import { onKey } from "../keys.js";
import { onLongPress } from "./touch.js";

const AFTER = 350; // ms: who only passes is not told

export class TipView {
  #tip;
  #timer = 0;

  /** `tip` is an element with `popover="manual"`. What it says is in the name of the element too: it is not read aloud. */
  constructor({ root, tip }) {
    this.#tip = tip;
    root.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.#over(event.target, AFTER));
    root.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && this.#hide());
    onLongPress(root, "[data-tip]", (about) => this.#show(about)); // stays until the next touch
    document.addEventListener("pointerdown", () => this.#hide()); // a press may change what there is to say
    root.addEventListener("focusin", ({ target }) => target.matches(":focus-visible") && this.#over(target, 0));
    root.addEventListener("focusout", () => this.#hide());
    root.addEventListener("scroll", () => this.#hide(), { passive: true, capture: true });
    onKey(root, ({ key }) => key === "Escape" && this.#hide());
  }

  #over(target, after) {
    clearTimeout(this.#timer);
    const about = target.closest("[data-tip]");
    if (about) this.#timer = setTimeout(() => this.#show(about), after);
    else this.#hide();
  }

  #show(about) {
    if (!about.isConnected) return;
    this.#tip.textContent = about.dataset.tip;
    this.#tip.showPopover();
    const box = about.getBoundingClientRect();
    const { width, height } = this.#tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left + (box.width - width) / 2, window.innerWidth - width - 8));
    this.#tip.style.left = `${left}px`;
    this.#tip.style.top = `${box.top - height - 6 > 0 ? box.top - height - 6 : box.bottom + 6}px`;
  }

  #hide() {
    clearTimeout(this.#timer);
    if (this.#tip.matches(":popover-open")) this.#tip.hidePopover();
  }
}
