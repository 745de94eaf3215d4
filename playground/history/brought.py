"""What is in a ZIP that somebody brings: what of it is ours, however it was packed again, and what is not.

People unpack an export, look into it and pack it again. Tools then add folders around it or leave them away,
write backslashes, `./`, `../` or a drive letter, change capitals, and lay their own files beside ours. So a
generation is any folder with a `record.json`, whatever it is called: no such name is ever a place on disk.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zipfile import ZipInfo

from playground.history import filenames
from playground.history.archive import PAGE
from playground.history.files import THUMBNAIL_ENDING
from playground.history.folders import MARKS, RECORD
from playground.history.recovery import PICTURE_NAME

Members = Mapping[str, ZipInfo]
"""The files of one generation by name: what its record calls them, and results as people download them."""

MAX_SHOWN: Final = 60
_INPUT_NAME = re.compile(r"input-\d{1,3}\.[a-z]{3,4}")
_LITTER_FOLDER: Final = "__macosx"
_LITTER: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_IS_UTF8: Final = 0x800
"""The flag of a member whose name is said to be UTF-8; all others are in whatever their system had."""


@dataclass(frozen=True)
class Contents:
    """What is in a ZIP, sorted.

    Attributes:
        generations: the folders that have a record.
        foreign: the files that are not ours, without what systems add on their own.
    """

    generations: tuple[Members, ...]
    foreign: tuple[ZipInfo, ...]


def sort(infos: Iterable[ZipInfo]) -> Contents:
    """Sorts the members of a ZIP. Nothing is read: whether a record is one is for others to say."""
    folders: dict[tuple[str, ...], dict[str, ZipInfo]] = defaultdict(dict)
    foreign: list[ZipInfo] = []
    for info in infos:
        *folder, name = _parts(info)
        if not name or _is_litter(folder, name):
            continue
        folders[tuple(folder)][name.lower()] = info
    generations = [_of_generation(members) for members in folders.values() if RECORD in members]
    pages = {PAGE} if generations else set()
    for members in folders.values():
        ours = pages | (_of_generation(members).keys() if RECORD in members else set())
        foreign += [info for name, info in members.items() if name not in ours]
    return Contents(tuple(generations), tuple(foreign))


def shown(info: ZipInfo) -> str:
    """The name of a file as a person knows it: without its folders, shortened, nothing in it but letters."""
    name = _guessed(info).replace("\\", "/").rpartition("/")[2]
    short = name if len(name) <= MAX_SHOWN else f"{name[: MAX_SHOWN // 2]}…{name[-MAX_SHOWN // 3 :]}"
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in short)


def _parts(info: ZipInfo) -> Sequence[str]:
    """The folders of a member and its name, which is "" for a folder."""
    *folders, name = info.filename.replace("\\", "/").split("/")
    return (*(one for one in folders if one not in ("", ".")), name)


def _is_litter(folders: Sequence[str], name: str) -> bool:
    in_litter = any(one.lower() == _LITTER_FOLDER for one in folders)
    return in_litter or name.startswith("._") or name.lower() in _LITTER


def _of_generation(members: Members) -> dict[str, ZipInfo]:
    """The files beside a record that a generation may have."""
    return {name: info for name, info in members.items() if _is_ours(name)}


def _is_ours(name: str) -> bool:
    is_told = name in (RECORD, MARKS) or name.endswith(THUMBNAIL_ENDING)
    is_picture = PICTURE_NAME.fullmatch(name) or _INPUT_NAME.fullmatch(name) or filenames.is_numbered(name)
    return is_told or bool(is_picture)


def _guessed(info: ZipInfo) -> str:
    """The name, read anew where nothing says how it is written: as UTF-8, then as Chinese Windows has it."""
    if info.flag_bits & _IS_UTF8:
        return info.filename
    try:
        written = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gbk"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
