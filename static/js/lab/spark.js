/** A small curve of the last half minute, with a band behind it wherever the bug was on. */
const SVG = "http://www.w3.org/2000/svg";
const KEPT = 60;
const WIDTH = 240;
const HEIGHT = 48;
const STEP = WIDTH / (KEPT - 1);

export class Spark {
  #curve;
  #bands;
  #floor;
  #samples = [];

  constructor(root, { floor }) {
    this.#floor = floor;
    root.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    root.setAttribute("preserveAspectRatio", "none");
    this.#bands = document.createElementNS(SVG, "path");
    this.#bands.setAttribute("class", "spark-band");
    this.#curve = document.createElementNS(SVG, "polyline");
    this.#curve.setAttribute("class", "spark-curve");
    this.#curve.setAttribute("vector-effect", "non-scaling-stroke");
    root.replaceChildren(this.#bands, this.#curve);
  }

  add(value, on) {
    this.#samples.push({ value, on });
    if (this.#samples.length > KEPT) this.#samples.shift();
    this.#draw();
  }

  clear() {
    this.#samples = [];
    this.#draw();
  }

  #draw() {
    const top = Math.max(this.#floor, ...this.#samples.map(({ value }) => value)) * 1.1;
    const first = KEPT - this.#samples.length;
    const x = (index) => ((first + index) * STEP).toFixed(1);
    const y = (value) => (HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1);
    this.#curve.setAttribute("points", this.#samples.map(({ value }, at) => `${x(at)},${y(value)}`).join(" "));
    const bands = this.#samples.map(({ on }, at) => (on ? `M${x(at)} 0v${HEIGHT}h-${STEP.toFixed(1)}v-${HEIGHT}z` : ""));
    this.#bands.setAttribute("d", bands.join(""));
  }
}
