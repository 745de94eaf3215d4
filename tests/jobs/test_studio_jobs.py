"""Jobs in the long run: presses sent twice, lines, progress, stops of the server, crashes, conversations."""

from __future__ import annotations

import asyncio
import functools
import gc
import hashlib
import io
import json
import weakref
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from playground.catalogue import Catalogue
from playground.demo.gateway import create_app as create_demo
from playground.errors import InvalidRequest, NotStarted
from playground.history import History, Notice, SavedPicture
from playground.jobs import job as job_module
from playground.jobs import runner
from playground.jobs.queue import Limits
from playground.jobs.studio import Job, Studio
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key
from playground.providers.progress import Phase
from playground.providers.retries import Pace
from playground.record import Record
from playground.request import ImageRequest
from playground.result import PicturePart
from playground.settings import StorageSettings
from playground.ui import results
from playground.ui.words import words_for
from tests.mocked import Handler, Recording, provider_of, with_picture
from tests.wire.samples import b64, candidate, inline, picture

KEY = Key("canary-key-0123456789")
MODEL = "gemini-3-pro-image"
BUSY = {"error": {"message": "busy"}}


class Gate:
    """A handler whose answers come one by one, as a test lets them."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self._may = asyncio.Semaphore(0)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.arrived.append(json.loads(request.content)["contents"][0]["parts"][0]["text"])
        await self._may.acquire()
        return with_picture()

    def let(self, calls: int) -> None:
        for _ in range(calls):
            self._may.release()


class House:
    """A data directory, and studios that use it one after the other."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.catalogue = catalogue
        self.folder = folder
        self.studios: list[Studio] = []

    def studio(
        self, handler: Handler, history: Callable[[Path], History] = History, **options: Any
    ) -> Studio:
        limits = options.pop("limits", None)
        provider = provider_of(self.catalogue, handler, **options)
        studio = Studio(self.catalogue, provider, history(self.folder), limits=limits)
        self.studios.append(studio)
        return studio

    def files(self, pattern: str) -> list[Path]:
        return sorted(path for path in self.folder.rglob(pattern) if path.is_file())


@pytest.fixture
async def house(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[House]:
    made = House(catalogue, tmp_path)
    yield made
    for studio in made.studios:
        await studio.aclose()


def ask(prompt: str = "a cat", **fields: Any) -> ImageRequest:
    return ImageRequest(**{"prompt": prompt, "provider": "google", "model": MODEL, **fields})


async def start(studio: Studio, prompt: str = "a cat", owner: str = "me", **fields: Any) -> Job:
    token = fields.pop("token", None)
    return await studio.start(ask(prompt, **fields), Credentials(KEY), owner=owner, mode="text", token=token)


async def ended(job: Job) -> Job:
    async with asyncio.timeout(60):
        async for _ in job.watch():
            pass
    return job


async def turns_of_the_loop() -> AsyncIterator[None]:
    while True:
        yield
        await asyncio.sleep(0.001)


async def until(condition: Any) -> None:
    """Lets the loop run until something is true."""
    async with asyncio.timeout(60):
        async for _ in turns_of_the_loop():
            if condition():
                return


# ── a press sent twice ──────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_press_sent_twice_is_one_job(house: House) -> None:
    recording = Recording()
    studio = house.studio(recording)
    first, again = await asyncio.gather(start(studio, token="press-1"), start(studio, token="press-1"))
    assert first is again
    await ended(first)
    assert await start(studio, token="press-1") is first  # also when it comes late
    assert len(recording.requests) == 1
    assert await start(studio, token="press-2") is not first
    assert await start(studio) is not first


async def test_a_press_is_known_by_its_owner_alone(house: House) -> None:
    studio = house.studio(Recording())
    mine, yours = await start(studio, token="press"), await start(studio, owner="you", token="press")
    assert mine is not yours
    assert (mine.owner, yours.owner) == ("me", "you")


async def test_a_refused_press_may_be_sent_again(house: House) -> None:
    studio = house.studio(Recording())
    with pytest.raises(InvalidRequest):
        await start(studio, "", token="press")
    assert (await ended(await start(studio, token="press"))).pictures


async def test_the_copies_of_a_press_that_was_one_too_many_are_removed(house: House) -> None:
    studio = house.studio(Recording())
    source = house.folder / "in.bmp"
    source.write_bytes(picture("BMP"))
    both = [await studio.prepare([source], "google") for _ in range(2)]
    assert len(house.files("inputs/*")) == 2
    for images in both:
        await start(studio, images=images, token="press")
    assert [path.name for path in house.files("inputs/*")] == [both[0][0].path.name]


async def test_the_copies_of_a_job_that_another_process_crowds_out_are_removed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.jobs.registry._KEPT_JOBS", 1)
    studio = house.studio(Recording())
    source = house.folder / "in.bmp"
    source.write_bytes(picture("BMP"))
    await ended(await start(studio, images=await studio.prepare([source], "google")))
    assert len(house.files("inputs/*")) == 1

    async def asked(*_: object) -> list[Notice]:
        record = Record(id="elsewhere", owner="me", started=datetime.now(UTC))
        return [Notice(record, "", is_running=True, stopped=False, progress={})]

    monkeypatch.setattr(studio._sharing, "_asked", asked)
    await studio.load_others("me")
    assert studio.job("elsewhere", owner="me") is studio.latest("me")
    assert house.files("inputs/*") == []


async def test_a_job_that_has_ended_holds_nothing_of_the_request_that_began_it(house: House) -> None:
    """Four hundred jobs are remembered: each kept a body, the page's values and the chain of its answer."""
    studio, request = house.studio(Recording()), Values()
    gone = weakref.ref(request)
    job = await ended(await asyncio.create_task(_pressed(studio, request)))
    del request
    for _ in range(3):  # what has ended lets go of its context a turn of the loop later
        await asyncio.sleep(0)
    gc.collect()
    assert gone() is None
    assert job.pictures


class Values:
    """What a press brings along."""


_VALUES: ContextVar[Values] = ContextVar("values")


async def _pressed(studio: Studio, request: Values) -> Job:
    _VALUES.set(request)
    return await start(studio)


# ── the line ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_calls_beyond_the_limit_wait_and_say_where(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=2, in_all=3))
    mine = await start(studio, count=4)
    await until(lambda: len(gate.arrived) == 2)
    assert [mine.queue_position(call) for call in (1, 2, 3, 4)] == [None, None, 1, 2]
    assert mine.progress[3].phase is Phase.QUEUED
    assert mine.progress[1].phase is Phase.WAITING
    yours = await start(studio, "a dog", owner="you", count=2)
    await until(lambda: len(gate.arrived) == 3)
    assert yours.queue_position(2) is not None
    gate.let(6)
    assert len((await ended(mine)).pictures) == 4
    assert len((await ended(yours)).pictures) == 2
    assert mine.progress == {}
    assert max(studio._queue._running.values(), default=0) == 0


async def test_nobody_waits_behind_all_calls_of_another(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=1, in_all=1))
    greedy = [await start(studio, "greedy", owner="greedy", count=8) for _ in range(3)]
    modest = await start(studio, "modest", owner="modest")
    gate.let(3)
    await ended(modest)
    assert gate.arrived.index("modest") <= 2
    gate.let(24)
    for job in greedy:
        await ended(job)


async def test_stopping_a_job_lets_the_others_pass(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=1, in_all=1))
    first, second = await start(studio, count=3), await start(studio, "next")
    studio.stop(first.id, owner="me")
    gate.let(1)
    await ended(first)
    assert (await ended(second)).pictures
    assert "next" in gate.arrived


async def test_a_full_line_refuses_before_anything_is_sent(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=1, in_all=1, waiting=2))
    for owner in ("a", "b", "c"):
        await start(studio, owner=owner)
    with pytest.raises(NotStarted, match="busy"):
        await start(studio, owner="d")
    assert studio.latest("d") is None
    gate.let(3)


async def test_who_waits_hears_that_the_line_has_moved(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_module, "NOTIFY_SECONDS", 0.001)
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=1, in_all=1))
    jobs = [await start(studio, owner=owner) for owner in ("a", "b", "c")]
    places: list[int | None] = []
    async for job in jobs[2].watch():
        places.append(job.queue_position(1))
        gate.let(1)
    waited = [place for place in places if place is not None]
    assert waited[0] == 2
    assert 1 in waited


# ── progress ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_retry_is_seen_while_it_waits_and_ends_with_a_stop(house: House) -> None:
    async def for_ever(_: float) -> None:
        await asyncio.Event().wait()

    recording = Recording(lambda: httpx.Response(503, json=BUSY))
    studio = house.studio(recording, pace=Pace(sleep=for_ever, chance=lambda: 0.0))
    job = await start(studio)
    async with asyncio.timeout(60):
        async for seen in job.watch():
            if seen.progress and seen.progress[1].phase is Phase.RETRYING:
                break
    assert job.progress[1].attempt == 2
    assert job.progress[1].retry_at is not None
    studio.stop(job.id, owner="me")
    await ended(job)
    assert len(recording.requests) == 1


async def test_a_picture_of_an_answer_that_goes_on_is_shown_as_a_draft_and_never_as_a_result(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "DRAFT_SECONDS", 0)
    more, thought = asyncio.Event(), {"text": f"A plan, and the key {KEY.secret}.", "thought": True}
    noise = Image.effect_noise((160, 160), 90)
    noise.save(file := io.BytesIO(), "PNG")
    whole = json.dumps(candidate(thought, inline(b64(file.getvalue())), inline(b64(picture())))).encode()
    first = whole.index(b'"}}') + 3

    async def answer() -> AsyncIterator[bytes]:
        yield whole[:first]
        await more.wait()
        yield whole[first:]

    studio = house.studio(lambda _: httpx.Response(200, content=answer()), staging_dir=house.folder)
    job = await start(studio)
    await until(lambda: job.drafts)
    assert job.drafts[1].startswith(b"RIFF")
    assert job.thoughts[1].startswith("A plan, and the key ")
    assert KEY.secret not in job.thoughts[1]
    assert (job.pictures, job.is_done) == ((), False)
    more.set()
    await ended(job)
    assert (len(job.pictures), job.drafts, job.thoughts) == (2, {}, {})
    assert house.files("*draft*") == []


async def test_the_number_of_tries_is_kept(house: House) -> None:
    answers = iter([httpx.Response(503, json=BUSY), with_picture(), *[httpx.Response(503, json=BUSY)] * 4])
    studio = house.studio(lambda _: next(answers))
    good = await ended(await start(studio))
    bad = await ended(await start(studio))
    assert (good.outcomes[0].attempts, bad.outcomes[0].attempts) == (2, 4)


async def test_mere_progress_wakes_watchers_only_some_times_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    studio = house.studio(gate)
    job = await start(studio)
    await until(lambda: gate.arrived)
    seen = 0

    async def watch() -> None:
        nonlocal seen
        async for _ in job.watch():
            seen += 1

    watching = asyncio.create_task(watch())
    await until(lambda: seen)
    before, hurried = seen, job.progress[1]
    for _ in range(1000):
        job.report(1, hurried)
        await asyncio.sleep(0)
    assert seen - before <= 5  # four a second, and these were much less than one
    gate.let(1)
    async with asyncio.timeout(60):
        await watching
    assert job.progress == {}


async def test_how_long_it_usually_takes_is_learnt(house: House) -> None:
    studio = house.studio(Recording())
    first = await start(studio)
    assert first.usual_seconds == first.model.seconds("auto") is not None
    for _ in range(3):
        await ended(await start(studio))
    learnt = (await start(studio)).usual_seconds
    assert learnt is not None
    assert learnt < 10 < first.model.seconds("auto")


async def test_the_latest_job_is_the_one_to_show(house: House) -> None:
    studio = house.studio(Recording())
    assert studio.latest("me") is None
    first = await ended(await start(studio))
    second = await start(studio)
    await start(studio, owner="you")
    assert studio.latest("me") is second
    await ended(second)
    assert studio.latest("me") is second
    assert studio.running("me") is None
    assert studio.job(first.id, owner="me") is first


# ── stops ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_stop_says_whether_anything_had_been_sent(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=1, in_all=1))
    sent, unsent = await start(studio), await start(studio)
    await until(lambda: gate.arrived)
    for job in (unsent, sent):
        studio.stop(job.id, owner="me")
        await ended(job)
    assert (sent.stop_reason().code, unsent.stop_reason().code) == ("stopped", "stopped_unsent")


async def test_a_stop_right_after_the_start_leaves_no_place_taken(house: House) -> None:
    recording = Recording()
    studio = house.studio(recording, limits=Limits(per_visitor=1, in_all=1))
    for _ in range(3):
        job = await start(studio, count=2)
        studio.stop(job.id, owner="me")
        await ended(job)
    assert recording.requests == []
    assert (await ended(await start(studio))).pictures


async def test_closing_waits_for_what_runs_and_begins_nothing_more(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate, limits=Limits(per_visitor=1, in_all=1))
    job = await start(studio, count=2)
    await until(lambda: gate.arrived)
    closing = asyncio.create_task(studio.aclose(grace_seconds=60))
    await asyncio.sleep(0)
    with pytest.raises(NotStarted, match="stopping"):
        await start(studio)
    gate.let(2)
    async with asyncio.timeout(60):
        await closing
    assert len(job.pictures) == 1
    assert [error.code for error in job.errors] == ["interrupted_unsent"]
    assert len(gate.arrived) == 1


async def test_whoever_is_in_a_hurry_waits_no_longer(house: House) -> None:
    gate, hurry = Gate(), asyncio.Event()
    studio = house.studio(gate)
    job = await start(studio)
    await until(lambda: gate.arrived)
    closing = asyncio.create_task(studio.aclose(3600, hurry))
    await asyncio.sleep(0)
    assert not job.is_done
    hurry.set()
    async with asyncio.timeout(60):
        await closing
    assert [error.code for error in job.errors] == ["interrupted"]


async def test_what_the_grace_does_not_cover_is_marked_and_told_by_the_next_run(house: House) -> None:
    gate = Gate()
    studio = house.studio(gate)
    done = await start(studio, "done")
    await until(lambda: gate.arrived)
    gate.let(1)
    await ended(done)
    job = await start(studio, "cut", count=2)
    await until(lambda: len(gate.arrived) == 3)
    await studio.aclose(grace_seconds=0.01)
    assert job.is_done
    assert [error.code for error in job.errors] == ["interrupted", "interrupted"]
    record = json.loads((house.folder / "generations" / job.id / "record.json").read_text())
    assert record["interrupted"]
    assert [one["error"]["code"] for one in record["outcomes"]] == ["interrupted", "interrupted"]
    studio.history.close()
    later = house.studio(Recording())
    later.recover()
    assert [one.id for one in await later.take_interrupted("me")] == [job.id]
    assert await later.take_interrupted("me") == ()


# ── crashes ─────────────────────────────────────────────────────────────────────────────────────────────────


async def crashed(house: House, count: int = 3) -> Job:
    """A job of a run that ended without a word, one picture of it on disk."""
    gate = Gate()
    studio = house.studio(gate)
    job = await start(studio, "a pig", count=count)
    await until(lambda: len(gate.arrived) == count)
    gate.let(1)
    await until(lambda: job.outcomes)
    await killed(house, studio, job)
    return job


async def killed(house: House, studio: Studio, job: Job) -> None:
    """What a killed process leaves: its lock is given back, and nothing else happens."""
    studio.history._staging._lock.release()
    for task in (*job.calls, job.ending):
        task.cancel()
    await asyncio.gather(*job.calls, job.ending, return_exceptions=True)
    await studio.provider.aclose()
    house.studios.remove(studio)


async def test_a_crash_is_told_once_with_what_came_before_it(house: House) -> None:
    before = await crashed(house)
    studio = house.studio(Recording())
    studio.recover()
    assert await studio.take_interrupted("you") == ()
    (job,) = await studio.take_interrupted("me")
    assert await studio.take_interrupted("me") == ()
    assert (job.id, job.request, job.is_done, job.interrupted) == (before.id, before.request, True, True)
    assert [saved.path.read_bytes() for saved in job.pictures] == [picture()]
    assert [saved.sha256 for saved in job.pictures] == [hashlib.sha256(picture()).hexdigest()]
    assert [error.code for error in job.errors] == ["interrupted", "interrupted"]
    assert [entry.id for entry in studio.history.page("me").entries] == [job.id]
    assert studio.job(job.id, owner="me") is job
    record = json.loads((house.folder / "generations" / job.id / "record.json").read_text())
    assert len([one for one in record["outcomes"] if one["error"]]) == 2
    assert house.files("jobs/*") == []


async def test_what_nobody_has_seen_yet_is_told_by_the_run_after(house: House) -> None:
    before = await crashed(house)
    for _ in range(2):
        studio = house.studio(Recording())
        studio.recover()
        await studio.aclose()
        studio.history.close()
    studio = house.studio(Recording())
    studio.recover()
    assert [job.id for job in await studio.take_interrupted("me")] == [before.id]
    await studio.aclose()
    studio.history.close()
    last = house.studio(Recording())
    last.recover()
    assert await last.take_interrupted("me") == ()


@pytest.mark.parametrize("change", [{"listed": False}, {"started": "2020-01-01T00:00:00Z"}])
async def test_who_does_not_ask_again_is_not_told(house: House, change: dict[str, Any]) -> None:
    """Programs, and visitors of long ago; the history has it all the same."""
    before = await crashed(house)
    path = house.folder / "generations" / before.id / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    studio = house.studio(Recording())
    studio.recover()
    assert await studio.take_interrupted("me") == ()
    assert [entry.id for entry in studio.history.page("me").entries] == [before.id]
    assert house.files("jobs/*") == []


async def test_a_record_that_could_not_be_finished_is_completed_by_the_next_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    studio = house.studio(Recording())
    with monkeypatch.context() as patch:
        patch.setattr(History, "save_record", full)
        job = await ended(await start(studio))
    await studio.aclose()
    studio.history.close()
    later = house.studio(Recording())
    later.recover()
    (again,) = await later.take_interrupted("me")
    assert [one.sha256 for one in again.pictures] == [one.sha256 for one in job.pictures]
    assert again.errors == ()
    assert [entry.id for entry in later.history.page("me").entries] == [job.id]


@pytest.mark.parametrize("place", ["generations", "incoming"])
async def test_a_note_that_cannot_be_written_keeps_the_call_from_being_sent(house: House, place: str) -> None:
    recording = Recording()
    studio = house.studio(recording)
    blocked = house.folder / place if place == "generations" else studio.history.staging_dir / "jobs"
    blocked.write_text("a file where the folder should be")
    job = await ended(await start(studio, count=2))
    assert {error.code for error in job.errors} == {"disk_not_ready"}
    assert recording.requests == []


# ── disk ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_room_is_told_before_anything_is_paid_for(house: House) -> None:
    recording = Recording()
    studio = house.studio(recording, functools.partial(History, storage=StorageSettings(min_free=1 << 62)))
    job = await ended(await start(studio, count=2))
    assert {error.code for error in job.errors} == {"disk_low"}
    assert recording.requests == []


class FillsUp(History):
    """A disk that takes one picture and no more."""

    def save_picture(self, generation: str, call: int, place: int, part: PicturePart) -> SavedPicture:
        if place > 1:
            raise OSError(28, "No space left on device")
        return super().save_picture(generation, call, place, part)


async def test_what_the_disk_still_took_is_shown_beside_what_it_did_not(house: House) -> None:
    parts = [inline(b64(picture("PNG", width))) for width in (9, 10)]
    studio = house.studio(lambda _: httpx.Response(200, json=candidate(*parts)), FillsUp)
    job = await ended(await start(studio))
    assert [saved.width for saved in job.pictures] == [9]
    assert [error.code for error in job.errors] == ["disk_failed"]


# ── asked and received ──────────────────────────────────────────────────────────────────────────────────────


async def test_an_outcome_says_what_came_and_where_it_differs(house: House) -> None:
    source = house.folder / "in.png"
    source.write_bytes(picture())
    studio = house.studio(Recording())
    images = await studio.prepare([source], "google")
    job = await ended(await start(studio, aspect_ratio="16:9", image_size="2K", images=images))
    (outcome,) = job.outcomes
    (received,) = outcome.received
    assert received is outcome.received_of(job.pictures[0])
    codes = {difference.code for difference in outcome.differences}
    assert codes == {"aspect_ratio", "image_size", "same_as_input"}
    restored = studio.restored(job.id, "me")
    assert restored is not None
    assert {difference.code for difference in restored.outcomes[0].differences} == codes


class KeepsNothingOfOurs(History):
    """A disk that is full once the answer is on it."""

    def save_picture(self, *args: Any, locked: bool = False) -> SavedPicture:
        if locked:
            raise OSError(28, "No space left on device")
        return super().save_picture(*args)


@pytest.mark.parametrize("case", ["fine", "full", "gone", "deep"])
async def test_an_answer_stands_alone_where_its_outside_cannot_be_kept(house: House, case: str) -> None:
    """The answer is paid for: it stays, and one sentence says what is missing beside it."""
    deep = Image.fromarray(np.full((6, 8), 40_000, np.uint16))
    source, mask = house.folder / f"in.{'tiff' if case == 'deep' else 'png'}", house.folder / "mask.png"
    (deep if case in ("deep", "gone") else Image.new("RGB", (8, 6), "teal")).save(source)
    half = Image.new("L", (8, 6))
    half.paste(255, (0, 0, 4, 6))
    half.save(mask)

    def answer(_: httpx.Request) -> httpx.Response:
        if case == "gone":
            source.unlink()
        return with_picture()

    studio = house.studio(answer, KeepsNothingOfOurs if case == "full" else History)
    images = await studio.prepare([source, mask], "google")
    job = await ended(await start(studio, images=images, mask=2, keeps_outside=True))
    assert not job.errors
    assert [one.locked for one in job.pictures] == [False, True][: 2 if case in ("fine", "deep") else 1]
    restored = studio.restored(job.id, "me")
    assert restored is not None
    odd = {"fine": (), "full": ("not_locked",), "gone": ("not_locked",), "deep": ("not_deep",)}[case]
    for one in (job, restored):
        assert one.outcomes[0].result is not None
        assert one.outcomes[0].result.oddities == odd
    said = str(results.job_view(restored, words_for("en"))) if odd else ""
    assert [words_for("en")(f"done.odd_{name}") in said for name in odd] == [True] * len(odd)


# ── conversations ───────────────────────────────────────────────────────────────────────────────────────────


def signed(width: int = 8, signature: str | None = "c2ln") -> httpx.Response:
    more = {"thoughtSignature": signature} if signature else {}
    drawn = inline(b64(picture("PNG", width)), **more)
    return httpx.Response(200, json=candidate({"text": "Here.", "thoughtSignature": "dGV4dA=="}, drawn))


MISSING = httpx.Response(
    400,
    json={
        "error": {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "message": "Image part is missing a thought_signature in content position 2, part position 1.",
        }
    },
)


async def going_on(studio: Studio, prompt: str, before: Job, **fields: Any) -> Job:
    request = await studio.continue_from(
        ask(prompt, **fields), owner="me", generation=before.id, picture=before.pictures[-1].name
    )
    return await ended(await studio.start(request, Credentials(KEY), owner="me", mode="edit"))


async def test_going_on_takes_the_earlier_turns_along(house: House) -> None:
    studio = house.studio(lambda _: signed())
    first = await ended(await start(studio, "a pig"))
    second = await going_on(studio, "at night", first)
    third = await going_on(studio, "with snow", second)
    assert [turn.prompt for turn in third.request.turns] == ["a pig", "at night"]
    assert third.request.images == ()
    assert third.request.continues == f"{second.id}/{second.pictures[-1].name}"
    assert third.request.collapsed == ""
    signatures = [part.signature for turn in third.request.turns for part in turn.reply]
    assert signatures == ["dGV4dA==", "c2ln"] * 2
    record = json.loads((house.folder / "generations" / third.id / "record.json").read_text())
    assert record["continues"] == third.request.continues
    assert record["outcomes"][0]["parts"][1]["signature"] == "c2ln"


async def test_a_next_turn_that_was_cut_off_is_sent_again_as_it_was(house: House) -> None:
    before = house.studio(lambda _: signed())
    first = await ended(await start(before, "a pig"))
    gate = Gate()
    studio = house.studio(gate)
    request = await studio.continue_from(
        ask("at night"), owner="me", generation=first.id, picture=first.pictures[-1].name
    )
    job = await studio.start(request, Credentials(KEY), owner="me", mode="edit")
    await until(lambda: gate.arrived)
    await killed(house, studio, job)
    recording = Recording()
    later = house.studio(recording)
    later.recover()
    (again,) = await later.take_interrupted("me")
    assert [error.code for error in again.errors] == ["interrupted"]
    assert await later.again(again) == request
    assert recording.requests == []


async def test_without_signatures_the_picture_alone_goes_along(house: House) -> None:
    studio = house.studio(lambda _: signed(signature=None))
    first = await ended(await start(studio, "a pig"))
    second = await going_on(studio, "at night", first)
    assert second.request.turns == ()
    assert second.request.collapsed == "unsigned"
    assert [image.path.read_bytes() for image in second.request.images] == [picture()]
    assert second.request.images[0].path == first.pictures[0].path  # the original, not a copy of it


async def test_a_missing_signature_collapses_once_by_itself(house: House) -> None:
    answers = iter([signed(), MISSING, signed(12)])
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return next(answers)

    studio = house.studio(handler)
    first = await ended(await start(studio, "a pig"))
    second = await going_on(studio, "at night", first)
    assert [saved.width for saved in second.pictures] == [12]
    assert second.errors == ()
    assert (second.request.turns, second.request.collapsed) == ((), "missing_signature")
    (content,) = json.loads(requests[-1].content)["contents"]
    assert content["parts"][0] == {"text": "at night"}
    assert len(content["parts"]) == 2
    assert len(second.sent["contents"]) == 1


async def test_what_was_collapsed_on_the_way_is_sent_again_with_its_picture(house: House) -> None:
    """After a restart too (fault F4): the record says what was really sent."""
    source = house.folder / "in.png"
    source.write_bytes(picture("PNG", 30))
    answers = iter([signed(), MISSING, signed(12)])
    studio = house.studio(lambda _: next(answers))
    first = await ended(await start(studio, "a pig"))
    images = await studio.prepare([source], "google")
    second = await going_on(studio, "at night", first, images=images)
    assert second.request.collapsed == "missing_signature"
    later = house.studio(Recording())
    restored = await later.find(second.id, owner="me")
    assert restored is not None
    again = await later.again(restored)
    assert [one.path.read_bytes() for one in again.images] == [picture("PNG", 30), picture()]
    assert [given.continued for given in restored.inputs] == [False, True]
    assert (again.collapsed, again.continues) == ("missing_signature", second.request.continues)


async def test_nothing_is_sent_again_without_a_picture_that_was_sent(house: House) -> None:
    source = house.folder / "in.png"
    source.write_bytes(picture("PNG", 30))
    studio = house.studio(Recording())
    job = await ended(await start(studio, images=await studio.prepare([source], "google")))
    (house.folder / "generations" / job.id / "input-1.png").unlink()
    restored = studio.restored(job.id, "me")
    assert restored is not None
    with pytest.raises(InvalidRequest, match="inputs_gone"):
        await studio.again(restored)


async def test_another_process_leaves_converted_pictures_alone(house: House) -> None:
    source = house.folder / "in.bmp"
    with Image.new("RGB", (8, 6)) as image:
        image.save(source)
    studio = house.studio(Recording())
    (converted,) = await studio.prepare([source], "google")
    assert converted.changes
    other = house.studio(Recording())
    other.recover()
    other.history.start()
    assert converted.path.is_file()
    studio.history.close()
    assert not converted.path.exists()


async def test_a_signature_that_is_missing_twice_is_told(house: House) -> None:
    answers = iter([signed(), MISSING, MISSING])
    studio = house.studio(lambda _: next(answers))
    first = await ended(await start(studio, "a pig"))
    second = await going_on(studio, "at night", first)
    assert [error.code for error in second.errors] == ["missing_signature"]


async def test_several_calls_of_one_conversation_all_find_their_way(house: House) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        return MISSING if len(body["contents"]) > 1 else signed()

    studio = house.studio(handler)
    first = await ended(await start(studio, "a pig"))
    second = await going_on(studio, "at night", first, count=3)
    assert len(second.pictures) == 3


async def test_a_conversation_goes_on_after_a_restart(house: House) -> None:
    source = house.folder / "in.png"
    source.write_bytes(picture("PNG", 30))
    studio = house.studio(lambda _: signed())
    images = await studio.prepare([source], "google")
    first = await ended(await start(studio, "a pig", images=images))
    second = await going_on(studio, "at night", first)
    request = await studio.continue_from(
        ask("with snow"), owner="me", generation=second.id, picture=second.pictures[0].name
    )
    later = house.studio(lambda _: signed())
    assert later.job(second.id, owner="me") is None
    again = await later.continue_from(
        ask("with snow"), owner="me", generation=second.id, picture=second.pictures[0].name
    )
    assert [turn.prompt for turn in again.turns] == ["a pig", "at night"]
    assert again.collapsed == ""
    assert [[part.signature for part in turn.reply] for turn in again.turns] == [
        [part.signature for part in turn.reply] for turn in request.turns
    ]
    assert [image.path.read_bytes() for image in again.turns[0].images] == [picture("PNG", 30)]
    third = await ended(await later.start(again, Credentials(KEY), owner="me", mode="edit"))
    assert third.errors == ()
    with pytest.raises(InvalidRequest, match="continued_gone"):
        await later.continue_from(ask(), owner="you", generation=second.id, picture=second.pictures[0].name)


async def test_a_picture_that_is_not_the_owners_cannot_be_gone_on_from(house: House) -> None:
    studio = house.studio(lambda _: signed())
    first = await ended(await start(studio, owner="you"))
    for owner, generation, name in (
        ("me", first.id, first.pictures[0].name),
        ("you", first.id, "9-9.png"),
        ("you", "nothing", first.pictures[0].name),
    ):
        with pytest.raises(InvalidRequest, match="continued_gone"):
            await studio.continue_from(ask(), owner=owner, generation=generation, picture=name)


async def test_the_demo_takes_its_own_pictures_back(house: House) -> None:
    """It checks every signature, as the real models do."""
    demo = httpx.ASGITransport(create_demo(house.catalogue), raise_app_exceptions=False)
    provider = Provider(house.catalogue, transports={"http://demo.invalid": demo})
    studio = Studio(house.catalogue, provider, History(house.folder))
    house.studios.append(studio)
    job = await ended(await start(studio, "demo: drafts a pig", provider="demo"))
    for prompt in ("at night", "with snow"):
        request = await studio.continue_from(
            ask(prompt, provider="demo"), owner="me", generation=job.id, picture=job.pictures[-1].name
        )
        job = await ended(await studio.start(request, Credentials(), owner="me", mode="edit"))
        assert job.errors == ()
    assert len(job.request.turns) == 2
    assert job.request.collapsed == ""
