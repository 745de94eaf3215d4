"""The history page's HTML, and jobs made again from their records."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from playground.catalogue import Catalogue
from playground.errors import Billed, NoPicture, PlaygroundError, ProviderError
from playground.history import SHARED_OWNER, Choices, Entry, History, Query, SavedPicture
from playground.jobs.registry import JobRegistry
from playground.jobs.studio import Job, Studio
from playground.providers.credentials import Credentials
from playground.record import Record
from playground.request import ImageRequest
from playground.result import ImageResult, PicturePart, TextPart
from playground.server.guard import is_own_page
from playground.server.visitors import owner_of
from playground.ui import results
from playground.ui.actions import Subject, past_buttons
from playground.ui.history import detail as history_detail
from playground.ui.history import grid as history_grid
from playground.ui.history import jobs as history_jobs
from playground.ui.history import page as history_page
from playground.ui.history.calls import HistoryCalls, query_of
from playground.ui.history.days import day_name, start_of, zone_named
from playground.ui.words import words_for
from tests.browser.kept import keep
from tests.made_jobs import drawn, job
from tests.mocked import provider_of, with_picture

ENGLISH, CHINESE = words_for("en"), words_for("zh")


def picture(name: str = "1-1.jpg", width: int = 1200, height: int = 900, **changes: Any) -> SavedPicture:
    path = Path("/data/generations/g", name)
    thumbnail = path.with_suffix(".thumb.webp")
    facts: dict[str, Any] = {"mime_type": "image/jpeg", "byte_count": 9, "sha256": "0" * 64, **changes}
    return SavedPicture(
        "g", name, path, facts.pop("thumbnail", thumbnail), width=width, height=height, **facts
    )


def entry(**changes: Any) -> Entry:
    facts: dict[str, Any] = {
        "id": "g", "created": datetime.now(UTC), "mode": "text", "provider": "demo", "model": "m",
        "prompt": "a red fox", "text": "", "seconds": 8.24, "cost": 0.034, "starred": False, "stars": (),
        "parent": None,
        "pictures": (picture(),), "error_code": "",
    }  # fmt: skip
    return Entry(**{**facts, **changes})


def name(_: str, model: str) -> str:
    return model.upper()


def tile(one: Entry) -> str:
    return history_grid.days([one], UTC, ENGLISH, name)


def opened(one: Entry, tree: list[Entry]) -> str:
    return history_detail.detail(one, job(drawn()), tree, UTC, ENGLISH)


# ── days ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("day", "english", "chinese"),
    [
        (date(2026, 11, 22), "Today", "今天"),
        (date(2026, 11, 21), "Yesterday", "昨天"),
        (date(2026, 3, 1), "1 March", "3月1日"),
        (date(2025, 12, 31), "31 December 2025", "2025年12月31日"),
    ],
)
def test_days_are_named_as_people_name_them(day: date, english: str, chinese: str) -> None:
    today = date(2026, 11, 22)
    assert (day_name(day, today, ENGLISH), day_name(day, today, CHINESE)) == (english, chinese)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "x" * 9999, "a\0b", None]
)
def test_a_time_zone_that_nobody_knows_is_utc(name: object) -> None:
    assert zone_named(name) is UTC


def test_a_day_ends_where_the_next_begins_by_the_visitors_clock() -> None:
    shanghai = zone_named("Asia/Shanghai")
    query = query_of({"zone": "Asia/Shanghai", "query": {"since": "2026-11-22", "until": "2026-11-22"}})
    assert query.since == datetime(2026, 11, 22, tzinfo=shanghai) == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert query.until == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert start_of("9999-12-31", UTC, after=1) is None


@pytest.mark.parametrize("query", [None, [], "text", {"since": "tomorrow", "text": None}, {"text": ""}])
def test_what_makes_no_sense_looks_for_nothing(query: object) -> None:
    assert query_of({"query": query}) == Query()


async def test_what_somebody_brought_is_shown_in_part_and_nobody_waits_for_it(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep: Any = [1] * 20_000
    for _ in range(60):
        deep = [deep]
    pictures = tuple(picture(f"1-{number}.jpg") for number in range(1, 21))
    result = ImageResult(parts=(TextPart("<b>\n" * 100_000),), raw={"candidates": deep}, raw_text="")
    brought = job(replace(drawn(), pictures=pictures, result=result))
    brought.sent = {"contents": deep}
    threads = []

    def restored(*_: object) -> Job:
        return brought

    def shown(*given: Any) -> str:
        threads.append(threading.current_thread())
        return history_detail.detail(*given)

    keep(tmp_path, count=1, size=(64, 48), owner=owner_of("mine"))
    studio = Studio(catalogue, provider_of(catalogue, lambda _: with_picture()), History(tmp_path))
    monkeypatch.setattr(studio, "restored", restored)
    monkeypatch.setattr("playground.ui.history.calls.history_detail", SimpleNamespace(detail=shown))
    (one,) = studio.history.page(owner_of("mine")).entries
    answer = await HistoryCalls(studio).entry({"id": one.id, "language": "en"}, owner_of("mine"))
    assert 500_000 < len(answer["html"]) < 5_000_000
    assert threads[0] is not threading.main_thread()
    studio.history.close()


# ── the grid ────────────────────────────────────────────────────────────────────────────────────────────────


def test_tiles_stand_under_their_days_of_the_visitors_clock() -> None:
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    html = history_grid.days(
        [entry(created=noon), entry(created=noon - timedelta(days=1))], UTC, ENGLISH, name
    )
    assert html.count("<section") == 2
    assert html.index("Today") < html.index("Yesterday")
    far = history_grid.days([entry(created=noon)], zone_named("Pacific/Kiritimati"), ENGLISH, name)
    assert f'data-day="{(noon + timedelta(hours=14)).date()}"' in far


def test_a_tile_loads_thumbnails_and_never_originals() -> None:
    many = tuple(picture(f"{number}-1.jpg") for number in range(1, 7))
    html = tile(entry(pictures=many))
    assert html.count("<img ") == html.count('loading="lazy"') == 4
    assert "+2" in html
    assert not re.search(r'src="[^"]*\.jpg', html)
    blind = tile(entry(pictures=(picture(thumbnail=None),)))
    assert "<img" not in blind


def test_a_tile_says_model_seconds_and_cost() -> None:
    html = tile(entry())
    assert re.search(r"<span>\d\d:\d\d · M</span> <span>8.2 s · \$0.034</span>", html)
    assert "free" in tile(entry(cost=0.0))
    assert "$" not in tile(entry(cost=None))


def test_a_tile_without_a_picture_gives_the_reason() -> None:
    failed = entry(pictures=(), error_code="text_only")
    assert ENGLISH("outcome.text_only.what") in tile(failed)
    strange = tile(entry(pictures=(), error_code="from_the_future"))
    assert ENGLISH("history.failed") in strange
    placeholders = history_grid.reason(entry(pictures=(), error_code="cannot_connect"), ENGLISH)
    assert "{" not in placeholders


def test_what_brought_no_picture_is_folded_below_the_pictures_of_its_day() -> None:
    both = [entry(id="failed", pictures=(), error_code="text_only"), entry(id="came")]
    html = history_grid.days(both, UTC, ENGLISH, name)
    assert html.index('data-entry="came"') < html.index("<details") < html.index('data-entry="failed"')
    assert '<details class="failures">' in html
    unfolded = history_grid.days(both, UTC, ENGLISH, name, is_folded=False)
    assert '<details class="failures" open>' in unfolded


@pytest.mark.parametrize(
    ("prompts", "told"),
    [
        (["a red fox", "a blue whale"], ["a red fox", "a blue whale"]),
        (["a red fox in the deep snow, at dawn", "a red fox in the deep snow, at dusk"], ["…dawn", "…dusk"]),
        (["a red fox in the deep snow", "a red fox in the deep snow at night"], [None, "…at night"]),
        (["晨雾中的群山与一叶扁舟，水墨", "晨雾中的群山与一叶扁舟，油画"], ["…水墨", "…油画"]),
        (["the same prompt, several times"] * 2, [None, None]),
    ],
)
def test_captions_say_what_tells_prompts_apart(prompts: list[str], told: list[str | None]) -> None:
    shown = history_grid.told_apart([entry(prompt=prompt) for prompt in prompts], ENGLISH)
    assert shown == [one or prompt for one, prompt in zip(told, prompts, strict=True)]


def test_the_detail_has_few_buttons_in_the_order_of_their_use_and_the_rest_in_a_menu() -> None:
    row, _, menu = past_buttons(Subject("g", picture(), "a fox", prompt="a fox"), ENGLISH).partition(
        "<summary"
    )
    assert len(re.findall(r"<(?:a|button)", row)) <= 6
    assert row.index("download") < row.index('data-do="edit"') < row.index('data-do="continue"')
    assert [one in menu for one in ("data-delete", "data-zip-one", 'data-do="again"')] == [True] * 3


def test_below_generate_stand_the_newest_prompts_once_each_and_until_then_what_one_may_say() -> None:
    made = [entry(id=str(n), prompt=prompt) for n, prompt in enumerate(["a fox", "a hen", "a fox", "a cow"])]
    html = history_page.recents([*made, entry(prompt="refused", pictures=())], ENGLISH)
    assert re.findall(r'data-entry="(\d)"', html) == ["0", "1", "3"]
    assert "refused" not in html
    assert "<button" not in history_page.recents([], ENGLISH)
    assert ENGLISH("tips.title") in history_page.recents([], ENGLISH)


def test_without_pictures_the_strip_has_no_heading_over_nothing() -> None:
    refused, made = entry(prompt="refused", pictures=()), entry(prompt="a fox")
    assert ENGLISH("history.recent") not in history_page.strip([refused], ENGLISH)
    assert ENGLISH("history.all") in history_page.strip([refused], ENGLISH)
    assert ENGLISH("history.recent") in history_page.strip([refused, made], ENGLISH)


NASTY = '"><img src=x onerror=alert(1)>'


def test_nothing_of_a_person_becomes_markup() -> None:
    bad = entry(prompt=NASTY, model=NASTY, id=NASTY, error_code=NASTY, pictures=())
    made = [
        history_grid.days([bad], UTC, ENGLISH, name),
        history_page.strip([entry(prompt=NASTY)], ENGLISH, None),
        history_page.frame(Choices((NASTY,), (NASTY,), (NASTY,)), ENGLISH, name, {}),
        opened(bad, [bad, entry(prompt=NASTY)]),
    ]
    for html in made:
        assert "<img src=x" not in html.lower()


def test_a_chain_of_thousands_of_edits_is_drawn() -> None:
    chain = [entry(id=f"g{number}", parent=f"g{number - 1}") for number in range(5000)]
    html = opened(chain[-1], chain)
    assert html.count("<li") == 5000


# ── jobs from records ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


@pytest.fixture
def save(history: History, catalogue: Catalogue) -> Save:
    """Writes a record as it is written, and gives the job that is made from it."""

    def really(**changes: Any) -> Job:
        generation = history.new_id()
        history.save_record(Record.read({**RECORD, "id": generation, **changes}))
        job = JobRegistry(catalogue, history, lambda _: None).restored(generation, SHARED_OWNER)
        assert job is not None
        return job

    return really


Save = Callable[..., Job]
RECORD: dict[str, Any] = {
    "owner": SHARED_OWNER, "mode": "edit", "started": "2026-11-22T10:00:00+00:00", "seconds": 8.2,
    "provider": "google", "model": "gemini-nano-banana-2.1", "prompt": "make it night",
    "model_id": "gemini-nano-banana-2.1", "aspect_ratio": "16:9", "image_size": "2K",
    "response_modalities": ["TEXT", "IMAGE"], "output_format": "png", "count": 2, "sent": {"a": 1},
    "outcomes": [],
}  # fmt: skip
ANSWER = {
    "candidates": [
        {
            "content": {"parts": [{"text": "Done."}, {"inlineData": {"data": "<9 bytes of image/jpeg>"}}]},
            "finishReason": "STOP",
        }
    ],
    "usageMetadata": {"totalTokenCount": 1135},
}


def test_a_result_opens_from_its_record(history: History, save: Save) -> None:
    generation = history.new_id()
    saved = history.save_picture(generation, 1, 1, PicturePart(b"jpeg", "image/jpeg", 1376, 768))
    facts = {
        "name": saved.name,
        "mime_type": "image/jpeg",
        "width": 1376,
        "height": 768,
        "sha256": saved.sha256,
    }
    outcome = {
        "call": 1,
        "seconds": 8.2,
        "pictures": [facts],
        "text": "Done.",
        "answer": ANSWER,
        "error": None,
    }
    job = save(outcomes=[outcome])
    assert job.is_done
    assert [one.name for one in job.pictures] == [saved.name]
    result = job.outcomes[0].result
    assert result is not None
    assert (result.text, result.usage.total, result.finish_reason, result.dropped) == (
        "Done.",
        1135,
        "STOP",
        0,
    )
    html = results.job_view(job, ENGLISH)
    assert "1,135 tokens" in html
    assert "16:9" in html


def test_why_there_was_no_picture_is_still_known(save: Save) -> None:
    answer = {"candidates": [{"content": {"parts": [{"text": "No."}]}, "finishReason": "IMAGE_SAFETY"}]}
    error = {"code": "picture_blocked", "facts": {"reason": "IMAGE_SAFETY"}}
    told = {"call": 1, "seconds": 1, "pictures": [], "answer": answer, "error": error, "no_picture": True}
    job = save(outcomes=[{**told, "text": "No."}])
    (found,) = job.errors
    assert isinstance(found, NoPicture)
    assert (found.code, found.billed, found.result.text) == ("picture_blocked", Billed.MAYBE, "No.")
    refused = {"call": 1, "seconds": 1, "answer": None, "said": "Quota", "error": {"code": "daily_quota"}}
    (other,) = save(outcomes=[refused]).errors
    assert isinstance(other, ProviderError)
    assert other.said == "Quota"
    assert "Quota" in results.job_view(save(outcomes=[refused]), ENGLISH)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcomes": [{}]},
        {"outcomes": [None, 3]},
        {
            "outcomes": [
                {
                    "call": "x",
                    "seconds": "long",
                    "pictures": [{}],
                    "answer": {"chunks": "…"},
                    "error": {"code": None},
                }
            ]
        },
        {"provider": "gone", "model": "gone", "count": "many", "response_modalities": 7, "sent": None},
        {"started": "never", "seconds": None, "stopped": True},
        {"inputs": [{"name": "../../record.json"}, {"name": None}, 4]},
    ],
)
@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
def test_a_record_of_any_shape_opens(
    history: History, save: Save, changes: dict[str, Any], words: Any
) -> None:
    job = save(**changes)
    found = history.entry(SHARED_OWNER, job.id)
    assert found is not None
    assert job.request.images == ()
    assert 'data-past="' in history_detail.detail(found, job, [found], UTC, words)


def test_anothers_record_is_no_job(history: History, save: Save, catalogue: Catalogue) -> None:
    job = save()
    assert JobRegistry(catalogue, history, lambda _: None).restored(job.id, "visitor-else") is None
    assert JobRegistry(catalogue, history, lambda _: None).restored("never", SHARED_OWNER) is None


async def test_the_page_goes_on_without_an_index(tmp_path: Path, catalogue: Catalogue) -> None:
    provider = provider_of(catalogue, lambda _: with_picture())
    studio = Studio(catalogue, provider, History(tmp_path))
    wanted = ImageRequest(prompt="a cat", provider="demo", model=catalogue.provider("demo").default_model)
    job = await studio.start(wanted, Credentials(), owner="me", mode="text")
    async for _ in job.watch():
        pass

    def fails(*_: object, **__: object) -> None:
        raise PlaygroundError("history_failed", reason="SQLITE_CORRUPT")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("page", "entry", "record"):
            patch.setattr(studio.history, name, fails)
        assert await history_jobs.newest(studio, "me", 5) == ()
        assert await history_jobs.latest(studio, "me") is job
        assert await history_jobs.find(studio, "me", "never") is None


def test_kept_generations_are_found(tmp_path: Path) -> None:
    keep(tmp_path, count=3, size=(64, 64))
    page = History(tmp_path).page(SHARED_OWNER)
    assert [one.prompt for one in page.entries] == [f"picture number {number}" for number in range(3)]


# ── who may ask ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://here:1", "host": "here:1"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://here:1", "host": "here:1"}, True),
        ({"origin": "https://a.example", "host": "inside", "x-forwarded-host": "a.example"}, True),
        ({"origin": "http://here:2", "host": "here:1"}, False),
        ({"origin": "null", "host": "here:1"}, False),
        ({"host": "here:1"}, True),
    ],
)
def test_pages_of_other_sites_are_told_from_our_own(headers: dict[str, str], own: bool) -> None:
    assert is_own_page(headers) is own
