"""What is sent again without asking: the policy as a table, and the loop that follows it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.errors import (
    CannotConnect,
    PlaygroundError,
    ProviderError,
    TransferBroken,
    UnreadableAnswer,
)
from playground.providers.client import READ_SECONDS, WRITE_SECONDS, Answer, Provider
from playground.providers.credentials import Credentials, Key
from playground.providers.progress import OnProgress, Phase, ignore_progress
from playground.providers.retries import Pace, wait_before_next
from playground.request import ImageRequest
from playground.wire import read_error
from tests.mocked import Handler, Pauses, Recording, provider_of, with_picture

LONG = 1e6
JSON = {"content-type": "application/json"}


def refused(status: int, body: bytes, **headers: str) -> ProviderError:
    return read_error(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def google(message: str, status: str = "RESOURCE_EXHAUSTED", code: int = 429, details: str = "[]") -> bytes:
    text = '{"error":{"code":%d,"message":"%s","status":"%s","details":%s}}'
    return (text % (code, message, status, details)).encode()


def gateway(message: str, code: str) -> bytes:
    return f'{{"error":{{"message":"{message}","type":"new_api_error","param":"","code":"{code}"}}}}'.encode()


RETRY_INFO = '[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"%s"}]'
AGAIN: dict[str, tuple[ProviderError, list[float]]] = {
    "no connection": (CannotConnect("cannot_connect", host="x.example"), [0.5, 1.0]),
    "no such name": (CannotConnect("name_not_found", host="x.example"), [0.5, 1.0]),
    "no TLS": (CannotConnect("tls_failed", host="x.example"), [0.5, 1.0]),
    "nobody picks up": (CannotConnect("connect_timed_out", host="x.example"), [0.5, 1.0]),
    "429": (refused(429, google("Quota exceeded")), [2.0, 4.0, 8.0]),
    "500": (refused(500, google("An internal error has occurred.", "INTERNAL", 500)), [2.0, 4.0, 8.0]),
    "503": (refused(503, google("The model is overloaded.", "UNAVAILABLE", 503)), [2.0, 4.0, 8.0]),
    "header": (refused(429, google("Quota exceeded"), retry_after="7"), [7.0] * 3),
    "date": (
        refused(
            503,
            google("busy", "UNAVAILABLE", 503),
            retry_after="Sun, 22 Nov 2026 08:00:09 GMT",
            date="Sun, 22 Nov 2026 08:00:00 GMT",
        ),
        [9.0] * 3,
    ),
    "RetryInfo": (refused(429, google("Quota", details=RETRY_INFO % "3.7s")), [3.7] * 3),
    "longest of all": (
        refused(429, google("Please retry in 12.5s.", details=RETRY_INFO % "3.7s"), retry_after="7"),
        [12.5] * 3,
    ),
    "text behind a gateway": (refused(429, gateway("Exhausted. Please retry in 12.5s.", "")), [12.5] * 3),
    "just a minute": (refused(429, google("Quota"), retry_after="60"), [60.0] * 3),
    "asked for nothing": (refused(429, google("Quota"), retry_after="0"), [0.0] * 3),
    "no channel at the moment": (refused(503, gateway("no channel", "get_channel_failed")), [2.0, 4.0, 8.0]),
}

NEVER: dict[str, ProviderError] = {
    "more than a minute": refused(429, google("Quota"), retry_after="61"),
    "hours": refused(429, google("Quota", details=RETRY_INFO % "52758s")),
    "no free tier": refused(429, google("Quota exceeded, limit: 0, model: x"), retry_after="7"),
    "quota of the day": refused(
        429,
        google(
            "Quota. Please retry in 7s.",
            details='[{"@type":"x/google.rpc.QuotaFailure","violations":[{"quotaId":"RequestsPerDay"}]}]',
        ),
    ),
    "no credit as 429": refused(429, gateway("insufficient user quota", "insufficient_user_quota")),
    "no such model as 503": refused(503, gateway("No available channel for model x", "model_not_found")),
    "a blocked prompt as 500": refused(500, gateway("sensitive words", "sensitive_words_detected")),
    "a lost answer as 500": refused(500, gateway("bad response body", "bad_response_body")),
    "a 500 of nobody in particular": refused(500, b'{"error":{"message":"Internal Server Error"}}'),
    "an answer that LiteLLM could not read": refused(
        500,
        b'{"error":{"message":"litellm.APIConnectionError: GeminiException - Error transforming generate '
        b'content response: Unterminated string","type":"internal_server_error","code":"500"}}',
    ),
    "a bad key": refused(400, google("API key not valid.", "INVALID_ARGUMENT", 400)),
    "not found": refused(404, google("models/x is not found", "NOT_FOUND", 404)),
    "408": refused(408, google("Request timeout", "", 408)),
    "502": refused(502, google("bad gateway", "", 502)),
    "504": refused(504, google("Deadline expired", "DEADLINE_EXCEEDED", 504)),
    "524": refused(524, google("timeout", "", 524)),
    "429 as a page": refused(429, b"<html><title>429 Too Many Requests</title></html>", retry_after="1"),
    "503 as a page": refused(503, b"<html><title>503 Service Unavailable</title></html>"),
    "429 as words": refused(429, b"slow down", retry_after="1"),
    "silence": TransferBroken("timed_out", host="x.example"),
    "broken off": TransferBroken("cut_off", host="x.example"),
    "upload stopped": TransferBroken("upload_stopped", host="x.example"),
    "unreadable": UnreadableAnswer("unreadable_answer"),
    "this machine": CannotConnect("cannot_connect", host="127.0.0.1"),
    "this machine by name": CannotConnect("cannot_connect", host="localhost"),
    "this machine, IPv6": CannotConnect("cannot_connect", host="::1"),
}


def all_waits(error: ProviderError, seconds_left: float = LONG, chance: float = 0.0) -> list[float]:
    """The waits before each repetition until there is none."""
    waits = (wait_before_next(error, attempt, seconds_left, chance) for attempt in itertools.count(1))
    return list(itertools.takewhile(lambda wait: wait is not None, waits))


@pytest.mark.parametrize("what", AGAIN)
def test_what_passes_and_costs_nothing_is_sent_again(what: str) -> None:
    error, waits = AGAIN[what]
    assert all_waits(error) == pytest.approx(waits)


@pytest.mark.parametrize("what", NEVER)
def test_what_does_not_pass_or_may_cost_is_never_sent_again(what: str) -> None:
    assert all_waits(NEVER[what]) == []


@pytest.mark.parametrize("what", AGAIN)
def test_nothing_is_sent_again_after_the_deadline(what: str) -> None:
    error, waits = AGAIN[what]
    assert all_waits(error, seconds_left=waits[0]) == []
    assert len(all_waits(error, seconds_left=waits[-1] + 0.01)) == len(waits)


def test_chance_spreads_those_that_were_refused_together_and_never_shortens_a_wait() -> None:
    error, waits = AGAIN["header"]
    assert all_waits(error, chance=0.75) == [wait + 0.75 for wait in waits]


# ── the loop ────────────────────────────────────────────────────────────────────────────────────────────────


async def call(provider: Provider, on_progress: OnProgress = ignore_progress, size: str = "auto") -> Answer:
    catalogue = provider._catalogue
    model = catalogue.provider("google").default_model
    request = ImageRequest(prompt="a cat", provider="google", model=model, image_size=size)
    key = Credentials(Key("canary-key-0123456789"))
    return await provider.generate(request, catalogue.model("google", model), key, on_progress=on_progress)


def in_turn(*answers: httpx.Response | Exception) -> Handler:
    left = iter(answers)

    def handler(_: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


def busy(status: int = 503, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = {"message": "busy"} | ({"status": "INTERNAL"} if status == 500 else {})
    return httpx.Response(status, json={"error": error}, headers=named)


async def test_a_refusal_that_passes_ends_in_a_picture(catalogue: Catalogue) -> None:
    pauses, reported = Pauses(), []
    handler = in_turn(busy(429, retry_after="7"), busy(), with_picture())
    answer = await call(provider_of(catalogue, handler, pace=pauses.pace), reported.append)
    assert len(answer.result.pictures) == 1
    assert answer.attempts == 3
    assert pauses.seconds == [7.0, 4.0]
    retrying = [progress for progress in reported if progress.phase is Phase.RETRYING]
    assert [progress.attempt for progress in retrying] == [2, 3]
    assert all(progress.retry_at is not None for progress in retrying)
    assert [progress.attempt for progress in reported if progress.phase is Phase.WAITING] == [1, 2, 3]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_refusal_that_stays_is_told_after_four_tries(catalogue: Catalogue, status: int) -> None:
    recording, pauses = Recording(lambda: busy(status)), Pauses()
    with pytest.raises(ProviderError) as caught:
        await call(provider_of(catalogue, recording, pace=pauses.pace))
    assert (caught.value.http_status, caught.value.said, caught.value.attempts) == (status, "busy", 4)
    assert len(recording.requests) == 4
    assert len({request.content for request in recording.requests}) == 1
    assert pauses.seconds == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 413, 502, 504, 520, 524])
async def test_other_statuses_are_told_at_once(catalogue: Catalogue, status: int) -> None:
    recording, pauses = Recording(lambda: busy(status)), Pauses()
    with pytest.raises(ProviderError) as caught:
        await call(provider_of(catalogue, recording, pace=pauses.pace))
    assert (len(recording.requests), pauses.seconds, caught.value.attempts) == (1, [], 1)


async def test_a_200_that_wraps_a_refusal_is_not_repeated(catalogue: Catalogue) -> None:
    """Resellers bill by the call: for them a 200 is one."""
    recording = Recording(lambda: httpx.Response(200, json={"error": {"code": 429, "message": "busy"}}))
    with pytest.raises(ProviderError):
        await call(provider_of(catalogue, recording))
    assert len(recording.requests) == 1


async def test_a_picture_that_did_not_come_is_not_asked_for_again(catalogue: Catalogue) -> None:
    silent = {"candidates": [{"content": {}, "finishReason": "NO_IMAGE"}]}
    recording = Recording(lambda: httpx.Response(200, json=silent))
    assert (await call(provider_of(catalogue, recording))).result.pictures == ()
    assert len(recording.requests) == 1


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pace = Pace(clock=lambda: self.now, sleep=self._sleep, chance=lambda: 0.5)

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_all_tries_share_one_deadline(catalogue: Catalogue) -> None:
    clock = Clock()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.now += 200.0
        return busy(429, retry_after="60")

    recording: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        recording.append(request)
        return slow(request)

    with pytest.raises(ProviderError):
        await call(provider_of(catalogue, handler, pace=clock.pace))
    # 200 + 60.5 + 200 leave less than another minute of the 480 seconds.
    assert WRITE_SECONDS + READ_SECONDS == 480
    assert len(recording) == 2


async def test_a_wait_is_over_at_once_when_it_is_cancelled(catalogue: Catalogue) -> None:
    waiting = asyncio.Event()

    async def for_ever(_: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    recording = Recording(busy)
    task = asyncio.create_task(call(provider_of(catalogue, recording, pace=Pace(sleep=for_ever))))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(recording.requests) == 1


async def test_a_key_that_a_refusal_repeats_is_masked_after_each_try(catalogue: Catalogue) -> None:
    answer = {"error": {"message": "bad canary-key-0123456789"}}
    recording = Recording(lambda: httpx.Response(503, json=answer))
    with pytest.raises(PlaygroundError) as caught:
        await call(provider_of(catalogue, recording))
    assert "canary" not in repr([caught.value, caught.value.__context__, caught.value.__cause__])


def test_the_default_pace_is_the_real_one() -> None:
    pace = Pace()
    chances: Iterator[Any] = (pace.chance() for _ in range(100))
    assert all(0 <= chance <= 1 for chance in chances)
    assert pace.sleep is asyncio.sleep
