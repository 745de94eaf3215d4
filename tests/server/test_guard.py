"""Pages of other sites, straight or under a borrowed name, start nothing here."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from playground.errors import ConfigurationError
from playground.server.guard import Guard, hostname
from playground.settings import Settings
from tests.environment import settings_from


async def status(settings: Settings, method: str = "GET", **headers: str) -> int:
    """What a request is answered with; 200 where the guard lets it in."""
    guarded = Guard(PlainTextResponse("in"), settings=settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(guarded)) as client:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await client.request(method, "http://127.0.0.1:7860/", headers=names)
    return answer.status_code


@pytest.mark.parametrize("hosted", [True, False])
@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({"sec_fetch_site": "cross-site"}, True),
        ({"sec_fetch_site": "same-site"}, True),
        ({"origin": "https://elsewhere.example"}, True),
        ({"origin": "null"}, True),
        ({"sec_fetch_site": "same-origin", "origin": "https://localhost"}, False),
        ({"host": "localhost:7860", "origin": "http://localhost:7860"}, False),
        ({}, False),
    ],
)
async def test_pages_of_other_sites_change_nothing(
    headers: Mapping[str, str], refused: bool, hosted: bool
) -> None:
    settings = Settings(space_id="a/b" if hosted else "")
    shared = Settings(space_id="a/b" if hosted else "", share_key=True)  # its key is no other site's to spend
    assert (await status(shared, "POST", **headers) == 403) == refused
    assert (await status(settings, "POST", **headers) == 403) == (refused and not hosted)
    assert await status(settings, "GET", **headers) == 200


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "[::1]:7860", "localhost", "LOCALHOST:1", "a.localhost."])
async def test_this_machine_is_known_by_its_own_names(host: str) -> None:
    assert await status(Settings(), "POST", host=host, sec_fetch_site="same-origin") == 200


@pytest.mark.parametrize(
    "host",
    ["rebound.example", "rebound.example:7860", "localhost.rebound.example", "127.0.0.1.x", "[", "x:y", ""],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_name_that_was_made_to_point_here_is_refused(host: str, method: str) -> None:
    """To that page's browser, it would be the app's own page."""
    settings = {"host": host, "sec_fetch_site": "same-origin"}
    assert await status(Settings(), method, **settings) == 403


@pytest.mark.parametrize(
    ("environment", "status_of_ours", "status_of_others"),
    [
        ({"PLAYGROUND_HOST_NAMES": "Images.example , b.example"}, 200, 403),
        ({"PLAYGROUND_HOST_NAMES": "images.example", "GRADIO_SERVER_NAME": "0.0.0.0"}, 200, 403),
        ({"GRADIO_SERVER_NAME": "0.0.0.0"}, 200, 200),
        ({"SPACE_ID": "a/b"}, 200, 200),
        ({}, 403, 403),
    ],
)
async def test_the_operator_names_more(
    environment: dict[str, str], status_of_ours: int, status_of_others: int
) -> None:
    settings = settings_from(environment)
    assert await status(settings, host="images.example:443") == status_of_ours
    assert await status(settings, host="other.example") == status_of_others


@pytest.mark.parametrize("text", ["https://images.example", "images.example:7860", "a,b c", "*"])
def test_what_is_no_name_is_said_so(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_HOST_NAMES"):
        settings_from({"PLAYGROUND_HOST_NAMES": text})


@given(st.text(max_size=40))
def test_any_host_header_has_a_name_or_none(host: str) -> None:
    assert isinstance(hostname(host), str)
