"""Where a call goes and which key opens the door there: the visitor's own, or the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from playground.catalogue import Auth, Catalogue, ProviderRow
from playground.errors import ConfigurationError, InvalidRequest, ProviderError
from playground.providers.credentials import Credentials, Key, clean_key, redact
from playground.providers.masking import Mask
from playground.result import ImageResult, Part, PicturePart, RawAnswer

_RAW_CHARACTERS = 4096


@dataclass(frozen=True)
class Destination:
    """One provider at one address.

    Attributes:
        provider: its row in the catalogue.
        base_url: where it is asked.
        key: what opens the door; None where none is needed.
        auth: how the key travels, where that is not what the row says.
        is_visitors: a visitor has named the address.
    """

    provider: ProviderRow
    base_url: str
    key: Key | None
    auth: Auth | None = None
    is_visitors: bool = False

    def authentication(self) -> tuple[dict[str, str], dict[str, str] | None]:
        """Headers and query of the row's one authentication style; two at once confuse gateways."""
        if self.key is None:
            return {}, None
        auth = self.auth or self.provider.auth
        if auth == "x-goog-api-key":
            return {"x-goog-api-key": self.key.secret}, None
        if auth == "bearer":
            return {"Authorization": f"Bearer {self.key.secret}"}, None
        return {}, {"key": self.key.secret}

    def masked(self, content: bytes) -> bytes:
        """An error body without the key, before anything cuts it."""
        return self._mask.content(content) if self._mask else content

    def without_key(self, result: ImageResult) -> ImageResult:
        """The same answer with the key taken out, of its pictures' files too. Raises OSError."""
        if self._mask is None:
            return result
        masked = self._mask.value(replace(result, answer=None))
        parts = tuple(map(self._picture_without_key, masked.parts))
        files = [part.file for part in parts if isinstance(part, PicturePart) and part.file]
        changed = [file for file in files if self._mask.file(file)]
        is_odd = bool(changed) or parts != masked.parts
        return replace(
            masked,
            parts=parts,
            oddities=(*masked.oddities, "key_in_picture") if is_odd else masked.oddities,
            answer=self._without_key_in(result.answer),
        )

    def _picture_without_key(self, part: Part) -> Part:
        if self._mask is None or not isinstance(part, PicturePart) or not part.data:
            return part
        return replace(part, data=self._mask.picture(part.data))

    def _without_key_in(self, answer: RawAnswer | None) -> RawAnswer | None:
        if answer is None or self._mask is None:
            return answer
        return replace(answer, text=self._mask.content(answer.text))

    def named(self, error: ProviderError) -> ProviderError:
        """The same error with the provider's name, and with the key taken out of everything it holds."""
        masked = self._mask.text if self._mask else redact
        error.said = masked(error.said)
        error.raw = masked(error.raw)[:_RAW_CHARACTERS]
        error.answer = self._without_key_in(error.answer)
        facts = {name: masked(value) for name, value in error.facts.items()}
        error.facts = MappingProxyType({"provider": self.provider.name, **facts})
        return error

    @cached_property
    def _mask(self) -> Mask | None:
        return Mask(self.key) if self.key else None


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

    def spends_ours(self, provider: str, credentials: Credentials) -> bool:
        """Whether a call to `provider`, where there can be one, would take the operator's key."""
        if credentials.key is not None or provider not in self._keys or not credentials.may_spend:
            return False
        return (credentials.base_url or "").strip() in ("", self._catalogue.provider(provider).base_url)

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
            return Destination(row, base_url, None, is_visitors=visitors_own)
        may_spend = credentials.may_spend and not visitors_own
        key = credentials.key or (self._keys.get(provider) if may_spend else None)
        if key is None:
            raise InvalidRequest("key_missing", field="key", provider=row.name)
        auth = credentials.auth if row.base_url is None else None
        return Destination(row, base_url, key, auth, visitors_own)


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
