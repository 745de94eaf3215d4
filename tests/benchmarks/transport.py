"""Measures moving bytes against the alternatives: `python -m tests.benchmarks.transport`.

Every variant runs in a fresh process, against a loopback server in a process of its own, and the variants of
a case take turns (A B C A B C …); medians are shown. Imports and one warm-up call are not measured. Peak
memory is what a process needs beyond what it had before; for curl and the starts, the whole program.

    --json       the medians as JSON, for programs
    --markdown   the tables for tests/benchmarks/README.md
    --into       a file, tests/benchmarks/README.md, whose lines between two marks become these
    --only       names of cases, separated by commas
    --rounds     how often each variant runs (default: 5, and 3 for the cases with many calls)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import transport_programs, transport_report
from tests.benchmarks.marks import put_between
from tests.benchmarks.transport_cases import ALL_CASES, Case
from tests.benchmarks.transport_child import Job
from tests.benchmarks.transport_measuring import Measurement
from tests.benchmarks.transport_programs import ROOT, environment

MARKS = ("<!-- transport: begin -->", "<!-- transport: end -->")
_PROGRAMS = frozenset({"curl", "curl_jq", "bare_gradio", "import_gradio"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints. Returns the exit status: 0 even when targets are missed."""
    options = _parser().parse_args(arguments)
    cases = [case.scaled(options.scale) for case in _chosen(options.only)]
    report = run(cases, options.rounds, options.scale)
    verdicts = transport_report.judge(report, options.scale)
    if options.into:
        put_between(MARKS, options.into, transport_report.markdown_table(report, verdicts, _facts()))
    if options.json:
        print(json.dumps(transport_report.without_extras(report), indent=1))
    elif options.markdown:
        print(transport_report.markdown_table(report, verdicts, _facts()))
    else:
        print(transport_report.plain_table(report, verdicts))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.transport", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    form.add_argument("--markdown", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    parser.add_argument("--scale", type=float, default=1.0, help=argparse.SUPPRESS)  # for rehearsals
    return parser


def _chosen(only: str) -> list[Case]:
    names = [name for name in only.split(",") if name]
    unknown = set(names) - {case.name for case in ALL_CASES}
    if unknown:
        raise SystemExit(f"unknown cases: {', '.join(sorted(unknown))}")
    return [case for case in ALL_CASES if not names or case.name in names]


def run(cases: Sequence[Case], rounds: int | None, scale: float) -> transport_report.Report:
    """Measures `cases` and returns the medians."""
    with tempfile.TemporaryDirectory(prefix="transport-") as name:
        folder = Path(name)
        _samples(folder, cases, scale)
        with server(folder, cases) as address:
            runs = {case.name: _rounds(case, rounds, folder, address) for case in cases}
    return transport_report.medians(runs)


def _samples(folder: Path, cases: Sequence[Case], scale: float) -> None:
    """Made in a process of its own, so that this one stays small and quiet."""
    names = [case.name for case in cases]
    command = (sys.executable, "-m", "tests.benchmarks.transport_samples", str(folder), str(scale), *names)
    subprocess.run(command, cwd=ROOT, env=environment(folder), check=True)


@contextmanager
def server(folder: Path, cases: Sequence[Case]) -> Iterator[str]:
    """The loopback server in a process of its own; yields its address."""
    delays = [f"{case.name}={case.delay_s}" for case in cases]
    command = (sys.executable, "-m", "tests.benchmarks.transport_server", str(folder), *delays)
    options = {"cwd": ROOT, "env": environment(folder), "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **options) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def _rounds(case: Case, rounds: int | None, folder: Path, address: str) -> dict[str, list[Measurement]]:
    variants = [name for name in case.variants if transport_programs.is_installed(name)]
    runs: dict[str, list[Measurement]] = {variant: [] for variant in variants}
    if case.kind == "start":  # the first start reads from disk and compiles
        for variant in variants:
            _one(case, variant, folder, address, first=True)
    for turn in range(transport_report.rounds_of(case, rounds)):
        for variant in variants:
            measured = _one(case, variant, folder, address, first=turn == 0)
            runs[variant].append(measured)
            print(f"{case.name} {turn + 1} {variant}: {measured.wall_s * 1e3:.1f} ms", file=sys.stderr)
    return runs


def _one(case: Case, variant: str, folder: Path, address: str, *, first: bool) -> Measurement:
    with tempfile.TemporaryDirectory(dir=folder, prefix="out-") as out:
        job = Job(case.name, variant, case.scale, address, str(folder), out, first)
        if variant in _PROGRAMS or case.kind == "start":
            return transport_programs.measure(job)
        command = (sys.executable, "-m", "tests.benchmarks.transport_child", json.dumps(asdict(job)))
        done = subprocess.run(
            command, cwd=ROOT, env=environment(Path(out)), stdout=subprocess.PIPE, text=True, check=True
        )
        return Measurement(**json.loads(done.stdout))


def _facts() -> str:
    curl = shutil.which("curl")
    text = (
        subprocess.run((curl, "--version"), capture_output=True, text=True, check=True).stdout if curl else ""
    )
    programs = [f"Python {platform.python_version()}"]
    programs += [
        f"{name} {version(name)}" for name in ("google-genai", "httpx", "aiohttp", "pillow", "gradio")
    ]
    programs += [" ".join(text.split()[:2])] if text else []
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y} with `python -m tests.benchmarks.transport --markdown` on "
        f"{os.cpu_count()} cores, against a loopback server without TLS; medians of runs that took turns. "
        f"{', '.join(programs)}."
    )


if __name__ == "__main__":
    sys.exit(main())
