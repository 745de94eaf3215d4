"""An error in a person's words: what happened, why, what to do; and the remedies that fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playground.errors import (
    Billed,
    InvalidRequest,
    NoPicture,
    NotStarted,
    PlaygroundError,
    ProviderError,
    UnusablePicture,
)
from playground.ui.words import Words

_FIELDS_AS_LABELS = {
    "aspect_ratio": "panel.shape",
    "image_size": "panel.size",
    "output_format": "panel.format",
    "response_modalities": "panel.modalities",
    "model": "panel.model",
    "count": "panel.count",
    "provider": "connection.provider",
    "prompt": "prompt.label",
}

REMEDIES: dict[str, tuple[str, ...]] = {
    "text_only": ("ask", "images"),
    "no_picture": ("ask", "images", "model"),
    "cut_by_length": ("images",),
    "only_thoughts": ("ask",),
    "picture_blocked": ("model",),
    "prompt_blocked": ("last", "model"),
    "unknown_finish": ("model",),
    "model_not_found": ("model",),
    "overloaded": ("model",),
    "timed_out": ("size", "model"),
    "timed_out_there": ("size", "model"),
    "too_large": ("last",),
    "too_much_to_send": ("last",),
    "key_missing": ("connect", "demo"),
    "key_invalid": ("connect", "demo"),
    "key_refused": ("connect", "demo"),
    "no_credit": ("connect", "demo"),
    "permission_denied": ("connect", "model"),
    "base_url_missing": ("connect", "demo"),
    "base_url_invalid": ("connect", "demo"),
    "cannot_connect": ("connect", "demo"),
    "name_not_found": ("connect", "demo"),
    "tls_failed": ("connect", "demo"),
    "redirected": ("connect",),
    "wrong_endpoint": ("connect",),
    "proxy_page": ("connect",),
    "region_or_billing": ("connect", "demo"),
    "no_free_tier": ("connect", "demo"),
}
"""Outcome code -> what a button may do about it. Each changes the form and sends nothing."""


_UNTOLD = {
    "stopped": Billed.MAYBE,
    "interrupted": Billed.MAYBE,
    "unexpected": Billed.MAYBE,
    "disk_failed": Billed.PROBABLY,
}
"""What is likely where no provider's error says it."""


@dataclass(frozen=True)
class Explanation:
    """An error, ready to be shown.

    Attributes:
        what, why, do: the three parts, plain text.
        said: the model's or provider's own words, plain text; may be empty.
        by_model: those words are the model's, not the provider's.
        billed: what is known about the money.
        sent: False when nothing left the playground.
        retry_after: seconds to wait, or None.
        raw: the raw answer for the fold; may be empty.
        remedies: which buttons fit.
        links: addresses of pictures that the answer named.
    """

    code: str
    what: str
    why: str
    do: str
    said: str = ""
    by_model: bool = False
    billed: Billed = Billed.NO
    sent: bool = True
    retry_after: float | None = None
    raw: str = ""
    remedies: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def explain(error: PlaygroundError, spoken: Words) -> Explanation:
    """The error in the language of `spoken`; unknown codes get the words of their kind."""
    code = _known(error, spoken)
    facts = _facts(error, spoken)
    parts = {part: _fill(spoken.get(f"outcome.{code}.{part}"), facts) for part in ("what", "why", "do")}
    sent = not isinstance(error, InvalidRequest | UnusablePicture | NotStarted)
    said, by_model, raw, links = "", False, "", ()
    billed, retry_after = _UNTOLD.get(code, Billed.NO), None
    if isinstance(error, ProviderError):
        said, raw, billed, retry_after = error.said, error.raw, error.billed, error.retry_after
    elif isinstance(error, NoPicture):
        result = error.result
        said, by_model = (result.text, True) if result.text else (result.finish_message, False)
        billed, links = error.billed, result.links
    return Explanation(
        code=code,
        **parts,
        said=said,
        by_model=by_model,
        billed=billed,
        sent=sent,
        retry_after=retry_after,
        raw=raw,
        remedies=REMEDIES.get(code, ()),
        links=links,
    )


def sentence(error: PlaygroundError, spoken: Words) -> str:
    """The error as one short text for programs: what happened, the provider's words, what to do."""
    told = explain(error, spoken)
    said = f" “{told.said}”" if told.said else ""
    return f"{told.what}{said} {told.why} {told.do}".strip()


def _known(error: PlaygroundError, spoken: Words) -> str:
    if f"outcome.{error.code}.what" in spoken:
        return error.code
    for kind in type(error).__mro__:
        code = getattr(kind, "code", "")
        if f"outcome.{code}.what" in spoken:
            return str(code)
    return "unexpected"


def _facts(error: PlaygroundError, spoken: Words) -> dict[str, str]:
    facts = dict(error.facts)
    if "field" in facts:
        label = _FIELDS_AS_LABELS.get(facts["field"])
        name = spoken(label) if label else facts["field"]
        facts["field"] = name if name == facts["field"] else f"{name} ({facts['field']})"
    if isinstance(error, ProviderError):
        facts.setdefault("seconds", str(math.ceil(error.retry_after)) if error.retry_after else "60")
    if not facts.get("reason") and isinstance(error, NoPicture):
        facts["reason"] = "—"
    return facts


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(text: str, facts: dict[str, str]) -> str:
    return text.format_map(_Blank(facts))
