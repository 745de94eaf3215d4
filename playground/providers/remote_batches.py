"""Google's Batch API at one address: requests in as a file, a batch made of it, its answers out line by line.

Only `create` can cost anything, and is sent once; whether it was heard when its answer is lost is told by
`find`. Everything else is free and may be asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from playground import wire
from playground.catalogue import ModelRow
from playground.errors import ProviderError, ProviderRefused, UnreadableAnswer
from playground.providers.client import READ_SECONDS, WRITE_SECONDS, Provider
from playground.providers.destinations import Destination
from playground.providers.exchange import RawResponse, Timeouts
from playground.request import ImageRequest
from playground.result import ImageResult
from playground.wire import RemoteBatch

MAX_INPUT_BYTES: Final = 2_000_000_000
"""Of one file of requests (ai.google.dev/gemini-api/docs/batch-api: 2 GB)."""
_MAX_ANSWERS_BYTES: Final = 64 << 30
_MAX_PAGES: Final = 20
_PAGE: Final = 100
_ASKED = Timeouts(WRITE_SECONDS, READ_SECONDS)
_MOVED = Timeouts(WRITE_SECONDS, READ_SECONDS, whole=6 * 3600.0)
"""For files: as long as something moves."""

Brought = ImageResult | ProviderError
Take = Callable[[str, int, Brought], Awaitable[None]]
"""Gets each answer: the key of its request, "" where it has none, its place from 0, and what it brought."""


@dataclass(frozen=True)
class RemoteBatches:
    """The batches of one account.

    Attributes:
        staging: where pictures arrive as temporary files; None keeps them in memory.
        visitor: who it is for, see `Provider.generate`.

    Every method raises InvalidRequest for an address that is none, and ProviderError.
    """

    provider: Provider
    destination: Destination
    staging: Path | None = None
    visitor: str = ""

    async def upload(self, rows: Iterable[tuple[str, ImageRequest]], model: ModelRow, called: str) -> str:
        """The name of the file that the requests have become, each under its key.

        Raises:
            UnusablePicture: a picture is gone or no longer the one prepared.
        """
        body = wire.batch_input((key, wire.request_body(request, model)) for key, request in rows)
        if body.length > MAX_INPUT_BYTES:
            raise ProviderRefused("too_large")
        headers, start = wire.upload_start(called, body.length)
        begun = await self._ask(
            "POST",
            wire.upload_path(self.destination.base_url),
            body=wire.RequestBody((start,), ()),
            headers=headers,
        )
        place = urlsplit(begun.headers.get(wire.UPLOAD_URL, ""))
        if not place.path:
            raise UnreadableAnswer("unreadable_answer")
        # Nothing is sent, the key least of all, to a host that nobody chose.
        own = urlsplit(self.destination.base_url)
        url = urlunsplit((own.scheme, own.netloc, place.path, place.query, ""))
        ended = await self._ask("POST", url, body=body, headers=wire.upload_whole(), timeouts=_MOVED)
        return wire.read_file_name(ended.content)

    async def create(self, model_id: str, file: str, called: str) -> RemoteBatch:
        """A new batch of an uploaded file. Sent once: nothing keeps a second one from being another batch."""
        url = wire.model_path(self.destination.base_url, model_id, wire.BATCH_METHOD)
        body = wire.RequestBody((wire.batch_creation(called, file),), ())
        return wire.read_batch((await self._ask("POST", url, body=body)).content)

    async def find(self, called: str) -> RemoteBatch | None:
        """The newest batch of that display name; None where none is listed."""
        token, url = "", wire.batch_path(self.destination.base_url)
        for _ in range(_MAX_PAGES):
            query = {"pageSize": str(_PAGE)} | ({"pageToken": token} if token else {})
            answer = await self._ask("GET", url, query=query)
            batches, token = wire.read_batches(answer.content)
            found = next((one for one in batches if one.display_name == called), None)
            if found is not None or not token:
                return found
        return None

    async def get(self, name: str) -> RemoteBatch:
        """How a batch stands."""
        return wire.read_batch((await self._ask("GET", self._path(name))).content)

    async def cancel(self, name: str) -> None:
        """Asks for its end; what was answered by then may be billed."""
        await self._ask("POST", self._path(name, "cancel"), body=wire.RequestBody((b"{}",), ()))

    async def remove(self, name: str) -> None:
        """Removes a file or a batch; one that is gone is removed."""
        try:
            await self._ask("DELETE", self._path(name))
        except ProviderRefused as error:
            if error.http_status not in (403, 404):  # Google says 403 of files that are gone
                raise

    async def answers(self, file: str, take: Take) -> None:
        """Hands over the answers in a file, each as soon as it has come whole; those that came before the
        file broke off, too. The temporary files of their pictures are then `take`'s."""
        lines: asyncio.Queue[wire.AnswerLine | None] = asyncio.Queue()
        taking = asyncio.create_task(self._take(lines, take))

        def on_line(line: wire.AnswerLine) -> None:
            if taking.done():  # it has failed: nobody takes any more
                line.abandon()
            else:
                lines.put_nowait(line)

        reading = wire.AnswerLines(self.staging, on_line)
        try:
            url = self._path(file, "download")
            await self._ask("GET", url, query={"alt": "media"}, timeouts=_MOVED, receive=reading.feed)
            reading.close()
        finally:
            reading.abandon()
            lines.put_nowait(None)
            await asyncio.wait([taking])
        await taking  # raises what kept it from taking all

    async def _take(self, lines: asyncio.Queue[wire.AnswerLine | None], take: Take) -> None:
        try:
            while (line := await lines.get()) is not None:
                key, brought = await asyncio.to_thread(self._read, line)
                await take(key, line.number, brought)
        finally:
            while not lines.empty():
                if (left := lines.get_nowait()) is not None:
                    left.abandon()

    def _read(self, line: wire.AnswerLine) -> tuple[str, Brought]:
        """An answer without the key, which a gateway may have repeated anywhere in it."""
        key, brought = line.read()
        if isinstance(brought, ProviderError):
            return key, self.destination.named(brought)
        return key, self.destination.without_key(brought)

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        body: wire.RequestBody | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        query: Mapping[str, str] = MappingProxyType({}),
        timeouts: Timeouts = _ASKED,
        receive: Callable[[bytes], None] | None = None,
    ) -> RawResponse:
        return await self.provider.ask(
            self.destination,
            method,
            url,
            body=body,
            headers=headers,
            query=query,
            timeouts=timeouts,
            receive=receive,
            max_bytes=_MAX_ANSWERS_BYTES,
            visitor=self.visitor,
        )

    def _path(self, name: str, method: str = "") -> str:
        return wire.batch_path(self.destination.base_url, name, method)
