"""Where a call goes and which key opens the door there: the visitor's own, or the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from playground.catalogue import Catalogue, ProviderRow
from playground.errors import ConfigurationError, InvalidRequest, ProviderError
from playground.providers.credentials import Credentials, Key, clean_key, redact
from playground.result import ImageResult, RawAnswer, TextPart

_RAW_CHARACTERS = 4096


@dataclass(frozen=True)
class Destination:
    """One provider at one address.

    Attributes:
        provider: its row in the catalogue.
        base_url: where it is asked.
        key: what opens the door; None where none is needed.
    """

    provider: ProviderRow
    base_url: str
    key: Key | None

    def authentication(self) -> tuple[dict[str, str], dict[str, str] | None]:
        """Headers and query of the row's one authentication style; two at once confuse gateways."""
        if self.key is None:
            return {}, None
        if self.provider.auth == "x-goog-api-key":
            return {"x-goog-api-key": self.key.secret}, None
        if self.provider.auth == "bearer":
            return {"Authorization": f"Bearer {self.key.secret}"}, None
        return {}, {"key": self.key.secret}

    # A gateway may repeat the key anywhere in what it answers.

    def masked(self, content: bytes) -> bytes:
        """An error body without the key, before anything cuts it: half a key could not be recognised."""
        for spelling in self.key.spellings if self.key else ():
            content = content.replace(spelling.encode(), b"***")
        return content

    def without_key(self, result: ImageResult) -> ImageResult:
        """The same answer with the key taken out of its words."""
        if self.key is None:
            return result
        return replace(
            result,
            parts=tuple(
                replace(part, text=redact(part.text, self.key)) if isinstance(part, TextPart) else part
                for part in result.parts
            ),
            finish_message=redact(result.finish_message, self.key),
            raw_text=redact(result.raw_text, self.key),
            raw=MappingProxyType(_redacted(dict(result.raw), self.key)),
            answer=self._without_key(result.answer),
        )

    def _without_key(self, answer: RawAnswer | None) -> RawAnswer | None:
        """A raw answer without the key in any of its spellings, and without anything shaped like one."""
        if answer is None or self.key is None:
            return answer
        text = redact(answer.text.decode("latin-1"), self.key)
        return replace(answer, text=text.encode("latin-1"))

    def named(self, error: ProviderError) -> ProviderError:
        """The same error with the provider's name, and with anything key-like taken out of its words."""
        error.said = redact(error.said, self.key)
        error.raw = redact(error.raw, self.key)[:_RAW_CHARACTERS]
        error.answer = self._without_key(error.answer)
        facts = {name: redact(value, self.key) for name, value in error.facts.items()}
        error.facts = MappingProxyType({"provider": self.provider.name, **facts})
        return error


def _redacted(value: Any, key: Key) -> Any:
    if isinstance(value, str):
        return redact(value, key)
    if isinstance(value, Mapping):
        return {name: _redacted(inner, key) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner, key) for inner in value]
    return value


class Destinations:
    """Finds the destination of a call. The operator's key goes to the operator's address only."""

    def __init__(
        self, catalogue: Catalogue, environment: Mapping[str, str], *, visitor_base_url: bool
    ) -> None:
        """
        Args:
            environment: where the operator's keys are.
            visitor_base_url: visitors may name an address of their own.

        Raises:
            ConfigurationError: a variable holds what cannot be a key.
        """
        self._catalogue = catalogue
        self._keys = _keys_by_provider(catalogue, environment)
        self._visitor_base_url = visitor_base_url

    def needs_nothing(self, provider: str) -> bool:
        """Whether calls to `provider` need neither key nor address from the visitor."""
        row = self._catalogue.provider(provider)
        return row.base_url is not None and (not row.needs_key or provider in self._keys)

    def find(self, provider: str, credentials: Credentials) -> Destination:
        """Raises InvalidRequest when the address or the key is missing or not allowed."""
        row = self._catalogue.provider(provider)
        given = (credentials.base_url or "").strip()
        visitors_own = bool(given) and given != row.base_url
        if visitors_own and not self._visitor_base_url:
            raise InvalidRequest("base_url_not_allowed", field="base_url")
        base_url = given if visitors_own else row.base_url
        if not base_url:
            raise InvalidRequest("base_url_missing", field="base_url", provider=row.name)
        if not row.needs_key:
            return Destination(row, base_url, None)
        key = credentials.key or (None if visitors_own else self._keys.get(provider))
        if key is None:
            raise InvalidRequest("key_missing", field="key", provider=row.name)
        return Destination(row, base_url, key)


def _keys_by_provider(catalogue: Catalogue, environment: Mapping[str, str]) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for provider_id, row in catalogue.providers.items():
        for name in row.key_env:
            try:
                key = clean_key(environment.get(name))
            except InvalidRequest:
                raise ConfigurationError(f"{name}: what it holds cannot be a key") from None
            if key is not None:
                keys.setdefault(provider_id, key)
    return keys
