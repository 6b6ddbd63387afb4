/** What the browser tells of itself: whether there is a network, whether somebody looks, what another tab has stored. */
import { Drafts } from "./drafts.js";
import { followKeyboard } from "./keyboard.js";
import { watchPrinting } from "./printing.js";

const MINUTE = 60_000;

/** `actions`: refreshRooms(), namedElsewhere(). */
export function watchBrowser({ attendance, chat, composer, connection, formats, log, session }, { refreshRooms, namedElsewhere }) {
  const look = () => {
    formats.renew(); // somebody may have travelled
    log.refresh(); // also for the day separators: "Today" may be yesterday by now
  };
  addEventListener("online", () => connection.wake());
  addEventListener("offline", () => connection.wake());
  document.addEventListener("resume", () => connection.wake()); // it was frozen
  addEventListener("beforeunload", () => session.flush()); // Firefox ends the connection before `pagehide`
  addEventListener("pagehide", () => {
    session.flush();
    log.keepPosition();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    connection.wake();
    composer.renew();
  });
  addEventListener("storage", ({ key, oldValue }) => {
    const slug = Drafts.roomOf(key);
    if (slug !== null) composer.draftElsewhere(slug, oldValue);
  });
  addEventListener("focus", look);
  addEventListener("languagechange", look);
  followKeyboard(document.documentElement);
  watchPrinting(".message a[href]", (on) => log.print(on));
  attendance.on("back", () => log.refresh()); // what is on the screen counts as read now
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") {
      log.keepPosition(); // phones end pages that nobody sees without another word
      return;
    }
    connection.wake();
    if (chat.you === null) namedElsewhere();
    look();
    refreshRooms();
  });
  setInterval(() => {
    look();
    if (chat.deaf) refreshRooms(); // the server tells of new and changed rooms, and of messages only in joined ones
  }, MINUTE);
}
