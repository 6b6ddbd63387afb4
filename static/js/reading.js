/** Fetches what the log wants to show and is not loaded: further history in both directions, and around one message. */
const PAGE = 50; // messages of history at a time

export class Reading {
  #api;
  #chat;
  #sought = 0; // the number of the last search for one message

  constructor({ api, chat }) {
    this.#api = api;
    this.#chat = chat;
  }

  /** The page before what is shown. */
  async older(room) {
    const { life, shown } = room;
    const { oldest } = shown;
    const page = await this.#api.history(room.slug, { before: oldest, limit: PAGE });
    // Perhaps it was asked for twice, or the room has let go of its oldest messages: then it does not fit any more.
    if (room.life === life && room.shown === shown && shown.oldest === oldest) this.#chat.history(room, page);
  }

  /** The page after what is shown. */
  async newer(room) {
    const { shown } = room;
    const { newest } = shown;
    const page = await this.#api.history(room.slug, { after: newest, limit: PAGE });
    if (room.shown === shown && shown.newest === newest) this.#chat.onward(room, page);
  }

  /** The newest page, for somebody who is not in the room. */
  async newest(room) {
    const page = await this.#api.history(room.slug, { limit: PAGE });
    if (!room.loaded) this.#chat.preview(room, page);
  }

  /** Loads the first message that was not read, and what is around it; gives its seq, or null as `find` its false. */
  async unread(room) {
    const { messages } = await this.#api.history(room.slug, { after: room.read, limit: 1 });
    const [first] = messages;
    return first && (await this.find(room, first.seq)) ? first.seq : null;
  }

  /**
   * Loads the message with that seq, and what is around it, unless it is there. Rejects with the server's refusal;
   * false: somebody wants to see something else by now.
   */
  async find(room, seq) {
    this.#sought += 1;
    const sought = this.#sought;
    while (!room.message(seq)) {
      const page = await this.#api.history(room.slug, { around: seq, limit: PAGE });
      if (sought !== this.#sought || room !== this.#chat.open) return false;
      this.#chat.around(room, page); // which it does not take if more happened meanwhile than the room remembers
    }
    return true;
  }
}
