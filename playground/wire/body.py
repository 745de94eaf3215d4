"""The JSON body of a generateContent call."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from playground.catalogue import ModelRow
from playground.request import SETTINGS, ImageRequest, PreparedImage, ReplyPart, Turn
from playground.wire.outline import byte_note, signature_note
from playground.wire.sending import PictureFile, RequestBody

_Picture = Callable[[PreparedImage], dict[str, Any]]


def request_body(request: ImageRequest, model: ModelRow) -> RequestBody:
    """The body to send, UTF-8: earlier turns, the words, the pictures in order, and what was chosen.

    Args:
        request: already checked against `model`.
        model: the row that serves it; what a row does not offer is never sent.

    Raises:
        UnusablePicture: "picture_changed" with its number, when a file is gone or no longer the one prepared.
    """
    files: list[PictureFile] = []
    # Random, so that no prompt can contain it.
    mark = secrets.token_hex(16)

    def placeholder(image: PreparedImage, number: int) -> str:
        files.append(PictureFile.measured(image.path, image.byte_count, number))
        return mark

    text = json.dumps(body_with(request, model, placeholder), ensure_ascii=False).encode()
    return RequestBody(tuple(text.split(mark.encode())), tuple(files))


def elided(request: ImageRequest, model: ModelRow) -> dict[str, Any]:
    """The same body as data for people to read, pictures and signatures replaced by their sizes.

    Reads no file.
    """
    note = body_with(request, model, lambda image, number: byte_note(image.byte_count, image.mime_type))
    for part in (part for content in note["contents"] for part in content["parts"]):
        if "thoughtSignature" in part:
            part["thoughtSignature"] = signature_note(part["thoughtSignature"])
    return note


def body_with(
    request: ImageRequest, model: ModelRow, data_of: Callable[[PreparedImage, int], object]
) -> dict[str, Any]:
    """The body as data. Where the base64 of a picture belongs stands what `data_of` makes of the picture and
    of its number, from 1, in the order in which they go out. Reads no file."""
    numbers = itertools.count(1)  # of all pictures in the order in which they go out

    def picture(image: PreparedImage) -> dict[str, Any]:
        return {"inline_data": {"mime_type": image.mime_type, "data": data_of(image, next(numbers))}}

    earlier = [content for turn in request.turns for content in _turn(turn, picture)]
    return {
        "contents": [*earlier, _said(request.prompt, request.images, picture)],
        **_chosen(request, model),
    }


def _said(prompt: str, images: Iterable[PreparedImage], picture: _Picture) -> dict[str, Any]:
    return {"role": "user", "parts": [{"text": prompt}, *map(picture, images)]}


def _turn(turn: Turn, picture: _Picture) -> Iterator[dict[str, Any]]:
    """What was said and what was answered: the answer word for word, every signature with its own part."""
    yield _said(turn.prompt, turn.images, picture)
    yield {"role": "model", "parts": [_reply_part(part, picture) for part in turn.reply]}


def _reply_part(part: ReplyPart, picture: _Picture) -> dict[str, Any]:
    sent = {"text": part.text} if part.image is None else picture(part.image)
    # Gateways that rewrite bodies know this name in camel case only, and drop it otherwise.
    return sent if part.signature is None else {**sent, "thoughtSignature": part.signature}


def _chosen(request: ImageRequest, model: ModelRow) -> dict[str, Any]:
    """What the settings put into the body; the members of an object stand before the objects in it."""
    body: dict[str, Any] = {}
    members = [
        member
        for setting in SETTINGS
        for member in setting.members(getattr(request, setting.name), model).items()
    ]
    for path, value in sorted(members, key=lambda member: len(member[0])):
        *above, name = path
        place = body
        for group in above:
            place = place.setdefault(group, {})
        place[name] = value
    return body
