"""How a room's events read in a terminal. Nothing of what people write reaches it raw."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..limits import OPTION_LIMIT, OPTIONS_MOST
from ..terminal import escaped
from .heard import Heard, Question, shown_name

INDENT = "      "  # under the time
WHY_SHOWN = 500  # characters of what a server says is wrong
TEXT_SHOWN = 100_000  # characters of one event; a server may send more than any person reads
POLLS_KEPT = 100  # polls of a room whose options are known when somebody votes


class Telling:
    """Tells the events of one room. Owns what it has heard of its polls, for a vote tells no more than numbers."""

    def __init__(self) -> None:
        self._polls: dict[int, Question] = {}  # by seq

    def lines(self, event: Heard) -> Iterator[str]:
        """The lines that tell an event; none for a kind that is not known here."""
        self._learn(event)
        poll = self._polls.get(event.target)
        first, *more = _cut(_told(event, poll)) or [""]
        if first:
            yield f"{_time(event.at)} {escaped(first)}"
            yield from (INDENT + escaped(line) for line in more)

    def _learn(self, event: Heard) -> None:
        if event.poll:
            options = [option[:OPTION_LIMIT] for option in event.poll.options[:OPTIONS_MOST]]
            self._polls[event.seq] = Question(options, event.poll.counts[:OPTIONS_MOST])
        elif event.type == "voted":
            self._polls.setdefault(event.target, Question()).counts = event.counts[:OPTIONS_MOST]
        while len(self._polls) > POLLS_KEPT:
            del self._polls[min(self._polls)]


def brief(why: str) -> str:
    """What a server says is wrong, as a terminal shows it."""
    return escaped(why[:WHY_SHOWN])


def _cut(lines: list[str]) -> list[str]:
    """The lines, the first TEXT_SHOWN characters of them."""
    left = TEXT_SHOWN
    shown = []
    for line in lines:
        if left <= 0:
            shown.append("…")
            break
        shown.append(line if len(line) <= left else line[:left] + "…")
        left -= len(line) + 1
    return shown


def resumed(answer: Heard) -> str:
    """What to say when the room is followed again: perhaps it ends before the newest event that was seen."""
    if answer.reset:
        return f"-- the log went back, to #{answer.head}: what came after it is no more"
    return "-- more was said meanwhile" if answer.gap else "-- connected again"


def _told(event: Heard, poll: Question | None) -> list[str]:
    who = shown_name(event.author.id, event.author.name) or "Somebody"
    match event.type:
        case "message":
            return _message(event, who)
        case "edited":
            return _with_text(f"* {who} changed #{event.target}:", event.text)
        case "deleted":
            return [f"* {who} deleted #{event.target}"]
        case "reacted":
            what = f"put {event.emoji} under" if event.on else f"took {event.emoji} from"
            return [f"* {who} {what} #{event.target}"]
        case "pinned":
            return [f"* {who} {'pinned' if event.on else 'unpinned'} #{event.target}"]
        case "voted":
            return [f"* {who} voted in #{event.target}{_standing(poll)}"]
        case "closed":
            return [f"* {who} closed the poll #{event.target}{_standing(poll)}"]
        case "configured":
            return [f"* {who} changed the room: {_configured(event)}"]
    return []


def _standing(poll: Question | None) -> str:
    if poll is None or not poll.counts:
        return ""
    names = poll.options or [f"{number})" for number in range(1, len(poll.counts) + 1)]
    return ": " + ", ".join(f"{name} {count}" for name, count in zip(names, poll.counts, strict=False))


def _message(event: Heard, who: str) -> list[str]:
    if event.deleted:
        return [f"#{event.seq} {who} deleted this"]
    text = event.text
    if event.quote:
        quoted = event.quote.author
        text = f"> {shown_name(quoted.id, quoted.name)}: {event.quote.text}\n{text}"
    if event.poll:
        text += "".join(f"\n{number}) {option}" for number, option in enumerate(event.poll.options, 1))
    return _with_text(f"#{event.seq} {who}:", text)


def _with_text(head: str, text: str) -> list[str]:
    first, *more = text.split("\n")
    return [f"{head} {first}", *more]


def _configured(event: Heard) -> str:
    changes = [f"name “{event.name}”"] if event.name is not None else []
    changes += [f"topic “{event.topic}”"] if event.topic is not None else []
    changes += [("archived" if event.archived else "open again")] if event.archived is not None else []
    return ", ".join(changes)


def _time(at: str) -> str:
    """Hours and minutes where the terminal is."""
    try:
        return f"{datetime.fromisoformat(at).astimezone():%H:%M}"
    except (ValueError, OverflowError, OSError):  # also of a year that has no such time here
        return "--:--"
