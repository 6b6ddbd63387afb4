/** The frames of the chosen client, the newest first; the chosen one is taken apart beside them. */
import { element } from "../../views/parts.js";
import { opcodeName } from "../fields.js";
import { Rows, row, write } from "./rows.js";

const SHOWN = 60;

export class FramesView {
  #seen;
  #choice;
  #strings;
  #units;
  #rows;
  #table;
  #empty;
  #rtt;
  #anatomy;
  #chosen = null;

  /** `anatomy` shows one frame; `table` is the table, `empty` says why there is nothing, `rtt` the round-trip time. */
  constructor({ table, empty, rtt, seen, choice, strings, units, anatomy }) {
    this.#table = table;
    this.#empty = empty;
    this.#rtt = rtt;
    this.#seen = seen;
    this.#choice = choice;
    this.#strings = strings;
    this.#units = units;
    this.#anatomy = anatomy;
    this.#rows = new Rows({ body: table.tBodies[0], make: () => this.#make(), fill: (...all) => this.#fill(...all) });
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
    const newest = frames.at(-1)?.t ?? 0;
    this.#rows.show(shown.map((frame) => ({ frame, ago: newest - frame.t })));
    if (this.#chosen === null && shown.length > 0) this.#choose(shown.find(({ key }) => key) ?? shown[0]);
  }

  #make() {
    const made = row(5, "frame-row");
    const press = element("button", "link-button");
    press.type = "button";
    press.addEventListener("click", () => this.#choose(made.frame));
    made.cells[0].append(press);
    return made;
  }

  #fill(made, { frame, ago }) {
    made.frame = frame;
    const [name, direction, fin, size, says] = made.cells;
    write(name.firstElementChild, opcodeName(frame.opcode));
    write(direction, this.#strings.say(`frames.${frame.direction}`));
    write(fin, frame.fin ? "1" : "0");
    write(size, this.#units.size(frame.size));
    write(says, this.#says(frame));
    made.title = this.#strings.say("frames.ago", { time: this.#units.time(ago) });
    made.classList.toggle("chosen", frame === this.#chosen);
    made.dataset.direction = frame.direction;
    name.firstElementChild.setAttribute("aria-pressed", String(frame === this.#chosen));
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
