"""Starting: the first page waits for nothing that it does not need, and a command line for even less."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.later import AfterFirstPage, MadeLater

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
        (("errors", "settings", "credentials", "pixels", "progress", "result", "uninterrupted"), set()),
        (("catalogue",), {"pydantic"}),
        (("request",), {"pydantic"}),
        (("images",), {"pydantic", "PIL"}),
        (("wire",), {"pydantic", "PIL"}),
        (("provider", "studio"), {"pydantic", "PIL", "httpx"}),
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
        "from playground.ui.serve import create\n"
        "async def build():\n"
        f"    return create(Settings(data_dir=Path({str(tmp_path)!r})), {{}})\n"
        "asyncio.run(build())\n"
    )
    loaded = loaded_by(program)
    assert "playground.studio" in loaded
    late = {"aiohttp", "sqlalchemy", "alembic", "pillow_heif", "resvg_py"}
    assert packages(loaded) & late == set()
    assert not {"playground.network", "playground.demo.gateway", "playground.demo.painter"} & loaded


# ── made later ──────────────────────────────────────────────────────────────────────────────────────────────


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")


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


async def test_work_begins_once_and_only_after_the_page() -> None:
    events: list[str] = []
    worked = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("page")(scope, receive, send)
        events.append(f"sent {scope['path']}")

    def work() -> None:
        events.append("worked")
        loop.call_soon_threadsafe(worked.set)

    async with client_of(AfterFirstPage(page, work, seconds=0)) as client:
        await client.get("/health")
        await asyncio.sleep(0)
        assert events == ["sent /health"]
        await client.get("/")
        await asyncio.wait_for(worked.wait(), PATIENCE)
        await client.get("/")
        await client.get("/")
    assert events == ["sent /health", "sent /", "worked", "sent /", "sent /"]


async def test_work_waits_for_a_quiet_moment() -> None:
    done: list[int] = []
    async with client_of(AfterFirstPage(PlainTextResponse("page"), lambda: done.append(1))) as client:
        await client.get("/")
    assert done == []
