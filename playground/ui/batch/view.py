"""A batch as the page shows it: what a table would send, and how far what was started has come."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from playground.batches import remote_jobs
from playground.batches.plan import Call, Plan
from playground.batches.remote_jobs import Phase, RemoteJob
from playground.batches.runner import View
from playground.batches.table import Problem
from playground.errors import PlaygroundError
from playground.history import Batch, BatchRow, BatchState, Entry, History, RowState
from playground.ui.explain import explain, sentence
from playground.ui.figures import price_of, shortened
from playground.ui.rendering import render
from playground.ui.words import Words

PAGE: Final = 50
"""Rows that stand on the page at once, of however many."""
_SHOWN_PROBLEMS: Final = 12
_SHOWN_CALLS: Final = 4
_TABS: Final[Mapping[str, tuple[RowState, ...]]] = {
    "all": (),
    "done": (RowState.DONE,),
    "failed": (RowState.FAILED, RowState.UNCLEAR),
    "open": (RowState.WAITING, RowState.SENT),
}


def form(words: Words) -> Markup:
    """Where the table is typed, pasted or opened."""
    return render("batch/form", words)


def look(words: Words) -> Markup:
    """The button in place of Generate."""
    return render("batch/look", words)


def empty(others: Sequence[Batch], words: Words) -> Markup:
    """Before the first table: what to do, and the batches of before."""
    return render("batch/empty", words, others=_others(others, words))


def preview(
    plan: Plan,
    digest: str,
    words: Words,
    *,
    via: Mapping[str, float] = MappingProxyType({}),
    notice: str = "",
) -> Markup:
    """What a table would send, with the one button that starts it.

    Args:
        digest: names what was looked at: what is started has to be the same.
        via: further ways to send it, by the names of their drivers, and which part of the price each costs.
        notice: a sentence above it.
    """
    problems = [_problem(problem, words) for problem in plan.problems[:_SHOWN_PROBLEMS]]
    return render(
        "batch/preview",
        words,
        count=len(plan.calls),
        price=price(plan, words),
        problems=problems,
        wrong=len(plan.problems),
        more=len(plan.problems) - len(problems),
        unused=words.listed(plan.unused) if plan.unused else "",
        calls=[_call(call) for call in plan.calls[:_SHOWN_CALLS]],
        rest=max(0, len(plan.calls) - _SHOWN_CALLS),
        digest=digest,
        via=[_way(name, part, plan, words) for name, part in via.items()],
        notice=notice,
    )


def _way(name: str, part: float, plan: Plan, words: Words) -> dict[str, str]:
    told = {
        "part": f"{words.number(100 * part)}%",
        "price": price(replace(plan, price=plan.price * part), words),
    }
    return {
        "name": name,
        "label": words(f"batch.via_{name}", **told),
        "hint": words(f"batch.via_{name}_hint"),
    }


def price(plan: Plan, words: Words) -> str:
    """What all of it costs, as far as is known."""
    known, unknown = plan.price, plan.unknown
    if not plan.calls:
        return ""
    if unknown == len(plan.calls):
        return words("panel.price_unknown")
    told = words("panel.about", price=words.dollars(known)) if known else words("history.free")
    return words.listed([told, words("batch.unpriced", count=unknown)]) if unknown else told


def _call(call: Call) -> dict[str, Any]:
    named = [shortened(one.name, 60) for one in call.given]
    return {"prompt": shortened(call.request.prompt, 160), "line": call.line, "pictures": named}


def _problem(problem: Problem, words: Words) -> dict[str, str]:
    where = words("batch.row", number=problem.number) if problem.number else words("batch.whole")
    return {"where": where, "said": sentence(problem.error, words)}


async def status(
    history: History, view: View, words: Words, *, tab: str = "all", after: int = 0, notice: str = ""
) -> Markup:
    """A batch that was started: how far it is, and one page of its rows."""
    tab, batch = tab if tab in _TABS else "all", view.batch
    rows = await asyncio.to_thread(
        lambda: history.batches.rows(batch.id, _TABS[tab], after=after, limit=PAGE + 1)
    )
    ids = [row.generation(batch.id) for row in rows if row.state is RowState.DONE]
    entries = await asyncio.to_thread(history.entries, batch.owner, ids) if ids else ()
    by_id = {entry.id: entry for entry in entries}
    shown = [_row(batch, row, by_id.get(row.generation(batch.id)), words) for row in rows[:PAGE]]
    return render(
        "batch/status",
        words,
        view=view,
        batch=batch,
        counts=view.counts,
        tabs=[(name, _count(view, states)) for name, states in _TABS.items()],
        tab=tab,
        rows=shown,
        after=after,
        next=rows[PAGE - 1].number if len(rows) > PAGE else 0,
        facts=_facts(view, words),
        why=_why(view, words),
        notice=notice,
        is_live=batch.state is BatchState.RUNNING or view.counts[RowState.SENT] > 0,
    )


def _count(view: View, states: Sequence[RowState]) -> int:
    return sum(view.counts[state] for state in states) if states else view.total


def _facts(view: View, words: Words) -> list[str]:
    """What stands in the line under the heading."""
    told = [words("batch.progress", over=view.over, count=view.total)]
    told += [_there(job, words) for job in remote_jobs.read(view.batch.note).jobs.values() if job.is_open]
    if view.dollars:
        told.append(words("batch.spent", price=words.dollars(view.dollars)))
    left = view.seconds_left
    if left is not None and view.over < view.total:
        told.append(words("batch.left", time=words.duration(max(1, math.ceil(left)))))
    return told


def _there(job: RemoteJob, words: Words) -> str:
    """How far a batch of the provider's is, as it has told."""
    if job.phase is Phase.CREATING:
        return words("batch.there_asked")
    if job.told != "running":
        return words("batch.there_waiting")
    return words("batch.there_running", over=job.done, count=len(job.rows))


def _why(view: View, words: Words) -> str:
    """Why it does not go on by itself, or waits."""
    batch = view.batch
    if batch.state is BatchState.RUNNING and view.wait:
        return words("batch.slowed", time=words.duration(math.ceil(view.wait)))
    if batch.state is not BatchState.PAUSED or not batch.reason:
        return ""
    if told := words.get(f"batch.reason_{batch.reason}"):
        return told.format(**batch.facts)
    return sentence(_error(batch.reason, batch.facts), words)


def reason(row: BatchRow, words: Words) -> str:
    """Why a row has brought no picture; "" for one that has, or waits."""
    if not row.code or row.state is RowState.DONE:
        return ""
    told = explain(_error(row.code, row.facts), words)
    return words.together(told.what, row.said)


def _error(code: str, facts: Mapping[str, str]) -> PlaygroundError:
    """What was kept of an error: its words need no more."""
    return PlaygroundError(code, **dict(facts))


def _row(batch: Batch, row: BatchRow, entry: Entry | None, words: Words) -> dict[str, Any]:
    pictures = entry.pictures if entry else ()
    figures = [words("batch.seconds", seconds=words.number(row.seconds, 1))] if row.seconds else []
    figures += [price_of(row.price, words)] if row.state is RowState.DONE and row.price else []
    return {
        "number": row.number,
        "state": row.state.value,
        "prompt": shortened(str(row.fields.get("prompt", "")), 200),
        "picture": pictures[0] if pictures else None,
        "reason": reason(row, words),
        "figures": figures,
    }


def _others(batches: Sequence[Batch], words: Words) -> list[dict[str, str]]:
    return [
        {
            "id": one.id,
            "day": f"{words.day(one.created.date(), with_year=False)} {words.clock(one.created)}",
            "state": words(f"batch.state_{one.state.value}"),
        }
        for one in batches[:20]
    ]
