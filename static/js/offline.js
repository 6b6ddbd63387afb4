/** A visit without the server: the service worker brings the page, and what was kept brings its messages. */
import { at, own } from "./address.js";
import { Kept } from "./kept.js";
import { recalled, taken } from "./snapshot.js";

const policy = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (url) => url });

/** `worker` is the address of the service worker, null if there shall be none; `isShell`: this page came from it. */
export function offline({ chat, clock, connection }, { worker, isShell }) {
  const kept = new Kept({ caches: globalThis.caches, clock, take: () => taken(chat) });
  let person = chat.you?.id ?? null;
  if (!isShell) kept.belongsTo(person);

  chat.on("you", () => {
    if (chat.you.id === person) return;
    person = chat.you.id;
    kept.belongsTo(person);
  });
  for (const change of ["rooms", "messages"]) chat.on(change, () => kept.changed());
  addEventListener("pagehide", () => kept.flush());
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && kept.flush());

  let settled = false;
  connection.on("state", async ({ name }) => {
    if (name !== "open" || settled) return;
    settled = true; // now, so that a first visit is not slowed down by it
    if (!isShell && worker === null) remove();
    else if (isShell || (await installed(worker))) kept.start();
  });

  async function remove() {
    const registrations = (await navigator.serviceWorker?.getRegistrations().catch(() => [])) ?? [];
    for (const each of registrations) if (each.scope === location.origin + at("/")) await each.unregister();
    await kept.forget();
    const names = (await globalThis.caches?.keys().catch(() => [])) ?? [];
    for (const name of names) if (name.startsWith(own("chatapp.shell."))) await caches.delete(name);
  }

  return {
    /** In the shell: fills the state with what was kept, if anything was. */
    async recall() {
      const text = await kept.text();
      if (text === null || !recalled(chat, text)) kept.belongsTo(null);
    },

    forget: () => kept.forget(),
    stop: () => kept.stop(),
  };
}

/** Tells whether this browser has the worker now. */
async function installed(worker) {
  try {
    const options = { scope: at("/"), updateViaCache: "all" }; // its address changes with what it keeps
    const url = policy ? policy.createScriptURL(worker) : worker;
    const registration = await navigator.serviceWorker.register(url, options);
    registration?.active?.postMessage("mend");
    return Boolean(registration);
  } catch {
    return false; // the page is not secure, or the browser forbids it
  }
}
