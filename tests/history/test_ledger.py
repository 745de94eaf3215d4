"""Limits of money hold for whoever asks at once, in whichever process."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from playground.errors import NotStarted
from playground.history import Cap, Charge, History, Span, SpendingLimits, Spent
from playground.history.spans import begin
from playground.settings import StorageSettings
from tests.history_samples import ENGINES, NOON, add, database_url, opened

PRESSES = 200
CAPS = (Cap("owner", 1.0), Cap("network", 2.5), Cap("all", 10.0))
OURS = Charge("", "visitor-0", "192.0.2.0", 0.134, 0, is_operators=True)


def refusal(ask: Callable[[], None]) -> str:
    try:
        ask()
    except NotStarted as refused:
        return f"{refused.code} {refused.facts.get('whose', '')}".strip()
    return "taken"


def press(folder: Path, url: str | None, process: int) -> Counter[str]:
    """Half of the presses, all at once: four visitors behind each of two addresses; and one with a limit."""
    history = History(folder, StorageSettings(database_url=url, min_free=0), busy_seconds=60)

    def ask(number: int) -> str:
        visitor = number % 9
        name = f"{process}-{number}"
        charge = replace(OURS, id=name, owner=f"visitor-{visitor}", network=f"192.0.2.{visitor % 2}")
        if visitor == 8:
            charge = replace(charge, is_operators=False, dollars=0.25)
        return f"{visitor} {refusal(lambda: history.ledger.reserve(charge, CAPS))}"

    try:
        with ThreadPoolExecutor(PRESSES // 2) as threads:
            return Counter(threads.map(ask, range(PRESSES // 2)))
    finally:
        history.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_two_processes_and_200_presses_at_once_cross_no_limit(tmp_path: Path, engine: str) -> None:
    with database_url(engine) as url:
        storage = StorageSettings(database_url=url, min_free=0)
        history = History(tmp_path, storage)
        history.ledger.set_limits("visitor-8", SpendingLimits(day=2.0))
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
            running = [processes.submit(press, tmp_path, url, number) for number in range(2)]
            told = sum((one.result(timeout=100) for one in running), Counter[str]())
        spent = [history.ledger.charged(f"visitor-{number}", Span.DAY)[0] for number in range(9)]
        history.close()
    assert told.total() == PRESSES
    assert told["8 taken"] == 8, "2.00 dollars are eight pictures of 0.25"
    assert spent[8] == pytest.approx(2.0)
    assert all(dollars <= 1.0 for dollars in spent[:8])
    assert [sum(spent[parity:8:2]) for parity in (0, 1)] == pytest.approx([18 * 0.134] * 2), "an address"
    assert sum(told[f"{number} taken"] for number in range(8)) == 36


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_operator_pays_for_all_is_counted_across_visitors(tmp_path: Path, engine: str) -> None:
    caps = (Cap("owner", 1.0), Cap("all", 0.3))
    with opened(tmp_path, engine) as history:

        def ask(name: str) -> str:
            return refusal(lambda: history.ledger.reserve(replace(OURS, id=name, owner=name), caps))

        told = [*map(ask, "abc")]
        history.ledger.settle("a", 0.03, 0)
        told.append(ask("d"))
        history.ledger.release("d")
        assert history.ledger.charged("d", Span.DAY) == (0, 0)
    assert told == ["taken", "taken", "money_spent all", "taken"]


def test_a_persons_own_limits_are_of_a_day_of_a_month_and_of_pictures_without_a_price(tmp_path: Path) -> None:
    clock = [NOON]

    def now() -> datetime:
        return clock[0]

    with opened(tmp_path, now=now) as history:
        ledger = history.ledger

        def ask(dollars: float, unknown: int = 0) -> str:
            name = history.new_id()
            return refusal(lambda: ledger.reserve(Charge(name, "me", "", dollars, unknown, False)))

        assert ask(500.0) == "taken", "no limit was set"
        clock[0] += timedelta(days=31)
        ledger.set_limits("me", SpendingLimits(day=1.0, month=1.5))
        assert [ask(0.5), ask(0.5), ask(0.01), ask(0, 9), ask(0, 1), ask(0, 1)] == [
            "taken", "taken", "limit_day", "taken", "taken", "limit_count",
        ]  # fmt: skip
        clock[0] += timedelta(days=2)
        assert [ask(0.5), ask(0.01)] == ["taken", "limit_month"]
        ledger.set_limits("me", SpendingLimits(unknown=2))
        assert [ask(99.0), ask(0, 3), ask(0, 2)] == ["taken", "limit_count", "taken"]
        assert ledger.limits("me") == SpendingLimits(unknown=2)
        assert ledger.limits("you") == SpendingLimits()


def test_a_day_and_a_month_are_the_calendars_where_the_person_is_and_utc_s_for_the_operator(
    tmp_path: Path,
) -> None:
    clock = [datetime(2026, 11, 30, 15, 30, tzinfo=UTC)]  # half past eleven at night in Shanghai
    caps = (Cap("owner", 1.0),)

    def now() -> datetime:
        return clock[0]

    with opened(tmp_path, now=now) as history:
        ledger = history.ledger

        def ask(dollars: float, *, ours: bool = False) -> str:
            name = history.new_id()
            charge = Charge(name, "me", "", dollars, 0, ours)
            return refusal(lambda: ledger.reserve(charge, caps if ours else ()))

        ledger.set_limits("me", SpendingLimits(day=1.0, month=1.5, zone="Asia/Shanghai"))
        assert [ask(1.0), ask(0.1), ask(0.0, ours=True)] == ["taken", "limit_day", "taken"]
        clock[0] += timedelta(hours=1)  # December there, and still November in UTC
        assert ledger.charged("me", Span.MONTH) == (0, 0)
        assert [ask(1.0, ours=True), ask(0.1)] == ["taken", "limit_day"]
        ledger.set_limits("me", SpendingLimits(zone="Asia/Shanghai"))
        assert ask(0.1, ours=True) == "money_spent owner", "the operator's day goes on"
        clock[0] += timedelta(hours=8)
        assert ask(0.1, ours=True) == "taken"
        ledger.set_zone("me", "America/New_York")
        assert ledger.charged("me", Span.DAY) == (pytest.approx(2.1), 0), "it is still the thirtieth there"


@pytest.mark.parametrize("zone", ["", "Europe", "../etc/passwd", "Nowhere/At_all", "x" * 999, "\0"])
def test_what_is_no_time_zone_is_utc(zone: str) -> None:
    assert begin(Span.MONTH, NOON, zone) == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_day_of_another_length_begins_at_its_midnight() -> None:
    evening = datetime(2026, 10, 25, 20, tzinfo=UTC)  # an hour was put back that night
    assert begin(Span.DAY, evening, "Europe/Berlin") == datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_meter_takes_tokens_before_the_estimate_and_never_unknown_for_nothing(
    tmp_path: Path, engine: str
) -> None:
    with opened(tmp_path, engine) as history:
        facts = {"provider": "google", "model": "one"}
        add(history, minutes=0, cost_usd=0.1, **facts)
        add(history, minutes=2, cost_usd=0.1, tokens_usd=0.25, **facts)
        add(history, minutes=3, cost_usd=0.1, origin="elsewhere", **facts)
        add(history, "you", minutes=3, cost_usd=0.1, **facts)
        add(history, minutes=4, cost_usd=None, provider="gateway", model="two")
        found = history.ledger.spent("me", NOON - timedelta(days=1))
        assert found == [
            Spent("google", "one", 2, pytest.approx(0.35), 0),
            Spent("gateway", "two", 1, 0.0, 1),
        ]
        assert history.ledger.spent("me", NOON + timedelta(minutes=3)) == found[1:]
