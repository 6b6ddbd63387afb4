"""The terminal of a conversation: one line to write in, and above it what is said."""

from __future__ import annotations

import random
import secrets
import sys
from getpass import getuser
from threading import Event as Flag

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from .address import Address
from .conversation import Conversation
from .person import NotSo, introduce

SENDING = 60.0  # seconds that a program's messages have to be sent when it has written all
LAST = 3.0  # seconds that a person's have when they leave
STOPPING = 2.0  # seconds for the connection to end
HELP = "-- /name NAME: go by another name · /who: who is here · /quit: leave"


class Terminal:
    """Owns the line that is written in, and its end. `talk` gives the exit status."""

    def __init__(self, address: Address, room: str, name: str):
        self._address = address
        self._room = room
        self._name = name
        self._session: PromptSession[str] = PromptSession(erase_when_done=True)
        self._over = False

    def talk(self) -> int:
        """Introduces one, and talks until the person leaves or the server has us leave."""
        try:
            cookie = self._introduced()
        except (EOFError, KeyboardInterrupt):
            return 0
        conversation = Conversation(
            self._address,
            self._room,
            self._name,
            cookie,
            tell=print,
            ended=self._ended,
            new_nonce=lambda: secrets.token_hex(16),
            random=random.random,
        )
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
            self._name = self._name or self._session.prompt("Your name: ", default=getuser())
            try:
                return introduce(self._address, self._name)
            except NotSo as refusal:
                print(f"-- {refusal}")
                self._name = ""

    def _write(self, conversation: Conversation) -> None:
        while not self._over:
            try:
                text = self._session.prompt(lambda: f"{conversation.name}> ").strip()
            except (EOFError, KeyboardInterrupt):
                return
            word, _, rest = text.partition(" ")
            if word == "/quit":
                return
            elif word == "/name":
                conversation.rename(rest)
            elif word == "/who":
                print("-- " + ", ".join(conversation.people))
            elif word.startswith("/") and not word.startswith("//"):
                print(HELP)
            elif text:
                conversation.say(text.removeprefix("/"))

    def _ended(self) -> None:
        """The conversation is over without us: leaves the line, whatever stands in it."""
        self._over = True
        loop = self._session.app.loop
        if loop and self._session.app.is_running:
            loop.call_soon_threadsafe(lambda: self._session.app.exit(exception=EOFError()))


def pipe(address: Address, room: str, name: str) -> int:
    """Says each line of a program's; gives the exit status, 0 if the server has them all."""
    try:
        cookie = introduce(address, name or getuser())
    except NotSo as refusal:
        print(f"chatapp: {refusal}", file=sys.stderr)
        return 1
    over = Flag()
    conversation = Conversation(
        address,
        room,
        name or getuser(),
        cookie,
        tell=print,
        ended=over.set,
        new_nonce=lambda: secrets.token_hex(16),
        random=random.random,
    )
    conversation.start()
    for line in sys.stdin:
        if line.strip():
            conversation.say(line.rstrip("\n"))
        if over.is_set():
            break
    unsent = conversation.wait_sent(SENDING)
    conversation.stop(STOPPING)
    if unsent:
        print(f"chatapp: not sent: {unsent}", file=sys.stderr)
    return 1 if unsent else 0
