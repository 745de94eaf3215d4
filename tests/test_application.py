"""Starting the whole product: what cannot be used is said in one sentence, and the program ends."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from playground.demo import painter
from playground.demo.gateway import VISITOR_HEADER
from playground.demo.rendering import Renderer
from playground.errors import ConfigurationError
from playground.settings import Settings
from tests.environment import settings_from

APP = Path(__file__).parent.parent / "app.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PLAYGROUND_DATABASE_URL", "postgresql://me:canary@127.0.0.1:1/db"),
        ("PLAYGROUND_CALLS_AT_ONCE", "none"),
    ],
)
def test_what_cannot_be_used_ends_the_start_in_one_sentence(
    tmp_path: Path, variable: str, value: str
) -> None:
    environment = {**os.environ, "PLAYGROUND_DATA_DIR": str(tmp_path), variable: value}
    done = subprocess.run(
        [sys.executable, str(APP)], env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("The playground cannot start. ")
    assert variable in sentence or value in sentence
    assert "canary" not in sentence


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PLAYGROUND_PICTURES_URL", "nosuch://me:canary@127.0.0.1/pictures"),
        ("PLAYGROUND_PICTURES_URL", "ftp://me:canary@127.0.0.1:1/pictures"),
        ("PLAYGROUND_PROVIDERS", "/no/such/file.toml"),
        ("PLAYGROUND_DATA_DIR", "/dev/null/data"),
        ("PLAYGROUND_DATA_DIR", "/proc/self"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, variable: str, value: str) -> None:
    from playground.application import create  # imports Gradio: seconds

    settings = settings_from({"PLAYGROUND_DATA_DIR": str(tmp_path), variable: value})
    with pytest.raises(ConfigurationError) as caught:
        create(settings, {})
    sentence = str(caught.value)
    assert variable in sentence or value in sentence
    assert "canary" not in sentence


def test_a_port_that_is_taken_is_said_so() -> None:
    from playground.application import require_ports  # imports Gradio: seconds

    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"GRADIO_SERVER_PORT: {port} on 127.0.0.1 cannot"):
            require_ports(Settings(server_port=port))
        with pytest.raises(ConfigurationError, match=f"PLAYGROUND_METRICS_PORT: {port} on 127.0.0.1 cannot"):
            require_ports(Settings(server_port=free, metrics_port=port))
    with pytest.raises(ConfigurationError, match="PLAYGROUND_METRICS_PORT: 7860 is the port of the app"):
        require_ports(Settings(metrics_port=7860))


async def test_the_demo_draws_for_visitors_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault Z14: a single picture waited behind two hundred of another visitor."""
    from playground.application import _turns

    drawn: list[str] = []

    def paint(commission: painter.Commission) -> painter.Painting:
        drawn.append(commission.prompt)
        return painter.Painting(b"", "image/png", "")

    monkeypatch.setattr(painter, "paint", paint)
    renderer = Renderer(_turns)
    asked = [("greedy", 1024)] * 20 + [("greedy", 4096)] * 4 + [("modest", 1024)]
    commissions = [
        (painter.Commission(f"{who} {number}", side, side), who) for number, (who, side) in enumerate(asked)
    ]
    await asyncio.gather(*(renderer.paint(commission, who) for commission, who in commissions))
    renderer.close()
    assert drawn.index(f"modest {len(asked) - 1}") <= 3
    assert len(drawn) == len(asked)


async def test_only_the_demo_hears_whom_a_call_is_made_for() -> None:
    from playground.demo.in_process import InProcess

    heard: list[str] = []

    async def demo(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(Headers(scope=scope)[VISITOR_HEADER])
        await Response()(scope, receive, send)

    made = httpx.Request("GET", "http://demo.invalid/", extensions={"visitor": "ann"})
    assert VISITOR_HEADER not in made.headers
    answer = await InProcess(demo).handle_async_request(made)
    await answer.aclose()
    assert heard == ["ann"]
