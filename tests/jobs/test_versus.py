"""A comparison: each call goes to its own model, with its own key, price and figures; it is one entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.catalogue import Catalogue
from playground.errors import NotStarted
from playground.history import Cap, History, Query, recipes
from playground.jobs.costs import charged, estimate
from playground.jobs.job import Job
from playground.jobs.studio import Studio
from playground.providers.credentials import Credentials, Key
from playground.request import build
from playground.server.budgets import Budgets
from playground.ui.starting import Starting
from tests.mocked import provider_of, with_picture

TYPED, OURS = "canary-" + "typed-0123456789", "canary-" + "ours-0123456789"
PRO, LITE = "gemini-3-pro-image", "gemini-3.1-flash-lite-image"
VERSUS = ["4K", f"google/{LITE}", f"uniall/{PRO}-preview 16:9", f"demo/{PRO} 2K"]


class Wire:
    """Notes every call and the key that it carries; the provider UniAll is out of order."""

    def __init__(self) -> None:
        self.calls: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("x-goog-api-key") or request.headers.get("authorization", "")
        at = f"{request.url.host} {request.url.path.rpartition('/')[2]} {len(self.calls)}"
        self.calls[at] = (key.removeprefix("Bearer "), request.content)
        return httpx.Response(500, json={}) if "uniall" in request.url.host else with_picture()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def catalogue(catalogue: Catalogue) -> Catalogue:
    """The gateway UniAll has an address."""
    row = catalogue.provider("uniall").model_copy(update={"base_url": "https://uniall.test"})
    return catalogue.model_copy(update={"providers": {**catalogue.providers, "uniall": row}})


@pytest.fixture
def studio(catalogue: Catalogue, tmp_path: Path, wire: Wire) -> Studio:
    provider = provider_of(catalogue, wire, environment={"UNIALL_API_KEY": OURS})
    return Studio(catalogue, provider, History(tmp_path))


async def compared(studio: Studio) -> Job:
    request = build(prompt="a fox", provider="google", model=PRO, image_size="1K", versus=VERSUS)
    job = await studio.start(request, Credentials(Key(TYPED)), owner="me", mode="text")
    async for _ in job.watch():
        pass
    return job


async def test_each_call_is_its_own_and_no_key_goes_elsewhere(studio: Studio, wire: Wire) -> None:
    job = await compared(studio)
    assert len(wire.calls) == len(job.outcomes) == 5
    keys = {at.partition(" ")[0].rpartition(".")[0]: key for at, (key, _) in wire.calls.items()}
    assert keys.pop("generativelanguage.googleapis") == TYPED
    assert keys.pop("demo") == ""
    assert [*keys.values()] == [OURS]
    sizes = sorted(
        job.sent_by(n)["generationConfig"]["imageConfig"].get("imageSize", "") for n in range(1, 6)
    )
    assert sizes == ["1K", "1K", "1K", "2K", "4K"]
    assert job.sent_by(4)["generationConfig"]["imageConfig"]["aspectRatio"] == "16:9"
    (failed,) = [one for one in job.outcomes if one.error]
    assert failed.call == 4
    assert estimate(job) == pytest.approx(0.134 + 0.24 + 0.034)  # the demo's is free, UniAll's did not come


async def test_it_is_one_entry_that_opens_as_it_was(studio: Studio, catalogue: Catalogue) -> None:
    job = await compared(studio)
    again = Studio(catalogue, studio.provider, studio.history).restored(job.id, "me")
    assert again is not None
    assert [one.id for one in studio.history.page("me", Query()).entries] == [job.id]
    assert (again.request.calls, again.compared) == (job.request.calls, job.compared)
    assert [again.sent_by(number) for number in range(1, 6)] == [
        job.sent_by(number) for number in range(1, 6)
    ]
    record = studio.history.record("me", job.id)
    assert record is not None
    assert recipes.of(record).settings["versus"] == [*VERSUS]
    by_call = {job.outcome_of(picture).call: picture.name for picture in job.pictures}
    of_lite, of_demo = recipes.of(record, by_call[3]), recipes.of(record, by_call[5])
    assert (of_lite.provider, of_lite.model, of_lite.settings["image_size"]) == ("google", LITE, "1K")
    assert (of_demo.provider, of_demo.model, of_demo.settings["image_size"]) == ("demo", PRO, "2K")
    assert (of_demo.settings["versus"], of_demo.settings["count"]) == ([], 1)


async def test_every_call_counts_before_the_press(catalogue: Catalogue, tmp_path: Path, wire: Wire) -> None:
    """On the operator's key: 13.4 + 24 + 3.4 cents in one go, or nothing is sent. The demo costs nothing."""
    provider = provider_of(catalogue, wire, environment={"GEMINI_API_KEY": OURS})
    history = History(tmp_path)
    studio = Studio(catalogue, provider, history)
    versus = ["4K", f"google/{LITE}", f"demo/{PRO}"]
    request = build(prompt="a", provider="google", model=PRO, image_size="1K", versus=versus)
    short = Starting(studio, Budgets(is_shared=True), [Cap("all", 0.40)])
    with pytest.raises(NotStarted):
        await short.start(request, Credentials(), None, owner="me", mode="text")
    assert not wire.calls
    enough = Starting(studio, Budgets(is_shared=True), [Cap("all", 0.41)])
    job = await enough.start(request, Credentials(), None, owner="me", mode="text")
    async for _ in job.watch():
        pass
    assert len(wire.calls) == 4
    assert charged(job).dollars == pytest.approx(0.408)
    assert charged(job, [1, 4]).dollars == pytest.approx(0.134)
    spent = {(one.provider, one.model): one for one in history.ledger.spent("me", job.started)}
    dollars = {name: one.dollars for name, one in spent.items()}
    near = {("google", PRO): 0.374, ("google", LITE): 0.034, ("demo", PRO): 0.0}
    assert dollars == pytest.approx(near)
    assert {(one.count, one.unknown) for one in spent.values()} == {(1, 0)}
