"""Avatars: what stands in them is a whole character of the name, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import normalize
from urllib.parse import quote

from playwright.sync_api import expect

from ..actors import Server, Talker
from .conftest import Person

INITIALS = {
    "Ana Prado": "AP",
    "ana": "A",
    "Jean-Luc Picard": "JP",
    "E\u0301va": "E\u0301",
    "\U0001f1e7\U0001f1f7 Bia": "\U0001f1e7\U0001f1f7B",  # the flag of Brazil
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f": (  # of Scotland, with tags
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    ),
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 Lee": (  # a family of four
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466L"
    ),
    "\U0001f44b\U0001f3fd": "\U0001f44b\U0001f3fd",  # a hand with a skin tone
    "❤\ufe0f": "❤\ufe0f",
    "1\ufe0f\u20e3": "1\ufe0f\u20e3",  # a keycap
    "한국": "한",
    "\u1112\u1161\u11abx": "\u1112\u1161\u11ab",  # a syllable of Hangul in its three letters
    "क्षमा": "क्ष",  # two consonants that are joined
    "हिना": "हि",
    "สมชาย": "ส",
    "---": "-",
    "x" + "\u0301" * 9: "X" + "\u0301" * 3,
}


def test_an_avatar_shows_whole_characters(server: Server, ana: Person) -> None:
    asked = "async ([names, how]) => { const { initials } = await import('/static/js/text.js');"
    with_segmenter, without = (
        ana.page.evaluate(f"{asked} return names.map((name) => initials(name, ...how)); }}", [list(INITIALS), how])
        for how in ([], [None])
    )
    assert dict(zip(INITIALS, with_segmenter, strict=True)) == INITIALS
    assert dict(zip(INITIALS, without, strict=True)) == INITIALS
    shown = [name for name in INITIALS if name not in ("ana", "---") and "\u0301\u0301" not in name]
    bots = [server.enter(quote(name)) for name in shown]
    avatars = ana.page.locator("#people-list .avatar")
    expect(avatars).to_have_count(len(bots) + 1)
    assert set(avatars.all_inner_texts()) >= {normalize("NFC", INITIALS[name]) for name in shown}


COLOURS = 30
# The colours of avatars inside what the argument names, by the person's id.
SHOWN = """(all) => Object.fromEntries(all.map((each) =>
    [each.dataset.person, `${each.style.getPropertyValue('--hue')}/${each.dataset.tone}`]))"""


def test_colours_are_distinct_in_a_room_and_the_same_on_each_page_and_after_a_reload(
    server: Server, make_person: Callable[..., Person], ana: Person, bot: Talker
) -> None:
    bots = [server.enter(f"bot{n}") for n in range(COLOURS - 4)]
    page = ana.page
    people = page.locator("#people-list .avatar")
    expect(people).to_have_count(COLOURS - 2)  # with Ana and the bot
    bot.post("hello")
    ana.sees("hello")
    first = people.evaluate_all(SHOWN)
    assert len(set(first.values())) == COLOURS - 2
    bia = make_person(server.url).visit(name="Bia")
    expect(people).to_have_count(COLOURS - 1)
    theirs = bia.page.locator("#people-list .avatar").evaluate_all(SHOWN)
    assert len(set(theirs.values())) == COLOURS - 1
    late = server.enter("late")
    expect(people).to_have_count(COLOURS)
    every = people.evaluate_all(SHOWN)
    assert len(set(every.values())) == COLOURS
    assert first.items() <= every.items()  # whoever came later takes nobody's colour
    in_log = page.locator(".message .avatar").evaluate_all(SHOWN)
    assert in_log.items() <= every.items()
    assert page.locator("#me-avatar").evaluate_all(SHOWN).items() <= every.items()
    page.reload()
    ana.is_connected()
    expect(people).to_have_count(COLOURS)
    assert people.evaluate_all(SHOWN) == every
    for each in (*bots, late):
        each.vanish()


def test_pages_that_learn_of_the_same_people_agree_whoever_is_told_first(ana: Person) -> None:
    agree = """async () => {
        const { Colours, COLOURS } = await import('/static/js/colours.js');
        const store = () => ({ get: () => null, set: () => {} });
        const ids = Array.from({ length: COLOURS }, (_, n) => `person-${n * 7919}`);
        const one = new Colours(store());
        const other = new Colours(store());
        one.meet(ids, 'room');
        other.meet(ids.toReversed(), 'room');
        const of = (each, slug) => ids.map((id) => JSON.stringify(each.of(id, slug)));
        const distinct = new Set(of(one, 'room')).size;
        const same = of(one, 'room').join() === of(other, 'room').join();
        one.meet(ids.map((id) => `${id}-more`), 'room');
        const uses = new Map();
        for (const id of [...ids, ...ids.map((id) => `${id}-more`)]) {
            const colour = JSON.stringify(one.of(id, 'room'));
            uses.set(colour, (uses.get(colour) ?? 0) + 1);
        }
        const broken = new Colours({ get: () => '[["room", [1, 99]], 3]', set: () => {} });
        broken.meet(ids, 'room');
        return { distinct, same, uses: [...new Set(uses.values())], broken: new Set(of(broken, 'room')).size };
    }"""
    assert ana.page.evaluate(agree) == {"distinct": COLOURS, "same": True, "uses": [2], "broken": COLOURS}


def test_initials_can_be_read_on_each_colour_in_light_and_dark(ana: Person) -> None:
    contrasts = """() => {
        const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        const light = (colour) => {
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255)
                .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const probe = document.body.appendChild(document.createElement('span'));
        probe.className = 'avatar';
        const found = [];
        for (const tone of [0, 1, 2]) for (let hue = 0; hue < 360; hue += 36) {
            probe.dataset.tone = tone;
            probe.style.setProperty('--hue', hue);
            const { color, backgroundColor } = getComputedStyle(probe);
            const [dark, bright] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
            found.push((bright + 0.05) / (dark + 0.05));
        }
        probe.remove();
        return found;
    }"""
    for scheme in ("light", "dark"):
        ana.page.emulate_media(color_scheme=scheme)
        found = ana.page.evaluate(contrasts)
        assert len(found) == COLOURS
        assert min(found) >= 4.5
