"""The key: it travels beside the request, never inside it, and never into words, logs or files."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.catalogue import Auth
from playground.errors import InvalidRequest
from playground.text import is_invisible

KEY_HEADER = "x-goog-api-key"
MAX_KEY_CHARACTERS = 512
MASK = "***"
_MAX_PASTED_CHARACTERS = 4 * MAX_KEY_CHARACTERS
_QUOTES = "\"'`\u00b4\u00ab\u00bb\u2018-\u201f\u2039\u203a\u300c-\u300f\uff02\uff07\uff40"
_AROUND = re.compile(rf"^[\s{_QUOTES}]+|[\s{_QUOTES},;]+$")
_BEFORE = re.compile(
    r"(?i:bearer)(?:\s+|$)"
    r"|(?i:export\s+|set\s+|\$env:)[A-Za-z_]\w*\s*=(?!=)"  # as shells have it
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\s*=(?!=)"  # as files of variables have it
    # as headers and JSON have it; the sign behind tells it from the padding of base64
    rf"|(?i:[a-z_][\w-]*)?(?i:key|token|secret|authorization)[{_QUOTES}]?\s*[:=](?=\s*[^\s=])"
)
_KEY = re.compile(r"[\x21\x23-\x26\x28-\x5f\x61-\x7e]+")
"""ASCII signs but for quotes: what the standards of the two headers and of a query take as it is."""
_KEY_SHAPES = re.compile(
    r"AIza[0-9A-Za-z_\-]{20,}"  # Google
    r"|\bsk-[0-9A-Za-z_\-]{16,}"  # resellers
    r"|(?<=[?&]key=)[^&\s\"'<>]+"
    r"|(?<=[Bb]earer )[\x21-\x7e]{8,}"
    r"|(?<=x-goog-api-key: )[\x21-\x7e]+",
)
_SIGNS = ("AIza", "sk-", "key=", "earer ", "x-goog-api-key: ")
"""One of them is in each text that the expression finds something in; looking for them takes no time."""


@dataclass(frozen=True)
class Key:
    """A cleaned API key. Printing it, or anything that holds it, shows `***`.

    Attributes:
        secret: the key itself; read it only where it is put into a request.
    """

    secret: str = field(repr=False)

    def __repr__(self) -> str:
        return f"Key({MASK})"

    __str__ = __repr__


@dataclass(frozen=True)
class Credentials:
    """Where a call goes and what opens the door: both beside the request, never in it.

    `auth` is how the key travels to an address that a visitor has typed; the row's own way without it.
    Where it `may_spend`, the operator's key takes the place of one that is lacking.
    """

    key: Key | None = None
    base_url: str | None = None
    auth: Auth | None = None
    may_spend: bool = True

    def at(self, provider: str, own: str) -> Credentials:
        """The same at the provider `own`, which they were given for; none at any other."""
        return self if provider == own else Credentials(may_spend=self.may_spend)


def clean_key(text: str | None) -> Key | None:
    """A key as pasted, without what comes along: white space, quotes, signs that do not show, the name of a
    variable or header before it, "Bearer ". None when nothing is left.

    Raises:
        InvalidRequest: when what is left cannot be a key. The text is not repeated in the error.
    """
    shown = "".join(sign for sign in text or "" if not is_invisible(sign))
    key = _bare(shown) if len(shown) <= _MAX_PASTED_CHARACTERS else shown
    if not key:
        return None
    if len(key) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise InvalidRequest("key_invalid", field="key", allowed=MAX_KEY_CHARACTERS)
    return Key(key)


def _bare(text: str) -> str:
    """What stands within quotes and behind names, however deep; each pass makes the text shorter."""
    while True:
        inner = _AROUND.sub("", text)
        if before := _BEFORE.match(inner):
            inner = inner[before.end() :]
        if inner == text:
            return text
        text = inner


def redact(text: str) -> str:
    """`text` with anything shaped like a key replaced by `***`."""
    return _KEY_SHAPES.sub(MASK, text) if any(sign in text for sign in _SIGNS) else text


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
