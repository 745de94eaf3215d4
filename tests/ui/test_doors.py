"""Half an emoji, and text with nothing to see, at every door that a program or a page has.

| door | members |
|---|---|
| endpoints, MCP tools | prompt, provider, model and every setting, each with half a pair, first or second |
| page events | the prompt as a browser sends it: `tests/browser/test_doors.py` |
| history | search, its other fields, the language, ids |
| uploads | names in UTF-8, Latin-1, with halves, with another charset |
| headers | a key with signs that are no ASCII: `tests/server/test_mending.py` |
| imports, recipes, records | `tests/history/test_halves.py` |
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx
import pytest

from playground.request import SETTINGS, build
from tests.wire.samples import picture

HALVES = [r"\ud83d", r"\ude00"]


def told(server: str, body: str, endpoint: str = "text_to_image") -> str:
    """What an endpoint answers to a body as it goes over the wire."""
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as http:
        headers = {"content-type": "application/json"}
        started = http.post(f"/gradio_api/call/{endpoint}", content=body.encode(), headers=headers)
        started.raise_for_status()
        return http.get(f"/gradio_api/call/{endpoint}/{started.json()['event_id']}").text


def asked(*first: Any, **changes: Any) -> str:
    """A body with every parameter of an endpoint; `HALF` stands for what no Python text should hold."""
    values: dict[str, Any] = {"prompt": "a cat", "provider": "demo", "model": "auto"}
    values |= {setting.name: setting.default for setting in SETTINGS}
    return json.dumps({"data": [*first, *{**values, **changes}.values()]})


@pytest.mark.parametrize("half", HALVES)
def test_a_prompt_with_half_an_emoji_is_drawn_like_any_other(server: str, half: str) -> None:
    assert told(server, asked(prompt="x HALF").replace("HALF", half)).startswith("event: complete")


@pytest.mark.parametrize("half", HALVES)
def test_a_model_with_half_an_emoji_is_asked_for_and_not_there(server: str, half: str) -> None:
    answer = told(server, asked(model="x HALF").replace("HALF", half))
    assert "This model is not available here." in answer


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", ["provider", *(one.name for one in SETTINGS if one.default == "auto")])
def test_a_choice_with_half_an_emoji_is_refused_in_words(server: str, name: str, half: str) -> None:
    answer = told(server, asked(**{name: "HALF"}).replace("HALF", half))
    assert answer.startswith("event: error")
    assert name in answer
    assert "\\ufffd" in answer or "\ufffd" in answer


@pytest.mark.parametrize(
    "prompt", ["", " \n", "\u200b\u2060", "\u3164", "\ufe0f", "\u202e", "\u2800"], ids=ascii
)
def test_a_prompt_without_a_visible_sign_is_none(server: str, prompt: str) -> None:
    answer = told(server, asked(prompt=prompt))
    assert answer.startswith("event: error")
    assert "There is no prompt yet." in answer


def test_every_text_of_a_request_is_mended() -> None:
    request = build(prompt="a\ud83d", provider="b\ude00", model="\ud83d\ude00", continues="g\ud83d/1")
    assert (request.prompt, request.provider) == ("a\ufffd", "b\ufffd")
    assert (request.model, request.continues) == ("😀", "g\ufffd/1")


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("call", ["history_page", "history_frame", "history_entry", "history_delete"])
def test_the_history_answers_whatever_half_it_is_asked_for(server: str, call: str, half: str) -> None:
    asked = f'"id": "{half}", "ids": ["{half}"], "after": "{half}", "zone": "{half}", "language": "{half}"'
    fields = ", ".join(f'"{name}": "{half}"' for name in ("text", "mode", "model", "provider", "since"))
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as http:
        components = http.get("/config").json()["components"]
        (history,) = [one["id"] for one in components if one["props"].get("elem_id") == "history"]
        where = f'"component_id": {history}, "session_hash": "{secrets.token_hex(8)}", "fn_name": "{call}"'
        body = f'{{"data": {{{asked}, "query": {{{fields}}}}}, {where}}}'
        for kind in ("application/json", "text/plain"):
            http.get("/")
            answer = http.post(
                "/gradio_api/component_server/", content=body.encode(), headers={"content-type": kind}
            )
            assert answer.status_code == 200, answer.text
            assert isinstance(answer.json(), dict)


NAMES = {
    "utf-8": 'filename="猫.png"'.encode(),
    "latin-1": 'filename="é.png"'.encode("latin-1"),
    "half": b'filename="\xed\xa0\xbd.png"',
    "both halves": b'filename="\xed\xa0\xbd\xed\xb8\x80.png"',
    "nothing to see": 'filename="\u200b.png"'.encode(),
    "nul": b'filename="a\0b.png"',
}


@pytest.mark.parametrize("charset", ["", "; charset=utf-7", "; charset=raw_unicode_escape"])
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_comes_in_under_any_name(server: str, name: str, charset: str) -> None:
    part = b"--b\r\ncontent-disposition: form-data; name=files; " + NAMES[name]
    body = part + b"\r\ncontent-type: image/png\r\n\r\n" + picture() + b"\r\n--b--\r\n"
    kind = {"content-type": f"multipart/form-data; boundary=b{charset}"}
    with httpx.Client(base_url=server, trust_env=False, timeout=60) as http:
        answer = http.post("/gradio_api/upload", content=body, headers=kind)
    assert answer.status_code == 200, answer.text
    (path,) = answer.json()
    given = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answered = told(server, asked(given), "edit_image")
    assert answered.startswith("event: complete")
