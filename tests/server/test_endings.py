"""What a stranger breaks off or makes up is no fault of the app's: no 500, and no traceback in the log."""

from __future__ import annotations

import httpx
import pytest
from python_multipart.exceptions import FormParserError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from playground.server.endings import Endings


async def asked(error: Exception, *, has_begun: bool = False) -> httpx.Response:
    async def failing(_: Scope, __: Receive, send: Send) -> None:
        if has_begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        raise error

    async with httpx.AsyncClient(transport=httpx.ASGITransport(Endings(failing))) as client:
        return await client.post("http://host/")


async def test_a_stream_of_no_session_ends() -> None:
    """A made-up session had nine kilobytes of traceback in the log, as often as somebody asked."""
    begun = RuntimeError("Caught handled exception, but response already started.")
    begun.__cause__ = HTTPException(404)
    assert (await asked(begun, has_begun=True)).text == "begun"


async def test_a_form_that_is_none_is_refused() -> None:
    assert (await asked(FormParserError("Boundary length 5000 exceeds maximum of 256"))).status_code == 400


async def test_our_own_faults_stay_faults() -> None:
    with pytest.raises(RuntimeError, match="ours"):
        await asked(RuntimeError("ours"), has_begun=True)


def test_gradio_is_inside(server: str) -> None:
    with httpx.Client(base_url=server, trust_env=False, timeout=30) as client:
        parts = {"content-type": "multipart/form-data; boundary=" + "b" * 5000}
        assert client.post("/gradio_api/upload", content=b"x", headers=parts).status_code == 400
        assert client.post("/gradio_api/upload", files={"files": (None, b"x")}).status_code == 400
        told = client.get("/gradio_api/queue/data", params={"session_hash": "made-up"}).text
        assert "session_not_found" in told
