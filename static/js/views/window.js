/** Which of the loaded messages are in the document: at most SHOWN of them, named by the seqs at both ends. */
import { firstIndex } from "../sorted.js";

const SHOWN = 300; // messages in the document
const STEP = 50; // messages by which the window grows at one of its ends

export class Window {
  #from = 0; // from this seq …
  #to = null; // … to this one; null: to the end of what is loaded

  startOver() {
    this.#from = 0;
    this.#to = null;
  }

  get atEnd() {
    return this.#to === null;
  }

  /** The window as indices into `messages`: from `start` to before `end`. */
  span(messages) {
    const start = firstIndex(messages, this.#from);
    const end = this.#to === null ? messages.length : firstIndex(messages, this.#to + 1);
    return { start, end };
  }

  toEnd(messages) {
    this.#to = null;
    this.#from = messages.length > STEP * 2 ? messages[messages.length - STEP * 2].seq : 0;
  }

  /** Around the message with that seq, as if one had come to it by scrolling. */
  toward(messages, seq) {
    const index = firstIndex(messages, seq);
    const first = index - STEP;
    const last = index + STEP;
    this.#from = first > 0 ? messages[first].seq : 0;
    this.#to = last < messages.length - 1 ? messages[last].seq : null;
  }

  /** Keeps within SHOWN: who follows the end lets go of the top; for anybody else what is new waits outside. */
  fit(messages, { following }) {
    const { start, end } = this.span(messages);
    if (end - start <= SHOWN) return;
    if (following) this.#from = messages[end - SHOWN].seq;
    else this.#to = messages[start + SHOWN - 1].seq;
  }

  /** Grows upward; false: it begins with the first that is loaded. */
  older(messages) {
    const { start, end } = this.span(messages);
    if (start === 0) return false;
    const first = Math.max(0, start - STEP);
    this.#from = messages[first].seq;
    if (end - first > SHOWN) this.#to = messages[first + SHOWN - 1].seq;
    return true;
  }

  /** Grows downward, to the last that is loaded at most. */
  newer(messages) {
    const { start, end } = this.span(messages);
    const last = Math.min(messages.length, end + STEP);
    this.#to = last === messages.length ? null : messages[last - 1].seq;
    if (last - start > SHOWN) this.#from = messages[last - SHOWN].seq;
  }
}
