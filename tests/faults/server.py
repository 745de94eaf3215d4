"""A gateway made of raw sockets, in threads of its own: it does with a connection whatever a test says."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.wire.samples import b64, candidate, inline, picture

Script = Callable[["Connection"], None]


@dataclass
class Connection:
    """One connection with its request read, as far as the gateway reads requests."""

    socket: socket.socket
    head: bytes
    body: bytes
    server: Gateway

    def send(self, data: bytes) -> None:
        """Sends, or notes that the other side has gone."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.note_end()

    def wait_for_end(self, seconds: float = 60.0) -> bool:
        """Whether the other side hung up within that time."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                continue
        except TimeoutError:
            return False
        except OSError:  # a reset is an end as well
            pass
        self.note_end()
        return True

    def note_end(self) -> None:
        self.server.hung_up.append(time.monotonic())
        self.server.someone_hung_up.set()

    def reset(self) -> None:
        """Makes closing the connection a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass
class Gateway:
    """What happened at a gateway so far."""

    base_url: str = ""
    requests: list[bytes] = field(default_factory=list)
    hung_up: list[float] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    someone_hung_up: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)


@contextmanager
def gateway(script: Script, *, reads_body: bool = True) -> Iterator[Gateway]:
    """Serves every connection by `script` until the block ends."""
    state, stop = Gateway(), threading.Event()
    threads: list[threading.Thread] = []
    open_ones: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        state.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def accept() -> None:
            while True:
                connected, _ = listener.accept()
                if stop.is_set():
                    connected.close()
                    return
                open_ones.append(connected)
                thread = threading.Thread(target=_serve, args=(connected, script, state, reads_body))
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield state
        finally:
            stop.set()
            socket.create_connection(listener.getsockname()).close()  # what it was waiting for
            accepting.join(30)
            for connected in open_ones:
                with contextlib.suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive(), "a script of the gateway did not end"
            assert state.failures == []


def _serve(connected: socket.socket, script: Script, state: Gateway, reads_body: bool) -> None:
    with connected:
        connected.settimeout(60)
        try:
            head, body = _read(connected, reads_body)
            if head:
                state.requests.append(head)
                state.arrived.set()
                script(Connection(connected, head, body, state))
        except (OSError, ValueError) as error:
            if not isinstance(error, ConnectionError):
                state.failures.append(error)


def _read(connected: socket.socket, reads_body: bool) -> tuple[bytes, bytes]:
    """Head and body of a request; empty for a connection that was closed before it said anything."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connected.recv(65536)
        if not chunk:
            return b"", b""
        data += chunk
        if data[:1] == b"\x16":  # a TLS greeting, to which a plain server says what it can
            connected.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return b"", b""
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    while reads_body and len(body) < length:
        chunk = connected.recv(1 << 20)
        if not chunk:
            break
        body += chunk
    return head, body


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────


def http(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """A whole HTTP answer that closes its connection; `length` lies about the body."""
    named = {line.partition(":")[0].lower() for line in headers}
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    if "content-type" not in named:
        lines.append("Content-Type: application/json")
    if "transfer-encoding" not in named:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def as_json(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


def good(data: bytes | None = None) -> bytes:
    """A whole good answer with one picture."""
    drawn = inline(b64(data or picture()))
    return http(as_json(candidate({"text": "Here it is."}, drawn)))


def answering(*answers: bytes) -> Script:
    """Sends these answers in turn, the last one for ever after."""
    left = list(answers)

    def script(connection: Connection) -> None:
        connection.send(left.pop(0) if len(left) > 1 else left[0])

    return script
