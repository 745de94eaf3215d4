"""What can be done with a result: a button, an event and a handler for each row, wherever it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import escape

from playground.history import SavedPicture
from playground.ui import action_handlers
from playground.ui.actions import ACTIONS, VIEWER, Action, Place, Subject, buttons, events, viewer_buttons
from playground.ui.results import job_view
from playground.ui.words import LANGUAGES, words_for
from tests.made_jobs import drawn, job

PICTURE = SavedPicture("g", "1-1.jpg", Path("1-1.jpg"), None, "image/jpeg", 40, 30, 9, "ab")
ENGLISH = words_for("en")
STATIC = Path(action_handlers.__file__).parent / "static"
SHEET = (STATIC / "theme.css").read_text(encoding="utf-8")


def test_the_names_are_apart() -> None:
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


def test_a_key_presses_one_button_in_the_result_and_in_the_viewer_alike() -> None:
    keys = [action.key for action in VIEWER]
    assert len(set(keys)) == len(keys)
    seen = viewer_buttons(Subject("g", PICTURE, "a fox"), ENGLISH)
    for action in VIEWER:
        told = f'aria-keyshortcuts="{action.key}"'
        assert told in seen
        assert told in buttons(action.place, Subject("g", PICTURE, "a fox"), ENGLISH)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_action_is_a_button_with_words(action: Action, language: str) -> None:
    words = words_for(language)
    html = buttons(action.place, Subject("g", PICTURE, "a fox", prompt="a fox"), words)
    assert escape(words(action.key_of_label(Subject("g", PICTURE)), prompt="a fox")) in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_sounds_alike_says_how_it_differs(language: str) -> None:
    """Edit beside Continue editing was a guess."""
    words = words_for(language)
    html = buttons(Place.RESULT, Subject("g", PICTURE, "a fox"), words)
    for name in ("edit", "continue"):
        (button,) = re.findall(rf'<button[^>]* data-do="{name}"[^>]*>', html)
        assert f'title="{words(f"done.{name}_hint")}' in button


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.handler], ids=lambda action: action.name)
def test_what_the_server_does_is_an_event_that_carries_its_subject(action: Action) -> None:
    assert action.name in events(action.place)
    html = buttons(action.place, Subject("g", PICTURE), ENGLISH)
    assert f'data-do="{action.name}" data-{action.carries}="g' in html


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_icon_has_its_rule_in_the_sheet_that_is_always_loaded(action: Action) -> None:
    icons = {name for name in action.css.split() if name.startswith("ic-")}
    assert icons or action.toggles or action.css == "text-link"
    assert icons <= set(re.findall(r"\.(ic-[a-z]+)(?=[^{}]*\{ --i: )", SHEET))


def test_icons_have_their_rules_in_one_sheet() -> None:
    others = [file for file in STATIC.glob("*.css") if file.name != "theme.css"]
    assert [file.name for file in others if "--i: " in file.read_text(encoding="utf-8")] == []


def test_only_what_came_is_called_an_original() -> None:
    locked = Subject("g", replace(PICTURE, locked=True), "a fox")
    for html in (buttons(Place.RESULT, locked, ENGLISH), viewer_buttons(locked, ENGLISH)):
        assert ENGLISH("done.download_locked") in html
        assert ENGLISH("done.download") not in html


def test_the_whole_prompt_can_be_copied_where_there_is_one() -> None:
    prompt = 'a "fox"\n& a <hen>'
    html = buttons(Place.GENERATION, Subject("g", PICTURE, "a fox", prompt=prompt), ENGLISH)
    assert f'data-copy-text="{escape(prompt)}"' in html
    assert "data-copy-text" not in buttons(Place.GENERATION, Subject("g", PICTURE), ENGLISH)


def test_without_a_picture_there_is_nothing_to_download_or_to_go_on_from() -> None:
    html = buttons(Place.RESULT, Subject("g", None), ENGLISH)
    assert html.count("<button") == 1
    assert "data-details" in html


@pytest.mark.parametrize(
    ("provider", "count", "said"),
    [
        ("demo", 1, "free"),
        ("demo", 4, "4 pictures, free"),
        ("google", 4, "4 pictures, about $"),
    ],
)
def test_same_again_says_its_price_before_it_sends(provider: str, count: int, said: str) -> None:
    """A7: it stood beside buttons that only fill in the form, and sent eight pictures without a word."""
    made = job(*(drawn(number) for number in range(1, count + 1)), provider=provider, count=count)
    html = job_view(made, ENGLISH)
    button = html[html.index('data-do="again"') :].partition("</button>")[0]
    assert ENGLISH("done.again") in button
    assert said in button
