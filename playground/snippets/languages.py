"""The languages in which a call can be written, a row and a template each.

To add one, write a row here and `templates/<id>.jinja`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from playground.snippets.literals import JSON, PYTHON, Expression, literal, shell_word
from playground.snippets.writing import Call, PictureFile

_SDK_AUTH = ("x-goog-api-key", "none")
_SECOND_CAPITAL = re.compile(r"_([a-z])")


@dataclass(frozen=True)
class Language:
    """One way to write a call.

    Attributes:
        id: of the row and of its template.
        name: what its users call it; it is no word of any language.
        file: what a file of it is called, for those who save it.
        picture: makes the expression for the base64 of a file of that name.
        signature: makes the expression for a thought signature, where the text alone will not do.
        constants: how it spells true, false and null.
        is_sdk: Google's own SDK writes address and body: it knows one authentication, and no field of others.
        is_camel: it knows the names of the body in camel case only.
    """

    id: str
    name: str
    file: str
    picture: Callable[[str], str]
    signature: Callable[[str], str] | None = None
    constants: tuple[str, str, str] = JSON
    is_sdk: bool = False
    is_camel: bool = False

    def can(self, call: Call) -> bool:
        """Whether the call can be written in it as it is."""
        return not self.is_sdk or (
            call.auth in _SDK_AUTH and "outputFormat" not in call.config.get("imageConfig", {})
        )

    def snippet(self, call: Call) -> str:
        """The call in this language; it ends with a line break."""
        body = self._said(call.body)
        config = {name: value for name, value in body.items() if name not in ("contents", "generationConfig")}
        return (
            _environment()
            .get_template(f"{self.id}.jinja")
            .render(
                call=call,
                language=self,
                body=body,
                contents=body["contents"],
                config={**body["generationConfig"], **config},
                mark="JSON" if call.files else "'JSON'",
            )
        )

    def written(self, value: Any, indent: str = "") -> str:
        """A value as the language spells it."""
        return literal(value, self.constants, indent=indent)

    def _said(self, value: Any) -> Any:
        """The body with the language's own expressions for what no text of it can say."""
        if isinstance(value, Mapping):
            return dict(self._members(value))
        if isinstance(value, list):
            return [self._said(one) for one in value]
        return Expression(self.picture(value.name)) if isinstance(value, PictureFile) else value

    def _members(self, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            said = _SECOND_CAPITAL.sub(lambda sign: sign[1].upper(), name) if self.is_camel else name
            if name == "thoughtSignature" and self.signature:
                yield said, Expression(self.signature(inner))
            else:
                yield said, self._said(inner)


LANGUAGES = (
    Language("curl", "curl", "generate.sh", lambda name: f"\"$(base64 < {shell_word(name)} | tr -d '\\n')\""),
    Language("httpx", "Python · httpx", "generate.py", lambda name: f'base64_of("{name}")', constants=PYTHON),
    Language(
        "genai-python",
        "Python · google-genai",
        "generate.py",
        lambda name: f'Path("{name}").read_bytes()',
        lambda text: f"base64.b64decode({literal(text)})",  # the answerer's own words, whatever they are
        constants=PYTHON,
        is_sdk=True,
    ),
    Language("fetch", "JavaScript · fetch", "generate.mjs", lambda name: f'await base64Of("{name}")'),
    Language(
        "genai-javascript",
        "JavaScript · @google/genai",
        "generate.mjs",
        lambda name: f'await base64Of("{name}")',
        is_sdk=True,
        is_camel=True,
    ),
    Language("json", "JSON", "body.json", lambda name: f'"<base64 of {name}>"'),
)
"""In the order in which they are offered."""


@cache
def _environment() -> Environment:
    # These templates are code, none is HTML: every value goes through `literal` or `shell_word`, and what
    # shows the snippet on a page escapes all of it.
    environment = Environment(
        loader=PackageLoader("playground.snippets"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(shell=shell_word, here=_in_here_document)
    return environment


def _in_here_document(body: Any, files: tuple[Any, ...]) -> str:
    """JSON for a here-document, in which the shell looks for expressions only where there are files."""
    return literal(body, JSON, escaped=r"\$`" if files else "")
