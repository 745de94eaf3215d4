"""Gradio components with texts in every language: the browser's at first paint, the chosen one from then on.

Gradio translates a token in the browser when the page is built, by the browser's language, and never
again. So each text is registered once as a function of `Words`: its tokens serve the first paint, and
`updates` says the same texts anew when the person switches, without touching any value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
from gradio.i18n import I18nData

from playground.ui.words import DEFAULT, LANGUAGES, Words, words_for

Say = Callable[[Words], Any]
C = TypeVar("C")


class Localized:
    """Registers the texts of one page and makes its dictionary and its updates."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        self._components: list[tuple[Any, dict[str, Say]]] = []

    def make(self, component: type[C], /, *, says: dict[str, Say], **props: Any) -> C:
        """Builds `component`, whose properties in `says` are texts, or lists of (text, value) choices."""
        made = component(**props, **{name: self._tokens(say) for name, say in says.items()})
        self._components.append((made, says))
        return made

    @property
    def components(self) -> list[Any]:
        """What `updates` is for, in order."""
        return [component for component, _ in self._components]

    def updates(self, language: str) -> list[Any]:
        """One update for each component, saying its texts in `language`."""
        words = words_for(language)
        return [gr.update(**{name: say(words) for name, say in says.items()}) for _, says in self._components]

    def dictionary(self) -> gr.I18n:
        """All registered texts, for mounting the page; `theme.head` adds what browsers call the languages."""
        return gr.I18n(**self._texts)

    def _tokens(self, say: Say) -> Any:
        by_language = {language: say(words_for(language)) for language in LANGUAGES}
        words = by_language[DEFAULT]
        if isinstance(words, str):
            return self._token(by_language)
        return [
            (self._token({language: by_language[language][i][0] for language in LANGUAGES}), value)
            for i, (_, value) in enumerate(words)
        ]

    def _token(self, by_language: dict[str, str]) -> Any:
        if len(set(by_language.values())) == 1:
            return by_language[DEFAULT]
        key = f"t{len(self._texts[DEFAULT])}"
        for language, text in by_language.items():
            self._texts[language][key] = text
        return I18nData(key)
