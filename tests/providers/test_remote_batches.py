"""Our client of the Batch API sends what Google's own client sends, request for request.

No server but Google's and the demo answers this API: what was looked for, and found not to, is in
tests/demo/README.md. So both clients are heard at the demo and compared.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import types

from playground.catalogue import Catalogue
from playground.demo.gateway import create_app
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key
from playground.providers.remote_batches import Brought, RemoteBatches
from playground.request import ImageRequest
from playground.result import ImageResult
from tests.app_server import serve

KEY = "canary-" + "key-0123456789"
MODEL = "gemini-nano-banana-2.1"
_HEADERS = ("x-goog-upload-protocol", "x-goog-upload-command", "x-goog-upload-offset", "x-goog-api-key")


class Hearing:
    """The demo, writing down what it is asked, without what differs from call to call.

    Attributes:
        heard: method, path, query, headers that mean something, and the body where it is a small object.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._app = create_app(catalogue, pending_seconds=0)
        self.heard: list[tuple[Any, ...]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()

        async def received() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self._app(scope, received, send)
        if scope["type"] == "http" and scope["path"] != "/health":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            meant = {name: headers[name] for name in _HEADERS if name in headers}
            if "offset" in str(meant):
                meant.pop("x-goog-api-key", None)  # Google's sends none there, ours the one of the address
            path = re.sub(r"(batches|files)/[\w-]+", r"\1/*", scope["path"])
            query = re.sub(r"upload_id=[^&]+", "upload_id=*", scope["query_string"].decode())
            is_list = scope["method"] == "GET" and path.endswith("/batches")
            text = b"" if "offset" in str(meant) or scope["method"] == "GET" else bytes(body)
            self.heard.append((scope["method"], path, "" if is_list else query, meant, _object(text)))


def _object(text: bytes) -> Any:
    """A creation without the name of its file; nothing for what says nothing."""
    document = json.loads(text or b"{}")
    for batch in [document["batch"]] if "batch" in document else []:
        batch["inputConfig"]["fileName"] = "*"
    return document if "batch" in document else None


async def test_ours_sends_what_googles_sends(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    hearing = Hearing(catalogue)
    with serve(hearing) as address:
        _googles(address, tmp_path)
        googles, hearing.heard = hearing.heard, []
        brought = await _ours(catalogue, address)
        ours = hearing.heard
    assert len(brought) == 1
    assert isinstance(brought[0], ImageResult)
    assert len(brought[0].pictures) == 1
    assert sorted(_once(ours), key=_asked) == sorted(_once(googles), key=_asked)


def _asked(one: tuple[Any, ...]) -> tuple[Any, ...]:
    return one[:3]


def _once(heard: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """However often it was looked whether the batch has ended."""
    return [one for place, one in enumerate(heard) if one != heard[place - 1]]


def _googles(address: str, folder: Path) -> None:
    source = folder / "requests.jsonl"
    source.write_text(json.dumps({"key": "1", "request": {"contents": [{"parts": [{"text": "a fox"}]}]}}))
    with genai.Client(
        api_key=KEY, http_options=types.HttpOptions(base_url=address, api_version="v1beta")
    ) as client:
        file = client.files.upload(
            file=source, config={"display_name": "b", "mime_type": "application/jsonl"}
        )
        assert file.name
        created = client.batches.create(model=MODEL, src=file.name, config={"display_name": "b"})
        list(client.batches.list())
        assert created.name
        job = client.batches.get(name=created.name)
        for _ in range(1000):
            if job.dest is not None:
                break
            job = client.batches.get(name=created.name)
        client.files.download(file=(job.dest and job.dest.file_name) or "")
        client.batches.cancel(name=created.name)
        client.files.delete(name=file.name)
        client.batches.delete(name=created.name)


async def _ours(catalogue: Catalogue, address: str) -> list[Brought]:
    row = catalogue.provider("google").model_copy(update={"base_url": None})
    custom = catalogue.model_copy(update={"providers": {**catalogue.providers, "google": row}})
    provider, brought = Provider(custom), []

    async def take(key: str, place: int, one: Brought) -> None:
        assert (key, place) == ("1", 0)
        brought.append(one)

    destination = provider.destination("google", Credentials(Key(KEY), address, "x-goog-api-key"))
    remote = RemoteBatches(provider, destination)
    wanted = ImageRequest(prompt="a fox", provider="google", model=MODEL)
    file = await remote.upload([("1", wanted)], catalogue.model("google", MODEL), "b")
    created = await remote.create(MODEL, file, "b")
    found = await remote.find("b")
    assert found
    assert found.name == created.name
    while not (now := await remote.get(created.name)).answers:
        pass
    await remote.answers(now.answers, take)
    await remote.cancel(created.name)
    await remote.remove(file)
    await remote.remove(created.name)
    await provider.aclose()
    return brought
