"""What a proxy says counts when the operator has named it, and is dropped from everybody else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from playground.errors import ConfigurationError
from playground.server.proxies import Proxies
from playground.settings import Settings
from tests.environment import settings_from

SAID = {
    "x-forwarded-for": "198.51.100.7, 192.0.2.9",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "images.example",
    "x-forwarded-port": "443",
    "x-forwarded-prefix": "/images",
}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    seen = Request(scope)
    answer = {"client": scope["client"][0], "scheme": scope["scheme"], "headers": dict(seen.headers)}
    await JSONResponse(answer)(scope, receive, send)


async def seen(settings: Settings, client: str) -> Any:
    transport = httpx.ASGITransport(Proxies(echo, settings), client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as made:
        return (await made.get("/", headers=SAID)).json()


@pytest.mark.parametrize("proxies", ["192.0.2.1", "192.0.2.1/32,10.0.0.0/8", "2001:db8::1, 192.0.2.1"])
async def test_a_named_proxy_is_believed(proxies: str) -> None:
    found = await seen(settings_from({"PLAYGROUND_TRUSTED_PROXIES": proxies}), "192.0.2.1")
    # The last address is what the proxy saw; those before it are what it was told.
    assert (found["client"], found["scheme"]) == ("192.0.2.9", "https")
    assert found["headers"]["x-forwarded-host"] == "images.example"


@pytest.mark.parametrize("client", ["::ffff:192.0.2.1", "::FFFF:c000:201"])
async def test_a_proxy_is_known_by_its_address_in_either_family(client: str) -> None:
    """A listener for both families gave all visitors the address of the proxy, and one budget."""
    settings = settings_from({"PLAYGROUND_TRUSTED_PROXIES": "192.0.2.1,203.0.113.0/24"})
    transport = httpx.ASGITransport(Proxies(echo, settings), client=(client, 1))
    said = {"x-forwarded-for": "198.51.100.7, ::ffff:203.0.113.9"}
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as made:
        assert (await made.get("/", headers=said)).json()["client"] == "198.51.100.7"


@pytest.mark.parametrize(
    "environment", [{}, {"PLAYGROUND_TRUSTED_PROXIES": "10.0.0.0/8"}, {"SPACE_ID": "a/b"}]
)
async def test_nobody_else_is(environment: dict[str, str]) -> None:
    found = await seen(settings_from(environment), "192.0.2.1")
    assert (found["client"], found["scheme"]) == ("192.0.2.1", "http")
    kept = {name for name in found["headers"] if name.startswith("x-forwarded")}
    assert kept == {"x-forwarded-for"}, "that somebody came through a proxy is still told"


async def test_on_a_space_the_proxy_is_a_private_address() -> None:
    assert (await seen(settings_from({"SPACE_ID": "a/b"}), "10.1.2.3"))["scheme"] == "https"


async def test_locally_not_even_this_machine_is_believed_unless_named() -> None:
    assert (await seen(Settings(), "127.0.0.1"))["scheme"] == "http"
    named = settings_from({"PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1"})
    assert (await seen(named, "127.0.0.1"))["scheme"] == "https"


@pytest.mark.parametrize("text", ["*", "proxy.example", "1.2.3", "10.0.0.0/99", "::1/129", "1.2.3.4;5.6.7.8"])
def test_what_is_no_network_is_told_at_start(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_TRUSTED_PROXIES"):
        settings_from({"PLAYGROUND_TRUSTED_PROXIES": text})
