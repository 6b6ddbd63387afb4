/** What flow.v1 says, checked before anything is made of it: a recording is a file that anybody may have written. */
const whole = (value) => Number.isFinite(value);
const words = (value) => typeof value === "string";
const truth = (value) => typeof value === "boolean";
const maybe = (fits) => (value) => value === null || value === undefined || fits(value);
const list = (fits, most) => (value) => Array.isArray(value) && value.length <= most && value.every(fits);
const shape = (fields) => {
  const entries = Object.entries(fields);
  return (value) => isObject(value) && entries.every(([name, fits]) => fits(value[name]));
};
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const table = (fits) => (value) => isObject(value) && Object.values(value).every(fits);
const hex = (value) => words(value) && /^(?:[0-9a-f]{2})*$/iu.test(value);

const MOST = 1000; // entries of any list: the server sends at most 500

const client = shape({
  id: whole, name: maybe(words), who: maybe(words), own: truth, dialect: words, address: maybe(words),
  rooms: list(words, MOST), thread: maybe(whole), waiting: whole, rtt_us: maybe(whole), since_us: whole,
});
const thread = shape({ id: whole, name: words, kind: words, client: maybe(whole), doing: words, for_us: whole });
const holder = shape({ t: whole, thread: words, what: words, waited_us: whole, held_us: whole });
const lock = shape({
  acquisitions: whole, contended: whole, edges_us: list(whole, 40), waited: list(whole, 41), held: list(whole, 41),
  holder: maybe(words), last: list(holder, 50),
});
const offer = (value) =>
  Array.isArray(value) && whole(value[0]) && whole(value[1]) && whole(value[2]) && words(value[3]);
const flow = shape({
  id: whole, room: words, seq: whole, sender: maybe(whole), own: truth, author: maybe(words), text: maybe(words),
  size: maybe(whole), hash: maybe(words), received: maybe(whole), parsed: maybe(whole), queued: maybe(whole),
  taken: maybe(whole), committed: maybe(whole), told: maybe(whole), encoded: maybe(whole), thread: isObject,
  batch: maybe(whole), round: maybe(whole), frame_bytes: maybe(whole), recipients: whole, offers: list(offer, MOST),
  unlisted: maybe(whole), finished: whole,
});
const frame = shape({
  t: whole, direction: (value) => value === "in" || value === "out", first: whole, second: whole, length_bytes: hex,
  key: hex, opcode: whole, fin: truth, size: whole, masked: maybe(hex), payload: maybe(hex), text: maybe(words),
  hidden: truth, hash: maybe(words), close_code: maybe(whole), cut: truth,
});

const TEXTS = {
  hello: shape({ version: maybe(() => true), mode: words, t: whole, at: whole, outbox_limit: whole }),
  snapshot: shape({
    t: whole, watchers: whole, clients_total: whole, threads_total: whole, clients: list(client, MOST),
    rooms: list(shape({ slug: words, clients: whole, head: whole }), MOST), threads: list(thread, MOST),
    kinds: table(whole), lock, counters: table(whole),
  }),
  flows: shape({ flows: list(flow, MOST) }),
  frames: shape({ client: whole, frames: list(frame, MOST), dropped: maybe(whole) }),
  handshake: (value) => value.gone === true ? whole(value.client) : handshake(value),
  lines: shape({ lines: list(shape({ t: whole, text: words, flow: maybe(whole), client: maybe(whole) }), MOST) }),
  happened: shape({ kind: words, client: whole, t: whole }),
  error: shape({ code: words, detail: words }),
};
const handshake = shape({
  client: whole, request: list(words, 200), key: words, guid: words, sha1: hex, accept: words,
  subprotocol: maybe(words), response: list(words, 200), steps: list(shape({ what: words, us: whole }), 20),
});

/** Whether it is a text of flow.v1 that the page can use. */
export function fits(text) {
  return isObject(text) && Object.hasOwn(TEXTS, text.type) && TEXTS[text.type](text);
}
