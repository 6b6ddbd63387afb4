/** The tour: ten steps that point at what they speak of, and notice when the reader did what they asked for. */
import { onKey } from "../../keys.js";
import { part } from "../../views/parts.js";

const STEPS = [
  { target: "house" },
  { target: "house", waits: "connected", opens: true },
  { target: "handshake" },
  { target: "threads" },
  { target: "house", waits: "flow" },
  { target: "frames" },
  { target: "waterfall" },
  { target: "lock" },
  { target: "outboxes" },
  { target: "terminal", waits: "disconnected" },
];

export class GuideView {
  #root;
  #strings;
  #opener;
  #step = 0;
  #happened = new Set(); // steps of which what they wait for came

  constructor({ root, opener, strings, seen }) {
    this.#root = root;
    this.#opener = opener;
    this.#strings = strings;
    part(root, "#guide-back").addEventListener("click", () => this.#go(this.#step - 1));
    part(root, "#guide-next").addEventListener("click", () => this.#next());
    part(root, "#guide-close").addEventListener("click", () => this.close());
    onKey(root, ({ key }) => key === "Escape" && this.close());
    seen.on("happened", ({ what, quiet }) => !quiet && this.#notice(what.kind));
    seen.on("flows", ({ quiet }) => !quiet && this.#notice("flow"));
  }

  open() {
    this.#root.hidden = false;
    this.#go(0);
    part(this.#root, "#guide-title").focus();
  }

  close() {
    this.#root.hidden = true;
    this.#point(null);
    this.#opener.focus();
  }

  #next() {
    if (this.#step === STEPS.length - 1) this.close();
    else this.#go(this.#step + 1);
  }

  #go(step) {
    this.#step = Math.max(0, step);
    this.#happened.delete(this.#step); // asked anew: what came before does not count
    this.#render();
    this.#point(document.getElementById(STEPS[this.#step].target));
  }

  #notice(what) {
    if (this.#root.hidden || STEPS[this.#step].waits !== what) return;
    this.#happened.add(this.#step);
    this.#render();
  }

  #render() {
    const { waits, opens = false } = STEPS[this.#step];
    const n = this.#step + 1;
    const say = (key, values) => this.#strings.say(key, values);
    part(this.#root, "#guide-title").textContent = say(`guide.${n}.title`);
    part(this.#root, "#guide-text").textContent = say(`guide.${n}.text`);
    part(this.#root, "#guide-count").textContent = say("guide.count", { n, all: STEPS.length });
    part(this.#root, "#guide-tab").hidden = !opens;
    const fate = part(this.#root, "#guide-fate");
    fate.textContent = waits ? say(this.#happened.has(this.#step) ? "guide.seen" : "guide.waiting") : "";
    fate.classList.toggle("seen", this.#happened.has(this.#step));
    const back = part(this.#root, "#guide-back");
    if (this.#step === 0 && back === document.activeElement) part(this.#root, "#guide-next").focus();
    back.hidden = this.#step === 0;
    part(this.#root, "#guide-next").textContent = say(n === STEPS.length ? "guide.end" : "guide.next");
  }

  #point(target) {
    for (const pointed of document.querySelectorAll(".pointed-at")) pointed.classList.remove("pointed-at");
    target?.classList.add("pointed-at");
    target?.scrollIntoView({ block: "start" });
  }
}
