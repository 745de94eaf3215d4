"""What processes tell one another of their jobs, as far as it needs no second process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert

from playground.history.index import Index
from playground.history.notices import JobNotices, State
from playground.history.schema import jobs
from playground.record import Record
from tests.history_samples import opened


def test_a_job_that_was_cut_off_is_told_where_the_line_breaks_after_the_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as history:
        run = history._index.run

        def twice(query: Callable[[Index], Any]) -> Any:
            """Each statement counts, and its answer is lost: it is run once more."""
            run(query)
            return run(query)

        record = Record(id="job", owner="me", prompt="a red fox")
        row = {"token": "", "process": "other", "stopped": False, "progress": "{}", "seen": func.now()}
        row |= {"id": "job", "owner": "me", "state": State.UNTOLD, "record": record.model_dump_json()}
        history._index.run(lambda index: index.execute(insert(jobs).values(row)))
        monkeypatch.setattr(history._index, "run", twice)
        notices = JobNotices(history._index)
        assert [told.id for told in notices.take_untold("me")] == ["job"]
        assert notices.take_untold("me") == []
