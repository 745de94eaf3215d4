"""Errors in a person's words: every code, both languages, nothing left open."""

from __future__ import annotations

import pytest

from playground.errors import (
    Billed,
    CannotConnect,
    InvalidRequest,
    NoPicture,
    PlaygroundError,
    ProviderError,
    ProviderRefused,
    UnusablePicture,
)
from playground.result import ImageResult, TextPart
from playground.ui.explain import explain, sentence
from playground.ui.remedies import REMEDIES
from playground.ui.words import LANGUAGES, words_for
from tests.error_sites import Site, sites

SITES = sites()
in_every_language = pytest.mark.parametrize("language", LANGUAGES)


def name_of(site: Site) -> str:
    return f"{site.code} at {site.where}"


@in_every_language
@pytest.mark.parametrize("site", SITES, ids=name_of)
def test_every_error_is_told_in_three_whole_parts(site: Site, language: str) -> None:
    told = explain(site.error(), words_for(language))
    assert told.code == site.code
    for part in (told.what, told.why, told.do):
        assert part.strip()
        assert "?" not in part, "a fact is missing"
        if site.code != "wrong_endpoint":  # which quotes a pattern of an address
            assert "{" not in part


@in_every_language
def test_a_code_nobody_knows_gets_the_words_of_its_kind(language: str) -> None:
    words = words_for(language)
    assert explain(ProviderRefused("brand_new"), words).code == "provider_refused"
    assert explain(ProviderError("brand_new"), words).code == "provider_error"
    assert explain(CannotConnect("brand_new", host="x"), words).code == "cannot_connect"
    assert explain(UnusablePicture("brand_new", number=1), words).code == "picture_unreadable"
    assert explain(PlaygroundError("brand_new"), words).code == "unexpected"


def test_what_was_not_sent_is_told_as_such() -> None:
    english = words_for("en")
    assert not explain(InvalidRequest("prompt_missing", field="prompt"), english).sent
    assert not explain(UnusablePicture("picture_empty", number=2), english).sent
    assert explain(ProviderRefused("overloaded"), english).sent


def test_the_models_own_words_are_told_apart_from_the_providers() -> None:
    english = words_for("en")
    answered = ImageResult(parts=(TextPart("Which cat?"),), finish_message="stopped")
    by_model = explain(NoPicture("text_only", answered, billed=Billed.PROBABLY), english)
    assert (by_model.said, by_model.by_model, by_model.billed) == ("Which cat?", True, Billed.PROBABLY)
    silent = ImageResult(finish_message="filtered out")
    by_provider = explain(NoPicture("picture_blocked", silent, billed=Billed.NO), english)
    assert (by_provider.said, by_provider.by_model) == ("filtered out", False)


@in_every_language
def test_how_long_to_wait_is_said(language: str) -> None:
    told = explain(ProviderRefused("rate_limited", retry_after=7.0, seconds=7), words_for(language))
    assert "7" in told.do
    assert told.retry_after == 7.0


@in_every_language
def test_a_field_is_called_by_its_label_and_by_its_name(language: str) -> None:
    error = InvalidRequest("not_allowed", field="aspect_ratio", value="7:3", allowed="auto, 1:1")
    told = explain(error, words_for(language))
    for part in ("aspect_ratio", words_for(language)("settings.aspect_ratio.label"), "7:3"):
        assert part in told.what
    assert "auto, 1:1" in told.why


@in_every_language
def test_the_sentence_for_programs_has_the_providers_words(language: str) -> None:
    text = sentence(ProviderRefused("overloaded", said="Please come back later."), words_for(language))
    assert "Please come back later." in text
    assert words_for(language)("outcome.overloaded.what") in text


def test_words_from_outside_cannot_fill_placeholders() -> None:
    error = InvalidRequest("not_allowed", field="model", value="{provider}{0}{", allowed="{x}")
    assert "{provider}{0}{" in explain(error, words_for("en")).what


def test_remedies_are_offered_for_codes_that_exist_and_have_a_label() -> None:
    assert set(REMEDIES) <= {site.code for site in SITES}
    for language in LANGUAGES:
        for remedies in REMEDIES.values():
            assert all(words_for(language).get(f"refusal.remedy_{remedy}") for remedy in remedies)
