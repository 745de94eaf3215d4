"""What the viewer is told of a generation: its pictures in order, what was sent, and where to go on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playground.history import SHARED_OWNER, History, SavedPicture
from playground.jobs.job import Job
from playground.ui import viewer
from playground.ui.history.calls import HistoryCalls
from playground.ui.words import words_for
from tests.browser.kept import keep
from tests.made_jobs import drawn, job
from tests.ui.test_history_page import entry, picture

ENGLISH, CHINESE = words_for("en"), words_for("zh")


def two() -> Job:
    """Two calls, of which the second one ended first."""
    return job(drawn(2), drawn(1))


def test_pictures_come_in_the_order_in_which_they_were_asked_for() -> None:
    told = viewer.generation(entry(), two(), [], ENGLISH)
    assert [one["name"] for one in told["pictures"]] == ["Picture 1", "Picture 2"]
    assert [one["picture"] for one in told["pictures"]] == [f"g/{one.name}" for one in two().pictures]
    assert told["given"] == []


def test_a_picture_is_told_by_pixels_shape_where_it_has_a_name_and_format() -> None:
    def figures(width: int, height: int) -> str:
        given = [picture(width=width, height=height)]
        told = viewer.generation(entry(), two(), given, ENGLISH)
        return str(told["given"][0]["figures"])

    assert figures(1200, 900) == "1200 × 900 · 4:3 · JPEG"
    assert figures(1050, 900) == "1050 × 900 · JPEG"
    assert figures(0, 0) == "JPEG"


def test_where_browsers_cannot_draw_the_original_a_copy_is_shown_and_called_one() -> None:
    given: list[SavedPicture] = [picture("input-1.heic", mime_type="image/heic"), picture()]
    heic, jpeg = viewer.generation(entry(), two(), given, ENGLISH)["given"]
    assert (heic["is_converted"], jpeg["is_converted"]) == (True, False)
    assert heic["shown"] == "pictures/g/input-1.large.thumb.webp"
    assert "pictures/g/input-1.heic?download" in heic["actions"]
    assert jpeg["shown"] == "pictures/g/1-1.jpg"


def test_a_picture_is_compared_with_what_was_sent_its_siblings_and_the_newest_but_not_with_itself() -> None:
    newest = [entry(), entry(id="other", prompt="a <blue> whale")]
    mine = f"g/{two().pictures[0].name}"
    told = viewer.others(mine, entry(), two(), [picture("input-1.jpg")], newest, CHINESE)
    assert [one["name"] for one in told["pictures"]] == ["发送的图 1", "图 2", "a <blue> whale"]
    assert f'data-against="{mine}"' not in told["html"]
    assert "a &lt;blue&gt; whale" in told["html"]


def asking(history: History) -> HistoryCalls:
    studio: Any = SimpleNamespace(
        history=history,
        restored=lambda generation, owner: two() if history.entry(owner, generation) else None,
    )
    return HistoryCalls(studio)


async def test_it_goes_on_to_the_generations_beside_it_of_the_same_owner(tmp_path: Path) -> None:
    keep(tmp_path, count=3, size=(32, 24))
    keep(tmp_path, count=1, size=(32, 24), owner="somebody else")
    history = History(tmp_path)
    newest, middle, oldest = (one.id for one in history.page(SHARED_OWNER).entries)
    calls = asking(history)
    told = await calls.generation({"id": middle, "language": "en"}, SHARED_OWNER)
    assert (told["newer"], told["older"]) == (newest, oldest)
    assert history.beside(SHARED_OWNER, newest) == (None, middle)
    history.delete(SHARED_OWNER, [middle])
    assert history.beside(SHARED_OWNER, newest) == (None, oldest)


async def test_nobody_is_told_of_the_end_of_a_job_that_they_have_deleted(tmp_path: Path) -> None:
    keep(tmp_path, count=2, size=(32, 24))
    history = History(tmp_path)
    ended = [SimpleNamespace(id=one.id, seen=False) for one in history.page(SHARED_OWNER).entries]
    studio: Any = SimpleNamespace(history=history, pending=lambda owner: ended)
    await HistoryCalls(studio).delete({"ids": [ended[0].id]}, SHARED_OWNER)
    assert [job.seen for job in ended] == [True, False]


async def test_anothers_generation_is_as_unknown_as_one_that_never_was(tmp_path: Path) -> None:
    keep(tmp_path, count=1, size=(32, 24), owner="somebody else")
    history = History(tmp_path)
    theirs = history.page("somebody else").entries[0].id
    for ask in (asking(history).generation, asking(history).others):
        for generation in (theirs, "never was"):
            told = await ask({"id": generation, "language": "en"}, SHARED_OWNER)
            assert told == {"said": ENGLISH("history.gone")}
