"""Null, missing, misnamed and mistyped parameters end in a sentence that names them; nothing is sent.

| door | how values come |
|---|---|
| `POST /gradio_api/call/<name>` | a list; what is left out at its end is missing |
| `POST /gradio_api/call/v2/<name>` | by name |
| MCP tools | by name, pictures as addresses |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from playground.errors import InvalidRequest
from playground.ui.api import ENDPOINTS, Endpoint
from playground.ui.parameters import checked

TEXT, EDIT, COMPOSE = ENDPOINTS
NAMED = {endpoint.name: endpoint for endpoint in ENDPOINTS}
MISTYPED: list[tuple[str, str, Any]] = [
    *(
        (TEXT.name, name, value)
        for name in ("prompt", "provider", "model")
        for value in (5, ["a"], {"a": 1}, True)
    ),
    *((TEXT.name, "aspect_ratio", value) for value in (1.5, False, [], {})),
    *((TEXT.name, "count", value) for value in ("three", "3", 2.7, True, [1], {}, "")),
    *((TEXT.name, "response_modalities", value) for value in (5, [5], {"TEXT": True}, [None], False)),
    *((TEXT.name, "search", value) for value in (0, True)),
    *(
        (EDIT.name, "image", value)
        for value in (5, "a.png", ["https://e.invalid/a.png"], {}, {"path": 5}, True, "")
    ),
    *(
        (COMPOSE.name, "images", value)
        for value in ("https://e.invalid/a.png", [5], {"a": 1}, ["a.png"], [None], 7)
    ),
]
MISSING = [
    (TEXT.name, "prompt", "There is no prompt yet."),
    (EDIT.name, "image", "There is no picture to edit yet."),
    (COMPOSE.name, "images", "This needs at least 2 pictures."),
]
FILE = {"path": "https://e.invalid/a.png"}


def whole(endpoint: str, picture: Any = FILE) -> dict[str, Any]:
    """Enough parameters for an endpoint."""
    images = {"": {}, "image": {"image": picture}, "images": {"images": [picture, picture]}}
    return {**images[NAMED[endpoint].images], "prompt": "a cat"}


class Doors:
    """Calls an endpoint by each of its doors; what it is told when it ends."""

    def __init__(self, server: str) -> None:
        self.server = server

    async def listed(self, endpoint: str, values: Mapping[str, Any]) -> str:
        names = list(NAMED[endpoint].parameters)
        data = [values.get(name) for name in names]
        while data and data[-1] is None:
            data.pop()
        return await self._posted(f"call/{endpoint}", {"data": data}, endpoint)

    async def named(self, endpoint: str, values: Mapping[str, Any]) -> str:
        return await self._posted(f"call/v2/{endpoint}", values, endpoint)

    async def _posted(self, path: str, body: Any, endpoint: str) -> str:
        async with httpx.AsyncClient(
            base_url=f"{self.server}/gradio_api/", trust_env=False, timeout=60
        ) as client:
            started = await client.post(path, json=body)
            if started.status_code == 422:
                return f"refused: {started.json()['detail']}"
            event = started.raise_for_status().json()["event_id"]
            told = (await client.get(f"call/{endpoint}/{event}")).text
            kind, _, data = told.partition("\ndata: ")
            return kind if "complete" in kind else f"refused: {json.loads(data)['error']}"

    async def tool(self, endpoint: str, values: Mapping[str, Any]) -> str:
        async with (
            streamable_http_client(f"{self.server}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            answer = await session.call_tool(endpoint, dict(values))
            text = "".join(getattr(part, "text", "") for part in answer.content)
            return f"refused: {text}" if answer.isError else "event: complete"


@pytest.fixture
def doors(server: str) -> Doors:
    return Doors(server)


DOORS = pytest.mark.parametrize("door", ["listed", "named", "tool"])


async def called(doors: Doors, door: str, endpoint: str, values: Mapping[str, Any]) -> str:
    if door == "tool":
        changed = {name: _for_tool(value) for name, value in values.items()}
        return await doors.tool(endpoint, changed)
    told: str = await getattr(doors, door)(endpoint, values)
    return told


def _for_tool(value: Any) -> Any:
    if isinstance(value, list):
        return [_for_tool(one) for one in value]
    return FILE["path"] if value == FILE else value


@DOORS
@pytest.mark.parametrize(("endpoint", "name", "value"), MISTYPED, ids=str)
async def test_a_value_of_another_kind_is_refused_by_name(
    doors: Doors, door: str, endpoint: str, name: str, value: Any
) -> None:
    told = await called(doors, door, endpoint, {**whole(endpoint), name: value})
    assert told.startswith("refused: ")
    assert name in told
    assert "It takes" in told


@DOORS
@pytest.mark.parametrize("null", [True, False], ids=["null", "missing"])
@pytest.mark.parametrize(("endpoint", "name", "words"), MISSING)
async def test_what_has_to_be_there_is_asked_for(
    doors: Doors, door: str, null: bool, endpoint: str, name: str, words: str
) -> None:
    values = whole(endpoint)
    values.pop(name)
    told = await called(doors, door, endpoint, {**values, name: None} if null else values)
    assert told.startswith("refused: ")
    assert words in told


@pytest.mark.parametrize("door", ["named", "tool"])
async def test_a_name_that_is_none_is_told(doors: Doors, door: str) -> None:
    told = await called(doors, door, TEXT.name, {**whole(TEXT.name), "promt": "a dog"})
    assert told.startswith("refused: There is no parameter promt.")
    assert "aspect_ratio" in told


@DOORS
async def test_null_is_the_default(doors: Doors, door: str) -> None:
    values = {**dict.fromkeys(TEXT.parameters), "prompt": "a cat"}
    assert "complete" in await called(doors, door, TEXT.name, values)


@DOORS
async def test_a_whole_number_may_be_written_with_a_point(doors: Doors, door: str) -> None:
    assert "complete" in await called(doors, door, TEXT.name, {"prompt": "a cat", "count": 1.0})


@DOORS
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"response_modalities": ["AUDIO"]}, "response_modalities"),
        ({"count": 9}, "1 to 8"),
        ({"count": 1e300}, "1 to 8"),
        ({"image_size": "16K"}, "image_size"),
        ({"provider": "gone"}, "The provider “gone” is not offered here."),
    ],
)
async def test_a_value_that_is_not_offered_is_refused_in_our_words(
    doors: Doors, door: str, changes: dict[str, Any], words: str
) -> None:
    told = await called(doors, door, TEXT.name, {"prompt": "a cat", **changes})
    assert told.startswith("refused: ")
    assert words in told
    assert "list of choices" not in told


@DOORS
async def test_an_address_that_cannot_be_opened_is_told(doors: Doors, door: str) -> None:
    told = await called(doors, door, EDIT.name, whole(EDIT.name, {"path": "http://127.0.0.1:1/a.png"}))
    if door != "tool":
        assert "refused: A picture could not be fetched from its address." in told
    assert told.startswith("refused: ")


async def test_the_sentence_is_in_the_callers_language(server: str) -> None:
    async with httpx.AsyncClient(base_url=server, trust_env=False, timeout=60) as client:
        answer = await client.post(
            "/gradio_api/call/v2/text_to_image", json={}, headers={"accept-language": "zh-CN"}
        )
    assert answer.json()["detail"].startswith("还没有提示词。")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.just("path"), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(endpoint=st.sampled_from(ENDPOINTS), data=st.data())
def test_whatever_is_given_fits_or_is_refused_by_a_name_that_was_given(
    endpoint: Endpoint, data: st.DataObject
) -> None:
    names = st.sampled_from([*endpoint.parameters, "other"])
    given = data.draw(st.dictionaries(names, values))
    try:
        found = checked(endpoint, given)
    except InvalidRequest as refusal:
        found, field = {}, refusal.field
    else:
        field = "prompt"
    assert field in {*given, "prompt", "images"}
    assert None not in found.values()
    assert found.keys() <= given.keys() & endpoint.parameters.keys()
