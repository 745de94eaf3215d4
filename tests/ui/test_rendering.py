"""HTML comes from templates that escape, and from nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from playground.ui import rendering
from playground.ui.words import words_for

SCREEN = Path(rendering.__file__).parent
TEMPLATES = sorted((SCREEN / "templates").rglob("*.html"))
MODULES = sorted(SCREEN.rglob("*.py"))
TAG = re.compile(r"</?[a-z][a-z0-9]*(\s[^<>]*)?/?>")
ALLOWED = {"theme.py"}
"""The head of the document, which holds nothing that a person wrote."""


def strings(module: Path) -> Iterator[str]:
    """Every string of a module that is no docstring, f-strings piece by piece."""
    tree = ast.parse(module.read_text("utf-8"))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.value


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_lets_anything_through_unescaped(template: Path) -> None:
    source = template.read_text("utf-8")
    assert not re.search(r"\|\s*safe\b|\bautoescape\b|\bMarkup\b", source)
    assert not re.search(r"=\{\{", source), "an attribute without quotes can be left by a space"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(SCREEN).as_posix())
def test_no_python_writes_html(module: Path) -> None:
    if module.name in ALLOWED:
        return
    assert [text for text in strings(module) if TAG.search(text)] == []
    if module.name != "rendering.py":
        assert not re.search(r"\bMarkup\([^)]", module.read_text("utf-8")), "only `render` says what is HTML"


def test_the_linter_finds_what_it_looks_for() -> None:
    for html in ('<p class="x">', "</div>", "<br>", "<img src=x/>"):
        assert TAG.search(html)
    assert not TAG.search("a < b and c > d")


def test_what_is_put_into_a_template_is_text_and_what_came_from_one_is_html() -> None:
    inner = rendering.render("notice", words_for("en"), text="<b>&", css=None)
    assert inner == "<p data-say>&lt;b&gt;&amp;</p>"
    assert rendering.render("notice", words_for("en"), text=inner, css="ok") == (
        f'<p class="ok" data-say>{inner}</p>'
    )


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendering.render("notice", words_for("en"), css=None)


def test_seconds_to_count_down_are_found_in_their_sentence() -> None:
    found = rendering.Countdown.within("Wait 13 s, then try.", 12.2)
    assert (found.before, found.seconds, found.after) == ("Wait ", "13", " s, then try.")
    assert rendering.Countdown.within("Wait.", 5).seconds is None


def test_a_moment_is_found_in_its_sentence() -> None:
    found = rendering.Countdown.until("Wait 3 days (until 4 May).", "4 May", "2099-05-04T00:00:00+00:00")
    assert (found.before, found.moment, found.after) == ("Wait 3 days (until ", "4 May", ").")
    assert rendering.Countdown.until("Wait.", "4 May", "2099-05-04T00:00:00+00:00").iso == ""
