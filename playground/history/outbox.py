"""What the object store has not taken yet: an empty file names each that waits on the disk to be brought up.

    <data>/outbox/<generation>/<name>   the file of that name lies below <data>/generations, and there only

Once the store has refused one, all that come after it wait too: a store that is away is not asked again by
every call. The notes alone say what waits, as another process may have written them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playground.history.staging import sync_folder

_log = logging.getLogger(__name__)


class Outbox:
    """The notes of one data folder. Thread-safe. Raises OSError where the disk fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_away = any(self._notes())
        self._lock = threading.Lock()  # no note goes while it is written again

    def put(self, generation: str, name: str, put: Callable[[], None]) -> bool:
        """Puts a file into the store, or else notes it; whether the store has it."""
        if self._is_away and not any(self._notes()):  # another process has brought up what waited
            self._is_away = False
        # Beside a note of the same name, `send` may be bringing up the file's former content.
        if not self._is_away and not self.has(generation, name):
            try:
                put()
                return True
            except OSError as error:
                self._is_away = True
                _log.error("the object store takes nothing; files wait on the disk for it: %s", error)
        self.note(generation, name)
        return False

    def note(self, generation: str, name: str) -> None:
        """Notes a file; when this returns, that is on disk.

        To be called before the file is moved into its place, so that no crash comes between, and after it,
        as `send` may have brought up what was there before.
        """
        note = self._folder / generation / name
        with self._lock:
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
            now = time.time_ns()
            os.utime(note, ns=(now, now))  # the system's own stamps are milliseconds apart
            for folder in (note.parent, self._folder):
                sync_folder(folder)

    def has(self, generation: str, name: str) -> bool:
        """Whether a file is here alone, so that what the store has of it is older."""
        return (self._folder / generation / name).exists()

    def ids(self) -> set[str]:
        """The generations of which something waits."""
        return {note.parent.name for note in self._notes()}

    def send(self, put: Callable[[str, str], None]) -> set[str]:
        """Brings up what waits by `put(generation, name)`; the generations that are whole in the store now.

        Raises:
            OSError: the store takes nothing yet. What it took does not wait any more.
        """
        self._is_away = False  # what fails from now on notes itself again
        sent = set()
        for note in sorted(self._notes()):
            before = _stamp(note)
            try:
                put(note.parent.name, note.name)
            except OSError:
                self._is_away = True
                raise
            sent.add(note.parent.name)
            with self._lock:
                if _stamp(note) == before:  # otherwise the file has changed meanwhile, and waits again
                    note.unlink(missing_ok=True)
        with self._lock:
            for generation in sent:
                with contextlib.suppress(OSError):  # something of it waits again
                    (self._folder / generation).rmdir()
        return sent - self.ids()

    def forget(self, generation: str) -> None:
        """The generation is gone: nothing of it waits."""
        for note in (self._folder / generation).glob("*"):
            note.unlink(missing_ok=True)

    def _notes(self) -> Iterator[Path]:
        return self._folder.glob("*/*")


def _stamp(note: Path) -> int | None:
    """When a note was written last; None once it is gone, as another process sends too."""
    try:
        return note.stat().st_mtime_ns
    except FileNotFoundError:
        return None
