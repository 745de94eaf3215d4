"""A call that is pasted back says what the form said from which it came; and nothing else gets in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import catalogue as catalogue_module
from playground import snippets
from playground.providers.client import Provider
from playground.request import OFF, SETTINGS, ImageRequest, PreparedImage, ReplyPart, Turn, build
from playground.settings import Settings
from playground.snippets.reading import Said
from playground.ui.form import Choice
from playground.ui.panel_view import PanelView
from playground.ui.pasting import _told, understood
from playground.ui.words import words_for

CATALOGUE = catalogue_module.load()
VIEW = PanelView(CATALOGUE, Provider(CATALOGUE), Settings(data_dir=Path("unused"), use_proxy=False))
CANARY = "sk-canary" + "-of-nobody-0123456789"
CODE = {language.id: language for language in snippets.LANGUAGES}
GATEWAY = "https://gateway.example.org/gemini"
PROMPTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@st.composite
def choices(draw: st.DrawFn) -> Choice:
    """Any form that the panel can hold."""
    provider = draw(st.sampled_from(list(CATALOGUE.providers)))
    model = draw(st.sampled_from([*CATALOGUE.providers[provider].models, "some/unknown-model"]))
    row = CATALOGUE.model(provider, model)
    settings = {one.name: draw(st.sampled_from(one.options(row))) for one in SETTINGS}
    if settings["search"] != OFF:  # which asks for words, too: the body cannot say that the form did not
        settings["response_modalities"] = "TEXT,IMAGE"
    settings["count"] = "1"  # no body says it: each picture is a call of its own
    base_url = "" if CATALOGUE.providers[provider].base_url else GATEWAY
    return VIEW.valid(Choice(provider, model, settings, base_url=base_url))


def _code(choice: Choice, prompt: str, language: str, pictures: int = 0) -> str:
    images = tuple(PreparedImage(Path(f"{n}.png"), "image/png", 1, 1, 9) for n in range(pictures))
    wanted: ImageRequest = build(
        prompt=prompt, provider=choice.provider, model=choice.model, **choice.settings
    ).model_copy(update={"images": images})
    return CODE[language].snippet(snippets.call_of(wanted, CATALOGUE, choice.base_url))


@given(choices(), PROMPTS, st.integers(0, 3), st.sampled_from(["curl", "json"]))
def test_a_form_comes_back_from_its_own_code(
    choice: Choice, prompt: str, pictures: int, language: str
) -> None:
    pasted = snippets.read(_code(choice, prompt, language, pictures))
    assert pasted is not None
    assert (pasted.prompt, pasted.had_key, pasted.ignored) == (prompt, False, ())
    assert (pasted.turns, pasted.unknown) == ((), {})
    assert pasted.pictures == tuple(f"{n}.png" for n in range(pictures))
    other = {setting.name: setting.options(VIEW.able(choice))[-1] for setting in SETTINGS}
    now = choice.having(**{**other, "count": "1"})  # a form in which everything else was chosen meanwhile
    reading = understood(pasted, now, VIEW, CATALOGUE)
    assert reading.choice == choice
    assert reading.offer is None


@given(choices())
def test_another_form_takes_provider_or_an_offer_of_the_address(choice: Choice) -> None:
    pasted = snippets.read(_code(choice, "a fox", "curl"))
    assert pasted is not None
    reading = understood(pasted, VIEW.first_choice(), VIEW, CATALOGUE)
    if not choice.base_url:
        assert reading.choice.provider == choice.provider
        assert reading.choice.settings == choice.settings
        assert reading.offer is None
    else:
        assert reading.choice.base_url == ""
        assert reading.offer == {name: value for name, value in choice.values.items() if name != "key"}


# As the pages of the two gateways print them.
UNIALL = """curl -X POST "{BASE_URL}/v1beta/models/gemini-3-pro-image-preview-2k:generateContent" \\
-H "Authorization: Bearer sk-***" \\
-H "Content-Type: application/json" \\
-d '{ "contents": [ { "role": "user", "parts": [ { "text": "将这幅草图转换成照片" },
{ "inline_data": { "mime_type": "image/jpeg", "data": "image_base64" } } ] } ], "generationConfig":
{ "responseModalities": [ "IMAGE" ], "imageConfig": { "aspectRatio": "9:16", "imageSize": "1K" } } }'"""
GATEWAY_BODY = """{\r\n "contents": [\r\n {"role": "user", "parts": [{"text": "Hi, can you create a pig?"}]}],
 "generationConfig": {"responseModalities": ["Text", "Image"], "imageConfig": {"imageSize": "1K"}}}"""


def test_the_gateways_own_examples_are_read() -> None:
    pasted = snippets.read(UNIALL)
    assert pasted is not None
    assert (pasted.base_url, pasted.model) == ("", "gemini-3-pro-image-preview-2k")
    assert (pasted.auth, pasted.had_key) == ("bearer", False)
    assert (pasted.prompt, pasted.pictures) == ("将这幅草图转换成照片", ("image_base64",))
    at_uniall = VIEW.with_provider(Choice("uniall", ""))
    choice = understood(pasted, at_uniall, VIEW, CATALOGUE).choice
    assert choice.model == "gemini-3-pro-image-preview"
    assert choice.settings["aspect_ratio"] == "9:16"
    assert choice.settings["response_modalities"] == "IMAGE"
    pasted = snippets.read(GATEWAY_BODY)
    assert pasted is not None
    assert pasted.settings["response_modalities"] == "TEXT,IMAGE"
    assert pasted.settings["image_size"] == "1K"


def test_of_a_conversation_the_last_turn_is_taken_and_what_is_left_out_is_said() -> None:
    said = [("user", "a fox"), ("model", "here"), ("user", "with a hat"), ("model", "there"), ("user", "red")]
    body = {"contents": [{"role": role, "parts": [{"text": text}]} for role, text in said]}
    pasted = snippets.read(json.dumps(body))
    assert pasted is not None
    assert (pasted.prompt, pasted.earlier) == ("red", 4)
    reading = understood(pasted, VIEW.first_choice(), VIEW, CATALOGUE)
    for code in ("en", "zh"):
        words = words_for(code)
        assert words("paste.earlier", count=4) in _told(pasted, reading, (), words)
    alone = snippets.read(json.dumps({"contents": body["contents"][:1]}))
    assert alone is not None
    assert (alone.earlier, alone.turns) == (0, ())
    assert [(one.prompt, one.reply) for one in pasted.turns] == [
        ("a fox", (Said("here"),)),
        ("with a hat", (Said("there"),)),
    ]
    twice = snippets.read(json.dumps({"contents": [body["contents"][0], *body["contents"]]}))
    assert twice is not None
    assert (twice.earlier, twice.turns) == (5, ()), "who says two things before an answer is in no form"


def test_a_continued_conversation_is_told_by_its_own_code(tmp_path: Path) -> None:
    drawn = PreparedImage(tmp_path / "1-1.png", "image/png", 1, 1, 9)
    given = PreparedImage(tmp_path / "cat.png", "image/png", 1, 1, 9)
    reply = (ReplyPart("Here:", signature="dGV4dA=="), ReplyPart(image=drawn, signature="c2ln"))
    turn = Turn("a fox", (given,), reply, "google", "gemini-3-pro-image")
    wanted = build(prompt="red", provider="google", model="gemini-3-pro-image")
    wanted = wanted.model_copy(update={"turns": (turn,)})
    for language in ("curl", "json"):
        pasted = snippets.read(CODE[language].snippet(snippets.call_of(wanted, CATALOGUE)))
        assert pasted is not None
        [exchange] = pasted.turns
        assert (exchange.prompt, exchange.pictures) == ("a fox", ("cat.png",))
        assert exchange.reply == (Said("Here:", None, "dGV4dA=="), Said("", "1-1.png", "c2ln"))


def test_a_value_that_no_setting_knows_is_told() -> None:
    config = {"imageConfig": {"imageSize": "9K", "aspectRatio": "16:9"}, "responseModalities": ["AUDIO"]}
    pasted = snippets.read(json.dumps({"contents": [{"parts": [{"text": "a"}]}], "generationConfig": config}))
    assert pasted is not None
    assert pasted.unknown == {"response_modalities": "AUDIO"}
    reading = understood(pasted, VIEW.first_choice(), VIEW, CATALOGUE)
    for code in ("en", "zh"):
        words = words_for(code)
        told = _told(pasted, reading, (), words)
        assert f"{words('settings.response_modalities.label')} AUDIO" in told
        assert words("paste.set_back", names=words("settings.image_size.label")) in told


URL = "https://a.example/v1beta/models/m:generateContent"


@pytest.mark.parametrize(
    "line",
    [
        f"curl '{URL}?key=%s' -d '%s'",
        "curl https://a.example/v1/models/m:generateContent -H 'x-goog-api-key: %s' --data-raw '%s'",
        f"$ curl -H\"Authorization: Bearer %s\" --json '%s' {URL} | jq .",
        f"curl -XPOST {URL} \\\n  -H 'X-Goog-Api-Key: %s' \\\n  -d @- <<'EOF'\n%s\nEOF\n",
        f"curl {URL} -H $'authorization: bearer %s' --data $'%s'",
    ],
)
def test_a_key_ends_where_it_is_read_and_that_is_told(line: str) -> None:
    body = json.dumps({"contents": [{"parts": [{"text": f"a fox {CANARY}"}]}], "safetySettings": []})
    pasted = snippets.read(line % (CANARY, body))
    assert pasted is not None
    assert pasted.had_key
    assert CANARY not in repr(pasted)
    assert (pasted.prompt.strip(), pasted.model, pasted.ignored) == ("a fox", "m", ("safetySettings",))
    assert pasted.base_url.startswith("https://a.example")
    assert CANARY not in repr(understood(pasted, VIEW.first_choice(), VIEW, CATALOGUE))


@given(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda i: (
            st.lists(i)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "contents",
                        "parts",
                        "text",
                        "inline_data",
                        "data",
                        "generationConfig",
                        "imageConfig",
                        "aspectRatio",
                        "tools",
                        "role",
                    ]
                ),
                i,
            )
        ),
    ),
)
def test_whatever_is_pasted_is_a_call_or_none(text: str, body: Any) -> None:
    for given_text in (text, f"curl {text}", f"curl -d '{text}", json.dumps({"contents": body})):
        pasted = snippets.read(given_text)
        if pasted is not None:
            understood(pasted, VIEW.first_choice(), VIEW, CATALOGUE)


@pytest.mark.parametrize(
    "hostile",
    [
        "curl " + "<<a\n" * 45_000,
        "curl " + '"$(' * 60_000,
        "curl " + "'" * 190_001,
        "curl " + "\\" * 190_001,
        '{"contents":' + "[" * 190_000,
        "curl -d '{" + '"$(' * 60_000 + "}'",
        "curl " + "a " * 95_000,
        "curl x" + "/v1beta/models/" * 13_000,
    ],
)
def test_what_is_meant_to_take_long_does_not(hostile: str) -> None:
    assert len(hostile) <= snippets.reading.MAX_CHARACTERS
    started = time.thread_time()
    assert snippets.read(hostile) is None
    assert time.thread_time() - started < 2
    assert snippets.read(hostile * 3) is None


def test_another_way_of_the_key_is_offered_with_the_address() -> None:
    line = f"curl {URL} -H 'x-goog-api-key: $KEY' -d '{GATEWAY_BODY}'"
    pasted = snippets.read(line)
    assert pasted is not None
    offer = understood(pasted, VIEW.first_choice(), VIEW, CATALOGUE).offer
    assert offer is not None
    assert (offer["base_url"], offer["auth"]) == ("https://a.example", "x-goog-api-key")
