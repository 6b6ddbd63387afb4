/** Where everything of the diagram stands, in its own units: wide for a desk, tall for a phone. Knows no page. */
const MOST_NODES = 30;

const WIDE = {
  width: 1200,
  height: 560,
  clients: { x: 12, y: 24, width: 288, height: 512, columns: (n) => (n <= 7 ? 1 : n <= 16 ? 2 : 3), cell: 120 },
  stations: {
    door: { x: 412, y: 160, w: 96, h: 120 },
    session: { x: 590, y: 160, w: 176, h: 120 },
    room: { x: 802, y: 160, w: 164, h: 120 },
    journal: { x: 1056, y: 178, w: 208, h: 156 },
    bus: { x: 1056, y: 416, w: 208, h: 120 },
    fanout: { x: 802, y: 416, w: 164, h: 120 },
    outbox: { x: 525, y: 416, w: 306, h: 120 },
  },
  zones: {
    handler: { points: [[352, 60], [896, 60], [896, 236], [352, 236]], label: [360, 80] },
    journal: { points: [[940, 60], [1172, 60], [1172, 496], [940, 496]], label: [948, 80] },
    fanout: { points: [[352, 320], [896, 320], [896, 496], [352, 496]], label: [360, 340] },
  },
};

const TALL = {
  width: 360,
  clients: { x: 4, y: 6, width: 352, columns: (n) => Math.min(Math.max(n, 1), 5), cell: 76 },
  stations: {
    door: { x: 92, y: 82, w: 136, h: 76 },
    session: { x: 92, y: 184, w: 136, h: 84 },
    room: { x: 92, y: 292, w: 136, h: 84 },
    journal: { x: 92, y: 430, w: 148, h: 96 },
    bus: { x: 268, y: 430, w: 136, h: 84 },
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

/** The layout for so many nodes: `{width, height, stations, zones, nodes: [{x, y, r}]}`. */
export function layout({ wide, count }) {
  const n = Math.min(count, MOST_NODES);
  const plan = wide ? WIDE : TALL;
  const columns = plan.clients.columns(n);
  const rows = Math.max(1, Math.ceil(n / columns));
  if (wide) return { ...plan, wide, nodes: grid(n, columns, rows, plan.clients) };
  const row = rows > 3 ? 46 : 62;
  const top = rows * row + 10;
  return {
    wide,
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
export function stopPlace({ stations }, stop) {
  const journal = stations.journal;
  if (stop === "queue") return { x: journal.x - journal.w / 4, y: journal.y };
  if (stop === "commit") return { x: journal.x + journal.w / 4, y: journal.y };
  return { x: stations[stop].x, y: stations[stop].y };
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
export function gates({ stations: { door, outbox }, wide }) {
  return wide
    ? { entry: { x: door.x - door.w / 2, y: door.y }, exit: { x: outbox.x - outbox.w / 2, y: outbox.y } }
    : { entry: { x: door.x, y: door.y - door.h / 2 }, exit: { x: outbox.x, y: outbox.y - outbox.h / 2 } };
}

function grid(n, columns, rows, { x, y, width, height, cell }) {
  const [across, down] = [width / columns, Math.min(height / rows, cell)];
  const top = y + (height - down * rows) / 2;
  const r = Math.min(24, down / 2 - 11, across / 2 - 6);
  return Array.from({ length: n }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, n - row * columns); // the last row stands in the middle
    const start = x + (width - inRow * across) / 2;
    return { x: start + ((index % columns) + 0.5) * across, y: top + row * down + down / 2 - 8, r };
  });
}

function mapped(table, change) {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}
