"""Two processes behind nginx: one is killed in mid-job, one is updated, the database goes; then we count.

`PLAYGROUND_TEST_KILLS=50 python -m pytest tests/test_machines.py -s` does it fifty times and prints figures.
Of a single kill each process has a disk of its own, and both an S3; of many, they share one folder.
"""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from playground import settings
from playground.history import Batch, BatchRow, BatchState, History, RowState
from playground.server import host
from playground.settings import Settings, StorageSettings
from tests import postgresql_server, redis_server, s3_server
from tests.app_process import AppProcess, until
from tests.faults.oracle import CANARY
from tests.faults.server import Connection, Gateway, gateway, good
from tests.faults.test_people import ROWS
from tests.history_samples import ENGINES
from tests.page_events import Page
from tests.wire.samples import picture

UPDATE_EVERY = 5
KILLS = int(os.environ.get("PLAYGROUND_TEST_KILLS", "1"))
HAS_STORE = KILLS == 1
VISITORS = 6
WANTED = 2
BATCH_PROMPT = "a teapot, number"
BATCH_ROWS = 24 if KILLS == 1 else 120
GRACE_SECONDS = 30
LONGEST_SECONDS = 60 if KILLS == 1 else 180
"""For how long a visitor may see nothing come of a press. Many of fifty kills come before a process is taken
for lost after the one before, and the visitor has to move on once more."""
SOONER = {
    "playground.history.notices.LOST_SECONDS": 6.0,
    "playground.jobs.sharing._JUDGING_SECONDS": 2.0,
    "playground.jobs.sharing._WELL_SECONDS": 3.0,
}
"""Of a single kill the suite need not wait for all of the 15 s after which a process is taken for lost."""


@dataclass
class Visitor:
    """Somebody with a page, which goes on at whichever process answers, as the page's script does.

    Attributes:
        waits: how long each press has taken, from the press to the end of its job, in seconds.
        broken: how often the line broke.
    """

    base_url: str
    address: str
    waits: list[float] = field(default_factory=list)
    broken: int = 0
    ended: Counter[str] = field(default_factory=Counter)

    def press_until(self, over: threading.Event) -> None:
        transport = httpx.HTTPTransport(local_address=self.address)
        with httpx.Client(base_url=self.base_url, transport=transport, timeout=LONGEST_SECONDS) as client:
            page = self._loaded(client)
            while not over.is_set():
                begun = time.monotonic()
                self._press(client, page)
                self.waits.append(time.monotonic() - begun)

    def _loaded(self, client: httpx.Client) -> Page:
        while True:
            try:
                return Page(client)
            except (httpx.HTTPError, ValueError):
                self._wait_for_line(client)

    def _press(self, client: httpx.Client, page: Page) -> None:
        token, deadline = secrets.token_hex(8), time.monotonic() + LONGEST_SECONDS
        prompt = f"a cat called {token}"
        try:
            told = page.press(token, prompt=prompt, provider="mine", key=CANARY, count=str(WANTED))
        except httpx.HTTPError:
            told = ""
        while "process_completed" not in told:
            assert time.monotonic() < deadline, "a visitor is stuck"
            self.broken += 1
            self._wait_for_line(client)
            try:
                told = page.back(token)
            except httpx.HTTPError:
                told = ""
        shown = re.findall(r'data-state=\\?[\\"]*(\w+)', told)
        self.ended[shown[-1] if shown else "nothing"] += 1

    def _wait_for_line(self, client: httpx.Client) -> None:
        until(lambda: is_there(client), LONGEST_SECONDS)


def is_there(client: httpx.Client) -> bool:
    """Whether the server answers."""
    try:
        return client.get("/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


@dataclass
class Machines:
    """All that runs."""

    base_url: str
    folders: list[Path]
    database_url: str
    processes: list[AppProcess]
    gateway: Gateway
    reached: Counter[str]
    answered: Counter[str]

    def records(self) -> dict[str, dict[str, Any]]:
        """By prompt; of one that is on two disks, what the store had last."""
        found = [json.loads(path.read_bytes()) for path in self.files("generations/*/record.json")]
        found.sort(key=lambda record: (record["seconds"] is not None, len(record["outcomes"])))
        return {record["prompt"]: record for record in found}

    def files(self, pattern: str) -> Iterator[Path]:
        """On all disks."""
        for folder in self.folders:
            yield from folder.glob(pattern)


@contextmanager
def nginx(folder: Path, ports: list[int]) -> Iterator[str]:
    """The proxy by the file that we ship; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    shipped = Path(host.__file__).with_name("nginx.conf").read_text(encoding="utf-8")
    ours = shipped.replace("listen 80;", f"listen 127.0.0.1:{port};")
    for name, own in zip(("one", "two"), ports, strict=True):
        ours = ours.replace(f"server {name}:7860", f"server 127.0.0.1:{own}")
    (folder / "shipped.conf").write_text(ours, encoding="utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {paths}\ninclude {folder}/shipped.conf; }}",
        encoding="utf-8",
    )
    with subprocess.Popen(["nginx", "-e", f"{folder}/error.log", "-c", str(whole)]) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    reached, answered, chance = Counter[str](), Counter[str](), random.Random(7)

    def draw(connection: Connection) -> None:
        prompt = json.loads(connection.body)["contents"][0]["parts"][0]["text"]
        reached[prompt] += 1
        threading.Event().wait(chance.uniform(0.5, 3.0))
        connection.send(good())
        answered[prompt] += 1

    with ExitStack() as stack:
        served = stack.enter_context(gateway(draw))
        database = stack.enter_context(postgresql_server.running())
        redis = stack.enter_context(redis_server.running())
        rows = tmp_path / "rows.toml"
        mine = ROWS.format(base_url=served.base_url) + 'key_env = ["MINE_API_KEY"]\n'
        rows.write_text(mine, encoding="utf-8")
        environment = {
            "MINE_API_KEY": CANARY,
            "PLAYGROUND_DAILY_DOLLARS": "0",
            "PLAYGROUND_DATABASE_URL": database,
            "PLAYGROUND_GRACE_SECONDS": str(GRACE_SECONDS),
            "PLAYGROUND_LIMITS_URL": redis,
            "PLAYGROUND_PROVIDERS": str(rows),
            "PLAYGROUND_SEPARATE_VISITORS": "yes",
            "PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
            "PLAYGROUND_USE_PROXY": "no",
        }
        seconds = SOONER if KILLS == 1 else {}
        folders = [tmp_path / name for name in (("one", "two") if HAS_STORE else ("data", "data"))]
        environment |= stack.enter_context(_store()) if HAS_STORE else {}
        processes = [
            AppProcess(tmp_path / f"{name}.log", {**environment, "PLAYGROUND_DATA_DIR": str(folder)}, seconds)
            for name, folder in zip(("one", "two"), folders, strict=True)
        ]
        for process in processes:
            stack.callback(_end, process, signal.SIGKILL)
            process.start()
        for process in processes:
            process.wait_for()
        own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nginx-")))
        base_url = stack.enter_context(nginx(own, [process.port for process in processes]))
        yield Machines(base_url, [*{*folders}], database, processes, served, reached, answered)


@contextmanager
def _store() -> Iterator[dict[str, str]]:
    """An S3 server; yields what tells a process of it."""
    port = s3_server.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with s3_server.running(port):
        httpx.put(f"{endpoint}/bucket").raise_for_status()
        options = {"endpoint_url": endpoint, "key": "any", "secret": "any"}
        yield {"PLAYGROUND_PICTURES_URL": "s3://bucket/pictures", "FSSPEC_S3": json.dumps(options)}


def _end(process: AppProcess, how: signal.Signals) -> None:
    process.send(how)
    assert process.ends_within(GRACE_SECONDS + 60), "a process does not end"


def _pass(seconds: float) -> None:
    threading.Event().wait(seconds)


def _harm(machines: Machines) -> int:
    """Kills one process and then the other at any moment, while the other goes on; how many were updated."""
    chance, updates = random.Random(KILLS), 0
    for number in range(KILLS):
        one, other = machines.processes[:: 1 if number % 2 else -1]
        if number % UPDATE_EVERY == 0:
            _pass(chance.uniform(0.5, 2.5))
            _end(other, signal.SIGTERM)
            other.start()
            other.wait_for()
            updates += 1
        _pass(chance.uniform(0.5, 2.5))
        _end(one, signal.SIGKILL)
        print(number, end=" ", flush=True)
        if number < KILLS - 1:
            one.start()
            one.wait_for()
    return updates


@pytest.mark.slow
@pytest.mark.timeout(300 + 60 * KILLS)
@pytest.mark.skipif("postgresql" not in ENGINES, reason="the services are installed where CI is set")
def test_nothing_paid_is_lost_and_nobody_is_stuck_when_processes_and_the_database_go(
    machines: Machines, record_property: Callable[[str, object], None]
) -> None:
    over = threading.Event()
    visitors = [Visitor(machines.base_url, f"127.0.0.{10 + number}") for number in range(VISITORS)]
    threads = ThreadPoolExecutor(len(visitors))
    coming = [threads.submit(visitor.press_until, over) for visitor in visitors]
    until(lambda: len(machines.answered) > VISITORS)
    address = machines.database_url.replace("://", "+psycopg://")
    history = History(machines.folders[0].with_name("test"), StorageSettings(address))
    batch = _with_batch(history)
    # The server writes it to its disk within a second, and is then taken away as by a power cut.
    until(lambda: history.batches.counts(batch.id)[RowState.DONE])
    with postgresql_server.away(machines.database_url):
        _pass(3)
    updates = _harm(machines)
    over.set()
    for visit in coming:
        visit.result(2 * LONGEST_SECONDS)
    until(lambda: all(record["seconds"] is not None for record in machines.records().values()))
    with psycopg.connect(machines.database_url) as connection:
        asked = "SELECT count(*) FROM jobs WHERE state = 'running'"
        until(lambda: connection.execute(asked).fetchone() == (0,))
        [(workers,)] = connection.execute("SELECT max(id) FROM procrastinate_workers").fetchall()
        assert workers > 2, "each life of a process had one"
    _check_batch(history, batch, machines)
    print(f"\n{KILLS} processes killed, {updates} updated, the database away for 3 s:")
    for figure, value in _counted(machines, visitors).items():
        record_property(figure, value)


def _with_batch(history: History) -> Batch:
    """A batch that belongs to no process."""
    fields = {"provider": "mine", "model": "gemini-3-pro-image"}
    prompts = [f"{BATCH_PROMPT} {number}" for number in range(1, BATCH_ROWS + 1)]
    rows = [BatchRow(number, number, {"prompt": one, **fields}) for number, one in enumerate(prompts, 1)]
    batch = Batch(history.new_id(), "visitor-with-a-batch", "192.0.2.1", datetime.now(UTC))
    history.batches.add(batch, rows)
    return batch


def _check_batch(history: History, batch: Batch, machines: Machines) -> None:
    """It has ended somewhere: every row is done or may have been billed, and none was sent twice."""

    def has_ended() -> bool:
        found = history.batches.find(batch.id)
        assert found is not None
        assert found.state is not BatchState.PAUSED, f"nobody paused it: {found.reason} {found.facts}"
        return found.state is BatchState.ENDED

    until(has_ended, 2 * LONGEST_SECONDS)
    rows = history.batches.rows(batch.id)
    states = Counter(row.state.value for row in rows)
    assert states.keys() <= {"done", "unclear"}, [row.code for row in rows]
    assert states.total() == BATCH_ROWS
    assert {machines.reached[str(row.fields["prompt"])] for row in rows if row.state is RowState.DONE} == {1}
    assert max(machines.reached[str(row.fields["prompt"])] for row in rows) == 1
    history.close()
    print(f"\na batch of {len(rows)} over all of that: {dict(states)}")


def _counted(machines: Machines, visitors: list[Visitor]) -> dict[str, float]:
    """What is to be said of it; nothing is lost, or the test ends here."""
    records, kept, cut_off = machines.records(), 0, 0
    pressed = {prompt: times for prompt, times in machines.reached.items() if BATCH_PROMPT not in prompt}
    for prompt, times in pressed.items():  # a row that was not sent has one record for each try
        assert times <= WANTED, "a call was sent again"
        outcomes = records[prompt]["outcomes"]
        pictured = [outcome for outcome in outcomes if outcome["pictures"]]
        cut = [one for one in outcomes if (one["error"] or {}).get("code") == "interrupted"]
        assert len(pictured) + len(cut) >= times, "a call that was paid is not accounted for"
        kept, cut_off = kept + len(pictured), cut_off + len(cut)
    for path in machines.files("generations/*/[0-9]*.png"):
        assert path.read_bytes() == picture()
    assert sum(visitor.broken for visitor in visitors), "nobody has noticed anything"
    waits = sorted(wait for visitor in visitors for wait in visitor.waits)
    print(
        f"{len(waits)} presses, {sum(pressed.values())} calls paid: {kept} pictures kept, {cut_off} "
        f"cut off and recorded; lines broken {sum(visitor.broken for visitor in visitors)}, "
        f"ended as {dict(sum((visitor.ended for visitor in visitors), Counter()))}, "
        f"wait median {waits[len(waits) // 2]:.1f} s, longest {waits[-1]:.1f} s"
    )
    return {"kills": KILLS, "calls": sum(pressed.values()), "lost": 0, "longest": round(waits[-1], 1)}


def test_the_compose_file_names_what_there_is() -> None:
    folder = Path(host.__file__).parent
    composed = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))
    known = {settings.variable(name) for name in Settings.model_fields}
    proxied = re.findall(r"server (\w+):7860", (folder / "nginx.conf").read_text(encoding="utf-8"))
    for name in proxied:
        service = composed["services"][name]
        assert service["environment"].keys() <= known
        assert (folder / service["build"] / "Dockerfile").is_file()
        grace = float(service["environment"]["PLAYGROUND_GRACE_SECONDS"])
        assert grace < float(service["stop_grace_period"].removesuffix("s"))
    assert len(proxied) == 2
    assert composed["volumes"].keys() == {"data", "postgres"}
