/** The controls of a recording that is played: play and pause, how fast, and where. */
import { part } from "../../views/parts.js";

export class ReplayView {
  #root;
  #strings;
  #play;
  #place;
  #out;
  #speed;
  #player = null;

  /** `actions`: pause(paused), leave(). */
  constructor({ root, strings, live, actions }) {
    this.#root = root;
    this.#strings = strings;
    this.#play = part(root, "#replay-play");
    this.#place = part(root, "#replay-place");
    this.#out = part(root, "#replay-out");
    this.#speed = part(root, "#replay-speed");
    this.#play.addEventListener("click", () => actions.pause(this.#player.playing));
    this.#place.addEventListener("input", () => this.#player.seek(Number(this.#place.value)));
    this.#speed.addEventListener("change", () => {
      this.#player.speed = Number(this.#speed.value);
    });
    const leave = part(root, "#replay-leave");
    leave.hidden = !live;
    leave.addEventListener("click", () => actions.leave());
  }

  show(player) {
    this.#player = player;
    this.#root.hidden = player === null;
    if (player === null) return;
    this.#place.max = String(Math.max(1, player.length));
    player.speed = Number(this.#speed.value);
    player.on("moved", () => player === this.#player && this.#render());
    this.#render();
  }

  #render() {
    const { position, length, playing } = this.#player;
    this.#place.value = String(Math.round(position));
    const words = `${clock(position)} / ${clock(length)}`;
    if (this.#out.textContent !== words) this.#out.textContent = words;
    this.#place.setAttribute("aria-valuetext", words);
    const label = this.#strings.say(playing ? "replay.pause" : "replay.play");
    if (this.#play.getAttribute("aria-label") !== label) this.#play.setAttribute("aria-label", label);
    this.#play.dataset.playing = String(playing);
  }
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
