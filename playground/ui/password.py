"""The page that asks for the operator's password, see `playground.server.password`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers

from playground.ui.rendering import render
from playground.ui.words import language_of, words_for


def page(headers: Headers, problem: str, facts: Mapping[str, str]) -> str:
    """The page in the browser's language; `problem` is "wrong", "too_fast" or "" for none."""
    words = words_for(language_of(headers.get("accept-language")))
    told = words(f"password.{problem}", **facts) if problem else ""
    return render("password", words, problem=told)
