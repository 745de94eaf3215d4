"""The clients that are compared. All of them read their pictures from files and leave what comes in files."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from tests.benchmarks.transport_samples import PROMPT, request_body

_THREADS = 200
_KEY = "benchmark"


class Client(Protocol):
    """One way to call `generateContent`."""

    async def call(self, case: str, pictures: Sequence[Path], target: Path) -> str:
        """Makes one call, writes each picture of the answer to `<target>-<n>`, and returns its words."""
        ...

    async def aclose(self) -> None: ...


def client(variant: str, address: str) -> Client:
    """The client of a variant. Imports what it needs, and nothing of the others."""
    return {
        "ours": Ours,
        "google_genai_sync": GoogleSync,
        "google_genai_async": GoogleAsync,
        "naive": Naive,
    }[variant](address)


def place(target: Path, number: int) -> Path:
    """Where picture `number` of a call belongs."""
    return target.with_name(f"{target.name}-{number}")


class Ours:
    """The product's own `Provider`, as the studio calls it."""

    def __init__(self, address: str) -> None:
        from playground import catalogue
        from playground.providers.client import Provider
        from playground.providers.credentials import Credentials, Key

        self._row = catalogue.load().unknown_model
        self._staging_dir = TemporaryDirectory(prefix="playground-incoming-")
        self._provider = Provider(catalogue.load(), staging_dir=Path(self._staging_dir.name))
        self._credentials = Credentials(Key(_KEY), address)

    async def call(self, case: str, pictures: Sequence[Path], target: Path) -> str:
        from playground.request import ImageRequest, PreparedImage

        images = tuple(PreparedImage(path, "image/jpeg", 1, 1, path.stat().st_size) for path in pictures)
        request = ImageRequest(prompt=PROMPT, provider="google", model=case, images=images)
        answer = await self._provider.generate(request, self._row, self._credentials)
        for number, part in enumerate(answer.result.pictures, 1):
            if part.file is not None:
                part.file.replace(place(target, number))
            else:
                await asyncio.to_thread(place(target, number).write_bytes, part.data)
        return answer.result.text

    async def aclose(self) -> None:
        await self._provider.aclose()
        self._staging_dir.cleanup()


class GoogleSync:
    """Google's SDK as it comes, each call in a thread."""

    def __init__(self, address: str) -> None:
        self._client = _google(address)
        self._threads = ThreadPoolExecutor(_THREADS)

    async def call(self, case: str, pictures: Sequence[Path], target: Path) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._call, case, pictures, target)

    def _call(self, case: str, pictures: Sequence[Path], target: Path) -> str:
        response = self._client.models.generate_content(model=case, contents=_google_contents(pictures))
        text, found = _google_parts(response)
        for number, data in enumerate(found, 1):
            place(target, number).write_bytes(data)
        return text

    async def aclose(self) -> None:
        self._client.close()
        self._threads.shutdown()


class GoogleAsync:
    """Google's SDK as it comes, its asynchronous half, which uses aiohttp where that is installed."""

    def __init__(self, address: str) -> None:
        self._client = _google(address)

    async def call(self, case: str, pictures: Sequence[Path], target: Path) -> str:
        contents = _google_contents(pictures)
        response = await self._client.aio.models.generate_content(model=case, contents=contents)
        text, found = _google_parts(response)
        for number, data in enumerate(found, 1):
            await asyncio.to_thread(place(target, number).write_bytes, data)
        return text

    async def aclose(self) -> None:
        await self._client.aio.aclose()


class Naive:
    """What one would write first: httpx, `json=`, `.json()` and base64 of the standard library."""

    def __init__(self, address: str) -> None:
        import httpx

        self._address = address
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.AsyncClient(timeout=None, limits=limits, trust_env=False)

    async def call(self, case: str, pictures: Sequence[Path], target: Path) -> str:
        body = request_body([path.read_bytes() for path in pictures])
        url = f"{self._address}/v1beta/models/{case}:generateContent"
        response = await self._client.post(url, json=body, headers={"x-goog-api-key": _KEY})
        response.raise_for_status()
        text, number = "", 0
        for part in response.json()["candidates"][0]["content"]["parts"]:
            text += part.get("text", "")
            if "inlineData" in part:
                number += 1
                data = base64.b64decode(part["inlineData"]["data"])
                await asyncio.to_thread(place(target, number).write_bytes, data)
        return text

    async def aclose(self) -> None:
        await self._client.aclose()


def _google(address: str) -> Any:
    from google import genai
    from google.genai import types

    return genai.Client(api_key=_KEY, http_options=types.HttpOptions(base_url=address, api_version="v1beta"))


def _google_contents(pictures: Sequence[Path]) -> list[Any]:
    from google.genai import types

    parts = [types.Part.from_bytes(data=path.read_bytes(), mime_type="image/jpeg") for path in pictures]
    return [PROMPT, *parts]


def _google_parts(response: Any) -> tuple[str, list[bytes]]:
    parts = response.candidates[0].content.parts
    text = "".join(part.text for part in parts if part.text)
    return text, [part.inline_data.data for part in parts if part.inline_data]
