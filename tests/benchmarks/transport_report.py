"""From single runs to medians, ratios and tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.benchmarks.transport_cases import CASES, OURS, SDK, Case, find
from tests.benchmarks.transport_measuring import Measurement

Figures = dict[str, float | int | None]
Report = dict[str, dict[str, Figures]]
Field = Literal["wall_s", "cpu_s", "peak_mb", "gap_ms"]
_FIELDS: tuple[Field, ...] = ("wall_s", "cpu_s", "peak_mb", "gap_ms")


def medians(runs: Mapping[str, Mapping[str, Sequence[Measurement]]]) -> Report:
    """Case -> variant -> the median of every figure and the number of runs. Rounded to what it is worth."""
    return {
        case: {variant: _figures(measured) for variant, measured in variants.items()}
        for case, variants in runs.items()
    }


def _figures(measured: Sequence[Measurement]) -> Figures:
    figures: Figures = {}
    for field in _FIELDS:
        values = [value for run in measured if (value := getattr(run, field)) is not None]
        figures[field] = float(f"{statistics.median(values):.4g}") if values else None
    figures["runs"] = len(measured)
    return figures


@dataclass(frozen=True)
class Target:
    """One thing to reach.

    Attributes:
        case: where it is measured.
        field: which of our figures is compared.
        against: variants of which the lowest figure counts; empty for an absolute limit.
        most: largest ratio, or largest figure, that is good enough.
        ideal: taken off both sides first, e.g. the seconds that the server itself takes.
        what: what the line is called.
    """

    case: str
    field: Field
    against: tuple[str, ...]
    most: float
    what: str
    ideal: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """A target and what was reached; `reached` is None when the run did not measure it."""

    target: Target
    reached: float | None

    @property
    def met(self) -> bool:
        return self.reached is not None and self.reached <= self.target.most


_SDK_NAME = "google-genai (better half)"
_TRANSFERS = ("send_1x7", "send_14x7", "receive_1x30", "receive_4x30")


def targets(scale: float = 1.0) -> tuple[Target, ...]:
    """What the transport is to reach."""
    ideal = 2.0 * scale
    ratios = [
        Target("send_14x7", "wall_s", SDK, 0.10, f"time, of {_SDK_NAME}"),
        Target("send_14x7", "wall_s", ("curl",), 1.0, "time, of curl"),
        Target("receive_1x30", "wall_s", SDK, 0.20, f"time, of {_SDK_NAME}"),
        Target("receive_1x30", "wall_s", ("curl",), 0.5, "time, of curl"),
        Target("receive_1x30", "wall_s", ("curl_jq",), 1.0, "time, of curl with jq and base64"),
        Target("receive_4x30", "wall_s", SDK, 0.25, f"time, of {_SDK_NAME}"),
        Target("receive_4x30", "wall_s", ("curl",), 0.6, "time, of curl"),
        Target("receive_4x30", "wall_s", ("curl_jq",), 1.0, "time, of curl with jq and base64"),
        Target("calls_200", "wall_s", SDK, 0.5, f"time over the ideal 2 s, of {_SDK_NAME}", ideal),
        Target("calls_200", "wall_s", ("curl",), 1.5, "time over the ideal 2 s, of curl", ideal),
        Target("calls_200", "cpu_s", SDK, 0.5, f"processor time, of {_SDK_NAME}"),
        Target("prepare_24mp", "wall_s", ("naive",), 0.25, "time, of plain Pillow"),
        Target("thumbnail_24mp", "wall_s", ("naive",), 0.15, "time, of plain Pillow"),
        Target("untouched_24mp", "wall_s", (), 0.001, "seconds a picture"),
        Target("start_app", "wall_s", ("bare_gradio",), 1.10, "time to the first page, of a bare Gradio app"),
        Target("start_cli", "wall_s", ("import_gradio",), 0.05, "time, of `import gradio`"),
    ]
    limits = [
        Target(case, "peak_mb", (), 4.0 if case.startswith("send") else 8.0, "MB of memory")
        for case in _TRANSFERS
    ]
    gaps = [Target(case, "gap_ms", (), 5.0, "ms of a standing event loop") for case in _TRANSFERS]
    return (*ratios, *limits, *gaps)


def judge(report: Report, scale: float = 1.0) -> list[Verdict]:
    """Every target whose case was run, with what was reached."""
    return [Verdict(target, _reached(report, target)) for target in targets(scale) if target.case in report]


def _reached(report: Report, target: Target) -> float | None:
    ours = _value(report, target.case, OURS, target.field)
    if ours is None or not target.against:
        return ours
    others = [_value(report, target.case, variant, target.field) for variant in target.against]
    known = [value - target.ideal for value in others if value is not None]
    if not known or min(known) <= 0:
        return None
    return max(0.0, ours - target.ideal) / min(known)


def _value(report: Report, case: str, variant: str, field: Field) -> float | None:
    return report.get(case, {}).get(variant, {}).get(field)


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────

_HEAD = ("case", "variant", "wall ms", "CPU ms", "peak MB", "loop gap ms", "runs")
_TARGET_HEAD = ("case", "what", "reached", "at most", "")


def figure_rows(report: Report) -> list[tuple[str, ...]]:
    """The figures as text, one row for each variant, in the order of the cases."""
    order = [case.name for case in CASES]
    names = sorted(report, key=lambda name: order.index(name) if name in order else len(order))
    return [(name, variant, *_shown(figures)) for name in names for variant, figures in report[name].items()]


def _shown(figures: Figures) -> tuple[str, ...]:
    wall, cpu, peak, gap = (figures[field] for field in _FIELDS)
    milliseconds = [_number(None if value is None else value * 1e3) for value in (wall, cpu)]
    return (*milliseconds, _number(peak), _number(gap), str(figures["runs"]))


def target_rows(verdicts: Iterable[Verdict]) -> list[tuple[str, ...]]:
    """The targets as text."""
    return [
        (
            verdict.target.case,
            verdict.target.what,
            _number(verdict.reached),
            f"{verdict.target.most:g}",
            "met" if verdict.met else "missed" if verdict.reached is not None else "not measured",
        )
        for verdict in verdicts
    ]


def plain_table(report: Report, verdicts: Sequence[Verdict]) -> str:
    """Both tables, aligned for a terminal."""
    return "\n\n".join(
        _aligned(head, rows)
        for head, rows in ((_HEAD, figure_rows(report)), (_TARGET_HEAD, target_rows(verdicts)))
    )


def markdown_table(report: Report, verdicts: Sequence[Verdict], facts: str) -> str:
    """Both tables, below a sentence that says when and where they were measured."""
    rows = [(find(name).title, *rest) for name, *rest in target_rows(verdicts)]
    return "\n\n".join(
        (
            facts,
            _markdown(_TARGET_HEAD, rows, first_number=2),
            "<details><summary>All figures</summary>",
            _markdown(_HEAD, figure_rows(report), first_number=2),
            "</details>",
        )
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]], first_number: int) -> str:
    rule = ["---" if place < first_number else "--:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _number(value: float | int | None) -> str:
    """Three digits that count, and no more."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def without_extras(report: Report) -> Report:
    """The cases that the JSON is promised to hold."""
    promised = {case.name for case in CASES}
    return {name: variants for name, variants in report.items() if name in promised}


def rounds_of(case: Case, asked: int | None) -> int:
    """How often each variant of a case runs."""
    return asked if asked is not None else case.rounds
