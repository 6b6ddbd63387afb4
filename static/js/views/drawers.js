/** The two sides of the page: columns where there is room, drawers over the messages where there is not. */
import { onKey } from "../keys.js";
import { overlays } from "../overlays.js";

export class Drawers {
  #sides; // [{panel, opener, media}]
  #backdrop;
  #main;
  #open = null;
  #returnTo = null;

  /** `sides` is [{panel, opener, closer, narrow}], `narrow` the media query under which that panel is a drawer. */
  constructor({ sides, backdrop, main }) {
    this.#backdrop = backdrop;
    this.#main = main;
    this.#sides = sides.map((side) => ({ ...side, media: matchMedia(side.narrow) }));
    for (const side of this.#sides) {
      side.opener.addEventListener("click", () => (this.#open === side ? this.close() : this.#show(side)));
      side.closer.addEventListener("click", () => this.close());
      side.media.addEventListener("change", () => this.#arrange());
    }
    backdrop.addEventListener("click", () => this.close());
    onKey(document, (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !this.#open || document.querySelector("dialog:modal")) return;
      event.preventDefault();
      this.close();
    });
    this.#arrange();
  }

  /** Shows a panel: as a drawer, or, where it is a column already, by moving the focus to it. */
  open(panel) {
    const side = this.#sides.find((each) => each.panel === panel);
    if (side.media.matches) this.#show(side);
    else panel.querySelector("[tabindex]").focus();
  }

  close({ restoreFocus = true } = {}) {
    if (!this.#open) return;
    const back = this.#returnTo;
    this.#open = null;
    this.#arrange();
    if (restoreFocus) back?.focus();
  }

  #show(side) {
    this.#open = side;
    this.#returnTo = side.opener;
    this.#arrange();
    const first = side.panel.querySelector("[aria-current]") ?? side.closer;
    first.focus();
    overlays.opened(this, { isOpen: () => this.#open !== null, close: () => this.close() });
  }

  #arrange() {
    if (this.#open && !this.#open.media.matches) this.#open = null;
    if (!this.#open) overlays.closed();
    for (const side of this.#sides) {
      const open = side === this.#open;
      side.panel.classList.toggle("open", open);
      // A closed drawer is off the screen and out of the tab order; an open one is all there is.
      side.panel.inert = (side.media.matches && !open) || (this.#open !== null && !open);
      side.opener.setAttribute("aria-expanded", String(open));
    }
    this.#main.inert = this.#open !== null;
    this.#backdrop.hidden = this.#open === null;
  }
}
