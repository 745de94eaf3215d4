"""The table of what an app in public has to stand, in short: each of its lines is held, and the load runs."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.benchmarks.load import table
from tests.benchmarks.public import (
    FAULTS,
    FULL,
    HOSTILE,
    MACHINES,
    SHORT,
    Report,
    attacked,
    measured_in_short,
)

TESTS = Path(__file__).parents[1]


def test_each_fault_has_tests_which_the_suite_runs() -> None:
    assert list(FAULTS) == [f"Z{number}" for number in range(1, 17)]
    for test in (HOSTILE, MACHINES, *(one for tests in FAULTS.values() for one in tests)):
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {
            node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }


def test_what_did_not_run_or_failed_is_open() -> None:
    case = '<testcase classname="tests.{}" name="{}">{}</testcase>'
    file, _, name = FAULTS["Z12"][0].removesuffix(".py").replace(".py::", "::").partition("::")
    module = file.replace("/", ".")
    ran = [case.format(module, f"{name}[1]", ""), case.format(module, f"{name}[2]", "<failure/>")]
    one, *_ = attacked(Report(f"<testsuites>{''.join(ran)}</testsuites>".encode()))
    assert (one.reached, one.is_met) == (16, False)
    good = [
        case.format(test.partition(".py")[0].replace("/", "."), test.partition("::")[2], "")
        for tests in FAULTS.values()
        for test in tests
    ]
    one, hostile, *_ = attacked(Report(f"<testsuites>{''.join(good)}</testsuites>".encode()))
    assert (one.is_met, hostile.is_met) == (True, False)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")
def test_the_load_runs_and_pictures_stay_within_memory() -> None:
    assert SHORT.keys() == FULL.keys()
    rows = measured_in_short()
    told = table(rows)
    for line in ("slowest over fastest", "Stop, stopped", "1 visitor x 4", "beside 8", "after 20 calls"):
        assert line in told
    (pictures,) = [row for row in rows if row.what.startswith("14 pictures")]
    assert pictures.is_met
    assert all(row.reached > 0 for row in rows)
