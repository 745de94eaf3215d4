"""What a free look at an address finds, and how what it says is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from playground.catalogue import Auth
from playground.errors import ProviderError

AUTHS: Final[tuple[Auth, ...]] = ("x-goog-api-key", "bearer", "query")
"""The ways in which a key can travel, the safest first: a query ends up in logs."""
OPENAI_PATH: Final = "/v1"
"""What stands behind a gateway's address for OpenAI's clients: resellers show it for all of them."""
_MAX_MODELS: Final = 2000
_MAX_NAME: Final = 200


@dataclass(frozen=True)
class Look:
    """What was found out for free.

    Attributes:
        base_url: the address, repaired.
        auths: in which ways the key was accepted, the safest first.
        models: ids that it lists.
        is_open: it lists its models to anybody, so that nothing is known of the key.
    """

    base_url: str
    auths: tuple[Auth, ...]
    models: tuple[str, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Listed:
    """The answer to one question for the list of models.

    Attributes:
        is_openai: the list is written as OpenAI's: its address is none of generateContent.
    """

    models: tuple[str, ...] | None
    error: ProviderError | None = None
    is_openai: bool = False

    @property
    def is_missing(self) -> bool:
        """There is no list at this address, whatever the key."""
        return self.error is not None and self.error.http_status in (404, 405, 501)


def listed_models(content: bytes) -> tuple[str, ...] | None:
    """The ids of a list of models, Google's or OpenAI's; None for what is no such list."""
    answer = _parsed(content)
    answer = answer if isinstance(answer, dict) else {}
    items = next((answer[name] for name in ("models", "data") if isinstance(answer.get(name), list)), None)
    if items is None:
        return None
    named = (item if isinstance(item, str) else _name(item) for item in items[:_MAX_MODELS])
    ids = (name.removeprefix("models/")[:_MAX_NAME] for name in named)
    return tuple(dict.fromkeys(one for one in ids if one and one.isprintable()))


def is_openai_list(content: bytes) -> bool:
    """Whether a list of models is OpenAI's and not Google's."""
    answer = _parsed(content)
    return isinstance(answer, dict) and isinstance(answer.get("data"), list) and "models" not in answer


def _name(item: Any) -> str:
    found = next((item[key] for key in ("name", "id") if item.get(key)), "") if isinstance(item, dict) else ""
    return found if isinstance(found, str) else ""


def refusal_form(content: bytes) -> str:
    """In which form an error is written: "google", "openai", "json", "html", "text" or "none"."""
    text = content.lstrip()
    if text[:1] == b"<":
        return "html"
    answer = _parsed(content)
    answer = answer[0] if isinstance(answer, list) and answer else answer
    if answer is None:
        return "text" if text else "none"
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        return "google" if isinstance(error.get("status"), str) and error["status"] else "openai"
    says = isinstance(answer, dict) and any(
        answer.get(name) for name in ("error", "message", "msg", "detail")
    )
    return "json" if says else "none"


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
