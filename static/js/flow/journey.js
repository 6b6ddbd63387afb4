/** The way of one message as its stops: where, on which thread, from when to when. Knows no page. */

/** The stops in their order; `place` is where the diagram shows it, `station` what it belongs to. */
const STOPS = [
  { name: "session", station: "session", from: "received", to: "parsed", thread: "received" },
  { name: "room", station: "room", from: "parsed", to: "queued", thread: "received" },
  { name: "queue", station: "journal", from: "queued", to: "taken", thread: null },
  { name: "commit", station: "journal", from: "taken", to: "committed", thread: "taken" },
  { name: "bus", station: "bus", from: "committed", to: "told", thread: "taken" },
  { name: "fanout", station: "fanout", from: "told", to: "encoded", thread: "encoded" },
];

/**
 * The stops that the message made: `{name, station, thread, start, us}`, `start` in µs since it came in. A message
 * that was posted over HTTP was not read from a socket and begins at the queue.
 */
export function stops(flow) {
  const began = beginning(flow);
  const made = [];
  for (const { name, station, from, to, thread } of STOPS) {
    const [start, end] = [flow[from] ?? null, flow[to] ?? null];
    if (start === null || end === null) continue;
    const by = thread === null ? null : (flow.thread[thread] ?? null);
    made.push({ name, station, thread: by, start: start - began, us: Math.max(0, end - start) });
  }
  return made;
}

/** What each client was offered: `{client, start, us, bytes, outcome, slowest}`, in order. */
export function offers(flow) {
  const began = beginning(flow);
  let before = flow.encoded ?? began;
  const made = flow.offers.map(([client, t, bytes, outcome]) => {
    const offer = { client, start: before - began, us: Math.max(0, t - before), bytes, outcome, slowest: false };
    before = t;
    return offer;
  });
  if (made.length > 1) made.reduce((most, offer) => (offer.us > most.us ? offer : most)).slowest = true;
  return made;
}

/** When it came in: the first time that is known of it. */
export function beginning(flow) {
  return flow.received ?? flow.queued ?? flow.taken ?? flow.committed ?? flow.told ?? flow.encoded ?? flow.finished;
}

/** From its first byte to its last recipient, in µs. */
export function duration(flow) {
  return Math.max(0, flow.finished - beginning(flow));
}
