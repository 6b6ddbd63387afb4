"""Who talks: a person in a terminal, with one line to write in and above it what is said; or a program."""

from __future__ import annotations

import random
import secrets
import sys
from getpass import getuser
from threading import Event as Flag

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from ..terminal import escaped
from .address import Address
from .conversation import Conversation, Listener
from .heard import Heard
from .person import NotSo, introduce_in_time
from .show import brief

SENDING = 60.0  # seconds that a program's messages have to be sent when it has written all
LAST = 3.0  # seconds that a person's have when they leave
STOPPING = 2.0  # seconds for the connection to end
QUOTED = 60  # characters by which a program knows its line again
HELP = "-- /name NAME: go by another name · /who: who is here · /all: call everybody after all · /quit: leave"


class Terminal:
    """Owns the line that is written in, and its end. `talk` gives the exit status."""

    def __init__(self, address: Address, room: str, name: str, *, to_all: bool):
        self._address = address
        self._room = room
        self._name = name
        self._to_all = to_all
        self._session: PromptSession[str] = PromptSession(erase_when_done=True)
        self._over = False
        self._unconfirmed = ""  # the last message that was refused because it calls everybody

    def talk(self) -> int:
        """Introduces one, and talks until the person leaves or the server has us leave."""
        try:
            cookie = self._introduced()
        except (EOFError, KeyboardInterrupt):
            return 0
        conversation = _conversation(self._address, self._room, self._name, cookie, self)
        with patch_stdout():
            conversation.start()
            print(HELP)
            self._write(conversation)
            unsent = 0 if self._over else conversation.wait_sent(LAST)
            conversation.stop(STOPPING)
        if unsent:
            print(f"-- not sent: {unsent}")
        return 1 if self._over or unsent else 0

    def _introduced(self) -> str:
        while True:
            self._name = self._name or self._session.prompt("Your name: ", default=_login_name())
            try:
                return introduce_in_time(self._address, self._name, lambda line: print(f"-- {line}"))
            except NotSo as refusal:
                print(f"-- {refusal}")
                self._name = ""

    def _write(self, conversation: Conversation) -> None:
        while not self._over:
            try:
                text = self._session.prompt(lambda: f"{escaped(conversation.name)}> ").strip()
            except (EOFError, KeyboardInterrupt):
                return
            word, _, rest = text.partition(" ")
            if word == "/quit":
                return
            elif word == "/name":
                conversation.rename(rest)
            elif word == "/all":
                self._confirm(conversation)
            elif word == "/who":
                names, more = conversation.people
                print("-- " + escaped(", ".join(names)) + (f" and {more} more" if more else ""))
            elif word.startswith("/") and not word.startswith("//"):
                print(HELP)
            elif text:
                conversation.say(text.removeprefix("/"), to_all=self._to_all)

    def _confirm(self, conversation: Conversation) -> None:
        text, self._unconfirmed = self._unconfirmed, ""
        if text:
            conversation.say(text, to_all=True)
        else:
            print("-- nothing waits for that")

    # Called on the conversation's thread.

    def tell(self, line: str) -> None:
        print(line)

    def warn(self, line: str) -> None:
        print(f"-- {line}")

    def refused(self, text: str, why: Heard) -> None:
        if why.code == "confirm-all":
            self._unconfirmed = text
            self.warn(f"{brief(why.detail)} /all sends it nevertheless.")
        else:
            self.warn(brief(why.detail))

    def ended(self) -> None:
        """Leaves the line, whatever stands in it."""
        self._over = True
        loop = self._session.app.loop
        if loop and self._session.app.is_running:
            loop.call_soon_threadsafe(lambda: self._session.app.exit(exception=EOFError()))


class Program:
    """Says each line that a program writes into it, and has no news for it. `talk` gives the exit status."""

    def __init__(self, address: Address, room: str, name: str, *, to_all: bool):
        self._address = address
        self._room = room
        self._name = name or _login_name() or "guest"
        self._to_all = to_all
        self._over = Flag()
        self._refused = False

    def talk(self) -> int:
        """Talks until the program has written all; 0 if the server has stored it."""
        try:
            cookie = introduce_in_time(self._address, self._name, self.warn)
        except NotSo as refusal:
            self.warn(str(refusal))
            return 1
        conversation = _conversation(self._address, self._room, self._name, cookie, self)
        conversation.start()
        for line in sys.stdin:
            if line.strip():
                conversation.say(line.rstrip("\n"), to_all=self._to_all)
            if self._over.is_set():
                break
        unsent = conversation.wait_sent(SENDING)
        conversation.stop(STOPPING)
        if unsent:
            self.warn(f"not sent: {unsent}")
        return 1 if unsent or self._refused else 0

    # Called on the conversation's thread.

    def tell(self, line: str) -> None:
        pass

    def warn(self, line: str) -> None:
        print(f"chatapp: {line}", file=sys.stderr)

    def refused(self, text: str, why: Heard) -> None:
        self._refused = True
        begin = text if len(text) <= QUOTED else text[: QUOTED - 1] + "…"
        self.warn(f"refused, “{escaped(begin)}”: {brief(why.detail)}")

    def ended(self) -> None:
        self._over.set()


def _login_name() -> str:
    """The name that this process's user has on this machine; empty for a user without an entry in passwd."""
    try:
        return getuser()
    except (KeyError, OSError):
        return ""


def _conversation(address: Address, room: str, name: str, cookie: str, listener: Listener) -> Conversation:
    return Conversation(
        address,
        room,
        name,
        cookie,
        listener=listener,
        new_nonce=lambda: secrets.token_hex(16),
        random=random.random,
    )
