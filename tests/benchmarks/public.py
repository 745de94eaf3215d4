"""What an app in public has to stand, each line attacked or measured, as one table in Markdown.

    python -m tests.benchmarks.public --into tests/benchmarks/README.md

It takes half an hour with its fifty kills (`--kills`). `--short` does as much of it as CI does. It ends with
1 when a line is missed. Needs Linux, and for the two processes what `.ci/run` installs.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from tests.benchmarks import load
from tests.benchmarks.load import Row, table
from tests.benchmarks.marks import put_between

MARKS: Final = ("<!-- public: begin -->", "<!-- public: end -->")
ROOT: Final = Path(__file__).parents[2]

FAULTS: Final[Mapping[str, Sequence[str]]] = {
    "Z1": (
        "browser/test_secrets.py::test_a_typed_key_stays_nowhere",
        "browser/test_secrets.py::test_what_an_earlier_release_left_is_removed",
    ),
    "Z2": ("demo/test_spool.py::test_memory_does_not_grow_with_what_waits",),
    "Z3": ("demo/test_spool.py::test_no_prompt_is_remembered",),
    "Z4": (
        "history/test_zip.py::test_a_strangers_import_ends_in_time_and_goes_on_when_it_comes_again",
        "history/test_zip.py::test_a_strangers_import_ends_in_time_within_a_generation",
    ),
    "Z5": ("server/test_budgets.py::test_uploads_count_by_their_size",),
    "Z6": (
        "server/test_files.py::test_an_import_is_refused_before_a_byte_of_it_is_read",
        "server/test_files.py::test_a_stalled_import_is_given_up",
        "server/test_files.py::test_a_client_that_goes_away_leaves_nothing_and_is_no_error",
    ),
    "Z7": (
        "ui/test_programs.py::test_one_script_cannot_take_all_places",
        "ui/test_programs.py::test_fresh_cookies_buy_no_places",
    ),
    "Z8": ("history/test_recovery.py::test_a_job_that_runs_is_no_leftover",),
    "Z9": ("browser/test_safety.py::test_a_page_of_another_site_cannot_show_the_app_in_a_frame",),
    "Z10": ("test_record.py::test_what_could_not_be_shown_is_refused_and_yet_read_where_it_is_ours",),
    "Z11": (
        "providers/test_masking.py::test_a_good_answer_that_is_all_key_holds_none_of_it",
        "providers/test_masking.py::test_an_error_that_is_all_key_holds_none_of_it",
    ),
    "Z12": ("server/test_connections.py::test_half_a_request_is_closed",),
    "Z13": ("images/test_workers.py::test_no_picture_takes_more_memory_than_it_is_counted_with",),
    "Z14": (
        "test_application.py::test_the_demo_draws_for_visitors_by_turns",
        "ui/test_light_updates.py::test_a_page_is_sent_what_gradio_would_send_and_nothing_is_built",
    ),
    "Z15": (
        "server/test_host.py::test_a_server_that_nobody_visits_tidies_up",
        "server/test_uploads.py::test_a_server_that_nobody_visits_sweeps_them",
    ),
    "Z16": (
        "ui/test_routes.py::test_an_upload_is_read_by_its_visitor_only",
        "server/test_doors.py::test_a_session_is_its_first_visitors_whichever_way_it_is_named",
        "ui/test_stale_values.py::test_generate_with_a_provider_that_is_not_offered_is_refused_in_words",
        "test_application.py::test_what_cannot_be_used_ends_the_start_in_one_sentence",
    ),
}
"""The faults of the first attack -> the tests that each failed before it was put right."""

HOSTILE: Final = "test_hostile.py::test_a_thousand_hostile_requests_get_nothing"
MACHINES: Final = (
    "test_machines.py::test_nothing_paid_is_lost_and_nobody_is_stuck_when_processes_and_the_database_go"
)
FULL: Final[Mapping[str, int]] = {"many": 200, "beside": 200, "memory": 1000, "pictures": 3}
SHORT: Final[Mapping[str, int]] = {"memory": 20, "many": 4, "beside": 8, "pictures": 1}
"""How many visitors or calls each case of the load has. Only memory can be judged by so few."""


class Report:
    """What a run of tests has said: which failed, and the figures that they recorded."""

    def __init__(self, junit: bytes) -> None:
        self._passed: dict[str, bool] = {}
        self._said: dict[str, dict[str, float]] = {}
        for case in ElementTree.fromstring(junit).iter("testcase"):
            module, name = case.attrib["classname"].removeprefix("tests."), case.attrib["name"]
            test = f"{module.replace('.', '/')}.py::{name.partition('[')[0]}"
            is_passed = all(case.find(kind) is None for kind in ("failure", "error", "skipped"))
            self._passed[test] = self._passed.get(test, True) and is_passed
            said = {one.attrib["name"]: float(one.attrib["value"]) for one in case.iter("property")}
            self._said.setdefault(test, {}).update(said)

    def passed(self, test: str) -> bool:
        """Whether it ran, in each of its variants, and passed."""
        return self._passed.get(test, False)

    def said(self, test: str, figure: str) -> float:
        """A figure that a test has recorded; no number where it has not come so far."""
        return self._said.get(test, {}).get(figure, math.nan)


def run_tests(kills: int) -> Report:
    """Runs what the table names of the suite, one of two processes being killed so often."""
    tests = [
        f"tests/{test}" for test in (*(one for each in FAULTS.values() for one in each), HOSTILE, MACHINES)
    ]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "junit.xml")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            "-o",
            "junit_family=xunit1",  # the one that has figures
            *tests,
        ]
        environment = {**os.environ, "CI": "1", "PLAYGROUND_TEST_KILLS": str(kills)}
        subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr)
        return Report(report.read_bytes())


def attacked(tested: Report) -> list[Row]:
    """The lines that tests hold."""
    still_open = [name for name, tests in FAULTS.items() if not all(map(tested.passed, tests))]
    kills, calls = (tested.said(MACHINES, figure) for figure in ("kills", "calls"))
    return [
        Row(" ".join(["Z1 to Z16, still open", *still_open]), len(still_open), 0),
        Row(
            f"hostile inputs that got through, of {tested.said(HOSTILE, 'tried'):g}",
            _of(tested, HOSTILE, "through"),
            0,
        ),
        Row(
            f"two processes, {kills:g} kills: calls lost or sent twice, of {calls:g} paid",
            _of(tested, MACHINES, "lost"),
            0,
        ),
        Row("longest wait of a visitor meanwhile, s", tested.said(MACHINES, "longest")),
    ]


def _of(tested: Report, test: str, figure: str) -> float:
    return tested.said(test, figure) if tested.passed(test) else math.nan


def measured() -> list[Row]:
    """The lines of the load, each case on an app of its own."""
    cases = [{name: {"count": count}} for name, count in FULL.items()]
    return [row for case in cases for row in asyncio.run(load.measured(case))]


def measured_in_short() -> list[Row]:
    """The same with a few calls, all on one app."""
    return asyncio.run(load.measured({name: {"count": count} for name, count in SHORT.items()}))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table, or puts it between its marks in a file; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.public", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--into", type=Path)
    options = parser.parse_args(arguments)
    tested = run_tests(1 if options.short else options.kills)
    rows = [*attacked(tested), *(measured_in_short() if options.short else measured())]
    text = f"{_when()}\n\n{table(rows)}"
    if options.into:
        put_between(MARKS, options.into, text)
    print(text)
    return int(not all(row.is_met for row in rows))


def _when() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    busy, cores = os.getloadavg()[2], os.cpu_count()
    return (
        f"On {datetime.now(UTC):%d %B %Y} at {commit.stdout.strip() or 'no commit'}, {cores} cores, "
        f"load {busy:.1f} of the last quarter of an hour, this one's own included."
    )


if __name__ == "__main__":
    sys.exit(main())
