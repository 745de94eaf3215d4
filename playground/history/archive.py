"""A ZIP that a colleague can open: originals, inputs, records, and one page that needs nothing else."""

from __future__ import annotations

import base64
import json
import secrets
import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from playground.history.files import Files
from playground.history.folders import RECORD
from playground.history.models import Entry, SavedPicture
from playground.record import Record

FOLDER: Final = "generations"
PAGE: Final = "index.html"
_STYLE = """
body{margin:2rem auto;max-width:72rem;padding:0 1rem;font:16px/1.5 system-ui;
color:#1c1c1e;background:#fff}
article{margin:0 0 2.5rem;border-top:1px solid #ddd;padding-top:1rem}
p{white-space:pre-wrap;overflow-wrap:anywhere}
.facts{color:#666;font-size:.875rem}
.row{display:flex;flex-wrap:wrap;gap:.75rem}
img{max-width:20rem;max-height:20rem;border-radius:.5rem;display:block}
@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1c1e}article{border-color:#444}.facts{color:#aaa}}
"""
_HEAD = (
    '<!doctype html>\n<html><head><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src 'unsafe-inline'\">"
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    f"<title>Image Playground · 图像工坊</title><style>{_STYLE}</style></head><body>\n"
)
_DAY = (1980, 1, 1, 0, 0, 0)


def write(files: Files, entries: Sequence[Entry], folder: Path) -> Path:
    """Writes the ZIP into `folder` under a name that nobody can guess. Pictures are stored as they are.

    Raises:
        OSError: the disk is full or not writable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"pictures-{secrets.token_urlsafe(12)}.zip"
    try:
        with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as zipped:
            articles = [_add(zipped, files, entry) for entry in entries]
            _write(zipped, PAGE, (_HEAD + "\n".join(articles) + "\n</body></html>\n").encode())
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def _add(zipped: zipfile.ZipFile, files: Files, entry: Entry) -> str:
    """Puts one generation into the ZIP; returns what the page says of it."""
    record = files.record(entry.id) or Record(id=entry.id)
    spoken_of = (file.name for file in record.files)
    for name in dict.fromkeys((*spoken_of, *(picture.name for picture in entry.pictures))):
        path = files.path(entry.id, name)
        if path is not None:
            zipped.write(path, _place(entry.id, name))
    text = json.dumps({**record.shareable, "starred": entry.starred}, ensure_ascii=False, indent=1)
    _write(zipped, _place(entry.id, RECORD), text.encode("utf-8", "replace"))
    return _article(files, entry)


def _write(zipped: zipfile.ZipFile, name: str, data: bytes) -> None:
    zipped.writestr(zipfile.ZipInfo(name, _DAY), data, zipfile.ZIP_DEFLATED)


def _place(generation: str, name: str) -> str:
    return f"{FOLDER}/{generation}/{name}"


def _article(files: Files, entry: Entry) -> str:
    pictures = "".join(_picture(files, entry, picture) for picture in entry.pictures)
    star = "★ " if entry.starred else ""
    facts = " · ".join(
        part
        for part in (
            f"{entry.created:%Y-%m-%d %H:%M} UTC",
            entry.model,
            entry.provider,
            "" if entry.seconds is None else f"{entry.seconds:.1f} s",
            "" if entry.cost is None else f"≈ ${entry.cost:.3f}",
            entry.error_code,
        )
        if part
    )
    words = f'<p class="facts">{escape(entry.text)}</p>' if entry.text else ""
    return (
        f'<article id="{escape(entry.id)}"><div class="row">{pictures}</div>'
        f'<p>{star}{escape(entry.prompt)}</p>{words}<p class="facts">{escape(facts)}</p></article>'
    )


def _picture(files: Files, entry: Entry, picture: SavedPicture) -> str:
    """A small copy in the page itself, which leads to the original beside the page."""
    link = escape(_place(entry.id, picture.name))
    small = files.path(entry.id, picture.thumbnail.name) if picture.thumbnail else None
    if small is None:
        return f'<a href="{link}">{escape(picture.name)}</a>'
    data = base64.b64encode(small.read_bytes()).decode()
    return f'<a href="{link}"><img alt="" src="data:image/webp;base64,{data}"></a>'
