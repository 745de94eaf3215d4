"""The wait in words: phases, places, megabytes, tries; and frames in the final shape."""

from __future__ import annotations

import json
import re
import time

import pytest

from playground.jobs.studio import Job
from playground.providers.progress import Phase, Progress
from playground.ui.waiting import progress, running
from playground.ui.words import LANGUAGES, words_for
from tests.made_jobs import drawn, job, pictures

ENGLISH = words_for("en")


def waiting(*phases: Progress, **fields: object) -> Job:
    """A job that still runs, each of its calls as far as `phases` says."""
    made = job(count=len(phases), **fields)
    made.progress = dict(enumerate(phases, 1))
    return made


def line(*phases: Progress) -> str:
    """What the page says of such a job, without its markup."""
    return re.sub(r"<[^>]+>", "", json.loads(progress(waiting(*phases), ENGLISH))["line"])


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress(Phase.SENDING, 42_000_000, 98_000_000), "Sending 42 of 98 MB"),
        (Progress(Phase.SENDING, 300, 900), "Sending"),
        (Progress(Phase.SENDING, 1_200_000), "Sending 1.2 MB"),
        (Progress(Phase.WAITING), "Waiting for the model"),
        (Progress(Phase.RECEIVING, 1_500_000, 9_600_000), "Receiving 1.5 of 9.6 MB"),
        (Progress(Phase.RECEIVING), "Receiving"),
        (Progress(Phase.QUEUED), "Next in line"),
    ],
)
def test_what_a_call_is_doing(progress: Progress, said: str) -> None:
    assert line(progress) == said


def test_a_place_in_the_queue_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "queue_position", lambda self, call: 3)
    assert line(Progress(Phase.QUEUED)) == "Place 3 in line"


def test_the_next_try_is_counted_down_and_can_be_stopped() -> None:
    again = Progress(Phase.RETRYING, attempt=2, retry_at=time.monotonic() + 6.5)
    shown = json.loads(progress(waiting(again), ENGLISH))["line"]
    assert '<b data-wait="7">7</b> s, try 2' in shown
    assert "Stop" in shown


def test_what_comes_before_the_end_of_an_answer_is_called_a_draft_and_is_gone_with_it() -> None:
    made = waiting(Progress(Phase.RECEIVING), Progress(Phase.RECEIVING))
    made.show_draft(2, b"RIFFsmall")
    html = running(made, ENGLISH)
    assert html.count("data:image/webp;base64,UklGRnNtYWxs") == 1
    assert html.count(f">{ENGLISH('running.draft')}<") == 1
    made.leave_queue(2)
    assert ENGLISH("running.draft") not in running(made, ENGLISH)
    made.show_draft(2, b"RIFFlate")  # the answer has ended: too late to be a draft
    assert made.drafts == {}


def test_several_calls_are_counted() -> None:
    phases = Progress(Phase.WAITING), Progress(Phase.WAITING), Progress(Phase.QUEUED)
    assert line(*phases) == "2 with the model, 1 in line"


def test_a_call_that_has_ended_is_told_no_more() -> None:
    made = waiting(Progress(Phase.WAITING), Progress(Phase.WAITING))
    made.outcomes.append(drawn(1))
    told = json.loads(progress(made, ENGLISH))
    assert list(told["calls"]) == ["2"]
    assert told["line"] == "Waiting for the model"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_words(phase: Phase, language: str) -> None:
    moment = Progress(phase, retry_at=time.monotonic() + 1)
    for phases in ((moment,), (moment, Progress(Phase.WAITING))):
        told = json.loads(progress(waiting(*phases), words_for(language)))
        assert told["line"].strip()
        assert "{" not in told["line"]


@pytest.mark.parametrize(
    ("fields", "ratio"),
    [
        ({"aspect_ratio": "16:9"}, 16 / 9),
        ({"aspect_ratio": "5:2"}, 5 / 2),
        ({"aspect_ratio": "auto"}, 1.0),
        ({"aspect_ratio": "auto", "images": pictures(2)}, 40 / 30),
        ({"aspect_ratio": "9:16", "images": pictures(1)}, 9 / 16),
    ],
)
def test_frames_have_the_final_shape(fields: dict[str, object], ratio: float) -> None:
    html = running(waiting(Progress(Phase.WAITING), **fields), ENGLISH)
    shown = re.search(r"--ratio:([\d.]+)", html)
    assert shown is not None
    assert float(shown[1]) == pytest.approx(ratio, rel=0.02)


def test_what_has_arrived_stands_in_its_frame() -> None:
    made = waiting(Progress(Phase.WAITING), Progress(Phase.WAITING))
    made.outcomes.append(drawn(2))
    html = running(made, ENGLISH)
    assert html.count('class="blank"') == 1
    assert html.index("data-call=") < html.index("pictures/job/2-1.jpg")
    assert "2 pictures, 1 ready" in html


def test_the_usual_time_is_marked_where_it_is_known() -> None:
    made = waiting(Progress(Phase.WAITING))
    assert "usually" not in running(made, ENGLISH)
    made.usual_seconds = 12.4
    assert "usually 12 s" in running(made, ENGLISH)


def test_a_prompt_is_never_markup_here() -> None:
    made = waiting(Progress(Phase.WAITING), prompt="<script>")
    assert "<script>" not in running(made, ENGLISH) + progress(made, ENGLISH)
