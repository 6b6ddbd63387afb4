/*
 * The service worker: keeps the page's files and its shell, so that the page opens without the server. The server puts
 * VERSION, PREFIX, SHELL and FILES before it (chatapp/web/offline.py). It keeps nothing that belongs to a person, and
 * answers nothing but the chat's own page and files.
 */
const ANSWER_WITHIN = 4000; // ms that the server has to answer before the kept shell does
const AWAY = [502, 503, 504]; // a proxy's answer while the server is away, and the server's own while it is too busy

/** As in address.js: other chats may live under other paths of this host. */
const own = (name) => (PREFIX ? `${PREFIX}:${name}` : name);
const KEPT = own(`chatapp.shell.${VERSION}`);

addEventListener("install", (event) => {
  skipWaiting(); // pages that are open have all their files already
  event.waitUntil(keep());
});

addEventListener("activate", (event) => event.waitUntil(tidy()));

addEventListener("message", (event) => event.waitUntil(mend())); // every page that has started sends one

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (FILES.includes(pathname)) event.respondWith(file(request));
  else if (request.mode === "navigate" && isChat(pathname)) event.respondWith(page(request));
});

async function keep() {
  const cache = await caches.open(KEPT);
  await cache.addAll([new Request(SHELL, { cache: "no-cache" }), ...FILES]);
}

/** A page that did not start has removed what was kept: keeps it again. */
async function mend() {
  if (!(await kept(SHELL))) await keep();
}

/** Removes what older versions kept. */
async function tidy() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(own("chatapp.shell.")) && name !== KEPT);
  await Promise.all(older.map((name) => caches.delete(name)));
}

function isChat(pathname) {
  return pathname === `${PREFIX}/` || pathname.startsWith(`${PREFIX}/r/`);
}

async function kept(what) {
  const cache = await caches.open(KEPT);
  return cache.match(what);
}

async function file(request) {
  return (await kept(request).catch(() => undefined)) ?? fetch(request);
}

/** The page as the server has it; the shell, if the server is away or too slow. */
async function page(request) {
  const answer = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN));
  const first = await Promise.race([answer, late]).catch(() => undefined);
  if (first && !AWAY.includes(first.status)) return first;
  return (await kept(SHELL).catch(() => undefined)) ?? answer;
}
