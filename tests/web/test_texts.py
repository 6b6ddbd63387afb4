"""What the composer asks for, previews and the list of emoji; and what programs get of a message with markup."""

from __future__ import annotations

from chatapp.rooms.ratelimits import PREVIEWS

from ..conftest import Wire
from .conftest import Browser, content_of, refused


def test_a_preview_is_what_the_message_will_look_like(browser: Browser) -> None:
    browser.named("Ana")
    text = "**a** $x^2$ :tada: https://b.example/"
    shown = content_of(browser.post("/api/preview", {"text": text}))["html"]
    assert shown.startswith("<p><strong>a</strong> <math")
    assert browser.say(text, "n1")["html"] == shown
    assert content_of(browser.post("/api/preview", {"text": "a <b>"})) == {"html": None}
    assert browser.read("/api/rooms/general/messages")["head"] == 1


def test_a_preview_that_cannot_be_is_refused(browser: Browser, program: Browser) -> None:
    refused(browser.post("/api/preview", {"text": " "}), 400, "text-empty", "text")
    refused(browser.post("/api/preview", {"text": "x" * 10_001}), 400, "text-too-long", "text")
    refused(browser.post("/api/preview", {}), 400, "bad-field", "text")
    refused(browser.post("/api/preview", data="{", content_type="application/json"), 400, "bad-json")
    refused(browser.post("/api/preview", {"text": "x"}, headers={"Origin": "http://evil.example"}), 403, "forbidden")
    for _ in range(int(PREVIEWS.burst)):
        assert program.post("/api/preview?name=bot", {"text": "x"}).status_code == 200
    assert "Retry-After" in program.post("/api/preview?name=bot", {"text": "x"}).headers


def test_the_list_of_emoji_is_asked_for_once(browser: Browser) -> None:
    answer = browser.get("/api/emoji")
    assert ["🎉", "tada", "party_popper", "cone_de_festa"] in content_of(answer)["emoji"]
    assert "max-age" in answer.headers["Cache-Control"]
    again = browser.get("/api/emoji", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_html_goes_to_chat_v1_and_the_text_as_it_was_written_to_plain_clients(wire: Wire) -> None:
    ana, terminal = wire.enter("Ana"), wire.connect("/chat")
    nonce = ana.post("*a* <b>")
    event = ana.hear("message", nonce=nonce)
    assert event["html"] == "<p><em>a</em> &lt;b&gt;</p>"
    assert event["text"] == terminal.receive() == "*a* <b>"
    ana.post("*a <b>")
    assert "html" not in ana.hear("message")
