"""A history as CSV runs nowhere as a formula, and tells neither a key nor whose it is."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from playground.history.accounting import COLUMNS, table
from tests.history_samples import add, opened

PROMPTS = (
    "=1+1",
    "+SUM(A1)",
    "-2",
    "@cmd",
    "\t=1",
    " =1",
    "＝1",
    "a cat;=1+1; @cmd",
    '"a, b"\nc',
    "一只红狐狸",
)


def test_the_table_has_a_line_for_each_generation_and_no_formula(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        for number, prompt in enumerate(PROMPTS):
            add(history, "visitor-me", prompt, minutes=number, cost_usd=0.034, model="=2+2")
        add(history, "visitor-me", "paid", minutes=99, cost_usd=0.034, tokens_usd=0.0351)
        add(history, "visitor-you", "another's", minutes=100)
        text = "".join(history.spending_csv("visitor-me"))
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(text.lstrip("\ufeff").splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert [row["prompt"].replace("'", "") for row in rows] == [
        " ".join(one.split()) for one in (*PROMPTS, "paid")
    ]
    cells = [part for row in rows for cell in row.values() for part in cell.split("; ") + cell.split(";")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "\t"))]
    assert rows[0]["model"] == "'=2+2"
    assert [float(rows[-1][name]) for name in COLUMNS[7:10]] == pytest.approx([0.034, 0.0351, 0.0351])
    assert "visitor-" not in text
    assert "another" not in text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_whatever_ends_a_cell_there_is_no_formula_in_it(delimiter: str) -> None:
    cells = ("a cat;=1+1", "a cat\n=cmd|' /c calc'!A0;b", "a\t@SUM(1)", "a\r\n \t＝1", '"a"\n+1', "a\n\n-1")
    text = "".join(table(("row", "prompt"), enumerate(cells)))
    # Only a cell that begins with a quotation mark has its line's ends within it.
    for row in csv.reader(text.lstrip("\ufeff").splitlines(), delimiter=delimiter):
        assert not [cell for cell in row if cell.strip().startswith(("=", "+", "-", "@", "＝"))]
