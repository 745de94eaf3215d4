"""A pasted conversation as the history can hold it: found there, or kept as versions of one another.

The form goes on from one picture of the history, so a conversation is back once there is such a picture with
the same turns before it.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from playground import images
from playground.errors import PlaygroundError, UnusablePicture
from playground.history import Query
from playground.jobs.studio import Job
from playground.modes import mode_taking
from playground.request import ImageRequest, Turn, build
from playground.result import ImageResult, Part, PicturePart, TextPart
from playground.snippets import Exchange, Said
from playground.ui.context import Context
from playground.ui.form import Choice

_LOOKED_AT: Final = 50
_WORDS: Final = 8
_MOST: Final = 20
"""Exchanges that are kept of what somebody pasted."""


async def found(context: Context, turns: Sequence[Exchange], owner: str, choice: Choice) -> str:
    """The picture of an owner's, "<generation>/<name>", that has just these turns before it; "" for none.

    Signatures tell it: no two answers have the same.
    """
    if not any(part.signature for exchange in turns for part in exchange.reply):
        return ""
    prompt, history = turns[-1].prompt, context.studio.history
    query = Query(text=" ".join(prompt.split()[:_WORDS]), outcome="pictures")
    try:
        page = await asyncio.to_thread(history.page, owner, query, limit=_LOOKED_AT)
        asked = build(prompt="-", provider=choice.provider, model=choice.model)
        for entry in page.entries:
            for picture in entry.pictures if entry.prompt == prompt else ():
                along = await context.studio.turns_along(
                    asked, owner=owner, generation=entry.id, picture=picture.name
                )
                if [_told(turn) for turn in along] == [_said(exchange) for exchange in turns]:
                    return f"{entry.id}/{picture.name}"
    except PlaygroundError:  # a page without its history goes on without it
        pass
    return ""


def _told(turn: Turn) -> tuple[object, ...]:
    reply = [("" if part.image else part.text, part.image is not None, part.signature) for part in turn.reply]
    return turn.prompt, len(turn.images), reply


def _said(exchange: Exchange) -> tuple[object, ...]:
    reply = [(part.text, part.picture is not None, part.signature) for part in exchange.reply]
    return exchange.prompt, len(exchange.pictures), reply


async def kept(
    context: Context, turns: Sequence[Exchange], files: Mapping[str, Path], owner: str, choice: Choice
) -> str:
    """The last picture of a conversation that is in the history from now on, each turn a version, nothing
    sent and nothing paid; "" where not all of it is there.

    Args:
        files: what the turns call a picture -> its file.
    """
    named = [name for turn in turns for name in (*turn.pictures, *_pictures(turn))]
    is_whole = all(_pictures(turn) and turn.prompt.strip() for turn in turns)
    if not (0 < len(turns) <= _MOST and is_whole and all(name in files for name in named)):
        return ""
    continues = ""
    try:
        for turn in turns:
            job = await _version(context, turn, files, owner, choice, continues)
            if not job.pictures:
                return ""
            continues = f"{job.id}/{job.pictures[-1].name}"
    except (PlaygroundError, OSError):  # a file that is no picture, or no room
        return ""
    return continues


def _pictures(turn: Exchange) -> list[str]:
    return [part.picture for part in turn.reply if part.picture is not None]


async def _version(
    context: Context, turn: Exchange, files: Mapping[str, Path], owner: str, choice: Choice, continues: str
) -> Job:
    """Raises PlaygroundError, OSError."""
    studio = context.studio
    given = await studio.prepare([files[name] for name in turn.pictures], choice.provider)
    wanted: ImageRequest = build(prompt=turn.prompt, provider=choice.provider, model=choice.model)
    wanted = wanted.model_copy(update={"images": given, "continues": continues})
    staging = studio.history.staging_dir
    parts = [await asyncio.to_thread(_part, *one, files, staging) for one in enumerate(turn.reply, 1)]
    return await studio.keep(
        wanted,
        ImageResult(parts=tuple(parts), finish_reason="STOP"),
        owner=owner,
        mode=mode_taking(len(given)),
        once=studio.history.new_id(),
        batched=0.0,  # whoever made it was paid elsewhere
        seconds=0.0,
    )


def _part(number: int, said: Said, files: Mapping[str, Path], staging: Path) -> Part:
    """Raises PlaygroundError, OSError."""
    if said.picture is None:
        return TextPart(said.text, signature=said.signature)
    source = files[said.picture]
    with source.open("rb") as stream:
        info = images.sniff(stream)
    if info is None:
        raise UnusablePicture("picture_unreadable", number=number)
    copy = staging / f"pasted-{secrets.token_hex(8)}{info.extension}"
    shutil.copyfile(source, copy)
    facts = (info.mime_type, info.width, info.height, info.mime_type)
    return PicturePart(b"", *facts, signature=said.signature, file=copy, file_bytes=copy.stat().st_size)
