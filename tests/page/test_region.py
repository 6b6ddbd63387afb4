"""Days and times as the reader's region writes them, in the page's words and the reader's zone of this moment."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from chatapp.details import LOCALES
from tests.actors import NO_RATE_LIMITS, Server

from .conftest import Person

SAID = datetime(2024, 3, 9, 15, 45, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose one message is old."""
    server = Server(tmp_path_factory.mktemp("region") / "data", **NO_RATE_LIMITS).start()
    talker = server.enter("Bot")
    talker.hear("message", nonce=talker.post("needle"))
    talker.close()
    with sqlite3.connect(server.data / "chat.sqlite3") as log:
        log.execute("UPDATE events SET at = ?", (int(SAID.timestamp() * 1000),))
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("locale", "zone", "day", "time"),
    [
        ("en-US", "UTC", "Saturday, March 9, 2024", "3:45 PM"),
        ("en-GB", "Europe/London", "Saturday,? 9 March 2024", "15:45"),
        ("en-IN", "Asia/Kolkata", "Saturday,? 9 March 2024", "9:15 pm"),
        ("de-DE", "Europe/Berlin", "Saturday,? 9 March 2024", "16:45"),
        ("ja-JP", "Asia/Tokyo", "Sunday,? 10 March 2024", "00:45"),
        ("pt-BR", "America/Sao_Paulo", "Sábado, 9 de março de 2024", "12:45"),
    ],
)
def test_days_and_times_are_those_of_the_readers_region(
    archive: Server, make_person: Callable[..., Person], locale: str, zone: str, day: str, time: str
) -> None:
    ana = make_person(archive.url, locale=locale, timezone_id=zone).visit(name=zone.partition("/")[2] or zone)
    expect(ana.log.locator(".day time")).to_have_text(re.compile(f"^{day}$"))
    expect(ana.messages.locator(".byline time")).to_have_text(time)
    expect(ana.messages.locator(".byline time")).to_have_attribute(
        "title", re.compile(f"^{day} .*{time[:-3]}.*:09", re.IGNORECASE)
    )
    ana.page.goto(f"{archive.url}/search?q=needle")
    expect(ana.page.locator(".hit time")).to_have_text(re.compile(f"^{day}, {time}$"))


def test_a_reader_who_travels_reads_the_time_of_where_they_are(
    archive: Server, make_person: Callable[..., Person]
) -> None:
    ana = make_person(archive.url, locale="en-GB")
    devtools = ana.page.context.new_cdp_session(ana.page)
    devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/London"})
    ana.visit(name="Ana")
    expect(ana.messages.locator(".byline time")).to_have_text("15:45")
    devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    comes_back(ana.page)
    expect(ana.messages.locator(".byline time")).to_have_text("00:45")
    expect(ana.messages.locator(".byline time")).to_have_attribute(
        "title", re.compile("^Sunday,? 10 March 2024 .*00:45:09")
    )
    expect(ana.log.locator(".day time")).to_have_text(re.compile("^Sunday,? 10 March 2024$"))
    expect(ana.log.locator(".day time")).to_have_attribute("title", re.compile("^Sunday,? 10 March 2024 .*00:45:09"))
    ana.page.goto(f"{archive.url}/search?q=needle")
    expect(ana.page.locator(".hit time")).to_have_text(re.compile("10 March 2024, 00:45$"))
    devtools.send("Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"})
    comes_back(ana.page)
    expect(ana.page.locator(".hit time")).to_have_text(re.compile("9 March 2024, 10:45$"))


def comes_back(page: Page) -> None:
    page.evaluate("() => window.dispatchEvent(new Event('focus'))")


def test_the_first_language_that_fits_decides(archive: Server, make_person: Callable[..., Person]) -> None:
    cases = [
        (["en", ["en-US", "en-GB"]], ["en-US", "h12"]),
        (["en", ["de-DE", "de", "en-US", "en"]], ["en-DE", "h23"]),  # as a German Chromium has them
        (["en", ["pt-BR", "en-GB"]], ["en-GB", "h23"]),  # one that the page speaks was not wanted here
        (["en", ["pt-BR"]], ["en-001", "h23"]),
        (["en", ["ja-JP"]], ["en-001", "h23"]),
        (["en", ["fr"]], ["en-FR", "h23"]),
        (["en", ["zh-Hant-TW", "en-US"]], ["en-001", "h12"]),
        (["en", ["en-GB-u-hc-h12"]], ["en-GB-u-hc-h12", "h12"]),
        (["en", ["C", "_", "en-AU"]], ["en-AU", "h12"]),
        (["en", []], ["en", "h12"]),
        (["pt-BR", ["en-US"]], ["pt-BR", "h23"]),
        (["pt-BR", ["en-US", "pt-PT"]], ["pt-PT", "h23"]),
        (["pt-BR", ["de-DE", "pt-PT"]], ["pt-BR", "h23"]),
    ]
    page = make_person(archive.url).page
    page.goto(f"{archive.url}/healthz")
    found, spoken = page.evaluate(
        """async (cases) => {
            const { region, SPOKEN } = await import('/static/js/region.js');
            const said = cases.map(([page, languages]) => region(page, languages));
            return [said.map(({ locale, hourCycle }) => [locale, hourCycle]), SPOKEN];
        }""",
        [given for given, _ in cases],
    )
    assert list(zip([given for given, _ in cases], found, strict=True)) == cases
    assert spoken == [code.partition("-")[0] for code in LOCALES]


def test_numbers_are_those_of_the_readers_region(archive: Server, make_person: Callable[..., Person]) -> None:
    page = make_person(archive.url, locale="de-DE").page
    page.goto(f"{archive.url}/healthz")
    written = page.evaluate(
        """async () => {
            const { Strings } = await import('/static/js/strings.js');
            const { Units } = await import('/static/js/flow/units.js');
            const { Numbers } = await import('/static/js/lab/figures.js');
            const strings = new Strings({ 'a.other': '{n} people' }, 'en');
            return [strings.count('a', 1234567), new Units('en').time(1240), new Numbers('en').write(1.5, 1)];
        }"""
    )
    assert written == ["1.234.567 people", "1,24 ms", "1,5"]
