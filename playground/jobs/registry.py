"""Every job that can be looked at: those of this run from memory, all others from their records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.job import Job
from playground.jobs.records import job_of

_KEPT_JOBS = 400


class JobRegistry:
    """Remembers the newest jobs. Another's job is as unknown as one that never was."""

    def __init__(self, catalogue: Catalogue, history: History, on_forget: Callable[[Job], None]) -> None:
        """`on_forget` is called with each job that is not remembered any more."""
        self._catalogue = catalogue
        self._history = history
        self._on_forget = on_forget
        self._jobs: dict[str, Job] = {}
        self._by_token: dict[tuple[str, str], str] = {}

    def add(self, job: Job) -> None:
        """Remembers a job, and the press of the button that started it."""
        self._jobs[job.id] = job
        if job.token:
            self._by_token[job.owner, job.token] = job.id
        dropped = [old for old in list(self._jobs.values())[:-_KEPT_JOBS] if old.is_done]
        for old in dropped:
            del self._jobs[old.id]
            self._on_forget(old)
        if dropped:
            self._by_token = {press: one for press, one in self._by_token.items() if one in self._jobs}

    def get(self, job_id: str, owner: str) -> Job | None:
        """An owner's job of this run."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.owner == owner else None

    def started_by(self, token: str | None, owner: str) -> Job | None:
        """The job that the same press of the button has started already."""
        return self.get(self._by_token.get((owner, token or ""), ""), owner)

    def of(self, owner: str) -> list[Job]:
        """An owner's jobs of this run, newest first."""
        own = [job for job in reversed(self._jobs.values()) if job.owner == owner]
        return sorted(own, key=lambda job: job.started_clock, reverse=True)

    def unsettled(self, *, elsewhere: bool = False) -> list[Job]:
        """Everybody's jobs that have not ended: those of this process, or those that it follows."""
        return [job for job in self._jobs.values() if job.is_elsewhere is elsewhere and not job.is_settled]

    async def find(self, job_id: str, owner: str) -> Job | None:
        """An owner's job, of this run or of an earlier one. Raises what `History.record` raises."""
        return self.get(job_id, owner) or await asyncio.to_thread(self.restored, job_id, owner)

    def restored(self, job_id: str, owner: str) -> Job | None:
        """The job that an owner's record tells of. Blocks: call it in a thread."""
        record, entry = self._history.record(owner, job_id), self._history.entry(owner, job_id)
        if record is None or entry is None:
            return None
        job = job_of(record, owner, self._catalogue, self._history)
        job.stars = entry.all_stars
        return job
