"""A batch of the provider's: created once whatever gets lost on the way, and every answer in its row once."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import time
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest

from playground.batches import pictures, results
from playground.batches.by_provider import ByProvider, _drop_files
from playground.batches.plan import Call, Given, Plan
from playground.batches.remote_jobs import Notes, Phase, RemoteJob, named, read
from playground.batches.runner import Batches
from playground.batches.sending import Keys
from playground.catalogue import Catalogue
from playground.demo.gateway import create_app
from playground.demo.in_process import InProcess
from playground.errors import NotStarted, PlaygroundError
from playground.history import Batch, BatchRow, BatchState, Charge, History, Span
from playground.jobs.costs import by_tokens, estimate
from playground.jobs.job import Job, Once
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key
from playground.providers.remote_batches import Brought, RemoteBatches
from playground.request import ImageRequest, build
from playground.settings import StorageSettings
from tests.batches.serving import serving
from tests.echoing import CANARY, answer, files_with_it, left_in, marked_picture, refusal
from tests.mocked import Pauses
from tests.wire.samples import b64, inline

GOOGLE = "https://generativelanguage.googleapis.com"
KEY = CANARY
TYPED = Keys(Credentials(Key(KEY)), "google")
MODEL, OTHER = "gemini-nano-banana-2.1", "gemini-3-pro-image"


class Line(httpx.AsyncBaseTransport):
    """The way to a demo that stands at Google's place, with accidents on it.

    Attributes:
        seen: methods of what was sent, the last part of the path or what is behind its colon.
        lost: of which method the answer gets lost; of which the request does; and which are answered so,
            instead of being heard or after it.
        frozen: after which method the one who asks goes on once the event is set.
    """

    def __init__(self, folder: Path) -> None:
        self.inside = InProcess(create_app(_catalogue(), folder=folder, pending_seconds=0))
        self.seen: Counter[str] = Counter()
        self.keys: set[str | None] = set()
        self.lost_answers: set[str] = set()
        self.lost_requests: set[str] = set()
        self.answers: dict[str, list[httpx.Response]] = {}
        self.heard_and_answered: dict[str, httpx.Response] = {}
        self.frozen: dict[str, asyncio.Event] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        method = (
            last.rpartition(":")[2] if ":" in last else f"{request.method} {request.url.path.split('/')[2]}"
        )
        self.seen[method] += 1
        self.keys.add(request.headers.get("x-goog-api-key"))
        if method in self.lost_requests:
            raise httpx.ReadTimeout("silence", request=request)
        if self.answers.get(method):
            return self.answers[method].pop(0)
        response = await self.inside.handle_async_request(request)
        if method in self.frozen:
            await self.frozen[method].wait()
        if method in self.lost_answers:
            await response.aread()
            raise httpx.ReadError("broke off", request=request)
        return self.heard_and_answered.get(method, response)


def _catalogue() -> Catalogue:
    from playground import catalogue

    return catalogue.load()


class Payer:
    """No budgets; limits of money as they are."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def count(self, batch: Batch) -> None:
        pass

    async def reserve(
        self, batch: Batch, wanted: Sequence[ImageRequest], credentials: Credentials, part: float, charge: str
    ) -> None:
        dollars = part * 0.0336 * len(wanted)
        whole = Charge(charge, batch.owner, "", dollars, 0, False)
        await asyncio.to_thread(self._history.ledger.reserve, whole)


class Bench:
    """A history, a studio, the driver, and the way to the provider."""

    def __init__(self, folder: Path, at: str = GOOGLE) -> None:
        self.folder = folder
        catalogue = _catalogue()
        self.history = History(folder / "data", StorageSettings(min_free=0))
        self.line = Line(folder)
        provider = Provider(
            catalogue, transports={at: self.line}, staging_dir=self.history.staging_dir, pace=Pauses().pace
        )
        self.studio = Studio(catalogue, provider, self.history)
        self.studio.recover()
        self.driver = ByProvider(self.studio, Payer(self.history), pace=Pauses().pace)
        self.batches = Batches(self.studio, self._never, {"provider": self.driver}, step_seconds=0.02)

    async def _never(self, batch: Batch, wanted: ImageRequest, credentials: Credentials, once: Once) -> Job:
        raise NotStarted("busy")

    async def start(self, *prompts: str, models: Sequence[str] = (MODEL,)) -> Batch:
        made = [
            ImageRequest(prompt=prompt, provider="google", model=models[place % len(models)], image_size="1K")
            for place, prompt in enumerate(prompts)
        ]
        calls = tuple(Call(line, request) for line, request in enumerate(made, 2))
        assert self.driver.offers(Plan(calls))
        return await self.batches.start(calls, TYPED, owner="me", network="192.0.2.1", via="provider")

    async def claimed(self, batch: Batch, *, is_created: bool, claims: int = 9) -> None:
        """As a process leaves it that ends before it notes the creation: so many rows claimed, the job
        NEW."""
        tries, book = {row.number: row.tries + 1 for row in self.rows(batch)}, self.history.batches
        job = RemoteJob(named(batch.id, "google", MODEL, tries.items()), "google", MODEL, tries)
        if is_created:
            await self.created(job, self.rows(batch))
        assert book.note(batch, Notes({job.id: job}).dumped())
        assert book.claim(batch, self.rows(batch)[:claims])

    def remote(self) -> RemoteBatches:
        provider = self.studio.provider
        destination = provider.destination("google", TYPED.at("google"))
        return RemoteBatches(provider, destination, self.history.staging_dir)

    async def created(self, job: RemoteJob, rows: Sequence[BatchRow]) -> str:
        """The name of a batch there that nothing here has sent."""
        wanted = [(str(row.number), build(**row.fields)) for row in rows]
        model = self.studio.catalogue.model("google", job.model_id)
        file = await self.remote().upload(wanted, model, job.id)
        return (await self.remote().create(job.model_id, file, job.id)).name

    def rows(self, batch: Batch) -> list[BatchRow]:
        return self.history.batches.rows(batch.id)

    def states(self, batch: Batch) -> list[str]:
        return [row.state.value for row in self.rows(batch)]

    async def until(self, batch: Batch, *states: BatchState) -> Batch:
        for _ in range(9000):  # 90 s: a busy machine takes its time
            found = self.history.batches.find(batch.id)
            sent = "sent" in self.states(batch)
            if found is not None and found.state in states and not sent:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"never {states}: {self.states(batch)}, {found and found.note}")

    async def reached(self, method: str, count: int) -> None:
        for _ in range(1000):
            if self.line.seen[method] >= count:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never {count} times {method}: {self.line.seen}")

    def running(self) -> AbstractAsyncContextManager[None]:
        return serving(self.batches, self.studio)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_rows_of_two_models_are_two_batches_and_ordinary_generations_at_half_price(
    bench: Bench,
) -> None:
    async with bench.running():
        batch = await bench.start(
            "a fox", "a boat", "demo: rate limit", "a cat", "demo: blocked", models=[MODEL, OTHER]
        )
        await bench.until(batch, BatchState.ENDED)
        rows = bench.rows(batch)
        assert [row.state.value for row in rows] == ["done", "done", "failed", "done", "failed"]
        assert [row.code for row in rows] == ["", "", "rate_limited", "", "prompt_blocked"]
        assert (bench.line.seen["batchGenerateContent"], bench.line.seen["generateContent"]) == (2, 0)
        assert bench.line.keys == {KEY}
        entries = {entry.id: entry for entry in bench.history.page("me").entries}
        for row in (rows[0], rows[1], rows[3]):
            record = bench.history.record("me", row.generation(batch.id))
            assert record.batched == 0.5
            assert entries[record.id].pictures
            price = {MODEL: 0.0336, OTHER: 0.134}[record.model]
            assert record.cost_usd == pytest.approx(price / 2)
            again = bench.studio.restored(record.id, "me")
            assert again
            assert (estimate(again), by_tokens(again)) == (record.cost_usd, record.tokens_usd)
            assert row.price == pytest.approx(price / 2, rel=0.1), "by the tokens of its answer"
        spent, unknown = bench.history.ledger.charged("me", Span.DAY)
        assert (spent, unknown) == (pytest.approx(sum(row.price or 0 for row in rows)), 0)
        assert files_with_it(bench.folder) == {}
        assert bench.line.seen["DELETE files"] == 2, "the requests were removed"


async def test_a_creation_of_which_the_answer_is_lost_is_found_and_not_sent_again(bench: Bench) -> None:
    bench.line.lost_answers = {"batchGenerateContent"}
    async with bench.running():
        batch = await bench.start("a fox", "a boat")
        await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["done", "done"]
        assert bench.line.seen["batchGenerateContent"] == 1


async def test_a_creation_that_is_answered_by_trouble_but_was_heard_is_not_sent_again(bench: Bench) -> None:
    error = {"error": {"code": 503, "status": "UNAVAILABLE", "message": "overloaded"}}
    bench.line.heard_and_answered = {"batchGenerateContent": httpx.Response(503, json=error)}
    async with bench.running():
        batch = await bench.start("a fox", "a boat")
        await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["done", "done"]
        assert bench.line.seen["batchGenerateContent"] == 1


@pytest.mark.parametrize("claims", [0, 1, 2])
async def test_a_batch_that_is_there_though_its_note_is_lost_is_found_and_is_of_today(
    bench: Bench, claims: int
) -> None:
    """What a power cut leaves of the claims and of the note of the creation."""
    batch = await bench.start("a fox", "a boat")
    await bench.claimed(batch, is_created=True, claims=claims)
    async with bench.running():
        await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["done", "done"]
        assert bench.line.seen["batchGenerateContent"] == 1
        for entry in bench.history.page("me").entries:
            assert datetime.now(UTC) - entry.created < timedelta(hours=1)


@pytest.mark.parametrize("at", ["POST v1beta", "GET batches"])
async def test_a_holder_that_wakes_before_its_creation_creates_nothing_any_more(
    bench: Bench, tmp_path: Path, at: str
) -> None:
    """It was frozen while it uploaded its rows, or looked for its batch; another process has made it
    meanwhile."""
    other = Bench(tmp_path)
    other.line.inside, other.line.seen = bench.line.inside, bench.line.seen
    bench.line.frozen[at] = asyncio.Event()
    batch = await bench.start("a fox")
    sleeping = asyncio.create_task(bench.driver.run(batch, TYPED, asyncio.Event()))
    await bench.reached(at, 1)
    taken = other.history.batches.take(batch, other.history.process)
    assert taken is not None
    await other.driver.run(taken, TYPED, asyncio.Event())
    assert other.states(batch) == ["done"]
    spent = other.history.ledger.charged("me", Span.DAY)
    bench.line.frozen[at].set()
    await sleeping
    assert bench.line.seen["batchGenerateContent"] == 1
    assert (other.states(batch), other.history.ledger.charged("me", Span.DAY)) == (["done"], spent)
    kept = other.history.batches.find(batch.id)
    assert kept is not None
    assert [job.phase for job in read(kept.note).jobs.values()] == [Phase.ENDED]
    for one in (bench, other):
        await one.studio.aclose()
        one.history.close()


async def test_a_holder_that_was_frozen_after_its_claim_creates_nothing_any_more(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another has looked for its batch meanwhile, and a person may have had the unclear rows sent again."""
    other = Bench(tmp_path)
    batch = await bench.start("a fox")
    claim = bench.history.batches.claim

    def claimed_and_frozen(*given: object) -> bool:
        is_mine = claim(*given)
        assert is_mine
        assert other.history.batches.take(batch, other.history.process) is not None
        return is_mine

    monkeypatch.setattr(bench.history.batches, "claim", claimed_and_frozen)
    await bench.driver.run(batch, TYPED, asyncio.Event())
    assert bench.line.seen["batchGenerateContent"] == 0
    for one in (bench, other):
        await one.studio.aclose()
        one.history.close()


async def test_a_creation_waits_for_a_database_that_is_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked last before the one call that costs something. Nothing was sent, nothing is unclear."""
    holds, times = bench.history.batches.holds, iter(range(3))

    def away(*given: BatchRow) -> bool:
        if next(times, None) is not None:
            raise PlaygroundError("history_failed")
        return holds(*given)

    monkeypatch.setattr(bench.history.batches, "holds", away)
    batch = await bench.start("a fox")
    async with bench.running():
        await bench.until(batch, BatchState.ENDED)
    assert (bench.states(batch), bench.line.seen["batchGenerateContent"]) == (["done"], 1)


async def test_a_creation_that_nobody_knows_of_leaves_its_rows_unclear(bench: Bench) -> None:
    bench.line.lost_requests = {"batchGenerateContent"}
    async with bench.running():
        batch = await bench.start("a fox", "a boat")
        ended = await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["unclear", "unclear"]
        assert {row.code for row in bench.rows(batch)} == {"batch_unheard"}
        assert bench.line.seen["batchGenerateContent"] == 1
        bench.line.lost_requests = set()
        await bench.batches.retry(ended, TYPED, unclear=True)  # a person's press
        await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["done", "done"]
        assert bench.line.seen["batchGenerateContent"] == 2


@pytest.mark.parametrize(
    ("status", "name", "state", "codes"),
    [
        (429, "RESOURCE_EXHAUSTED", BatchState.ENDED, {""}),
        (403, "PERMISSION_DENIED", BatchState.PAUSED, {""}),
        (400, "INVALID_ARGUMENT", BatchState.ENDED, {"bad_request"}),
    ],
)
async def test_a_creation_that_is_refused_costs_nothing_and_is_told(
    bench: Bench, status: int, name: str, state: BatchState, codes: set[str]
) -> None:
    error = {"error": {"code": status, "status": name, "message": "no"}}
    bench.line.answers = {"batchGenerateContent": [httpx.Response(status, json=error)]}
    async with bench.running():
        batch = await bench.start("a fox", "a boat")
        await bench.until(batch, state)
        assert {row.code for row in bench.rows(batch)} == codes
        assert bench.history.ledger.charged("me", Span.DAY)[0] == pytest.approx(
            sum(row.price or 0 for row in bench.rows(batch))
        )


async def test_what_is_free_is_asked_again_and_answers_that_break_off_are_taken_once(bench: Bench) -> None:
    bench.line.answers = {"GET batches": [httpx.Response(503, json={}), httpx.Response(502, text="<html>")]}
    broken = {"download"}
    bench.line.lost_answers = broken
    async with bench.running():
        batch = await bench.start("a fox", "a boat", "a cat")
        await bench.reached("download", 1)
        broken.clear()
        await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["done"] * 3
        assert bench.line.seen["batchGenerateContent"] == 1
        assert len(bench.history.page("me").entries) == 3


async def test_a_stop_cancels_it_there(bench: Bench) -> None:
    async with bench.running():
        batch = await bench.start("demo: slow 100 a fox")
        await bench.reached("GET batches", 3)
        found = await bench.batches.find(batch.id, "me")
        assert found
        await bench.batches.stop(found)
        await bench.until(batch, BatchState.STOPPED)
        assert bench.states(batch) == ["stopped"]
        assert bench.line.seen["cancel"] == 1


async def test_a_job_that_is_lost_keeps_nobody_from_the_answers_of_another(bench: Bench) -> None:
    batch, notes = await bench.start("a fox", "a boat", models=[MODEL, OTHER]), Notes()
    for row, model in zip(bench.rows(batch), (MODEL, OTHER), strict=True):
        job = RemoteJob(model, "google", model, {row.number: 1}, Phase.CREATED, since=time.time())
        name = "batches/none" if model == MODEL else await bench.created(job, [row])
        for _ in range(300 if model == OTHER else 0):  # until it has ended there
            if (await bench.remote().get(name)).answers:
                break
            await asyncio.sleep(0.02)
        notes.jobs[job.id] = replace(job, name=name, file="files/none")
        assert bench.history.batches.claim(batch, [row])
    assert bench.history.batches.note(batch, notes.dumped())
    async with bench.running():
        for _ in range(500):
            if bench.states(batch) == ["sent", "done"]:
                break
            await asyncio.sleep(0.01)
        assert bench.states(batch) == ["sent", "done"]
        found = bench.history.batches.find(batch.id)
        assert found
        assert (found.state, found.reason) == (BatchState.PAUSED, "batch_lost")


async def test_rows_that_were_claimed_for_nothing_end_with_their_stopped_batch(bench: Bench) -> None:
    batch = await bench.start("a fox")
    await bench.claimed(batch, is_created=False)
    await bench.batches.stop(batch)
    async with bench.running():
        await bench.until(batch, BatchState.STOPPED)
        assert bench.states(batch) == ["stopped"]
        assert bench.line.seen["batchGenerateContent"] == 0


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_row_of_which_a_picture_is_gone_fails_alone(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crashes: bool
) -> None:
    """A process that ends between the claim of the row and its end leaves it to the next."""
    gone, there = (Given(f"{name}.png", tmp_path / f"{name}.png") for name in ("gone", "there"))
    for one in (gone, there):
        one.path.write_bytes(marked_picture(one.name))
    request = ImageRequest(prompt="a fox", provider="google", model=MODEL, image_size="1K")
    calls = (Call(2, request, (gone,)), Call(3, request, (there,)), Call(4, request))
    plan = await pictures.prepared(Plan(calls), bench.studio)
    batch = await bench.batches.start(plan.calls, TYPED, owner="me", network="", via="provider")
    [image] = bench.rows(batch)[0].fields["images"]
    (bench.history.folder(batch.id) / image["file"]).unlink()
    if crashes:
        with monkeypatch.context() as patch:
            patch.setattr(bench.driver, "_end", Mock(side_effect=RuntimeError("killed")))
            with pytest.raises(RuntimeError, match="killed"):
                await bench.driver.run(batch, TYPED, asyncio.Event())
        assert bench.states(batch) == ["sent", "waiting", "waiting"]
    async with bench.running():
        ended = await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["failed", "done", "done"]
        assert (bench.rows(batch)[0].code, bench.rows(batch)[0].tries) == ("picture_missing", 1)
        await bench.batches.retry(ended, TYPED)
        await bench.until(batch, BatchState.ENDED)
        assert bench.states(batch) == ["failed", "done", "done"]
        assert bench.line.seen["batchGenerateContent"] == 1


async def test_answers_that_nobody_takes_any_more_leave_no_file(bench: Bench) -> None:
    parts = [inline(b64(os.urandom(600_000)), "image/png")]
    text = json.dumps({"key": "1", "response": {"candidates": [{"content": {"parts": parts}}]}}) + "\n"
    seen = []

    async def lines() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield text.encode()
            await asyncio.sleep(0.2)
            seen.append([one.name for one in bench.history.staging_dir.iterdir()])

    async def take(key: str, place: int, brought: Brought) -> None:
        _drop_files(brought)
        raise OSError("the disk")

    bench.line.answers = {"download": [httpx.Response(200, content=lines())]}
    with pytest.raises(OSError, match="the disk"):
        await bench.remote().answers("files/answers", take)
    assert seen == [["lock"]] * 3


async def test_two_pictures_of_one_row_have_two_names(bench: Bench) -> None:
    parts = [inline(b64(marked_picture(text)), "image/png") for text in ("one", "two")]
    said = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    line = json.dumps({"key": "1", "response": said})
    bench.line.answers = {"download": [httpx.Response(200, text=line)]}
    async with bench.running():
        batch = await bench.start("a fox")
        await bench.until(batch, BatchState.ENDED)
        packed = b"".join(results.pieces(bench.history, batch, lambda row: row.said))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert len({*archive.namelist()}) == 3


async def test_a_provider_that_repeats_the_key_everywhere_leaves_it_nowhere(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lines = [{"key": "1", "response": answer(KEY)}, {"key": "2", **refusal(KEY), KEY: KEY}, {"key": KEY}]
    answers = httpx.Response(200, text="\n".join(map(json.dumps, lines)), headers={"x-id": KEY})
    bench.line.answers = {
        "download": [answers],
        "POST v1beta": [httpx.Response(400, json=refusal(KEY))],
        "GET batches": [httpx.Response(500, json=refusal(KEY)), httpx.Response(404, text=KEY)],
    }
    async with bench.running():
        batch = await bench.start("a fox", "a boat")
        ended = await bench.until(batch, BatchState.ENDED, BatchState.PAUSED)
        assert bench.states(batch) == ["done", "failed"]
        assert left_in(str(bench.rows(batch)) + str(ended)) == []
    assert files_with_it(bench.folder / "data") == {}
    assert left_in(caplog.text) == []
