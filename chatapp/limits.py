"""The limits of what clients send, each stated once, and the types that carry them.

Work that grows with a text starts only after its length was checked: normalising, folding, matching, looking up.
A type's `max_length` bounds what may arrive, in any normal form. The rule behind it counts the characters that are
left after normalising. `extra` says which error code rejects what is too long, with the values of its sentence.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

NAME_LIMIT = 32  # characters of a person's name
ROOM_NAME_LIMIT = 64  # characters of a room's name
SLUG_LIMIT = 64  # characters of a slug
TOPIC_LIMIT = 250  # characters of a room's topic
OPTION_LIMIT = 200  # characters of a poll's option
OPTIONS_LEAST, OPTIONS_MOST = 2, 10  # options of a poll
NONCE_LIMIT = 64  # characters of a nonce
ID_LIMIT = 64  # characters of a person's id
EMOJI_LIMIT = 32  # characters of one emoji; the longest in use has 10
QUERY_LIMIT = 500  # characters of a search
ZONE_LIMIT = 64  # characters of a time zone's name; the longest has 32
ACCEPTED_MOST = 256  # characters of an Accept-Language header that are read; 8,000 take 40 ms
LANGUAGE_LIMIT = 16  # characters of a language's code
TEXT_MOST = 4_000_000  # characters of a message, whatever the setting TEXT_LIMIT says
MARKS_LIMIT = 20  # combining marks in a row; a Unicode Stream-Safe text has at most 30 (UAX #15, section 13)

UNFOLDED = 4  # characters that become one: a Vietnamese or Hangul letter has three parts, and blanks are folded
NAME_MOST = UNFOLDED * NAME_LIMIT
ROOM_NAME_MOST = UNFOLDED * ROOM_NAME_LIMIT
SLUG_MOST = UNFOLDED * SLUG_LIMIT
TOPIC_MOST = UNFOLDED * TOPIC_LIMIT
OPTION_MOST = UNFOLDED * OPTION_LIMIT

_BAD_POLL = {"code": "bad-poll", "field": "options", "n": OPTIONS_MOST, "length": OPTION_LIMIT}

Nonce = Annotated[str, Meta(min_length=1, max_length=NONCE_LIMIT)]
PersonId = Annotated[str, Meta(max_length=ID_LIMIT)]
Slug = Annotated[str, Meta(min_length=1, max_length=SLUG_LIMIT)]
Emoji = Annotated[str, Meta(max_length=EMOJI_LIMIT)]
Language = Annotated[str, Meta(max_length=LANGUAGE_LIMIT)]
Zone = Annotated[str, Meta(max_length=ZONE_LIMIT)]
Query = Annotated[str, Meta(max_length=QUERY_LIMIT, extra={"code": "bad-field", "n": QUERY_LIMIT})]
Text = Annotated[str, Meta(max_length=TEXT_MOST, extra={"code": "text-too-long", "n": TEXT_MOST})]
Name = Annotated[str, Meta(max_length=NAME_MOST, extra={"code": "bad-name", "n": NAME_LIMIT})]
RoomName = Annotated[str, Meta(max_length=ROOM_NAME_MOST, extra={"code": "bad-name", "n": ROOM_NAME_LIMIT})]
Topic = Annotated[str, Meta(max_length=TOPIC_MOST, extra={"code": "bad-topic", "n": TOPIC_LIMIT})]
Options = Annotated[
    list[Annotated[str, Meta(max_length=OPTION_MOST, extra=_BAD_POLL)]],
    Meta(max_length=UNFOLDED * OPTIONS_MOST, extra=_BAD_POLL),
]
Choices = Annotated[list[Annotated[int, Meta(ge=0, le=99)]], Meta(max_length=100)]  # the poll says how many it takes
