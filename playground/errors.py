"""Every error the playground raises on purpose, in one tree.

    PlaygroundError
    ├── ConfigurationError      a setting or a catalogue row is wrong; raised at start, never later
    ├── InvalidRequest          refused before anything was sent: names the field and what it allows
    ├── UnusablePicture         a picture given by the person cannot be sent; says which one and why
    ├── NotStarted              the playground itself could not take the call: busy, stopping, no room on disk
    ├── ProviderError           something between us and the provider went wrong
    │   ├── CannotConnect       nothing was sent, nothing can have been billed
    │   ├── ProviderRefused     the provider answered with an error of its own
    │   ├── TransferBroken      the answer never arrived whole: it may have been billed
    │   └── UnreadableAnswer    an answer arrived, but it is not a generateContent answer
    └── NoPicture               the model answered properly and sent no picture

An error carries a `code` instead of a finished sentence: the words that a person reads are looked up by
that code in the word catalogues of `playground/ui/words`, in the person's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.result import ImageResult, RawAnswer


class Billed(StrEnum):
    """Whether a failed call was probably paid for."""

    NO = "no"
    MAYBE = "maybe"
    PROBABLY = "probably"


class PlaygroundError(Exception):
    """Base of the tree.

    Attributes:
        code: key into the word catalogues (`[outcome.<code>]`), stable across releases.
        facts: values for the placeholders of those words; never a key, never markup.
    """

    code = "unexpected"

    def __init__(self, code: str | None = None, /, **facts: object) -> None:
        self.code = code or type(self).code
        self.facts: Mapping[str, str] = MappingProxyType({name: str(value) for name, value in facts.items()})
        super().__init__(self.code, dict(self.facts))

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code}: {facts}" if facts else self.code


class ConfigurationError(PlaygroundError):
    """A setting or a catalogue row is wrong. The text names file, row and key."""

    code = "configuration"

    def __init__(self, message: str) -> None:
        super().__init__(message=message)

    def __str__(self) -> str:
        return self.facts["message"]


class InvalidRequest(PlaygroundError):
    """The request was refused before anything was sent.

    Attributes:
        field: name of the `ImageRequest` field (or "base_url", "key") that is wrong.
    """

    code = "invalid_request"

    def __init__(self, code: str, /, *, field: str, **facts: object) -> None:
        self.field = field
        super().__init__(code, field=field, **facts)


class UnusablePicture(PlaygroundError):
    """A picture given by the person cannot be sent. `facts["number"]` is its 1-based place, where known."""

    code = "picture_unreadable"


class NotStarted(PlaygroundError):
    """The playground itself could not take the call: busy, stopping, or no room. Nothing was sent."""

    code = "busy"


class ProviderError(PlaygroundError):
    """A call to a provider failed.

    Attributes:
        said: the provider's own words, plain text, with keys removed; empty where it said nothing.
        billed: whether the call was probably paid for.
        http_status: status of the answer, or None when there was none.
        retry_after: seconds after which the provider allows another try, or None.
        raw: the beginning of the raw answer, without picture data and keys, for the details fold.
        in_json: the provider said it in JSON, so that its API itself has spoken and no proxy before it.
        attempts: how many tries the call had before it was given up.
        answer: all of the raw answer, until it is on disk; None where none came.
    """

    code = "provider_error"
    billed = Billed.NO

    def __init__(
        self,
        code: str | None = None,
        /,
        *,
        said: str = "",
        billed: Billed | None = None,
        http_status: int | None = None,
        retry_after: float | None = None,
        raw: str = "",
        in_json: bool = False,
        **facts: object,
    ) -> None:
        self.in_json = in_json
        self.attempts = 1
        self.answer: RawAnswer | None = None
        self.said = said
        self.billed = billed or type(self).billed
        self.http_status = http_status
        self.retry_after = retry_after
        self.raw = raw
        super().__init__(code, **facts)

    def __str__(self) -> str:
        status = f"HTTP {self.http_status}: " if self.http_status else ""
        return f"{status}{self.said}" if self.said else super().__str__()


class CannotConnect(ProviderError):
    """The provider could not be reached: nothing was sent."""

    code = "cannot_connect"


class ProviderRefused(ProviderError):
    """The provider answered with an error status, or with 200 and an error inside."""

    code = "provider_refused"


class TransferBroken(ProviderError):
    """The request may have been served, but its answer did not arrive whole."""

    code = "cut_off"
    billed = Billed.MAYBE


class UnreadableAnswer(ProviderError):
    """Something arrived that is not a generateContent answer."""

    code = "unreadable_answer"
    billed = Billed.MAYBE


class NoPicture(PlaygroundError):
    """The model answered properly and sent no picture.

    Attributes:
        result: the whole answer: text, thoughts, finish and block reason.
        billed: whether the call was probably paid for.
    """

    code = "no_picture"

    def __init__(self, code: str, result: ImageResult, *, billed: Billed, **facts: object) -> None:
        self.result = result
        self.billed = billed
        super().__init__(code, **facts)


@dataclass(frozen=True)
class ErrorReport:
    """What a provider's error body says, whatever its shape (contract: many gateways, many shapes).

    Attributes:
        message: the first human sentence found, plain text; empty when there is none.
        status: Google's status name, e.g. "RESOURCE_EXHAUSTED", or a gateway's error type; may be empty.
        code: the gateway's own error code as text, e.g. "model_not_found"; may be empty.
        reason: `ErrorInfo.reason`, e.g. "API_KEY_INVALID"; may be empty.
        quota_ids: the quota identifiers of a `QuotaFailure`, e.g. "…PerDay…".
        field_violations: names of the request fields that Google names as wrong.
        retry_after: seconds, the longest of RetryInfo and "retry in 12.5s" in the text; None when absent.
        is_html: the body was a web page.
    """

    message: str = ""
    status: str = ""
    code: str = ""
    reason: str = ""
    quota_ids: tuple[str, ...] = ()
    field_violations: tuple[str, ...] = ()
    retry_after: float | None = None
    is_html: bool = False
