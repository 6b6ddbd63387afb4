/** The unread count where one sees it from another tab: in the title, and on the icon. */
import { capped } from "./jump.js";

const SIZE = 64;

export class TitleView {
  #link;
  #plain;
  #image = null;
  #shown = 0;
  #calls = false;

  /** `link` is the page's `<link rel="icon">`. */
  constructor({ link }) {
    this.#link = link;
    this.#plain = link.href;
  }

  /** How many unread messages there are, and how many of them mean the person. */
  show({ room, unread, mentions }) {
    const title = `${room} · chatapp`;
    document.title = unread > 0 ? `(${capped(unread)}) ${title}` : title;
    if (unread === this.#shown && this.#calls === mentions > 0) return;
    this.#shown = unread;
    this.#calls = mentions > 0;
    this.#icon();
  }

  #icon() {
    if (this.#shown === 0) {
      this.#link.href = this.#plain;
      return;
    }
    if (this.#image === null) {
      this.#image = new Image(SIZE, SIZE);
      this.#image.src = this.#plain;
      this.#image.addEventListener("load", () => this.#icon(), { once: true });
    }
    if (this.#image.complete && this.#image.naturalWidth > 0) this.#link.href = badged(this.#image, this.#shown, this.#calls);
  }
}

function badged(image, count, calls) {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const draw = canvas.getContext("2d");
  draw.drawImage(image, 0, 0, SIZE, SIZE);
  const words = count > 99 ? "99" : String(count);
  const width = words.length > 1 ? 46 : 38;
  draw.beginPath();
  draw.roundRect(SIZE - width, SIZE - 38, width, 38, 19);
  draw.fillStyle = calls ? "#c0392b" : "#ffb938";
  draw.fill();
  draw.fillStyle = calls ? "#ffffff" : "#2b1d00";
  draw.font = "bold 30px system-ui, sans-serif";
  draw.textAlign = "center";
  draw.textBaseline = "middle";
  draw.fillText(words, SIZE - width / 2, SIZE - 17);
  return canvas.toDataURL("image/png");
}
