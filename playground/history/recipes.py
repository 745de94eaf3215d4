"""Recipes: what a person wanted, as text that a picture can carry.

There is no key in a request, so none is in a recipe.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from playground import images
from playground.errors import PlaygroundError
from playground.history import metadata
from playground.history.models import Recipe
from playground.modes import mode_of
from playground.record import Record
from playground.request import MAX_MODEL_CHARACTERS, MAX_PROMPT_CHARACTERS, Variant, known_settings
from playground.text import mended

MAX_FILE_BYTES: Final = 80_000_000
_FORM: Final = "image-playground-recipe-1"
_NAMESPACE: Final = "urn:image-playground:recipe:1"
_PACKET: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description rdf:about="" xmlns:recipe="{_NAMESPACE}" recipe:{{name}}="{{value}}"/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
_IN_PACKET: Final = re.compile(rb'\brecipe:(plain|packed)="([^"]*)"')
_MOST_CHARACTERS = 1_000_000


def read(file: Path) -> Recipe | None:
    """The recipe inside a picture; None when there is none, or the file is no picture that can carry one."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            return None
        data = file.read_bytes()
    except OSError:
        return None
    text = extract(data)
    return None if text is None else from_text(text)


def copy(source: Path, recipe: Recipe, folder: Path) -> Path:
    """A copy of a picture in `folder` with the recipe inside. Raises as `History.copy_with_recipe`."""
    data = embed(source.read_bytes(), recipe)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{source.parent.name[:8]}-{source.stem}-recipe{source.suffix}"
    target.write_bytes(data)
    return target


def embed(data: bytes, recipe: Recipe) -> bytes:
    """A picture's bytes with the recipe among them. Raises PlaygroundError as `History.copy_with_recipe`."""
    info = images.sniff(data)
    kind = info.mime_type if info else ""
    text = to_text(recipe).encode()
    try:
        if kind == "image/png":
            return metadata.embed_png(data, text)
        if kind == "image/webp":
            return metadata.embed_webp(data, _packet("plain", html.escape(text.decode())))
        if kind == "image/jpeg":
            return _put_jpeg(data, text)
    except metadata.DoesNotFit:
        raise PlaygroundError("recipe_too_long") from None
    except metadata.NotCarried:
        pass
    raise PlaygroundError("recipe_unsupported", kind=kind.partition("/")[2].upper() or "?")


def _put_jpeg(data: bytes, text: bytes) -> bytes:
    try:
        return metadata.embed_jpeg(data, _packet("plain", html.escape(text.decode())))
    except metadata.DoesNotFit:  # one segment holds 64 kB
        return metadata.embed_jpeg(data, _packet("packed", base64.b64encode(zlib.compress(text, 9)).decode()))


def _packet(name: str, value: str) -> bytes:
    return _PACKET.format(name=name, value=value).encode()


def extract(data: bytes) -> str | None:
    """The text of the recipe in a picture's bytes, or None."""
    text = metadata.extract_png(data)
    if text is None:
        packets = metadata.packets_jpeg(data) if data.startswith(b"\xff\xd8") else metadata.packets_webp(data)
        found = (_in_packet(packet) for packet in packets)
        text = next((one for one in found if one is not None), None)
    return None if text is None else text.decode("utf-8", "replace")


def _in_packet(packet: bytes) -> bytes | None:
    if _NAMESPACE.encode() not in packet:
        return None
    match = _IN_PACKET.search(packet)
    if match is None:
        return None
    if match[1] == b"plain":
        return html.unescape(match[2].decode("utf-8", "replace")).encode()
    try:
        return zlib.decompressobj().decompress(base64.b64decode(match[2], validate=True), _MOST_CHARACTERS)
    except (binascii.Error, zlib.error):
        return None


def to_text(recipe: Recipe) -> str:
    """The recipe as JSON."""
    asked = {"prompt": recipe.prompt, "mode": recipe.mode, "provider": recipe.provider, "model": recipe.model}
    # The settings stand beside the rest, where earlier releases look for them.
    values = {"form": _FORM, **asked, **recipe.settings}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Recipe | None:
    """The recipe that a text holds; None when it holds none. Anybody may have written it."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or values.get("form") != _FORM:
        return None
    return from_values(values)


def from_values(values: Mapping[str, Any]) -> Recipe:
    """A recipe from the values of a text; what is missing or wrong becomes the default."""
    mode = str(values.get("mode"))
    return Recipe(
        prompt=_text(values.get("prompt"), MAX_PROMPT_CHARACTERS),
        mode=mode_of(mode).id,
        provider=_text(values.get("provider"), MAX_MODEL_CHARACTERS),
        model=_text(values.get("model"), MAX_MODEL_CHARACTERS),
        settings=known_settings(values),
    )


def of(record: Record, picture: str = "") -> Recipe:
    """What a record says was wanted, of all its calls or of the one that brought a picture."""
    values = {"provider": record.provider, "model": record.model, **record.settings}
    others, call = record.settings["versus"], _call(record, picture)
    if picture and isinstance(others, list) and others:
        own = Variant.of(str(others[call - 2])).values if 1 < call <= 1 + len(others) else {}
        values |= {"versus": [], "count": 1, **own}
    provider, model = str(values.pop("provider")), str(values.pop("model"))
    return Recipe(record.prompt, record.mode or "text", provider, model, values)


def _call(record: Record, picture: str) -> int:
    """The number of the call that brought a picture; 1 for one that none did."""
    brought = (one.call for one in record.outcomes if any(p.name == picture for p in one.pictures))
    return next(brought, 1)


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        return ""
    return mended(value).replace("\0", "")
