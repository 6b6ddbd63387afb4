import { own } from "../address.js";

/** The colours follow what is chosen in the chat, also while this page is open. */
const KEY = "chatapp.theme";

export function followTheChat() {
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== own(KEY)) return;
    if (newValue === null) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = newValue;
  });
}
