"""What httpx says went wrong, as our errors. Its texts may hold the URL or a header: none is passed on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from playground.errors import CannotConnect, PlaygroundError, TransferBroken


def from_transport(
    error: httpx.TransportError, host: str, *, is_sending: bool, received: int
) -> PlaygroundError:
    """Our error for httpx's.

    Args:
        is_sending: the body was not out yet.
        received: bytes of the response so far.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PlaygroundError):  # what making the body raised, wrapped by a transport
            return cause
        cause = cause.__cause__
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return CannotConnect("connect_timed_out", host=host)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return CannotConnect(_connect_code(error), host=host)
    if isinstance(error, httpx.WriteTimeout | httpx.WriteError) or is_sending:
        return TransferBroken("upload_stopped", host=host)
    if isinstance(error, httpx.ReadTimeout):
        return TransferBroken("timed_out", host=host)
    if received:
        return TransferBroken("cut_off", host=host, received=received)
    return TransferBroken("cut_off", host=host)


def _connect_code(error: BaseException) -> str:
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls_failed"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return "name_not_found"
    text = str(error).lower()
    if "ssl" in text or "certificate" in text or "tls" in text:
        return "tls_failed"
    if "name or service not known" in text or "nodename" in text or "name resolution" in text:
        return "name_not_found"
    return "cannot_connect"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error itself, and what it was raised from or beside."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
