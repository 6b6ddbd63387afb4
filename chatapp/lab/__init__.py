"""The laboratory: a small chat server of its own, which can be broken in seven ways, on purpose and for a while."""
