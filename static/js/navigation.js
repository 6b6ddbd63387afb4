/** Going somewhere: to a room or a message, by the lists, by addresses and by the browser's own back. */
import { addressOf, placeOf } from "./address.js";
import { overlays } from "./overlays.js";

const TYPED_FOR = 150; // ms without another letter until the server is asked for rooms

/**
 * `parts` are the page's (api, chat, composer, drawers, messages, positions, reading,
 * session, steps), `page` the page's: home is
 * the slug of the room that one comes to first, seek(seq) shows a message of the open room, as jump(seq) does from where
 * one can come back, and travelled(place) hears of the browser's own back and tells whether that was all.
 */
export function navigation({ api, chat, composer, drawers, messages, positions, reading, session, steps }, { home, seek, jump, travelled }) {
  session.on("not-joined", (room) => preview(room));
  session.on("no-such-room", (slug) => {
    if (slug === chat.open.slug) location.assign(addressOf(slug)); // the server's own page says it
  });
  steps.on("travelled", async () => {
    const place = placeOf(location.pathname, location.hash) ?? { slug: home, seq: null };
    leaveFor(place);
    if (place.slug === chat.open?.slug && travelled(place)) return;
    if (!chat.room(place.slug)) await meet(place.slug);
    if (chat.room(place.slug)) show(place, { again: true });
    else location.reload();
  });

  /** Nothing that is open belongs to the next place, except what is part of its room. */
  function leaveFor({ slug }) {
    if (slug === chat.open?.slug) overlays.leavePlace();
    else overlays.leaveRoom();
  }

  /** `again`: the reader comes back. Who had gone to that message, and read on from there, is where they were. */
  function show({ slug, seq, hits }, { again = false } = {}) {
    const isOther = slug !== chat.open?.slug;
    if (isOther) enter(slug);
    if (seq !== null && !(again && isOther && positions.get(slug)?.mark === seq)) seek(seq, hits);
  }

  function enter(slug) {
    chat.enter(slug);
    const room = chat.open;
    if (chat.you === null) preview(room);
    else if (!room.joined) session.join(room);
  }

  /** Reads without a connection: before one has a name, or while the server is full for more of them. */
  function preview(room) {
    if (!room.loaded) reading.newest(room).catch(() => null);
  }

  async function refreshRooms() {
    const page = await api.rooms().catch(() => null);
    if (page === null) return;
    chat.stand(page.rooms);
    const own = page.next === null ? [] : await api.ownRooms().catch(() => []); // they may be behind the first page
    if (own.length > 0) chat.stand(own);
  }

  /** Asks the server for a room that is not known here. */
  async function meet(slug) {
    const entry = await api.room(slug).catch(() => null);
    if (entry) chat.stand([entry]);
  }

  let asking = 0; // the timer of the search for rooms
  /**
   * Asks the server for the rooms with that in their names, once nobody has typed for a moment; `told(more)` hears
   * whether there are more of them than are known then.
   */
  function findRooms(text, told = () => {}) {
    clearTimeout(asking);
    const q = text.trim().slice(0, 64);
    const wanted = setTimeout(async () => {
      const page = await api.rooms(q, { wanted: () => asking === wanted }).catch(() => null);
      if (page === null) return;
      chat.stand(page.rooms);
      if (asking === wanted) told(page.next !== null);
    }, TYPED_FOR);
    asking = wanted;
  }

  /** Goes to a room, or to a message, as by its address; in the room that is open one can come back from there. */
  function open(place) {
    leaveFor(place);
    if (place.slug === chat.open?.slug) {
      if (place.seq !== null) jump(place.seq, place.hits);
      return;
    }
    steps.push({ address: addressOf(place.slug, place.seq) });
    show(place);
  }

  function focusMessages() {
    messages.focus({ preventScroll: true });
  }

  function focusWriting() {
    // On a touch screen the keyboard would jump up and cover what one came to read.
    if (matchMedia("(pointer: fine)").matches && !chat.open.archived) composer.focus();
    else focusMessages();
  }

  return {
    show,
    open,
    preview,
    refreshRooms,
    meet,
    findRooms,
    focusWriting,

    goTo(slug) {
      drawers.close({ restoreFocus: false });
      open({ slug, seq: null });
      focusWriting();
    },

    /** As `open`, from a list that may lie over the messages. */
    goToPlace(place) {
      drawers.close({ restoreFocus: false });
      open(place);
      focusMessages();
    },
  };
}
