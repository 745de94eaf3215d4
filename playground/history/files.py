"""Picture files: kept byte for byte, found only by whoever may see them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Final

from playground import images
from playground.errors import PlaygroundError, UnusablePicture
from playground.history import answers, recovery
from playground.history.folders import GIVEN, MARKS, RECORD, Folders, is_plain
from playground.history.managed_index import ManagedIndex
from playground.history.models import SavedPicture
from playground.history.staging import StagingFolder
from playground.record import Record, RecordedImage
from playground.request import PreparedImage
from playground.result import PicturePart

THUMBNAIL_SIDE: Final = 320
THUMBNAIL_ENDING: Final = ".thumb.webp"
LARGE_SIDE: Final = 4096
LARGE_ENDING: Final = f".large{THUMBNAIL_ENDING}"
"""Of the copy that is shown in place of an original that browsers do not draw."""

SHARED_OWNER: Final = "everybody"
"""The one owner of a history that is not divided among visitors."""

PROGRAM_PREFIX: Final = "program-"
"""How the owners begin whose pictures belong to whoever knows the address: see `History.find_file`."""

_OURS = (RECORD, MARKS)


class Files:
    """The files of generations, for those who may see them. Thread-safe. Raises OSError."""

    def __init__(self, folders: Folders, staging: StagingFolder, index: ManagedIndex) -> None:
        self._folders = folders
        self._staging = staging
        self._index = index

    def save_picture(
        self, generation: str, call: int, place: int, part: PicturePart, *, locked: bool = False
    ) -> SavedPicture:
        """See `History.save_picture`."""
        kind = "locked" if locked else "thought" if part.thought else ""
        name = f"{call}-{place}{kind}{images.extension(part.mime_type)}"
        with _opened(part) as stream, ThreadPoolExecutor(1) as beside:
            digest = beside.submit(hashlib.file_digest, stream, "sha256")  # while the disk is waited for
            if part.file is None:
                path = self._folders.write(generation, name, part.data)
            else:
                path = self._folders.move_in(generation, name, part.file)
            sha256 = digest.result().hexdigest()
        facts = (part.mime_type, part.width, part.height, part.byte_count, sha256, part.thought, locked)
        return self.picture(path.parent.name, name, *facts)

    def save_answer(self, generation: str, call: int, stored: bytes) -> None:
        """See `History.save_answer`. Not waited for until it is synced: no picture is lost with it."""
        temporary = self._staging.new_path()
        try:
            temporary.write_bytes(stored)
            self._folders.move_in(generation, answers.name(call), temporary, synced=False)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def save_input(self, generation: str, given: RecordedImage, image: PreparedImage) -> RecordedImage:
        """See `History.save_input`."""
        path = self._folders.link_in(generation, given.name, image.path)
        digests = {"sha256": _digest(path), "given_sha256": _digest_if_there(image.given)}
        return given.model_copy(update=digests)

    def keep_given(self, batch: str, image: PreparedImage) -> str:
        """See `History.keep_given`."""
        name = f"{GIVEN}{_digest(image.path)[:40]}{images.extension(image.mime_type)}"
        if self._folders.find(batch, name) is None:
            self._folders.link_in(batch, name, image.path)
        return name

    def picture(
        self,
        generation: str,
        name: str,
        mime_type: str,
        width: int,
        height: int,
        byte_count: int,
        sha256: str,
        thought: bool = False,
        locked: bool = False,
    ) -> SavedPicture:
        """A picture by what the record says of it."""
        # From text, and not joined piece by piece: pages of fifty are built often.
        folder, stem = f"{self._folders.root}/{generation}", name.rpartition(".")[0]
        has_preview = width > 0 and width * height <= images.MAX_PIXELS
        return SavedPicture(
            generation,
            name,
            Path(f"{folder}/{name}"),
            Path(f"{folder}/{stem}{THUMBNAIL_ENDING}") if has_preview else None,
            mime_type,
            width,
            height,
            byte_count,
            sha256,
            thought,
            locked,
        )

    def pictures(self, generation: str, facts: str) -> tuple[SavedPicture, ...]:
        """The pictures of a row of the index."""
        return tuple([self.picture(generation, *one) for one in json.loads(facts)])

    def record(self, generation: str) -> Record | None:
        """Everything that is kept, but not whose it is: that is nobody's business but the index's.

        Of a generation that was cut off, this is what its folder has, as the index says it.
        """
        record = recovery.completed(self._folders, generation)
        return None if record is None else record.model_copy(update={"owner": ""})

    def path(self, generation: str, name: str) -> Path | None:
        """A file, whoever asks; a thumbnail is made when it is missing."""
        if name in _OURS:
            return None
        path = self._folders.find(generation, name)
        if path is None and name.endswith(THUMBNAIL_ENDING) and is_plain(generation) and is_plain(name):
            return self._preview(generation, name)
        return path

    def find(self, owner: str, generation: str, name: str) -> Path | None:
        """See `History.find_file`."""
        return self.path(generation, name) if self._may_see(owner, generation) else None

    def _may_see(self, owner: str, generation: str) -> bool:
        if not is_plain(generation):
            return False
        known = None
        with contextlib.suppress(PlaygroundError):  # the folder knows as well whose it is
            known = self._index.run(lambda index: index.owner(generation))
        if known is None:
            record = self._folders.read_json(generation, RECORD) or {}
            marks = self._folders.read_json(generation, MARKS) or {}
            known = (str(record.get("owner", "")), bool(marks.get("deleted")))
        whose, is_deleted = known
        return not is_deleted and (whose in ("", owner) or whose.startswith(PROGRAM_PREFIX))

    def _preview(self, generation: str, name: str) -> Path | None:
        is_large = name.endswith(LARGE_ENDING)
        stem = name.removesuffix(LARGE_ENDING if is_large else THUMBNAIL_ENDING)
        for other in self._folders.names(generation):
            if Path(other).stem != stem or not images.media_type(other).startswith("image/"):
                continue
            source = self._folders.find(generation, other)
            temporary = self._staging.new_path()
            try:
                if source is not None:
                    images.thumbnail(source, temporary, LARGE_SIDE if is_large else THUMBNAIL_SIDE)
                    return self._folders.move_in(generation, name, temporary, synced=False)
            except UnusablePicture:  # the original stays as it came, whatever we can draw of it
                return None
        return None


def _opened(part: PicturePart) -> BytesIO | BufferedReader:
    return BytesIO(part.data) if part.file is None else part.file.open("rb")


def _digest_if_there(path: Path | None) -> str | None:
    try:
        return _digest(path) if path else None
    except FileNotFoundError:
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
