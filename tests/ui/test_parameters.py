"""Null, missing, misnamed and mistyped parameters end in a sentence that names them; nothing is sent.

| door | how values come |
|---|---|
| `POST /gradio_api/call/<name>` | a list; what is left out at its end is missing |
| `POST /gradio_api/call/v2/<name>` | by name |
| MCP tools | by name, pictures as addresses |
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from playground.errors import InvalidRequest
from playground.ui.api import ENDPOINTS, Endpoint
from playground.ui.batch.calls import MAX_PICTURES
from playground.ui.parameters import _located, checked

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
NOT_OFFERED: list[tuple[dict[str, Any], str]] = [
    ({"response_modalities": ["AUDIO"]}, "response_modalities"),
    ({"count": 9}, "1 to 8"),
    ({"count": 1e300}, "1 to 8"),
    ({"image_size": "16K"}, "image_size"),
    ({"provider": "gone"}, "The provider “gone” is not offered here."),
]
FILE = {"path": "https://e.invalid/a.png"}


def whole(endpoint: str, picture: Any = FILE) -> dict[str, Any]:
    """Enough parameters for an endpoint."""
    images = {"": {}, "image": {"image": picture}, "images": {"images": [picture, picture]}}
    return {**images[NAMED[endpoint].images], "prompt": "a cat"}


DOORS = pytest.mark.parametrize("door", ["listed", "named", "tool"])
Call = Callable[[str, Mapping[str, Any]], Awaitable[str]]


@asynccontextmanager
async def opened(server: str, door: str) -> AsyncIterator[Call]:
    """Calls endpoints by one of the doors; what the caller is told when it ends."""
    if door == "tool":
        async with (
            streamable_http_client(f"{server}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            yield partial(_tool, session)
    else:
        base_url = f"{server}/gradio_api/"
        async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=60) as client:
            yield partial(_listed if door == "listed" else _named, client)


async def _listed(client: httpx.AsyncClient, endpoint: str, values: Mapping[str, Any]) -> str:
    data = [values.get(name) for name in NAMED[endpoint].parameters]
    while data and data[-1] is None:
        data.pop()
    return await _posted(client, f"call/{endpoint}", {"data": data}, endpoint)


async def _named(client: httpx.AsyncClient, endpoint: str, values: Mapping[str, Any]) -> str:
    return await _posted(client, f"call/v2/{endpoint}", values, endpoint)


async def _posted(client: httpx.AsyncClient, path: str, body: Any, endpoint: str) -> str:
    started = await client.post(path, json=body)
    if started.status_code == 422:
        return f"refused: {started.json()['detail']}"
    event = started.raise_for_status().json()["event_id"]
    told = (await client.get(f"call/{endpoint}/{event}")).text
    kind, _, data = told.partition("\ndata: ")
    return kind if "complete" in kind else f"refused: {json.loads(data)['error']}"


async def _tool(session: ClientSession, endpoint: str, values: Mapping[str, Any]) -> str:
    changed = {name: _for_tool(value) for name, value in values.items()}
    answer = await session.call_tool(endpoint, changed)
    text = "".join(getattr(part, "text", "") for part in answer.content)
    return f"refused: {text}" if answer.isError else "event: complete"


def _for_tool(value: Any) -> Any:
    if isinstance(value, list):
        return [_for_tool(one) for one in value]
    return FILE["path"] if value == FILE else value


def unlike(told: str, *words: str) -> str:
    """What was told, where it is no refusal that has all these words."""
    return "" if told.startswith("refused: ") and all(word in told for word in words) else told


# Values that share a line to the server are no tests of their own: that line costs more than they do.


@DOORS
async def test_a_value_of_another_kind_is_refused_by_name(server: str, door: str) -> None:
    async with opened(server, door) as call:
        told = {
            (endpoint, name, repr(value)): unlike(
                await call(endpoint, {**whole(endpoint), name: value}), name, "It takes"
            )
            for endpoint, name, value in MISTYPED
        }
    assert {case: words for case, words in told.items() if words} == {}


@DOORS
async def test_what_has_to_be_there_is_asked_for(server: str, door: str) -> None:
    told = {}
    async with opened(server, door) as call:
        for (endpoint, name, words), null in itertools.product(MISSING, (True, False)):
            values = whole(endpoint)
            values.pop(name)
            answer = await call(endpoint, {**values, name: None} if null else values)
            told[endpoint, name, null] = unlike(answer, words)
    assert {case: words for case, words in told.items() if words} == {}


@pytest.mark.parametrize("door", ["named", "tool"])
async def test_a_name_that_is_none_is_told(server: str, door: str) -> None:
    async with opened(server, door) as call:
        told = await call(TEXT.name, {**whole(TEXT.name), "promt": "a dog"})
    assert told.startswith("refused: There is no parameter promt.")
    assert "aspect_ratio" in told


@DOORS
async def test_null_is_the_default_and_a_whole_number_may_have_a_point(server: str, door: str) -> None:
    async with opened(server, door) as call:
        for values in (dict.fromkeys(TEXT.parameters), {"count": 1.0}):
            assert "complete" in await call(TEXT.name, {**values, "prompt": "a cat"})


@DOORS
async def test_a_value_that_is_not_offered_is_refused_in_our_words(server: str, door: str) -> None:
    async with opened(server, door) as call:
        told = [await call(TEXT.name, {"prompt": "a cat", **changes}) for changes, _ in NOT_OFFERED]
    found = zip(told, NOT_OFFERED, strict=True)
    assert [answer for answer, (_, words) in found if unlike(answer, words)] == []
    assert not [answer for answer in told if "list of choices" in answer]


@DOORS
async def test_an_address_that_cannot_be_opened_is_told(server: str, door: str) -> None:
    async with opened(server, door) as call:
        told = await call(EDIT.name, whole(EDIT.name, {"path": "http://127.0.0.1:1/a.png"}))
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


def test_of_more_files_than_anything_takes_none_is_fetched() -> None:
    address = {"path": "https://e.invalid/a.png"}
    assert len(_located([address] * MAX_PICTURES, "me")) == MAX_PICTURES
    with pytest.raises(InvalidRequest, match="parameter_mistyped") as caught:
        _located([address] * (MAX_PICTURES + 1), "me")
    assert (caught.value.facts["value"], caught.value.facts["takes"]) == ("1001 files", "at most 1000")
