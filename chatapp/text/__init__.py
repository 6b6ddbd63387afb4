"""What a message's text looks like: markup, code, formulas and emoji, made into sanitised HTML once, on the server."""
