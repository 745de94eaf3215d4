"""The table of outcomes, made from the code: what a provider sends, and what a person then reads.

`python -m tests.outcome_table` prints it; a test compares it with `playground/wire/README.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from playground import wire
from playground.errors import Billed, ErrorReport
from playground.result import ImageResult
from playground.ui.words import words_for
from playground.wire import outcomes

HEADER = "| what the provider sends | what a person reads | billed |"
BLOCK_REASONS = (
    "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK",
)  # fmt: skip
"""Google's names. Any other means the same."""
KINDS = ("block reason", "finish reason", "HTTP", "status", "error reason", "gateway code")


def rows() -> list[str]:
    """The lines of the table below its header, most telling kinds first."""
    grouped: dict[tuple[str, Billed], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind, name, code, billed in _outcomes():
        grouped[code, billed][kind].append(f"`{name}`" if name.isascii() and " " not in name else name)
    english = words_for("en")
    return [
        f"| {_cell(kinds)} | {english(f'outcome.{code}.what')} | {billed} |"
        for (code, billed), kinds in grouped.items()
    ]


def _cell(kinds: dict[str, list[str]]) -> str:
    return "; ".join(f"{kind} {', '.join(kinds[kind])}" for kind in KINDS if kind in kinds)


def _outcomes() -> Iterator[tuple[str, str, str, Billed]]:
    """(kind, name, our code, billed) for everything that the tables of `wire.outcomes` know."""
    for name in BLOCK_REASONS:
        error = wire.why_no_picture(ImageResult(block_reason=name))
        assert error is not None
        yield "block reason", name, error.code, error.billed
    for name, miss in outcomes.FINISH_REASONS.items():
        yield "finish reason", name or "none at all", miss.code, miss.billed
    yield "finish reason", "any other one", outcomes.UNKNOWN_FINISH.code, outcomes.UNKNOWN_FINISH.billed
    for status in outcomes.HTTP_STATUSES:
        yield "HTTP", str(status), *_classified(ErrorReport(), status)
    for name, number in outcomes.STATUS_NUMBERS.items():
        yield "status", name, *_classified(ErrorReport(status=name), number)
    for name in outcomes.REASONS:
        yield "error reason", name, *_classified(ErrorReport(reason=name), 400)
    for name in outcomes.GATEWAY_CODES:
        yield "gateway code", name, *_classified(ErrorReport(code=name), 500)


def _classified(report: ErrorReport, status: int) -> tuple[str, Billed]:
    code = outcomes.classify(report, status)
    return code, outcomes.billed_for(code, report, status)


if __name__ == "__main__":
    print("\n".join((HEADER, "|---|---|---|", *rows())))
