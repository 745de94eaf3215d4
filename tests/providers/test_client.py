"""One call: every way it can fail is an error of ours, and the key is in none of them."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import struct
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.errors import (
    Billed,
    CannotConnect,
    ConfigurationError,
    InvalidRequest,
    PlaygroundError,
    ProviderError,
    ProviderRefused,
    TransferBroken,
    UnreadableAnswer,
)
from playground.providers import client as provider_module
from playground.providers.client import Answer, Provider
from playground.providers.credentials import Credentials, Key, install_log_redaction
from playground.request import ImageRequest
from tests.mocked import Handler, Recording, provider_of, with_picture

CANARY = "canary+key/0123456789"
AUTHENTICATED = {"google": "x-goog-api-key", "gateway": "query", "uniall": "bearer"}
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def call(caller: Provider, base_url: str | None = None, provider: str = "google") -> Answer:
    catalogue = caller._catalogue
    model = catalogue.provider(provider).default_model
    request = ImageRequest(prompt="a cat", provider=provider, model=model)
    row = catalogue.model(provider, model)
    address = base_url or ("https://reseller.example" if provider in ("gateway", "uniall") else None)
    return await caller.generate(request, row, Credentials(Key(CANARY), address))


async def failure(caller: Provider, *args: Any) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        await call(caller, *args)
    return caught.value


@asynccontextmanager
async def raw_server(script: Script) -> AsyncIterator[str]:
    """A server that reads one whole request and then does what `script` says with the connection."""
    done = asyncio.Queue[None]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        await script(reader, writer)
        writer.close()
        done.put_nowait(None)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await done.get()
        assert done.empty(), "the request was sent more than once"


@pytest.fixture
async def caller(catalogue: Catalogue) -> AsyncIterator[Provider]:
    """A provider on real sockets."""
    provider = Provider(catalogue)
    yield provider
    await provider.aclose()


# ── what arrives ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_brings_its_picture_and_its_time(catalogue: Catalogue) -> None:
    answer = await call(provider_of(catalogue, Recording()))
    assert len(answer.result.pictures) == 1
    assert answer.result.text == "Here it is."
    assert 0 <= answer.seconds < 60


# ── before anything is sent ─────────────────────────────────────────────────────────────────────────────────


async def test_nothing_listens_there(caller: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    error = await failure(caller, address)
    assert isinstance(error, CannotConnect)
    assert (error.code, error.facts["host"], error.billed) == ("cannot_connect", "127.0.0.1", Billed.NO)


async def test_there_is_no_such_name(caller: Provider) -> None:
    error = await failure(caller, "http://nosuch.example")
    assert isinstance(error, CannotConnect)
    assert (error.code, error.facts["host"]) == ("name_not_found", "nosuch.example")


async def test_a_plain_server_behind_https_is_a_tls_failure(caller: Provider) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        error = await failure(caller, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert isinstance(error, CannotConnect)
    assert error.code == "tls_failed"


def raising(error: Exception) -> tuple[Handler, list[httpx.Request]]:
    """A handler that always fails, and the requests it saw."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise error

    return handler, seen


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ConnectError("refused"), "cannot_connect"),
        (caused(httpx.ConnectError(""), socket.gaierror(-2, "unknown")), "name_not_found"),
        (httpx.ProxyError("502 Bad Gateway"), "cannot_connect"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "tls_failed"),
        (httpx.ConnectTimeout("late"), "connect_timed_out"),
        (httpx.PoolTimeout("full"), "connect_timed_out"),
    ],
)
async def test_connecting_is_tried_again_because_nothing_was_sent(
    catalogue: Catalogue, error: Exception, code: str
) -> None:
    handler, seen = raising(error)
    told = await failure(provider_of(catalogue, handler))
    assert isinstance(told, CannotConnect)
    assert told.code == code
    assert len(seen) == 3
    assert told.attempts == 3


@pytest.mark.parametrize("base_url", ["https://xn--a", "http://１.2", "https://" + "a" * 64 + ".test"])
async def test_a_host_that_no_look_up_takes_is_a_wrong_address(catalogue: Catalogue, base_url: str) -> None:
    handler, _ = raising(httpx.ConnectError("refused"))
    assert (await failure(provider_of(catalogue, handler), base_url)).code in (
        "base_url_invalid",
        "cannot_connect",
    )


async def test_an_answer_that_drips_for_ever_ends(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_module, "WRITE_SECONDS", 0.05)
    monkeypatch.setattr(provider_module, "READ_SECONDS", 0.05)

    async def drip(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    told = await failure(provider_of(catalogue, drip))
    assert (type(told), told.code) == (TransferBroken, "timed_out")


async def test_a_key_that_a_good_answer_repeats_is_masked(catalogue: Catalogue) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        parts = [{"text": f"Your key is {CANARY}."}]
        candidate = {"content": {"parts": parts}, "finishReason": "STOP", "finishMessage": CANARY}
        return httpx.Response(200, json={"candidates": [candidate]})

    answer = await call(provider_of(catalogue, handler))
    assert answer.result.text == "Your key is ***."
    assert CANARY not in repr(answer)
    assert CANARY not in str(answer.result.raw)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_this_machine_is_not_asked_twice(catalogue: Catalogue, host: str) -> None:
    handler, seen = raising(httpx.ConnectError("refused"))
    await failure(provider_of(catalogue, handler), f"http://{host}:9")
    assert len(seen) == 1


async def test_a_second_try_may_connect(catalogue: Catalogue) -> None:
    tries = iter([httpx.ConnectError("refused"), None])

    def handler(request: httpx.Request) -> httpx.Response:
        if error := next(tries):
            raise error
        return with_picture()

    assert (await call(provider_of(catalogue, handler))).result.pictures


# ── after something was sent: never again on our own ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (httpx.ReadTimeout("late"), "timed_out"),
        (httpx.WriteTimeout("slow"), "upload_stopped"),
        (httpx.WriteError("broken pipe"), "upload_stopped"),
        (httpx.ReadError("reset"), "cut_off"),
        (httpx.RemoteProtocolError("incomplete"), "cut_off"),
    ],
)
async def test_what_may_have_been_billed_is_not_repeated(
    catalogue: Catalogue, error: Exception, code: str
) -> None:
    handler, seen = raising(error)
    told = await failure(provider_of(catalogue, handler))
    assert isinstance(told, TransferBroken)
    assert (told.code, told.billed) == (code, Billed.MAYBE)
    assert len(seen) == 1


async def test_silence_ends_at_the_deadline(caller: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_module, "READ_SECONDS", 0.05)

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side hangs up

    async with raw_server(silent) as base_url:
        error = await failure(caller, base_url)
    assert (type(error), error.code) == (TransferBroken, "timed_out")


def reset(writer: asyncio.StreamWriter) -> None:
    """Makes closing the connection a reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


BROKEN = {
    "nothing at all": b"",
    "half a status line": b"HTTP/1.1 2",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Type: appl",
    "one byte of the body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
    "half the body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500,
    "a chunk without its end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    "a chunk with a bad size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
}


@pytest.mark.parametrize("how", [lambda _: None, reset], ids=["closed", "reset"])
@pytest.mark.parametrize("part", BROKEN)
async def test_an_answer_that_breaks_off_is_told_as_such(
    caller: Provider, part: str, how: Callable[[asyncio.StreamWriter], None]
) -> None:
    async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(BROKEN[part])
        await writer.drain()
        how(writer)

    async with raw_server(break_off) as base_url:
        error = await failure(caller, base_url)
    assert (type(error), error.code) == (TransferBroken, "cut_off")


# ── answers that are none ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(catalogue: Catalogue, status: int) -> None:
    elsewhere = {"location": "https://elsewhere.example/"}
    recording = Recording(lambda: httpx.Response(status, headers=elsewhere))
    error = await failure(provider_of(catalogue, recording))
    assert isinstance(error, UnreadableAnswer)
    assert (error.code, error.facts["host"]) == ("redirected", "generativelanguage.googleapis.com")
    assert len(recording.requests) == 1


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
async def test_an_answer_without_end_is_stopped(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(provider_module, "MAX_ANSWER_BYTES", 10_000)
    data = bytes(10_001)
    headers = {"content-encoding": "gzip"} if packed else {}
    content = gzip.compress(data) if packed else data
    error = await failure(
        provider_of(catalogue, lambda _: httpx.Response(200, headers=headers, content=content))
    )
    assert isinstance(error, UnreadableAnswer)
    assert (error.code, error.facts["limit"]) == ("answer_too_large", "10000")


async def test_an_answer_that_claims_to_be_packed_is_unreadable(catalogue: Catalogue) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"no gzip"

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, content=body())

    error = await failure(provider_of(catalogue, answer))
    assert (type(error), error.code) == (UnreadableAnswer, "unreadable_answer")


async def test_a_200_with_an_error_inside_is_a_refusal(catalogue: Catalogue) -> None:
    inside = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Please retry in 7s."}}
    error = await failure(provider_of(catalogue, lambda _: httpx.Response(200, json=inside)))
    assert isinstance(error, ProviderRefused)
    assert (error.code, error.retry_after, error.said) == ("rate_limited", 7.0, "Please retry in 7s.")


# ── the key ─────────────────────────────────────────────────────────────────────────────────────────────────


def echo(status: int, content_type: str = "application/json", pad: int = 0) -> Handler:
    """Answers with everything it was sent, as careless gateways do; `pad` moves it to where texts are cut."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen = f"{request.url} {dict(request.headers)} {CANARY}"
        if content_type == "text/html":
            return httpx.Response(status, html=f"<html><title>{seen}</title><body>{seen}</body></html>")
        if content_type == "text/plain":
            return httpx.Response(status, text="x" * pad + CANARY * 3)
        return httpx.Response(status, json={"error": {"message": "x" * pad + seen, "status": CANARY}})

    return handler


FAILURES: dict[str, Handler] = {
    **{str(status): echo(status) for status in (200, 302, 400, 401, 403, 404, 429, 500, 503)},
    "page": echo(502, "text/html"),
    **{f"cut after {pad}": echo(400, "text/plain", pad) for pad in (280, 4078, 4086)},
    **{
        name: raising(error)[0]
        for name, error in {
            "connect": httpx.ConnectError(f"https://x.example/?key={CANARY}"),
            "read": httpx.ReadError(CANARY),
            "write": httpx.WriteError(CANARY),
            "protocol": httpx.RemoteProtocolError(f"Illegal header value b'Bearer {CANARY}'"),
            "timeout": httpx.ReadTimeout(CANARY),
        }.items()
    },
}


@pytest.fixture
def redacting() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    install_log_redaction()
    yield
    logging.setLogRecordFactory(before)


def assert_no_trace(text: str) -> None:
    assert CANARY not in text
    assert "canary%2Bkey%2F0123456789" not in text
    assert "canary+key" not in text  # half of it is too much as well


@pytest.mark.usefixtures("redacting")
@pytest.mark.parametrize("provider", sorted(AUTHENTICATED))
@pytest.mark.parametrize("kind", sorted(FAILURES))
async def test_the_key_is_in_no_error_and_no_log(
    catalogue: Catalogue, caplog: pytest.LogCaptureFixture, provider: str, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    error = await failure(provider_of(catalogue, FAILURES[kind]), None, provider)
    told = [str(error), repr(error), repr(error.args), *error.facts.values()]
    assert isinstance(error, ProviderError)
    told += [error.said, error.raw, *traceback.format_exception(error)]
    for text in told:
        assert_no_trace(text)
    assert_no_trace(caplog.text)


@pytest.mark.usefixtures("redacting")
@pytest.mark.parametrize("provider", sorted(AUTHENTICATED))
async def test_the_key_is_in_no_log_of_real_sockets(
    caller: Provider, caplog: pytest.LogCaptureFixture, provider: str
) -> None:
    caplog.set_level(logging.DEBUG)

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    async with raw_server(refuse) as base_url:
        error = await failure(caller, base_url, provider)
    assert error.code == "key_refused"
    assert "httpx" in {record.name for record in caplog.records}
    assert_no_trace(caplog.text)


OPERATORS = {"GEMINI_API_KEY": "operators-google", "GATEWAY_API_KEY": "operators-gateway"}


def keyless(provider: str, base_url: str | None) -> tuple[ImageRequest, Credentials]:
    model = "gemini-2.5-flash-image"
    return ImageRequest(prompt="a cat", provider=provider, model=model), Credentials(None, base_url)


async def generate(caller: Provider, catalogue: Catalogue, provider: str, base_url: str | None) -> Answer:
    request, credentials = keyless(provider, base_url)
    return await caller.generate(request, catalogue.model(provider, request.model), credentials)


async def test_the_operators_key_goes_to_the_operators_address(catalogue: Catalogue) -> None:
    recording = Recording()
    caller = provider_of(catalogue, recording, environment=OPERATORS)
    own = catalogue.provider("google").base_url
    for base_url in (None, "", own):
        await generate(caller, catalogue, "google", base_url)
    assert [request.headers["x-goog-api-key"] for request in recording.requests] == ["operators-google"] * 3


@pytest.mark.parametrize(
    "base_url",
    [
        "https://evil.example",
        "http://generativelanguage.googleapis.com",
        "https://generativelanguage.googleapis.com.evil.example",
        "https://generativelanguage.googleapis.com:444",
    ],
)
async def test_the_operators_key_goes_nowhere_else(catalogue: Catalogue, base_url: str) -> None:
    recording = Recording()
    caller = provider_of(catalogue, recording, environment=OPERATORS)
    for provider in ("google", "gateway"):
        with pytest.raises(InvalidRequest, match="key_missing"):
            await generate(caller, catalogue, provider, base_url)
        with pytest.raises(InvalidRequest, match="key_missing"):
            await caller.check(provider, Credentials(None, base_url))
    assert recording.requests == []


async def test_the_visitors_key_comes_before_the_operators(catalogue: Catalogue) -> None:
    recording = Recording()
    await call(provider_of(catalogue, recording, environment=OPERATORS))
    assert recording.requests[0].headers["x-goog-api-key"] == CANARY


def test_the_first_variable_that_holds_a_key_counts(catalogue: Catalogue) -> None:
    environment = {"GEMINI_API_KEY": " ", "GOOGLE_API_KEY": "second"}
    assert Provider(catalogue, environment=environment).has_key("google")
    assert not Provider(catalogue).has_key("google")
    assert Provider(catalogue).has_key("demo")
    # A key alone is not enough where nobody has said the address.
    assert not Provider(catalogue, environment=OPERATORS).has_key("gateway")


def test_a_variable_that_cannot_be_a_key_is_named_and_not_repeated(catalogue: Catalogue) -> None:
    with pytest.raises(ConfigurationError, match="GEMINI_API_KEY") as caught:
        Provider(catalogue, environment={"GEMINI_API_KEY": f"{CANARY} and more"})
    assert CANARY not in "".join(traceback.format_exception(caught.value))


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_where_settings_forbid_it_no_address_but_the_rows_is_called(catalogue: Catalogue) -> None:
    recording = Recording()
    caller = provider_of(catalogue, recording, visitor_base_url=False)
    for provider in ("google", "gateway"):
        error = await failure(caller, "https://evil.example", provider)
        assert (type(error), error.code) == (InvalidRequest, "base_url_not_allowed")
    assert recording.requests == []
    await call(caller, catalogue.provider("google").base_url)
    assert len(recording.requests) == 1


async def test_a_provider_without_an_address_asks_for_one(catalogue: Catalogue) -> None:
    caller = provider_of(catalogue, Recording())
    with pytest.raises(InvalidRequest, match="base_url_missing"):
        caller.require_address("gateway", Credentials(Key(CANARY)))
    with pytest.raises(InvalidRequest, match="base_url_invalid"):
        caller.require_address("gateway", Credentials(Key(CANARY), "ftp://x.example"))
    caller.require_address("gateway", Credentials(Key(CANARY), "https://x.example"))


# ── a free look ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_checking_asks_for_the_models_with_the_key(catalogue: Catalogue) -> None:
    recording = Recording(lambda: httpx.Response(200, json={"models": []}))
    report = await provider_of(catalogue, recording).check("google", Credentials(Key(CANARY)))
    (request,) = recording.requests
    assert report.code == "ok"
    assert (request.method, request.url.path, request.content) == ("GET", "/v1beta/models", b"")
    assert request.headers["x-goog-api-key"] == CANARY


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_an_address_without_a_list_still_answers(catalogue: Catalogue, status: int) -> None:
    caller = provider_of(catalogue, lambda _: httpx.Response(status, text="no"))
    assert (await caller.check("google", Credentials(Key(CANARY)))).code == "no_listing"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401, json={"error": {"message": "bad"}}), "key_refused"),
        (httpx.Response(200, html="<html><title>Welcome</title></html>"), "proxy_page"),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), "redirected"),
    ],
)
async def test_a_check_that_fails_says_why(catalogue: Catalogue, answer: httpx.Response, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await provider_of(catalogue, lambda _: answer).check("google", Credentials(Key(CANARY)))
    assert caught.value.code == code


async def test_the_demo_needs_no_key_and_is_sent_none(catalogue: Catalogue) -> None:
    recording = Recording(lambda: httpx.Response(200, json={"models": []}))
    await provider_of(catalogue, recording).check("demo", Credentials(Key(CANARY)))
    (request,) = recording.requests
    assert CANARY not in f"{request.url} {request.headers}"
