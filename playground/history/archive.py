"""A ZIP that a colleague can open: originals, inputs, records, and one page that needs nothing else.

It is made while it is sent: no part of it is ever on disk, and no more than one piece of a file is in memory.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from playground.history import filenames
from playground.history.files import Files
from playground.history.folders import RECORD
from playground.history.models import Entry, SavedPicture
from playground.record import Record

FOLDER: Final = "generations"
PAGE: Final = "index.html"
_WORKERS = 2
_ID_LENGTH = 8
"""Characters of an id that tell apart what was made of one prompt on one day."""


def stream(files: Files, entries: Sequence[Entry]) -> Iterator[bytes]:
    """The pieces of the ZIP, in order. Pictures are stored as they are, byte for byte.

    Raises:
        OSError: a file went away while the ZIP was on its way.
    """
    archive = ZipStream(compress_type=ZIP_STORED)
    for entry in entries:
        _add(archive, files, entry)
    archive.add(_page(files, entries), PAGE, compress_type=ZIP_DEFLATED)
    return iter(archive)


def _add(archive: ZipStream, files: Files, entry: Entry) -> None:
    record = files.record(entry.id) or Record(id=entry.id)
    names = (*(file.name for file in record.files), *(picture.name for picture in entry.pictures))
    for name in dict.fromkeys(names):
        path = files.path(entry.id, name)
        if path is not None:
            archive.add_path(path, _place(entry, name))
    text = json.dumps(
        {**record.shareable, "starred": entry.starred, "stars": entry.stars}, ensure_ascii=False, indent=1
    )
    archive.add(text.encode("utf-8", "replace"), _place(entry, RECORD), compress_type=ZIP_DEFLATED)


def _place(entry: Entry, name: str) -> str:
    """Where a file is in the ZIP: results have the names that they are downloaded by."""
    stem = filenames.stem(entry.created, entry.prompt)
    names = [picture.name for picture in entry.pictures]
    if name in names:
        name = filenames.numbered(stem, names.index(name) + 1, name)
    return f"{FOLDER}/{stem}-{entry.id[:_ID_LENGTH]}/{name}"


def _page(files: Files, entries: Sequence[Entry]) -> Iterator[bytes]:
    """The page, generation by generation; previews that are missing are made meanwhile, a few at once."""
    with ThreadPoolExecutor(_WORKERS) as workers:
        previews = workers.map(partial(_previews, files), entries)
        shown = (
            {"entry": entry, "pictures": pictures} for entry, pictures in zip(entries, previews, strict=True)
        )
        for piece in _template().generate(generations=shown, place=_place):
            yield piece.encode("utf-8", "replace")


def _previews(files: Files, entry: Entry) -> list[tuple[SavedPicture, str]]:
    """(picture, small copy as base64) for each picture; "" where there is none."""
    return [(picture, _preview(files, picture)) for picture in entry.pictures]


def _preview(files: Files, picture: SavedPicture) -> str:
    small = files.path(picture.generation, picture.thumbnail.name) if picture.thumbnail else None
    return base64.b64encode(small.read_bytes()).decode() if small else ""


@cache
def _template() -> Template:
    loader = PackageLoader("playground.history")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False)
    return environment.get_template("archive.html")
