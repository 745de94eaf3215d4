"""An app in a process of its own, and visitors who press its buttons over HTTP without a browser."""

from __future__ import annotations

import itertools
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from playground.server.budgets import Budgets
from playground.server.visitors import VISITOR_COOKIE

PROMPT = "a red bicycle by the sea"
_SECONDS = 900.0
_JOB = re.compile(r'data-job=\\"([\w-]{10,})')
_ADDRESSES = itertools.count(1)


class App:
    """A running app, its page's controls and events, and its memory."""

    def __init__(self, address: str, pid: int) -> None:
        self.address = address
        self._process = Path(f"/proc/{pid}")
        with httpx.Client(transport=httpx.HTTPTransport(retries=10), timeout=60) as client:
            config = client.get(f"{address}/config").json()
        self.props = {one["id"]: one["props"] for one in config["components"]}
        self.ids = {props.get("elem_id"): one for one, props in self.props.items()}
        self.events = {one["api_name"]: one for one in config["dependencies"] if one["backend_fn"]}
        self.ids["current"] = self.events["on_stop"]["inputs"][0]

    def memory(self) -> float:
        """Resident megabytes."""
        return self._megabytes("VmRSS")

    def peak(self) -> float:
        """The most that it has been since `forget_peak`."""
        return self._megabytes("VmHWM")

    def forget_peak(self) -> None:
        """Begins to look for the peak anew."""
        Path(self._process, "clear_refs").write_text("5", encoding="ascii")

    def _megabytes(self, name: str) -> float:
        lines = Path(self._process, "status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024 / 1e6


@contextmanager
def running() -> Iterator[App]:
    """An app with an empty history, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="load-", ignore_cleanup_errors=True) as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = {
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_TEMP_DIR": f"{folder}/uploads",
            "PLAYGROUND_DATA_DIR": folder,
            "PLAYGROUND_SEPARATE_VISITORS": "true",
            "PLAYGROUND_GRACE_SECONDS": "0",
        }
        child = subprocess.Popen([sys.executable, "-m", __name__], env={**os.environ, **settings})
        try:
            yield App(f"http://127.0.0.1:{port}", child.pid)
        finally:
            child.terminate()
            child.wait(60)


class Visitor:
    """One browser with a cookie and an address of its own."""

    def __init__(self, app: App) -> None:
        number = next(_ADDRESSES)
        self._app = app
        self._client = httpx.AsyncClient(
            base_url=f"{app.address}/gradio_api/",
            transport=httpx.AsyncHTTPTransport(local_address=f"127.1.{number // 250}.{number % 250 + 1}"),
            headers={"cookie": f"{VISITOR_COOKIE}={secrets.token_urlsafe(24)}"},
            timeout=_SECONDS,
        )

    async def generate(self, count: int = 1, **values: Any) -> float:
        """Seconds from a press of Generate, on a page of its own, to the end of its job."""
        began, session = time.perf_counter(), secrets.token_hex(8)
        async with aclosing(self._press(session, prompt=PROMPT, count=str(count), **values)) as lines:
            told = "".join([line async for line in lines])
        if "pictures/" not in told:
            raise RuntimeError(f"no picture came: {told[-2000:]}")
        return time.perf_counter() - began

    async def ask(self, count: int) -> None:
        """Has so many pictures made by the endpoint for programs: a page's next press would stand in line."""
        call = await self._client.post("call/v2/text_to_image", json={"prompt": PROMPT, "count": count})
        event = call.raise_for_status().json()["event_id"]
        told = await self._client.get(f"call/v2/text_to_image/{event}")
        if "event: complete" not in told.text:
            raise RuntimeError(f"no picture came: {told.text[-2000:]}")

    async def generate_and_stop(self) -> tuple[float, float]:
        """Seconds from Generate to the view of its job, and from Stop to the end."""
        session, began = secrets.token_hex(8), time.perf_counter()
        queued = pressed = 0.0
        async with aclosing(self._press(session, prompt=PROMPT)) as told:
            async for line in told:
                job = _JOB.search(line)
                if queued or job is None:
                    continue
                queued, pressed = time.perf_counter() - began, time.perf_counter()
                await self._send("run/predict", "on_stop", session, current=job[1])
            stopped = time.perf_counter() - pressed
        return queued, stopped

    async def other_tab(self) -> float:
        """Seconds that a change of the tab takes."""
        began = time.perf_counter()
        await self._send("run/predict", "on_mode", secrets.token_hex(8), mode="edit")
        return time.perf_counter() - began

    async def upload(self, pictures: list[bytes]) -> list[dict[str, Any]]:
        """The tray with these pictures in it."""
        files = [("files", (f"{number}.jpg", data)) for number, data in enumerate(pictures)]
        paths = (await self._client.post("upload", files=files)).raise_for_status().json()
        return [{"path": path, "name": "a.jpg"} for path in paths]

    async def aclose(self) -> None:
        """Closes its connections."""
        await self._client.aclose()

    async def _press(self, session: str, **values: Any) -> AsyncGenerator[str, None]:
        """What the page is told of a press of Generate, from the first that it can show."""
        await self._send("queue/join", "on_generate", session, **values)
        async with self._client.stream("GET", f"queue/data?session_hash={session}") as lines:
            async for line in lines.aiter_lines():
                if '"process_generating"' in line or '"process_completed"' in line:
                    yield line
                if '"process_completed"' in line:
                    return

    async def _send(self, path: str, name: str, session: str, **values: Any) -> None:
        event, props = self._app.events[name], self._app.props
        named = {self._app.ids[elem_id]: value for elem_id, value in values.items()}
        data = [named.get(one, props[one].get("value")) for one in event["inputs"]]
        body = {"data": data, "fn_index": event["id"], "session_hash": session, "trigger_id": None}
        answer = await self._client.post(
            path, content=json.dumps(body), headers={"content-type": "application/json"}
        )
        answer.raise_for_status()


def _serve() -> int:
    """The app as it is, but nobody is counted by the minute."""
    import app

    with patch("playground.application.Budgets", lambda **_: Budgets(is_shared=False)):
        return app.main([])


if __name__ == "__main__":
    sys.exit(_serve())
