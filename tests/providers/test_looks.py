"""A check-up tells made-up gateways apart: how the key travels, what they list, what one picture shows."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground import wire
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest, ProviderError
from playground.history import History
from playground.jobs import checkup
from playground.jobs.checkup import Found
from playground.jobs.studio import Studio
from playground.pixels import PIXELS
from playground.providers.credentials import Credentials, Key
from playground.providers.looks import AUTHS, listed_models, refusal_form
from playground.settings import StorageSettings
from tests.echoing import CANARY, files_with_it, left_in
from tests.mocked import provider_of
from tests.wire.samples import b64, candidate, inline, picture

BASE = "https://gateway.example"
MODEL = "gemini-3.1-flash-image-preview"
CREDENTIALS = Credentials(Key(CANARY), BASE)
UNKNOWN_MODEL = "gateway-paints-9"
FORBIDDEN = httpx.Response(403, json={"error": {"message": "no"}})


@dataclass
class Gateway:
    """One of the made-up gateways: what it takes and how it answers."""

    auth: str
    obeys_shape: bool = True
    obeys_size: bool = True
    came: str = "inline"
    streaming: str = "events"
    declared: str = "image/png"
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if not self._is_unlocked(request):
            refused = {"code": 401, "message": "Unauthorized", "status": "UNAUTHENTICATED"}
            return httpx.Response(401, json={"error": refused})
        if request.method == "GET":
            names = [f"models/{MODEL}", f"models/{UNKNOWN_MODEL}"]
            return httpx.Response(200, json={"models": [{"name": name} for name in names]})
        return self._answer(request, json.loads(request.content))

    def _is_unlocked(self, request: httpx.Request) -> bool:
        sent = {
            "x-goog-api-key": request.headers.get("x-goog-api-key"),
            "bearer": request.headers.get("authorization", "").removeprefix("Bearer "),
            "query": request.url.params.get("key"),
        }
        assert sum(map(bool, sent.values())) <= 1, "one way at a time"
        return self.auth == "open" or sent[self.auth] == CANARY

    def _answer(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        streams = request.url.path.endswith(":streamGenerateContent")
        if streams and self.streaming == "none":
            return httpx.Response(404, json={"error": {"message": "no such method", "type": "x", "code": ""}})
        if not body["contents"]:
            return httpx.Response(400, json={"error": {"message": "contents is required", "type": "x"}})
        wanted = body["generationConfig"]["imageConfig"]
        shape = wanted["aspectRatio"] if self.obeys_shape else "1:1"
        width, height = PIXELS[wanted["imageSize"] if self.obeys_size else "1K"][shape]
        drawn = b64(picture("PNG", width, height))
        part = {
            "inline": inline(drawn, self.declared),
            "text": {"text": f"![image](data:{self.declared};base64,{drawn})"},
            "link": {"text": "![image](https://cdn.example/x.png)"},
        }[self.came]
        answer = json.dumps(candidate(part))
        if streams and self.streaming == "events":
            events = {"content-type": "text/event-stream"}
            return httpx.Response(200, text=f"data: {answer}\r\n\r\n", headers=events)
        return httpx.Response(200, text=answer, headers={"content-type": "application/json"})

    @property
    def as_found(self) -> Found:
        found = Found(self.came, streamed=self.streaming == "events", silence=0.0)
        if self.came == "link":
            return found
        is_true = self.declared == "image/png"
        return replace(found, shape=self.obeys_shape, size=self.obeys_size, declared=is_true)


GATEWAYS = [
    Gateway(*one)
    for one in itertools.product(
        AUTHS, (True, False), (True, False), ("inline", "text", "link"), ("events", "none")
    )
]


@pytest.fixture
async def studio_of(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Callable[[Gateway], Studio]]:
    made: list[Studio] = []

    def make(gateway: Gateway) -> Studio:
        history = History(tmp_path, StorageSettings(min_free=0))
        made.append(Studio(catalogue, provider_of(catalogue, gateway), history))
        return made[-1]

    yield make
    for studio in made:
        await studio.aclose()
        studio.history.close()


async def examined(studio: Studio, catalogue: Catalogue) -> tuple[Any, Found, str]:
    look = await studio.provider.look("gateway", CREDENTIALS)
    credentials = Credentials(CREDENTIALS.key, look.base_url, look.auths[0] if look.auths else None)
    wanted = checkup.request(catalogue, "gateway", MODEL)
    job = await studio.start(wanted, credentials, owner="me", mode="text", streams=True)
    async for _ in job.watch():
        pass
    return look, checkup.found(job), await studio.provider.manners("gateway", credentials, MODEL)


async def test_72_gateways_are_told_apart(catalogue: Catalogue, studio_of: Any, tmp_path: Path) -> None:
    told = set()
    for gateway in (
        *GATEWAYS,
        Gateway("bearer", declared="image/jpeg"),
        Gateway("query", streaming="one piece"),
    ):
        look, found, manners = await examined(studio_of(gateway), catalogue)
        assert found.silence is not None
        assert checkup.replace(found, silence=0.0) == gateway.as_found, gateway
        assert (look.auths, look.models) == ((gateway.auth,), (MODEL, UNKNOWN_MODEL))
        assert manners == "openai"
        posts = [request for request in gateway.requests if request.method == "POST"]
        assert len(posts) == (3 if gateway.streaming == "none" else 2), "one picture, and one refusal"
        told.add((look.auths, checkup.replace(found, silence=0.0)))
    # A link shows neither shape nor size; and one of the gateways calls its pictures what they are not.
    assert len(told) == 3 * 2 + 3 * 4 * 2 * 2 + 1
    assert not files_with_it(tmp_path), "no key on the disk"


async def test_an_open_list_says_nothing_of_the_key(catalogue: Catalogue) -> None:
    look = await provider_of(catalogue, Gateway("open")).look("gateway", CREDENTIALS)
    assert (look.is_open, look.auths, look.models) == (True, (), (MODEL, UNKNOWN_MODEL))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401, json={"error": {"message": "no", "code": 401}}), "key_refused"),
        (httpx.Response(200, html="<title>Log in</title>"), "wrong_endpoint"),
        (httpx.ConnectError("nobody"), "cannot_connect"),
    ],
)
async def test_what_does_not_answer_is_said(catalogue: Catalogue, answer: Any, code: str) -> None:
    def give(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    with pytest.raises(ProviderError) as refused:
        await provider_of(catalogue, give).look("gateway", CREDENTIALS)
    assert refused.value.code in (code, "proxy_page", "unreadable_answer")


async def test_a_list_that_repeats_the_key_is_told_without_it(catalogue: Catalogue) -> None:
    repeated = httpx.Response(200, json={"data": [{"id": f"paints-{CANARY}"}, {"id": MODEL}]})
    caller = provider_of(catalogue, lambda asked: repeated if left_in(str(asked.headers)) else FORBIDDEN)
    look = await caller.look("gateway", CREDENTIALS)
    assert len(look.models) == 2
    assert not left_in(str(look))


async def test_strangers_have_no_address_looked_at(catalogue: Catalogue) -> None:
    gateway = Gateway("bearer")
    with pytest.raises(InvalidRequest, match="base_url_not_allowed"):
        await provider_of(catalogue, gateway, visitor_base_url=False).look("gateway", CREDENTIALS)
    assert gateway.requests == []


async def test_a_gateway_without_a_list_is_no_fault(catalogue: Catalogue) -> None:
    look = await provider_of(catalogue, lambda _: httpx.Response(404)).look("gateway", CREDENTIALS)
    assert (look.auths, look.models, look.is_open) == ((), (), False)


@pytest.mark.parametrize("pasted", [BASE, f"{BASE}/v1"])
@pytest.mark.parametrize("looks_first", ["at the key", "at the path"])
async def test_a_list_where_openai_has_it_is_found(
    catalogue: Catalogue, pasted: str, looks_first: str
) -> None:
    """Resellers list their models below /v1 only, and show that address for every client."""

    def give(asked: httpx.Request) -> httpx.Response:
        is_key = asked.headers.get("authorization") == f"Bearer {CANARY}"
        is_there = asked.url.path == "/v1/models"
        if is_key and is_there:
            return httpx.Response(200, json={"object": "list", "data": [{"id": MODEL}]})
        refused = is_there if looks_first == "at the path" else not is_key
        status = 401 if refused else 404
        return httpx.Response(status, json={"error": {"message": "no", "type": "new_api_error"}})

    look = await provider_of(catalogue, give).look("gateway", replace(CREDENTIALS, base_url=pasted))
    assert (look.base_url, look.auths, look.models) == (BASE, ("bearer",), (MODEL,))


async def test_a_key_that_finds_no_list_has_passed_the_door(catalogue: Catalogue) -> None:
    """401 to all ways but one, and there 404: no list, and neither a wrong key nor a wrong address."""

    def reseller(asked: httpx.Request) -> httpx.Response:
        is_let_in = asked.headers.get("authorization") == f"Bearer {CANARY}"
        return httpx.Response(404 if is_let_in else 401, json={"error": {"message": "Invalid URL (GET /)"}})

    look = await provider_of(catalogue, reseller).look("gateway", CREDENTIALS)
    assert (look.base_url, look.auths, look.models) == (BASE, ("bearer",), ())


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("gateway.example", BASE),
        ("  https://gateway.example/ \n", BASE),
        ('"https://gateway.example/v1beta",', BASE),
        ("https://gateway.example/v1beta/models", BASE),
        ("https://gateway.example/v1", f"{BASE}/v1"),
        (f"https://gateway.example/v1beta/models/{MODEL}:generateContent?key=" + "canary", BASE),
        ("https://gate way.example/\u200bapi", f"{BASE}/api"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1"),
        ("//gateway.example", BASE),
        ("https\uff1a//gateway.example\uff1a8080\uff0fv1beta", f"{BASE}:8080"),
        ("https://gateway.example/v1/chat/completions", BASE),
        ("gateway.example/api/v1/images/generations/", f"{BASE}/api"),
        ("ftp://gateway.example", "ftp://gateway.example"),
        ("", ""),
    ],
)
def test_a_pasted_address_is_mended(pasted: str, base: str) -> None:
    assert wire.repaired(pasted) == base
    assert wire.repaired(base) == base


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b'{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"x"}}', "google"),
        (b'[{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"x"}}]', "google"),
        (b'{"error":{"message":"x","type":"new_api_error","code":"y"}}', "openai"),
        (b'{"code":500,"msg":"x"}', "json"),
        (b"<html>", "html"),
        (b"Bad request", "text"),
        (b'{"candidates":[]}', "none"),
        (b"", "none"),
        (b"[]", "none"),
    ],
)
def test_forms_of_a_refusal(content: bytes, form: str) -> None:
    assert refusal_form(content) == form


def test_lists_of_models() -> None:
    assert listed_models(b'{"data":[{"id":"a"},{"id":"a"},{"id":5},"b",null]}') == ("a", "b")
    assert listed_models(b'{"models":[]}') == ()
    assert listed_models(b'{"error":"no"}') is None
