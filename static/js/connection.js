/**
 * One lasting connection made of many short ones: it opens the WebSocket, finds out when it is dead and opens the
 * next. It knows frames as objects with a `type`, and of their meaning only `welcome` and `pong`.
 */
import { Timer } from "./clock.js";
import { Emitter } from "./emitter.js";

const SECOND = 1000;
const FIRST_DELAY = 0.5 * SECOND;
const LONGEST_DELAY = 20 * SECOND;
const WELCOME_WITHIN = 10 * SECOND;
const BEAT_EVERY = 25 * SECOND; // under the 30 to 60 s after which proxies drop a silent connection
const ANSWER_WITHIN = 10 * SECOND;
const PROBE_WITHIN = 3 * SECOND; // after waking up somebody is looking: find out sooner
const REMOVED = 1008;
const TOO_LARGE = 1009;

/**
 * Emits `state` with `{name, since, retryAt, reason}`: `since` is when it began not to be there; name is "connecting",
 * "open" (after `welcome`), "waiting" (until `retryAt`; for a `reason` if what we sent was too large) or "closed" (for
 * good, for `reason`), and `frame` with each frame received.
 */
export class Connection extends Emitter {
  #url;
  #protocol;
  #WebSocket;
  #clock;
  #random;
  #pauseAsked;
  #socket = null;
  #attempt = 0;
  #retry;
  #beat;
  #deadline;
  #token = ""; // a guest's, from the last `welcome`: the next connection continues the one before
  #since = null; // when the last answer was missed first; null: nothing is missed

  state = { name: "closed", since: null, retryAt: null, reason: "" };

  /** `pauseAsked` finds out, without a socket, for how many seconds the server takes no handshake; null if it does. */
  constructor({ url, protocol, WebSocket, clock, random, pauseAsked }) {
    super();
    this.#url = url;
    this.#protocol = protocol;
    this.#WebSocket = WebSocket;
    this.#clock = clock;
    this.#random = random;
    this.#pauseAsked = pauseAsked;
    this.#retry = new Timer(clock);
    this.#beat = new Timer(clock);
    this.#deadline = new Timer(clock);
  }

  open() {
    if (this.state.name === "connecting" || this.state.name === "open") return;
    this.#connect();
  }

  /** Sends if it can; false means that nothing was sent, and whoever cares sends again after `welcome`. */
  send(frame) {
    if (this.state.name !== "open" || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Something says that the network may be back, or gone (online, tab shown, machine woken): look at once. */
  wake() {
    if (this.state.name === "waiting") this.#connect();
    else if (this.state.name === "open") this.#ask(PROBE_WITHIN);
  }

  #connect() {
    this.#retry.clear();
    this.#enter({ name: "connecting" });
    const socket = new this.#WebSocket(this.#url, this.#protocols());
    this.#socket = socket;
    // Each handler asks whether its socket is still the present one: a former one may speak late.
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(data);
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#ended(code, reason);
    this.#deadline.set(WELCOME_WITHIN, () => this.#ended());
  }

  /** The token goes where no server or proxy writes it to a log. */
  #protocols() {
    return this.#token ? [this.#protocol, `guest.${this.#token}`] : [this.#protocol];
  }

  #hear(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (this.state.name === "open" || frame.type === "welcome") {
      this.#since = null;
      this.#deadline.clear();
      this.#beat.set(BEAT_EVERY, () => this.#ask(ANSWER_WITHIN));
    }
    if (frame.type === "welcome") {
      this.#attempt = 0;
      this.#token = frame.you?.token ?? "";
      this.#enter({ name: "open" });
    }
    if (frame.type !== "pong") this.emit("frame", frame);
  }

  #ask(within) {
    this.send({ type: "ping" });
    if (this.#deadline.running) return; // asked already: asking again does not lengthen its life
    this.#since = this.#clock.now();
    this.#deadline.set(within, () => this.#ended());
  }

  #ended(code = null, reason = "") {
    const greeted = this.state.name === "open";
    this.#abandon();
    if (code === REMOVED) {
      this.#enter({ name: "closed", reason: reason || "removed" });
      return;
    }
    const delay = this.#random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#wait(delay, code === TOO_LARGE ? reason || String(code) : "");
    if (!greeted && code !== null) this.#obey();
  }

  #wait(delay, reason = "") {
    this.#retry.set(delay, () => this.#connect());
    this.#enter({ name: "waiting", retryAt: this.#clock.now() + delay, reason });
  }

  /** Stays away as long as the server asks for after a handshake that it may have refused, and a little longer at random. */
  async #obey() {
    const attempt = this.#attempt;
    const seconds = await this.#pauseAsked();
    if (seconds === null || this.state.name !== "waiting" || attempt !== this.#attempt) return;
    const delay = SECOND * seconds * (1 + this.#random() / 4);
    if (this.#clock.now() + delay > this.state.retryAt) this.#wait(delay);
  }

  #abandon() {
    this.#beat.clear();
    this.#deadline.clear();
    this.#retry.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(); // on a dead network its `close` event comes minutes later, or never: nobody waits for it
  }

  #enter({ name, retryAt = null, reason = "" }) {
    if (name !== "open") this.#since ??= this.#clock.now();
    this.state = { name, since: this.#since, retryAt, reason };
    this.emit("state", this.state);
  }
}
