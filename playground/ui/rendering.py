"""HTML from the templates beside this module. Everything that is put into one is escaped."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from playground import region
from playground.ui.addresses import address, preview_address, shown_address, thumbnail_address
from playground.ui.figures import shortened
from playground.ui.words import LANGUAGES, Words, words_for


def render(template: str, words: Words, /, **values: object) -> Markup:
    """The template of that name below `templates`, in the language of `words`.

    A template knows the words as `w`, e.g. `{{ w("done.open") }}`. What is returned may be a value of another
    template; any other text is escaped there.

    Raises:
        jinja2.UndefinedError: the template uses a value that was not given.
    """
    made = _environment().get_template(f"{template}.html").make_module({"w": words, **values})
    return made.__html__()  # what Jinja2 itself calls safe: all that was put in is escaped


def everywhere(say: Callable[[Words], Markup], language: str) -> Markup:
    """HTML that the page's script says anew when the language is switched: what no handler knows later."""
    by_language = {code: say(words_for(code)) for code in LANGUAGES}
    return render(
        "everywhere",
        words_for(language),
        now=say(words_for(language)),
        by_language=json.dumps(by_language, ensure_ascii=False),
    )


class _JoinedLines(Extension):
    """Line ends between tags are for whoever reads a template: in the page they would be spaces."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"(?<=[>}])\s*\n\s*(?=[<{])", "", source.strip())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("playground.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[_JoinedLines],
        auto_reload=False,
    )
    environment.filters.update(
        address=address,
        asked=region.without,
        shown=shown_address,
        preview=preview_address,
        shortened=shortened,
        thumbnail=thumbnail_address,
    )
    return environment


@dataclass(frozen=True)
class Countdown:
    """A sentence around seconds that the page's script counts down, or a moment that it tells anew.

    Attributes:
        before: the sentence up to them, or all of it.
        seconds: as they are written in the sentence; None where nothing is counted.
        after: what follows them.
        moment: as it is written in the sentence.
        iso: the same moment for machines; empty where none is told.
    """

    before: str
    seconds: str | None = None
    after: str = ""
    moment: str = ""
    iso: str = ""

    @classmethod
    def until(cls, sentence: str, written: str, iso: str) -> Countdown:
        """Finds a moment in a sentence that may name it."""
        before, found, after = sentence.partition(written)
        return cls(before, None, after, found, iso if found else "")

    @classmethod
    def within(cls, sentence: str, seconds: float | None) -> Countdown:
        """Finds the seconds in a sentence that names them, rounded up."""
        if seconds is None:
            return cls(sentence)
        written = str(math.ceil(max(0.0, seconds)))
        before, found, after = sentence.partition(written)
        return cls(before, found or None, after)
