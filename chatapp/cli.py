"""The commands beside `flask run`, for any machine: `flask tail ROOM` follows a room, `flask talk ROOM` talks in it."""

from __future__ import annotations

import random
import sys
from http.client import HTTPException
from typing import Any

import click
from flask import Flask

from .client.address import LOCAL, Address
from .client.follow import Following, Wrong
from .client.rooms import NoSuchRoom, slug_of
from .live.protocol import JOIN_LIMIT
from .terminal import tolerate

SHOWN = 10  # events that `tail` begins with, as its namesake


class _Server(click.ParamType[Address]):
    """The address of a server."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return Address.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def init_app(app: Flask) -> None:
    """Adds the commands."""
    app.cli.add_command(tail)
    app.cli.add_command(talk)


@click.command()
@click.argument("room")
@click.option("--server", type=_Server(), default=LOCAL, show_default=True, help="Where the chat is.")
@click.option("--last", type=click.IntRange(0, JOIN_LIMIT), default=SHOWN, show_default=True, help="Begin so far back.")
@click.option("--after", type=click.IntRange(0), help="Begin after the event with this number.")
@click.option("--name", default="", help="The name under which you are seen there.")
def tail(room: str, server: Address, last: int, after: int | None, name: str) -> None:
    """Follow ROOM: what was said last, and then what happens."""
    tolerate(sys.stdout)
    try:
        slug = slug_of(server, room)
        for line in Following(server, slug, name=name, after=after, last=last, random=random.random).lines():
            click.echo(line)
    except (Wrong, NoSuchRoom) as wrong:
        raise click.ClickException(str(wrong)) from None
    except KeyboardInterrupt:
        pass  # the way to end it


@click.command()
@click.argument("room", default="general")
@click.option("--server", type=_Server(), default=LOCAL, show_default=True, help="Where the chat is.")
@click.option("--name", default="", help="The name you go by; asked for without.")
@click.option("--all", "to_all", is_flag=True, help="Let @all call everybody without a question.")
def talk(room: str, server: Address, name: str, to_all: bool) -> None:
    """Talk in ROOM. What is piped into it is said line by line; what is refused makes the exit status 1."""
    from .client.prompt import Program, Terminal  # only now: a server that starts has no need of it

    tolerate(sys.stdout)
    tolerate(sys.stdin, "replace")
    try:
        slug = slug_of(server, room)
        status = (Terminal if sys.stdin.isatty() else Program)(server, slug, name, to_all=to_all).talk()
    except NoSuchRoom as wrong:
        raise click.ClickException(str(wrong)) from None
    except (OSError, HTTPException) as error:
        raise click.ClickException(f"{server} cannot be reached: {error or type(error).__name__}") from None
    sys.exit(status)
