"""Links that fill in a form: its words and its settings, packed into the part of an address that never leaves
the browser by itself. No key, no base URL, no picture and nothing of the history is ever in one.

What somebody else has made is read by the same list: nothing that does not stand here gets into a form.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import segno

from playground.catalogue import Catalogue
from playground.modes import FIRST, MODES
from playground.providers.credentials import redact
from playground.request import (
    MAX_MODEL_CHARACTERS,
    MAX_PROMPT_CHARACTERS,
    SETTINGS,
    ImageRequest,
    known_settings,
)
from playground.text import mended_json

MARK: Final = "1"
"""Name of this form of a link: `#1=...`."""
MAX_CHARACTERS: Final = 8_000
"""Of what stands behind the mark: chats and browsers cut what is much longer."""

_MAX_UNPACKED = 200_000
# What most links say, so that they need not. Never change it: another one is another `MARK`.
_COMMON = (
    b'"thinking_level":"high""search":"web""output_format":"png""response_modalities":["IMAGE"]"count":4'
    b'"aspect_ratio":"16:9""image_size":"2K","model":"gemini-nano-banana-2.1","mode":"compose"{"prompt":"'
)
_HERE = re.compile(r"https?://[^\s#?\"'<>\\]{1,500}")


@dataclass(frozen=True)
class Linked:
    """What a link says.

    Attributes:
        mode: the id of a tab.
        model: "" where it names none.
        settings: setting name -> value as one word, for every setting.
    """

    prompt: str
    mode: str
    model: str
    settings: Mapping[str, str]


def link(here: object, request: ImageRequest, mode: str) -> str:
    """The address that fills in a form with a request; "" where it would be too long, or has no place to go.

    Args:
        here: address of the page, as the browser knows it.
    """
    said = {setting.name: request.settings[setting.name] for setting in SETTINGS}
    chosen = {
        setting.name: said[setting.name] for setting in SETTINGS if said[setting.name] != setting.default
    }
    values = {
        "prompt": redact(request.prompt),
        "model": redact(request.model),
        **({"mode": mode} if mode != FIRST else {}),
        **chosen,
    }
    packed = _packed(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    if not isinstance(here, str) or not _HERE.fullmatch(here) or len(packed) > MAX_CHARACTERS:
        return ""
    return f"{here}#{MARK}={packed}"


def qr_code(address: str) -> str | None:
    """The link as a picture that phones read, a `data:` address; None where it is too long."""
    try:
        code = segno.make_qr(address, error="l")
    except segno.DataOverflowError:
        return None
    return str(code.svg_data_uri(border=4, omitsize=True, dark="#000", light="#fff"))


def read(packed: str) -> Linked | None:
    """What a link says; None where it says nothing that can be read."""
    values = _unpacked(packed)
    if values is None:
        return None
    prompt, mode, model = (_text(values, name) for name in ("prompt", "mode", "model"))
    settings = known_settings(values)
    return Linked(
        prompt=prompt[:MAX_PROMPT_CHARACTERS],
        mode=mode if mode in MODES else FIRST,
        model=model if len(model) <= MAX_MODEL_CHARACTERS else "",
        settings={setting.name: setting.spelled(settings[setting.name]) for setting in SETTINGS},
    )


def knows(catalogue: Catalogue, provider: str, model: str) -> bool:
    """Whether a provider has a model that a link names."""
    return catalogue.model(provider, model) is not catalogue.unknown_model


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _packed(data: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_COMMON)
    return base64.urlsafe_b64encode(packer.compress(data) + packer.flush()).decode().rstrip("=")


def _unpacked(text: str) -> dict[str, Any] | None:
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj(-15, zdict=_COMMON)
        values = json.loads(mended_json(reader.decompress(data, _MAX_UNPACKED)))
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
