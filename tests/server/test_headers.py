"""Security headers: on every answer of the whole app, and who may show it in a frame."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse

from playground.server.headers import SecurityHeaders
from tests.environment import settings_from

PATHS = (
    "/",
    "/health",
    "/no/such/page",
    "/look/theme.css",
    "/look/none.css",
    "/pictures/none/1-1.png",
    "/gradio_api/info",
    "/gradio_api/mcp/schema",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/deep_link",
    "/config",
    "/manifest.json",
    "/history/copy/none/1-1.png",
)


def policy(headers: httpx.Headers) -> dict[str, list[str]]:
    """The sources by directive."""
    rules = (rule.split() for rule in headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in rules}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", [None, "foreign.example"], ids=["known", "refused"])
def test_every_answer_carries_the_headers(server: str, path: str, host: str | None) -> None:
    answer = httpx.get(
        f"{server}{path}", headers={"host": host} if host else None, trust_env=False, timeout=60
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    kept = answer.headers["cache-control"]  # a cache for all would give one visitor's cookie to the next
    assert "private" in kept or "no-store" in kept or path.startswith("/look/")
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    rules = policy(answer.headers)
    assert rules["frame-ancestors"] == ["'self'"]
    assert rules["default-src"] == ["'none'"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "microphone=()" in answer.headers["permissions-policy"]
    assert ("sandbox" in rules) == (answer.headers["content-type"] != "text/html; charset=utf-8")
    # Model text must not be able to make the page fetch from elsewhere.
    outside = ("http", "ws")
    assert not [one for sources in rules.values() for one in sources if one.startswith(outside)]


@pytest.mark.parametrize(
    ("environment", "ancestors"),
    [
        ({}, ["'self'"]),
        ({"GRADIO_SERVER_NAME": "0.0.0.0"}, ["'self'"]),
        ({"SPACE_ID": "a/b"}, ["'self'", "https://huggingface.co", "https://*.hf.space"]),
        ({"PLAYGROUND_FRAME_ANCESTORS": "https://a.example"}, ["'self'", "https://a.example"]),
    ],
)
async def test_who_may_frame_the_app(environment: dict[str, str], ancestors: list[str]) -> None:
    app = SecurityHeaders(PlainTextResponse("page"), settings_from(environment))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        headers = (await client.get("/")).headers
    assert policy(headers)["frame-ancestors"] == ancestors
    # The older header cannot name sites: beside a list it would contradict it.
    assert ("x-frame-options" in headers) == (ancestors == ["'self'"])


def test_each_script_in_the_page_carries_the_nonce_of_this_very_answer(server: str) -> None:
    nonces = set()
    for _ in range(2):
        answer = httpx.get(server, trust_env=False, timeout=60)
        sources = policy(answer.headers)["script-src"]
        assert "'unsafe-inline'" not in sources
        (nonce,) = [one.removeprefix("'nonce-").removesuffix("'") for one in sources if "nonce-" in one]
        assert answer.text.count("<script") == answer.text.count(f'<script nonce="{nonce}"') > 4
        nonces.add(nonce)
    assert len(nonces) == 2


def test_a_look_at_the_page_s_headers_has_its_policy(server: str) -> None:
    assert "script-src" in policy(httpx.head(server, trust_env=False, timeout=60).headers)
