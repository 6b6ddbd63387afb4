/**
 * What the person does to messages: each deed is a command whose answer is its event. One that is not answered goes
 * out again when its room is joined again, under the same nonce, so that it is done once.
 */
import { Problem } from "./api.js";

export class Deeds {
  #send;
  #clock;
  #makeNonce;
  #waiting = new Map(); // nonce -> {room, command, resolve, reject}, in the order in which they were done

  /** `send(command)` tells whether it could. */
  constructor({ send, clock, makeNonce }) {
    this.#send = send;
    this.#clock = clock;
    this.#makeNonce = makeNonce;
  }

  /** Does `command`, {type, …} without room and nonce. Gives its event; rejects with a Problem if it is refused. */
  do(room, command) {
    const nonce = this.#makeNonce();
    return new Promise((resolve, reject) => {
      const whole = { ...command, room: room.slug, nonce };
      this.#waiting.set(nonce, { room, command: whole, resolve, reject });
      if (room.joined) this.#send(whole);
    });
  }

  joined(room) {
    for (const deed of this.#waiting.values()) if (deed.room === room) this.#send(deed.command);
  }

  acknowledged(event) {
    const deed = this.#waiting.get(event.nonce);
    if (!deed) return;
    this.#waiting.delete(event.nonce);
    deed.resolve(event);
  }

  /** Tells whether it was one of these. With `retryAfter` seconds the server said "later", and we obey by ourselves. */
  refused(nonce, { code, detail, field, retryAfter }) {
    const deed = this.#waiting.get(nonce);
    if (!deed) return false;
    if (retryAfter === null) {
      this.#waiting.delete(nonce);
      deed.reject(new Problem({ code, detail, field }));
    } else {
      this.#clock.after(retryAfter * 1000, () => {
        if (this.#waiting.has(nonce) && deed.room.joined) this.#send(deed.command);
      });
    }
    return true;
  }

  /** The room in which that deed is to be done, or null. */
  roomOf(nonce) {
    return this.#waiting.get(nonce)?.room ?? null;
  }
}
