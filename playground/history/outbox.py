"""What the object store has not taken yet: an empty file names each that waits on the disk to be brought up.

    <data>/outbox/<generation>/<name>   the file of that name lies below <data>/generations, and there only

While one waits, all that come after it wait too: a store that is away is not asked again by every call.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from playground.history.staging import sync_folder

_log = logging.getLogger(__name__)


class Outbox:
    """The notes of one data folder. Thread-safe. Raises OSError where the disk fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_waiting = any(self._notes())

    def put(self, generation: str, name: str, put: Callable[[], None]) -> None:
        """Puts a file into the store; where that fails, notes it, and when this returns, that is on disk."""
        if not self._is_waiting:
            try:
                put()
                return
            except OSError as error:
                _log.error("the object store takes nothing; files wait on the disk for it: %s", error)
        self._is_waiting = True
        note = self._folder / generation / name
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
        for folder in (note.parent, self._folder):
            sync_folder(folder)

    def has(self, generation: str, name: str) -> bool:
        """Whether a file is here alone, so that what the store has of it is older."""
        return self._is_waiting and (self._folder / generation / name).exists()

    def ids(self) -> set[str]:
        """The generations of which something waits."""
        return {note.parent.name for note in self._notes()} if self._is_waiting else set()

    def send(self, put: Callable[[str, str], None]) -> set[str]:
        """Brings up what waits by `put(generation, name)`; the generations that are whole in the store now.

        Raises:
            OSError: the store takes nothing yet. What it took does not wait any more.
        """
        if not self._is_waiting:
            return set()
        self._is_waiting = False  # what fails from now on notes itself again
        sent = set()
        try:
            for note in sorted(self._notes()):
                put(note.parent.name, note.name)
                note.unlink(missing_ok=True)
                sent.add(note.parent.name)
        finally:
            self._is_waiting = any(self._notes())
        for generation in sent:
            with contextlib.suppress(OSError):  # something of it waits again
                (self._folder / generation).rmdir()
        return sent

    def forget(self, generation: str) -> None:
        """The generation is gone: nothing of it waits."""
        for note in (self._folder / generation).glob("*"):
            note.unlink(missing_ok=True)

    def _notes(self) -> Iterator[Path]:
        return self._folder.glob("*/*")
