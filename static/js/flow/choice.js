/** What the viewer looks at more closely: one client, one message; and whether the picture stands still. */
import { Emitter } from "../emitter.js";

/** Emits `client`, `flow` and `paused` when that changes. */
export class Choice extends Emitter {
  client = null; // id
  flow = null; // id; null: the newest
  paused = false;

  chooseClient(id) {
    if (this.client === id) return;
    this.client = id;
    this.emit("client");
  }

  chooseFlow(id) {
    if (this.flow === id) return;
    this.flow = id;
    this.emit("flow");
  }

  pause(paused) {
    if (this.paused === paused) return;
    this.paused = paused;
    this.emit("paused");
  }
}
