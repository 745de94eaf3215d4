"""F10: a page that is closed or reloaded, and a program that hangs up, cost nobody a picture."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from playground.request import SETTINGS
from playground.settings import Settings
from tests.app_process import until
from tests.app_server import run_app
from tests.faults.oracle import CANARY, Watched, ended, files_below
from tests.faults.server import Connection, Gateway, gateway, good
from tests.wire.samples import picture

ROWS = """
[providers.mine]
name = "Mine"
base_url = "{base_url}"
models_from = "google"
default_model = "gemini-3-pro-image"
"""


@dataclass
class App:
    """The whole product in front of a gateway that answers when a test says so."""

    base_url: str
    data: Path
    gateway: Gateway

    def pictures(self) -> list[Path]:
        return [path for path in files_below(self.data / "generations") if path.name.startswith("1-1.png")]


def start_call(base_url: str) -> str:
    """Starts a call as a program does, and does not wait for it; returns the id of its event stream."""
    fields = ["a cat", "mine", "auto", *(setting.default for setting in SETTINGS if setting.documentation)]
    answer = httpx.post(
        f"{base_url}/gradio_api/call/text_to_image",
        json={"data": fields},
        headers={"x-goog-api-key": CANARY},
        timeout=60,
    )
    return str(answer.raise_for_status().json()["event_id"])


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    def think(connection: Connection) -> None:
        connection.server.someone_hung_up.wait(2.0)
        connection.send(good())

    rows = tmp_path / "rows.toml"
    with gateway(think) as server:
        rows.write_text(ROWS.format(base_url=server.base_url), encoding="utf-8")
        settings = Settings(data_dir=tmp_path / "data", providers_file=rows, use_proxy=False)
        with run_app(settings, {}) as base_url:
            yield App(base_url, tmp_path / "data", server)


def test_f10_a_program_that_hangs_up_loses_nothing_and_nothing_is_sent_twice(app: App) -> None:
    event = start_call(app.base_url)
    with httpx.stream("GET", f"{app.base_url}/gradio_api/call/text_to_image/{event}", timeout=60) as events:
        assert app.gateway.arrived.wait(60)
        events.close()
    assert json.dumps(app.gateway.requests[0].decode("latin-1")).count(CANARY) == 1
    until(app.pictures)
    (saved,) = app.pictures()
    assert saved.read_bytes() == picture()
    assert len(app.gateway.requests) == 1


async def test_f10_a_job_that_nobody_watches_goes_on_to_its_end(bench: Watched) -> None:
    def think(connection: Connection) -> None:
        connection.server.someone_hung_up.wait(0.3)
        connection.send(good())

    with gateway(think) as server:
        job = await bench.start(server.base_url)
        watching = asyncio.create_task(ended(job))
        assert await asyncio.to_thread(server.arrived.wait, 30)
        watching.cancel()  # the page is closed
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        assert bench.studio.running("me") is job
        again = bench.studio.latest("me")  # the page is loaded anew
        assert again is job
        await ended(again)
    assert [saved.path.read_bytes() for saved in job.pictures] == [picture()]
    assert len(server.requests) == 1
