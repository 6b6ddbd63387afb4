/**
 * Sends what waits in Outgoing, one command at a time: the next goes out when the one before it was acknowledged or
 * refused, so that a refusal for going too fast in the middle never changes the order.
 */
import { Timer } from "./clock.js";

export class Sender {
  #send;
  #reachable;
  #inFlight = null;
  #pause;

  outgoing;

  /** `send(entry)` sends and tells whether it could; `reachable(room)` tells whether that room is joined now. */
  constructor({ outgoing, clock, send, reachable }) {
    this.outgoing = outgoing;
    this.#send = send;
    this.#reachable = reachable;
    this.#pause = new Timer(clock);
  }

  /** Is the command with this nonce one of these? */
  sent(nonce) {
    return this.#inFlight === nonce || this.outgoing.find(nonce) !== null;
  }

  pump() {
    if (this.#inFlight !== null || this.#pause.running) return;
    const entry = this.outgoing.next(this.#reachable);
    if (entry && this.#send(entry)) this.#inFlight = entry.nonce;
  }

  acknowledged(nonce) {
    if (this.outgoing.remove(nonce)) this.outgoing.renew();
    this.#settled(nonce);
  }

  /** The server said no; with `retryAfter` seconds it said "later", and we obey by ourselves. */
  refused(nonce, { detail, retryAfter = null, tooFast = false }) {
    if (retryAfter === null) {
      this.outgoing.refuse(nonce, detail);
    } else {
      if (tooFast) this.outgoing.renew();
      this.#pause.set(retryAfter * 1000, () => this.pump());
    }
    this.#settled(nonce);
  }

  /** The author asks for another try, at once even if the last one is still unanswered: its nonce makes that safe. */
  tryAgain(nonce) {
    this.outgoing.revive(nonce);
    this.#settled(nonce);
  }

  discard(nonce) {
    this.outgoing.remove(nonce);
    this.#settled(nonce);
  }

  /** The connection is gone: what was in flight goes out again on the next one, unless its `refusal` ended this one. */
  disconnected({ refusal = "" } = {}) {
    if (refusal !== "") this.outgoing.refuse(this.#inFlight, refusal);
    this.#inFlight = null;
    this.#pause.clear();
  }

  /** The room of this message has to be joined first; its `joined` pumps again. */
  unreachable(nonce) {
    if (this.#inFlight === nonce) this.#inFlight = null;
  }

  #settled(nonce) {
    if (this.#inFlight === nonce) this.#inFlight = null;
    this.pump();
  }
}
