/**
 * Who looks before they have a name is nobody to the stream, and stays it: the server knows them by the cookie with
 * which the stream was opened. Once they have chosen a name, in another tab, it is opened anew.
 */
import { Timer } from "../clock.js";

const SOON = 300; // ms: of many who connect at once each would ask

export class Recognition {
  #seen;
  #stream;
  #me;
  #soon;
  #known = null; // for whom it was opened anew: once for each, whatever the server then says

  /** `me` gives the id of the person of this browser, null if there is none. */
  constructor({ seen, stream, me, clock }) {
    this.#seen = seen;
    this.#stream = stream;
    this.#me = me;
    this.#soon = new Timer(clock);
  }

  /** Something happened after which there may be a name. */
  look() {
    if (this.#nobody && !this.#soon.running) this.#soon.set(SOON, () => this.#ask());
  }

  get #nobody() {
    return this.#stream.state === "open" && this.#seen.hello?.you === null;
  }

  async #ask() {
    const person = await this.#me();
    if (person === null || person === this.#known || !this.#nobody) return;
    this.#known = person;
    this.#stream.close();
    this.#stream.open();
  }
}
