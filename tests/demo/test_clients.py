"""What other people's clients send, as recorded from them: header by header, field by field.

`sent_by_clients.json` holds the requests of gemimg, litellm and Google's SDK for JavaScript, taken from the
wire between each client and this demo; Google's SDK for Python runs in `test_google_sdk.py`. `README.md` here
says what the clients made of the answers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from playground import catalogue
from playground.demo.gateway import create_app

SENT: list[dict[str, Any]] = json.loads((Path(__file__).parent / "sent_by_clients.json").read_text("utf-8"))


@pytest.fixture
async def gateway() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(catalogue.load()))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.test") as client:
        yield client


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: sent["client"])
async def test_every_client_gets_its_picture(gateway: httpx.AsyncClient, sent: dict[str, Any]) -> None:
    answer = await gateway.post(
        sent["path"], params=sent["query"], headers=sent["headers"], content=json.dumps(sent["body"])
    )
    assert answer.status_code == 200, answer.text
    documents = _documents(answer)
    (picture,) = [data for document in documents for data in _pictures(document)]
    assert list(Image.open(BytesIO(picture)).size) == sent["size"]
    assert documents[-1]["candidates"][0]["finishReason"] == "STOP"
    usage = documents[-1]["usageMetadata"]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]


@pytest.mark.parametrize(
    "path", ["/models/gemini-3-pro-image:generateContent", "/v1beta/openai/images/generations"]
)
async def test_a_wrong_address_is_told_the_right_one(gateway: httpx.AsyncClient, path: str) -> None:
    answer = await gateway.post(path, json={})
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["status"] == "NOT_FOUND"
    assert "/v1beta/models/{model}:generateContent" in error["message"]


def _documents(answer: httpx.Response) -> list[Any]:
    if answer.headers["content-type"].startswith("text/event-stream"):
        events = answer.text.split("\r\n\r\n")
        return [json.loads(event.removeprefix("data: ")) for event in events if event]
    return [answer.json()]


def _pictures(document: Any) -> list[bytes]:
    parts = document["candidates"][0]["content"]["parts"]
    return [base64.b64decode(part["inlineData"]["data"]) for part in parts if "inlineData" in part]
