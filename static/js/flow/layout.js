/** Where everything of the diagram stands, in its own units: wide for a desk, tall for a phone. Knows no page. */
const MOST_NODES = 30;

const WIDE = {
  width: 1200,
  height: 476,
  dip: 12, // how far below the middle of its station a message stands, and how far beside it
  beside: { queue: -54, commit: 54, bus: 54 },
  clients: { x: 12, y: 8, width: 288, height: 460, columns: (n) => (n <= 7 ? 1 : n <= 16 ? 2 : 3), cell: 130 },
  stations: {
    door: { x: 412, y: 122, w: 104, h: 128 },
    session: { x: 592, y: 122, w: 168, h: 128 },
    room: { x: 798, y: 122, w: 164, h: 128 },
    journal: { x: 1056, y: 122, w: 216, h: 128 },
    bus: { x: 1056, y: 374, w: 216, h: 128 },
    fanout: { x: 798, y: 374, w: 164, h: 128 },
    outbox: { x: 519, y: 374, w: 318, h: 128 },
  },
  zones: {
    handler: { points: [[350, 22], [890, 22], [890, 198], [350, 198]], label: [360, 42] },
    journal: { points: [[938, 22], [1174, 22], [1174, 450], [938, 450]], label: [948, 42] },
    fanout: { points: [[350, 274], [890, 274], [890, 450], [350, 450]], label: [360, 294] },
  },
};

const TALL = {
  width: 360,
  dip: 2,
  beside: { queue: -23, commit: 50, bus: -14 },
  clients: { x: 4, y: 6, width: 352, columns: (n) => Math.min(Math.max(n, 1), 5), cell: 76 },
  stations: {
    door: { x: 92, y: 82, w: 136, h: 76 },
    session: { x: 92, y: 184, w: 136, h: 84 },
    room: { x: 92, y: 292, w: 136, h: 84 },
    journal: { x: 115, y: 432, w: 198, h: 96 },
    bus: { x: 282, y: 432, w: 112, h: 96 },
    fanout: { x: 268, y: 260, w: 136, h: 84 },
    outbox: { x: 268, y: 110, w: 148, h: 120 },
  },
  zones: {
    handler: { points: [[16, 26], [168, 26], [168, 342], [16, 342]], label: [20, 34] },
    journal: { points: [[16, 372], [344, 372], [344, 484], [16, 484]], label: [20, 376] },
    fanout: { points: [[192, 26], [344, 26], [344, 310], [192, 310]], label: [196, 34] },
  },
  below: 508,
};

/** The layout for so many nodes: `{width, height, stations, zones, nodes: [{x, y, r, letters}]}`. */
export function layout({ wide, count }) {
  const n = Math.min(count, MOST_NODES);
  const plan = wide ? WIDE : TALL;
  const columns = plan.clients.columns(n);
  const rows = Math.max(1, Math.ceil(n / columns));
  if (wide) return { ...plan, wide, nodes: grid(n, columns, rows, plan.clients) };
  const row = rows > 3 ? 46 : 62;
  const top = rows * row + 16;
  return {
    wide,
    dip: plan.dip,
    beside: plan.beside,
    width: plan.width,
    height: top + plan.below,
    nodes: grid(n, columns, rows, { ...plan.clients, height: rows * row }),
    stations: mapped(plan.stations, (station) => ({ ...station, y: station.y + top })),
    zones: mapped(plan.zones, ({ points, label }) => ({
      points: points.map(([x, y]) => [x, y + top]),
      label: [label[0], label[1] + top],
    })),
  };
}

/** Where a message stands while it is at a stop: the journal has two, for what waits and for what is written. */
export function stopPlace({ stations, dip, beside }, stop) {
  const { x, y } = stations[stop] ?? stations.journal;
  return { x: x + (beside[stop] ?? 0), y: y + dip };
}

/** The middle of what one sees of the way between two stations, and its direction in degrees. */
export function arrow({ stations, dip, beside }, from, to) {
  const [one, other] = [stations[from], stations[to]];
  const level = Math.abs(other.x - one.x) > Math.abs(other.y - one.y);
  const [place, length] = level ? ["x", "w"] : ["y", "h"];
  const sign = Math.sign(other[place] - one[place]);
  const middle = (one[place] + (sign * one[length]) / 2 + other[place] - (sign * other[length]) / 2) / 2;
  const turned = (level ? 0 : 90) + (sign < 0 ? 180 : 0);
  if (level) return { x: middle, y: one.y + dip, turned };
  return { x: one.x + (beside[from === "journal" ? "commit" : from] ?? 0), y: middle, turned };
}

/** The point at `part` (0 to 1) of the way between two points: from a client, or to one, in a curve. */
export function between(from, to, part) {
  const bend = control(from, to);
  const rest = 1 - part;
  return {
    x: rest * rest * from.x + 2 * rest * part * bend.x + part * part * to.x,
    y: rest * rest * from.y + 2 * rest * part * bend.y + part * part * to.y,
  };
}

/** The same way for an SVG path. */
export function curve(from, to) {
  const bend = control(from, to);
  return `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${to.x} ${to.y}`;
}

function control(from, to) {
  if (from.bend) return from.bend(to);
  if (to.bend) return to.bend(from);
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
}

/** A node as an end of a way: lines leave it level in the wide picture and upright in the tall one. */
export function port(node, wide) {
  const bend = (other) =>
    wide ? { x: (node.x + other.x) / 2, y: other.y } : { x: other.x, y: (node.y + other.y) / 2 };
  return { x: node.x, y: node.y, bend };
}

/** Where the ways to and from the clients touch the house. */
export function gates({ stations: { door, outbox }, dip, wide }) {
  return wide
    ? { entry: { x: door.x - door.w / 2, y: door.y + dip }, exit: { x: outbox.x - outbox.w / 2, y: outbox.y + dip } }
    : { entry: { x: door.x, y: door.y - door.h / 2 }, exit: { x: outbox.x, y: outbox.y - outbox.h / 2 } };
}

function grid(n, columns, rows, { x, y, width, height, cell }) {
  const [across, down] = [width / columns, Math.min(height / rows, cell)];
  const top = y + (height - down * rows) / 2;
  const r = Math.min(24, down / 2 - 11, across / 2 - 6);
  const letters = Math.floor(across / 8); // of its name
  return Array.from({ length: n }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, n - row * columns); // the last row stands in the middle
    const start = x + (width - inRow * across) / 2;
    return { x: start + ((index % columns) + 0.5) * across, y: top + row * down + down / 2 - 8, r, letters };
  });
}

function mapped(table, change) {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}
