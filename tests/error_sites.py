"""Every outcome code that the code can produce, with the facts that come along, read from the source.

A list kept by hand would miss the next `raise`; this one cannot.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from playground import errors
from playground.errors import Billed, NoPicture, PlaygroundError, ProviderError, ProviderRefused
from playground.result import ImageResult
from playground.wire import outcomes

PACKAGE = Path(str(resources.files("playground")))
_KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, PlaygroundError) and kind is not errors.ConfigurationError
}
_NO_FACTS = {"said", "billed", "http_status", "retry_after", "raw", "in_json"}
_OUTCOME_TABLES = (outcomes.GATEWAY_CODES, outcomes.REASONS, outcomes.HTTP_STATUSES)


@dataclass(frozen=True)
class Site:
    """One place that makes an error."""

    kind: type[PlaygroundError]
    code: str
    facts: frozenset[str]
    where: str

    def error(self, value: str = "42") -> PlaygroundError:
        """The error as that place makes it, each fact being `value`."""
        facts = dict.fromkeys(self.facts - {"field"}, value)
        if issubclass(self.kind, NoPicture):
            return NoPicture(self.code, ImageResult(), billed=Billed.NO, **facts)
        if issubclass(self.kind, errors.InvalidRequest):
            return errors.InvalidRequest(self.code, field="prompt", **facts)
        if issubclass(self.kind, ProviderError):
            return self.kind(self.code, **facts)
        return self.kind(self.code, **facts)


@functools.cache
def sites() -> tuple[Site, ...]:
    """All of them, by code."""
    found = {*_written(), *_from_tables()}
    return tuple(sorted(found, key=lambda site: (site.code, site.where, sorted(site.facts))))


def _written() -> Iterator[Site]:
    """Errors made with a code in plain sight, e.g. `InvalidRequest("key_missing", field="key")`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "demo" in path.relative_to(PACKAGE).parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            kind, first = _KINDS.get(node.func.id), node.args[0]
            where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
            given = {keyword.arg for keyword in node.keywords if keyword.arg} - _NO_FACTS
            if kind is not None and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Site(kind, first.value, frozenset(given), where)
            elif kind is errors.CannotConnect:
                yield from (
                    Site(kind, code, frozenset(given), where) for code in _returned(tree, "_connect_code")
                )


def _from_tables() -> Iterator[Site]:
    """Errors whose code comes out of the tables of `wire.outcomes`, or of the rules around them."""
    usual = frozenset({"status", "provider"})  # `Provider` adds its name
    facts = {"not_allowed_by_provider": usual | {"fields"}}
    codes = {code for table in _OUTCOME_TABLES for code in table.values()}
    codes |= {rule.code for rule in outcomes.WORD_RULES}
    codes |= _returned(_tree("wire/outcomes.py"), "_by_status", "classify")
    codes |= _returned(_tree("wire/faults.py"), "_page_code") | {"proxy_page"}
    for code in codes:
        yield Site(ProviderRefused, code, facts.get(code, usual), "wire/outcomes.py")
    codes = {outcome.code for outcome in outcomes.FINISH_REASONS.values()} | {outcomes.UNKNOWN_FINISH.code}
    codes |= _made(_tree("wire/no_picture.py"), "Outcome")
    for code in codes:
        yield Site(NoPicture, code, frozenset({"reason", "message"}), "wire/no_picture.py")


def _tree(path: str) -> ast.Module:
    return ast.parse((PACKAGE / path).read_text(encoding="utf-8"))


def _returned(tree: ast.Module, *functions: str) -> set[str]:
    """Texts that the named functions return, however they choose between them."""
    codes: set[str] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    codes |= _results(node.value)
    return codes - {""}


def _results(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _results(node.body) | _results(node.orelse)
    if isinstance(node, ast.BoolOp):
        return set().union(*map(_results, node.values))
    if isinstance(node, ast.Call):  # table.get(status, "otherwise")
        return set().union(*map(_results, node.args))
    return set()


def _made(tree: ast.Module, name: str) -> set[str]:
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and isinstance(node.args[0], ast.Constant)
    }
