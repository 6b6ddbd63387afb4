"""The laboratory's life: begun by the first who wants it, ended when nobody looks; and it touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from chatapp.lab.bugs import Act, Bug
from chatapp.lab.room import CLIENTS
from chatapp.lab.server import CONNECTIONS_LIMIT
from chatapp.model import Refusal
from chatapp.web.lab_strings import cards, lab_strings

from ..actors import InThread, eventually
from ..conftest import Wire
from ..web.conftest import Browser, content_of, refused
from .conftest import Bench, lab_threads


@pytest.fixture
def browser(make_app: Callable[..., Flask]) -> Iterator[Browser]:
    """At a chat that has a laboratory, which is gone when the test is over."""
    app = make_app(LAB=1)
    yield Browser(app.test_client())
    app.extensions["chatapp"].stop()
    eventually(lambda: not lab_threads())


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/lab", "/lab/state", "/lab/switch", "/lab/client", "/lab/reset"])
def test_without_the_setting_there_is_no_laboratory(app: Flask, method: str, path: str) -> None:
    answer = app.test_client().open(path, method=method, headers={"Origin": "http://localhost"})
    assert answer.status_code == 404
    assert answer.mimetype == ("text/html" if path == "/lab" else "application/problem+json")


def test_it_does_not_run_until_something_is_pressed(browser: Browser) -> None:
    assert browser.get("/lab").status_code == 200
    assert browser.read("/lab/state")["running"] is False
    assert lab_threads() == []
    answer = browser.post("/lab/switch", {"name": "no_resume", "on": True})
    assert answer.status_code == 200
    state = content_of(answer)
    assert state["running"] is True
    assert [client["number"] for client in state["clients"]] == list(range(1, len(CLIENTS) + 1))
    assert {switch["name"] for switch in state["switches"] if switch["on"]} == {"no_resume"}
    assert len(lab_threads()) <= 6 + len(CLIENTS) + 2


def test_resets_at_once_begin_one_run_and_not_one_each(browser: Browser) -> None:
    browser.post("/lab/reset")
    usual = len(lab_threads())
    app = browser.client.application
    asking = [InThread(lambda: Browser(app.test_client()).post("/lab/reset").status_code) for _ in range(20)]
    most = usual
    while any(each.is_alive() for each in asking):
        most = max(most, len(lab_threads()))
    assert [each.outcome() for each in asking] == [200] * 20
    assert most <= 2 * usual + 2


def test_it_ends_with_the_application(browser: Browser) -> None:
    browser.post("/lab/reset")
    assert lab_threads()
    browser.client.application.extensions["chatapp"].stop()
    eventually(lambda: not lab_threads())
    refused(browser.post("/lab/reset"), 503, "busy")
    assert not lab_threads()


def test_a_reset_puts_everything_in_order_and_every_count_at_nought(browser: Browser) -> None:
    browser.post("/lab/reset")
    eventually(lambda: browser.read("/lab/state")["clients"][0]["delivered"] > 20)
    browser.post("/lab/switch", {"name": "under_lock", "on": True})
    browser.post("/lab/client", {"number": 3, "do": "freeze"})
    state = content_of(browser.post("/lab/reset"))
    assert not any(switch["on"] for switch in state["switches"])
    assert {client["state"] for client in state["clients"]} <= {"away", "reading"}
    assert max(client["delivered"] for client in state["clients"]) < 20


def test_it_ends_by_itself_when_nobody_asks_any_more(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(idle_time=2.0, weather=False)
    bench.lab.reset()
    bench.read_more(60)  # three seconds, in which somebody asks
    bench.on(Bug.UNDER_LOCK)
    bench.do(Act.FREEZE, 1)
    bench.soon(lambda: bench.figure(Bug.UNDER_LOCK, "silence") > 1_000)
    eventually(lambda: not lab_threads(), 20)
    assert bench.state.running is False
    bench.on(Bug.NO_RESUME)  # and runs again when somebody wants it
    bench.all_read()


def test_its_connections_are_bounded_even_if_the_dead_are_never_struck_off(bench: Bench) -> None:
    bench.on(Bug.NO_HEARTBEAT)

    def die(goal: int) -> None:
        bench.soon(lambda: bench.client(1).state == "reading")
        bench.do(Act.CUT, 1)
        bench.soon(lambda: bench.figure(Bug.NO_HEARTBEAT, "dead") == goal)
        bench.do(Act.BACK, 1)

    for dead in range(1, CONNECTIONS_LIMIT - len(CLIENTS) + 2):
        die(dead)
    bench.read_more(20)
    assert bench.client(1).state == "away"
    bench.off(Bug.NO_HEARTBEAT)
    bench.soon(lambda: bench.client(1).state == "reading")


def test_after_the_end_nothing_runs_again(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.lab.stop(1.0)
    with pytest.raises(Refusal, match="busy"):
        bench.on(Bug.NO_RESUME)


def test_the_chat_goes_on_untouched_while_everything_in_the_laboratory_is_broken(
    browser: Browser, make_wire: Callable[[Flask], Wire]
) -> None:
    app = browser.client.application
    hub = app.extensions["chatapp"].hub
    browser.say("before", "n1")
    ana = make_wire(app).enter("ana")
    clients = hub.clients()
    for bug in Bug:
        assert browser.post("/lab/switch", {"name": bug, "on": True}).status_code == 200
    for number, act in ((1, "freeze"), (2, "slow"), (3, "cut")):
        assert browser.post("/lab/client", {"number": number, "do": act}).status_code == 200
    silences: list[float] = []

    def frozen() -> bool:
        silences.append(browser.read("/lab/state")["switches"][0]["figures"]["silence"])
        return silences[-1] > 1_000

    eventually(frozen, 30)
    assert hub.clients() == clients
    assert [message["text"] for message in browser.read("/api/rooms/general/messages")["messages"]] == ["before"]
    nonce = ana.post("during")
    assert ana.hear("message", nonce=nonce)["seq"] == 2
    assert len(browser.read("/api/rooms")["rooms"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/lab/switch", {"name": "nothing", "on": True}, "name"),
        ("/lab/switch", {"name": "no_resume"}, "on"),
        ("/lab/switch", {"name": "no_resume", "on": "yes"}, "on"),
        ("/lab/switch", {"name": 7, "on": True}, "name"),
        ("/lab/client", {"number": 0, "do": "cut"}, "number"),
        ("/lab/client", {"number": 9, "do": "cut"}, "number"),
        ("/lab/client", {"number": 1, "do": "kill"}, "do"),
        ("/lab/client", {"number": 1.5, "do": "cut"}, "number"),
    ],
)
def test_a_wrong_body_is_refused_and_the_field_named(
    browser: Browser, path: str, body: dict[str, object], field: str
) -> None:
    refused(browser.post(path, body), 400, "bad-field", field)
    assert lab_threads() == []


@pytest.mark.parametrize("path", ["/lab/switch", "/lab/client"])
def test_what_is_no_json_object_is_refused(browser: Browser, path: str) -> None:
    refused(browser.post(path, data=b"{", headers={"Content-Type": "application/json"}), 400, "bad-json")
    refused(browser.post(path, data=b"name=no_resume"), 400, "bad-json")


@pytest.mark.parametrize("path", ["/lab/switch", "/lab/client", "/lab/reset"])
def test_another_sites_page_cannot_press_anything(browser: Browser, path: str) -> None:
    refused(browser.post(path, {}, headers={"Origin": "https://evil.example"}), 403, "forbidden")
    assert lab_threads() == []


def test_a_wrong_method_is_a_problem_too(browser: Browser) -> None:
    refused(browser.get("/lab/switch"), 405, "method")


def test_there_is_a_card_for_every_bug_that_names_a_file_of_ours(browser: Browser) -> None:
    page = browser.get("/lab").text
    for bug in Bug:
        assert f'data-bug="{bug}"' in page
    for number in range(1, len(CLIENTS) + 1):
        assert f'data-number="{number}"' in page


def test_every_sentence_is_translated_and_every_bug_and_state_has_one(app: Flask) -> None:
    def said(language: str) -> tuple[dict[str, str], list[tuple[str, ...]]]:
        with app.test_request_context(headers={"Accept-Language": language}):
            return lab_strings(), [(card.title, card.what, card.expect, card.right) for card in cards()]

    english, english_cards = said("en")
    portuguese, portuguese_cards = said("pt-BR")
    assert not [key for key in english if english[key] == portuguese[key]]
    for here, there in zip(english_cards, portuguese_cards, strict=True):
        assert not set(here) & set(there)
    assert {key.partition(".")[2] for key in english if key.startswith("figure.")} == set(Bug)
    assert {key.partition(".")[2] for key in english if key.startswith("habit.")} == {habit for _, habit in CLIENTS}
