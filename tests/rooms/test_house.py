"""The rules of the house, on a real log: what may be posted, how fast, under which name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatapp.bus.local import LocalBus
from chatapp.config import load
from chatapp.model import Author, News, Person, Poll, Read, Refusal, Room, Typing
from chatapp.rooms.house import House
from chatapp.rooms.presence import Presence
from chatapp.rooms.ratelimits import PREVIEWS, RateLimits
from chatapp.rooms.registry import NameRegistry
from chatapp.rooms.room_changes import RoomChanges
from chatapp.text.rendering import Rendered

from ..actors import NO_RATE_LIMITS, Clock, all_rooms, eventually, standings
from ..hostile_texts import UNSEEN
from ..log.conftest import GENERAL, Heard, Log

ANA = Person("p1", "Ana", "member")
BOB = Person("p2", "Bob", "member")
GUEST = Person("guest-1", "Gil")
TAB = object()


class Place:
    """A house with all that it stands on, and what its bus carried."""

    def __init__(self, log: Log, **settings: Any):
        self.log = log
        self.clock = Clock()
        self.ephemera: list[News] = []
        self.settings = load({**NO_RATE_LIMITS, **settings})
        self.presence = Presence(linger=5, clock=self.clock)
        bus = LocalBus(self.ephemera.append)
        self.registry = NameRegistry(history=log.history, journal=log.journal, presence=self.presence, clock=self.clock)
        self.changes = RoomChanges(self.clock)
        self.house = House(
            self.settings,
            journal=log.journal,
            history=log.history,
            bus=bus,
            presence=self.presence,
            registry=self.registry,
            limits=RateLimits(self.settings, clock=self.clock),
            changes=self.changes,
            render=lambda text, names: Rendered(f"<p>{text[1:-1]}</p>" if text.startswith("*") else None),
            clock=self.clock,
        )

    def post(self, text: str, person: Person = ANA, room: Room = GENERAL) -> Heard:
        heard = Heard()
        self.house.post(person, room, text, None, heard)
        return heard


@pytest.fixture
def make_place(log: Log) -> Callable[..., Place]:
    return lambda **settings: Place(log, **settings)


@pytest.fixture
def place(log: Log) -> Place:
    return Place(log)


def never(refused: Refusal) -> None:
    raise AssertionError(refused.code)


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value


@pytest.mark.parametrize(
    "text", ["hello", " two  blanks \n", "x" * 10_000, "👩\u200d💻", "a\u202eb", "e" + "\u0301" * 20, "a\tb\x07", "0"]
)
def test_a_text_is_stored_exactly_as_it_was_posted(place: Place, text: str) -> None:
    event = place.post(text).event
    assert (event.text, event.author) == (text, Author("p1", "Ana"))
    assert place.log.stored == place.log.told == [event]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text-empty"),
        (" \n\t\u3000", "text-empty"),
        *((text, "text-empty") for text in UNSEEN),
        ("a" + "\u0301" * 21, "bad-field"),
        ("x" * 5_000 + "\u0301\u0316" * 2_500, "bad-field"),
        ("x" * 10_001, "text-too-long"),
        ("a\0b", "bad-field"),
        ("\0", "bad-field"),
    ],
)
def test_a_text_that_is_no_message_is_refused_and_not_stored(place: Place, text: str, code: str) -> None:
    refused = refusal(lambda: place.post(text))
    assert (refused.code, refused.field) == (code, "text")
    place.log.journal.probe()
    assert place.log.stored == place.log.told == []


def test_a_text_with_markup_has_html_when_it_is_posted_answered_edited_and_previewed(place: Place) -> None:
    said = Heard(), Heard(), Heard()
    place.house.post(ANA, GENERAL, "*a*", None, said[0])
    place.house.post(ANA, GENERAL, "*b*", None, said[1], reply_to=1)
    place.house.edit(ANA, GENERAL, 1, "*c*", None, said[2])
    assert [heard.event.html for heard in said] == ["<p>a</p>", "<p>b</p>", "<p>c</p>"]
    assert [event.html for event in place.log.stored] == ["<p>a</p>", "<p>b</p>", "<p>c</p>"]
    assert place.house.preview(ANA, "*d*") == "<p>d</p>"
    assert place.house.preview(ANA, "d") is None
    assert place.post("e").event.html is None


def test_previews_are_checked_and_slowed_down_but_do_not_count_as_messages(make_place: Callable[..., Place]) -> None:
    place = make_place(RATE_LIMIT=1, RATE_BURST=1, TEXT_LIMIT=3)
    rejected = (("", "text-empty"), ("xxxx", "text-too-long"), ("\0", "bad-field"))
    for text, code in rejected:
        assert refusal(lambda text=text: place.house.preview(ANA, text)).code == code  # type: ignore[misc]
    for _ in range(int(PREVIEWS.burst) - len(rejected)):
        place.house.preview(ANA, "x")
    slow = refusal(lambda: place.house.preview(ANA, "x"))
    assert slow.code == "rate-limited"
    assert slow.retry_after
    assert place.post("x").event.seq == 1


def test_the_limit_of_a_text_is_a_setting_and_counts_characters(make_place: Callable[..., Place]) -> None:
    place = make_place(TEXT_LIMIT=3)
    assert place.post("😀😀😀").event.seq == 1
    refused = refusal(lambda: place.post("😀😀😀😀"))
    assert (refused.code, refused.values) == ("text-too-long", {"n": 3})


@pytest.mark.parametrize("rate", [3, 5, 7, 0.3, 11.7])
def test_over_the_rate_a_post_is_refused_and_taken_after_the_time_that_was_told(
    make_place: Callable[..., Place], rate: float
) -> None:
    place = make_place(RATE_LIMIT=rate, RATE_BURST=4)
    for _ in range(4):
        place.post("hello")
    for _ in range(50):
        refused = refusal(lambda: place.post("too fast"))
        assert refused.code == "rate-limited"
        assert refused.retry_after is not None
        assert 0 < refused.retry_after <= 1 / rate + 0.001
        place.clock.now += refused.retry_after + 1e-9
        place.post("in time")


def test_the_rate_is_a_persons_not_a_rooms(make_place: Callable[..., Place]) -> None:
    place = make_place(RATE_LIMIT=1, RATE_BURST=1)
    other = place.house.open_room(GUEST, "Other")
    place.post("hello")
    assert refusal(lambda: place.post("again", room=other)).code == "rate-limited"
    assert place.post("hello", person=BOB).event.seq == 2


@pytest.mark.parametrize(
    "rejected",
    [
        lambda house: house.post(ANA, GENERAL, "", None, None),
        lambda house: house.post(ANA, GENERAL, "x", None, None, poll=Poll(["one"])),
        lambda house: house.post(ANA, GENERAL, "x", "\0", None),
        lambda house: house.edit(ANA, GENERAL, 1, "", None, None),
        lambda house: house.react(ANA, GENERAL, 1, "x", None, None, on=True),
        lambda house: house.configure(ANA, GENERAL, None, None, name=""),
        lambda house: house.set_level(ANA, GENERAL, "loud"),
        lambda house: house.open_room(ANA, ""),
    ],
)
def test_a_command_that_is_rejected_costs_as_much_as_one_that_is_not(
    make_place: Callable[..., Place], rejected: Callable[[House], object]
) -> None:
    place = make_place(RATE_LIMIT=1, RATE_BURST=2)
    codes = [refusal(lambda: rejected(place.house)).code for _ in range(3)]
    assert codes[:2] != ["rate-limited"] * 2
    assert codes[2] == "rate-limited"
    place.clock.now += 1  # whoever waits as long as they are told gets through, with the same command or another
    assert place.post("hello").event.seq == 1


def test_rooms_are_opened_at_the_rate_of_messages(make_place: Callable[..., Place]) -> None:
    place = make_place(RATE_LIMIT=1, RATE_BURST=2)
    place.house.open_room(ANA, "one")
    place.house.open_room(ANA, "two")
    assert refusal(lambda: place.house.open_room(ANA, "three")).code == "rate-limited"
    assert [room.slug for room in all_rooms(place.log.history)] == ["general", "one", "two"]


def test_a_room_is_opened_once_and_found_at_its_slug(place: Place) -> None:
    made = place.house.open_room(ANA, " Café  da Manhã ")
    assert (made.slug, made.name) == ("café-da-manhã", "Café da Manhã")
    assert place.house.room("café-da-manhã").id == made.id
    assert place.house.room("cafe\u0301-da-manha\u0303").id == made.id
    refused = refusal(lambda: place.house.open_room(BOB, "CAFÉ DA MANHÃ"))
    assert (refused.code, refused.values["slug"]) == ("name-taken", "café-da-manhã")


def test_a_room_that_did_not_exist_is_found_once_it_does(place: Place) -> None:
    assert refusal(lambda: place.house.room("later")).code == "no-such-room"
    made = place.house.open_room(ANA, "later")
    assert place.house.room("later") == Room(made.id, "later")


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "\u3164"])
def test_a_room_without_a_proper_name_is_refused(place: Place, name: str) -> None:
    refused = refusal(lambda: place.house.open_room(ANA, name))
    assert (refused.code, refused.values) == ("bad-name", {"n": 64})


def test_a_members_name_is_kept_and_normal(place: Place) -> None:
    place.presence.connect(ANA)
    assert place.house.rename(ANA, "  Zoe\u0308 ") == "Zoë"
    assert place.log.name_of("p1") == "Zoë"
    assert place.presence.known(ANA).name == "Zoë"


def test_a_guests_name_is_not_kept(place: Place) -> None:
    place.presence.connect(GUEST)
    assert place.house.rename(GUEST, "Zoe") == "Zoe"
    assert place.log.name_of(GUEST.id) is None
    assert place.presence.known(GUEST).name == "Zoe"


def test_a_name_that_is_taken_is_neither_given_nor_kept(place: Place) -> None:
    for person in (ANA, BOB):
        place.presence.connect(person)
    assert refusal(lambda: place.house.rename(BOB, "ANA")).code == "name-taken"
    assert place.log.name_of("p2") is None
    assert place.presence.known(BOB).name == "Bob"


def test_while_the_log_cannot_be_written_a_member_keeps_the_old_name(place: Place) -> None:
    place.presence.connect(ANA)
    with place.log.locked():
        assert refusal(lambda: place.house.rename(ANA, "Zoe")).code == "busy"
    assert place.presence.known(ANA).name == "Ana"
    assert place.presence.changes() == []
    assert place.house.rename(BOB, "Zoe") == "Zoe"


def test_typing_is_told_and_not_stored(place: Place) -> None:
    place.house.typing(ANA, GENERAL)
    assert place.ephemera == [Typing("general", "p1", "Ana")]
    assert place.log.stored == []


def test_typing_of_a_person_with_two_tabs_is_told_once(place: Place) -> None:
    for person in (ANA, ANA, BOB):
        place.house.typing(person, GENERAL)
    assert place.ephemera == [Typing("general", "p1", "Ana"), Typing("general", "p2", "Bob")]


def test_a_read_marker_is_told_where_it_stands_and_only_when_it_moves(place: Place) -> None:
    for number in range(5):
        assert place.post(str(number)).event.seq == number + 1
    for seq in (3, 2, 3, 99, 99):
        place.house.mark_read(ANA, GENERAL, seq, by=TAB, refused=never)
        place.log.journal.probe()  # when it is done, what came before it is done
    assert place.ephemera == [Read("p1", "general", 3, TAB), Read("p1", "general", 5, TAB)]
    assert standings(place.log.history, "p1")[1].read == 5


def test_a_read_marker_that_cannot_be_written_is_refused_as_busy(place: Place) -> None:
    assert place.post("hello").event.seq == 1
    refusals: list[Refusal] = []
    with place.log.locked():
        place.house.mark_read(ANA, GENERAL, 1, by=TAB, refused=refusals.append)
        eventually(lambda: refusals)
    assert [refused.code for refused in refusals] == ["busy"]
    assert standings(place.log.history, "p1") == {}
    assert place.ephemera == []


def test_a_guests_read_marker_is_not_kept(place: Place) -> None:
    place.house.mark_read(GUEST, GENERAL, 0, by=TAB, refused=never)
    assert standings(place.log.history, GUEST.id) == {}
    assert place.ephemera == [Read(GUEST.id, "general", 0, TAB)]
