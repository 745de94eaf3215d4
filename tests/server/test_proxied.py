"""Under which path, name and scheme a request is taken to have come, whatever the proxy did to it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from playground.server.missing import MissingPage
from playground.server.proxied import PublicName, RootPath, path_in_app


def told(address: str) -> ASGIApp:
    """An app that says how it understood a request."""

    async def say(request: Request) -> JSONResponse:
        return JSONResponse([str(request.url), path_in_app(request.scope), request.path_params["path"]])

    app = Starlette(routes=[Route("/{path:path}", say)])
    return RootPath(PublicName(app, address=address), address=address)


async def understood(address: str, path: str, **headers: str) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(told(address)), base_url="http://app:7860"
    ) as client:
        answer = await client.get(path, headers=named)
    return list(answer.json())


@pytest.mark.parametrize(
    ("address", "path", "headers", "url"),
    [
        ("", "/pictures/a", {}, "http://app:7860/pictures/a"),
        ("/tools", "/pictures/a", {}, "http://app:7860/tools/pictures/a"),
        ("/tools", "/tools/pictures/a", {}, "http://app:7860/tools/pictures/a"),
        ("/a/b", "/a/b/pictures/a", {}, "http://app:7860/a/b/pictures/a"),
        ("", "/pictures/a", {"x_forwarded_prefix": "/tools/"}, "http://app:7860/tools/pictures/a"),
        ("", "/tools/pictures/a", {"x_forwarded_prefix": "/tools"}, "http://app:7860/tools/pictures/a"),
        ("/tools", "/pictures/a", {"x_forwarded_prefix": "/other"}, "http://app:7860/tools/pictures/a"),
        ("", "/pictures/a", {"x_forwarded_proto": "https"}, "https://app:7860/pictures/a"),
        (
            "/tools",
            "/pictures/a",
            {"x_forwarded_proto": "https, http", "x_forwarded_host": "example.org, inner:80"},
            "https://example.org/tools/pictures/a",
        ),
        ("https://example.org/tools", "/pictures/a", {}, "https://example.org/tools/pictures/a"),
        (
            "https://example.org",
            "/pictures/a",
            {"x_forwarded_host": "other.org", "x_gradio_server": "http://other.org"},
            "https://example.org/pictures/a",
        ),
    ],
)
async def test_every_way_of_a_proxy_ends_in_the_same_form(
    address: str, path: str, headers: dict[str, str], url: str
) -> None:
    assert await understood(address, path, **headers) == [url, "/pictures/a", "pictures/a"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_prefix": "//evil.org"},
        {"x_forwarded_prefix": "https://evil.org"},
        {"x_forwarded_prefix": '/a"><script>'},
        {"x_forwarded_proto": "javascript"},
    ],
)
async def test_what_is_no_path_and_no_scheme_counts_for_nothing(headers: dict[str, str]) -> None:
    assert (await understood("", "/health", **headers))[0] == "http://app:7860/health"


@pytest.mark.parametrize("path", ["/tools", "/tools/", "/"])
async def test_the_page_is_the_page_with_and_without_a_slash(path: str) -> None:
    assert (await understood("/tools", path))[1] == "/"


@given(
    root=st.from_regex(r"(/[a-z]{1,3}){1,3}", fullmatch=True),
    path=st.from_regex(r"(/[A-Z]{1,3}){1,3}/?", fullmatch=True),
)
async def test_stripped_or_not_is_the_same(root: str, path: str) -> None:
    assert (await understood(root, path))[1] == path
    assert (await understood(root, root + path))[1] == path


async def test_an_address_with_nothing_is_told_in_words_to_people_alone() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        await PlainTextResponse("no", 404)(scope, receive, send)  # type: ignore[arg-type]

    shown = MissingPage(app, page=lambda path, headers: f"nothing at {path}")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shown), base_url="http://app") as client:
        person = await client.get("/tools/", headers={"accept": "text/html,*/*"})
        program = await client.get("/tools/", headers={"accept": "*/*"})
    assert (person.status_code, person.text) == (404, "nothing at /tools/")
    assert (program.status_code, program.text) == (404, "no")
