/** Where the reader is in the log: at its end and staying there, or at a message that stays where it is. */
const NEAR = 100; // px from the end that still count as being there

export class Place {
  #root;
  #items;
  #left = null; // px: the scroll position as it was last set or noted
  #anchor = null; // {element, top}: what is being read, and where on the screen

  following = true; // at the end, and staying there
  gliding = false; // on the way there
  endless = false; // more follows what is shown: its end is not the end

  /** `root` scrolls, and `items` holds what is in it. */
  constructor({ root, items }) {
    this.#root = root;
    this.#items = items;
  }

  startOver() {
    this.following = true;
    this.gliding = false;
    this.endless = false;
    this.#left = null;
    this.#anchor = null;
  }

  /** px from the upper edge of what is shown, and to its lower one. */
  get above() {
    return this.#root.scrollTop;
  }

  get below() {
    return this.#root.scrollHeight - this.#root.clientHeight - this.#root.scrollTop;
  }

  /**
   * Notes where the reader scrolled to, also if no event told of it yet; tells whether anybody did. The browser
   * scrolls by itself too, when what is shown gets shorter: that is nobody's wish.
   */
  heed() {
    const end = this.#root.scrollHeight - this.#root.clientHeight;
    const moved = this.#left !== null && Math.abs(this.#root.scrollTop - Math.min(this.#left, end)) >= 2;
    if (moved) this.note();
    return moved;
  }

  note() {
    this.following = !this.endless && this.below <= NEAR;
    if (this.following || this.#root.scrollTop < this.#left) this.gliding = false; // arrived, or thought better of it
    this.#anchor = this.following ? null : this.#findAnchor();
    this.#left = this.#root.scrollTop;
  }

  /** The topmost message on the screen: whatever changes around it, it stays in its place. */
  #findAnchor() {
    const top = this.#root.getBoundingClientRect().top;
    for (const child of this.#items.children) {
      if (!child.classList.contains("message")) continue;
      const box = child.getBoundingClientRect();
      if (box.bottom > top) return { element: child, top: box.top - top };
    }
    return null;
  }

  /** The message that is being read, and how many px it is under the upper edge; null if there is none. */
  get where() {
    const { element, top } = this.#findAnchor() ?? {};
    return element?.dataset.seq ? { seq: Number(element.dataset.seq), top } : null;
  }

  /** Puts the scroll position back to what is being read, after anything may have changed its place. */
  hold() {
    this.heed();
    if (this.following) {
      this.#root.scrollTop = this.#root.scrollHeight;
    } else if (this.#anchor?.element.isConnected) {
      const by = this.#topOf(this.#anchor.element) - this.#anchor.top;
      if (by !== 0) this.#root.scrollTop += by; // only then: to set it ends a smooth scrolling that is under way
    }
    this.#left = this.#root.scrollTop;
  }

  /** More will follow what is shown: who was at the end is not there any more. */
  leaveEnd() {
    this.following = false;
    this.endless = true;
  }

  /** Goes to the end before one's eyes. */
  glide() {
    this.gliding = true;
    this.#root.scrollTo({ top: this.#root.scrollHeight, behavior: "smooth" });
  }

  toEnd() {
    this.following = true;
    this.gliding = false;
    this.#left = null;
  }

  /** Makes a change around an element, which stays where it is on the screen, or `by` px above, also if one was at the end. */
  steady(element, change, by = 0) {
    const top = this.#topOf(element);
    change();
    this.put(element, top - by);
  }

  /** Puts that element, or range, `top` px under the upper edge, as far as there is something to scroll. */
  put(element, top) {
    this.following = false;
    this.#root.scrollTop += this.#topOf(element) - top;
    this.note();
  }

  #topOf(element) {
    return element.getBoundingClientRect().top - this.#root.getBoundingClientRect().top;
  }
}
