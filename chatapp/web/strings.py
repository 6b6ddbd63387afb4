"""The sentences that the page's scripts say, in the language of the request."""

from flask_babel import gettext as _


def page_strings() -> dict[str, str]:
    """Return every sentence by its key; `.one` and `.other` are plural forms, chosen in the browser."""
    return {
        "ask.empty": _("Write a name first."),
        "ask.unreachable": _("The chat cannot be reached right now. Try again in a moment."),
        "banner.closed": _("The connection was ended by the chat's operators. It will not be tried again."),
        "banner.lost": _("No connection. Your messages are kept and go out later."),
        "banner.trying": _("Connecting…"),
        "banner.wait": _("Next try in {n} s."),
        "composer.label": _("Message to {room}"),
        "composer.left.one": _("{n} character left"),
        "composer.left.other": _("{n} characters left"),
        "composer.over.one": _("Too long to send: {n} character too many"),
        "composer.over.other": _("Too long to send: {n} characters too many"),
        "connection.closed": _("Not connected"),
        "connection.connecting": _("Connecting…"),
        "connection.open": _("Connected"),
        "connection.waiting": _("Offline"),
        "fate.late": _("Not sent."),
        "fate.offline": _("Not sent: no connection yet."),
        "fate.refused": _("Not sent: {reason}"),
        "jump.end": _("To the newest messages"),
        "jump.new.one": _("{n} new message"),
        "jump.new.other": _("{n} new messages"),
        "log.label": _("Messages in {room}"),
        "people.more.one": _("and {n} more person"),
        "people.more.other": _("and {n} more people"),
        "people.you": _("(you)"),
        "rooms.people.one": _("{name}: {n} person here now"),
        "rooms.people.other": _("{name}: {n} people here now"),
        "rooms.unread.one": _("{n} unread message"),
        "rooms.unread.other": _("{n} unread messages"),
        "typing.many": _("Several people are typing…"),
        "typing.one": _("{names} is typing…"),
        "typing.other": _("{names} are typing…"),
        "watched.one": _("{n} person is looking inside this chat"),
        "watched.other": _("{n} people are looking inside this chat"),
    }
