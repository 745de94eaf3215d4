"""Files from memory: how long browsers may keep them, and that nothing but files of the folders is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from playground.server.assets import AssetsInMemory


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Two addresses for one folder, the first with a hash in it, before an app that says "page"."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "page.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    files = tmp_path / "files"
    app = AssetsInMemory(PlainTextResponse("page"), {"/look/c0ffee/": files}, {"/look/": files})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host") as client:
        yield client


async def test_an_address_with_a_hash_is_kept_for_good_and_another_for_an_hour(
    client: httpx.AsyncClient,
) -> None:
    hashed, plain = [await client.get(path) for path in ("/look/c0ffee/page.js", "/look/page.js")]
    assert hashed.text == plain.text == "export {}"
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["cache-control"] == "public, max-age=3600"


@pytest.mark.parametrize("path", ["/look/0ther/page.js", "/look/%2e%2e/secret.txt", "/look/", "/"])
async def test_everything_else_is_for_the_app_behind(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).text == "page"
