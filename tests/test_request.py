"""What a person wants, checked against the model's row before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.request import (
    MAX_MODEL_CHARACTERS,
    MAX_PROMPT_CHARACTERS,
    SETTINGS,
    ImageRequest,
    PreparedImage,
    build,
    check,
    known_settings,
)

GOOD: dict[str, Any] = {"prompt": "a cat", "provider": "uniall", "model": "gemini-3-pro-image-preview"}
IMAGE = PreparedImage(Path("cat.png"), "image/png", 8, 6, 100)


def test_a_request_that_its_row_allows_gets_that_row(catalogue: Catalogue) -> None:
    request = build(**GOOD, aspect_ratio="16:9", image_size="2K", output_format="png", count=8)
    assert check(request, catalogue) is catalogue.model("uniall", "gemini-3-pro-image-preview")


def test_everything_but_prompt_and_model_has_a_harmless_default() -> None:
    request = build(prompt="a cat", model="m")
    assert request == ImageRequest(
        prompt="a cat",
        provider="demo",
        model="m",
        aspect_ratio="auto",
        image_size="auto",
        response_modalities=("TEXT", "IMAGE"),
        output_format="auto",
        count=1,
        images=(),
    )


@pytest.mark.parametrize(
    ("field", "given", "meant"),
    [
        ("image_size", "2k", "2K"),
        ("image_size", " 4K ", "4K"),
        ("image_size", "0.5k", "512"),
        ("image_size", "512px", "512"),
        ("image_size", "AUTO", "auto"),
        ("output_format", "JPG", "jpeg"),
        ("output_format", "PNG", "png"),
        ("output_format", " Auto ", "auto"),
        ("aspect_ratio", " 16:9 ", "16:9"),
        ("thinking_level", "High", "high"),
        ("count", "3", 3),
    ],
)
def test_harmless_spellings_are_understood(field: str, given: object, meant: object) -> None:
    assert getattr(build(**{**GOOD, field: given}), field) == meant


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("aspect_ratio", "1:8", "auto, 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, 16:9, 21:9"),
        ("aspect_ratio", "wide", "auto, 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, 16:9, 21:9"),
        ("image_size", "512", "auto, 1K, 2K, 4K"),
        ("output_format", "gif", "auto, jpeg, png"),
        ("thinking_level", "high", "auto"),
        ("search", "web", "off"),
        ("response_modalities", ("TEXT",), "IMAGE, TEXT, IMAGE"),
        ("response_modalities", (), "IMAGE, TEXT, IMAGE"),
        ("response_modalities", ("VIDEO",), "IMAGE, or TEXT and IMAGE"),
        ("count", 0, "1 to 8"),
        ("count", 9, "1 to 8"),
        ("count", "many", "1 to 8"),
        ("count", 1.5, "1 to 8"),
        ("model", "", "1 to 200 characters"),
        ("model", "m" * (MAX_MODEL_CHARACTERS + 1), "1 to 200 characters"),
        ("prompt", "p" * (MAX_PROMPT_CHARACTERS + 1), "at most 32000 characters"),
    ],
)
def test_a_refusal_names_field_and_allowed_values(
    catalogue: Catalogue, field: str, value: object, allowed: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check(build(**{**GOOD, field: value}), catalogue)
    assert caught.value.code == "not_allowed"
    assert caught.value.field == field
    assert caught.value.facts["field"] == field
    assert caught.value.facts["allowed"] == allowed
    assert len(caught.value.facts["value"]) <= 60


def test_an_unknown_field_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidRequest) as caught:
        build(**GOOD, seed=7)
    assert caught.value.field == "seed"


def test_a_provider_that_is_no_row_is_told_by_name(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check(build(**{**GOOD, "provider": "nobody"}), catalogue)
    assert caught.value.code == "unknown_provider"
    assert caught.value.facts["value"] == "nobody"
    assert caught.value.facts["allowed"] == "demo, google, gateway, uniall"


@pytest.mark.parametrize("prompt", ["", "  \n ", "\u200b"])
def test_no_words_are_no_prompt(catalogue: Catalogue, prompt: str) -> None:
    with pytest.raises(InvalidRequest, match="prompt_missing") as caught:
        check(build(**{**GOOD, "prompt": prompt}), catalogue)
    assert caught.value.field == "prompt"


def test_the_fifteenth_picture_is_refused_with_the_number_allowed(catalogue: Catalogue) -> None:
    assert check(build(**GOOD, images=(IMAGE,) * 14), catalogue)
    with pytest.raises(InvalidRequest, match="too_many_images") as caught:
        check(build(**GOOD, images=(IMAGE,) * 15), catalogue)
    assert caught.value.facts == {"field": "images", "value": "15", "allowed": "14"}


def test_a_key_has_no_place_in_a_request() -> None:
    assert not {"key", "api_key", "base_url", "credentials"} & set(ImageRequest.model_fields)


@given(
    st.dictionaries(
        st.sampled_from([*ImageRequest.model_fields, "key"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.text()),
    )
)
def test_loose_values_become_a_request_or_a_refusal_that_names_its_field(fields: dict[str, object]) -> None:
    request, refusal = None, None
    try:
        request = build(**fields)
    except InvalidRequest as error:
        refusal = error
    if refusal is not None:
        assert refusal.field in {*fields, "model"}
    if request is not None:
        assert 1 <= request.count <= 8


def test_settings_are_kept_and_read_back() -> None:
    request = build(prompt="a", model="m", aspect_ratio="16:9", count=3, response_modalities=("IMAGE",))
    assert request.settings == {
        "aspect_ratio": "16:9",
        "image_size": "auto",
        "response_modalities": ["IMAGE"],
        "output_format": "auto",
        "count": 3,
        "thinking_level": "auto",
        "search": "off",
        "versus": [],
    }
    assert known_settings(request.settings) == request.settings


ANY_JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from([setting.name for setting in SETTINGS]), ANY_JSON))
def test_settings_that_anybody_wrote_are_usable(values: dict[str, object]) -> None:
    known = known_settings(values)
    assert build(prompt="a", model="m", **known).settings == known


def test_a_comparison_is_a_request_for_each_call() -> None:
    request = build(prompt="a", model="m", versus=["google/x 4k", "16:9"], count=8, search="web")
    assert request.versus == ("google/x 4K", "16:9")
    told = [(one.provider, one.model, one.aspect_ratio, one.image_size) for one in request.calls]
    assert told == [
        ("demo", "m", "auto", "auto"),
        ("google", "x", "auto", "4K"),
        ("demo", "m", "16:9", "auto"),
    ]
    assert request.count == 3
    assert {(one.count, one.versus, one.search, one.prompt) for one in request.calls} == {(1, (), "web", "a")}
    assert known_settings(request.settings) == request.settings
    assert request.call(9) is request


@pytest.mark.parametrize("wrong", [["/x"], [" "], ["1:1 2:3"], ["2K", "2k"], ["1:1"] * 8, [3], ["x" * 500]])
def test_what_is_no_comparison_is_refused(wrong: list[object]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        build(prompt="a", model="m", versus=wrong)
    assert refused.value.field == "versus"


def test_no_call_of_a_comparison_gets_past_its_row(catalogue: Catalogue) -> None:
    own = {"prompt": "a", "model": "gemini-3-pro-image", "provider": "google"}
    check(build(**own, versus=["4K", "demo/gemini-3-pro-image"]), catalogue)
    for wrong in ("google/gemini-2.5-flash-image 4K", "1:8", "nobody/x"):
        with pytest.raises(InvalidRequest):
            check(build(**own, versus=[wrong]), catalogue)
