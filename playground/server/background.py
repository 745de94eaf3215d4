"""Work that is no single process's, on Procrastinate over the PostgreSQL that processes share.

    run_batch   a batch without a typed key runs in whichever process takes its job; the job lasts as long
                as the batch runs there
    sweep       once a minute, one process of all removes what has expired, and the jobs of dead workers
    bring_up    once a minute, one process of each disk brings up what the object store could not take: the
                files lie there and nowhere else, so that each disk has a queue of its own

A job is an invitation and no permission. Who runs a batch is said by its lease and who sends a row by its
claim (`playground.history.batches`), so that a job may come twice, late, or not at all: a batch that nobody
runs is given a new one within a second (`playground.batches.runner`), and a tick that was lost is followed by
the next. That is why no job has a `lock`, which one that was never ended would keep for ever, why jobs are
never retried as they are, and why each is deleted with its end, whatever that was.

What stays with a process: batches with a typed key, which is in its memory alone; what it could not index
while the database was away; what ended processes left on its disk, which says itself who has ended. While no
worker runs here, because the database is away or there is none, the process does all of it by its own clock,
and pictures are brought up just when they are on one disk alone.

The tables lie where the index has its own, in the schema that the address names: two services in one database
are kept apart by it. They are those of the release that made them; a newer one of Procrastinate, with other
tables, brings its own migrations (`procrastinate/sql/migrations`), or finds none once all `procrastinate_`
tables, functions and types were dropped, with which nothing is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.jobs import DeleteJobCondition, Status

from playground.errors import PlaygroundError
from playground.history import History

QUEUE: Final = "playground"
TICKS = "* * * * *"
"""When to sweep and to bring up, as cron has it."""
AGAIN_SECONDS = 2.0
"""After so long a worker that has ended starts anew."""
STOP_SECONDS = 5.0
"""How long it may take to end, before it is ended where it stands."""
BEAT_SECONDS = 5.0
STALLED_SECONDS = 30.0
"""A worker that says nothing for so long is dead."""
_RUN_BATCH: Final = "run_batch"
_MOST_CONNECTIONS: Final = 4
_AT_ONCE: Final = 1000
"""Jobs of one process: most of them only wait for a batch, and one at a provider takes days."""
_log = logging.getLogger(__name__)


class Background:
    """The worker of one process. Lives on its event loop."""

    def __init__(self, history: History) -> None:
        self._history = history
        connector = PsycopgConnector(
            kwargs=history.connection_arguments(), min_size=1, max_size=_MOST_CONNECTIONS, timeout=3.0
        )
        self._app = App(connector=connector)
        place = f"{socket.gethostname()}:{history.data_dir}:{history.data_dir.stat().st_ino}"
        self._disk = f"{QUEUE}-{hashlib.sha256(place.encode()).hexdigest()[:16]}"
        self.is_running = self._is_away = False
        # Their words hold the database's address, and ids of batches: whoever knows one may ask for it.
        for name in ("procrastinate", "psycopg"):
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def add_tasks(self, take_up: Callable[[str], Awaitable[None]]) -> None:
        """To be called once. `take_up` runs a batch here that nobody runs, and returns with its end."""

        @self._app.task(name=_RUN_BATCH, queue=QUEUE)
        async def run_batch(batch: str) -> None:
            await take_up(batch)

        @self._app.periodic(cron=TICKS)
        @self._app.task(name="sweep", queue=QUEUE, queueing_lock="sweep")
        async def sweep(timestamp: int) -> None:
            await self._drop_stalled()
            await self._logged(self._history.expire)

        if self._history.has_store:

            @self._app.periodic(cron=TICKS, periodic_id=self._disk)
            @self._app.task(name="bring_up", queue=self._disk, queueing_lock=self._disk)
            async def bring_up(timestamp: int) -> None:
                await self._logged(self._history.bring_up)

    async def wake(self, batch: str) -> bool:
        """Has a process, maybe this one, take up a batch; False where the caller has to do it."""
        if not self.is_running:
            return False
        job = self._app.configure_task(_RUN_BATCH, queue=QUEUE, queueing_lock=batch)
        try:
            await job.defer_async(batch=batch)
        except AlreadyEnqueued:
            pass
        except (ProcrastinateException, psycopg.Error):  # the worker notices it, too, and says so
            return False
        return True

    def maintain(self) -> None:
        """What this process has to do for the history by itself. Raises as `History.maintain`."""
        if self.is_running:
            self._history.clean_up()
        else:
            self._history.maintain()

    async def run(self, stopping: asyncio.Event) -> None:
        """Works until a stop. What runs here goes on; its jobs end."""
        ended = asyncio.create_task(stopping.wait())
        while not stopping.is_set():
            working = asyncio.create_task(self._work())
            await asyncio.wait({ended, working}, return_when=asyncio.FIRST_COMPLETED)
            while not working.done():
                working.cancel()
                await asyncio.wait({working}, timeout=STOP_SECONDS)
            if not working.cancelled() and (error := working.exception()):
                _log.error("background work ended unexpectedly", exc_info=error)
            await asyncio.wait({ended}, timeout=AGAIN_SECONDS)

    async def _work(self) -> None:
        """One life of a worker. It ends with the connection to the database, and never waits for a job."""
        schema, first = self._app.schema_manager.get_schema(), "procrastinate_jobs"
        try:
            await asyncio.to_thread(self._history.add_tables, first, schema)
            await self._app.open_async()
            self.is_running, self._is_away = True, False
            await self._app.run_worker_async(
                queues=[QUEUE, self._disk],
                concurrency=_AT_ONCE,
                delete_jobs=DeleteJobCondition.ALWAYS,
                install_signal_handlers=False,
                shutdown_graceful_timeout=0,
                update_heartbeat_interval=BEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        except (PlaygroundError, ProcrastinateException, psycopg.Error) as error:
            if not self._is_away:
                _log.error("background work waits for the database: %s", type(error).__name__)
            self._is_away = True
        finally:
            self.is_running = False
            with contextlib.suppress(ProcrastinateException, psycopg.Error):
                await self._app.close_async()

    async def _drop_stalled(self) -> None:
        """Removes the jobs of workers that are dead, and of those that could not write down their end."""
        jobs = self._app.job_manager
        for queue in (QUEUE, self._disk):
            for job in await jobs.get_stalled_jobs(queue=queue, seconds_since_heartbeat=STALLED_SECONDS):
                with contextlib.suppress(ProcrastinateException):  # another process was quicker
                    await jobs.finish_job(job, status=Status.FAILED, delete_job=True)
                if job.task_name == _RUN_BATCH:
                    await self.wake(str(job.task_kwargs["batch"]))
        await jobs.prune_stalled_workers(STALLED_SECONDS)

    async def _logged(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except (PlaygroundError, OSError) as error:
            _log.error("the history could not be looked after: %s", error)
