"""The commands beside `flask run`: `flask tail ROOM` and `flask talk ROOM` for any machine, `flask backup FILE` and
`flask restore FILE` for the one where the chat is."""

from __future__ import annotations

import logging
import random
import sys
from http.client import HTTPException
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from . import backup as copying
from . import config
from .client.address import LOCAL, Address
from .client.follow import Following, Wrong
from .client.rooms import NoSuchRoom, slug_of
from .client.show import brief
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
    app.cli.add_command(backup)
    app.cli.add_command(restore)


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
    try:
        slug = slug_of(server, room)
        status = (Terminal if sys.stdin.isatty() else Program)(server, slug, name, to_all=to_all).talk()
    except NoSuchRoom as wrong:
        raise click.ClickException(str(wrong)) from None
    except (OSError, HTTPException) as error:
        why = brief(str(error)) or type(error).__name__
        raise click.ClickException(f"{server} cannot be reached: {why}") from None
    sys.exit(status)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.option("--with-key", is_flag=True, help="Copy the key that signs the cookies too, to FILE.key.")
@with_appcontext
def backup(file: Path, force: bool, with_key: bool) -> None:
    """Write a copy of the chat to FILE, also while the server runs."""
    _log_to_stderr()
    settings, progress = config.load(current_app.config), _Progress()
    try:
        events = copying.back_up(
            settings, current_app.instance_path, file, force=force, key=with_key, report=progress.show
        )
    except copying.BackupError as error:
        raise click.ClickException(progress.end(str(error))) from None
    click.echo(progress.end(f"{file}: {events} events, {file.stat().st_size:,} bytes, checked"))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="Restore the key that signs the cookies too, from FILE.key.")
@with_appcontext
def restore(file: Path, with_key: bool) -> None:
    """Put the copy in FILE into the chat's place, while the server is stopped. What was there before is kept."""
    _log_to_stderr()
    settings, progress = config.load(current_app.config), _Progress()
    try:
        events, before = copying.restore(settings, current_app.instance_path, file, key=with_key, report=progress.show)
    except copying.BackupError as error:
        raise click.ClickException(progress.end(str(error))) from None
    click.echo(progress.end(f"restored: {events} events" + (f"; what was there before: {before}" if before else "")))


def _log_to_stderr() -> None:
    """The terminal's lines are written by a thread that only a server starts."""
    logging.getLogger("chatapp").handlers[:] = [logging.StreamHandler()]


class _Progress:
    """One line on a terminal that tells how far it is; nothing where nobody looks."""

    def __init__(self) -> None:
        self._shown = ""

    def show(self, what: str, share: float) -> None:
        line = f"{what}: {share:4.0%}"
        if sys.stderr.isatty() and line != self._shown:
            click.echo(f"\r{line}", nl=False, err=True)
            self._shown = line

    def end(self, line: str) -> str:
        """Takes the line away, before another one is said."""
        if self._shown:
            click.echo("\r" + " " * len(self._shown) + "\r", nl=False, err=True)
        return line
