/** A frame taken apart (RFC 6455, section 5.2): its bytes on the wire, and which of their bits are which field. */
const NAMES = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
const [PING, PONG] = [9, 10];

export function opcodeName(opcode) {
  return NAMES[opcode] ?? `0x${opcode.toString(16)}`;
}

/** The µs from the last ping that was answered to its pong; null if not both are among the frames. */
export function pingTook(frames) {
  let asked = null;
  let took = null;
  for (const { opcode, direction, t } of frames) {
    if (opcode === PING && direction === "out") asked = t; // a pong may answer the newest one only
    if (opcode !== PONG || direction !== "in" || asked === null) continue;
    took = Math.max(0, t - asked);
    asked = null;
  }
  return took;
}

/** The bytes of a hex text. */
export function bytes(hex) {
  return (hex ?? "").match(/../gu)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
}

export function hexByte(byte) {
  return byte.toString(16).padStart(2, "0");
}

/** A byte as the dump's last column shows it. */
export function character(byte) {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte === 0x20 ? "␣" : "·";
}

/**
 * The first two bytes bit by bit: `{bit, field}`, the highest first, for each byte.
 */
export function headBits({ first, second }) {
  const of = (byte, places) => places.map((field, place) => ({ bit: (byte >> (7 - place)) & 1, field }));
  return [
    of(first, ["fin", "rsv", "rsv", "rsv", "opcode", "opcode", "opcode", "opcode"]),
    of(second, ["mask", ...Array(7).fill("length")]),
  ];
}

/** Whether its content is masked. */
export function isMasked({ second }) {
  return (second & 0x80) !== 0;
}

/** The bytes as they travelled: `{byte, field, index}`, `index` within the field; the content only if it is shown. */
export function onTheWire(frame) {
  const content = isMasked(frame) ? frame.masked : frame.payload;
  return [
    { byte: frame.first, field: "first", index: 0 },
    { byte: frame.second, field: "second", index: 0 },
    ...indexed(frame.length_bytes, "extended"),
    ...indexed(frame.key, "masking"),
    ...indexed(content, "payload"),
  ];
}

/** The content's bytes after unmasking. */
export function meant(frame) {
  return indexed(frame.payload, "unmasked");
}

/** The fields that this frame has, in order: `{name, bits}`, `bits` as a text of 0 and 1 for those of the first two. */
export function fieldsOf(frame) {
  const bits = headBits(frame).flat();
  const head = ["fin", "rsv", "opcode", "mask", "length"].map((name) => ({
    name,
    bits: bits.filter(({ field }) => field === name).map(({ bit }) => bit).join(""),
  }));
  const more = [];
  if (frame.length_bytes) more.push({ name: "extended", bits: null });
  if (frame.key) more.push({ name: "masking", bits: null });
  if (frame.size > 0) more.push({ name: "payload", bits: null });
  if (frame.size > 0 && isMasked(frame)) more.push({ name: "unmasked", bits: null });
  return [...head, ...more];
}

/** The length that the head's seven bits hold: itself, or 126 and 127 for "it follows". */
export function shortLength({ second }) {
  return second & 0x7f;
}

function indexed(hex, field) {
  return bytes(hex).map((byte, index) => ({ byte, field, index }));
}
