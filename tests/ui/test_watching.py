"""What a page is sent of the jobs that its visitor waits for: one on the table, all in the line above it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from playground.jobs.studio import Job
from playground.providers.progress import Phase, Progress
from playground.ui.handlers import PageHandlers
from playground.ui.job_handlers import JobHandlers
from playground.ui.watching import Watching
from playground.ui.words import words_for
from tests.made_jobs import drawn, job

NAMES = ("result", "shown", "running_notice", "progress", "current", "go", "stop", "language", "resume")
PAGE = SimpleNamespace(**{name: name for name in NAMES})
ANSWERED = {"answered": "the press"}
Jobs = list[Job]


@pytest.fixture
def jobs() -> Jobs:
    """What the visitor has started."""
    return []


def pending(jobs: Jobs) -> Callable[[str], Jobs]:
    """What runs, and what has ended unseen, as `Studio.pending` has it."""
    return lambda _: [one for one in jobs if not (one.is_settled and one.seen)]


@pytest.fixture
def watching(jobs: Jobs) -> Watching:
    """For pages whose components are their names; the lists around the table are told as "strips"."""

    async def strips(owner: str, language: str, current: str | None) -> dict[str, object]:
        return {"strips": (owner, language, current)}

    return Watching(PAGE, strips, pending(jobs))


def started(jobs: Jobs, name: str = "first", phase: Phase = Phase.WAITING) -> Job:
    """A job with two calls under way, noticed as `Studio.start` has it noticed."""
    made = job(count=2, prompt=name)
    made.id, made.progress = name, dict.fromkeys((1, 2), Progress(phase))
    for other in jobs:
        other.notify()
    jobs.append(made)
    return made


def brought(made: Job, call: int) -> None:
    made.outcomes.append(drawn(call))
    made.notify()


def ended(made: Job) -> None:
    made.seconds = 1.0
    made.notify()


def line(update: dict[Any, Any]) -> str:
    """The line over the table."""
    return str(update["running_notice"])


async def following(updates: AsyncIterator[dict[Any, Any]]) -> dict[Any, Any]:
    return await asyncio.wait_for(anext(updates), 5)


async def test_the_table_is_sent_when_a_call_ends_and_words_in_between(
    watching: Watching, jobs: Jobs
) -> None:
    running = started(jobs)
    updates = watching.begin(running, "en", "page", ANSWERED)
    told = await following(updates)
    assert {
        "result",
        "strips",
        "stop",
        "answered",
    } <= told.keys()  # in one message: each takes the page's time
    assert line(told) == ""
    running.progress[1] = Progress(Phase.RECEIVING, 2_000_000, 4_000_000)
    running.notify()
    told = await following(updates)
    assert told.keys() == {"progress"}  # before it there was nothing that the view did not say
    assert "Receiving 2.0 of 4.0 MB" in told["progress"]
    brought(running, 1)
    told = await following(updates)
    assert "result" in told
    assert "strips" not in told
    ended(running)
    while "strips" not in (told := await following(updates)):
        pass
    assert 'data-state="done"' in told["result"]["value"]
    assert (told["current"], told["stop"]["visible"], line(told)) == ("", False, "")
    with pytest.raises(StopAsyncIteration):
        await following(updates)


async def test_a_press_is_answered_while_the_lists_around_the_table_wait(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.ui.watching.ANSWER_SECONDS", 0.01)
    database = asyncio.Event()

    async def strips(*_: object) -> dict[str, object]:
        await database.wait()
        return {"strips": ""}

    updates = Watching(PAGE, strips, lambda _: jobs).begin(started(jobs), "en", "page", ANSWERED)
    assert await following(updates) == ANSWERED
    database.set()
    told = await following(updates)
    assert {"result", "strips"} <= told.keys()
    assert "answered" not in told


async def test_a_second_press_leaves_the_table_alone_and_stands_in_the_line(
    watching: Watching, jobs: Jobs
) -> None:
    first = started(jobs)
    updates = watching.begin(first, "en", "page", ANSWERED)
    await following(updates)
    second = started(jobs, "second", Phase.QUEUED)
    assert [told async for told in watching.begin(second, "en", "page", ANSWERED)] == [ANSWERED]
    told = await following(updates)
    assert "result" not in told
    assert line(told).count("<li") == 2
    assert words_for("en")("jobs.waiting") in line(told)
    assert not told["stop"]["visible"]  # it could mean either
    ended(first)
    while "result" not in (told := await following(updates)):
        pass
    assert 'data-job="first"' not in line(told)
    assert (told["current"], told["stop"]["visible"]) == ("second", True)
    brought(second, 1)
    ended(second)
    while 'data-kind="done"' not in line(told := await following(updates)):
        pass
    assert "result" not in told
    assert watching.turn_to("page", "me", "en", "second") == {}
    assert [told for told in [told async for told in updates] if "result" in told] == []


async def test_a_page_that_turns_away_is_left_alone_until_it_comes_back(
    watching: Watching, jobs: Jobs
) -> None:
    running = started(jobs)
    updates = watching.begin(running, "en", "page", ANSWERED)
    await following(updates)
    assert watching.turn_to("page", "me", "en", "an earlier one") == {}  # one voice: two could cross
    assert 'data-kind="running"' in line(await following(updates))
    brought(running, 1)
    assert "result" not in await following(updates)
    watching.turn_to("page", "me", "en", "first")
    assert line(await following(updates)) == ""
    brought(running, 2)
    assert "result" in await following(updates)


async def test_one_page_looking_away_does_not_turn_another(watching: Watching, jobs: Jobs) -> None:
    running = started(jobs)
    first, second = (watching.follow("me", "en", page, "first") for page in ("first", "second"))
    await following(first)
    await following(second)
    watching.turn_to("first", "me", "en", "")
    brought(running, 1)
    assert "result" not in await following(first)
    assert "result" in await following(second)


async def test_an_end_is_told_to_every_page_that_shows_the_job(watching: Watching, jobs: Jobs) -> None:
    running = started(jobs)
    pages = [watching.follow("me", "en", page, "first") for page in ("before a reload", "after it")]
    for page in pages:
        await following(page)
    brought(running, 1)
    ended(running)
    for page in pages:
        told = [update["result"]["value"] async for update in page if "result" in update]
        assert 'data-state="done"' in told[-1]


async def test_a_page_speaks_the_language_it_was_switched_to(watching: Watching, jobs: Jobs) -> None:
    running = started(jobs)
    updates = watching.begin(running, "en", "page", ANSWERED)
    await following(updates)
    watching.switch("page", "me", "zh", "first")
    running.notify()
    assert words_for("zh")("running.waiting") in (await following(updates))["result"]["value"]
    assert words_for("zh")("jobs.running_some", ready=0, count=2) in line(
        watching.switch("nobody", "me", "zh", "")
    )


async def test_a_job_that_ends_while_the_page_comes_back_is_in_the_lists_around_the_table(jobs: Jobs) -> None:
    """The strip was read, the job ended, the table showed it as seen: the strip never had it."""
    running, read = started(jobs), list[bool]()

    async def strips(*_: object) -> dict[str, object]:
        read.append(running.is_settled)
        if not running.is_settled:
            brought(running, 1)
            ended(running)
        return {}

    async def found(*_: object, **__: object) -> Any:
        return running

    page = SimpleNamespace(**vars(PAGE), panel=None)
    view = SimpleNamespace(updates=lambda *_, **__: {}, valid=lambda choice: choice)
    watching = Watching(page, strips, pending(jobs))
    studio = SimpleNamespace(load_others=found)
    context: Any = SimpleNamespace(
        studio=studio, page=page, view=view, watching=watching, strips=strips, job=found
    )
    event: Any = SimpleNamespace(_data={"job": running.id})
    request: Any = SimpleNamespace(headers={}, cookies={}, session_hash="page")
    back = JobHandlers(context).on_back(event, request, provider="demo", model="demo")
    tables = [update["result"]["value"] async for update in back if "result" in update]
    assert 'data-state="done"' in tables[-1]
    assert read[-1]


async def test_a_job_that_ends_while_the_page_is_greeted_is_not_shown_as_running(jobs: Jobs) -> None:
    """Pressed before the greeting came: that said later that it runs, and nobody told the page of its end."""
    pressed = started(jobs)
    brought(pressed, 1)
    ended(pressed)
    pressed.seen = True

    async def nothing(*_: object, **__: object) -> dict[str, object]:
        return {}

    watching = Watching(PAGE, nothing, pending(jobs))
    studio = SimpleNamespace(load_others=nothing, job=lambda *_, **__: pressed)
    context: Any = SimpleNamespace(studio=studio, page=PAGE, view=None, watching=watching)
    request: Any = SimpleNamespace(headers={}, cookies={}, session_hash="page")
    greeted = JobHandlers(context).on_resume(pressed.id, ("job", pressed.id), "en", request)
    tables = [update["result"]["value"] async for update in greeted if "result" in update]
    assert 'data-state="done"' in tables[-1]


async def test_a_page_is_followed_once_and_forgotten_when_it_is_gone(watching: Watching, jobs: Jobs) -> None:
    running = started(jobs)
    before = watching.begin(running, "en", "page", ANSWERED)
    await following(before)
    after = watching.follow("me", "en", "page", "first")  # the line was broken in between
    await following(after)
    running.notify()
    with pytest.raises(StopAsyncIteration):
        await following(before)
    await after.aclose()
    assert "result" in await following(watching.begin(running, "en", "page", ANSWERED))


async def test_a_page_that_is_loaded_while_a_job_runs_tells_what_was_cut_off(
    watching: Watching, jobs: Jobs
) -> None:
    cut, running = started(jobs, "cut off"), started(jobs, "running")
    ended(cut)
    cut.seen = True  # as the start of the app leaves it

    async def nothing(*_: object) -> Any:
        return {}

    async def interrupted(_: str) -> Jobs:
        return [cut]

    pending = watching._pending
    studio = SimpleNamespace(load_others=nothing, pending=pending, take_interrupted=interrupted)
    context: Any = SimpleNamespace(studio=studio, page=PAGE, view=None, watching=watching, strips=nothing)
    request: Any = SimpleNamespace(headers={}, cookies={}, session_hash="page")
    told = await PageHandlers(context).on_load("", "", request)
    assert (told["shown"], told["resume"]) == (("job", running.id), running.id)
    assert cut.request.prompt in line(told)
    watching.turn_to("page", "me", "en", cut.id)
    assert pending("me") == [running]


async def test_what_is_opened_while_a_job_ends_comes_after_all_that_was_told_before(
    watching: Watching, jobs: Jobs
) -> None:
    running = started(jobs)
    updates = watching.begin(running, "en", "page", ANSWERED)
    await following(updates)
    brought(running, 1)
    ended(running)
    told = await following(updates)  # on its way when something else is opened
    assert 'data-state="done"' in told["result"]["value"]
    assert watching.turn_to("page", "me", "en", "earlier", {"result": "an earlier one"}) == {}
    assert [told["result"] async for told in updates if "result" in told] == ["an earlier one"]
    opened = watching.turn_to("page", "me", "en", "earlier", {"result": "an earlier one"})
    assert opened["result"] == "an earlier one"
