"""What speaks to a chat from outside, in a terminal: a room that is followed, and a conversation."""
