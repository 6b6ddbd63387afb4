/**
 * The connection to `/flow/socket`: one that lasts, made of many short ones, as the chat's own is. It speaks flow.v1,
 * where `hello` comes first and nobody asks for a sign of life: the server tells something all the time.
 */
import { Timer } from "../clock.js";
import { Emitter } from "../emitter.js";

const SECOND = 1000;
const FIRST_DELAY = 0.5 * SECOND;
const LONGEST_DELAY = 20 * SECOND;
const HELLO_WITHIN = 10 * SECOND;
const SILENT_FOR = 30 * SECOND; // a snapshot comes twice a second: then the connection is dead

/**
 * Emits `state` with "connecting", "open" (after `hello`), "waiting", "refused" (this viewer may not look) or
 * "closed", and `text` with each text as it came and as an object.
 */
export class Stream extends Emitter {
  #url;
  #WebSocket;
  #allowed;
  #clock;
  #random;
  #socket = null;
  #attempt = 0;
  #retry;
  #deadline;

  state = "closed";

  /** `allowed` finds out, without a socket, whether this viewer may look: a browser does not tell why one failed. */
  constructor({ url, WebSocket, allowed, clock, random }) {
    super();
    this.#url = url;
    this.#WebSocket = WebSocket;
    this.#allowed = allowed;
    this.#clock = clock;
    this.#random = random;
    this.#retry = new Timer(clock);
    this.#deadline = new Timer(clock);
  }

  open() {
    if (this.state === "connecting" || this.state === "open") return;
    this.#retry.clear();
    this.#enter("connecting");
    const socket = new this.#WebSocket(this.#url, "flow.v1");
    this.#socket = socket;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(data);
    socket.onclose = () => socket === this.#socket && this.#ended();
    this.#deadline.set(HELLO_WITHIN, () => this.#ended());
  }

  /** For good, until somebody opens it again. */
  close() {
    this.#abandon();
    this.#enter("closed");
  }

  send(text) {
    if (this.state === "open" && this.#socket.readyState === 1) this.#socket.send(JSON.stringify(text));
  }

  #hear(raw) {
    let text;
    try {
      text = JSON.parse(raw);
    } catch {
      return;
    }
    if (this.state === "open" || text.type === "hello") this.#deadline.set(SILENT_FOR, () => this.#ended());
    if (text.type === "hello") {
      this.#attempt = 0;
      this.#enter("open");
    }
    this.emit("text", { raw, text });
  }

  async #ended() {
    const greeted = this.state === "open";
    this.#abandon();
    this.#enter("waiting");
    if (!greeted && !(await this.#allowed()) && this.state === "waiting") {
      this.#enter("refused");
      return;
    }
    if (this.state !== "waiting") return; // somebody opened or closed it meanwhile
    const delay = this.#random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#retry.set(delay, () => this.open());
  }

  #abandon() {
    this.#retry.clear();
    this.#deadline.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #enter(state) {
    this.state = state;
    this.emit("state", state);
  }
}
