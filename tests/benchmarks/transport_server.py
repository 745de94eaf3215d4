"""The other end: a loopback server in a process of its own that costs as little as possible.

`python -m tests.benchmarks.transport_server FOLDER CASE=DELAY ...` prints its port. The last path segment of
a POST names the case, e.g. `/v1beta/models/receive_1x30:generateContent`; its answer was built beforehand.
Request bodies are read and thrown away, except those for `check`: the answer to these lists what they held.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.transport_cases import CHECK
from tests.benchmarks.transport_samples import answer_body, png, sha256

_SLICE = 256 * 1024
_TARGET = re.compile(rb"POST \S*/models/([^/:?\s]+):\w+")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


class Answers:
    """What the server says to whom, and how long it takes."""

    def __init__(self, folder: Path, delays: Mapping[str, float]) -> None:
        self._bodies = {path.stem: path.read_bytes() for path in (folder / "answers").glob("*.json")}
        self._delays = delays
        self.scratch = memoryview(bytearray(_SLICE))

    def delay(self, case: str) -> float:
        return self._delays.get(case, 0.0)

    def body(self, case: str, received: bytes) -> bytes | None:
        """The answer, or None for a case that nobody knows."""
        return _listing(received) if case == CHECK else self._bodies.get(case)


def _listing(received: bytes) -> bytes:
    """An answer whose words are the digests of the pictures that came, in order."""
    body: dict[str, Any] = json.loads(received)
    found = [part.get("inlineData") or part.get("inline_data") for part in body["contents"][0]["parts"]]
    digests = [
        sha256(base64.urlsafe_b64decode(blob["data"].replace("+", "-").replace("/", "_")))
        for blob in found
        if blob
    ]
    return answer_body(" ".join(digests), [png("listing", 1_000)])


class Connection(asyncio.BufferedProtocol):
    """One connection; requests on it come one after another."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._head = b""
        self._case = ""
        self._left: int | None = None  # bytes of the body still to come; None while the head is being read
        self._kept = bytearray()
        self._out = memoryview(b"")
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=_SLICE // 4)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._answers.scratch  # shared by all: it is emptied before the loop turns to the next

    def buffer_updated(self, nbytes: int) -> None:
        data = self._answers.scratch[:nbytes]
        if self._left is None:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._begin(head)
            data = memoryview(rest)
        self._take(data)

    def _begin(self, head: bytes) -> None:
        target, length = _TARGET.match(head), _LENGTH.search(head)
        self._head, self._kept = b"", bytearray()
        self._case = target[1].decode() if target and length else ""
        self._left = int(length[1]) if length else 0

    def _take(self, data: memoryview) -> None:
        assert self._left is not None
        if self._case == CHECK:
            self._kept += data
        self._left -= len(data)
        if self._left <= 0:
            self._left = None
            loop = asyncio.get_running_loop()
            loop.call_later(self._answers.delay(self._case), self._answer)

    def _answer(self) -> None:
        body = self._answers.body(self._case, bytes(self._kept))
        status = b"404 Not Found" if body is None else b"200 OK"
        content = body or b'{"error": {"code": 404, "message": "no such case", "status": "NOT_FOUND"}}'
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: %d\r\n\r\n"
            % (status, len(content))
        )
        self._out = memoryview(content)
        self._pump()

    def _pump(self) -> None:
        # In slices: handed over whole, the transport would copy it all.
        while self._out and not self._paused and not self._transport.is_closing():
            self._transport.write(self._out[:_SLICE])
            self._out = self._out[_SLICE:]

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()


async def _serve(folder: Path, delays: Mapping[str, float]) -> None:
    answers = Answers(folder, delays)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answers), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Serves until the process is ended."""
    folder, *delays = arguments
    pairs = (delay.partition("=") for delay in delays)
    asyncio.run(_serve(Path(folder), {case: float(seconds) for case, _, seconds in pairs}))


if __name__ == "__main__":
    main(sys.argv[1:])
