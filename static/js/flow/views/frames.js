/** The frames of the chosen client, the newest first; the chosen one is taken apart beside them. */
import { arrange, element } from "../../views/parts.js";
import { opcodeName, pingTook } from "../fields.js";
import { row, write } from "./rows.js";

const SHOWN = 60;

export class FramesView {
  #seen;
  #choice;
  #strings;
  #units;
  #rows = new Map(); // by frame: whoever is on a row stays on that frame while newer ones come
  #table;
  #empty;
  #rtt;
  #pong;
  #anatomy;
  #chosen = null;

  /** `anatomy` shows one frame; `table` is the table, `empty` says why there is nothing, `rtt` TCP's round trip, `pong` a ping's. */
  constructor({ table, empty, rtt, pong, seen, choice, strings, units, anatomy }) {
    this.#table = table;
    this.#empty = empty;
    this.#rtt = rtt;
    this.#pong = pong;
    this.#seen = seen;
    this.#choice = choice;
    this.#strings = strings;
    this.#units = units;
    this.#anatomy = anatomy;
  }

  /** Another client, or another life: the frame that was chosen is of the past. */
  forget() {
    this.#chosen = null;
    this.#anatomy.show(null);
  }

  render() {
    const { client } = this.#choice;
    const frames = client === null ? [] : this.#seen.framesOf(client);
    const shown = frames.slice(-SHOWN).reverse();
    this.#table.hidden = shown.length === 0;
    this.#empty.hidden = shown.length > 0;
    write(this.#empty, this.#strings.say(client === null ? "frames.choose" : "frames.none"));
    const rtt = client === null ? null : (this.#seen.client(client)?.rtt_us ?? null);
    write(this.#rtt, rtt === null ? "–" : this.#units.time(rtt));
    const took = pingTook(frames);
    this.#pong.hidden = took === null;
    write(this.#pong.lastElementChild, took === null ? "" : this.#units.time(took));
    const newest = frames.at(-1)?.t ?? 0;
    const kept = new Set(shown);
    for (const frame of this.#rows.keys()) if (!kept.has(frame)) this.#rows.delete(frame);
    arrange(this.#table.tBodies[0], shown.map((frame) => this.#row(frame, newest)));
    if (this.#chosen === null && shown.length > 0) this.#choose(shown.find(({ key }) => key) ?? shown[0]);
  }

  #row(frame, newest) {
    if (!this.#rows.has(frame)) this.#rows.set(frame, this.#make(frame));
    const made = this.#rows.get(frame);
    made.title = this.#strings.say("frames.ago", { time: this.#units.time(newest - frame.t) });
    made.classList.toggle("chosen", frame === this.#chosen);
    made.cells[0].firstElementChild.setAttribute("aria-pressed", String(frame === this.#chosen));
    return made;
  }

  #make(frame) {
    const made = row(5, "frame-row");
    const press = element("button", "link-button", opcodeName(frame.opcode));
    press.type = "button";
    press.addEventListener("click", () => this.#choose(frame));
    made.cells[0].append(press);
    const cells = [this.#strings.say(`frames.${frame.direction}`), frame.fin ? "1" : "0", this.#units.size(frame.size)];
    [...cells, this.#says(frame)].forEach((words, index) => {
      made.cells[index + 1].textContent = words;
    });
    return made;
  }

  #says(frame) {
    if (frame.close_code !== null && frame.close_code !== undefined) return String(frame.close_code);
    if (frame.hidden) return this.#strings.say("hidden.bytes", { hash: frame.hash ?? "–" });
    return frame.text ?? "";
  }

  #choose(frame) {
    this.#chosen = frame;
    this.#anatomy.show(frame);
    this.render();
  }
}
