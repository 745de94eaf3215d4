"""The page that Gradio makes is made once, and is nobody's but for its nonce."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from playground.server.page import PageHead
from playground.settings import Settings

HTML = "<html><head></head><body><script>{host}</script></body></html>"


@pytest.fixture
def made() -> list[str]:
    """The names by which pages were made."""
    return []


@pytest.fixture
def app(made: list[str]) -> ASGIApp:
    async def page(request: Request) -> HTMLResponse:
        made.append(request.headers["host"])
        headers = {"x-told": request.headers.get("origin", "")}
        return HTMLResponse(HTML.format(host=request.headers["host"]), headers=headers)

    return PageHead(Starlette(routes=[Route("/", page)]), head="<title>x</title>", settings=Settings())


async def test_a_page_is_made_once_for_each_name_and_each_answer_has_a_nonce_of_its_own(
    app: ASGIApp, made: list[str]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://one") as client:
        first, second = await client.get("/"), await client.get("/")
        assert (await client.get("/", headers={"host": "two"})).text.count(">two<") == 1
        assert made == ["one", "two"]
        nonces = [re.findall('nonce="(.+?)"', answer.text) for answer in (first, second)]
        assert len({*nonces[0], *nonces[1]}) == 2
        for answer, (nonce, *_) in zip((first, second), nonces, strict=True):
            assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
            assert len(answer.content) == int(answer.headers["content-length"])
        for name in range(9):  # anybody can make names up
            await client.get("/", headers={"host": f"made-up-{name}"})
            await client.get("/")
        assert made.count("one") == 1  # whoever comes for it keeps it
        await client.get("/", headers={"host": "two"})
        assert made.count("two") == 2


async def test_what_is_asked_for_in_a_way_of_its_own_is_nobody_elses(app: ASGIApp, made: list[str]) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://one") as client:
        assert (await client.head("/")).content == b""
        await client.get("/?view=x")
        await client.get("/", headers={"origin": "http://elsewhere"})
        assert (await client.get("/")).headers["x-told"] == ""
        assert (await client.get("/", headers={"origin": "http://elsewhere"})).headers["x-told"]
        assert len(made) == 5
