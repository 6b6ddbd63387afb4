"""The core of the page's tests once more, in Firefox: the same tests, and another browser that people sit at."""

# ruff: noqa: F401  (pytest collects the tests that are imported, and runs them with the fixtures of this module)

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from .browsers import FIREFOX, start
from .test_composing import test_a_reply_and_an_edit_outlive_a_reload
from .test_looks import (
    busy_server,
    test_everything_can_be_done_with_the_keyboard,
    test_on_a_phone_rooms_and_people_are_drawers_that_give_the_focus_back,
)
from .test_overlays import test_of_several_overlays_back_closes_the_topmost_first, traveller
from .test_reading import (
    test_unread_counts_show_in_the_list_in_the_title_and_on_the_icon_until_the_room_is_read,
    test_what_came_while_nobody_was_here_is_unread_at_the_next_visit,
)
from .test_reconnecting import test_three_people_lose_nothing_when_the_server_is_killed
from .test_rooms_and_people import test_a_first_visit_asks_for_a_name_and_shows_the_room_meanwhile
from .test_search import library, reader, test_it_is_found_while_one_types_and_the_address_leads_back_to_it
from .test_sending import (
    test_drafts_are_kept_by_room_through_a_reload_and_the_servers_death,
    test_enter_does_not_send_while_an_input_method_is_composing,
    test_shift_enter_breaks_the_line_and_enter_sends,
    test_unsent_messages_survive_a_reload_and_go_out_once_and_in_order,
)
from .test_text import test_the_browser_lets_no_other_place_take_html
from .test_writing import test_suggestions_are_chosen_by_arrows_or_pointer_and_what_one_used_comes_first


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Firefox for these tests."""
    with start(playwright, FIREFOX) as browser:
        yield browser
