"""The JSON body of a generateContent call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playground.catalogue import ModelRow
from playground.errors import UnusablePicture
from playground.request import AUTO, ImageRequest, PreparedImage
from playground.wire.base64text import to_base64
from playground.wire.outline import byte_note


def encode(request: ImageRequest, model: ModelRow) -> bytes:
    """The body to send, UTF-8: the words first, then the pictures in order, then what was chosen.

    Args:
        request: already checked against `model`.
        model: the row that serves it; what a row does not offer is never sent.

    Raises:
        UnusablePicture: "picture_changed" with its number, when a file is gone or no longer the one prepared.
    """
    return json.dumps(_body(request, model, _data), ensure_ascii=False).encode()


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


def _data(image: PreparedImage, number: int) -> str:
    try:
        data = image.path.read_bytes()
    except OSError:
        raise UnusablePicture("picture_changed", number=number) from None
    if len(data) != image.byte_count:
        raise UnusablePicture("picture_changed", number=number)
    return to_base64(data)
