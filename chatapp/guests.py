"""Guests, by their ids: who is a guest stands in the id for ever, so that old messages tell it as well."""

from __future__ import annotations

GUEST = "guest-"  # the prefix of every guest's id, and of no member's


def is_guest(person: str) -> bool:
    """Whether the person with this id is a guest."""
    return person.startswith(GUEST)
