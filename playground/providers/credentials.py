"""The key: it travels beside the request, never inside it, and never into words, logs or files."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.errors import InvalidRequest

MAX_KEY_CHARACTERS = 512
_MASK = "***"
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_BEARER = re.compile(r"^bearer(?:\s+|$)", re.IGNORECASE)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_KEY_SHAPES = re.compile(
    r"AIza[0-9A-Za-z_\-]{20,}"  # Google
    r"|\bsk-[0-9A-Za-z_\-]{16,}"  # resellers
    r"|(?<=[?&]key=)[^&\s\"'<>]+"
    r"|(?<=[Bb]earer )[\x21-\x7e]{8,}"
    r"|(?<=x-goog-api-key: )[\x21-\x7e]+",
)


@dataclass(frozen=True)
class Key:
    """A cleaned API key. Printing it, or anything that holds it, shows `***`.

    Attributes:
        secret: the key itself; read it only where it is put into a request.
    """

    secret: str = field(repr=False)

    def __repr__(self) -> str:
        return f"Key({_MASK})"

    __str__ = __repr__


@dataclass(frozen=True)
class Credentials:
    """Where a call goes and what opens the door: both beside the request, never in it."""

    key: Key | None = None
    base_url: str | None = None


def clean_key(text: str | None) -> Key | None:
    """A key as pasted, without the spaces, line ends, quotes and "Bearer " that come along; None when empty.

    Raises:
        InvalidRequest: when what is left cannot be a key. The text is not repeated in the error.
    """
    stripped = _bare(_BEARER.sub("", _bare((text or "").translate(_INVISIBLE)), count=1))
    if not stripped:
        return None
    if len(stripped) > MAX_KEY_CHARACTERS or not _PRINTABLE.fullmatch(stripped):
        raise InvalidRequest("key_invalid", field="key", allowed=MAX_KEY_CHARACTERS)
    return Key(stripped)


def _bare(text: str) -> str:
    return text.strip().strip("\"'").strip()


def redact(text: str, key: Key | None = None) -> str:
    """`text` with the key, and anything shaped like one, replaced by `***`."""
    if key is not None:
        text = text.replace(key.secret, _MASK)
    return _KEY_SHAPES.sub(_MASK, text)


def install_log_redaction() -> None:
    """From now on no log record of this process holds a key, whichever library writes it.

    httpx logs the whole URL at INFO, and with it a `?key=`; a record factory is the one place that every
    logger and handler passes through.
    """
    make = logging.getLogRecordFactory()
    if not isinstance(make, _RedactingFactory):
        logging.setLogRecordFactory(_RedactingFactory(make))


class _RedactingFactory:
    """Makes log records as another factory does, without keys."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a library's own broken format: logging reports it later
            return record
        clean = redact(message)
        if clean != message:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:  # handlers print this text and not the exception
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return record
