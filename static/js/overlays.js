/**
 * What is open over the page (dialogs, drawers, menus, pickers, the edit of a message), the topmost last. A view reports
 * when it opens something. Whether that is still open is asked each time, because browsers report it late.
 */
import { Emitter } from "./emitter.js";

/** Emits `opened`, and `closed` when something may have been closed. */
export class Overlays extends Emitter {
  #all = new Map(); // key -> {isOpen, close, stays}, in the order of opening

  /**
   * Something was opened. `key` identifies it, `isOpen()` tells whether it still is, `close()` closes it. `stays`: it
   * is part of the room, and stays open there when the reader goes to another place.
   */
  opened(key, { isOpen, close, stays = false }) {
    this.#all.delete(key);
    this.#all.set(key, { isOpen, close, stays });
    this.emit("opened");
  }

  /** Something may have been closed. */
  closed() {
    this.emit("closed");
  }

  get count() {
    return this.#open.length;
  }

  /** Closes the topmost ones, until no more than `count` are open. */
  closeDownTo(count) {
    for (const [key, { close }] of this.#open.slice(count).reverse()) this.#close(key, close);
  }

  /** The reader goes to another place of the room. */
  leavePlace() {
    for (const [key, { close, stays }] of this.#open.reverse()) if (!stays) this.#close(key, close);
  }

  /** The reader goes to another room: nothing that belongs to this one stays open over that. */
  leaveRoom() {
    this.leavePlace();
    this.#all.clear();
  }

  /** What is open now. The others are forgotten. */
  get #open() {
    for (const [key, { isOpen }] of this.#all) if (!isOpen()) this.#all.delete(key);
    return [...this.#all];
  }

  #close(key, close) {
    this.#all.delete(key);
    close();
  }
}

/** Those of this page. */
export const overlays = new Overlays();

/** Reports an open dialog or popover; its own events tell when it is closed. */
export function reportOpen(element) {
  const isDialog = element.localName === "dialog";
  const isOpen = () => element.isConnected && (isDialog ? element.open : element.matches(":popover-open"));
  const close = () => (isDialog ? element.close() : element.hidePopover());
  overlays.opened(element, { isOpen, close });
}
