"""The tests' own fence: nothing gets out, and an attempt fails the test that made it."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.conftest import NetworkReached


def test_an_address_elsewhere_cannot_be_reached(left_alone: list[str]) -> None:
    with socket.socket() as outgoing, pytest.raises(NetworkReached):
        outgoing.connect(("192.0.2.1", 80))
    assert left_alone == ["('192.0.2.1', 80)"]
    left_alone.clear()


async def test_httpx_cannot_get_out_either(left_alone: list[str]) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.RaisesGroup(NetworkReached, allow_unwrapped=True):
            await client.get("http://192.0.2.1/")
    assert left_alone
    left_alone.clear()


def test_names_elsewhere_do_not_exist() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.com", 443)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        peer, _ = listener.accept()
        peer.close()
