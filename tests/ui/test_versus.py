"""The comparison in the panel: what can be ticked, what is crossed out, and what it all costs."""

from __future__ import annotations

import json

import pytest

from playground.catalogue import Catalogue
from playground.settings import Settings
from playground.ui import kept_form
from playground.ui.form import Choice
from playground.ui.panel_view import SETTING, PanelView
from playground.ui.words import words_for
from tests.mocked import Recording, provider_of

ENGLISH = words_for("en")
PRO, LITE = "gemini-3-pro-image", "gemini-3.1-flash-lite-image"


@pytest.fixture
def view(catalogue: Catalogue) -> PanelView:
    row = catalogue.provider("uniall").model_copy(update={"base_url": "https://uniall.test"})
    catalogue = catalogue.model_copy(update={"providers": {**catalogue.providers, "uniall": row}})
    return PanelView(
        catalogue, provider_of(catalogue, Recording(), environment={"UNIALL_API_KEY": "k" * 20}), Settings()
    )


def choice(view: PanelView, *ticks: str, **settings: str) -> Choice:
    return view.valid(Choice("google", PRO, {"versus": ",".join(ticks), "image_size": "1K", **settings}))


def test_what_a_model_cannot_do_is_crossed_out_and_never_sent(view: PanelView) -> None:
    wanted = choice(view, f"google/{LITE}", f"uniall/{PRO}-preview", "4K")
    assert view.others(wanted) == [
        "4K",
        f"google/{LITE}",
        f"uniall/{PRO}-preview",
        f"uniall/{PRO}-preview 4K",
    ]
    shown = view.versus_calls(wanted, ENGLISH)
    assert shown.count('class="cannot"') == 1
    assert "<s>Nano Banana 2 Lite · Google · 4K</s>" in shown
    assert ENGLISH("versus.lacks", setting="Size", value="4K") in shown
    assert "Nano Banana Pro · UniAll · 4K" in shown
    searching = choice(view, f"google/{LITE}", search="web")
    assert view.others(searching) == []


def test_the_total_is_of_all_calls(view: PanelView) -> None:
    wanted = choice(view, f"google/{LITE}", "4K")  # 0.134 + 0.24 + 0.034
    for language in ("en", "zh"):
        words = words_for(language)
        total = words(
            "panel.cost_known", pictures=words("panel.pictures", count=3), price=words.dollars(0.408)
        )
        assert view.cost(wanted, words) == total
        assert total in view.versus_calls(wanted, words)
        assert words("panel.pictures", count=3) in view.summary(wanted, words)
        assert words("settings.versus.brief") in view.summary(wanted, words)
        assert words("settings.versus.brief") not in view.summary(view.first_choice(), words)
    too_many = choice(view, *(value for _, value in view.options(SETTING["versus"], wanted, ENGLISH)))
    assert "more than one press may make" in view.versus_calls(too_many, ENGLISH)


def test_a_model_with_one_size_is_compared_at_that_size(view: PanelView) -> None:
    wanted = choice(view, "google/gemini-2.5-flash-image")
    assert view.others(wanted) == ["google/gemini-2.5-flash-image auto"]
    put_back = SETTING["versus"].spelled([*view.others(wanted)])
    assert choice(view, put_back).settings["versus"] == wanted.settings["versus"]
    assert "<span>Nano Banana</span>" in view.versus_calls(wanted, ENGLISH)
    assert view.others(choice(view, "google/gemini-2.5-flash-image", image_size="2K")) == []


def test_only_what_is_offered_can_be_ticked(view: PanelView) -> None:
    """Of other providers, those alone that are connected; never what is chosen anyway."""
    offered = {value for _, value in view.options(SETTING["versus"], choice(view), ENGLISH)}
    assert f"uniall/{PRO}-preview" in offered
    assert not {f"google/{PRO}", "1K", f"gateway/{PRO}", f"demo/{PRO}"} & offered
    hostile = choice(view, "4K", "1K", "nobody/x", "a b c", "", "8:1 16:9")
    assert hostile.settings["versus"] == "4K"
    assert "4K" in {value for _, value in view.options(SETTING["versus"], hostile, ENGLISH)}


@pytest.mark.parametrize(
    ("kept", "ticks"), [(["2K", 3, "16:9"], "2K,16:9"), ("2K,16:9", "2K,16:9"), ({}, "")]
)
def test_a_kept_form_keeps_what_is_ticked(kept: object, ticks: str) -> None:
    found = kept_form.read(json.dumps({"version": 1, "form": {"versus": kept}}))
    assert found is not None
    assert found.choice.settings["versus"] == ticks
