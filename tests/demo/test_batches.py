"""Google's Batch API and Files API on the demo: by Google's own client, unchanged, and how much is kept."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from playground import catalogue
from playground.demo.gateway import create_app
from tests.app_server import serve

MODEL = "gemini-nano-banana-2.1"
CREATE = f"/v1beta/models/{MODEL}:batchGenerateContent"
_ENDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_app(catalogue.load(), pending_seconds=0)) as base_url:
        yield base_url


@pytest.fixture
def client(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[genai.Client]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with genai.Client(api_key="anything", http_options=types.HttpOptions(base_url=address)) as opened:
        yield opened


def photo(width: int = 320, height: int = 180) -> bytes:
    """Noise: a picture that is too long to stay in a request's text."""
    file = BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(file, "PNG")
    return file.getvalue()


def line(key: str, prompt: str, *pictures: bytes) -> str:
    """A line of an input file."""
    parts: list[dict[str, Any]] = [{"text": prompt}]
    for data in pictures:
        parts.append({"inline_data": {"mime_type": "image/png", "data": base64.b64encode(data).decode()}})
    config = {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}}
    request = {"contents": [{"role": "user", "parts": parts}], "generation_config": config}
    return json.dumps({"key": key, "request": request})


def ended(client: genai.Client, name: str) -> types.BatchJob:
    """The batch once it has ended; the server works in a thread of its own."""
    for _ in range(3000):
        job = client.batches.get(name=name)
        if job.state and job.state.name in _ENDED:
            return job
    raise AssertionError("the batch did not end")


def drawn(document: dict[str, Any]) -> list[tuple[int, int]]:
    """The sizes of the pictures in an answer."""
    parts = document["candidates"][0]["content"]["parts"]
    found = [base64.b64decode(part["inlineData"]["data"]) for part in parts if "inlineData" in part]
    return [Image.open(BytesIO(data)).size for data in found]


def test_googles_client_sends_requests_inline(client: genai.Client) -> None:
    wanted = [
        types.InlinedRequest(
            contents=[types.Content(role="user", parts=[types.Part(text="a red fox in the snow")])],
            config=types.GenerateContentConfig(
                response_modalities=["IMAGE"], image_config=types.ImageConfig(aspect_ratio="16:9")
            ),
            metadata={"key": "first"},
        ),
        types.InlinedRequest(contents="demo: rate limit", metadata={"key": "second"}),
        types.InlinedRequest(
            contents=[
                types.Part(text="in black and white"),
                types.Part.from_bytes(data=photo(), mime_type="image/png"),
            ],
            metadata={"key": "third"},
        ),
    ]
    created = client.batches.create(model=MODEL, src=wanted, config={"display_name": "three of them"})
    assert created.name
    assert created.state in (
        types.JobState.JOB_STATE_PENDING,
        types.JobState.JOB_STATE_RUNNING,
    )
    job = ended(client, created.name)
    assert (job.state, job.display_name) == (types.JobState.JOB_STATE_SUCCEEDED, "three of them")
    assert job.end_time
    assert job.dest
    assert job.dest.inlined_responses
    first, second, third = job.dest.inlined_responses
    assert [one.metadata for one in (first, second, third)] == [
        {"key": key} for key in ("first", "second", "third")
    ]
    for answer in (first, third):
        assert answer.response
        assert answer.response.parts
        drawing = answer.response.parts[-1].inline_data
        assert drawing
        picture = Image.open(BytesIO(drawing.data or b""))
        assert picture.size == (1376, 768)
    assert second.error
    assert second.error.code == 8
    assert "quota" in (second.error.message or "")
    client.batches.delete(name=created.name)
    with pytest.raises(errors.ClientError):
        client.batches.get(name=created.name)


def test_googles_client_sends_a_file(client: genai.Client, tmp_path: Path) -> None:
    lines = [
        line("fox", "a red fox"),
        line("both", "all on one wall", photo(), photo(200, 200)),
        "no JSON at all",
    ]
    source = tmp_path / "requests.jsonl"
    source.write_text("\n".join([*lines, "", line("boat", "a boat")]))
    uploaded = client.files.upload(file=source, config={"display_name": "wishes", "mime_type": "jsonl"})
    assert uploaded.name
    assert uploaded.size_bytes == source.stat().st_size
    assert client.files.get(name=uploaded.name).display_name == "wishes"
    with pytest.raises(errors.ClientError, match="generated"):
        client.files.download(file=uploaded.name)

    created = client.batches.create(model=MODEL, src=uploaded.name, config={"display_name": "by file"})
    assert created.name
    assert created.name in [job.name for job in client.batches.list(config={"page_size": 1})]
    job = ended(client, created.name)
    assert job.dest
    assert job.dest.file_name
    answers = [json.loads(one) for one in client.files.download(file=job.dest.file_name).splitlines()]
    assert [answer.get("key") for answer in answers] == ["fox", "both", None, "boat"]
    assert [drawn(answers[place]["response"]) for place in (0, 1, 3)] == [[(1376, 768)]] * 3
    assert answers[2]["error"]["code"] == 3
    assert job.dest.file_name in [file.name for file in client.files.list()]
    client.files.delete(name=uploaded.name)
    with pytest.raises(errors.ClientError):
        client.files.get(name=uploaded.name)


def test_googles_client_cancels(client: genai.Client) -> None:
    wanted = [types.InlinedRequest(contents="demo: slow 120 a snail")]
    created = client.batches.create(model=MODEL, src=wanted)
    assert created.name
    client.batches.cancel(name=created.name)
    assert ended(client, created.name).state == types.JobState.JOB_STATE_CANCELLED


# ── what is kept ────────────────────────────────────────────────────────────────────────────────────────────


class Clock:
    """A clock that stands until it is put on."""

    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def opened(folder: Path, clock: Clock, kept_bytes: int = 2_000_000) -> httpx.AsyncClient:
    app = create_app(catalogue.load(), folder=folder, clock=clock, pending_seconds=0, kept_bytes=kept_bytes)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo.invalid", timeout=60)


async def upload(client: httpx.AsyncClient, *pieces: bytes) -> httpx.Response:
    """The answer to the last piece of a resumable upload."""
    start = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    begun = await client.post("/upload/v1beta/files", headers=start, json={"file": {"display_name": "f"}})
    offset = 0
    for place, piece in enumerate(pieces):
        command = "upload, finalize" if place == len(pieces) - 1 else "upload"
        headers = {"x-goog-upload-command": command, "x-goog-upload-offset": str(offset)}
        last = await client.post(begun.headers["x-goog-upload-url"], headers=headers, content=piece)
        offset += len(piece)
    return last


async def awaited(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """The operation of a batch that has ended."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if "_work" in repr(task)))
    operation: dict[str, Any] = (await client.get(f"/v1beta/{name}")).json()
    assert operation["done"]
    return operation


def kept(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def test_files_and_answers_stay_within_their_bytes_and_their_time(tmp_path: Path) -> None:
    clock = Clock()
    async with opened(tmp_path, clock) as client:
        first = (await upload(client, b"x" * 700_000)).json()["file"]["name"]
        rows = line("one", "a fox").encode() + b"\n" + line("two", "a boat").encode()
        source = (await upload(client, rows[:100], rows[100:])).json()["file"]["name"]
        batch = {"display_name": "b", "input_config": {"file_name": source}}
        name = (await client.post(CREATE, json={"batch": batch})).json()["name"]
        operation = await awaited(client, name)
        answers = operation["response"]["responsesFile"]
        assert len((await client.get(f"/v1beta/{answers}:download?alt=media")).text.splitlines()) == 2
        await upload(client, b"y" * 1_200_000)  # what is oldest makes room
        assert (await client.get(f"/v1beta/{first}")).status_code == 403
        refused = await upload(client, b"z" * 2_100_000)
        assert (refused.status_code, refused.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert refused.headers["x-goog-upload-status"] == "final"
        assert kept(tmp_path) <= 2_000_000
        clock.seconds += 49 * 3600
        assert (await client.get("/v1beta/files")).json() == {"files": []}
        assert (await client.get(f"/v1beta/{name}")).status_code == 404
        assert kept(tmp_path) == 0


async def test_answers_that_find_no_room_are_errors_of_their_rows(tmp_path: Path) -> None:
    async with opened(tmp_path, Clock(), kept_bytes=1000) as client:
        requests = {
            "requests": [{"request": {"contents": [{"parts": [{"text": "a fox"}]}]}, "metadata": {"n": 1}}]
        }
        batch = {"displayName": "b", "inputConfig": {"requests": requests}}
        created = await client.post(CREATE, json={"batch": batch})
        operation = await awaited(client, created.json()["name"])
        (answer,) = operation["response"]["inlinedResponses"]["inlinedResponses"]
        assert (answer["metadata"], answer["error"]["code"]) == ({"n": 1}, 8)
        assert operation["metadata"]["batchStats"] == {"requestCount": "1", "failedRequestCount": "1"}


async def test_nothing_is_left_by_a_creation_that_is_refused(tmp_path: Path) -> None:
    picture = base64.b64encode(photo()).decode()
    parts = [{"inlineData": {"mimeType": "image/png", "data": picture}}]
    rows = {"requests": [{"request": {"contents": [{"parts": parts}]}}]}

    async def endless() -> AsyncIterator[bytes]:
        yield json.dumps({"batch": {"inputConfig": {"requests": rows}}}).encode()
        for _ in range(25):
            yield b" " * 1_000_000

    async with opened(tmp_path, Clock()) as client:
        for content, status in (
            (endless(), 413),
            (b'{"batch":{"inputConfig":{"requests":{"requests":[]}}}}', 400),
            (b'{"batch":{"inputConfig":{"fileName":"files/none"}}}', 403),
            (b'{"batch":{}}', 400),
            (b"[", 400),
        ):
            assert (await client.post(CREATE, content=content)).status_code == status
        unknown = await client.post("/v1beta/models/none:batchGenerateContent", json={})
        assert unknown.status_code == 404
        assert (await client.get("/v1beta/batches")).json() == {"operations": []}
    assert kept(tmp_path) == 0


async def test_an_upload_whose_file_is_removed_writes_no_more(tmp_path: Path) -> None:
    taken = 0
    async with opened(tmp_path, Clock()) as client:

        async def endless() -> AsyncIterator[bytes]:
            nonlocal taken
            yield b"x"
            assert (await client.delete("/v1beta/files/mine")).status_code == 200
            while taken < 5:
                taken += 1
                yield b"x" * 1_000_000

        start = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
        begun = await client.post(
            "/upload/v1beta/files", headers=start, json={"file": {"name": "files/mine"}}
        )
        headers = {"x-goog-upload-command": "upload", "x-goog-upload-offset": "0"}
        answer = await client.post(begun.headers["x-goog-upload-url"], headers=headers, content=endless())
        assert (answer.status_code, taken) == (404, 1)


@pytest.mark.parametrize("command", ["upload", "upload, finalize", "finalize"])
async def test_an_upload_that_goes_on_after_its_file_was_removed_is_told_so(
    tmp_path: Path, command: str
) -> None:
    async with opened(tmp_path, Clock()) as client:
        start = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
        begun = await client.post(
            "/upload/v1beta/files", headers=start, json={"file": {"name": "files/mine"}}
        )
        assert (await client.delete("/v1beta/files/mine")).status_code == 200
        headers = {"x-goog-upload-command": command, "x-goog-upload-offset": "0"}
        answer = await client.post(begun.headers["x-goog-upload-url"], headers=headers, content=b"x")
        assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")
        assert answer.headers["x-goog-upload-status"] == "final"
