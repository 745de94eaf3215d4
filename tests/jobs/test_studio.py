"""Jobs: every call on its own, nothing lost, nobody told too early, nothing shown to others."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.history import History, SavedPicture
from playground.jobs import registry
from playground.jobs.studio import Job, Studio
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest
from playground.result import PicturePart
from playground.settings import StorageSettings
from tests.mocked import Handler, provider_of, with_picture
from tests.wire.samples import b64, candidate, inline, picture

KEY = Key("canary-key-0123456789")
MODEL = "gemini-nano-banana-2.1"
FAULT = httpx.Response(400, json={"error": {"message": "a fault"}})


class Gate:
    """A handler whose answers come when a test says so."""

    def __init__(self, at_once: Iterable[httpx.Response] = ()) -> None:
        self._at_once = iter(at_once)
        self.open = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = next(self._at_once, None)
        if answer is None:
            await self.open.wait()
        return answer or with_picture()


@pytest.fixture
def studio_on(catalogue: Catalogue, tmp_path: Path) -> Any:
    def make(handler: Handler, history: History | None = None) -> Studio:
        return Studio(catalogue, provider_of(catalogue, handler), history or History(tmp_path))

    return make


async def start(studio: Studio, count: int = 1, owner: str = "me", **fields: Any) -> Job:
    request = ImageRequest(
        **{"prompt": "a cat", "provider": "google", "model": MODEL, "count": count, **fields}
    )
    return await studio.start(request, Credentials(KEY), owner=owner, mode="text")


async def ended(job: Job) -> Job:
    async for _ in job.watch():
        pass
    return job


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_picture_is_a_call_of_its_own(studio_on: Any) -> None:
    drawn = [picture("PNG", 8 + number) for number in range(4)]
    answers = iter(drawn)
    job = await ended(await start(studio_on(lambda _: with_picture(next(answers))), count=4))
    assert {saved.path.read_bytes() for saved in job.pictures} == set(drawn)
    assert [outcome.call for outcome in sorted(job.outcomes, key=lambda o: o.call)] == [1, 2, 3, 4]
    assert job.errors == ()


async def test_the_failure_of_one_call_loses_none_of_the_others(studio_on: Any) -> None:
    answers = iter([with_picture(), FAULT, with_picture(), with_picture()])
    job = await ended(await start(studio_on(lambda _: next(answers)), count=4))
    assert len(job.pictures) == 3
    assert [error.code for error in job.errors] == ["bad_request"]
    assert all(saved.path.is_file() for saved in job.pictures)


async def test_a_defect_of_ours_is_told_and_logged_and_costs_one_picture_at_most(
    studio_on: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter([with_picture(), ZeroDivisionError("ours"), with_picture()])

    def handler(_: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    job = await ended(await start(studio_on(handler), count=3))
    assert len(job.pictures) == 2
    assert [(error.code, error.facts["reason"]) for error in job.errors] == [
        ("unexpected", "ZeroDivisionError")
    ]
    assert "ours" in caplog.text


async def test_several_pictures_of_one_answer_are_kept_in_order_with_the_thoughts_apart(
    studio_on: Any,
) -> None:
    parts = [
        inline(b64(picture("PNG", 9)), thought=True),
        inline(b64(picture("PNG", 10))),
        inline(b64(picture("JPEG", 11))),
    ]
    job = await ended(await start(studio_on(lambda _: httpx.Response(200, json=candidate(*parts)))))
    assert [(saved.width, saved.mime_type) for saved in job.pictures] == [
        (10, "image/png"),
        (11, "image/jpeg"),
    ]
    assert [saved.width for saved in job.outcomes[0].pictures if saved.thought] == [9]
    assert job.outcome_of(job.pictures[1]) is job.outcomes[0]


async def test_words_without_a_picture_are_an_outcome_with_a_reason(studio_on: Any) -> None:
    answer = httpx.Response(200, json=candidate({"text": "Which cat?"}))
    job = await ended(await start(studio_on(lambda _: answer)))
    assert [error.code for error in job.errors] == ["text_only"]
    assert job.outcomes[0].result is not None
    assert job.outcomes[0].result.text == "Which cat?"


async def test_what_is_refused_starts_nothing(studio_on: Any) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    studio = studio_on(never)
    for fields in ({"aspect_ratio": "7:3"}, {"prompt": ""}, {"provider": "gateway"}):
        with pytest.raises(InvalidRequest):
            await start(studio, **fields)
    assert studio.running("me") is None


# ── disk first ──────────────────────────────────────────────────────────────────────────────────────────────


class SlowDisk(History):
    """A history that saves when a test says so."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.loop = asyncio.get_running_loop()
        self.saving = asyncio.Event()
        self.go_on = threading.Event()

    def save_picture(self, generation: str, call: int, place: int, part: PicturePart) -> SavedPicture:
        self.loop.call_soon_threadsafe(self.saving.set)
        assert self.go_on.wait(30)
        return super().save_picture(generation, call, place, part)


@pytest.fixture
async def slow_disk(tmp_path: Path) -> AsyncIterator[SlowDisk]:
    disk = SlowDisk(tmp_path)
    yield disk
    disk.go_on.set()  # a test that failed must not leave a thread waiting


async def test_nobody_is_told_before_the_picture_is_on_disk(studio_on: Any, slow_disk: SlowDisk) -> None:
    job = await start(studio_on(lambda _: with_picture(), slow_disk))
    await slow_disk.saving.wait()
    assert job.outcomes == []
    slow_disk.go_on.set()
    async for seen in job.watch():
        for saved in seen.pictures:
            assert hashlib.sha256(saved.path.read_bytes()).hexdigest() == saved.sha256
    (saved,) = job.pictures
    assert saved.path.read_bytes() == picture()


async def test_stop_does_not_tear_a_picture_that_has_arrived(studio_on: Any, slow_disk: SlowDisk) -> None:
    studio = studio_on(lambda _: with_picture(), slow_disk)
    job = await start(studio)
    await slow_disk.saving.wait()
    studio.stop(job.id, owner="me")
    studio.stop(job.id, owner="me")  # people press twice
    slow_disk.go_on.set()
    await ended(job)
    assert len(job.pictures) == 1
    assert job.errors == ()


class FullDisk(History):
    """A history that cannot write."""

    def save_picture(self, generation: str, call: int, place: int, part: PicturePart) -> SavedPicture:
        raise OSError(28, "No space left on device")

    def save_record(self, record: Any) -> None:
        raise OSError(28, "No space left on device")


async def test_a_full_disk_is_told_and_the_job_ends(studio_on: Any, tmp_path: Path) -> None:
    job = await asyncio.wait_for(
        ended(await start(studio_on(lambda _: with_picture(), FullDisk(tmp_path)))), 30
    )
    assert [(error.code, error.facts["reason"]) for error in job.errors] == [
        ("disk_failed", "No space left on device")
    ]


# ── stopping ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_stop_keeps_what_arrived(studio_on: Any) -> None:
    studio = studio_on(Gate([with_picture()]))
    job = await start(studio, count=3)
    async for seen in job.watch():
        if seen.outcomes and not seen.stopped:
            studio.stop(job.id, owner="me")
    assert job.stopped
    assert job.is_done
    assert len(job.pictures) == 1
    assert [entry.id for entry in studio.history.page("me").entries] == [job.id]


async def test_stopping_before_anything_arrived_leaves_nothing_in_the_list(
    studio_on: Any, tmp_path: Path
) -> None:
    studio = studio_on(Gate())
    job = await start(studio, count=2)
    studio.stop(job.id, owner="me")
    await ended(job)
    assert (job.outcomes, studio.history.page("me").entries, studio.running("me")) == ([], (), None)
    assert files_below(tmp_path / "generations") == []
    assert list((tmp_path / "jobs").glob("*.json")) == []


async def test_closing_the_studio_ends_what_runs(studio_on: Any) -> None:
    studio = studio_on(Gate())
    job = await start(studio)
    await studio.aclose()
    assert job.is_done


# ── watching ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_watching_yields_at_once_at_each_change_and_at_the_end(studio_on: Any) -> None:
    gate = Gate()
    job = await start(studio_on(gate), count=2)
    seen: list[tuple[int, bool]] = []
    async for current in job.watch():
        seen.append((len(current.outcomes), current.is_done))
        gate.open.set()
    assert seen[0] == (0, False)
    assert seen[-1] == (2, True)
    assert seen == sorted(seen)


async def test_a_page_that_comes_later_sees_the_rest(studio_on: Any) -> None:
    gate = Gate()
    job = await start(studio_on(gate))
    early = asyncio.create_task(ended(job))
    late = asyncio.create_task(ended(job))
    gate.open.set()
    assert (await early) is (await late) is job
    assert [seen.is_done async for seen in job.watch()] == [True]  # and one that comes after it, the end


async def test_the_clock_stops_with_the_job(studio_on: Any) -> None:
    job = await ended(await start(studio_on(lambda _: with_picture())))
    assert job.elapsed() == job.elapsed() == job.seconds


# ── owners ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_owners_job_is_as_unknown_as_none(studio_on: Any) -> None:
    gate = Gate()
    studio = studio_on(gate)
    job = await start(studio)
    assert studio.job(job.id, owner="you") is None
    assert studio.running("you") is None
    studio.stop(job.id, owner="you")
    assert not job.stopped
    assert studio.running("me") is job
    gate.open.set()
    await ended(job)
    assert studio.history.page("you").entries == ()
    assert [entry.id for entry in studio.history.page("me").entries] == [job.id]
    assert studio.job(job.id, owner="me") is job
    assert studio.job("nothing", owner="me") is None


async def test_only_so_many_jobs_are_remembered_and_never_a_running_one_dropped(
    studio_on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_KEPT_JOBS", 2)
    opened = asyncio.Event()

    async def handler(request: httpx.Request) -> httpx.Response:
        if b"wait" in request.content:
            await opened.wait()
        return with_picture()

    studio = studio_on(handler)
    running = await start(studio, prompt="wait")
    done = [await ended(await start(studio)) for _ in range(3)]
    assert studio.job(running.id, owner="me") is running
    assert studio.job(done[0].id, owner="me") is None
    assert studio.job(done[2].id, owner="me") is done[2]
    opened.set()
    await ended(running)


# ── records ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_record_says_what_was_asked_and_what_came(studio_on: Any, tmp_path: Path) -> None:
    answers = iter([with_picture(), FAULT])
    job = await ended(await start(studio_on(lambda _: next(answers)), count=2, aspect_ratio="16:9"))
    record = json.loads((tmp_path / "generations" / job.id / "record.json").read_text(encoding="utf-8"))
    assert (record["prompt"], record["settings"]["aspect_ratio"], record["model_id"]) == (
        "a cat",
        "16:9",
        MODEL,
    )
    assert record["sent"]["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9"}
    kept = [saved for outcome in record["outcomes"] for saved in outcome["pictures"]]
    assert [saved["sha256"] for saved in kept] == [hashlib.sha256(picture()).hexdigest()]
    assert [outcome["error"]["code"] for outcome in record["outcomes"] if outcome["error"]] == ["bad_request"]


async def test_a_job_is_found_in_the_history_with_what_it_came_from(studio_on: Any, tmp_path: Path) -> None:
    studio = studio_on(lambda _: with_picture())
    first = await ended(await start(studio))
    images = await studio.prepare([first.pictures[0].path], "google")
    second = await ended(await start(studio, prompt="make it night", images=images))
    entry, before = (studio.history.entry("me", job.id) for job in (second, first))
    assert (entry.prompt, entry.parent, before.parent) == ("make it night", first.id, None)
    assert [shown.sha256 for shown in entry.pictures] == [saved.sha256 for saved in second.pictures]
    price = second.model.price("auto")
    assert entry.cost == price
    (kept,) = studio.history.record("me", second.id).inputs
    assert studio.history.find_file("me", second.id, kept.name).read_bytes() == picture()


async def test_without_room_nothing_is_sent(studio_on: Any, tmp_path: Path) -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    studio = studio_on(never, History(tmp_path, StorageSettings(min_free=2**62)))
    job = await ended(await start(studio, count=2))
    assert [error.code for error in job.errors] == ["disk_low", "disk_low"]
    assert studio.running("me") is None


async def test_no_file_holds_the_key(
    studio_on: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"message": f"bad {request.headers['x-goog-api-key']}"}})

    job = await ended(await start(studio_on(echo), count=2))
    assert "***" in str(job.errors[0])
    names = [path.name for path in files_below(tmp_path / "generations")]
    assert sorted(names) == ["answer-1.txt", "answer-2.txt", "record.json"]
    for path in files_below(tmp_path):
        assert KEY.secret.encode() not in path.read_bytes()
    assert KEY.secret not in caplog.text + repr(job)


# ── pictures in ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_pictures_within_the_limits_are_prepared_untouched_and_in_order(
    studio_on: Any, tmp_path: Path
) -> None:
    files = []
    for number, kind in enumerate(("PNG", "JPEG", "WEBP")):
        files.append(tmp_path / f"{number}.{kind.lower()}")
        files[-1].write_bytes(picture(kind))
    prepared = await studio_on(lambda _: with_picture()).prepare(files, "google")
    assert [image.path.read_bytes() for image in prepared] == [file.read_bytes() for file in files]
    assert [image.changes for image in prepared] == [(), (), ()]


async def test_more_than_the_provider_takes_is_refused_before_it_is_sent(
    catalogue: Catalogue, studio_on: Any, tmp_path: Path
) -> None:
    studio = studio_on(lambda _: with_picture())
    row = catalogue.provider("google").model_copy(update={"max_request_bytes": 200})
    studio.catalogue = catalogue.model_copy(update={"providers": {**catalogue.providers, "google": row}})
    file = tmp_path / "cat.png"
    file.write_bytes(picture("PNG", 64, 64))
    with pytest.raises(InvalidRequest, match="too_much_to_send"):
        await studio.prepare([file, file], "google")
