"""The JSON body of a generateContent call."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from playground.catalogue import ModelRow
from playground.request import AUTO, ImageRequest, PreparedImage
from playground.wire.frame import Frame, PictureFile
from playground.wire.outline import byte_note


def encode(request: ImageRequest, model: ModelRow) -> bytes:
    """The whole body in one piece, for looking at; see `frame` for sending it."""
    return b"".join(frame(request, model).chunks())


def frame(request: ImageRequest, model: ModelRow) -> Frame:
    """The body to send, UTF-8: the words first, then the pictures in order, then what was chosen.

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

    text = json.dumps(_body(request, model, placeholder), ensure_ascii=False).encode()
    return Frame(tuple(text.split(mark.encode())), tuple(files))


def elided(request: ImageRequest, model: ModelRow) -> dict[str, Any]:
    """The same body as data for people to read, each picture replaced by its size. Reads no file."""
    return _body(request, model, lambda image, number: byte_note(image.byte_count, image.mime_type))


def _body(
    request: ImageRequest, model: ModelRow, data_of: Callable[[PreparedImage, int], str]
) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": request.prompt}]
    for number, image in enumerate(request.images, start=1):
        parts.append({"inline_data": {"mime_type": image.mime_type, "data": data_of(image, number)}})
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": _generation_config(request, model),
    }


def _generation_config(request: ImageRequest, model: ModelRow) -> dict[str, Any]:
    config: dict[str, Any] = {"responseModalities": list(request.response_modalities)}
    choices = (
        ("aspectRatio", request.aspect_ratio, model.aspect_ratios),
        ("imageSize", request.image_size, model.image_sizes),
        ("outputFormat", request.output_format, model.output_formats),
    )
    image_config = {key: value for key, value, offered in choices if value != AUTO and offered}
    if image_config:
        config["imageConfig"] = image_config
    return config
