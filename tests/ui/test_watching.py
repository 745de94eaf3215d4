"""What a page is sent of a job that runs: the table only while it looks at it, and small words in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from playground.jobs.studio import Job
from playground.providers.progress import Phase, Progress
from playground.ui.watching import Watching
from playground.ui.words import words_for
from tests.made_jobs import drawn, job

NAMES = ("result", "shown", "running_notice", "progress", "current", "go", "stop")
PAGE = SimpleNamespace(**{name: name for name in NAMES})


@pytest.fixture
def watching() -> Watching:
    """For pages whose components are their names; the lists around the table are told as "strips"."""

    async def strips(owner: str, language: str, current: str | None) -> dict[str, object]:
        return {"strips": (owner, language, current)}

    return Watching(PAGE, strips)


@pytest.fixture
async def running() -> Job:
    """A job with two calls under way."""
    made = job(count=2)
    made.progress = dict.fromkeys((1, 2), Progress(Phase.WAITING))
    return made


def brought(made: Job, call: int) -> None:
    made.outcomes.append(drawn(call))
    made.notify()


def ended(made: Job) -> None:
    made.seconds = 1.0
    made.notify()


async def following(updates: AsyncIterator[dict[Any, Any]]) -> dict[Any, Any]:
    return await anext(updates)


async def test_the_table_is_sent_when_a_call_ends_and_words_in_between(
    watching: Watching, running: Job
) -> None:
    updates = watching.watch(running, "en", "page")
    assert {"result", "strips", "go", "stop"} <= (await following(updates)).keys()
    running.progress[1] = Progress(Phase.RECEIVING, 2_000_000, 4_000_000)
    running.notify()
    told = await following(updates)
    assert told.keys() == {"progress"}
    assert "Receiving 2.0 of 4.0 MB" in told["progress"]
    brought(running, 1)
    told = await following(updates)
    assert "result" in told
    assert "strips" not in told
    ended(running)
    told = await following(updates)
    assert {"result", "strips"} <= told.keys()
    with pytest.raises(StopAsyncIteration):
        await following(updates)


async def test_the_end_is_told_though_it_came_while_the_page_was_busy(
    watching: Watching, running: Job
) -> None:
    updates = watching.watch(running, "en", "page")
    brought(running, 1)
    await following(updates)
    brought(running, 2)
    await following(updates)
    ended(running)
    assert 'data-state="done"' in (await following(updates))["result"]["value"]


async def test_a_page_that_looks_at_something_else_is_left_alone(watching: Watching, running: Job) -> None:
    updates = watching.watch(running, "en", "page")
    await following(updates)
    told = watching.turn_to("page", "an earlier one")
    assert words_for("en")("running.elsewhere") in told["running_notice"]["value"]
    brought(running, 1)
    told = await following(updates)
    assert "result" not in told
    assert "shown" not in told
    ended(running)
    told = await following(updates)
    assert "result" not in told
    assert words_for("en")("running.elsewhere_done") in told["running_notice"]["value"]
    assert told["go"]["interactive"]
    assert not told["stop"]["visible"]


async def test_a_page_that_comes_back_sees_the_job_again(watching: Watching, running: Job) -> None:
    updates = watching.watch(running, "en", "page")
    await following(updates)
    watching.turn_to("page", None)
    assert not watching.turn_to("page", running.id)["running_notice"]["visible"]
    brought(running, 1)
    assert "result" in await following(updates)


async def test_one_page_looking_away_does_not_turn_another(watching: Watching, running: Job) -> None:
    first, second = (watching.watch(running, "en", page) for page in ("first", "second"))
    await following(first)
    await following(second)
    watching.turn_to("first", None)
    brought(running, 1)
    assert "result" not in await following(first)
    assert "result" in await following(second)


async def test_a_page_speaks_the_language_it_was_switched_to(watching: Watching, running: Job) -> None:
    first, second = (watching.watch(running, "en", page) for page in ("first", "second"))
    await following(first)
    await following(second)
    watching.switch("first", "zh")
    running.notify()
    assert words_for("zh")("running.waiting") in (await following(first))["result"]["value"]
    assert words_for("en")("running.waiting") in (await following(second))["progress"]


async def test_the_line_above_the_table_is_said_anew_in_another_language(
    watching: Watching, running: Job
) -> None:
    updates = watching.watch(running, "en", "page")
    await following(updates)
    assert watching.switch("page", "zh") == {}
    watching.turn_to("page", None)
    told = watching.switch("page", "en")
    assert words_for("en")("running.elsewhere") in told["running_notice"]["value"]
    assert watching.switch("nobody", "en") == {}


async def test_a_page_that_is_gone_is_forgotten(watching: Watching, running: Job) -> None:
    updates = watching.watch(running, "en", "page")
    await following(updates)
    watching.turn_to("page", None)
    await updates.aclose()
    assert not watching.turn_to("page", None)["running_notice"]["visible"]
