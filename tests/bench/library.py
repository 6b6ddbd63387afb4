"""A log of any size to search in: words as frequent as in real languages, rooms, people, days, links and code."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import Any

from sqlalchemy import Engine, insert

from chatapp.log.schema import events, rooms

VOCABULARY = 60_000
ROOMS, PEOPLE = 20, 200
FIRST_DAY = 1_730_000_000_000  # ms since the epoch
PAUSE = 30_000  # ms between two messages, on average
AT_ONCE = 20_000

_ONSETS = "b c d f g l m n p r s t v x z br ch cr fl gr pr st tr qu lh nh"
_RHYMES = "a e i o u ai ão é ou en or as is"


def vocabulary(chance: random.Random) -> list[str]:
    """Words that could be words, the commonest first and short."""
    syllables = [onset + rhyme for onset in _ONSETS.split() for rhyme in _RHYMES.split()]
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        length = 1 if len(found) < 120 else chance.choice((2, 2, 3, 3, 4))
        found["".join(chance.choices(syllables, k=length))] = None
    return list(found)


def messages(count: int, words: list[str], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Rows of events: a word's frequency falls with its rank, as Zipf found, a text has eleven words on average."""
    common = list(accumulate(1 / (rank + 2.7) ** 1.05 for rank in range(len(words))))
    busy = [1 / (number + 1) for number in range(ROOMS)]
    talkative = [1 / (number + 1) ** 0.7 for number in range(PEOPLE)]
    heads = [0] * ROOMS
    at = FIRST_DAY
    for _ in range(count):
        at += int(chance.expovariate(1 / PAUSE)) + 1
        length = min(120, max(1, int(chance.lognormvariate(2.2, 0.8))))
        text = " ".join(chance.choices(words, cum_weights=common, k=length))
        text += f" https://example.org/{chance.choice(words)}" if chance.random() < 0.03 else ""
        text += f" `{chance.choice(words)}`" if chance.random() < 0.02 else ""
        (room,) = chance.choices(range(ROOMS), busy)
        (person,) = chance.choices(range(PEOPLE), talkative)
        heads[room] += 1
        yield {
            "room_id": room + 1,
            "seq": heads[room],
            "type": "message",
            "at": at,
            "author_id": f"p{person}",
            "author_name": f"Person{person} {words[person + 300].title()}",
            "text": text,
        }


def fill(engine: Engine, count: int, seed: int = 7) -> list[str]:
    """Puts so many messages into a log that has no index yet. Gives the vocabulary, the commonest word first."""
    chance = random.Random(seed)
    words = vocabulary(chance)
    rows = messages(count, words, chance)
    with engine.begin() as connection:
        made = [{"slug": f"room-{number}", "name": f"Room {number}", "created_at": 0} for number in range(2, ROOMS + 1)]
        connection.execute(insert(rooms), made)
        while chunk := list(islice(rows, AT_ONCE)):
            connection.execute(insert(events), chunk)
    return words
