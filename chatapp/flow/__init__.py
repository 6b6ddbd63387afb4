"""The live view: what the stations of the house note, put together for who looks in."""
