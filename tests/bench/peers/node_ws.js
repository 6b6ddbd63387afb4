// Node's ws, after the broadcast server in its README, one set of clients a room. Stores nothing.
"use strict";

const http = require("http");
const { WebSocket, WebSocketServer } = require("ws");

const rooms = new Map();
const server = http.createServer();
const wss = new WebSocketServer({ server, perMessageDeflate: false });

wss.on("connection", (ws, request) => {
  const room = new URL(request.url, "http://localhost").searchParams.get("room") ?? "general";
  if (!rooms.has(room)) rooms.set(room, new Set());
  const clients = rooms.get(room);
  clients.add(ws);
  ws.on("error", console.error);
  ws.on("close", () => clients.delete(ws));
  ws.on("message", (data, isBinary) => {
    for (const client of clients) {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
    }
  });
});

server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 2048 });
