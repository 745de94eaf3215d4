"""What our style sheets may not say, because of what it costs the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.ui.theme import STATIC

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SELECTORS = re.compile(r"([^{};]+)\{")
_ARGUMENTS = re.compile(r"\([^()]*\)")
_NAMES_NOBODY = re.compile(r":has\b.*[\s>+~](\*|:(?!is|where))[^\s>+~]*$")
"""`:has()` of an ancestor, and at the end of the selector something that may be any element."""


def selectors(sheet: str) -> Iterator[str]:
    """Each selector of a style sheet, without what stands in brackets."""
    for found in _SELECTORS.findall(_COMMENT.sub("", sheet)):
        while (bare := _ARGUMENTS.sub("", found)) != found:
            found = bare
        yield from (one.strip() for one in found.split(",") if not one.strip().startswith("@"))


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_no_change_within_an_ancestor_concerns_every_element(sheet: Path) -> None:
    """Chromium keeps one list of what any `:has()` of an ancestor concerns. With "any element" in it, each
    piece of HTML that came had the whole page's styles reckoned anew, and all tiles of the history."""
    found = [one for one in selectors(sheet.read_text(encoding="utf-8")) if _NAMES_NOBODY.search(one)]
    assert found == []
