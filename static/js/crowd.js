/**
 * The people of a crowded room. The server names the first 200 to whoever joins; this asks for others when somebody looks
 * for a name, and when most of those who were named have left.
 */
import { Timer } from "./clock.js";

const TYPED_FOR = 150; // ms without another letter until the server is asked
const ASK_AGAIN = 10_000; // ms between two questions for more people of a room
const FEW = 100; // fewer known people than that, of more who are there, make a list that looks empty

export class Crowd {
  #api;
  #chat;
  #clock;
  #asked = 0; // the number of the newest question
  #nobody = { room: null, query: null }; // nobody there has a name that begins so, or longer
  #filled; // runs while no more people are asked for

  constructor({ api, chat, clock }) {
    this.#api = api;
    this.#chat = chat;
    this.#clock = clock;
    this.#filled = new Timer(clock);
  }

  /** Looks for people of the open room whose names begin so, if not all of them are known; the room has them then. */
  async find(query) {
    const asked = (this.#asked += 1);
    const room = this.#chat.open;
    const nobody = room === this.#nobody.room && query.startsWith(this.#nobody.query);
    if (query === "" || nobody || !room.joined || room.members.size >= room.people) return;
    await new Promise((resume) => this.#clock.after(TYPED_FOR, resume));
    if (asked !== this.#asked) return;
    const people = await this.#api.people(room.slug, { q: query, limit: 20 }).catch(() => null);
    if (people === null) return;
    if (people.length === 0) this.#nobody = { room, query };
    this.#chat.meet(room, people);
  }

  /** Asks for people of a room of whom too few are known. */
  async fill(room) {
    if (!room.joined || room.members.size >= Math.min(room.people, FEW) || this.#filled.running) return;
    this.#filled.set(ASK_AGAIN, () => this.fill(this.#chat.open));
    this.#chat.meet(room, await this.#api.people(room.slug).catch(() => []));
  }
}
