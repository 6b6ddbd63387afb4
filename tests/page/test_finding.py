"""What the palette finds by other words than its own, and people who are not here now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.actors import Server

from .conftest import Person

ENGLISH = {
    "archive": "Change this room",
    "topic": "Change this room",
    "poll": "Ask everybody",
    "mute": "How much you hear of this room",
    "notifications": "How much you hear of this room",
    "help": "Keyboard shortcuts",
    "sound": "Settings",
    "rename": "Change your name",
    "theme": "Colours: light",
    "dark": "Colours: dark",
}
PORTUGUESE = {
    "arquivar": "Mudar esta sala",
    "tópico": "Mudar esta sala",
    "assunto": "Mudar esta sala",
    "enquete": "Perguntar a todos",
    "silenciar": "Quanto você ouve desta sala",
    "notificacoes": "Configurações",
    "ajuda": "Atalhos do teclado",
    "som": "Configurações",
    "renomear": "Mudar esta sala",
    "tema": "Configurações",
    "escuro": "Cores: escuras",
}


@pytest.mark.parametrize(("language", "words"), [("en-US", ENGLISH), ("pt-BR", PORTUGUESE)], ids=["en", "pt"])
def test_a_command_is_found_by_what_others_call_it(
    server: Server, make_person: Callable[..., Person], language: str, words: dict[str, str]
) -> None:
    ana = make_person(server.url, locale=language).visit(name="Ana")
    ana.page.keyboard.press("Control+k")
    for word, command in words.items():
        ana.page.locator("#palette-field").fill(word)
        expect(entry(ana, command)).to_be_visible()


def test_who_spoke_here_and_left_is_found_after_those_who_are_here(ana: Person, bia: Person, server: Server) -> None:
    caio = server.enter("Caio")
    caio.hear("message", nonce=caio.post("I have to go"))
    caio.close()
    ana.sees("I have to go")
    expect(ana.page.locator(".person-name")).to_have_text(["Ana", "Bia"])
    ana.page.keyboard.press("Control+k")
    ana.page.keyboard.type("@")
    expect(ana.page.locator(".palette-name")).to_have_text(["Bia", "Caio"])
    ana.page.keyboard.type("cai")
    ana.page.keyboard.press("Enter")
    expect(ana.composer).to_have_value("@Caio ")
    expect(ana.composer).to_be_focused()


def entry(person: Person, name: str) -> Locator:
    return person.page.locator(".palette-entry").filter(has=person.page.get_by_text(name, exact=True))
