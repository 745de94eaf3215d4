"""A pasted conversation as the history can hold it: found there, or kept as versions of one another.

The form goes on from one picture of the history, so a conversation is back once there is such a picture with
the same turns before it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import gradio as gr

from playground import images
from playground.errors import PlaygroundError, UnusablePicture
from playground.history import Query
from playground.modes import mode_taking
from playground.request import ImageRequest, Turn, build
from playground.result import ImageResult, Part, PicturePart, TextPart
from playground.snippets import Exchange, Said
from playground.snippets.reading import MAX_PICTURES as _MOST_GIVEN
from playground.ui.context import Context
from playground.ui.form import Choice
from playground.wire.received_picture import MAX_PICTURES as _MOST_ANSWERED

_LOOKED_AT: Final = 50
_WORDS: Final = 8
_MOST: Final = 20
"""Exchanges that are kept of what somebody pasted."""


def pictures_of(turns: Sequence[Exchange]) -> list[str]:
    """What the turns call their pictures, as often as each is there; none where they cannot be kept."""
    is_whole = all(turn.prompt.strip() and _is_answered(turn) for turn in turns)
    if not is_whole or len(turns) > _MOST:
        return []
    return [name for turn in turns for name in (*turn.pictures, *_answered(turn))]


def _is_answered(turn: Exchange) -> bool:
    """By as many pictures as one call can bring, to as many as one can take."""
    return len(turn.pictures) <= _MOST_GIVEN and 0 < len(_answered(turn)) <= _MOST_ANSWERED


def _answered(turn: Exchange) -> list[str]:
    return [part.picture for part in turn.reply if part.picture is not None]


async def found(
    context: Context, turns: Sequence[Exchange], files: Mapping[str, Path], owner: str, choice: Choice
) -> str:
    """The picture of an owner's, "<generation>/<name>", that has just these turns before it; "" for none.

    Signatures tell it: no two answers have the same. Without them, the bytes of the pictures do.

    Args:
        files: as for `kept`.
    """
    is_signed = any(part.signature for exchange in turns for part in exchange.reply)
    if not is_signed and not (pictures_of(turns) and all(map(files.__contains__, _all_answered(turns)))):
        return ""
    prompt, history = turns[-1].prompt, context.studio.history
    query = Query(text=" ".join(prompt.split()[:_WORDS]), outcome="pictures")
    try:
        digests = {} if is_signed else await asyncio.to_thread(_digests, _all_answered(turns), files)
        page = await asyncio.to_thread(history.page, owner, query, limit=_LOOKED_AT)
        for entry in page.entries:
            for picture in entry.pictures if entry.prompt == prompt else ():
                if digests and picture.sha256 != digests[_all_answered(turns)[-1]]:
                    continue  # before any file is read
                before = await context.studio.turns_before(entry.id, picture.name, owner=owner)
                if await asyncio.to_thread(_are_same, before, turns, digests, choice):
                    return f"{entry.id}/{picture.name}"
    except (PlaygroundError, OSError):  # a page without its history goes on without it
        pass
    return ""


def _all_answered(turns: Sequence[Exchange]) -> list[str]:
    return [name for turn in turns for name in _answered(turn)]


def _are_same(
    before: Sequence[Turn], turns: Sequence[Exchange], digests: Mapping[str, str], choice: Choice
) -> bool:
    """Whether two conversations are one, made where the form would go on. Raises OSError."""
    if any((turn.provider, turn.model) != (choice.provider, choice.model) for turn in before):
        return False
    told = [_told(turn, by_digest=bool(digests)) for turn in before]
    return told == [_said(exchange, digests) for exchange in turns]


def _told(turn: Turn, *, by_digest: bool) -> tuple[object, ...]:
    """Raises OSError."""
    reply = [
        (part.text, None, part.signature)
        if part.image is None
        else ("", _digest(part.image.path) if by_digest else "", part.signature)
        for part in turn.reply
    ]
    return turn.prompt, len(turn.images), reply


def _said(exchange: Exchange, digests: Mapping[str, str]) -> tuple[object, ...]:
    reply = [
        (part.text, None if part.picture is None else digests.get(part.picture, ""), part.signature)
        for part in exchange.reply
    ]
    return exchange.prompt, len(exchange.pictures), reply


def _digests(names: Sequence[str], files: Mapping[str, Path]) -> Mapping[str, str]:
    """Each file is read once, whatever it is called. Raises OSError."""
    by_file = {file: _digest(file) for file in {files[name] for name in names}}
    return {name: by_file[files[name]] for name in names}


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


async def kept(
    context: Context,
    turns: Sequence[Exchange],
    files: Mapping[str, Path],
    owner: str,
    choice: Choice,
    asking: gr.Request | None,
) -> str:
    """The last picture of a conversation that is in the history from now on, each turn a version, nothing
    sent and nothing paid; "" where not all of it can be there, and then nothing is.

    Args:
        files: what the turns call a picture -> its file.
        asking: says from which address it is asked.
    """
    named = pictures_of(turns)
    if not (named and all(name in files for name in named)):
        return ""
    try:
        await context.starting.bring(owner, asking)
        return await _versions(context, turns, files, owner, choice)
    except (PlaygroundError, OSError):  # a file that is no picture, or no room
        return ""


async def _versions(
    context: Context, turns: Sequence[Exchange], files: Mapping[str, Path], owner: str, choice: Choice
) -> str:
    """Space for all of it first, then all turns made ready, then each kept; where one cannot be, none is.

    Raises PlaygroundError, OSError.
    """
    studio, history, continues = context.studio, context.studio.history, ""
    async with AsyncExitStack() as at_end:
        space = at_end.enter_context(history.reservation(owner))
        sizes = await asyncio.to_thread(_sizes, turns, files)
        await asyncio.to_thread(space.take, sum(sizes))
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="pasted-", dir=history.staging_dir))
        at_end.push_async_callback(asyncio.to_thread, shutil.rmtree, folder, ignore_errors=True)
        ready = [await _ready(context, turn, files, choice, folder) for turn in turns]
        undoing = await at_end.enter_async_context(AsyncExitStack())
        for (wanted, answer), size in zip(ready, sizes, strict=True):
            generation = history.new_id()
            undoing.push_async_callback(asyncio.to_thread, history.take_back, generation)
            job = await studio.keep(
                wanted.model_copy(update={"continues": continues}),
                answer,
                owner=owner,
                mode=mode_taking(len(wanted.images)),
                once=generation,
                batched=0.0,  # whoever made it was paid elsewhere
                seconds=0.0,
            )
            if len(job.pictures) != sum(isinstance(part, PicturePart) for part in answer.parts):
                raise OSError("not all pictures of a turn could be kept")
            await asyncio.to_thread(space.take, -size)  # the index counts it from now on
            continues = f"{job.id}/{job.pictures[-1].name}"
        undoing.pop_all()
    return continues


def _sizes(turns: Sequence[Exchange], files: Mapping[str, Path]) -> list[int]:
    """Bytes of each turn's pictures. Raises OSError."""
    return [sum(files[name].stat().st_size for name in pictures_of([turn])) for turn in turns]


async def _ready(
    context: Context, turn: Exchange, files: Mapping[str, Path], choice: Choice, folder: Path
) -> tuple[ImageRequest, ImageResult]:
    """What was asked and what came, its files in `folder`. Raises PlaygroundError, OSError."""
    row = context.studio.catalogue.provider(choice.provider)
    given = await images.prepare_all(
        [files[name] for name in turn.pictures],
        accepts=row.accepts,
        max_bytes=row.max_image_bytes,
        folder=folder,
    )
    context.studio.require_fit(given, choice.provider)
    wanted: ImageRequest = build(prompt=turn.prompt, provider=choice.provider, model=choice.model)
    parts = [await asyncio.to_thread(_part, *one, files, folder) for one in enumerate(turn.reply, 1)]
    result = ImageResult(parts=tuple(parts), finish_reason="STOP")
    return wanted.model_copy(update={"images": given}), result


def _part(number: int, said: Said, files: Mapping[str, Path], folder: Path) -> Part:
    """Raises PlaygroundError, OSError."""
    if said.picture is None:
        return TextPart(said.text, signature=said.signature)
    source = files[said.picture]
    with source.open("rb") as stream:
        info = images.sniff(stream)
    if info is None:
        raise UnusablePicture("picture_unreadable", number=number)
    name = folder / f"{secrets.token_hex(8)}{info.extension}"
    try:
        os.link(source, name)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, name)
    facts = (info.mime_type, info.width, info.height, info.mime_type)
    return PicturePart(b"", *facts, signature=said.signature, file=name, file_bytes=name.stat().st_size)
