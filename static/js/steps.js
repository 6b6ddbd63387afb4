/**
 * The browser's history, which on the chat's page only this module writes. It consists of places (a room, a message, a
 * position to come back to) and, on top of the current place, one step for each open overlay. Back therefore closes
 * what is on top, in every browser, by button, key and gesture. (A CloseWatcher would know only Android's gesture. The
 * one that Android's dialogs and popovers have built in closes them first; their step is then removed as after any
 * other way of closing.)
 *
 * The state of an entry is {place, over, step}: an id of the place, the number of overlay steps up to this entry, and
 * whether the place is a position to come back from. `history.go()` takes effect later, and people do not wait for it.
 * So nothing is counted: after every change the entry at which the history stands is compared with what is open, and
 * the difference is corrected. Only one correction is under way at a time.
 */
import { Emitter } from "./emitter.js";

const ARRIVES_WITHIN = 3000; // ms; a browser may ignore history.go() without a word

/** Emits `travelled` when the browser's Back or Forward led to another place. */
export class Steps extends Emitter {
  #overlays;
  #makeId;
  #place; // the id of the place that the page shows
  #next = []; // places that wait for their entries: {address, step}
  #address = null; // the current place's new address, as long as an overlay's step is above its entry
  #underWay = 0; // the timer of a correction
  #backAfterwards = false;
  #leaving = false; // for another page; a correction would cancel that
  #soon = 0;

  constructor({ overlays, makeId }) {
    super();
    this.#overlays = overlays;
    this.#makeId = makeId;
    this.#adopt();
    addEventListener("popstate", () => this.#arrived());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#stay());
    document.addEventListener("click", (event) => this.#followed(event));
    overlays.on("opened", () => this.#stay());
    overlays.on("closed", () => this.#settleSoon());
    this.#settle(); // after a reload nothing is open, but the step of what was open is there
  }

  /** Does the current place's entry lead back to a position in the same room? */
  get isStep() {
    return this.#next.at(-1)?.step ?? here().step;
  }

  /** Adds a place after the current one; without an address it has the current one's. */
  push({ address = "", step = false } = {}) {
    this.#next.push({ address, step });
    this.#settle();
  }

  /** Gives the current place another address. */
  rename(address) {
    this.#address = address;
    this.#settle();
  }

  /** Goes back to the place before the current one. */
  back() {
    if (this.#underWay) this.#backAfterwards = true;
    else this.#go(-1 - here().over);
  }

  /** Goes to another page. The step of what is open, or was just closed, becomes that page's entry. */
  leave(url) {
    this.#leaving = true;
    if (here().over > 0) location.replace(url);
    else location.assign(url);
  }

  #stay() {
    this.#leaving = false;
    this.#settle();
  }

  /** An entry that was not made here is a new place: the first one, or that of a link to a part of the page. */
  #adopt() {
    if (!history.state?.place) this.#replace({ place: this.#makeId(), over: 0, step: false });
    this.#place = here().place;
  }

  /** The next overlay often opens right after one was closed, and takes over its step. */
  #settleSoon() {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#settle());
  }

  #settle() {
    if (this.#underWay || this.#leaving) return;
    if (this.#next.length > 0 && !this.#pushNext()) return;
    const { over } = here();
    const open = this.#overlays.count;
    if (this.#backAfterwards) {
      this.#backAfterwards = false;
      this.#go(-1 - over);
    } else if (over > open) {
      this.#go(open - over);
    } else {
      this.#readdress();
      for (let count = over + 1; count <= open; count += 1) this.#push({ ...here(), over: count });
    }
  }

  /** The first place takes over the step of an overlay, if one is there. False: there are more, which go first. */
  #pushNext() {
    const { over } = here();
    if (over > 1) {
      this.#go(1 - over);
      return false;
    }
    this.#address = null; // it was that of the place before
    this.#next.forEach(({ address, step }, index) => {
      const state = { place: this.#makeId(), over: 0, step };
      if (index === 0 && over === 1) this.#replace(state, address);
      else this.#push(state, address);
    });
    this.#next = [];
    this.#place = here().place;
    return true;
  }

  #readdress() {
    if (this.#address === null || here().over > 0) return;
    this.#replace(here(), this.#address);
    this.#address = null;
  }

  #go(delta) {
    this.#underWay = setTimeout(() => this.#notArrived(), ARRIVES_WITHIN);
    history.go(delta);
  }

  #notArrived() {
    this.#underWay = 0;
    this.#replace({ ...here(), over: Math.min(here().over, this.#overlays.count) });
    this.#settle();
  }

  /** The history stands at another entry: because of a correction, or because somebody went back or forward. */
  #arrived() {
    const corrected = this.#underWay !== 0;
    clearTimeout(this.#underWay);
    this.#underWay = 0;
    const before = this.#place;
    const isPart = history.state === null && document.querySelector(":target") !== null;
    this.#adopt();
    if (this.#place !== before) this.#address = null;
    if (isPart) this.#overlays.leavePlace(); // a link to a part of the page, such as the field: the room stays as it is
    else if (this.#place !== before) this.emit("travelled");
    else if (!corrected) this.#overlays.closeDownTo(here().over);
    this.#settle();
  }

  /** A link to another page, pressed in what is open. */
  #followed(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0 || link.target || link.origin !== location.origin) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.pathname === location.pathname) return;
    if (here().over === 0) return;
    event.preventDefault();
    this.leave(link.href);
  }

  // Browsers limit how often a page may write the history, and throw: then a step is missing until the next change.

  #push(state, address = "") {
    attempt(() => history.pushState(state, "", address));
  }

  #replace(state, address = "") {
    attempt(() => history.replaceState(state, "", address));
  }
}

function here() {
  return history.state ?? { place: null, over: 0, step: false };
}

function attempt(write) {
  try {
    write();
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}
