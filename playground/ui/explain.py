"""An error in a person's words: what happened, why, what to do, and what it probably cost."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

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

_LABELS = {"model": "panel.model", "provider": "connection.provider", "prompt": "prompt.label"}
"""Field of a request -> the words of its label, where it is no setting."""

_NAME = re.compile(r"\b([A-Z][A-Z_]{2,})(?: \([A-Z_]+\))?")
"""A safety category as `wire` writes it down: "DANGEROUS_CONTENT (HIGH)"."""

_UNTOLD = {
    "stopped": Billed.MAYBE,
    "interrupted": Billed.MAYBE,
    "unexpected": Billed.MAYBE,
    "batch_lost": Billed.MAYBE,
    "batch_unheard": Billed.MAYBE,
    "disk_failed": Billed.PROBABLY,
    "picture_not_in_zip": Billed.PROBABLY,
}
"""What is likely where no provider's error says it."""


@dataclass(frozen=True)
class Moment:
    """A moment as a sentence names it, and for machines, so that a page can tell it in its own time zone."""

    written: str
    iso: str


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
        until: the moment at which the wait ends, where the sentences name it.
        links: addresses of pictures that the answer named.
        is_incomplete: there is a picture, of which a part is missing.
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
    until: Moment | None = None
    links: tuple[str, ...] = ()
    is_incomplete: bool = False


_PARTS = ("what", "why", "do")
_UNSENT = frozenset({"stopped_unsent", "interrupted_unsent"})


def _parts(code: str, error: PlaygroundError, words: Words, kinds: Sequence[str]) -> dict[str, str]:
    """The three parts, each in the words of the first of `kinds` that has some, else in the usual ones."""
    facts = _facts(error, words)
    said = {
        part: [words.get(f"outcome.{code}.{part}_{kind}") for kind in kinds]
        + [words.get(f"outcome.{code}.{part}")]
        for part in _PARTS
    }
    return {part: _fill(next(filter(None, texts), ""), facts) for part, texts in said.items()}


def explain(error: PlaygroundError, words: Words, kinds: Sequence[str] = ()) -> Explanation:
    """The error in the language of `words`; unknown codes get the words of their kind.

    `kinds`, for which a part may have other words: "free" where nobody pays, "alone" without a picture sent.
    """
    parts = _parts(code := _known(error, words), error, words, kinds)
    parts["why"] = words.together(
        parts["why"],
        _named_by_provider(error, words),
        _arrived(error, words),
        _fetch_at(error, words),
        _counted(error, words),
        _odd(error, words),
        _asked_to_wait(error, code, words),
    )
    sent = not isinstance(error, InvalidRequest | UnusablePicture | NotStarted) and code not in _UNSENT
    said, by_model, raw = "", False, ""
    links: tuple[str, ...] = ()
    billed, retry_after = _UNTOLD.get(code, Billed.NO), None
    if isinstance(error, ProviderError):
        said, raw, billed, retry_after = error.said, error.raw, error.billed, error.retry_after
    elif isinstance(error, NoPicture):
        result = error.result
        said, by_model = (result.text, True) if result.text else (result.finish_message, False)
        billed, links = error.billed, result.links
        readable = json.dumps(dict(result.raw), ensure_ascii=False, indent=2, default=str)
        raw = result.raw_text or (readable if result.raw else "")
    return Explanation(
        code=code,
        **parts,
        said=said,
        by_model=by_model,
        billed=billed,
        sent=sent,
        retry_after=retry_after,
        raw=raw,
        until=_until(error, words),
        links=links,
        is_incomplete=isinstance(error, NoPicture) and bool(error.result.pictures),
    )


def sentence(error: PlaygroundError, words: Words) -> str:
    """The error as one short text for programs: what happened, the provider's words, what to do."""
    explanation = explain(error, words)
    said = f" “{explanation.said}”" if explanation.said else ""
    return f"{explanation.what}{said} {explanation.why} {explanation.do}".strip()


def _known(error: PlaygroundError, words: Words) -> str:
    if f"outcome.{error.code}.what" in words:
        return error.code
    for kind in type(error).__mro__:
        code = getattr(kind, "code", "")
        if f"outcome.{code}.what" in words:
            return str(code)
    return "unexpected"


def _facts(error: PlaygroundError, words: Words) -> dict[str, str]:
    facts = dict(error.facts)
    if "field" in facts:
        label = _LABELS.get(facts["field"], f"settings.{facts['field']}.label")
        name = words.get(label, facts["field"])
        facts["field"] = (
            name if name == facts["field"] else words("list.named", name=name, code=facts["field"])
        )
    if "provider" in facts:
        facts["provider"] = words.get(f"providers.{facts['provider']}", facts["provider"])
    if "takes" in facts:
        facts["takes"] = words.get(f"programs.takes.{facts['takes']}", facts["takes"])
    if isinstance(error, ProviderError):
        facts["wait"] = _wait(error, words)
    if isinstance(error, NoPicture):
        facts["reason"] = reason(facts.get("reason", ""), words) or words("reason.none")
    return facts


def _wait(error: ProviderError, words: Words) -> str:
    """How long to wait, as a person would say it; from an hour on also until when."""
    seconds = math.ceil(error.retry_after) if error.retry_after else 60
    duration = words.duration(seconds)
    until = _until(error, words)
    if until is None:
        return duration
    return words("wait.until", duration=duration, moment=until.written)


def _until(error: PlaygroundError, words: Words) -> Moment | None:
    """When a wait of an hour or more ends."""
    if not isinstance(error, ProviderError) or (error.retry_after or 0) < 3600:
        return None
    if (iso := error.facts.get("retry_at")) is None:
        return None
    at = datetime.fromisoformat(iso)
    day = words.day(at, with_year=at.year != datetime.now(UTC).year)
    return Moment(words("wait.moment", day=day, clock=words.clock(at)), iso)


def _asked_to_wait(error: PlaygroundError, code: str, words: Words) -> str:
    """The wait that a provider asks for, where the advice does not name it."""
    if not isinstance(error, ProviderError) or not error.retry_after:
        return ""
    named = "{wait}" in words.get(f"outcome.{code}.do")
    return "" if named else words("wait.asked", wait=_wait(error, words))


def reason(name: str, words: Words) -> str:
    """A finish or block reason in words, its own name behind them; the name alone for a new one."""
    known = words.get(f"reason.{name}") if name else ""
    return words("list.named", name=known, code=name) if known else name


def _named_by_provider(error: PlaygroundError, words: Words) -> str:
    """What the answer itself names as the cause of a block: its reason and categories, where it does."""
    if not isinstance(error, NoPicture):
        return ""
    named = _NAME.findall(error.facts.get("categories", ""))
    categories = [words.get(f"category.{name}", name) for name in named]
    sentences = []
    if error.code == "prompt_blocked" and error.facts.get("reason"):
        sentences.append(words("refusal.block_reason", reason=reason(error.facts["reason"], words)))
    if categories:
        sentences.append(words("refusal.categories", categories=words.names(categories)))
    return words.together(*sentences)


def _arrived(error: PlaygroundError, words: Words) -> str:
    """How much of an answer that broke off is there, or of its picture; empty where nobody counted."""
    received = error.facts.get("received", "")
    if error.code not in ("cut_off", "incomplete_picture") or not received.isdecimal():
        return ""
    key = "refusal.arrived_picture" if isinstance(error, NoPicture) else "refusal.arrived"
    return words(key, received=words.number(int(received)))


def _fetch_at(error: PlaygroundError, words: Words) -> str:
    """Where a gateway that answers later says that the picture will be."""
    address = error.facts.get("address", "") if error.code == "answers_later" else ""
    return words("refusal.fetch_at", address=address) if address else ""


def _counted(error: PlaygroundError, words: Words) -> str:
    """What a gateway counted for an answer that holds nothing."""
    if error.code != "nothing_drawn":
        return ""
    names = [name for name in ("prompt_tokens", "answer_tokens", "all_tokens") if name in error.facts]
    counts = [words(f"refusal.{name}", count=words.number(int(error.facts[name]))) for name in names]
    return words("refusal.counted", counts=words.listed(counts)) if counts else words("refusal.uncounted")


def _odd(error: PlaygroundError, words: Words) -> str:
    """What was odd about an answer that could be read all the same."""
    oddities = error.result.oddities if isinstance(error, NoPicture) else ()
    return words.together(*(words.get(f"done.odd_{name}") for name in oddities if name != error.code))


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(text: str, facts: dict[str, str]) -> str:
    return text.format_map(_Blank(facts))
