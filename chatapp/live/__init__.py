"""What speaks WebSocket: the door, the sessions, the client list, the fan-out and the outboxes."""
