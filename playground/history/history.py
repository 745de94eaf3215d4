"""Keeps every picture that arrived: file first, index second, and only then is anyone told."""

from __future__ import annotations

import functools
import json
import logging
import math
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playground.errors import PlaygroundError
from playground.history import (
    accounting,
    answers,
    archive,
    filenames,
    importing,
    migrations,
    recipes,
    recovery,
)
from playground.history.files import SHARED_OWNER, Files
from playground.history.folders import MARKS, RECORD, Folders
from playground.history.managed_index import BUSY_SECONDS, FILE, ManagedIndex, OnIndexed
from playground.history.models import (
    Choices,
    Cursor,
    Entry,
    EntryPage,
    Imported,
    Query,
    Recipe,
    SavedPicture,
    Usage,
)
from playground.history.object_store import ObjectStore
from playground.history.quotas import Quotas, Reservation
from playground.history.rows import microseconds, moment
from playground.history.staging import StagingFolder
from playground.record import Record, RecordedImage, RecordedPicture
from playground.request import PreparedImage
from playground.result import PicturePart, RawAnswer
from playground.settings import StorageSettings

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from playground.history.batches import BatchBook
    from playground.history.ledger import Ledger
    from playground.history.notices import JobNotices

_EVERYTHING: Final = Query()
_STRAY_SECONDS: Final = 3600
_log = logging.getLogger(__name__)


def _batches(index: ManagedIndex, now: Callable[[], datetime], days: int | None) -> BatchBook:
    from playground.history.batches import KEPT, BatchBook  # late: it brings SQLAlchemy

    return BatchBook(index, now, KEPT if days is None else min(KEPT, timedelta(days=days)))


def _ledger(index: ManagedIndex, now: Callable[[], datetime]) -> Ledger:
    from playground.history.ledger import Ledger  # late: it brings SQLAlchemy

    return Ledger(index, now)


def _add_tables(first: str, statements: str, connection: Connection) -> None:
    from playground.history.opening import add_tables  # late: it brings SQLAlchemy

    add_tables(connection, first, statements)


def _notices(index: ManagedIndex) -> JobNotices:
    from playground.history.notices import JobNotices  # late: it brings SQLAlchemy

    return JobNotices(index)


class History:
    """The generations on disk and the index over them. Synchronous and thread-safe: call it in a thread.

    Nothing is opened before it is needed. Every method that asks the index may raise PlaygroundError
    "history_busy" or "history_failed", and ConfigurationError for an index of a newer release; every method
    that writes files, OSError.
    """

    def __init__(
        self,
        data_dir: Path,
        storage: StorageSettings = StorageSettings(),
        *,
        one_owner: bool = True,
        busy_seconds: float = BUSY_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Args:
            one_owner: all visitors share the history; records without an owner are then theirs.
            busy_seconds: how long a write waits for another process's.
            now: the wall clock, aware.

        Raises:
            ConfigurationError: nothing here speaks the address of the object store.
        """
        self._one_owner = one_owner
        self._data_dir = data_dir
        self._now, self._storage = now, storage
        staging = StagingFolder(data_dir / "incoming")
        self._mirror = ObjectStore(storage.pictures_url) if storage.pictures_url else None
        self._staging = staging
        self._folders = Folders(data_dir / "generations", staging, self._mirror)
        self._index = ManagedIndex(
            data_dir,
            self._folders,
            staging,
            storage,
            default_owner=SHARED_OWNER if one_owner else "",
            busy_seconds=busy_seconds,
            now=now,
        )
        self._files = Files(self._folders, staging, self._index)
        self._quotas = Quotas(data_dir, self._index, storage)
        self.notices = _notices(self._index) if storage.database_url else None
        self._begun: set[str] = set()
        self._look_at = -math.inf  # when to look for pictures without a batch, by the monotonic clock
        self._lock, self._closing = threading.Lock(), threading.Event()

    def refuse_newer(self) -> None:
        """Raises ConfigurationError when a newer release wrote the index. Quick enough for the start."""
        if self._storage.database_url:
            self._index.run(lambda index: None)
        else:
            migrations.refuse_newer(self._data_dir / FILE)

    def start(self, on_indexed: OnIndexed | None = None) -> None:
        """Sweeps what a crash left, and brings folders and index together; for the beginning of a process.

        Args:
            on_indexed: called with how many of how many folders are in the index.
        """
        self._index.start(self._busy(), on_indexed)

    def maintain(self) -> None:
        """To be called every now and then: all of the following."""
        self.clean_up()
        self.bring_up()
        self.expire()

    def clean_up(self) -> None:
        """Removes what ended processes left on this disk, and brings into the index what this process had to
        keep from it while the database was away, and once an hour, pictures on this disk of batches that were
        never kept. Nobody else can."""
        self._index.clean_up(self._busy())
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _STRAY_SECONDS
            for batch in self._folders.given(time.time() - _STRAY_SECONDS):
                self.drop_stray(batch)

    def bring_up(self) -> None:
        """Brings up what the object store could not take: one process of those that share a disk can do it.

        Raises:
            OSError: the store takes nothing yet.
        """
        self._index.bring_up(self._busy())

    def expire(self) -> None:
        """Removes what has expired: one process of all that share the database can do it."""
        self._index.expire()
        self._drop_batches(self.batches.over())

    def connection_arguments(self) -> dict[str, Any]:
        """How psycopg reaches the PostgreSQL of the index, where there is one. They hold a password."""
        from playground.history.database import connection_arguments  # late: it brings SQLAlchemy

        return connection_arguments(self._storage.database_url or "")

    def add_tables(self, first: str, statements: str) -> None:
        """Makes tables of a library's beside our own, unless its `first` is there. PostgreSQL alone."""
        self._index.run(lambda index: index.write(functools.partial(_add_tables, first, statements)))

    def _busy(self) -> set[str]:
        """Generations of this process that have not ended."""
        with self._lock:
            return set(self._begun)

    def check_disk(self) -> None:
        """Raises PlaygroundError "disk_low" for too little space, OSError where nothing can be written."""
        self._quotas.require_disk()
        with tempfile.TemporaryFile(dir=self._data_dir) as file:
            file.write(b"x")

    def check_database(self) -> None:
        """Asks the index something. Raises PlaygroundError when it does not answer."""
        self._index.run(lambda index: index.find("", ()))

    def check_store(self) -> None:
        """Asks the object store something, where there is one. Raises OSError."""
        if self._mirror is not None:
            self._mirror.check()

    def close(self) -> None:
        """Closes the index and removes this process's temporary files; an import takes nothing more."""
        self._closing.set()
        self._index.close()
        self._staging.release()

    @property
    def has_store(self) -> bool:
        """Whether an object store has every file, too."""
        return self._mirror is not None

    @property
    def data_dir(self) -> Path:
        """Where everything is kept."""
        return self._data_dir

    @property
    def staging_dir(self) -> Path:
        """Folder for files on their way: on the same file system, swept once this process has ended."""
        return self._staging.path

    def new_id(self) -> str:
        """An id that nobody can guess: it is also the address of the pictures."""
        return secrets.token_urlsafe(16)

    @functools.cached_property
    def ledger(self) -> Ledger:
        """What was spent, and the limits."""
        return _ledger(self._index, self._now)

    @functools.cached_property
    def batches(self) -> BatchBook:
        """Many calls at one press."""
        return _batches(self._index, self._now, self._storage.retention_days)

    @property
    def process(self) -> str:
        """Names this process, for as long as it lives."""
        return self._staging.path.name

    def has_ended(self, process: str) -> bool:
        """Whether another process is known to have ended. One that has left no trace may be on another
        machine, where a database is shared; otherwise it has ended."""
        found = self._staging.has_ended(process)
        return self.notices is None if found is None else found

    def folder(self, generation: str) -> Path:
        """Where a generation's files are; made when missing."""
        return self._folders.folder(generation)

    # ── keeping ─────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, record: Record, token: str = "", *, is_once: bool = False) -> None:
        """Notes whose a generation is and what is asked; when this returns, it is on disk.

        Args:
            token: names the press that started it.
            is_once: whoever comes second, of all processes and after any crash, may not begin it.

        Raises:
            PlaygroundError: there is no space, see `require_space`.
            FileExistsError: it `is_once`, and has been begun before.
        """
        self.require_space(record.owner)
        if is_once:
            self._note_once(record)
        else:
            self.note(record)
        with self._lock:
            self._begun.add(record.id)
        self._notify(lambda notices: notices.publish(record, token))

    def note(self, record: Record) -> None:
        """Keeps or replaces the record of a job that has not ended; when this returns, it is on disk."""
        self._staging.note_job(record.id)
        self._folders.write_json(record.id, RECORD, record.values)

    def _note_once(self, record: Record) -> None:
        if self._folders.find(record.id, RECORD) is not None:
            raise FileExistsError(record.id)
        self._staging.note_job(record.id)
        try:
            self._folders.write_json(record.id, RECORD, record.values, is_first=True)
        except FileExistsError:  # another process was quicker: the job is that one's
            self._staging.drop_job(record.id)
            raise

    def left(self, generation: str) -> Record | None:
        """What a folder tells of a generation, whoever's it is and whether or not it has ended; None where it
        was never begun. Raises OSError."""
        return recovery.completed(self._folders, generation)

    def is_left(self, generation: str) -> bool:
        """Whether a job is cut off that has not ended: its process, on this disk, has."""
        return self._staging.is_left(generation)

    def is_untold(self, generation: str) -> bool:
        """Whether no process tells of a job; those that live do so within a second."""
        try:
            return self.notices is not None and not self.notices.named([generation])
        except PlaygroundError:
            return False

    def take_over(self) -> Iterator[Record]:
        """The records of jobs that were cut off, each with what came, until `acknowledge`.

        To be asked before the first job.

        They are those that ended processes left: unfinished (`seconds` is None, and `save_record` is to be
        called), or ended with their process, with nobody there to see it.
        """
        for generation in self._staging.take_over_jobs():
            record = recovery.interrupted(self._folders, generation)
            if record is not None:
                yield record
            else:
                self.acknowledge(generation)

    def interrupted(self, known: Record) -> Record | None:
        """The record of a job that another process had under way, with what came; None as for `take_over`.

        Args:
            known: what that process last told of it.
        """
        return recovery.interrupted(self._folders, known.id, known)

    def acknowledge(self, generation: str) -> None:
        """Somebody knows that a job was cut off: later processes do not return it any more."""
        self._staging.drop_job(generation)

    def forget(self, generation: str) -> None:
        """Takes away a generation that came to nothing."""
        with self._lock:
            self._begun.discard(generation)
        self._folders.remove(generation)
        self._staging.drop_job(generation)
        self._notify(lambda notices: notices.forget([generation]))

    def take_back(self, generation: str) -> None:
        """The same for one that may have been kept already."""
        self.forget(generation)
        self._index.remove([generation])

    def save_picture(
        self, generation: str, call: int, place: int, part: PicturePart, *, locked: bool = False
    ) -> SavedPicture:
        """Keeps one original, byte for byte; when this returns, it is on disk.

        A part that comes as a file is moved into place: it has to be on the file system of `staging_dir`.
        """
        return self._files.save_picture(generation, call, place, part, locked=locked)

    def save_input(self, generation: str, given: RecordedImage, image: PreparedImage) -> RecordedImage:
        """Keeps an input picture as it is sent, as a second name for its file where the system can.

        Returns what the record says of it, now with the digests of the file.
        """
        return self._files.save_input(generation, given, image)

    def keep_given(self, batch: str, image: PreparedImage) -> str:
        """Keeps an input picture for the rows of a batch, once however often it is given; the name of its
        file. It goes with the batch."""
        return self._files.keep_given(batch, image)

    def given(self, batch: str, name: str) -> Path | None:
        """Such a file; None where it is gone."""
        return self._folders.find(batch, name)

    def drop_given(self, batch: str) -> None:
        """Takes away such files of a batch that has no use for them any more."""
        self._folders.remove(batch)
        self.batches.count_bytes(batch, 0)

    def drop_stray(self, batch: str) -> None:
        """Takes away such files where there is no batch, as far as database and disk tell; what is left is
        looked for again every hour."""
        try:
            if self.batches.find(batch) is None:
                self._folders.remove(batch)
        except (PlaygroundError, OSError) as error:
            _log.error("pictures without a batch cannot be removed yet: %s", error)

    def _drop_batches(self, batches: Collection[str]) -> None:
        """Folders first, as `ManagedIndex.remove`: what a crash or an absent store leaves is found again."""
        for batch in batches:
            self._folders.remove(batch)
        self.batches.remove(batches)

    def save_answer(
        self, generation: str, call: int, answer: RawAnswer, saved: Mapping[Path, SavedPicture]
    ) -> int:
        """Keeps the raw answer of a call, and says how many bytes it has.

        Args:
            saved: the pictures of the answer by the files that they were.
        """
        self._files.save_answer(
            generation, call, answers.stored(answer, {file: one.name for file, one in saved.items()})
        )
        return answers.length(answer, {file: one.path for file, one in saved.items()})

    def has_answer(self, generation: str, call: int) -> bool:
        """Whether the raw answer of a call is kept."""
        return self._there(lambda: self._files.path(generation, answers.name(call))) is not None

    def answer(self, owner: str, generation: str, call: int) -> Iterator[bytes] | None:
        """The raw answer of a call in pieces; None where it is not kept, or not for this owner."""
        path = self._there(lambda: self._files.find(owner, generation, answers.name(call)))
        return None if path is None else answers.pieces(path, lambda name: self._files.path(generation, name))

    def save_record(self, record: Record) -> None:
        """Writes what was asked and what came, and puts it into the index.

        A record without a parent gets as its parent the generation of the owner's that it goes on from or
        that one of the inputs came from. When only the index fails, that is logged and made up for: the
        folder is the truth. A person's job that was cut off is kept for `take_over`, until `acknowledge`.
        """
        with self._lock:
            self._begun.discard(record.id)
        whole = record.model_copy(update={"parent": record.parent or self._parent(record)})
        self._folders.write_json(record.id, RECORD, whole.values)
        if not (record.interrupted and record.listed):
            self._staging.drop_job(record.id)
        self._index.update(record.id)
        self._notify(lambda notices: notices.end(whole))

    def _notify(self, tell: Callable[[JobNotices], None]) -> None:
        """Tells other processes, where there are any. Waits for the database; nothing depends on it."""
        try:
            if self.notices is not None:
                tell(self.notices)
        except PlaygroundError as error:
            _log.error("other processes cannot be told of a job: %s", error)

    def _parent(self, record: Record) -> str | None:
        before = record.continues.partition("/")[0]
        digests = [given.given_sha256 or given.sha256 for given in record.inputs]
        try:
            if before and self.entry(record.owner, before) is not None:
                return before
            return self._index.run(lambda index: index.origin(record.owner, digests))
        except PlaygroundError:  # told by what follows
            return None

    # ── finding ─────────────────────────────────────────────────────────────────────────────────────────────

    def page(
        self, owner: str, query: Query = _EVERYTHING, *, after: Cursor | None = None, limit: int = 50
    ) -> EntryPage:
        """The first entries that a query finds, or those after a cursor."""
        before = int(after) if after is not None and after.isdecimal() and len(after) < 19 else None
        found = self._index.run(lambda index: index.page(owner, query, before, limit + 1))
        entries = tuple(map(self._entry, found[:limit]))
        more = len(found) > limit
        return EntryPage(entries, Cursor(str(found[limit - 1].seq)) if more else None)

    def entry(self, owner: str, generation: str) -> Entry | None:
        """One of an owner's generations; None for an unknown, a deleted and another's alike."""
        found = self.entries(owner, [generation])
        return found[0] if found else None

    def entries(self, owner: str, generations: Collection[str]) -> tuple[Entry, ...]:
        """These of an owner's generations, newest first; the others are left out."""
        found = self._index.run(lambda index: index.find(owner, generations))
        return tuple(map(self._entry, found))

    def beside(self, owner: str, generation: str) -> tuple[str | None, str | None]:
        """Ids of the next newer and the next older generation that has pictures; None at an end."""
        return self._index.run(lambda index: index.beside(owner, generation))

    def record(self, owner: str, generation: str) -> Record | None:
        """Everything that is kept of a generation, but not whose it is; None as for `entry`."""
        if self.entry(owner, generation) is None:
            return None
        try:
            return self._files.record(generation)
        except OSError as error:
            raise PlaygroundError("history_failed", reason=error.strerror or "OSError") from None

    def tree(self, owner: str, generation: str) -> tuple[Entry, ...]:
        """All that came from the same beginning as a generation, oldest first; empty as for `entry`."""
        if self.entry(owner, generation) is None:
            return ()
        family = self._index.run(lambda index: index.relatives(owner, generation))
        return self.entries(owner, family)[::-1]

    def choices(self, owner: str) -> Choices:
        """What occurs in an owner's history, for the filters."""
        return self._index.run(lambda index: index.choices(owner))

    def find_picture(self, owner: str, sha256: str) -> Entry | None:
        """The newest generation of an owner's that brought the picture with this digest (lower case hex)."""
        found = self._index.run(lambda index: index.with_picture(owner, sha256))
        return None if found is None else self.entry(owner, found)

    def saved(self, generation: str, picture: RecordedPicture | RecordedImage) -> SavedPicture:
        """A picture that a record tells of: one that came, or one that was sent."""
        facts = (picture.mime_type, picture.width, picture.height, picture.bytes, picture.sha256)
        kind = (picture.thought, picture.locked) if isinstance(picture, RecordedPicture) else (False, False)
        return self._files.picture(generation, picture.name, *facts, *kind)

    def find_file(self, owner: str, generation: str, name: str) -> Path | None:
        """The file behind an address, or None: another's is as unknown as one that never was.

        Whoever asks for a thumbnail gets it made. Two kinds of generation belong to whoever knows the
        address, which nobody can guess: those of programs, which carry no cookie and were given it as their
        answer (their owners begin with `PROGRAM_PREFIX`, which no visitor's does), and those from before
        owners were noted.
        """
        return self._there(lambda: self._files.find(owner, generation, name))

    def _there(self, look: Callable[[], Path | None]) -> Path | None:
        """A file; while the object store is away, those that are on the disk."""
        try:
            return look()
        except OSError as error:
            _log.error("a file cannot be looked for now: %s", error)
            return None

    def download_name(self, generation: str, name: str) -> str:
        """What a file is called by whoever downloads it. It asks nobody who may: that is for `find_file`.

        Raises:
            OSError: the folder cannot be read.
        """
        record = self._files.record(generation)
        names = [picture.name for picture in record.pictures if not picture.thought] if record else []
        if record is None or name not in names:
            return f"{generation[:8]}-{name}"
        stem = filenames.stem(record.started, record.prompt)
        return filenames.numbered(stem, names.index(name) + 1, name)

    def zip_name(self, owner: str, generations: Collection[str]) -> str:
        """What a ZIP of these generations is called."""
        found = self.entries(owner, generations) if len(generations) == 1 else ()
        if found:
            return f"{filenames.stem(found[0].created, found[0].prompt)}.zip"
        return f"image-playground-{self._now():%Y-%m-%d-%H%M%S}.zip"

    def _entry(self, row: Any) -> Entry:
        """By position, `index.SHOWN`: pages of fifty are built often."""
        _, generation, created, mode, provider, model, prompt, answer, *more = row
        seconds, cost, starred, stars, parent, pictures, error_code, tokens_cost = more
        return Entry(
            generation,
            moment(created),
            mode,
            provider,
            model,
            prompt,
            answer,
            seconds,
            cost,
            bool(starred),
            tuple(json.loads(stars)),
            parent,
            self._files.pictures(generation, pictures),
            error_code,
            tokens_cost,
        )

    # ── changing ────────────────────────────────────────────────────────────────────────────────────────────

    def star(self, owner: str, generation: str, on: bool, picture: str = "") -> Entry | None:
        """Puts a star on an owner's generation or on one of its pictures, or takes it off.

        A generation that loses its star loses those of its pictures, too. Returns it as it is afterwards;
        None as for `entry`.
        """
        entry = self.entry(owner, generation)
        names = [one.name for one in entry.pictures] if entry else []
        if entry is None or (picture and picture not in names):
            return entry
        own = (self._folders.read_json(generation, MARKS) or {}).get("starred") is True
        if not picture:
            own, stars = on, [*entry.stars] if on else []
        else:
            own &= on or len(names) > 1
            stars = [one for one in names if (on if one == picture else one in entry.stars)]
        self._mark(generation, starred=own, stars=stars)
        self._index.run(lambda index: index.star(generation, own or bool(stars), stars))
        return self.entry(owner, generation)

    def delete(self, owner: str, generations: Collection[str]) -> int:
        """Hides generations at once and removes them after UNDO_SECONDS; how many there were."""
        own = [entry.id for entry in self.entries(owner, generations)]
        now = self._now()
        for generation in own:
            self._mark(generation, deleted=now.isoformat())
        self._index.run(lambda index: index.mark_deleted(own, microseconds(now)))
        return len(own)

    def restore(self, owner: str, generations: Collection[str]) -> int:
        """Brings back what was deleted less than UNDO_SECONDS ago; how many came back."""
        since = self._index.undo_limit()
        own = self._index.run(lambda index: index.deleted(owner, generations, since))
        for generation in own:
            self._mark(generation, deleted=None)
        self._index.run(lambda index: index.mark_deleted(own, None))
        return len(own)

    def restore_last(self, owner: str) -> list[str]:
        """Brings back what an owner deleted last, as `restore` does; its ids, none where it is too late."""
        since = self._index.undo_limit()
        last = self._index.run(lambda index: index.last_deleted(owner, since))
        self.restore(owner, last)
        return last

    def delete_all(self, owner: str) -> int:
        """Removes everything of an owner's, for good; how many generations there were."""
        own = self._index.run(lambda index: index.ids_of(owner))
        self._index.remove(own)
        self._drop_batches([batch.id for batch in self.batches.of(owner)])
        self._notify(lambda notices: notices.forget(own))
        return len(own)

    def _mark(self, generation: str, **marks: Any) -> None:
        before = self._folders.read_json(generation, MARKS) or {}
        self._folders.write_json(generation, MARKS, {**before, **marks})

    # ── carrying away and bringing in ───────────────────────────────────────────────────────────────────────

    def export_zip(
        self, owner: str, generations: Collection[str], page: archive.Page | None = None
    ) -> Iterator[bytes]:
        """A ZIP of an owner's generations, in pieces: originals, inputs, records, and a page to see them."""
        return archive.stream(self._files, self.entries(owner, generations), page)

    def spending_csv(self, owner: str) -> Iterator[str]:
        """What each of an owner's generations has cost, oldest first, as CSV in pieces."""
        return accounting.lines(self._all(owner))

    def _all(self, owner: str) -> Iterator[Entry]:
        after: Cursor | None = None
        while True:
            page = self.page(owner, Query(oldest_first=True), after=after, limit=500)
            yield from page.entries
            if (after := page.next) is None:
                return

    def import_zip(self, owner: str, file: Path) -> Imported:
        """Takes in a ZIP that `export_zip` made, under new ids; what the owner has already is left out.

        Where visitors are told apart, it takes no longer than `importing.MAX_SECONDS`, and anywhere no longer
        than to `close`: what is left then is among the refused, and comes in when the same ZIP is brought
        again.

        Raises:
            PlaygroundError: "zip_unreadable", "zip_too_large", or there is no space.
        """
        seconds = math.inf if self._one_owner else importing.MAX_SECONDS
        clock = importing.Clock(seconds, self._closing.is_set)
        return importing.read(owner, file, self._folders, self._index, self._quotas, clock)

    def recipe(self, owner: str, generation: str, picture: str = "") -> Recipe | None:
        """What was wanted of a generation, or of one of its pictures; None as for `entry`."""
        record = self.record(owner, generation)
        return None if record is None else recipes.of(record, picture)

    def read_recipe(self, file: Path) -> Recipe | None:
        """The recipe inside a picture, or None."""
        return recipes.read(file)

    def copy_with_recipe(self, owner: str, generation: str, name: str, folder: Path) -> Path:
        """A copy of one of an owner's pictures in `folder`, its recipe inside, its pixels untouched.

        Raises:
            PlaygroundError: "history_gone", "recipe_unsupported" for a format that cannot carry one,
                "recipe_too_long", "disk_low".
        """
        recipe, path = self.recipe(owner, generation, name), self.find_file(owner, generation, name)
        if recipe is None or path is None:
            raise PlaygroundError("history_gone")
        self._quotas.require_disk(path.stat().st_size)
        return recipes.copy(path, recipe, folder)

    # ── space ───────────────────────────────────────────────────────────────────────────────────────────────

    def count(self, owner: str) -> int:
        """How many pictures an owner has; what is deleted does not count."""
        return self._index.run(lambda index: index.count(owner))

    def usage(self, owner: str | None) -> Usage:
        """How much an owner keeps, or with None all together; the deleted counts until it is gone."""
        return self._quotas.usage(owner)

    def largest(self, limit: int) -> Mapping[str, Usage]:
        """The owners that keep most, those with most bytes first."""
        found = self._index.run(lambda index: index.largest(limit))
        return {owner: Usage(count, size, self._storage.visitor_quota) for owner, count, size in found}

    @property
    def free_bytes(self) -> int:
        """Free bytes on the disk. Raises OSError."""
        return self._quotas.free

    def require_space(self, owner: str, more: int = 0) -> None:
        """Raises PlaygroundError when an answer, or `more` bytes, could not be kept: to be asked before
        anything is paid for.

        The codes: "disk_low", "quota_full" for the owner's own limit, "quota_full_for_all" for everybody's.
        """
        self._quotas.require(owner, more)

    def require_disk(self, more: int) -> None:
        """Raises PlaygroundError "disk_low" when the disk has no room for `more` bytes that are nobody's."""
        self._quotas.require_disk(more)

    def reservation(self, owner: str) -> Reservation:
        """Space for a file of an owner's that comes in: to be taken before each block of it is written."""
        return Reservation(self._quotas, owner)
