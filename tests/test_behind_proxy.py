"""The whole app behind a proxy under a path: named endpoints, their files, MCP, and who may talk to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from playground.settings import Settings
from tests.app_server import run_app
from tests.reverse_proxy import proxy
from tests.wire.samples import picture

VARIANTS: dict[str, tuple[str, bool, Mapping[str, str]]] = {
    "stripped, and told so": ("/tools", True, {}),
    "passed on, and told so": ("/tools", False, {}),
    "stripped, and the proxy says so": ("", True, {"x-forwarded-prefix": "/tools"}),
}


@pytest.fixture(scope="module", params=VARIANTS, ids=str)
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a person opens the app."""
    root_path, strips, adds = VARIANTS[request.param]
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        root_path=root_path,
        use_proxy=False,
        trusted_proxies=("127.0.0.1",),
    )
    with run_app(settings, {}) as app, proxy(app, "/tools", strips=strips, adds=adds) as shown:
        yield shown


def test_endpoints_take_and_give_files(address: str, tmp_path: Path) -> None:
    given = tmp_path / "given.png"
    given.write_bytes(picture("PNG"))
    client = Client(f"{address}/", verbose=False, download_files=str(tmp_path), analytics_enabled=False)
    files, details = client.predict(image=handle_file(given), prompt="make it night", api_name="/edit_image")
    with Image.open(files[0] if isinstance(files[0], str) else files[0]["image"]) as came:
        assert came.size[0] > 0
    assert details


async def test_tools_answer_with_addresses_that_can_be_opened(address: str) -> None:
    async with (
        streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        answer = await session.call_tool("text_to_image", {"prompt": "a cat"})
    assert not answer.isError, answer.content
    assert address in str(answer.content)


def test_https_outside_is_https_in_every_address(tmp_path: Path) -> None:
    adds = {"x-forwarded-proto": "https", "x-forwarded-host": "images.example.org"}
    with (
        run_app(
            Settings(data_dir=tmp_path, root_path="/tools", use_proxy=False, trusted_proxies=("127.0.0.1",)),
            {},
        ) as app,
        proxy(app, "/tools", strips=True, adds=adds) as shown,
    ):
        config = httpx.get(f"{shown}/config", trust_env=False).json()
    assert config["root"] == "https://images.example.org/tools"


async def test_tools_call_this_app_whatever_name_it_was_asked_by(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, server_name="0.0.0.0", use_proxy=False, trusted_proxies=("127.0.0.1",)
    )
    with run_app(settings, {}) as app, proxy(app, "", strips=True, adds={"host": "evil.example"}) as shown:
        async with (
            streamable_http_client(f"{shown}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            answer = await session.call_tool("text_to_image", {"prompt": "a cat"})
    assert not answer.isError, answer.content
