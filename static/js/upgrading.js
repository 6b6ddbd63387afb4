/** Offers to load the page again when the server gives out another version of it. Never does so by itself. */
import { part } from "./views/parts.js";

const DISMISSED = "chatapp.version.dismissed"; // the version that this tab was told of and that the person put off

/** `version` is that of this page's files; `onDone()` follows when the offer was put off. */
export function upgrading(root, { session, strings, tabStore, version }, { onDone }) {
  const box = part(root, "#upgrade");
  const words = part(root, "#upgrade-words");
  let offered = null;

  session.on("page-version", (served) => {
    offered = served !== version && served !== tabStore.get(DISMISSED) ? served : null;
    box.hidden = offered === null;
    words.textContent = offered === null ? "" : strings.say("upgrade.offer");
  });
  part(root, "#upgrade-reload").addEventListener("click", () => location.reload());
  part(root, "#upgrade-later").addEventListener("click", () => {
    tabStore.set(DISMISSED, offered);
    box.hidden = true;
    words.textContent = "";
    onDone();
  });
}
