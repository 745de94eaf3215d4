"""The app as a client of gateways that other people wrote: what they answer, as read in them or recorded.

WireMock, aimock and a LiteLLM proxy ran themselves, by hand; `README.md` in this folder has what came of it.
What was special in their answers is kept here. new-api has a stand-in made from its source.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from playground.catalogue import load
from playground.demo.gateway import create_app
from playground.errors import Billed
from playground.ui.explain import explain
from playground.ui.words import words_for
from tests.app_server import serve
from tests.faults.new_api import NewApi
from tests.faults.oracle import CANARY, Watched
from tests.faults.server import answering, as_json, gateway, http
from tests.wire.samples import b64, inline, picture

TOKEN = CANARY.removeprefix("sk-").split("-")[0]
STYLES = {"google": "x-goog-api-key", "gateway": "key=", "uniall": "authorization"}
MODEL = "gemini-3-pro-image-preview"


@dataclass(frozen=True)
class Reseller:
    base_url: str
    gateway: NewApi


@pytest.fixture
async def upstream() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(load()))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.test") as client:
        yield client


@pytest.fixture
def reseller(upstream: httpx.AsyncClient) -> Iterator[Reseller]:
    new_api = NewApi(upstream, TOKEN)
    with serve(new_api.app()) as base_url:
        yield Reseller(base_url, new_api)


def pictures_in(answer: bytes) -> list[bytes]:
    parts = json.loads(answer)["candidates"][0]["content"]["parts"]
    return [base64.b64decode(part["inlineData"]["data"]) for part in parts if "inlineData" in part]


@pytest.mark.parametrize("provider", STYLES)
async def test_new_api_brings_the_picture_and_gets_the_key_once(
    reseller: Reseller, bench: Watched, provider: str
) -> None:
    job = await bench.run(reseller.base_url, provider=provider, model=MODEL, aspect_ratio="16:9")
    (answer,) = reseller.gateway.relayed
    assert [saved.path.read_bytes() for saved in job.pictures] == pictures_in(answer)
    assert (job.pictures[0].width, job.pictures[0].height) == (1376, 768), "the shape went through"
    ((headers, query),) = reseller.gateway.sent
    assert [style for style in STYLES.values() if style in headers or style in query] == [STYLES[provider]]


ENDS = {
    "demo: rate limit": (
        "rate_limited",
        "You exceeded your current quota. Please retry in 7s.",
        Billed.NO,
        4,
    ),
    "demo: overloaded": ("overloaded", "This model is currently experiencing high demand.", Billed.NO, 4),
    "demo: bad key": ("key_refused", "API key not valid. Please pass a valid API key.", Billed.NO, 1),
    "demo: html": ("provider_trouble", "bad response status code 502", Billed.MAYBE, 1),
    "demo: cut off": ("provider_trouble", "Unterminated string", Billed.MAYBE, 1),
    "demo: blocked": ("prompt_blocked", "", Billed.NO, 1),
    "demo: refused": ("picture_blocked", "Unable to show the generated image.", Billed.NO, 1),
    "demo: text only": ("text_only", "I can only describe it", Billed.PROBABLY, 1),
    "demo: no picture": ("no_picture", "", Billed.MAYBE, 1),
}


@pytest.mark.parametrize("prompt", ENDS)
async def test_what_the_model_refuses_is_told_through_new_api(
    reseller: Reseller, bench: Watched, prompt: str
) -> None:
    code, said, billed, calls = ENDS[prompt]
    error = await bench.failure(reseller.base_url, provider="gateway", model=MODEL, prompt=prompt)
    assert (error.code, error.billed, len(reseller.gateway.sent)) == (code, billed, calls)
    assert said in explain(error, words_for("en")).said
    if code == "rate_limited":
        assert bench.pauses.seconds == [7.0] * 3, "the wait is in the words: the details are lost on the way"


@pytest.mark.parametrize(
    ("change", "model", "code", "said"),
    [
        ({"token": "other"}, MODEL, "key_refused", "无效的令牌"),
        ({"credit": False}, MODEL, "no_credit", "用户额度不足"),
        ({}, "gemini-9-image", "model_not_found", "No available channel for model gemini-9-image"),
    ],
)
async def test_what_new_api_itself_refuses_costs_nothing_and_is_asked_once(
    reseller: Reseller, bench: Watched, change: dict[str, object], model: str, code: str, said: str
) -> None:
    for name, value in change.items():
        setattr(reseller.gateway, name, value)
    error = await bench.failure(reseller.base_url, provider="gateway", model=model)
    assert (error.code, error.billed, len(reseller.gateway.sent)) == (code, Billed.NO, 1)
    assert said in error.said


async def test_a_path_that_new_api_does_not_serve_is_told_as_a_wrong_address(
    reseller: Reseller, bench: Watched
) -> None:
    error = await bench.failure(f"{reseller.base_url}/api", provider="gateway", model=MODEL)
    assert (error.code, error.billed) == ("wrong_endpoint", Billed.NO)


# ── recorded ────────────────────────────────────────────────────────────────────────────────────────────────

AIMOCK = as_json(
    {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        inline(b64(picture())),
                        {"text": "Hm.", "thought": True},
                        {"text": "Here it is."},
                    ],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {"promptTokenCount": 0, "candidatesTokenCount": 0, "totalTokenCount": 0},
    }
)
"""aimock 1.43: a picture through its fixtures for sound, thoughts behind it, nothing counted."""


@contextmanager
def answered(body: bytes, status: str = "200 OK", *headers: str) -> Iterator[tuple[str, list[bytes]]]:
    with gateway(answering(http(body, status, *headers))) as server:
        yield server.base_url, server.requests


async def test_aimock_brings_the_picture(bench: Watched) -> None:
    with answered(AIMOCK, "200 OK", "Access-Control-Allow-Origin: *") as (base_url, requests):
        job = await bench.run(base_url, provider="gateway", model=MODEL)
    assert [saved.path.read_bytes() for saved in job.pictures] == [picture()]
    result = job.outcomes[0].result
    assert result is not None
    assert result.text == "Here it is."
    assert len(requests) == 1


def lite_llm(message: str, code: str, kind: str) -> bytes:
    return as_json({"error": {"message": message, "type": kind, "param": None, "code": code}})


RECORDED = {
    "WireMock, no stub": (
        b"\nRequest was not matched\n=======================\n",
        "404 Not Found",
        ("wrong_endpoint", Billed.NO),
    ),
    "WireMock, status alone": (b"", "500 Server Error", ("proxy_page", Billed.MAYBE)),
    "WireMock, nobody behind it": (
        b"Network failure trying to make a proxied request from WireMock",
        "500 Server Error",
        ("proxy_page", Billed.MAYBE),
    ),
    "aimock, no fixture": (
        b'{"error":{"message":"No fixture matched","code":404,"status":"NOT_FOUND"}}',
        "404 Not Found",
        ("model_not_found", Billed.NO),
    ),
    "aimock, chaos": (
        b'{"error":{"message":"Chaos: request dropped","type":"server_error","code":"chaos_drop"}}',
        "500 Internal Server Error",
        ("provider_trouble", Billed.MAYBE),
    ),
    "LiteLLM, an answer that broke off": (
        lite_llm(
            "litellm.APIConnectionError: GeminiException - Error transforming generate content response: "
            "Unterminated string starting at: line 1 column 286 (char 285)",
            "500",
            "internal_server_error",
        ),
        "500 Internal Server Error",
        ("provider_trouble", Billed.MAYBE),
    ),
    "LiteLLM, a key that is not its own": (
        lite_llm("No connected db.", "400", "no_db_connection"),
        "400 Bad Request",
        ("key_refused", Billed.NO),
    ),
}


@pytest.mark.parametrize("what", RECORDED)
async def test_a_recorded_error_is_told_and_the_call_is_made_once(bench: Watched, what: str) -> None:
    body, status, (code, billed) = RECORDED[what]
    with answered(body, status) as (base_url, requests):
        error = await bench.failure(base_url, provider="gateway", model=MODEL)
    assert (error.code, error.billed, len(requests)) == (code, billed, 1)
