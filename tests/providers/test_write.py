"""A question to a text model: one call, words alone, and nothing that only pictures have."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from playground import catalogue
from playground.demo import painter
from playground.demo.gateway import create_app
from playground.errors import InvalidRequest, NotStarted, ProviderRefused
from playground.history import Cap, History, Span
from playground.jobs.studio import Studio
from playground.providers.credentials import Credentials, Key
from playground.request import PreparedImage
from playground.server.budgets import Budgets
from playground.ui.starting import Starting
from playground.ui.words import words_for
from tests.mocked import Recording, provider_of
from tests.wire.samples import candidate, picture

GIVEN = Credentials(Key("canary+key" + "/0123456789"))


@pytest.fixture
def image(tmp_path: Path) -> PreparedImage:
    data = picture()
    (tmp_path / "in.png").write_bytes(data)
    return PreparedImage(tmp_path / "in.png", "image/png", 1, 1, len(data))


async def test_it_is_asked_for_words_alone(image: PreparedImage) -> None:
    answer = Recording(lambda: httpx.Response(200, json=candidate({"text": " A cat. "})))
    provider = provider_of(catalogue.load(), answer)
    assert await provider.write("Describe.", (image,), "google", GIVEN) == "A cat."
    (request,) = answer.requests
    assert request.url.path == "/v1beta/models/gemini-3.5-flash-lite:generateContent"
    body = json.loads(request.content)
    assert body["generationConfig"] == {"responseModalities": ["TEXT"]}
    text, given = body["contents"][0]["parts"]
    assert text == {"text": "Describe."}
    assert given["inline_data"]["mime_type"] == "image/png"


async def test_a_refusal_is_told_and_not_repeated() -> None:
    answer = Recording(lambda: httpx.Response(400, json={"error": {"code": 400, "message": "no"}}))
    provider = provider_of(catalogue.load(), answer)
    with pytest.raises(ProviderRefused):
        await provider.write("Improve.", (), "google", GIVEN)
    assert len(answer.requests) == 1
    with pytest.raises(InvalidRequest, match="no_text_model"):
        await provider.write("Improve.", (), "gateway", GIVEN)


@pytest.mark.parametrize(
    ("language", "prompt", "improved"),
    [
        ("en", "a cat", "a cat, in a meadow, soft light, 35 mm film look"),
        ("en", "a red fox in the snow.", "a red fox in the snow, 35 mm film look."),
        ("zh", "一只猫", "一只猫，在草地上，柔光，胶片质感"),
    ],
)
async def test_the_demo_writes_by_rules(language: str, prompt: str, improved: str) -> None:
    rows = catalogue.load()
    words = words_for(language)
    transport = httpx.ASGITransport(create_app(rows))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.invalid") as client:
        asked = {"contents": [{"parts": [{"text": words("writing.ask_improve", prompt=prompt)}]}]}
        url = "/v1beta/models/demo-writer:generateContent"
        answer = await client.post(url, json=asked)
    assert answer.json()["candidates"][0]["content"]["parts"][0]["text"] == improved


def test_the_demo_names_colours_and_where_something_is() -> None:
    cat = Path(__file__).parents[2] / "playground" / "ui" / "static" / "samples" / "cat.jpg"
    assert painter.described([cat], words_for("en")("writing.ask_describe", count=1)) == (
        "A square picture in yellow, ginger and white, bright, one clear subject in the middle"
    )
    several = painter.described([cat, cat], words_for("zh")("writing.ask_describe", count=2))
    assert [line[:9] for line in several.split("\n")] == ["图1：一张方形图片", "图2：一张方形图片"]


def test_a_press_has_a_price() -> None:
    rows = catalogue.load()
    google, demo = rows.provider("google").text_model, rows.provider("demo").text_model
    assert google is not None
    assert demo is not None
    assert google.price == pytest.approx(0.00173)
    assert demo.price == 0


async def test_the_operators_money_is_asked_first(tmp_path: Path) -> None:
    """0.173 cents: where a cap leaves less, nothing is sent; where nothing was sent, nothing is counted."""
    rows = catalogue.load()
    answer = Recording(lambda: httpx.Response(200, json=candidate({"text": "A cat."})))
    provider = provider_of(rows, answer, environment={"GEMINI_API_KEY": "canary+key" + "/9876543210"})
    history = History(tmp_path)
    studio = Studio(rows, provider, history)
    asking: Any = SimpleNamespace(client=None)

    async def write(dollars: float) -> str:
        starting = Starting(studio, Budgets(is_shared=True), [Cap("all", dollars)])
        return await starting.write("Improve.", (), "google", Credentials(), asking, owner="me")

    with pytest.raises(NotStarted, match="money_spent"):
        await write(0.0017)
    assert answer.requests == []
    assert await write(0.0018) == "A cat."
    dollars, unknown = history.ledger.charged("me", Span.DAY)
    assert dollars == pytest.approx(0.00173)
    assert unknown == 0
    with pytest.raises(NotStarted):
        await write(0.0018)
    assert len(answer.requests) == 1
