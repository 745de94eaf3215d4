"""What is told when a proxy shows the app at an address that the app does not know, with what to set."""

from __future__ import annotations

from starlette.datastructures import Headers

from playground.ui.rendering import render
from playground.ui.words import LANGUAGES, language_of, words_for


def head() -> str:
    """Notices for the head of the page, in every language, which its script shows where they are due."""
    return "".join(render("misplaced", words_for(code), code=code) for code in LANGUAGES)


def page(path: str, headers: Headers) -> str:
    """The page for an address where there is nothing."""
    spoken = words_for(language_of(headers.get("accept-language")))
    return render("missing", spoken, path=path, root=path.rstrip("/") or "/")
