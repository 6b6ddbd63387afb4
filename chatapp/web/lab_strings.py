"""What the laboratory's page says: a card for each bug, and the sentences of its scripts."""

from __future__ import annotations

from typing import NamedTuple

from flask_babel import gettext as _

from ..lab.bugs import Bug


class Card(NamedTuple):
    """A bug in words: what it is, what one will see, how the chat does it instead, and in which file."""

    bug: Bug
    title: str
    what: str
    expect: str
    right: str
    file: str


def cards() -> list[Card]:
    """The seven, in the order of the lesson."""
    return [
        Card(
            Bug.UNDER_LOCK,
            _("Sending under the lock"),
            _(
                "The list of clients has a lock. Here the server holds it while it sends, and sending to a client"
                " that has stopped reading lasts until that client reads again."
            ),
            _(
                "Fábio's tab falls asleep every few seconds: now everybody waits with him. Freeze a client, and the"
                " whole room stands still for as long as that client does."
            ),
            _("The list is only looked at under the lock. What a socket does not take waits in its client's outbox."),
            "chatapp/live/outbox.py",
        ),
        Card(
            Bug.BARE_LIST,
            _("A list without a lock"),
            _(
                "Two threads change one list. Each reads it, looks somebody up, and puts a new list into its place:"
                " what the other one has done in between is lost."
            ),
            _(
                "Two guests come and go at the same moment, twice a second. Now one of them is here and not listed,"
                " or listed and long gone, or listed twice."
            ),
            _("To read the list and to change it is one step, under the hub's lock."),
            "chatapp/live/hub.py",
        ),
        Card(
            Bug.TWO_WRITERS,
            _("Two writers on one socket"),
            _(
                "What a socket does not take at once is written in pieces. Here two threads write to the same"
                " socket, each in its own order, and their pieces mingle."
            ),
            _(
                "Every two seconds a long text and the list of those who are here leave at the same moment. Now the"
                " clients read frames that are none, hang up and come back."
            ),
            _("Everything that goes to a client goes through its one outbox, in one order, behind one lock."),
            "chatapp/live/outbox.py",
        ),
        Card(
            Bug.NO_HEARTBEAT,
            _("No heartbeat"),
            _(
                "Hugo's phone changes networks: its old connection is dead, but nobody says so. A server that never"
                " asks keeps it in the list, and goes on sending to nobody."
            ),
            _(
                "The dead pile up, and the oldest of them grows older and older. With a heartbeat each one is struck"
                " off after three to four seconds."
            ),
            _("Who is silent is pinged. Who does not answer in time is cut off."),
            "chatapp/live/heartbeat.py",
        ),
        Card(
            Bug.NO_RESUME,
            _("No resume"),
            _(
                "Gil sits in a train. In every tunnel his connection breaks, and then it comes back. Here the server"
                " goes on with whatever is said next."
            ),
            _(
                "Every tunnel swallows about ten messages, and nobody tells Gil. With a resume he names the last"
                " number that he has seen and gets the rest."
            ),
            _("A client says the last number that it knows, and what it missed comes first."),
            "chatapp/live/resume.py",
        ),
        Card(
            Bug.ENCODE_EACH,
            _("Encoded for each client anew"),
            _(
                "A message is the same bytes for everybody. Here it is made into JSON and into a frame once more for"
                " every client."
            ),
            _(
                "With eight clients a message is encoded eight times, and the processor works on it several times as"
                " long. With a thousand clients it would be a thousand times."
            ),
            _("Each message is encoded once, and all get the same bytes."),
            "chatapp/live/fanout.py",
        ),
        Card(
            Bug.CALL_EACH,
            _("A system call for each message"),
            _(
                "To send is to call the kernel, and that costs more than all the rest. Here messages that wait"
                " together leave one by one."
            ),
            _(
                "About three times as many system calls for every message delivered, and nothing arrives any sooner."
                " The busier the chat, the greater the difference."
            ),
            _("All that waits is joined, and leaves with one call a client."),
            "chatapp/live/fanout.py",
        ),
    ]


def lab_strings() -> dict[str, str]:
    """Return every sentence by its key."""
    return {
        "figure.bare_list": _("Missing: {missing}, too many: {doubled}"),
        "figure.call_each": _("{calls} calls per delivery, {deliveries} deliveries/s"),
        "figure.encode_each": _("{cpu} µs a message, encodings: {encodings}"),
        "figure.no_heartbeat": _("Dead in the list: {dead}, the oldest for {oldest} s"),
        "figure.no_resume": _("Messages lost in 3 s: {lost}"),
        "figure.two_writers": _("Broken frames in 3 s: {broken}"),
        "figure.under_lock": _("Longest silence in 5 s: {silence} s"),
        "habit.phone": _("changes networks"),
        "habit.sleeper": _("falls asleep"),
        "habit.steady": _("steady"),
        "habit.train": _("in a train"),
        "run.again": _("Begin anew"),
        "run.start": _("Start the laboratory"),
        "state.asleep": _("asleep"),
        "state.away": _("away"),
        "state.cut": _("cut"),
        "state.frozen": _("frozen"),
        "state.reading": _("reading"),
        "state.slow": _("slow"),
        "status.running": _("It runs. It stops by itself 30 seconds after the last look at it."),
        "status.stopped": _("It does not run. The first switch starts it."),
        "status.unreachable": _("The laboratory cannot be reached right now."),
        "verdict.bad": _("It happens"),
        "verdict.good": _("All is well"),
        "verdict.none": _("Not running"),
    }
