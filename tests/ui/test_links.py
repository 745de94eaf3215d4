"""A link fills in a form with words and settings, and with nothing else, whoever wrote it."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import catalogue as catalogue_module
from playground.modes import MODES
from playground.request import SETTINGS, ImageRequest, build
from playground.ui import links

CATALOGUE = catalogue_module.load()
HERE = "https://playground.example/tools/"
CANARY = "sk-canary" + "-of-nobody-0123456789"


@st.composite
def requests(draw: st.DrawFn) -> ImageRequest:
    model = draw(st.sampled_from(list(CATALOGUE.providers["google"].models)))
    row = CATALOGUE.model("google", model)
    chosen = {one.name: draw(st.sampled_from(one.options(row))) for one in SETTINGS}
    prompt = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
    return build(prompt=prompt, provider="google", model=model, **chosen)


@given(requests(), st.sampled_from(list(MODES)))
def test_a_link_says_what_the_form_said(request: ImageRequest, mode: str) -> None:
    address = links.link(HERE, request, mode)
    assert address.startswith(f"{HERE}#{links.MARK}=")
    linked = links.read(address.partition("=")[2])
    assert linked == links.Linked(
        request.prompt,
        mode,
        request.model,
        {one.name: one.spelled(request.settings[one.name]) for one in SETTINGS},
    )


@pytest.mark.parametrize(
    ("prompt", "most"),
    [
        ("a red fox in the snow at dusk, a lighthouse behind it", 130),
        ("黄昏雪地里的一只红狐狸，身后是一座灯塔，水彩风格", 170),
    ],
)
def test_a_link_is_short_enough_for_a_chat_and_for_a_phone(prompt: str, most: int) -> None:
    wanted = build(prompt=prompt, provider="demo", model="gemini-nano-banana-2.1", aspect_ratio="16:9")
    address = links.link(HERE, wanted, "text")
    assert len(address) <= most
    code = links.qr_code(address)
    assert code is not None
    assert code.startswith("data:image/svg+xml")


def test_what_is_too_long_or_comes_from_nowhere_is_no_link() -> None:
    noise = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(9_000))
    long = build(prompt=noise, provider="demo", model="m")
    assert links.link(HERE, long, "text") == ""
    assert links.qr_code("x" * 3_000) is None
    for here in (None, "javascript:alert(1)", "https://a.example/?key=1", "https://a.example/#x", "x" * 900):
        assert links.link(here, build(prompt="a", provider="demo", model="m"), "text") == ""


def test_neither_a_key_nor_an_address_nor_a_picture_is_in_a_link() -> None:
    said = f"curl -H 'Authorization: Bearer {CANARY}' a fox"
    wanted = build(prompt=said, provider="gateway", model=f"m?key={CANARY}", continues="gen/1-1.jpg")
    linked = links.read(links.link(HERE, wanted, "edit").partition("=")[2])
    assert linked is not None
    assert CANARY not in repr(linked)
    assert "gen" not in repr(linked)
    assert "gateway" not in repr(linked)


def _packed(data: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.urlsafe_b64encode(packer.compress(data) + packer.flush()).decode().rstrip("=")


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(
    ["prompt", "mode", "model", "key", "base_url", "provider", "images", "count", "search"]
)


@given(st.dictionaries(names, anything) | anything, st.text())
def test_whatever_a_link_says_becomes_words_and_settings(values: Any, text: str) -> None:
    assert links.read(text) is None or isinstance(links.read(text), links.Linked)
    linked = links.read(_packed(json.dumps(values).encode()))
    if linked is not None:
        assert linked.mode in MODES
        assert linked.settings.keys() == {one.name for one in SETTINGS}
        assert all(isinstance(value, str) for value in linked.settings.values())


@pytest.mark.parametrize(
    "hostile", [b"[" * 150_000, b'{"prompt":"' + b"a" * 50_000_000 + b'"}', b"\xff" * 99]
)
def test_a_link_that_unpacks_to_much_is_none(hostile: bytes) -> None:
    assert links.read(_packed(hostile)) is None
    assert links.read("A" * 1_000_000) is None


def test_what_links_are_packed_with_never_changes() -> None:
    """A link of the first release; another dictionary would make it unreadable."""
    old = Path(__file__).with_name("link.txt").read_text().strip()
    linked = links.read(old)
    assert linked is not None
    assert (linked.prompt, linked.settings["aspect_ratio"]) == ("a red fox", "16:9")
