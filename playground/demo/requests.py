"""From the body of a `generateContent` call to a checked request, or to the error that Google would send."""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pybase64

from playground.catalogue import ModelRow
from playground.demo.api_error import invalid_argument, invalid_value, unusable_picture
from playground.demo.spool import Body
from playground.wire.base64text import URL_SAFE
from playground.wire.values import pick

ACCEPTED = frozenset({"image/png", "image/jpeg", "image/webp"})
"""MIME types of input pictures: what the painter can open."""

OUTPUT_FORMATS = {"jpeg": "image/jpeg", "png": "image/png"}
"""`imageConfig.outputFormat` -> MIME type. Only some gateways document the field; here every model has it."""

_SIZES = ("512", "1K", "2K", "4K")
_DATA_FIELDS = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode")
_IMAGE_CONFIG = "generation_config.image_config"
_FIRST_WIDE_LETTER = "⺀"
_SIGNATURES = "https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior"


Object = Mapping[str, Any]

Picture = bytes | Path
"""An encoded picture: its bytes, or the file that holds them."""


@dataclass(frozen=True)
class Model:
    """The model that a call names.

    Attributes:
        id: as it stands in the URL.
        row: what it accepts.
        size_in_id: the id is one of a gateway that puts the size into it.
        hand: a number of its own: two models draw the same words differently.
    """

    id: str
    row: ModelRow
    size_in_id: bool = False
    hand: int = 0

    @property
    def needs_signatures(self) -> bool:
        """Whether a replayed picture has to carry its `thoughtSignature`."""
        return self.row.signs_pictures


@dataclass(frozen=True)
class GenerateRequest:
    """A checked request.

    Attributes:
        prompt: words of the last user turn.
        pictures: the last one of the model's latest turn, then those of the user.
        aspect_ratio: one of the row's, or None to follow the last picture.
        image_size: "512", "1K", "2K" or "4K".
        mime_type: MIME type of the answer's pictures.
        modalities: "TEXT" and "IMAGE", as asked for.
        text_tokens: about how many tokens all texts of the conversation have.
        search: what a search may look for, "webSearch" and "imageSearch"; empty without one.
    """

    prompt: str
    pictures: tuple[Picture, ...]
    aspect_ratio: str | None
    image_size: str
    mime_type: str
    modalities: frozenset[str]
    text_tokens: int
    search: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Turn:
    role: str
    texts: tuple[str, ...]
    pictures: tuple[Picture, ...]


def text_tokens(text: str) -> int:
    """About how many tokens a text has: four letters of an alphabet each, or one Chinese character."""
    wide = sum(letter >= _FIRST_WIDE_LETTER for letter in text)
    return wide + -(-(len(text) - wide) // 4)


def parse(body: Body, model: Model) -> GenerateRequest:
    """What a body asks of a model.

    Raises:
        ApiError: a 400 with the text that Google sends, for anything that the model does not accept.
    """
    document = _document(body.text)
    config = _object(document, "generationConfig", "generation_config")
    if pick(config, "candidateCount") not in (None, 0, 1, "1"):
        raise invalid_argument("Multiple candidates is not enabled for this model")
    image = _image_config(config)
    aspect_ratio, image_size = _aspect_ratio(image, model), _image_size(image, model)
    mime_type, modalities = _mime_type(image), _modalities(config, model)
    _check_thinking(config, model)
    turns = _turns(document, body.pictures, model)
    prompt, pictures = _request_of(turns)
    if len(pictures) > model.row.max_images:
        raise invalid_argument(
            f"Too many images: {len(pictures)} were given, models/{model.id} accepts at most "
            f"{model.row.max_images}."
        )
    system = _object(document, "systemInstruction", "system_instruction")
    tokens = sum(text_tokens(str(pick(part, "text") or "")) for part in _list(system, "parts"))
    tokens += sum(text_tokens(text) for turn in turns for text in turn.texts)
    search = _search(document)
    if search and ("web_images" if "imageSearch" in search else "web") not in model.row.searches:
        raise invalid_argument(f"Search as a tool is not enabled for models/{model.id}, or not of this kind.")
    return GenerateRequest(prompt, pictures, aspect_ratio, image_size, mime_type, modalities, tokens, search)


def _document(text: bytes) -> Object:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid_argument("Invalid JSON payload received. Unexpected token.") from None
    if not isinstance(document, dict):
        raise invalid_argument("Invalid JSON payload received. Root element must be a message.")
    return document


def _image_config(config: Object) -> Object:
    """`imageConfig`, or the newer spelling `responseFormat.image` of the same fields."""
    if pick(config, "imageConfig") is not None:
        return _object(config, "imageConfig", _IMAGE_CONFIG)
    form = pick(config, "responseFormat")
    return _object(form, "image", "generation_config.response_format.image") if isinstance(form, dict) else {}


def _aspect_ratio(image: Object, model: Model) -> str | None:
    return _choice(image, "aspectRatio", "aspect_ratio", model.row.aspect_ratios)


def _image_size(image: Object, model: Model) -> str:
    # A size in the id decides: the gateway's own examples send any other `imageSize` along with such ids.
    allowed = _SIZES if model.size_in_id else model.row.image_sizes
    asked = _choice(image, "imageSize", "image_size", allowed)
    return model.row.default_image_size if asked is None or model.size_in_id else asked


def _mime_type(image: Object) -> str:
    asked = _choice(image, "outputFormat", "output_format", tuple(OUTPUT_FORMATS))
    return OUTPUT_FORMATS[asked or "jpeg"]


def _choice(image: Object, name: str, spelled: str, allowed: tuple[str, ...]) -> str | None:
    path = f"{_IMAGE_CONFIG}.{spelled}"
    value = _text(image, name, path)
    if value is None or value in allowed:
        return value
    listed = ", ".join(allowed) or "none, leave the field out"
    raise invalid_value(path, f'Invalid value: "{value[:40]}". Allowed for this model: {listed}.')


def _modalities(config: Object, model: Model) -> frozenset[str]:
    asked = [str(value).upper() for value in _list(config, "responseModalities")]
    known = set(model.row.response_modalities)
    if not set(asked) <= known:
        raise invalid_argument(
            f"The requested combination of response modalities ({', '.join(asked)[:80]}) is not supported by "
            f"the model. models/{model.id} accepts the following combination of response modalities:\n"
            "* IMAGE\n* TEXT, IMAGE\n"
        )
    return frozenset(asked or known)


def _search(document: Object) -> frozenset[str]:
    """What the tool `googleSearch` may look for; without `searchTypes` it is pages."""
    kinds: set[str] = set()
    for tool in _list(document, "tools"):
        search = pick(tool, "googleSearch") if isinstance(tool, dict) else None
        if isinstance(search, dict):
            types = _object(search, "searchTypes", "tools.google_search.search_types")
            asked = {kind for kind in ("webSearch", "imageSearch") if pick(types, kind) is not None}
            kinds |= asked or {"webSearch"}
    return frozenset(kinds)


def _check_thinking(config: Object, model: Model) -> None:
    path = "generation_config.thinking_config.thinking_level"
    level = _text(
        _object(config, "thinkingConfig", "generation_config.thinking_config"), "thinkingLevel", path
    )
    if level is not None and level.lower() not in model.row.thinking_levels:
        raise invalid_value(path, f'Thinking level "{level[:40]}" is not supported for this model.')


def _turns(document: Object, files: Mapping[str, Path], model: Model) -> tuple[_Turn, ...]:
    contents = _list(document, "contents")
    if not contents:
        raise invalid_argument("* GenerateContentRequest.contents: contents is not specified\n")
    return tuple(_turn(content, number, files, model) for number, content in enumerate(contents))


def _turn(content: Any, number: int, files: Mapping[str, Path], model: Model) -> _Turn:
    path = f"contents[{number}]"
    if not isinstance(content, dict):
        raise invalid_value(path)
    role = _text(content, "role", f"{path}.role") or "user"
    if role not in ("user", "model"):
        raise invalid_argument("Please use a valid role: user, model.")
    parts = _list(content, "parts")
    if not parts:
        raise invalid_argument(f"* GenerateContentRequest.{path}.parts: contents.parts must not be empty.\n")
    texts: list[str] = []
    pictures: list[Picture] = []
    for place, part in enumerate(parts):
        where = f"{path}.parts[{place}]"
        _check_part(part, where)
        # Thoughts are shown to a person and are no input; they never carry a signature either.
        if role == "model" and pick(part, "thought"):
            continue
        if (text := _text(part, "text", f"{where}.text")) is not None:
            texts.append(text)
        if pick(part, "inlineData") is None:
            continue
        if role == "model" and model.needs_signatures and not pick(part, "thoughtSignature"):
            raise invalid_argument(
                f"Image part is missing a thought_signature in content position {number + 1}, part position "
                f"{place + 1}. Please refer to {_SIGNATURES} for more details."
            )
        pictures.append(_picture(part, where, files))
    return _Turn(role, tuple(texts), tuple(pictures))


def _check_part(part: Any, where: str) -> None:
    if not isinstance(part, dict):
        raise invalid_value(where)
    if all(pick(part, name) is None for name in _DATA_FIELDS):
        raise invalid_argument(
            f"* GenerateContentRequest.{where}.data: "
            "required oneof field 'data' must have one initialized field\n"
        )
    if pick(part, "fileData") is not None:
        raise invalid_value(
            f"{where}.file_data", "This demo reads files in batches only: send the picture as inlineData."
        )


def _picture(part: Object, where: str, files: Mapping[str, Path]) -> Picture:
    path = f"{where}.inline_data"
    inline = _object(part, "inlineData", path)
    data = _text(inline, "data", f"{path}.data") or ""
    mime_type = _text(inline, "mimeType", f"{path}.mime_type") or ""
    picture = files.get(data) or _decoded(data, f"{path}.data")
    if mime_type not in ACCEPTED or not picture:
        raise unusable_picture()
    return picture


def _decoded(text: str, path: str) -> bytes:
    """The bytes of a short picture. Raises ApiError naming `path`, for a "data:" prefix too, as at Google."""
    try:
        signs = text.encode("ascii").rstrip(b"=").translate(URL_SAFE)
        return pybase64.b64decode(signs + b"=" * (-len(signs) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        beginning = text[:20] + ("…" if len(text) > 20 else "")
        suffix = f' (TYPE_BYTES), Base64 decoding failed for "{beginning}"'
        raise invalid_value(path, suffix=suffix) from None


def _request_of(turns: tuple[_Turn, ...]) -> tuple[str, tuple[Picture, ...]]:
    """Words and pictures of the last user turn, the picture that the model drew before in front of them."""
    latest = _latest_user_turns(turns)
    if not latest:
        raise invalid_argument("Please ensure that the last turn of contents has the role: user.")
    earlier = turns[: len(turns) - len(latest)]
    drawn = next(
        (turn.pictures[-1:] for turn in reversed(earlier) if turn.role == "model" and turn.pictures), ()
    )
    pictures = drawn + tuple(picture for turn in latest for picture in turn.pictures)
    prompt = "\n".join(text for turn in latest for text in turn.texts).strip()
    if not prompt and not any(turn.pictures for turn in latest):
        raise invalid_argument("* GenerateContentRequest.contents: contents has neither text nor image\n")
    return prompt, pictures


def _latest_user_turns(turns: tuple[_Turn, ...]) -> tuple[_Turn, ...]:
    backwards: Iterator[_Turn] = takewhile(lambda turn: turn.role == "user", reversed(turns))
    return tuple(backwards)[::-1]


# ── members of an object, as Google reads them ─────────────────────────────────────────────────────────────


def _object(parent: object, name: str, path: str) -> Object:
    """A member that is an object, empty when absent. Raises ApiError naming `path` for anything else."""
    value = pick(parent, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_value(path)
    return value


def _list(parent: object, name: str) -> list[Any]:
    """A member that is a list, empty when absent. A lone value counts as a list of one, as at Google."""
    value = pick(parent, name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(parent: object, name: str, path: str) -> str | None:
    """A member that is a string, None when absent. Raises ApiError naming `path` for anything else."""
    value = pick(parent, name)
    if value is not None and not isinstance(value, str):
        raise invalid_value(path, suffix=" (TYPE_STRING)")
    return value
