"""From the bytes on a real socket to the words on the card, for answers as gateways and proxies send them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from playground.catalogue import Catalogue
from playground.errors import Billed, NoPicture, ProviderError
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest
from playground.ui.explain import Explanation, explain
from playground.ui.words import words_for
from tests.providers.test_exchange import server
from tests.wire.samples import b64, candidate, inline, picture

CANARY = "canary-Key_0123456789"
PICTURE = json.dumps(candidate(inline(b64(picture("PNG"))))).encode()


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture
async def provider(catalogue: Catalogue) -> AsyncIterator[Provider]:
    made = Provider(catalogue)
    yield made
    await made.aclose()


class Asked:
    """One call to a server that sends `answer` to whoever asks; counts who does."""

    def __init__(self, provider: Provider, catalogue: Catalogue) -> None:
        self._provider, self._catalogue = provider, catalogue
        self.heads: list[bytes] = []

    async def pictures(self, answer: bytes) -> int:
        provider, model = "google", self._catalogue.providers["google"].default_model
        request = ImageRequest(prompt="a fox", provider=provider, model=model)
        row = self._catalogue.model(provider, model)
        async with server(lambda *_: answer, self.heads, closes=True) as base_url:
            made = await self._provider.generate(request, row, Credentials(Key(CANARY), base_url))
        return len(made.result.pictures)

    async def card(self, answer: bytes, language: str = "en") -> Explanation:
        with pytest.raises((ProviderError, NoPicture)) as caught:
            await self.pictures(answer)
        told = explain(caught.value, words_for(language))
        assert len(self.heads) == 1, "sent twice"
        assert CANARY not in repr(told)
        return told


@pytest.fixture
def asked(provider: Provider, catalogue: Catalogue) -> Asked:
    return Asked(provider, catalogue)


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "203 x", "206 x", "299 x"])
async def test_every_success_with_a_picture_is_read(asked: Asked, status: str) -> None:
    assert await asked.pictures(http(status, PICTURE)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        ["Set-Cookie: a=" + "x" * 9000],
        ["Set-Cookie: a=" + "x" * 200_000],
        [f"X-{number}: {number}" for number in range(900)],
        ["X_Under.score: 1", "X-Empty:", "x-latin: \u00fc", "Server: a", "Server: b"],
    ],
    ids=["cookie of 9 kB", "cookie of 200 kB", "900 fields", "odd names"],
)
async def test_headers_cost_no_picture(asked: Asked, headers: list[str]) -> None:
    assert await asked.pictures(http("200 OK", PICTURE, *headers)) == 1


async def test_a_limit_that_is_met_is_named(asked: Asked) -> None:
    told = await asked.card(http("200 OK", PICTURE, *(f"X-{number}: 1" for number in range(1100))))
    assert (told.code, told.billed) == ("headers_too_large", Billed.MAYBE)
    assert "1000 of them, each of at most 256 kB" in told.why


async def test_a_field_that_is_too_long_is_named(asked: Asked) -> None:
    told = await asked.card(http("200 OK", PICTURE, "Set-Cookie: a=" + "x" * 300_000))
    assert told.code == "headers_too_large"


SAME = f"Content-Length: {len(PICTURE)}"
UNTIDY = {
    "the same length twice": http("200 OK", PICTURE, SAME),
    "the same length twice in a line": http("200 OK", PICTURE).replace(
        SAME.encode(), f"{SAME}, {len(PICTURE)}".encode()
    ),
    "a length and chunks": http("200 OK", b"", "Transfer-Encoding: chunked")
    + b"%x\r\n%s\r\n0\r\n\r\n" % (len(PICTURE), PICTURE),
    "bytes behind the end": http("200 OK", PICTURE) + b"\r\n<html>more</html>",
    "no content, and a picture": http("204 No Content", PICTURE),
}


@pytest.mark.parametrize("name", UNTIDY)
async def test_what_every_browser_forgives_costs_no_picture(asked: Asked, name: str) -> None:
    assert await asked.pictures(UNTIDY[name]) == 1


async def test_two_different_lengths_are_refused(asked: Asked) -> None:
    told = await asked.card(http("200 OK", PICTURE, "Content-Length: 7"))
    assert (told.code, told.billed) == ("headers_unreadable", Billed.MAYBE)


LATER = {
    "plain": ({"id": "task_9", "status": "queued"}, "queued (task_9)"),
    "inside data": ({"code": 0, "data": {"task_id": "t7", "status": "IN PROGRESS"}}, "IN PROGRESS (t7)"),
    "with words": ({"message": "We are on it.", "id": "7", "state": "pending"}, "We are on it. pending (7)"),
    "only an id": ({"taskId": "t-1"}, "(t-1)"),
    "an operation": ({"name": "models/x/operations/1", "done": False}, "(models/x/operations/1)"),
    "Wan": ({"output": {"task_status": "PENDING", "task_id": "4"}, "request_id": "9"}, "PENDING (4)"),
}


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted"])
@pytest.mark.parametrize("name", LATER)
async def test_a_gateway_that_answers_later(asked: Asked, status: str, name: str) -> None:
    body, said = LATER[name]
    told = await asked.card(http(status, json.dumps(body).encode()))
    assert (told.what, told.said, told.billed) == ("This gateway answers later.", said, Billed.MAYBE)


@pytest.mark.parametrize("field", ["Location", "Operation-Location", "Content-Location"])
@pytest.mark.parametrize("body", [b"", b'{"id": "task_9", "status": "queued"}'])
async def test_an_answer_for_later_names_its_place(asked: Asked, field: str, body: bytes) -> None:
    told = await asked.card(http("202 Accepted", body, f"{field}: /tasks/{CANARY}/9?key={CANARY}"))
    assert told.code == "answers_later"
    assert "/tasks/***/9 as the place" in told.why


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        ("202 Accepted", b"", "answers_later"),
        ("202 Accepted", b"Come back later.", "answers_later"),
        ("204 No Content", b"", "empty_answer"),
        ("205 x", b"", "empty_answer"),
        ("200 OK", b"\n \n", "empty_answer"),
        ("200 OK", b'{"id": "1", "status": "completed"}', "unreadable_answer"),
    ],
)
async def test_successes_without_a_picture(asked: Asked, status: str, body: bytes, code: str) -> None:
    assert (await asked.card(http(status, body))).code == code


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://gw.example/v1beta/models/x:generateContent", "https://gw.example/v1beta/models/x:generateContent"),
        (f"https://me:{CANARY}@gw.example:8443/a?key={CANARY}#{CANARY}", "https://gw.example:8443/a."),
        (f"https://gw.example/{CANARY}/v1", "https://gw.example/***/v1"),
        ("https://gw.example/" + CANARY.replace("_", "%5F"), "https://gw.example/***"),
        ("/elsewhere", "/elsewhere"),
        ("http://[broken", "names http://%5bbroken/"),
        (f"https://me:{CANARY}@gw.example:99999/a?key={CANARY}", "names https://gw.example:99999/a."),
        ("http://\x7f/", "names http:"),
    ],
    ids=["other host", "user and query", "in path", "quoted", "path", "half a bracket", "no port", "no host"],
)  # fmt: skip
async def test_a_redirect_names_the_address(asked: Asked, status: int, location: str, named: str) -> None:
    told = await asked.card(http(f"{status} Moved", b"", f"Location: {location}"))
    assert (told.code, told.billed) == ("redirected", Billed.NO)
    assert named in told.why
    assert "Nothing was sent there" in told.why


ON_THAT_DAY = ("21 October 2099, 07:28 UTC", "2099年10月21日 07:28")
WAITS = {
    "seconds": ("Retry-After: 90", "", "90 s", "90 秒"),
    "milliseconds": ("Retry-After-Ms: 90400", "", "91 s", "91 秒"),
    "Azure's milliseconds": ("x-ms-retry-after-ms: 90000", "", "90 s", "90 秒"),
    "minutes": ("Retry-After: 1000", "", "17 minutes", "17分钟"),
    "hours": ("", "Please retry in 14h39m18.3s.", "15 hours (until ", "15小时（到 "),
    "days": ("", "Try again in 3 days.", "3 days (until ", "3天（到 "),
    "a date": ("Retry-After: Wed, 21 Oct 2099 07:28:00 GMT", "", *ON_THAT_DAY),
    "a date in ISO 8601": ("Retry-After: 2099-10-21T07:28:00Z", "", *ON_THAT_DAY),
    "a date in words": ("", "Try again after 2099-10-21 07:28 UTC.", *ON_THAT_DAY),
    "a unit in the header": ("Retry-After: 2h", "", "2 hours (until ", "2小时（到 "),
}  # fmt: skip


@pytest.mark.parametrize("name", WAITS)
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_wait_is_told_as_a_person_would(asked: Asked, name: str, language: str) -> None:
    header, words_said, english, chinese = WAITS[name]
    body = json.dumps({"error": {"code": 429, "message": words_said or "slow down"}}).encode()
    told = await asked.card(http("429 x", body, *filter(None, [header])), language)
    assert (english if language == "en" else chinese) in told.do
