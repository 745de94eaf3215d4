"""What the history hands out: frozen values that know nothing of disks and databases."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal, NewType

from pydantic import JsonValue

from playground.record import Record
from playground.request import known_settings

Cursor = NewType("Cursor", str)
"""Where the next page begins; opaque, and only good for the query that it came with."""


@dataclass(frozen=True)
class SavedPicture:
    """One picture on disk, exactly as the provider sent it, unless it is `locked`.

    Attributes:
        generation: id of its generation.
        name: file name, also the last part of its address.
        path: the file; with an object store it may not be here yet: ask `History.find_file`.
        thumbnail: where its small preview is, or will be once `History.find_file` was asked for it; None
            when the picture cannot be drawn.
        mime_type, width, height, byte_count, sha256: facts of the original.
        thought: an interim picture of the model's reasoning.
        locked: made here of an answer and the picture that was sent, which keeps all but its marked region.
    """

    generation: str
    name: str
    path: Path
    thumbnail: Path | None
    mime_type: str
    width: int
    height: int
    byte_count: int
    sha256: str
    thought: bool = False
    locked: bool = False


@dataclass(frozen=True)
class Query:
    """What to look for. Everything that is set has to hold; an empty query finds all.

    Attributes:
        text: words separated by white space. Each has to occur somewhere in the prompt or in the answers'
            words: as a plain piece of text, at any place, in capitals or not, full width or not.
        mode: id of a tab, see `playground.modes`; "" for any.
        model, provider: exact ids; "" for any.
        starred: only those with a star, or with a picture that has one.
        outcome: "pictures" for those that have any, "none" for those that have none; "" for both.
        oldest_first: in the order in which they were made; else the newest comes first.
        since, until: created at or after `since`, and before `until`; aware.
    """

    text: str = ""
    mode: str = ""
    model: str = ""
    provider: str = ""
    starred: bool = False
    outcome: str = ""
    oldest_first: bool = False
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """One generation, as lists show it; `History.record` has the rest.

    Attributes:
        created: when it was asked for, aware, UTC.
        text: the words of all its answers, thoughts left out.
        seconds: how long it took; None when it never ended.
        cost: estimate in US dollars; None when no price is known, and never 0 for unknown.
        starred: it has a star, or one of its pictures has.
        stars: names of the pictures that have a star of their own.
        parent: id of the generation that one of its input pictures came from, or None.
        pictures: what came, thoughts left out.
        error_code: why there is no picture, "" when there is one.
        tokens_cost: what the tokens of the answers cost in US dollars; None where they do not tell.
    """

    id: str
    created: datetime
    mode: str
    provider: str
    model: str
    prompt: str
    text: str
    seconds: float | None
    cost: float | None
    starred: bool
    stars: tuple[str, ...]
    parent: str | None
    pictures: tuple[SavedPicture, ...]
    error_code: str
    tokens_cost: float | None = None

    @property
    def paid(self) -> float | None:
        """What it cost: by its tokens where they are told, else by the estimate."""
        return self.cost if self.tokens_cost is None else self.tokens_cost

    @property
    def all_stars(self) -> frozenset[str]:
        """Names of the pictures that have a star; a generation's own is also that of its only picture."""
        is_one = self.starred and len(self.pictures) == 1
        return frozenset({self.pictures[0].name} if is_one else self.stars)


@dataclass(frozen=True)
class EntryPage:
    """Some entries, in the order that was asked for, and where the next ones begin; None at the end."""

    entries: tuple[Entry, ...]
    next: Cursor | None


@dataclass(frozen=True)
class Choices:
    """What occurs in an owner's history, sorted: the choices of the filters."""

    modes: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Usage:
    """How much an owner keeps; `quota_bytes` is None without a limit."""

    count: int
    bytes: int
    quota_bytes: int | None


@dataclass(frozen=True)
class Imported:
    """What became of the generations in a ZIP.

    Attributes:
        added: how many came in.
        known: how many were here already.
        refused: why each of the others could not be used, the codes of `RecordRefused`.
        incomplete: how many of those that came in lack a file that their record tells of.
        foreign: names of the first few files that are not of this app, to be shown.
        foreign_count: how many there are of them.
    """

    added: int
    known: int = 0
    refused: tuple[str, ...] = ()
    incomplete: int = 0
    foreign: tuple[str, ...] = ()
    foreign_count: int = 0


@dataclass(frozen=True)
class Recipe:
    """What a person wanted, without the pictures: enough to fill in the form, and never a key.

    Attributes:
        settings: setting name -> value, every row of `playground.request.SETTINGS`.
    """

    prompt: str
    mode: str = "text"
    provider: str = ""
    model: str = ""
    settings: Mapping[str, JsonValue] = field(default_factory=lambda: known_settings({}))


LOST_SECONDS: Final = 15
"""A process that has said nothing for so long is taken for ended by the others."""


@dataclass(frozen=True)
class Notice:
    """What a process tells the others of one of its jobs.

    Attributes:
        record: the job as it stands.
        token: names the press that started it; "" for none.
        is_running: it has not ended, as far as is known.
        stopped: its person pressed Stop, wherever that was.
        progress: how far each open call is, as JSON has it.
    """

    record: Record
    token: str
    is_running: bool
    stopped: bool
    progress: Mapping[str, Any]


@dataclass(frozen=True)
class Charge:
    """What a press of Generate may cost, written down before anything is sent.

    Attributes:
        network: the address that it came from; "" where nobody needs to know.
        dollars: by estimate. Where the operator pays, a picture without a known price counts as a dear one.
        unknown: pictures without a known price.
        is_operators: it is the operator's key that pays.
    """

    id: str
    owner: str
    network: str
    dollars: float
    unknown: int
    is_operators: bool


@dataclass(frozen=True)
class Cap:
    """The most that the operator's key may spend in a day: for each "owner", each "network", or for "all"."""

    whose: Literal["owner", "network", "all"]
    dollars: float


USUAL_COUNT: Final = 10
"""Pictures without a known price in a day, for who has set a limit in dollars and none for them."""


@dataclass(frozen=True)
class SpendingLimits:
    """What a person wants to spend at most; None for no limit.

    Attributes:
        day, month: US dollars in a day and in a month of the calendar.
        unknown: pictures without a known price in a day, which no sum of dollars can stop.
        zone: IANA name of the time zone that the days and months are of; "" for UTC.
    """

    day: float | None = None
    month: float | None = None
    unknown: int | None = None
    zone: str = ""

    @property
    def count(self) -> int | None:
        """How many pictures without a known price; a limit in dollars alone brings one along."""
        has_dollars = self.day is not None or self.month is not None
        return USUAL_COUNT if self.unknown is None and has_dollars else self.unknown


@dataclass(frozen=True)
class Spent:
    """What generations of one model at one provider have cost together.

    Attributes:
        unknown: how many of them brought pictures at an unknown price.
    """

    provider: str
    model: str
    count: int
    dollars: float
    unknown: int


class BatchState(StrEnum):
    """How far a batch is. PAUSED: nothing more is sent until somebody says so."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    ENDED = "ended"


class RowState(StrEnum):
    """How far a row of a batch is.

    SENT: it may have gone out, and what came of it is not known yet. UNCLEAR: it will not be known, and it
    may have been billed: it is sent again only at a press of its own.
    """

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    UNCLEAR = "unclear"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Batch:
    """Many calls that a person has started with one press. Never a key, and no address that was typed.

    Attributes:
        network: the address that it came from, for the budgets.
        reason, facts: the outcome code for which it is paused, and what its words need; "" where somebody
            wanted it so.
        via: who sends it: "calls", one by one, or another driver of `playground.batches`.
        needs_key: it was started with a typed key or address, which a process keeps in its memory alone.
        holder: the process that runs it, see `StagingFolder`; "" for none.
        beat: a number that the holder changes as long as it lives.
        lease: a number that changes with the holder: what was begun under another one counts no more.
        note: what its driver has to remember.
        bytes: of its input pictures, as long as they are kept with it.
    """

    id: str
    owner: str
    network: str
    created: datetime
    state: BatchState = BatchState.RUNNING
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    via: str = "calls"
    needs_key: bool = False
    holder: str = ""
    beat: int = 0
    lease: int = 0
    note: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class BatchRow:
    """One call of a batch.

    Attributes:
        number: from 1.
        line: of the table that it came from, for people.
        fields: what `playground.request.build` makes the request of.
        tries: how often it was claimed to be sent, without what was never begun.
        code, facts, said: why there is no picture, and the provider's own words.
        price: US dollars that it has cost, None where unknown.
    """

    number: int
    line: int
    fields: Mapping[str, Any]
    state: RowState = RowState.WAITING
    tries: int = 0
    code: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    said: str = ""
    price: float | None = None
    seconds: float | None = None
    pictures: int = 0

    def generation(self, batch: str) -> str:
        """Id of the generation that its latest try makes: the same for whoever asks, so that a note under it
        tells every process, also after a crash, that this try has been begun. Nobody can guess it who does
        not know the batch's."""
        digest = hashlib.sha256(f"{batch}/{self.number}/{self.tries}".encode()).digest()
        return base64.urlsafe_b64encode(digest[:18]).decode()
