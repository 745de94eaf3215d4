"""The folders of the generations: the truth, of which the index is only a copy.

    <data>/generations/<id>/1-1.jpg           first picture of the first call, byte for byte
    <data>/generations/<id>/1-1.thumb.webp    its preview, made when it is first wanted
    <data>/generations/<id>/1-1.large.thumb.webp    likewise, of an original that browsers do not draw
    <data>/generations/<id>/answer-1.txt      raw answer of the first call, without its pictures
    <data>/generations/<id>/input-1.png       first input picture as sent
    <data>/generations/<id>/record.json       whose it is, request and outcomes, never a key
    <data>/generations/<id>/marks.json        the star, and since when it is deleted
    <data>/incoming/<process>/                what is being written
    <data>/outbox/<id>/1-1.jpg                empty: the object store has not taken that file yet

Everything is written below `incoming`, synced, and renamed into its place, so that a file is whole or is not
there at all, and what a crash leaves behind lies in one folder.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from playground.history.outbox import Outbox
from playground.history.staging import StagingFolder, sync_folder
from playground.text import mended_json

RECORD: Final = "record.json"
MARKS: Final = "marks.json"
GIVEN: Final = "given-"
"""How the input pictures of a batch's rows begin, in a folder that is no generation's."""
_MAX_NAME = 100
_log = logging.getLogger(__name__)


class Mirror(Protocol):
    """A second place that has every file too, such as an object store."""

    def put(self, generation: str, name: str, path: Path) -> None: ...

    def fetch(self, generation: str, name: str, target: Path) -> bool: ...

    def names(self, generation: str) -> list[str]: ...

    def ids(self) -> Iterator[str]: ...

    def remove(self, generation: str) -> None: ...


class Folders:
    """Reads and writes the files of generations. Safe among threads and processes. Raises OSError."""

    def __init__(self, root: Path, staging: StagingFolder, mirror: Mirror | None = None) -> None:
        self.root = root
        self._staging = staging
        self._mirror = mirror
        self._outbox = Outbox(root.with_name("outbox"))

    def folder(self, generation: str) -> Path:
        """Where a generation's files are; made when missing."""
        folder = self.root / generation
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self.root)
        return folder

    def write(self, generation: str, name: str, data: bytes, *, is_first: bool = False) -> Path:
        """Writes one file; when this returns, it is on disk.

        Args:
            is_first: there may be none of that name, or FileExistsError is raised.
        """
        temporary = self._staging.new_path()
        try:
            temporary.write_bytes(data)
            return self.move_in(generation, name, temporary, is_first=is_first)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def move_in(
        self, generation: str, name: str, temporary: Path, *, synced: bool = True, is_first: bool = False
    ) -> Path:
        """Moves a finished file of the same file system to its place; when this returns, it is on disk.

        `is_first` as for `write`.
        """
        target = self.folder(generation) / name
        if synced:
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
        if is_first:
            _claim(temporary, target)
        mirror, waits = self._mirror, False
        if mirror is not None:
            waits = not self._outbox.put(generation, name, lambda: mirror.put(generation, name, temporary))
        temporary.replace(target)
        temporary.unlink(missing_ok=True)  # two names of one file are both left where they are
        if waits:
            self._outbox.note(generation, name)
        if synced:
            sync_folder(target.parent)
        return target

    def link_in(self, generation: str, name: str, source: Path) -> Path:
        """Keeps a file that never changes under a second name, or where that is not possible, a copy."""
        temporary = self._staging.new_path()
        try:
            try:
                os.link(source, temporary)
            except OSError:  # another file system, or one without links
                shutil.copyfile(source, temporary)
            return self.move_in(generation, name, temporary)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def find(self, generation: str, name: str) -> Path | None:
        """The file of that name, or None. Ids and names are looked up, never joined unchecked."""
        if not is_plain(generation) or not is_plain(name):
            return None
        path = self.root / generation / name
        if not path.is_file():
            # Of what was made here and is nowhere else, nobody else can have noted anything.
            return None if self._outbox.has(generation, RECORD) else self._fetched(path)
        # Pictures never change; what is noted of them does, and another replica may have done it.
        if self._mirror is None or name not in (RECORD, MARKS) or self._outbox.has(generation, name):
            return path
        try:
            return self._fetched(path) or path
        except OSError as error:
            _log.error("the object store is away; what was noted here last counts: %s", error)
            return path

    def _fetched(self, path: Path) -> Path | None:
        """The file brought here from the other place; None when it is not there either."""
        if self._mirror is None:
            return None
        temporary = self._staging.new_path()
        if not self._mirror.fetch(path.parent.name, path.name, temporary):
            return None
        self.folder(path.parent.name)
        if self._outbox.has(path.parent.name, path.name) and path.is_file():  # newer, noted here meanwhile
            temporary.unlink()
        else:
            temporary.replace(path)
        return path

    def read_json(self, generation: str, name: str) -> dict[str, Any] | None:
        """One of our JSON files; None when it is missing or damaged."""
        path = self.find(generation, name)
        if path is None:
            return None
        try:
            found = json.loads(mended_json(path.read_bytes()))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write_json(
        self, generation: str, name: str, value: Mapping[str, Any], *, is_first: bool = False
    ) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
        self.write(generation, name, text.encode("utf-8", "replace"), is_first=is_first)

    def names(self, generation: str) -> list[str]:
        """Names of all files of a generation, sorted."""
        folder = self.root / generation
        here = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        there = self._mirror.names(generation) if self._mirror else []
        return sorted({*here, *there})

    def ids(self) -> Iterator[str]:
        """Ids of all generations, in no order."""
        if self._mirror:
            waiting = self._outbox.ids()
            yield from waiting
            yield from (one for one in self._mirror.ids() if one not in waiting)
            return
        if self.root.is_dir():
            with os.scandir(self.root) as found:
                yield from (item.name for item in found if is_plain(item.name))

    def given(self, before: float) -> list[str]:
        """Ids of the folders on this disk that hold pictures of a batch and nothing else.

        Args:
            before: seconds since 1970; what was touched since then is left out.
        """
        if not self.root.is_dir():
            return []
        with os.scandir(self.root) as found:
            return [one.name for one in found if is_plain(one.name) and _is_given(Path(one.path), before)]

    def send(self) -> set[str]:
        """Brings up to the other place what it could not take; the generations of which that was all.

        Raises:
            OSError: it takes nothing yet.
        """
        return self._outbox.send(self._send) if self._mirror else set()

    def _send(self, generation: str, name: str) -> None:
        path = self.root / generation / name
        if self._mirror and path.is_file():
            self._mirror.put(generation, name, path)

    def drop_local_copies(self, before: float) -> None:
        """With another place, the disk is only nearer: what was not read for long can be fetched again.

        Args:
            before: seconds since 1970; what was touched since then stays, as does what is here alone.
        """
        if self._mirror is None or not self.root.is_dir():
            return
        waiting = self._outbox.ids()
        for folder in self.root.iterdir():
            if folder.name not in waiting and folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)

    def remove(self, generation: str) -> None:
        """Takes a whole generation away: at once gone from its place, then file by file."""
        if not is_plain(generation):
            return
        if self._mirror:
            self._mirror.remove(generation)
            self._outbox.forget(generation)
        doomed = self._staging.new_path()
        try:
            (self.root / generation).rename(doomed)
        except FileNotFoundError:
            return
        shutil.rmtree(doomed, ignore_errors=True)


def _is_given(folder: Path, before: float) -> bool:
    if (folder / RECORD).exists():  # nearly all have one: quicker than to list them
        return False
    try:
        names = [path.name for path in folder.iterdir()]
        is_given = bool(names) and all(name.startswith(GIVEN) for name in names)
        return is_given and folder.stat().st_mtime < before
    except (FileNotFoundError, NotADirectoryError):  # gone meanwhile, or none of ours
        return False


def _claim(temporary: Path, target: Path) -> None:
    """Gives a finished file its name, where nothing has it: of two processes, one comes through.

    Without links on a file system, what is there already is still refused, but not what comes in the same
    moment: there the database's claim alone tells two processes apart.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(target.name) from None


def is_plain(name: str) -> bool:
    """Whether a name may be joined: our own are short and ASCII, and the system refuses long ones loudly."""
    is_ours = name.isascii() and all(c.isalnum() or c in "-_." for c in name)
    return is_ours and 0 < len(name) <= _MAX_NAME and not name.startswith(".")
