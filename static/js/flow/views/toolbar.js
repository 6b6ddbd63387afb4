/** What one does to the picture: stop it, slow it, go step by step, make it big, keep it, open one that was kept. */
import { part } from "../../views/parts.js";

const KEY = "chatapp.flow.projector";
const SLOWER = [1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]; // times

export class ToolbarView {
  #strings;
  #units;
  #store;
  #actions;
  #pause;
  #slow;
  #slowOut;
  #projector;

  /** `actions`: pause(paused), slow(times), step(), save(), open(file), guide(). */
  constructor({ root, strings, units, store, actions }) {
    this.#strings = strings;
    this.#units = units;
    this.#store = store;
    this.#actions = actions;
    this.#pause = part(root, "#pause");
    this.#slow = part(root, "#slow");
    this.#slowOut = part(root, "#slow-out");
    this.#projector = part(root, "#projector");
    this.#pause.addEventListener("click", () => actions.pause(this.#pause.getAttribute("aria-pressed") !== "true"));
    part(root, "#step").addEventListener("click", () => actions.step());
    part(root, "#save").addEventListener("click", () => actions.save());
    part(root, "#guide-open").addEventListener("click", () => actions.guide());
    const file = part(root, "#open-file");
    part(root, "#open").addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files.length > 0) actions.open(file.files[0]);
      file.value = ""; // so that the same file can be chosen once more
    });
    this.#slow.max = String(SLOWER.length - 1);
    this.#slow.value = String(SLOWER.indexOf(500));
    this.#slow.addEventListener("input", () => this.#slower());
    this.#projector.addEventListener("click", () => this.#enlarge(!this.#large));
    this.#enlarge(store.get(KEY) === "on");
    this.#slower();
  }

  paused(paused) {
    this.#pause.setAttribute("aria-pressed", String(paused));
  }

  get #large() {
    return document.documentElement.dataset.projector === "on";
  }

  #enlarge(large) {
    if (large) document.documentElement.dataset.projector = "on";
    else delete document.documentElement.dataset.projector;
    if (large) this.#store.set(KEY, "on");
    else this.#store.remove(KEY);
    this.#projector.setAttribute("aria-pressed", String(large));
  }

  #slower() {
    const times = SLOWER[Number(this.#slow.value)];
    const words = this.#strings.say("toolbar.slower", { n: this.#units.count(times) });
    this.#slowOut.textContent = words;
    this.#slow.setAttribute("aria-valuetext", words);
    this.#actions.slow(times);
  }
}
