/** Who one is: asks for a name, changes it, and hears when it is taken or was given in another tab. */
import { KeptForm } from "./forms.js";
import { AskView } from "./views/ask.js";

/**
 * `parts` are the page's (api, chat, session, strings, tabStore), `page` the page's: begin() connects, once it is known who one
 * is, onDone() follows each answer.
 */
export function naming(dialog, { api, chat, session, strings, tabStore }, { begin, onDone }) {
  const kept = new KeptForm({ store: tabStore, name: "name" });
  const asking = new AskView({ dialog, strings, submit: take, onDone, kept });
  let askedForAnother = false; // the chosen name was taken, and we have said so

  session.on("name-taken", (detail) => {
    if (askedForAnother) return; // the server says it at each reconnect, with whatever number is free; we only once
    askedForAnother = true;
    asking.open({ value: chat.you.name, problem: detail, modal: false });
  });

  async function take(name) {
    const isNew = chat.you === null;
    const you = await api.rename(name);
    askedForAnother = false;
    chat.become({ ...chat.you, ...you });
    if (isNew) begin();
  }

  return {
    ask: () => asking.open({ required: true }),
    rename: () => asking.open({ value: chat.you.name }),

    /** Perhaps the name was given in another tab meanwhile: then there is nothing left to ask. */
    async elsewhere() {
      const you = await api.me().catch(() => null);
      if (!you || chat.you !== null) return;
      asking.dismiss();
      chat.become(you);
      begin();
    },
  };
}
