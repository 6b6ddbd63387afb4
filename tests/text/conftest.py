"""A renderer, with its process for colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from chatapp.text.emoji import Emoji
from chatapp.text.rendering import Renderer


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer(Emoji())
    yield renderer
    renderer.close()


@pytest.fixture(scope="session")
def html(renderer: Renderer) -> Callable[[str], str | None]:
    """The HTML of a text."""
    return lambda text: renderer.render(text).html
