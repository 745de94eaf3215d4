"""How a pasted base becomes a URL."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import wire
from playground.errors import InvalidRequest

CLOUDFLARE = "https://gateway.ai.cloudflare.com/v1/acct/gw/google-ai-studio"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://h.example", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example///", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/v1beta", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/v1beta/", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/v1", "https://h.example/v1/models/m:generateContent"),
        ("https://h.example/v1beta/models", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/v1/models/", "https://h.example/v1/models/m:generateContent"),
        ("https://h.example/models", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/v1beta/models/x:generateContent", "https://h.example/v1beta/models/m:generateContent"),
        ("https://h.example/v1/models/a/b:streamGenerateContent", "https://h.example/v1/models/m:generateContent"),
        ("https://h.example/p/v1beta/models/x", "https://h.example/p/v1beta/models/m:generateContent"),
        ("http://127.0.0.1:7860/demo", "http://127.0.0.1:7860/demo/v1beta/models/m:generateContent"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1/models/m:generateContent"),
        ("https://h.example/v1x", "https://h.example/v1x/v1beta/models/m:generateContent"),
        ("https://h.example/mymodels", "https://h.example/mymodels/v1beta/models/m:generateContent"),
        ("HTTPS://h.example/models/team/gw", "https://h.example/models/team/gw/v1beta/models/m:generateContent"),
        (CLOUDFLARE, CLOUDFLARE + "/v1beta/models/m:generateContent"),
        (CLOUDFLARE + "/v1beta", CLOUDFLARE + "/v1beta/models/m:generateContent"),
    ],
)  # fmt: skip
def test_bases_are_joined(base: str, expected: str) -> None:
    assert wire.model_path(base, "m") == expected
    assert wire.models_path(base) == expected.removesuffix("/m:generateContent")


def test_another_method() -> None:
    assert wire.model_path("https://h", "m", "streamGenerateContent").endswith("/m:streamGenerateContent")


@pytest.mark.parametrize(
    ("model", "segment"),
    [
        ("models/gemini-3-pro-image", "gemini-3-pro-image"),
        (" gemini ", "gemini"),
        ("../../secret", "..%2F..%2Fsecret"),
        ("a?key=b#c", "a%3Fkey%3Db%23c"),
        ("a:b", "a%3Ab"),
        ("a%2Fb", "a%252Fb"),
        ("a b", "a%20b"),
        ("模型", "%E6%A8%A1%E5%9E%8B"),
    ],
)
def test_model_ids_are_quoted(model: str, segment: str) -> None:
    assert wire.model_path("https://h", model) == f"https://h/v1beta/models/{segment}:generateContent"


@pytest.mark.parametrize(
    ("base", "problem"),
    [
        ("", "characters"),
        ("https://h /v1", "characters"),
        ("https://h/v1\n", "characters"),
        ("https://h/\u202ev1", "characters"),
        ("https://h\\@evil", "characters"),
        ("https://h/v1?key=secret", "characters"),
        ("https://h/?", "characters"),
        ("https://h/#x", "characters"),
        ("ftp://h", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("h.example/v1", "scheme"),
        ("https://user:pass@h", "userinfo"),
        ("https://@h", "userinfo"),
        ("https://", "host"),
        ("https:///v1", "host"),
        ("https://:80", "host"),
        ("https://h:99999", "address"),
        ("https://h:x", "address"),
        ("https://[::1", "address"),
        ("https://h/" + "a" * 2000, "length"),
        ("https://h/a/../b", "path"),
        ("https://h/%2e%2E/b", "path"),
    ],
)
def test_bad_bases_are_refused_without_being_repeated(base: str, problem: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        wire.models_path(base)
    assert caught.value.code == "base_url_invalid"
    assert caught.value.field == "base_url"
    assert dict(caught.value.facts) == {"field": "base_url", "problem": problem}


@pytest.mark.parametrize("model", ["", "  ", "models/", "models/ "])
def test_a_model_is_needed(model: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        wire.model_path("https://h", model)
    assert (caught.value.code, caught.value.field) == ("model_missing", "model")


@given(st.text(min_size=1, max_size=60) | st.text("/.?#:%& \\@;", min_size=1, max_size=12))
def test_no_model_id_leaves_its_segment(model: str) -> None:
    wanted = model.strip().removeprefix("models/").strip()
    if not wanted:
        return
    url = wire.model_path("https://h.example/base", model)
    sent = httpx.URL(url)
    assert (sent.host, sent.query, sent.fragment) == ("h.example", b"", "")
    raw = sent.raw_path.decode("ascii")
    assert raw.startswith("/base/v1beta/models/")
    assert raw.endswith(":generateContent")
    segment = raw.removeprefix("/base/v1beta/models/").removesuffix(":generateContent")
    assert "/" not in segment
    assert unquote(segment) == wanted.encode("utf-8", "replace").decode("utf-8")


@given(st.text(max_size=40).map("https://h".__add__) | st.text(max_size=40))
def test_any_base_is_joined_or_refused(base: str) -> None:
    try:
        url = wire.models_path(base)
    except InvalidRequest:
        return
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https")
    assert parts.path.endswith("/models")
    assert not parts.query
    assert not parts.fragment
    assert "@" not in parts.netloc
