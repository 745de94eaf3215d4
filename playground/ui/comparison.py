"""Asked above received: what was wanted of a picture and what came, with an amber word where they differ."""

from __future__ import annotations

from playground.history import SavedPicture
from playground.jobs.comparison import Difference, Received
from playground.jobs.studio import Job, Outcome
from playground.request import AUTO, ImageRequest
from playground.ui.figures import dollars, size_name
from playground.ui.markup import text
from playground.ui.words import Words

_COLUMNS = ("shape", "pixels", "format")
_COLUMN_OF = {"aspect_ratio": "shape", "image_size": "pixels", "output_format": "format"}
"""Difference -> the column whose value it makes amber. The others stand under the table."""


def table(job: Job, picture: SavedPicture, outcome: Outcome, spoken: Words) -> str:
    """The figures of one picture under column names, and a note for each difference."""
    came = outcome.received_of(picture)
    if came is None:
        return ""
    notes = {difference.code: note(difference, spoken) for difference in came.differences}
    off = {_COLUMN_OF.get(code): said for code, said in notes.items()}
    head = "".join(f'<th scope="col">{text(spoken(f"done.column_{name}"))}</th>' for name in _COLUMNS)
    wanted = "".join(f"<td>{text(value)}</td>" for value in _asked(job.request, spoken))
    cells = "".join(
        _cell(value, off.get(name, "")) for name, value in zip(_COLUMNS, _came(came), strict=True)
    )
    said = "".join(f'<p class="off">{text(words)}</p>' for words in notes.values())
    return (
        f'<div class="received"><table class="facts"><thead><tr><td></td>{head}</tr></thead>'
        f'<tbody><tr><th scope="row">{text(spoken("done.asked"))}</th>{wanted}</tr>'
        f'<tr><th scope="row">{text(spoken("done.received"))}</th>{cells}</tr></tbody></table>'
        f'{said}<p class="foot">{_foot(job, came, spoken)}</p></div>'
    )


def note(difference: Difference, spoken: Words) -> str:
    """A difference in a person's words."""
    asked, received = difference.asked, difference.received
    if difference.code in ("output_format", "mime_type"):
        asked, received = _kind(asked), _kind(received)
    return spoken(f"done.differs_{difference.code}", asked=size_name(asked), received=received)


def _asked(request: ImageRequest, spoken: Words) -> tuple[str, str, str]:
    auto = spoken("panel.auto")
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


def _cell(value: str, why: str) -> str:
    if not why:
        return f"<td>{text(value)}</td>"
    return f'<td class="off" title="{text(why)}">{text(value)}</td>'


def _foot(job: Job, came: Received, spoken: Words) -> str:
    """Seconds, tokens, price and the model as it names itself."""
    facts = [spoken("done.facts_seconds", seconds=f"{came.seconds:.1f}")]
    if came.tokens:
        facts.append(spoken("done.facts_tokens", tokens=f"{came.tokens:,}"))
    facts.append(_price(job, spoken))
    model = f"<code>{text(came.model_version or job.model_id)}</code>"
    return f"{text(' · '.join(facts))} · {model}"


def _price(job: Job, spoken: Words) -> str:
    """What a picture costs by its row."""
    price = job.model.price(job.request.image_size)
    if job.free:
        return spoken("panel.free")
    return spoken("panel.price_unknown") if price is None else dollars(price)
