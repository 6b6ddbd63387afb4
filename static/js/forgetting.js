/** "Forget me on this device": the cookie goes, and what this browser kept of the person. */
import { at, own } from "./address.js";
import { part } from "./views/parts.js";
import { QuestionView } from "./views/question.js";
import { UNSENT, UNSENT_OF_TAB } from "./written.js";

const OTHERS = ["chatapp.emoji", "chatapp.notify"];
const OTHERS_OF_TAB = ["chatapp.search"];
const FORGOTTEN = "chatapp.forgotten"; // written for the other tabs, which begin anew too

/** `settings` is the dialog with the button `.forget` and a place `.forget-problem`, `dialog` the one that asks. */
export function forgetting({ settings, dialog }, { api, offline, store, tabStore, strings }) {
  const question = new QuestionView({ dialog });
  const problem = part(settings, ".forget-problem");

  part(settings, ".forget").addEventListener("click", () => {
    const isUnsent = UNSENT.some((prefix) => store.keys(prefix).length > 0);
    problem.textContent = "";
    question.ask({ about: isUnsent ? strings.say("forget.unsent") : "", run: forget });
  });
  addEventListener("storage", ({ key }) => {
    if (key !== own(FORGOTTEN)) return;
    clear(); // also what this tab alone has kept
    offline.stop(); // the other tab removes what was kept
    location.reload();
  });

  function clear() {
    for (const prefix of [...UNSENT, ...OTHERS]) for (const key of store.keys(prefix)) store.remove(key);
    for (const prefix of [...UNSENT_OF_TAB, ...OTHERS_OF_TAB]) for (const key of tabStore.keys(prefix)) tabStore.remove(key);
  }

  async function forget() {
    try {
      await api.forget();
    } catch (error) {
      problem.textContent = error.message || strings.say("ask.unreachable");
      return;
    }
    clear();
    await offline.forget();
    store.set(FORGOTTEN, String(Date.now()));
    location.assign(at("/"));
  }
}
