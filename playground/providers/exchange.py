"""One HTTP request out and its response in, piece by piece, with timeouts and progress.

Nothing here knows what the bytes mean, and nothing is ever sent twice. What goes wrong comes as our errors,
whose texts hold no address and no header.

| timeout | seconds | what ends |
|---|---|---|
| connect | 15 | opening the connection; nothing has been sent yet |
| write | the caller's | a body of which no further piece could be sent |
| read | the caller's | silence before the response or inside it |
| all of it | write + read | a gateway that drips a byte now and then would otherwise hold on for ever |
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

import httpx

from playground.errors import Billed, TransferBroken, UnreadableAnswer
from playground.providers.decoding import Feed
from playground.providers.failures import from_transport
from playground.providers.progress import OnProgress, Phase, Progress, ignore_progress
from playground.providers.unpacking import Unpacker
from playground.wire.text import plain_text

CONNECT_SECONDS: Final = 15.0
MAX_ERROR_BYTES: Final = 1024 * 1024
"""How much is kept of a body that is no answer: enough for any error there is."""

_PROGRESS_SECONDS = 0.2
_USER = re.compile(r"//[^/]*@")
_BEHIND_PATH = re.compile(r"[?#]")
_YIELD_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Timeouts:
    """How long a piece of the body may take in each direction, in seconds.

    `whole` is for all of the exchange, where that may take longer than one piece each way.
    """

    write: float
    read: float
    whole: float | None = None


@dataclass(frozen=True)
class RawResponse:
    """How the response began, and for anything but a success the first `MAX_ERROR_BYTES` of its body."""

    status: int
    headers: httpx.Headers
    content: bytes = b""


class Body(Protocol):
    """What is sent: its length is known before its first byte."""

    @property
    def length(self) -> int: ...

    def chunks(self) -> Generator[bytes, None, None]: ...


class Upload:
    """The content of a request, made before the exchange begins; sent once."""

    def __init__(self, body: Body) -> None:
        self.length = body.length
        self._chunks = body.chunks()
        self._watch: _Watch | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        sent = since = 0
        for chunk in self._chunks:
            self._report(sent)
            yield chunk
            sent += len(chunk)
            since += len(chunk)
            if since >= _YIELD_BYTES:  # a socket that takes everything would never let others in
                since = 0
                await asyncio.sleep(0)
        if self._watch:
            self._watch.all_sent()

    def _report(self, sent: int) -> None:
        if self._watch:
            self._watch.chunk_sent(sent, self.length)

    def watched_by(self, watch: _Watch) -> None:
        """From now on, what is sent is reported."""
        self._watch = watch

    def close(self) -> None:
        """Closes the file that is being sent, when nobody wants the rest."""
        self._chunks.close()


async def exchange(
    client: httpx.AsyncClient,
    request: httpx.Request,
    timeouts: Timeouts,
    *,
    upload: Upload | None = None,
    receive: Callable[[bytes], None] | None = None,
    max_bytes: int = MAX_ERROR_BYTES,
    on_progress: OnProgress = ignore_progress,
) -> RawResponse:
    """Sends `request` and takes its whole response.

    Args:
        upload: the content of `request`, if it has any.
        receive: gets the body of a success (2xx) in pieces, unpacked; without it, it is kept as an error is.
        max_bytes: how much `receive` gets at most.

    Raises:
        CannotConnect, TransferBroken, UnreadableAnswer: what happened on the way.
        PlaygroundError, OSError: what making the body or receiving the answer raised.
    """
    watch = _Watch(timeouts, on_progress)
    if upload:
        upload.watched_by(watch)
    try:
        async with asyncio.timeout(timeouts.whole or timeouts.write + timeouts.read), watch.silence:
            watch.expect(timeouts.read)
            return await _send(client, request, watch, receive, max_bytes)
    except TimeoutError:
        code = "upload_stopped" if watch.is_sending else "timed_out"
        raise TransferBroken(code, host=request.url.host) from None
    except httpx.TransportError as error:
        raise from_transport(
            error, request.url.host, is_sending=watch.is_sending, received=watch.received
        ) from None
    finally:
        watch.is_over = True
        if upload:
            upload.close()


async def _send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    watch: _Watch,
    receive: Callable[[bytes], None] | None,
    max_bytes: int,
) -> RawResponse:
    if client.is_closed:  # at the end of the process; httpx would say it by a RuntimeError
        raise httpx.ConnectError("closed")
    response = await client.send(request, stream=True)
    async with aclosing(response):
        if response.is_success and receive is not None:
            await _receive_all(response, watch, receive, max_bytes)
            return RawResponse(response.status_code, response.headers)
        return RawResponse(response.status_code, response.headers, await _beginning(response, watch))


async def _receive_all(
    response: httpx.Response, watch: _Watch, receive: Callable[[bytes], None], max_bytes: int
) -> None:
    unpacked = 0
    feed = Feed(receive)
    async for piece in _pieces(response, watch):
        unpacked += len(piece)
        if unpacked > max_bytes:
            raise UnreadableAnswer("answer_too_large", limit=max_bytes)
        await feed.whole(piece)


async def _beginning(response: httpx.Response, watch: _Watch) -> bytes:
    """The body as far as it can be read: of an error, half a reason is better than none."""
    content = bytearray()
    try:
        async for piece in _pieces(response, watch):
            content += piece
            if len(content) >= MAX_ERROR_BYTES:
                break
    except (httpx.TransportError, UnreadableAnswer):
        if response.is_success:
            raise
    return bytes(content[:MAX_ERROR_BYTES])


async def refuse_redirect(response: httpx.Response) -> None:
    """For the `response` hooks of a client: httpx takes an address that it cannot read for a lost answer.

    Raises:
        UnreadableAnswer: "redirected", with the new address.
    """
    if response.has_redirect_location:
        raise UnreadableAnswer(
            "redirected",
            billed=Billed.NO,
            http_status=response.status_code,
            host=response.request.url.host,
            address=named_address(response.request.url, response.headers["location"]),
        )


def named_address(base: httpx.URL, location: str) -> str:
    """An address that an answer names, without what may be secret in it: user, query and fragment."""
    try:
        url = base.join(location)
    except httpx.InvalidURL:
        return plain_text(_USER.sub("//", _BEHIND_PATH.split(location)[0]), 300)
    # The path is unquoted here, so that a key in it can be recognised.
    return plain_text(f"{url.scheme}://{url.netloc.decode()}{url.path}", 300)


async def _pieces(response: httpx.Response, watch: _Watch) -> AsyncIterator[bytes]:
    """The body, unpacked here in pieces of bounded size: httpx would unpack a bomb at once."""
    unpacker = Unpacker(response.headers.get("content-encoding", ""))
    length = response.headers.get("content-length", "")
    total = int(length) if length.isascii() and length.isdigit() else None
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous client answers with an asynchronous body")
    try:
        async for chunk in response.stream:
            watch.chunk_received(len(chunk), total)
            for piece in unpacker.feed(chunk):
                yield piece
    except httpx.TransportError:
        for piece in unpacker.finish():
            yield piece
        raise
    for piece in unpacker.finish():
        yield piece


class _Watch:
    """Looks at one exchange: how far it has come, and whether something still happens in time."""

    def __init__(self, timeouts: Timeouts, on_progress: OnProgress) -> None:
        self.timeouts = timeouts
        self.silence = asyncio.timeout(None)
        self.received = 0
        self.is_over = False
        self._on_progress = on_progress
        self._phase: Phase | None = None
        self._reported = 0.0

    @property
    def is_sending(self) -> bool:
        return self._phase is Phase.SENDING

    def expect(self, seconds: float) -> None:
        """From now on, something has to happen within `seconds`."""
        if not self.is_over:  # a response may come, and end it all, before the body is out
            self.silence.reschedule(asyncio.get_running_loop().time() + seconds)

    def chunk_sent(self, sent: int, total: int) -> None:
        self.report(Phase.SENDING, sent, total)
        self.expect(self.timeouts.write)

    def all_sent(self) -> None:
        self.expect(self.timeouts.read)
        self.report(Phase.WAITING)

    def chunk_received(self, size: int, total: int | None) -> None:
        self.received += size
        self.expect(self.timeouts.read)
        self.report(Phase.RECEIVING, self.received, total)

    def report(self, phase: Phase, done: int = 0, total: int | None = None) -> None:
        now = time.monotonic()
        if phase is not self._phase or now - self._reported >= _PROGRESS_SECONDS:
            self._phase, self._reported = phase, now
            self._on_progress(Progress(phase, done, total))
