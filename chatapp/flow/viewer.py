"""Who looks in, and what is hidden from them: texts and names of others, unless everything is open."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Viewer(NamedTuple):
    """A person who looks in; `person` is their id in the chat, if they have one. `salt` belongs to the server's life:
    hashes of short texts could be guessed without it."""

    person: str | None
    mode: str
    salt: bytes

    def sees(self, person: str) -> bool:
        """Whether that person's texts and name are shown."""
        return self.mode == "open" or (self.person is not None and person == self.person)

    def hash(self, content: str | bytes) -> str:
        """8 hex digits that stand for something hidden."""
        given = content.encode() if isinstance(content, str) else content
        return hashlib.blake2b(given, digest_size=4, key=self.salt).hexdigest()
