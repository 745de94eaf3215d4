"""A ZIP that a colleague can open: originals, inputs, records, and one page that needs nothing else.

It is made while it is sent: no part of it is ever on disk, and no more than one piece of a file is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from playground.history import filenames
from playground.history.files import Files
from playground.history.folders import RECORD
from playground.history.models import Entry
from playground.record import Record

FOLDER: Final = "generations"
PAGE: Final = "index.html"
_ID_LENGTH = 8
"""Characters of an id that tell apart what was made of one prompt on one day."""


Page = Callable[[Sequence[Entry], Callable[[Entry, str], str]], Iterator[bytes]]
"""Makes the page, in pieces, of the entries and of where the ZIP has each file of theirs."""


def stream(files: Files, entries: Sequence[Entry], page: Page | None = None) -> Iterator[bytes]:
    """The pieces of the ZIP, in order. Pictures are stored as they are, byte for byte.

    Raises:
        OSError: a file went away while the ZIP was on its way.
    """
    archive = ZipStream(compress_type=ZIP_STORED)
    for entry in entries:
        _add(archive, files, entry)
    if page is not None:
        archive.add(page(entries, _place), PAGE, compress_type=ZIP_DEFLATED)
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
