"""From a checked request to the parts of its answer: which pixels, which pictures, in which order."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from playground import pixels as tables
from playground.demo import painter, rehearsals, responses
from playground.demo.api_error import unusable_picture
from playground.demo.rehearsals import Rehearsal
from playground.demo.requests import GenerateRequest, Model, Picture, parse
from playground.demo.spool import Body
from playground.images.headers import read_header
from playground.text import is_chinese

Paint = Callable[[painter.Commission], Awaitable[painter.Painting]]
"""Draws one picture, in its turn."""
_LYING = range(5, 9)
"""EXIF orientations whose stored rows are the columns that a person sees."""


@dataclass(frozen=True)
class Order:
    """Everything that is known before anything is drawn.

    Attributes:
        request: as checked.
        rehearsal: what the prompt rehearses, or None.
        width, height: pixels of the answer's picture.
        rough: pixels of a picture among the thoughts.
        digest: equal for equal bodies asked of the same model.
        hand: of the model, see `Model`.
    """

    request: GenerateRequest
    rehearsal: Rehearsal | None
    width: int
    height: int
    rough: tuple[int, int]
    digest: bytes
    hand: int = 0


def order(body: Body, model: Model) -> Order:
    """What a body asks for. Reads the header of its last picture.

    Raises:
        ApiError: a 400 for anything that the model does not accept.
    """
    request = parse(body, model)
    ratio = request.aspect_ratio or _ratio_asked_in_words(request, model)
    ratio = ratio or _ratio_of_last_picture(request.pictures, model)
    width, height = _canvas(ratio, request.image_size, model)
    digest = hashlib.sha256(model.id.encode("utf-8", "surrogateescape") + b"\n")
    digest.update(body.digest)
    rehearsal = rehearsals.parse(request.prompt)
    rough = _canvas(ratio, "1K", model)
    return Order(request, rehearsal, width, height, rough, digest.digest(), model.hand)


async def parts(order: Order, variation: int, paint: Paint) -> AsyncIterator[responses.Part]:
    """The unsigned parts of the answer, each as soon as it is there.

    Raises:
        ApiError: a 400 for a picture that cannot be decoded.
    """
    rehearsal = order.rehearsal
    if rehearsal and rehearsal.seconds:
        await asyncio.sleep(rehearsal.seconds)
    if not rehearsals.draws(rehearsal):
        if rehearsal and (words := rehearsals.words_instead(rehearsal)):
            yield responses.text_part(words)
        return
    commission = _commission(order, variation)
    if rehearsal and rehearsal.name == "thoughts":
        async for part in _thoughts(commission, order.rough, paint):
            yield part
    if rehearsal and rehearsal.name == "drafts":
        for stage in (replace(commission, sketch=True), replace(commission, wash=True)):
            if (draft := await _paint(stage, paint)).data:
                yield responses.picture_part(draft)
    painting = await _paint(commission, paint)
    if not painting.data:
        # Nothing could be done to the picture: words say so, whatever was asked for.
        yield responses.text_part(painting.note)
        return
    if painting.note and "TEXT" in order.request.modalities:
        yield responses.text_part(painting.note)
    if "IMAGE" in order.request.modalities:
        yield responses.picture_part(painting)


async def words(order: Order) -> AsyncIterator[responses.Part]:
    """What a text model would write: the pictures described, or else the prompt improved, by rules.

    Raises:
        ApiError: a 400 for a picture that cannot be decoded.
    """
    asked = order.request.prompt
    try:
        if order.request.pictures:
            said = await asyncio.to_thread(painter.described, order.request.pictures, asked)
        else:
            said = await asyncio.to_thread(painter.improved, asked.partition("\n\n")[2] or asked)
    except painter.UndecodablePicture:
        raise unusable_picture() from None
    yield responses.text_part(said)


async def _thoughts(
    commission: painter.Commission, rough: tuple[int, int], paint: Paint
) -> AsyncIterator[responses.Part]:
    """A plan, an idea that is given up, and a sketch of the final picture."""
    sketch = replace(commission, width=rough[0], height=rough[1], sketch=True)
    # Drawn before the first part goes out: until then a picture that cannot be decoded is still a 400.
    given_up = await _paint(replace(sketch, variation=sketch.variation + 1), paint)
    if not given_up.data:
        return
    asked = commission.prompt
    plan = f"Planning the picture: {asked}. Two rough compositions, then the better one."
    if is_chinese(asked):
        plan = f"先构思画面：{asked}。画两张草图，再选更好的一张。"
    yield responses.text_part(plan, thought=True)
    yield responses.picture_part(given_up, thought=True)
    yield responses.picture_part(await _paint(sketch, paint), thought=True)


async def _paint(commission: painter.Commission, paint: Paint) -> painter.Painting:
    try:
        return await paint(commission)
    except painter.UndecodablePicture:
        raise unusable_picture() from None


def _commission(order: Order, variation: int) -> painter.Commission:
    request = order.request
    prompt = order.rehearsal.prompt(bool(request.pictures)) if order.rehearsal else request.prompt
    return painter.Commission(
        prompt=prompt,
        width=order.width,
        height=order.height,
        pictures=request.pictures,
        mime_type=request.mime_type,
        variation=variation + order.hand,
    )


def _canvas(ratio: str, image_size: str, model: Model) -> tuple[int, int]:
    if model.row.pixel_table == "gemini-2.5":
        table = tables.PIXELS_25
    else:
        table = tables.PIXELS.get(image_size, tables.PIXELS["1K"])
    return table.get(ratio) or _of_equal_area(ratio, *table["1:1"])


def _of_equal_area(ratio: str, width: int, height: int) -> tuple[int, int]:
    """Pixels for a ratio that only an operator's row has: as many as the square's, in steps of 8."""
    across, down = (int(side) for side in ratio.split(":"))
    stretch = (across / down) ** 0.5
    return max(8, round(width * stretch / 8) * 8), max(8, round(height / stretch / 8) * 8)


def _ratio_asked_in_words(request: GenerateRequest, model: Model) -> str:
    """What "crop to 9:16" names, where the model has it; empty otherwise."""
    ratio = painter.asked_shape(request.prompt) if request.pictures else ""
    return ratio if ratio in (model.row.aspect_ratios or tables.PIXELS["1K"]) else ""


def _ratio_of_last_picture(pictures: tuple[Picture, ...], model: Model) -> str:
    """The row's ratio that is nearest to the last picture as a person sees it; square without pictures."""
    if not pictures:
        return "1:1"
    last = pictures[-1]
    with last.open("rb") if isinstance(last, Path) else BytesIO(last) as stream:
        header = read_header(stream)
    if header is None:
        raise unusable_picture()
    width, height = header.width, header.height
    if header.orientation in _LYING:
        width, height = height, width
    return tables.nearest_ratio(width, height, model.row.aspect_ratios or tables.PIXELS["1K"])
