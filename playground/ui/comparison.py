"""The table under a result: what was asked for above what came, with a note where they differ."""

from __future__ import annotations

from markupsafe import Markup

from playground.history import SavedPicture
from playground.jobs.comparison import Difference, Received
from playground.jobs.costs import of_tokens, why_not_close
from playground.jobs.job import Served
from playground.jobs.studio import Job, Outcome
from playground.request import AUTO, ImageRequest
from playground.ui.figures import price_of, size_name
from playground.ui.rendering import render
from playground.ui.words import Words

_COLUMNS = ("shape", "pixels", "format")
_COLUMN_OF = {"aspect_ratio": "shape", "image_size": "pixels", "output_format": "format"}
"""Difference -> the column whose value it makes amber. The others stand under the table."""


def table(job: Job, picture: SavedPicture, outcome: Outcome, words: Words) -> Markup:
    """The figures of one picture under column names, and a note for each difference."""
    came = outcome.received_of(picture)
    if came is None:
        return Markup()
    asked, served = job.request.call(outcome.call), job.served(outcome.call)
    price = job.price(outcome.call)
    notes = {difference.code: note(difference, words) for difference in came.differences}
    noted = {_COLUMN_OF.get(code): text for code, text in notes.items()}
    columns = [
        {"name": name, "asked": wanted, "received": received, "note": noted.get(name, "")}
        for name, wanted, received in zip(_COLUMNS, _asked(asked, words), _came(came), strict=True)
    ]
    return render(
        "comparison",
        words,
        columns=columns,
        notes=notes.values(),
        facts=" · ".join(_facts(job, came, outcome, words)),
        unlike=_unlike_estimate(asked.image_size, outcome, served, price, words),
        model=came.model_version or served.model_id,
    )


def note(difference: Difference, words: Words) -> str:
    """A difference in a person's words."""
    asked, received = difference.asked, difference.received
    if difference.code in ("output_format", "mime_type"):
        asked, received = _kind(asked), _kind(received)
    return words(f"done.differs_{difference.code}", asked=size_name(asked), received=received)


def _asked(request: ImageRequest, words: Words) -> tuple[str, str, str]:
    auto = words("panel.auto")
    return (
        auto if request.aspect_ratio == AUTO else request.aspect_ratio,
        auto if request.image_size == AUTO else size_name(request.image_size),
        auto if request.output_format == AUTO else _kind(request.output_format),
    )


def _came(came: Received) -> tuple[str, str, str]:
    return came.aspect_ratio, f"{came.width} × {came.height}", _kind(came.mime_type)


def _kind(mime_type: str) -> str:
    """JPEG for "image/jpeg" and for "jpeg"."""
    return mime_type.rpartition("/")[2].upper()


def _facts(job: Job, came: Received, outcome: Outcome, words: Words) -> list[str]:
    """Seconds, where the title's are not those of this call alone; tokens, where they cost; price."""
    facts, served = [], job.served(outcome.call)
    if job.request.count > 1:
        facts.append(words("done.facts_seconds", seconds=words.number(came.seconds, 1)))
    if came.tokens and not served.free:
        facts.append(words("done.facts_tokens", tokens=words.number(came.tokens)))
    return [*facts, _price(outcome, served, job.price(outcome.call), words)]


def _price(outcome: Outcome, served: Served, price: float | None, words: Words) -> str:
    """What the call has cost by its tokens, beside the estimate; that alone where they do not tell."""
    if served.free:
        return words("panel.free")
    cost = of_tokens(outcome.result, served.model)
    if cost is None:
        return price_of(price, words)
    return words("done.facts_cost", cost=words.dollars(cost.total), estimated=price_of(price, words))


def _unlike_estimate(size: str, outcome: Outcome, served: Served, price: float | None, words: Words) -> str:
    """Why the tokens of a call cost something else than its row says; "" where they hardly do."""
    cost = of_tokens(outcome.result, served.model)
    if served.free or price is None or cost is None:
        return ""
    why = why_not_close(cost, price, served.model, size)
    facts = {name: words.dollars(getattr(cost, name)) for name in ("input", "text", "image")}
    return words(f"done.unlike_{why}", **facts) if why else ""
