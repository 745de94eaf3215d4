"""Starting: the first page waits for nothing that it does not need, and a command line for even less."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from playground.catalogue import Catalogue
from playground.history import History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.server.host import create_host
from playground.server.later import FirstPage, MadeLater, QuietMoment
from playground.settings import Settings

HEAVY = {
    "gradio",
    "numpy",
    "PIL",
    "pydantic",
    "httpx",
    "starlette",
    "fastapi",
    "uvicorn",
    "aiohttp",
    "sqlalchemy",
}
TELL = "import json, sys; sys.stderr.write(json.dumps(sorted(set(sys.modules) - before)))"
PATIENCE = 30.0


def loaded_by(program: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `program`, without those it calls `before`."""
    whole = f"before = set()\n{program}\n{TELL}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


# ── imports ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_help_on_the_command_line_loads_next_to_nothing() -> None:
    """What `python -m playground.demo --help` needs is in the standard library."""
    program = (
        "import contextlib, runpy, sys\n"
        "sys.argv = ['playground.demo', '--help']\n"
        "with contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('playground.demo', run_name='__main__')\n"
    )
    loaded = loaded_by(program)
    assert "argparse" in loaded
    assert packages(loaded) & HEAVY == set()
    assert {name for name in loaded if name.startswith("playground.")} <= {"playground.demo"}


@pytest.mark.parametrize(
    ("modules", "needed"),
    [
        (
            (
                "errors",
                "settings",
                "providers.credentials",
                "pixels",
                "providers.progress",
                "result",
                "cancellation",
            ),
            set(),
        ),
        (("catalogue",), {"pydantic"}),
        (("request",), {"pydantic"}),
        (("images",), {"pydantic", "PIL"}),
        (("wire",), {"pydantic", "PIL"}),
        (("providers.client", "jobs.studio"), {"pydantic", "PIL", "httpx"}),
    ],
)
def test_a_module_loads_only_what_it_works_with(modules: tuple[str, ...], needed: set[str]) -> None:
    loaded = loaded_by("\n".join(f"import playground.{module}" for module in modules))
    assert packages(loaded) & HEAVY <= needed
    assert "playground.demo.painter" not in loaded


@pytest.mark.slow
def test_the_page_is_built_without_what_comes_later(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "import gradio\n"
        "before = set(sys.modules)\n"
        "from pathlib import Path\n"
        "from playground.settings import Settings\n"
        "from playground.application import create\n"
        "async def build():\n"
        f"    return create(Settings(data_dir=Path({str(tmp_path)!r})), {{}})\n"
        "asyncio.run(build())\n"
    )
    loaded = loaded_by(program)
    assert "playground.jobs.studio" in loaded
    late = {"aiohttp", "sqlalchemy", "alembic", "pillow_heif", "resvg_py"}
    assert packages(loaded) & late == set()
    assert (
        not {"playground.providers.transport", "playground.demo.gateway", "playground.demo.painter"} & loaded
    )


# ── made later ──────────────────────────────────────────────────────────────────────────────────────────────


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def test_an_app_is_made_once_when_it_is_called() -> None:
    made: list[str] = []

    def make() -> ASGIApp:
        made.append(threading.current_thread().name)
        return PlainTextResponse("here")

    app = MadeLater(make)
    assert made == []
    async with client_of(app) as client:
        answers = await asyncio.gather(*(client.get("/") for _ in range(5)))
    assert [answer.text for answer in answers] == ["here"] * 5
    assert len(made) == 1
    assert made[0] != threading.main_thread().name


async def test_an_app_that_could_not_be_made_is_tried_again() -> None:
    tries: list[int] = []

    def make() -> ASGIApp:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not now")
        return PlainTextResponse("here")

    async with client_of(MadeLater(make)) as client:
        with pytest.raises(OSError, match="not now"):
            await client.get("/")
        assert (await client.get("/")).text == "here"


# ── after the first page ────────────────────────────────────────────────────────────────────────────────────


async def has_come(quiet: QuietMoment) -> bool:
    """Whether the moment is there now, after everything that was due has run."""
    waiting = asyncio.create_task(quiet.wait())
    for _ in range(5):
        await asyncio.sleep(0)
    come = waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
    return come


async def test_the_moment_comes_after_the_page_and_after_nothing_else() -> None:
    quiet = QuietMoment(after_page=0, latest=PATIENCE)
    async with client_of(FirstPage(PlainTextResponse("page"), quiet)) as client:
        await client.get("/health")
        assert not await has_come(quiet)
        await client.get("/")
    await asyncio.wait_for(quiet.wait(), PATIENCE)
    assert await has_come(quiet)


async def test_the_moment_leaves_the_browser_time() -> None:
    quiet = QuietMoment()
    async with client_of(FirstPage(PlainTextResponse("page"), quiet)) as client:
        await client.get("/")
        await client.get("/")
    assert not await has_come(quiet)


async def test_the_moment_comes_without_any_page() -> None:
    await asyncio.wait_for(QuietMoment(latest=0.01).wait(), PATIENCE)


def host_of(tmp_path: Path, catalogue: Catalogue, later: Callable[[], object]) -> FastAPI:
    studio = Studio(catalogue, Provider(catalogue), History(tmp_path), tmp_path / "inputs")
    host = create_host(studio, Settings(data_dir=tmp_path), later=later)

    @host.get("/")
    async def page() -> str:
        return "page"

    return host


async def test_the_host_does_its_work_after_the_first_page(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "playground.server.host.QuietMoment", lambda: QuietMoment(after_page=0, latest=PATIENCE)
    )
    done, loop = asyncio.Event(), asyncio.get_running_loop()
    host = host_of(tmp_path, catalogue, lambda: loop.call_soon_threadsafe(done.set))
    async with host.router.lifespan_context(host), client_of(host) as client:
        await client.get("/health")
        assert not done.is_set()
        await client.get("/")
        await asyncio.wait_for(done.wait(), PATIENCE)


async def test_a_host_that_nobody_asked_stops_without_the_work(tmp_path: Path, catalogue: Catalogue) -> None:
    host = host_of(tmp_path, catalogue, lambda: pytest.fail("there was no page"))
    async with asyncio.timeout(PATIENCE), host.router.lifespan_context(host):
        pass


async def test_thumbnails_are_made_in_the_threads_for_pixels(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[str, str] = {}

    def find_file(self: History, owner: str, generation: str, name: str) -> None:
        threads[name] = threading.current_thread().name

    monkeypatch.setattr(History, "find_file", find_file)
    async with client_of(host_of(tmp_path, catalogue, print)) as client:
        for name in ("1-1.png", "1-1.thumb.webp"):
            assert (await client.get(f"/pictures/some/{name}")).status_code == 404
    assert threads["1-1.thumb.webp"].startswith("pictures")
    assert not threads["1-1.png"].startswith("pictures")
