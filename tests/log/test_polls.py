"""Polls in the log: each vote counted on the one before, and folded into the same when the poll is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from chatapp.log.acts import Act, Delete, Edit, Say
from chatapp.log.polls import Close, Vote
from chatapp.model import NOBODY, Author, Poll, Present, Room, Tally, Voted

from ..actors import InThread
from .conftest import GENERAL, Heard, Log

ANA, BOB, EVA = (Author(name, name) for name in ("ana", "bob", "eva"))
AT = "1970-01-01T00:16:40.000Z"
OPTIONS = ["red", "green", "blue"]


class Class:
    """Asks and answers without waiting."""

    def __init__(self, log: Log):
        self.log = log

    def ask(self, *, several: bool = False, anonymous: bool = False, by: Author = ANA) -> Heard:
        return self.do(Say, by, "Which?", None, poll=Poll(OPTIONS, several, anonymous))

    def vote(self, *choices: int, by: Author = BOB, target: int = 1, nonce: str | None = None) -> Heard:
        return self.do(Vote, by, target, list(choices), nonce=nonce)

    def close(self, *, by: Author = ANA, target: int = 1) -> Heard:
        return self.do(Close, by, target)

    def do(
        self,
        act: Callable[..., Act],
        by: Author,
        *args: object,
        nonce: str | None = None,
        room: Room = GENERAL,
        **more: object,
    ) -> Heard:
        heard = Heard()
        self.log.journal.append(act(room, by, nonce, heard, *args, **more))
        return heard

    def poll(self, reader: str | None = None) -> Tally:
        (message,) = self.log.history.page(GENERAL, before=2, limit=1, reader=reader).messages
        assert message.poll
        return message.poll


@pytest.fixture
def school(log: Log) -> Class:
    return Class(log)


def test_a_poll_is_a_message_with_options_and_reads_as_it_stands(school: Class) -> None:
    asked = school.ask().event
    assert asked.poll == Poll(OPTIONS)
    assert school.log.stored == [asked]
    assert school.poll() == Tally(OPTIONS, False, False, False, [0, 0, 0], 0, [[], [], []])
    told = school.vote(1, nonce="n1").event
    assert told == Voted("general", 2, AT, BOB, 1, [0, 1, 0], 1, [1], nonce="n1")
    school.vote(0, by=ANA).wait()
    school.vote(0, by=EVA).wait()
    assert school.poll("eva") == Tally(OPTIONS, False, False, False, [2, 1, 0], 3, [[ANA, EVA], [BOB], []], [0])
    assert school.poll("ana").mine == [0]
    assert school.log.stored == school.log.told


def test_a_vote_takes_the_place_of_the_one_before_and_can_be_taken_back(school: Class) -> None:
    school.ask()
    counts = [school.vote(*choices).event.counts for choices in ([2], [2], [0], [], [], [1])]
    assert counts == [[0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert [event.voters for event in school.log.told[1:]] == [1, 1, 0, 1]
    assert school.poll().counts == [0, 1, 0]
    school.vote().wait()
    assert (school.poll("bob").mine, school.poll().voters) == (None, 0)


def test_a_vote_or_a_closing_that_changes_nothing_is_answered_and_not_stored(school: Class) -> None:
    school.ask(several=True)
    assert school.vote(nonce="n0").event == Voted("general", 1, AT, BOB, 1, [0, 0, 0], 0, [], nonce="n0")
    school.vote(0, 1).wait()
    again = school.vote(1, 0, nonce="n1")
    assert again.event == Voted("general", 2, AT, BOB, 1, [1, 1, 0], 1, [0, 1], nonce="n1")
    assert again.first is False
    school.close().wait()
    closed = school.close()
    assert (closed.event.seq, closed.first) == (3, False)
    assert [event.seq for event in school.log.told] == [1, 2, 3]


def test_several_choices_are_each_counted_once_and_one_person_is_one_voter(school: Class) -> None:
    school.ask(several=True)
    assert school.vote(2, 0, 2).event.choices == [0, 2]
    event = school.vote(1, 2, by=EVA).event
    assert (event.counts, event.voters) == ([1, 1, 2], 2)
    assert school.poll().people == [[BOB], [EVA], [BOB, EVA]]


def test_who_voted_anonymously_is_told_to_nobody_but_the_voter(school: Class) -> None:
    asked = school.ask(anonymous=True).event
    told = school.vote(1, nonce="n1").event
    assert told == Voted("general", 2, AT, NOBODY, 1, [0, 1, 0], 1, None, True)
    school.vote(1, by=EVA).wait()
    school.vote(0).wait()
    assert school.log.told == [asked, told, *school.log.stored[2:]]
    assert "bob" not in str(school.log.stored) + str(school.log.told)
    assert "eva" not in str(school.log.stored)
    own = school.log.history.missed(GENERAL, after=0, upto=9, reader="bob")
    assert [(event.author, event.choices) for event in own if isinstance(event, Voted)] == [
        (BOB, [1]),
        (NOBODY, None),
        (BOB, [0]),
    ]
    assert school.poll("bob") == Tally(OPTIONS, False, True, False, [1, 1, 0], 2, None, [0])
    assert school.poll().mine is None
    again = school.vote(2, nonce="n1")
    assert (again.event.author, again.event.choices, again.first) == (BOB, [1], False)


def test_a_closed_poll_takes_no_votes_and_only_its_author_closes_it(school: Class) -> None:
    school.ask()
    school.vote(1).wait()
    refused = school.close(by=BOB).refusal
    assert (refused.code, refused.field) == ("forbidden", "target")
    assert school.close().event.target == 1
    assert school.vote(2).refusal.code == "closed"
    assert school.close().event.seq == 3  # again does no harm
    assert (school.poll().closed, school.poll().counts) == (True, [0, 1, 0])


@pytest.mark.parametrize("choices", [[3], [0, 1], [-1], [99]])
def test_what_is_no_choice_of_the_poll_is_refused(school: Class, choices: list[int]) -> None:
    school.ask()
    refused = school.vote(*choices).refusal
    assert (refused.code, refused.field) == ("bad-field", "choices")
    assert school.poll().voters == 0


def test_only_a_poll_is_voted_on_and_closed(school: Class) -> None:
    school.log.post("no poll")
    for heard in (school.vote(0), school.close(by=Author("ana", "ana"))):
        assert (heard.refusal.code, heard.refusal.field) == ("bad-field", "target")
    for heard in (school.vote(0, target=7), school.close(target=7)):
        assert heard.refusal.code == "no-such-message"


def test_a_polls_question_stays_what_people_have_voted_on(school: Class) -> None:
    school.ask()
    refused = school.do(Edit, ANA, 1, "Which not?", None).refusal
    assert (refused.code, refused.field) == ("forbidden", "poll")


def test_a_deleted_poll_leaves_neither_options_nor_votes_to_be_had(school: Class) -> None:
    school.ask()
    school.vote(1).wait()
    school.do(Delete, ANA, 1).wait()
    (message,) = school.log.history.page(GENERAL, before=None, limit=9).messages
    assert message == Present("general", 1, AT, ANA, "", deleted=True)
    assert "green" not in str(school.log.stored)
    assert school.vote(0).refusal.code == "no-such-message"


def test_a_poll_can_be_a_reply(school: Class) -> None:
    school.log.post("What shall we eat?")
    event = school.do(Say, ANA, "Which?", None, 1, poll=Poll(OPTIONS)).event
    assert (event.quote.text, event.poll) == ("What shall we eat?", Poll(OPTIONS))
    assert school.log.stored[1] == event


def test_votes_of_many_at_once_are_all_counted(school: Class) -> None:
    school.ask(several=True)
    people = [Author(f"p{number}", f"p{number}") for number in range(8)]

    def votes(person: Author) -> list[Heard]:
        return [school.vote(turn % 3, 2, by=person) for turn in range(25)]

    for voter in [InThread(partial(votes, person)) for person in people]:
        for heard in voter.outcome():
            heard.wait()
    last = school.log.told[-1]
    assert (last.seq, last.counts, last.voters) == (201, [8, 0, 8], 8)
    tally = school.poll()
    assert (tally.counts, tally.voters) == (last.counts, last.voters)
