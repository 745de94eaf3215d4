"""What the driver "provider" remembers of its batches there: in `Batch.note`, before and after each step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final


class Phase(StrEnum):
    """How far a job is; what is written before a step says what may have happened in it.

    NEW: nothing was sent that could cost anything. CREATING: the one call that can may have been heard.
    CREATED: it was, and has a name. ENDED: what came of it stands in its rows.
    """

    NEW = "new"
    CREATING = "creating"
    CREATED = "created"
    ENDED = "ended"


@dataclass(frozen=True)
class RemoteJob:
    """Some rows of a batch as one batch of a provider's.

    Attributes:
        id: what it is called there: the same for the same tries of the same rows, so that it is found there
            even where all that was written down here is lost.
        provider, model_id: where it goes; one batch there has one model.
        rows: number of a row -> its try.
        file: the uploaded requests; "" while there are none.
        name: of the batch there.
        since: when it was created, in seconds since 1970.
        told: how far it is there: "waiting" or "running", and how many requests are done.
        done: of how many requests the provider has told that they are.
        is_cancelled: its end was asked for.
    """

    id: str
    provider: str
    model_id: str
    rows: Mapping[int, int]
    phase: Phase = Phase.NEW
    file: str = ""
    name: str = ""
    since: float = 0.0
    told: str = ""
    done: int = 0
    is_cancelled: bool = False

    @property
    def is_open(self) -> bool:
        """It may be at the provider, and what came of it is not known."""
        return self.phase in (Phase.CREATING, Phase.CREATED)


@dataclass
class Notes:
    """All jobs of a batch, in the order of their creation."""

    jobs: dict[str, RemoteJob] = field(default_factory=dict)

    def dumped(self) -> str:
        """For `Batch.note`; of what has ended, only the tries."""
        return json.dumps([asdict(job) for job in self.jobs.values()])


_KNOWN: Final = frozenset(RemoteJob.__dataclass_fields__)


def read(note: str) -> Notes:
    """The jobs of a note; what a later release has added is left out."""
    values: list[Any] = json.loads(note) if note else []
    jobs = [_job({name: value for name, value in one.items() if name in _KNOWN}) for one in values]
    return Notes({job.id: job for job in jobs})


def _job(values: dict[str, Any]) -> RemoteJob:
    rows = {int(number): tries for number, tries in values["rows"].items()}
    return RemoteJob(**{**values, "rows": rows, "phase": Phase(values["phase"])})


def named(batch: str, provider: str, model_id: str, tries: Iterable[tuple[int, int]]) -> str:
    """The name of a job: nobody can guess it who does not know the batch's."""
    text = "/".join([batch, provider, model_id, *(f"{number}.{one}" for number, one in sorted(tries))])
    return f"playground-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
