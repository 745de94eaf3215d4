"""The table: what it shows while empty, running, done or refused, as HTML. Pure: state in, text out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from playground import pixels
from playground.errors import Billed, PlaygroundError
from playground.history import SavedPicture
from playground.result import ImageResult
from playground.studio import Job, Outcome
from playground.ui.explain import Explanation, explain
from playground.ui.figures import dollars, size_name
from playground.ui.markup import code, deed, lines, text
from playground.ui.words import Words

FIRST_TILES = ("pig", "night", "together")
MORE_TILES = ("lighthouse", "teapot", "poster", "sticker", "ink")


def address(picture: SavedPicture) -> str:
    """Where the browser finds the original."""
    return f"pictures/{picture.generation}/{picture.name}"


def thumbnail_address(picture: SavedPicture) -> str:
    """Where the browser finds the small preview, or the original when there is none."""
    name = picture.thumbnail.name if picture.thumbnail else picture.name
    return f"pictures/{picture.generation}/{name}"


def empty(spoken: Words) -> str:
    """The first visit: one sentence and three ways to start, one for each tab."""
    tiles = "".join(
        f'<li><button type="button" data-do="tile" data-tile="{name}"><div class="frame">'
        f'<img src="look/tiles/{name}.webp" alt="" decoding="async"></div>'
        f"<b>{text(spoken(f'tiles.{name}.title'))}</b>"
        f"<span>{text(spoken(f'tiles.{name}.hint'))}</span></button></li>"
        for name in FIRST_TILES
    )
    return (
        f'<div class="empty" data-state="empty"><div><h2>{text(spoken("empty.title"))}</h2>'
        f'<p>{text(spoken("empty.text"))}</p></div><ul class="sheet">{tiles}</ul></div>'
    )


def tile_strip(spoken: Words) -> str:
    """More ways to start, small, once the table belongs to results."""
    buttons = "".join(
        f'<button type="button" data-do="tile" data-tile="{name}">'
        f'<img src="look/tiles/{name}.webp" alt="" loading="lazy">'
        f"<span>{text(spoken(f'tiles.{name}.title'))}</span></button>"
        for name in MORE_TILES
    )
    return f'<div class="strip">{buttons}</div>'


def running(job: Job, spoken: Words) -> str:
    """The wait: a sentence, the clock, a ruler with the usual time, and frames in the final shape."""
    count = job.request.count
    ready = len(job.pictures)
    head = spoken("running.one") if count == 1 else spoken("running.many", count=count, ready=ready)
    if job.stopped:
        head = spoken("running.stopping")
    usual = None if job.free else job.model.seconds(job.request.image_size)
    longest = max(24, 2 * (usual or 0))
    mark = (
        f'<div class="usual" style="left:{100 * usual / longest:.1f}%">'
        f"<span>{text(spoken('running.usual', seconds=f'{usual:.0f}'))}</span></div>"
        if usual
        else ""
    )
    return (
        f'<div class="running" data-state="running" data-job="{job.id}"><div class="statusline" '
        f'data-started="{job.id}" data-elapsed="{job.elapsed():.1f}"><h2 role="status">{text(head)}</h2>'
        f'<p class="clock" aria-hidden="true"><span class="now">{job.elapsed():.1f}</span> '
        f"<small>{text(spoken('running.unit'))}</small></p></div>"
        f'<div class="ruler" data-max="{longest:.0f}" aria-hidden="true" style="--max:{longest:.0f};--now:0">'
        f'<div class="ticks"></div><div class="fill"></div>{mark}</div>{_frames(job, spoken)}</div>'
    )


def _frames(job: Job, spoken: Words) -> str:
    width, height = _shape(job)
    by_call = {outcome.call: outcome for outcome in job.outcomes}
    figures = "".join(
        _frame(number, by_call.get(number), spoken) for number in range(1, job.request.count + 1)
    )
    kind = " single" if job.request.count == 1 else " many" if job.request.count > 4 else ""
    return f'<div class="frames{kind}" style="--ratio:{width / height:.4f}">{figures}</div>'


def _frame(number: int, outcome: Outcome | None, spoken: Words) -> str:
    if outcome is None:
        return (
            f'<figure><div class="blank"></div><figcaption><span>{number}</span>'
            f"<span>{text(spoken('running.drawing'))}</span></figcaption></figure>"
        )
    final = [picture for picture in outcome.pictures if not picture.thought]
    if not final:
        return (
            f'<figure><div class="missed">{text(spoken("running.failed"))}</div><figcaption>'
            f"<span>{number}</span></figcaption></figure>"
        )
    seconds = spoken("running.seconds", seconds=f"{outcome.seconds:.1f}")
    return (
        f'<figure><img src="{text(address(final[-1]))}" alt="{text(spoken("done.picture", number=number))}">'
        f"<figcaption><span>{number}</span><span>{text(seconds)}</span></figcaption></figure>"
    )


def _shape(job: Job) -> tuple[int, int]:
    """Width and height that the frames get before any picture is there."""
    ratio = job.request.aspect_ratio
    if ratio == "auto" and job.request.images:
        last = job.request.images[-1]
        return last.width, last.height
    return pixels.PIXELS["1K"].get(ratio, (1024, 1024))


def job_view(job: Job, spoken: Words, chosen: int | None = None) -> str:
    """A job as it stands: running, done with the picture `chosen` in front, or refused."""
    if not job.is_done:
        return running(job, spoken)
    if job.pictures:
        return done(job, spoken, chosen)
    error = job.errors[0] if job.errors else job.stop_reason()
    return refused(error, spoken, job)


def done(job: Job, spoken: Words, wanted: int | None = None) -> str:
    """The result: its prompt, the picture as big as the height allows, actions, text and facts.

    In front is the picture that is wanted, else the last one of the first call: what came before it in
    the same answer are drafts.
    """
    pictures = job.pictures
    chosen = wanted if wanted is not None and wanted < len(pictures) else _final_of_first(job)
    seconds = f"{job.elapsed():.1f}"
    meta = (
        spoken("done.one", seconds=seconds)
        if len(pictures) == 1
        else spoken("done.many", count=len(pictures), seconds=seconds)
    )
    sections = "".join(
        _photo(job, picture, index, spoken, hidden=index != chosen) for index, picture in enumerate(pictures)
    )
    notes = "".join(
        _notes(job, picture, index, spoken, hidden=index != chosen) for index, picture in enumerate(pictures)
    )
    return (
        f'<div class="result" data-state="done" data-result="{job.id}"><div class="statusline">'
        f'<h2 class="prompt">{text(_short(job.request.prompt))}</h2><p role="status">{text(meta)}</p></div>'
        f"{_partly(job, spoken)}"
        f'<div class="stage">{sections}{_numbers(pictures, chosen, spoken)}</div>{notes}</div>'
    )


def _final_of_first(job: Job) -> int:
    first_call = job.outcome_of(job.pictures[0])
    return sum(not picture.thought for picture in first_call.pictures) - 1


def _failures(errors: Sequence[PlaygroundError], count: int, spoken: Words) -> list[str]:
    """One sentence for each way in which calls failed: how many, what happened, the other side's words."""
    told = [explain(error, spoken) for error in errors]
    kinds = Counter((one.what, one.said, one.billed) for one in told)
    notes = []
    for (what, said, billed), failed in kinds.items():
        note = spoken("done.partly", failed=failed, count=count, reason=what)
        money = "" if billed == Billed.NO else spoken(f"refusal.billed_{billed}")
        notes.append(" ".join(filter(None, (note, f"“{said}”" if said else "", money))))
    return notes


def _oddities(job: Job, spoken: Words) -> list[str]:
    """What is strange about answers that did bring pictures."""
    notes = []
    for result in (outcome.result for outcome in job.outcomes if outcome.pictures and outcome.result):
        if result.finish_reason not in ("", "STOP"):
            reason = " ".join(filter(None, (result.finish_reason, result.finish_message)))
            notes.append(spoken("done.odd_finish", reason=reason))
        if result.dropped:
            notes.append(spoken("done.dropped", count=result.dropped))
        notes.extend(spoken("done.linked", link=link) for link in result.links)
    return notes


def _partly(job: Job, spoken: Words) -> str:
    """What did not come along with the pictures that did, and what was done to the pictures sent."""
    notes = _failures(job.errors, job.request.count, spoken) + _oddities(job, spoken)
    if job.stopped:
        notes.append(spoken("done.stopped_note"))
    for number, image in enumerate(job.request.images, 1):
        changes = [spoken(f"done.change_{change}", number=number) for change in image.changes]
        if changes:
            notes.append(spoken("done.changes", changes=", ".join(changes)))
    return "".join(f'<p class="note">{text(note)}</p>' for note in notes)


def _photo(job: Job, picture: SavedPicture, index: int, spoken: Words, *, hidden: bool) -> str:
    return (
        f'<div class="photo" data-index="{index}"{" hidden" if hidden else ""}>'
        f'<a href="{text(address(picture))}" target="_blank" rel="noopener" '
        f'title="{text(spoken("done.open"))}"><img src="{text(address(picture))}" '
        f'width="{picture.width}" height="{picture.height}" loading="lazy" decoding="async" '
        f'alt="{text(_short(job.request.prompt, 200))}"></a></div>'
    )


def _numbers(pictures: Sequence[SavedPicture], chosen: int, spoken: Words) -> str:
    if len(pictures) < 2:
        return ""
    buttons = "".join(
        f'<li><button type="button" data-show="{index}" aria-pressed="{str(index == chosen).lower()}" '
        f'aria-label="{text(spoken("done.thumbnail", number=index + 1))}">'
        f'<img src="{text(thumbnail_address(picture))}" alt=""><span>{index + 1}</span></button></li>'
        for index, picture in enumerate(pictures)
    )
    return f'<ol class="numbers">{buttons}</ol>'


def _notes(job: Job, picture: SavedPicture, index: int, spoken: Words, *, hidden: bool) -> str:
    outcome = job.outcome_of(picture)
    result = outcome.result or ImageResult()
    handle = f"{picture.generation}/{picture.name}"
    answer = (
        f'<p class="answer"><small>{text(spoken("done.model_wrote"))}</small>{lines(result.text)}</p>'
        if result.text
        else '<p class="answer"></p>'
    )
    return (
        f'<div data-index="{index}"{" hidden" if hidden else ""}><div class="actions">'
        f'<a class="ic ic-down first" href="{text(address(picture))}?download" download>'
        f"{text(spoken('done.download'))}</a>"
        + deed("edit", spoken("done.edit"), css="ic ic-edit", picture=handle)
        + deed("compose", spoken("done.compose"), css="ic ic-add", picture=handle)
        + deed("again", spoken("done.again"), css="ic ic-again", job=job.id)
        + _details_button(spoken)
        + f'</div><div class="result-notes">{answer}{_facts(job, picture, outcome, spoken)}</div>'
        + _details(job, outcome, result, spoken)
        + "</div>"
    )


def _facts(job: Job, picture: SavedPicture, outcome: Outcome, spoken: Words) -> str:
    """Asked above received; what differs is amber, with a diamond and words."""
    asked = job.request
    auto = spoken("panel.auto")
    differs = pixels.differs(asked.aspect_ratio, asked.image_size, picture.width, picture.height)
    asked_format, received_format = asked.output_format.upper(), picture.mime_type.partition("/")[2].upper()
    off_format = asked.output_format != "auto" and asked_format != received_format
    ratio = pixels.nearest_ratio(picture.width, picture.height, tuple(pixels.PIXELS["1K"]))
    cells = (
        _cell(ratio, "aspect_ratio" in differs, spoken("done.ratio_differs"))
        + _cell(f"{picture.width} × {picture.height}", "image_size" in differs, spoken("done.size_differs"))
        + _cell(
            received_format,
            off_format,
            spoken("done.format_differs", received=received_format, asked=asked_format),
        )
    )
    wanted = "".join(
        f"<td>{text(auto if value == 'auto' else size_name(value))}</td>"
        for value in (
            asked.aspect_ratio,
            asked.image_size,
            asked.output_format if asked.output_format == "auto" else asked_format,
        )
    )
    foot = [spoken("done.facts_seconds", seconds=f"{outcome.seconds:.1f}")]
    usage = outcome.result.usage if outcome.result else None
    if usage and usage.total:
        foot.append(spoken("done.facts_tokens", tokens=f"{usage.total:,}"))
    foot.append(cost(job, 1, spoken))
    return (
        f'<table class="facts"><tbody><tr><th scope="row">{text(spoken("done.asked"))}</th>{wanted}</tr>'
        f'<tr><th scope="row">{text(spoken("done.received"))}</th>{cells}</tr></tbody>'
        f'<tfoot><tr><td colspan="4">{text(" · ".join(foot))}</td></tr></tfoot></table>'
    )


def _cell(value: str, off: bool, why: str) -> str:
    if not off:
        return f"<td>{text(value)}</td>"
    return f'<td class="off" title="{text(why)}">{text(value)}<span class="unseen">. {text(why)}</span></td>'


def cost(job: Job, count: int, spoken: Words) -> str:
    """What the row's price says about `count` pictures."""
    price = job.model.price(job.request.image_size)
    if job.free:
        return spoken("panel.free")
    return spoken("panel.price_unknown") if price is None else dollars(price * count)


def _details_button(spoken: Words) -> str:
    label = text(spoken("done.details"))
    return (
        f'<button type="button" class="ic ic-info last" data-details aria-expanded="false">{label}</button>'
    )


def _details(job: Job, outcome: Outcome, result: ImageResult, spoken: Words) -> str:
    rows = [
        (spoken("panel.model"), job.model_id),
        (spoken("done.model_version"), result.model_version),
        (spoken("done.finish"), " ".join(filter(None, (result.finish_reason, result.finish_message)))),
        (spoken("done.request_id"), result.response_id),
    ]
    listed = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in rows if value)
    thoughts = [picture for picture in outcome.pictures if picture.thought]
    thinking = ""
    if thoughts or result.thoughts:
        images = "".join(
            f'<img src="{text(address(picture))}" alt="{text(spoken("done.thoughts"))}" loading="lazy">'
            for picture in thoughts
        )
        thinking = (
            f"<h3>{text(spoken('done.thoughts'))}</h3><p>{lines(result.thoughts)}</p>"
            f'<div class="thoughts">{images}</div>'
        )
    return (
        f'<div class="details" hidden>'
        f"<dl>{listed}</dl>{thinking}<h3>{text(spoken('done.sent'))}</h3>"
        f'<p class="hint">{text(spoken("done.elided"))}</p>{code(job.sent)}'
        f"<h3>{text(spoken('done.answer'))}</h3>{code(dict(result.raw))}</div>"
    )


def refused(error: PlaygroundError, spoken: Words, job: Job | None = None) -> str:
    """No picture: what happened, why, what to do, the other side's own words, money, remedies."""
    told = explain(error, spoken)
    title = spoken("refusal.title" if told.sent else "refusal.title_unsent")
    parts = "".join(
        f"<dt>{text(spoken(f'refusal.{name}'))}</dt><dd>{_part(told, name)}</dd>"
        for name in ("what", "why", "do")
    )
    said = ""
    if told.said:
        whose = spoken("refusal.model_words" if told.by_model else "refusal.provider_words")
        said = f"<blockquote><small>{text(whose)}</small>{lines(told.said)}</blockquote>"
    links = "".join(
        f'<p><a href="{text(link)}" target="_blank" rel="noopener noreferrer nofollow">{text(link)}</a></p>'
        for link in told.links
        if link.startswith(("https://", "http://"))
    )
    others = ""
    if job is not None and len(job.errors) > 1:
        notes = _failures([other for other in job.errors if other is not error], job.request.count, spoken)
        others = "".join(f'<p class="note">{text(note)}</p>' for note in notes)
    money = (
        ""
        if job is None or job.free
        else f'<p class="money">{text(spoken(f"refusal.billed_{told.billed}"))}</p>'
    )
    return (
        f'<div id="refused" data-state="refused"><div class="refusal" role="alert"><h2>{text(title)}</h2>'
        f"<dl>{parts}</dl>{said}{links}{money}{others}</div>{_remedies(told, spoken, job)}"
        f"{_refusal_details(told, spoken, job, error)}</div>"
    )


def _part(told: Explanation, name: str) -> str:
    words = text(getattr(told, name))
    if name == "do" and told.retry_after and told.code == "rate_limited":
        seconds = str(math.ceil(told.retry_after))
        return words.replace(seconds, f'<b data-wait="{seconds}">{seconds}</b>', 1)
    return words


def _remedies(told: Explanation, spoken: Words, job: Job | None) -> str:
    buttons = [_remedy(remedy, spoken, job) for remedy in told.remedies]
    if not any(buttons):
        return ""
    note = text(spoken("refusal.remedies_note"))
    return f'<div id="remedies">{"".join(buttons)}<p class="hint">{note}</p></div>'


def _remedy(remedy: str, spoken: Words, job: Job | None) -> str:
    """A button that would change something, or nothing."""
    request = job.request if job else None
    helps = {
        "last": request is None or (job is not None and job.mode == "compose" and len(request.images) > 2),
        "size": request is not None and request.image_size in ("2K", "4K"),
        "images": request is None or "TEXT" in request.response_modalities,
        "demo": job is None or not job.free,
    }
    if not helps.get(remedy, True):
        return ""
    label = spoken.get(f"refusal.remedy_{remedy}")
    if remedy != "model":
        return deed("remedy", label, remedy=remedy)
    other = other_model(job)
    return deed("remedy", label.format(model=other[1]), remedy=remedy, model=other[0]) if other else ""


def other_model(job: Job | None) -> tuple[str, str] | None:
    """Id and name of a model worth trying instead: the successor, else a current one of the same provider."""
    if job is None:
        return None
    retirement = job.model.retirement
    for model_id, row in job.alternatives:
        if model_id != job.request.model and (not retirement or model_id == retirement.successor):
            return model_id, row.name or model_id
    return None


def _refusal_details(told: Explanation, spoken: Words, job: Job | None, error: PlaygroundError) -> str:
    if job is None:
        return ""
    outcome = next((o for o in job.outcomes if o.error is error), None)
    if outcome is None:
        return ""
    button = f'<div class="actions">{_details_button(spoken)}</div>'
    if outcome.result:
        return button + _details(job, outcome, outcome.result, spoken)
    raw = f"<h3>{text(spoken('done.answer'))}</h3>{code(told.raw)}" if told.raw else ""
    return button + (
        f'<div class="details" hidden>'
        f"<h3>{text(spoken('done.sent'))}</h3>"
        f'<p class="hint">{text(spoken("done.elided"))}</p>{code(job.sent)}{raw}</div>'
    )


def _short(prompt: str, limit: int = 400) -> str:
    words = " ".join(prompt.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
