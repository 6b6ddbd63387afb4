/** The page's connection, session and state without a document, for tests that drive several of them: `window.client`. */
async (slug) => {
  const names = ["api", "clock", "connection", "deeds", "outgoing", "sender", "session", "state"];
  const modules = await Promise.all(names.map((name) => import(`/static/js/${name}.js`)));
  const { Api, browserClock: clock, Connection, Deeds, Outgoing, randomNonce, Sender, Session, Chat } = Object.assign({}, ...modules);

  /** A line that can lose what goes one way, and be cut. */
  const line = { deaf: false, mute: false, down: false, socket: null };
  class Wire {
    readyState = 0;
    #real = null;

    constructor(url, protocol) {
      line.socket = this;
      if (line.down) {
        setTimeout(() => this.end(1006), 5);
        return;
      }
      this.#real = new WebSocket(url, protocol);
      this.#real.onopen = () => (this.readyState = 1);
      this.#real.onmessage = (message) => line.deaf || this.onmessage(message);
      this.#real.onclose = ({ code }) => this.end(code);
    }

    send(text) {
      if (!line.mute) this.#real.send(text);
    }

    close() {
      this.readyState = 3;
      if (this.#real) this.#real.onmessage = this.#real.onclose = null;
      this.#real?.close();
    }

    end(code) {
      this.close();
      this.onclose({ code, reason: "" });
    }
  }

  const kept = new Map();
  const store = {
    get: (key) => kept.get(key) ?? null,
    set: (key, value) => kept.set(key, value),
    remove: (key) => kept.delete(key),
    keys: (prefix) => [...kept.keys()].filter((key) => key.startsWith(prefix)),
  };
  const api = new Api();
  const you = await api.me();
  const chat = new Chat({ you, clock });
  const url = `ws://${location.host}/chat`;
  const connection = new Connection({
    ...{ url, protocol: "chat.v1", WebSocket: Wire, clock, random: () => 0.01 },
    pauseAsked: async () => null,
  });
  const [posts, acts] = ["unsent.", "deed."].map(
    (prefix) =>
      new Sender({
        outgoing: new Outgoing({ prefix, store, clock, makeNonce: randomNonce }),
        clock,
        send: (entry) => session.send(entry),
        reachable: () => chat.open.joined,
      }),
  );
  const session = new Session({ connection, chat, senders: [posts, acts], clock, limits: { rooms: 100 }, known: true });
  const online = () => connection.state.name === "open";
  const deeds = new Deeds({ outgoing: acts.outgoing, sender: acts, chat, tabs: { id: "tab" }, online });
  chat.describe([{ slug, name: slug }]);
  chat.enter(slug);
  connection.open();

  const room = chat.open;
  const pages = []; // of history: asked for and not taken yet

  window.client?.leave();
  window.client = {
    post: (text, replyTo, poll = null) => {
      const more = { ...(replyTo === null ? {} : { reply_to: replyTo }), ...(poll === null ? {} : { poll }) };
      const command = { type: "post", text, ...more };
      posts.outgoing.add({ room: slug, command, author: you.id, tab: "tab" });
      posts.pump();
    },
    /** One of the deeds; what becomes of it is seen in the state. */
    do: (deed, ...fields) => deeds[deed](room, ...fields),
    configure: async (changed) => {
      await api.configure(slug, changed).catch(() => null);
    },
    lose: (what) => {
      line[what] = true;
      if (what === "down") line.socket.end(1006);
    },
    mend: () => {
      Object.assign(line, { deaf: false, mute: false, down: false });
      line.socket.end(1006);
      connection.wake();
    },
    askOlder: async () => {
      const { life, oldest } = room;
      if (!room.more) return;
      pages.push({ life, oldest, page: await api.history(slug, { before: oldest, limit: 5 }) });
    },
    takeOlder: () => {
      for (const { life, oldest, page } of pages.splice(0)) {
        if (room.life === life && room.oldest === oldest) chat.history(room, page);
      }
    },
    state: () => ({
      settled:
        connection.state.name === "open" &&
        room.joined &&
        [posts, acts].every(({ outgoing }) => outgoing.of(slug).every(({ refusal }) => refusal !== null)),
      last: room.last,
      oldest: room.oldest,
      messages: room.messages,
      place: [room.name, room.topic, room.archived],
    }),
    leave: () => {
      line.down = true;
      line.socket.end(1008);
    },
  };
};
