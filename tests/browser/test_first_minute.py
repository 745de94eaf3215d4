"""The bar for the first minute of a visitor without a key, row by row, and the walk of ten minutes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import first_minute, ten_minutes
from tests.browser.visitors import Visitors

pytestmark = pytest.mark.slow
# Seconds are for the script alone: what else a machine does must not decide whether a change is good.
COUNTED = [measure for measure in first_minute.ROWS if measure is not first_minute.row_5]


@pytest.fixture(scope="module")
def fresh() -> Iterator[str]:
    """An app in a process of its own: what other tests leave behind does not slow it down."""
    with first_minute.started() as base_url:
        yield base_url


@pytest.mark.timeout(600)
@pytest.mark.parametrize("measure", COUNTED, ids=lambda measure: measure.__name__)
def test_the_bar_is_met(visitors: Visitors, fresh: str, measure: first_minute.Measure) -> None:
    missed = [row for row in measure(visitors, fresh) if not row.met]
    assert not missed


@pytest.mark.parametrize(("size", "locale"), ten_minutes.WAYS[::3], ids=("desktop-en", "phone-zh"))
def test_a_newcomer_gets_through_ten_minutes(
    visitors: Visitors, fresh: str, size: tuple[int, int], locale: str
) -> None:
    walked = ten_minutes.walk(visitors, fresh, size, locale)
    assert [one.step.name for one in walked] == [step.name for step in ten_minutes.STEPS]
    assert not [(one.step.name, one.faults) for one in walked if one.faults]
