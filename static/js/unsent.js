/** What keeps written text from being lost: tells where it is not kept, and offers what was never sent. */
import { Leftovers } from "./leftovers.js";
import { LeftoversView } from "./views/leftovers.js";
import { part } from "./views/parts.js";
import { UNSENT, UNSENT_OF_TAB } from "./written.js";

/**
 * `parts` are the page's (api, chat, drafts, formats, online, senders, session, store, tabStore, strings), `page` the
 * page's: post(item) sends one anew, giveBack(item) puts it where it can be changed and tells whether that worked. Gives
 * what looks for leftovers.
 */
export function unsent(root, parts, page) {
  const { api, chat, drafts, formats, online, senders, session, store, tabStore, strings } = parts;
  const [messages, deeds] = senders.map(({ outgoing }) => outgoing);
  const leftovers = new Leftovers({ messages, deeds, drafts, chat, findRoom, online });
  const view = new LeftoversView({
    bar: part(root, "#leftovers"),
    dialog: part(root, "#leftovers-dialog"),
    strings,
    formats,
    roomName: (slug) => chat.room(slug)?.name ?? slug,
    actions: {
      sendable: (item) => leftovers.sendable(item),
      send: (item) => leftovers.remove(item) && page.post(item),
      edit: (item) => page.giveBack(item) && leftovers.remove(item),
      discard: (item) => leftovers.remove(item),
    },
  });
  leftovers.on("changed", () => view.show(leftovers.items));

  /** Is there such a room? Only the server's own word counts as a no. */
  async function findRoom(slug) {
    try {
      chat.stand([await api.room(slug)]);
    } catch (problem) {
      return problem.status !== 404;
    }
    if (messages.rooms().has(slug)) session.join(chat.room(slug));
    return true;
  }

  // What the browser does not keep.

  const line = part(root, "#unkept");
  const isUnkept = () => UNSENT.some((prefix) => store.unkept(prefix)) || UNSENT_OF_TAB.some((prefix) => tabStore.unkept(prefix));
  for (const each of [store, tabStore]) {
    each.on("changed", () => {
      const unkept = isUnkept();
      if (unkept === !line.hidden) return;
      line.hidden = !unkept;
      line.textContent = unkept ? strings.say("unkept") : "";
    });
  }
  addEventListener("beforeunload", (event) => isUnkept() && event.preventDefault());

  return leftovers;
}
