/** "Forget me on this device": the cookie goes, and what this browser kept of the person. */
import { at, own } from "./address.js";
import { part } from "./views/parts.js";
import { QuestionView } from "./views/question.js";

const UNSENT = ["chatapp.unsent.", "chatapp.deed.", "chatapp.draft."];
const OTHERS = ["chatapp.about.", "chatapp.emoji", "chatapp.notify"];
const FORGOTTEN = "chatapp.forgotten"; // written for the other tabs, which begin anew too

/** `settings` is the dialog with the button `.forget` and a place `.forget-problem`, `dialog` the one that asks. */
export function forgetting({ settings, dialog }, { api, store, strings }) {
  const question = new QuestionView({ dialog });
  const problem = part(settings, ".forget-problem");

  part(settings, ".forget").addEventListener("click", () => {
    const isUnsent = UNSENT.some((prefix) => store.keys(prefix).length > 0);
    problem.textContent = "";
    question.ask({ about: isUnsent ? strings.say("forget.unsent") : "", run: forget });
  });
  addEventListener("storage", ({ key }) => key === own(FORGOTTEN) && location.reload());

  async function forget() {
    try {
      await api.forget();
    } catch (error) {
      problem.textContent = error.message || strings.say("ask.unreachable");
      return;
    }
    for (const prefix of [...UNSENT, ...OTHERS]) for (const key of store.keys(prefix)) store.remove(key);
    store.set(FORGOTTEN, String(Date.now()));
    location.assign(at("/"));
  }
}
