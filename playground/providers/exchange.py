"""One request out and its answer in, piece by piece, under deadlines.

Nothing here knows what the bytes mean, and nothing is ever sent twice. What goes wrong comes as our errors,
whose texts hold no address and no header.

| limit | seconds | what ends |
|---|---|---|
| connect | 15 | opening the connection; nothing has been sent yet |
| write | 180 | a body of which no further piece could be sent |
| read | the caller's | silence before the answer or inside it |
| all of it | write + read | a gateway that drips a byte now and then would otherwise hold on for ever |
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from playground.errors import CannotConnect, PlaygroundError, TransferBroken, UnreadableAnswer
from playground.providers.progress import Phase, Progress, Tell, unheard

CONNECT_SECONDS: Final = 15.0
MAX_ERROR_BYTES: Final = 1024 * 1024
"""How much of an answer is kept that is no picture: enough for any error there is."""

_TELL_SECONDS = 0.2
_YIELD_BYTES = 1024 * 1024
_LEAST_STEP = 8 * 1024
_QUICK_SECONDS = 0.001
_BUSY_SECONDS = 0.005
_GZIP = zlib.MAX_WBITS | 32  # gzip or zlib, whichever it is
_UNPACKED_BYTES = 256 * 1024


@dataclass(frozen=True)
class Limits:
    """How long each part may take, in seconds, and how many bytes an answer may have, unpacked."""

    write_seconds: float
    read_seconds: float
    max_answer_bytes: int


@dataclass(frozen=True)
class Reply:
    """How the answer began, and for anything but a 200 the first `MAX_ERROR_BYTES` of it."""

    status: int
    headers: httpx.Headers
    content: bytes = b""


class Transfer:
    """One exchange. Made for one request and used once."""

    def __init__(self, limits: Limits, tell: Tell = unheard) -> None:
        self._limits = limits
        self._tell = tell
        self._told = 0.0
        self._phase: Phase | None = None
        self._received = 0
        self._expected: int | None = None
        self._silence = asyncio.timeout(None)
        self._is_over = False
        self._chunks: Generator[bytes, None, None] | None = None

    async def run(
        self,
        client: httpx.AsyncClient,
        request: httpx.Request,
        take: Callable[[bytes], None] | None = None,
    ) -> Reply:
        """Sends `request`, whose content is `sending` if it has any; a 200's body goes to `take` in pieces.

        Raises:
            CannotConnect, TransferBroken, UnreadableAnswer: what happened on the way.
            PlaygroundError, OSError: what making the body or taking the answer raised.
        """
        host = request.url.host
        try:
            async with asyncio.timeout(self._limits.write_seconds + self._limits.read_seconds):
                async with self._silence:
                    self._expect(self._limits.read_seconds)
                    return await self._exchange(client, request, take)
        except TimeoutError:
            code = "upload_stopped" if self._phase is Phase.SENDING else "timed_out"
            raise TransferBroken(code, host=host) from None
        except httpx.TransportError as error:
            raise self._failure(error, host) from None
        finally:
            self._is_over = True
            if self._chunks is not None:  # the file that is being sent, when nobody wants the rest
                self._chunks.close()

    async def _exchange(
        self, client: httpx.AsyncClient, request: httpx.Request, take: Callable[[bytes], None] | None
    ) -> Reply:
        response = await client.send(request, stream=True)
        try:
            if response.is_redirect:
                raise UnreadableAnswer("redirected", http_status=response.status_code, host=request.url.host)
            if response.status_code == 200 and take is not None:
                await self._receive(response, take)
                return Reply(200, response.headers)
            return Reply(response.status_code, response.headers, await self._beginning(response))
        finally:
            await response.aclose()

    # ── out ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def sending(self, chunks: Generator[bytes, None, None], length: int) -> AsyncIterator[bytes]:
        """The content for the request: `chunks`, `length` bytes in all, told and timed as they go."""
        self._chunks = chunks
        sent = since = 0
        self._say(Phase.SENDING, 0, length)
        for chunk in chunks:
            self._expect(self._limits.write_seconds)
            yield chunk
            sent += len(chunk)
            self._say(Phase.SENDING, sent, length)
            since += len(chunk)
            if since >= _YIELD_BYTES:  # a socket that takes everything would never let others in
                since = 0
                await asyncio.sleep(0)
        self._expect(self._limits.read_seconds)
        self._say(Phase.WAITING)

    # ── in ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _receive(self, response: httpx.Response, take: Callable[[bytes], None]) -> None:
        length = response.headers.get("content-length", "")
        self._expected = int(length) if length.isascii() and length.isdigit() else None
        unpacked = 0
        taken = _Taken(take)
        async for piece in self._pieces(response):
            unpacked += len(piece)
            if unpacked > self._limits.max_answer_bytes:
                raise UnreadableAnswer("answer_too_large", limit=self._limits.max_answer_bytes)
            await taken.whole(piece)

    async def _beginning(self, response: httpx.Response) -> bytes:
        content = bytearray()
        async for piece in self._pieces(response):
            content += piece
            if len(content) >= MAX_ERROR_BYTES:
                break
        return bytes(content[:MAX_ERROR_BYTES])

    async def _pieces(self, response: httpx.Response) -> AsyncIterator[bytes]:
        unpack = _unpacker(response.headers.get("content-encoding", ""))
        stream = response.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise TypeError("an asynchronous client answers with an asynchronous body")
        async for chunk in stream:
            self._received += len(chunk)
            self._expect(self._limits.read_seconds)
            self._say(Phase.RECEIVING, self._received, self._expected)
            for piece in unpack(chunk):
                yield piece

    # ── time ────────────────────────────────────────────────────────────────────────────────────────────────

    def _expect(self, seconds: float) -> None:
        """From now on, something has to happen within `seconds`."""
        if self._is_over:  # an answer may come, and end it all, before the body is out
            return
        self._silence.reschedule(asyncio.get_running_loop().time() + seconds)

    def _say(self, phase: Phase, done: int = 0, total: int | None = None) -> None:
        now = time.monotonic()
        if phase is not self._phase or now - self._told >= _TELL_SECONDS:
            self._phase, self._told = phase, now
            self._tell(Progress(phase, done, total))

    # ── what went wrong ─────────────────────────────────────────────────────────────────────────────────────

    def _failure(self, error: httpx.TransportError, host: str) -> PlaygroundError:
        """Our error for httpx's. Its text may hold the URL or a header, so none of it is passed on."""
        cause = _ours(error)
        if cause is not None:
            return cause
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return CannotConnect("connect_timed_out", host=host)
        if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
            return CannotConnect(_connect_code(error), host=host)
        if isinstance(error, httpx.WriteTimeout | httpx.WriteError) or self._phase is Phase.SENDING:
            return TransferBroken("upload_stopped", host=host)
        if isinstance(error, httpx.ReadTimeout):
            return TransferBroken("timed_out", host=host)
        if self._received:
            return TransferBroken("cut_off", host=host, received=self._received)
        return TransferBroken("cut_off", host=host)


class _Taken:
    """Hands pieces on in steps of a few milliseconds, and lets others in between.

    Pictures are taken in by the megabyte. What is slow to read, a bomb or a million tiny objects, comes in
    ever smaller steps.
    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._step = _LEAST_STEP
        self._let_in = time.monotonic()

    async def whole(self, piece: bytes) -> None:
        at = 0
        while at < len(piece):
            end = at + self._step
            began = time.monotonic()
            self._take(piece if at == 0 and end >= len(piece) else piece[at:end])
            now = time.monotonic()
            is_quick = now - began < _QUICK_SECONDS
            self._step = min(self._step * 2, _YIELD_BYTES) if is_quick else max(self._step // 2, _LEAST_STEP)
            if now - self._let_in >= _BUSY_SECONDS:
                await asyncio.sleep(0)
                self._let_in = time.monotonic()
            at = end


def _unpacker(encoding: str) -> Callable[[bytes], Iterable[bytes]]:
    """Undoes a content encoding in pieces of bounded size, so that a small bomb stays small."""
    if encoding.strip().lower() in ("", "identity"):
        return lambda chunk: (chunk,)
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise UnreadableAnswer("unreadable_answer")
    decompress = zlib.decompressobj(_GZIP)

    def unpack(chunk: bytes) -> Iterable[bytes]:
        piece = b""
        while chunk or len(piece) == _UNPACKED_BYTES:
            try:
                piece = decompress.decompress(chunk, _UNPACKED_BYTES)
            except zlib.error:
                raise UnreadableAnswer("unreadable_answer") from None
            if piece:
                yield piece
            chunk = decompress.unconsumed_tail

    return unpack


def _ours(error: BaseException) -> PlaygroundError | None:
    """The error of ours that a transport wrapped: what making the body raised."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PlaygroundError):
            return cause
        cause = cause.__cause__
    return None


def _connect_code(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls_failed"
        if isinstance(cause, OSError) and cause.__class__.__name__ == "gaierror":
            return "name_not_found"
        cause = cause.__cause__ or cause.__context__
    text = str(error).lower()
    if "ssl" in text or "certificate" in text or "tls" in text:
        return "tls_failed"
    if "name or service not known" in text or "nodename" in text or "name resolution" in text:
        return "name_not_found"
    return "cannot_connect"
