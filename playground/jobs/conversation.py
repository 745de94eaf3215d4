"""Going on from a result: the earlier turns are sent back word for word, or the picture alone is.

Models that sign their pictures want every signature back with exactly the bytes it was made for. Where that
cannot be had, the conversation collapses into one turn: the picture and the new instruction, nothing else.

| collapsed because | |
|---|---|
| "unsigned" | a picture of the model's has no signature: old models, gateways, old records |
| "model_changed" | a signature means nothing to another model or at another provider |
| "other_picture" | the person goes on from a draft, and the model would go on from its last picture |
| "file_gone" | a file of an earlier turn is no longer there, or no longer the same |
| "too_many_images" | more pictures in all than the model takes |
| "too_large" | more bytes than the provider takes, in one picture or in all |
| "missing_signature" | the provider said so; nothing was billed for that |
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from playground.catalogue import ModelRow, ProviderRow
from playground.history import SavedPicture
from playground.request import ImageRequest, PreparedImage, ReplyPart, Turn
from playground.result import ImageResult, PicturePart

_AROUND_BYTES: Final = 100_000
"""Room for everything in a body that is no picture and no prompt."""

_MAX_TURNS: Final = 50


def turns_after(
    request: ImageRequest, result: ImageResult, pictures: Sequence[SavedPicture]
) -> tuple[Turn, ...]:
    """The whole conversation up to and with an answer, whose pictures are on disk as `pictures`."""
    turn = Turn(
        request.prompt, request.images, tuple(_reply(result, pictures)), request.provider, request.model
    )
    return (*request.turns, turn)


def obstacle(
    request: ImageRequest, turns: Sequence[Turn], picture: Path, provider: ProviderRow, model: ModelRow
) -> str:
    """Why `turns` cannot go along with a request that goes on from `picture`; "" when they can.

    Looks at the files: call it in a thread.
    """
    replies = [part for turn in turns for part in turn.reply]
    sent = [image for turn in turns for image in turn.pictures]
    everything = [*sent, *request.images]
    if any((turn.provider, turn.model) != (request.provider, request.model) for turn in turns):
        return "model_changed"
    if not turns or any(part.image is not None and not part.signature for part in replies):
        return "unsigned"
    if _last_picture(turns) != picture:
        return "other_picture"
    if not all(map(_is_there, sent)):
        return "file_gone"
    if len(everything) > model.max_images:
        return "too_many_images"
    words = sum(len(turn.prompt.encode()) for turn in turns) + len(request.prompt.encode())
    words += sum(len(part.text.encode()) + len(part.signature or "") for part in replies)
    size = encoded_bytes(everything) + words + _AROUND_BYTES
    is_large = any(image.byte_count > provider.max_image_bytes for image in sent)
    return "too_large" if is_large or size > provider.max_request_bytes else ""


def replayed(request: ImageRequest, turns: tuple[Turn, ...], continues: str) -> ImageRequest:
    """The request with its earlier turns."""
    return request.model_copy(update={"turns": turns, "continues": continues, "collapsed": ""})


def collapsed(
    request: ImageRequest, picture: PreparedImage, reason: str, continues: str = ""
) -> ImageRequest:
    """The request as one turn.

    The picture stands last: without a chosen aspect ratio the answer follows the last one, and the numbers
    of the person's own pictures stay what they are.
    """
    return request.model_copy(
        update={
            "images": (*request.images, picture),
            "turns": (),
            "continues": continues or request.continues,
            "collapsed": reason,
        }
    )


def last_picture(request: ImageRequest) -> Path | None:
    """The picture that a request with earlier turns goes on from."""
    return _last_picture(request.turns)


def encoded_bytes(images: Iterable[PreparedImage]) -> int:
    """Bytes that pictures take in a body, as base64."""
    return sum(-(-image.byte_count // 3) * 4 for image in images)


def parts_record(result: ImageResult, pictures: Sequence[SavedPicture]) -> list[dict[str, Any]]:
    """The parts of an answer for the record: signatures whole, pictures by the names of their files."""
    return [
        {"picture": part.image.path.name, "mime_type": part.image.mime_type, "signature": part.signature}
        if part.image is not None
        else {"text": part.text, "signature": part.signature}
        for part in _reply(result, pictures)
    ]


def recorded_turns(
    generation: str,
    picture: str,
    told: Callable[[str], Mapping[str, Any] | None],
    file: Callable[[str, str], Path | None],
) -> tuple[Turn, ...]:
    """The conversation up to and with a picture, from the records; empty when they do not tell it whole.

    Args:
        generation, picture: what it ends with.
        told: the record of a generation.
        file: finds a file by generation and name.
    """
    turns: list[Turn] = []
    while generation and len(turns) < _MAX_TURNS:
        record, place = told(generation), generation
        images = _recorded_inputs(record, functools.partial(file, place)) if record else None
        if record is None or images is None:
            return ()
        turn = recorded_turn(record, picture, images, functools.partial(file, place))
        if turn is None:
            return ()
        turns.insert(0, turn)
        before = "" if record.get("collapsed") else str(record.get("continues") or "")
        generation, _, picture = before.partition("/")
    return () if generation else tuple(turns)


def _recorded_inputs(
    record: Mapping[str, Any], file: Callable[[str], Path | None]
) -> tuple[PreparedImage, ...] | None:
    """The person's pictures of a record; None when one of them is gone."""
    images = []
    for known in record.get("inputs", ()):
        path = file(known["name"])
        if path is None:
            return None
        images.append(
            PreparedImage(path, known["mime_type"], known["width"], known["height"], known["bytes"])
        )
    return tuple(images)


def recorded_turn(
    record: Mapping[str, Any],
    picture: str,
    images: tuple[PreparedImage, ...],
    file: Callable[[str], Path | None],
) -> Turn | None:
    """The exchange of a record in which `picture` came; None when the record does not tell it whole.

    Args:
        record: as `playground.jobs.job.record` made it.
        picture: name of the picture's file.
        images: the person's pictures of that turn.
        file: finds a file of that generation by its name.
    """
    for outcome in record.get("outcomes", ()):
        facts = {one.get("name"): one for one in outcome.get("pictures", ())}
        if picture in facts:
            reply = [_recorded_part(part, facts, file) for part in outcome.get("parts", ())]
            whole = [part for part in reply if part is not None]
            if not reply or len(whole) < len(reply):
                return None
            return Turn(record["prompt"], images, tuple(whole), record["provider"], record["model"])
    return None


def _recorded_part(
    part: Mapping[str, Any], facts: Mapping[str, Mapping[str, Any]], file: Callable[[str], Path | None]
) -> ReplyPart | None:
    name = part.get("picture")
    if name is None:
        return ReplyPart(text=str(part.get("text", "")), signature=part.get("signature"))
    path, known = file(name), facts.get(name)
    if path is None or known is None:
        return None
    image = PreparedImage(path, part["mime_type"], known["width"], known["height"], known["bytes"])
    return ReplyPart(image=image, signature=part.get("signature"))


def _reply(result: ImageResult, pictures: Sequence[SavedPicture]) -> Iterator[ReplyPart]:
    """The answer's parts without its thoughts, each picture as its file under the type that was declared."""
    saved = (picture for picture in pictures if not picture.thought)
    for part in result.parts:
        if part.thought:
            continue
        if not isinstance(part, PicturePart):
            yield ReplyPart(text=part.text, signature=part.signature)
        elif picture := next(saved, None):
            mime_type = part.declared_mime_type or part.mime_type
            image = PreparedImage(picture.path, mime_type, picture.width, picture.height, picture.byte_count)
            yield ReplyPart(image=image, signature=part.signature)


def _last_picture(turns: Sequence[Turn]) -> Path | None:
    replied = [part.image.path for turn in turns for part in turn.reply if part.image is not None]
    return replied[-1] if replied else None


def _is_there(image: PreparedImage) -> bool:
    try:
        return image.path.stat().st_size == image.byte_count
    except OSError:
        return False
