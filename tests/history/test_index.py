"""Finding again: pages, filters, search in any script, stars, families, owners; on both engines."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from playground.history import UNDO_SECONDS, Choices, Cursor, History, Query, search
from playground.history.database import Database, sqlite_url
from playground.history.rows import Row, row
from playground.record import Record, RecordedImage
from playground.request import PreparedImage
from tests.history_samples import ENGINES, NOON, add, add_several, opened
from tests.wire.samples import picture


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def history(tmp_path: Path, engine: str) -> Iterator[History]:
    with opened(tmp_path, engine) as history:
        yield history


def found(history: History, query: Query = Query(), owner: str = "me") -> list[str]:
    return [entry.prompt for entry in history.page(owner, query).entries]


def test_an_entry_says_what_was_asked_and_what_came(history: History) -> None:
    generation = add(history, prompt="一只猫", text="你好", minutes=3, data=picture("JPEG"))
    entry = history.entry("me", generation)
    assert entry is not None
    assert entry.created == NOON + timedelta(minutes=3)
    assert (entry.prompt, entry.text, entry.mode, entry.model) == ("一只猫", "你好", "text", "some-model")
    assert (entry.seconds, entry.cost, entry.starred, entry.parent) == (1.5, 0.04, False, None)
    (shown,) = entry.pictures
    assert shown.path.read_bytes() == picture("JPEG")
    assert history.find_picture("me", shown.sha256) == entry


def test_pages_go_from_new_to_old_without_gap_or_repetition(history: History) -> None:
    for number in range(7):  # two of each moment
        add(history, prompt=str(number), minutes=number // 2)
    seen: list[str] = []
    cursor: Cursor | None = None
    while True:
        page = history.page("me", after=cursor, limit=2)
        seen += [entry.prompt for entry in page.entries]
        cursor = page.next
        if cursor is None:
            break
        add(history, prompt="new", minutes=99)  # what comes meanwhile moves nothing
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1e9", "²", "9" * 40, "1;drop table generations"])
def test_a_forged_cursor_harms_nobody(history: History, cursor: str) -> None:
    add(history)
    assert len(history.page("me", after=Cursor(cursor)).entries) <= 1


def test_filters_hold_together(history: History) -> None:
    add(history, prompt="a", mode="edit", model="m1", provider="google", minutes=1)
    add(history, prompt="b", mode="edit", model="m2", provider="google", minutes=2)
    starred = add(history, prompt="c", mode="text", model="m1", provider="demo", minutes=3)
    history.star("me", starred, True)
    assert found(history, Query(mode="edit")) == ["b", "a"]
    assert found(history, Query(mode="edit", model="m1")) == ["a"]
    assert found(history, Query(provider="demo")) == ["c"]
    assert found(history, Query(starred=True)) == ["c"]
    assert found(history, Query(starred=True, text="c", model="m1")) == ["c"]
    assert found(history, Query(starred=True, text="b")) == []
    assert found(history, Query(since=NOON + timedelta(minutes=2))) == ["c", "b"]
    assert found(history, Query(until=NOON + timedelta(minutes=2))) == ["a"]
    assert history.choices("me") == Choices(("edit", "text"), ("demo", "google"), ("m1", "m2"))
    assert history.choices("you") == Choices()
    history.star("me", starred, False)
    assert found(history, Query(starred=True)) == []


def test_a_picture_has_a_star_of_its_own_and_that_of_the_whole_stays_what_it_was(history: History) -> None:
    several, one = add_several(history, 3), add(history, prompt="one", minutes=1)

    def stars(generation: str) -> tuple[bool, set[str]]:
        found = history.entry("me", generation)
        assert found is not None
        return found.starred, set(found.all_stars)

    history.star("me", several, True, "2-1.png")
    assert (stars(several), found(history, Query(starred=True))) == ((True, {"2-1.png"}), ["a red fox"])
    history.star("me", several, True, "../x")
    history.star("you", several, False, "2-1.png")
    history.star("me", several, True)
    history.star("me", several, False, "2-1.png")
    assert stars(several) == (True, set())  # the whole one still has its own
    history.star("me", several, True, "1-1.png")
    history.star("me", several, False)
    assert stars(several) == (False, set())
    history.star("me", one, True)
    assert stars(one) == (True, {"1-1.png"})
    history.star("me", one, False, "1-1.png")
    assert stars(one) == (False, set())


def test_the_starred_picture_is_found_again_in_an_index_that_is_built_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as before:
        before.star("me", add_several(before, 2), True, "2-1.png")
    (tmp_path / "history.sqlite3").unlink()
    with opened(tmp_path) as after:
        after.start()
        (entry,) = after.page("me", Query(starred=True)).entries
        assert entry.stars == ("2-1.png",)


def test_what_brought_nothing_is_looked_for_and_pictures_are_counted(history: History) -> None:
    add_several(history, 3)
    gone = add(history, prompt="gone", minutes=1)
    history.save_record(Record(id=history.new_id(), owner="me", prompt="none", started=NOON, seconds=1.0))
    assert history.count("me") == 4
    history.delete("me", [gone])
    assert (history.count("me"), history.count("you")) == (3, 0)
    assert found(history, Query(outcome="none")) == ["none"]
    assert found(history, Query(outcome="pictures")) == ["a red fox"]


@pytest.mark.parametrize("text", ["", "fox"])
def test_the_oldest_come_first_where_that_is_asked_for(history: History, text: str) -> None:
    for number in range(5):
        add(history, prompt=f"fox {number}", minutes=number)
    query, cursor, seen = Query(text=text, oldest_first=True), None, []
    while True:
        page = history.page("me", query, after=cursor, limit=2)
        seen += [entry.prompt for entry in page.entries]
        if (cursor := page.next) is None:
            break
    assert seen == [f"fox {number}" for number in range(5)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("猫", ["一只猫咪坐在窗台", "猫"]),
        ("猫咪", ["一只猫咪坐在窗台"]),
        ("猫咪坐", ["一只猫咪坐在窗台"]),
        ("窗台 猫", ["一只猫咪坐在窗台"]),
        ("CAT", ["concatenate ＡＢＣ", "A Cat"]),
        ("cat a", ["concatenate ＡＢＣ", "A Cat"]),
        ("abc", ["concatenate ＡＢＣ"]),
        ("ca", ["concatenate ＡＢＣ", "A Cat"]),
        ("c", ["concatenate ＡＢＣ", "A Cat"]),
        ("100%_", ["100%_\\'\"* or"]),
        ("\\'", ["100%_\\'\"* or"]),
        ('"', ["100%_\\'\"* or"]),
        ("nothing like it", []),
        ("\0", ["100%_\\'\"* or", "concatenate ＡＢＣ", "A Cat", "一只猫咪坐在窗台", "猫"]),
    ],
)
def test_search_finds_pieces_of_any_length_in_any_script(
    history: History, text: str, expected: list[str]
) -> None:
    for number, prompt in enumerate(
        ["猫", "一只猫咪坐在窗台", "A Cat", "concatenate ＡＢＣ", "100%_\\'\"* or"]
    ):
        add(history, prompt=prompt, text="", minutes=number)
    add(history, "you", prompt=" ".join(["猫咪坐 窗台 CAT abc 100%_ \\'\""]))
    assert found(history, Query(text=text)) == expected


def test_search_looks_at_the_answers_too(history: History) -> None:
    add(history, prompt="draw", text="A 水彩 Fox")
    assert found(history, Query(text="fox 水彩 draw")) == ["draw"]


letters = st.sampled_from(list("aAbcé ß猫咪狗 一ｂ\u0301🦊%_'\"\\\0\ud83d"))
prompts = st.text(letters, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=st.lists(prompts, min_size=1, max_size=8), asked=prompts)
@example(stored=["A\0\u0301"], asked="A")  # a mark behind a NUL does not join the letter before it
def test_search_is_as_exact_as_a_plain_scan(history: History, stored: list[str], asked: str) -> None:
    history.delete_all("me")
    for number, prompt in enumerate(stored):
        history._index.run(lambda index, n=number, p=prompt: index.upsert(_row(n, p)))
    words = search.folded(asked).split()
    expected = [
        f"g{number}"
        for number, prompt in reversed(list(enumerate(stored)))
        if all(word in search.folded(prompt) for word in words)
    ]
    assert [entry.id for entry in history.page("me", Query(text=asked)).entries] == expected


def _row(number: int, prompt: str) -> Row:
    started = (NOON + timedelta(minutes=number)).isoformat()
    return row(
        Record.read({"id": f"g{number}", "owner": "me", "started": started, "prompt": prompt}), None, ""
    )


def test_many_rows_at_once_are_found_like_single_ones(history: History) -> None:
    history._index.run(lambda index: index.load(_row(n % 2400, f"word{n}") for n in range(2500)))
    assert len(history.page("me", Query(text="word"), limit=3000).entries) == 2400
    assert found(history, Query(text="word2321")) == ["word2321"]
    assert found(history, Query(text="ord11 w"))[:2] == ["word1199", "word1198"]


def test_a_changed_record_is_found_by_its_new_words_only(history: History) -> None:
    generation = add(history, prompt="before")
    add(history, prompt="after", generation=generation)
    assert found(history, Query(text="before")) == []
    assert found(history, Query(text="after")) == ["after"]
    assert history.usage("me").count == 1


def test_deleted_is_hidden_at_once_and_can_come_back(history: History) -> None:
    generation = add(history)
    entry = history.entry("me", generation)
    assert entry is not None
    digest = entry.pictures[0].sha256
    assert history.delete("me", [generation, "unknown"]) == 1
    assert (found(history), history.entry("me", generation), history.record("me", generation)) == (
        [],
        None,
        None,
    )
    assert history.find_file("me", generation, "1-1.png") is None
    assert history.find_picture("me", digest) is None
    assert history.restore("me", [generation]) == 1
    assert history.entry("me", generation) == entry
    assert history.find_file("me", generation, "1-1.png") is not None
    assert history.restore("me", [generation]) == 0


class Clock:
    """The wall clock of a history, in a test's hands."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def test_what_was_deleted_comes_back_for_ten_minutes_and_then_goes(tmp_path: Path, engine: str) -> None:
    clock = Clock()
    with opened(tmp_path, engine, now=clock) as history:
        generation, kept = add(history), add(history)
        folder = history.folder(generation)
        history.delete("me", [generation])
        clock.now += timedelta(seconds=UNDO_SECONDS - 1)
        history.maintain()
        assert history.restore("me", [generation]) == 1
        others = [add(history), add(history)]
        history.delete("me", others)
        clock.now += timedelta(seconds=1)
        history.delete("me", [generation])
        assert history.restore_last("somebody else") == []
        assert history.restore_last("me") == [generation]
        assert sorted(history.restore_last("me")) == sorted(others), "and then what was deleted before it"
        assert history.restore_last("me") == []
        history.delete("me", others)
        history.delete("me", [generation])
        clock.now += timedelta(seconds=UNDO_SECONDS + 1)
        assert history.restore("me", [generation]) == 0, "nobody has tidied up, but the time is over"
        assert history.restore_last("me") == []
        assert folder.joinpath("1-1.png").exists()
        history.maintain()
        assert not folder.exists()
        assert [entry.id for entry in history.page("me").entries] == [kept]


def test_what_is_too_old_goes_by_the_clock_and_not_by_the_next_job(tmp_path: Path, engine: str) -> None:
    clock = Clock()
    clock.now = NOON
    with opened(tmp_path, engine, now=clock, retention_days=30) as history:
        old, starred = add(history), add(history, minutes=1)
        history.star("me", starred, True)
        clock.now = NOON + timedelta(days=29)
        history.maintain()
        assert history.usage("me").count == 2
        clock.now = NOON + timedelta(days=31)
        history.maintain()
        assert [entry.id for entry in history.page("me").entries] == [starred]
        assert not history.folder(starred).with_name(old).exists()


def test_searching_leaves_nothing_of_a_text_in_memory() -> None:
    """Prompts are visitors' own: no cache may outlive "delete everything", and none may grow with them."""
    search.of_text(search.folded("warm up"))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3):
            search.of_text(search.folded(f"{number}x" * 16_000))
        left = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert left < 100_000


def test_a_text_of_megabytes_costs_no_more_than_the_longest_prompt_and_answer(history: History) -> None:
    words = "".join(chr(0x4E00 + number % 20_000) for number in range(600_000))
    add(history, prompt="short", text=words)
    assert found(history, Query(text=words[:20])) == ["short"]
    row = _row(0, words)
    assert len(row.words) <= search.MAX_CHARACTERS


def test_delete_all_takes_everything_of_one_owner(history: History) -> None:
    mine, yours = add(history), add(history, "you")
    root = history.folder(yours).parent
    assert history.delete_all("me") == 1
    assert found(history) == []
    assert sorted(path.name for path in root.iterdir()) == [yours]
    assert history.entry("you", yours) is not None
    assert mine != yours


def test_a_family_is_what_came_before_and_after(history: History, tmp_path: Path) -> None:
    first = add(history, prompt="first", data=picture("PNG", 20))
    entry = history.entry("me", first)
    assert entry is not None
    child = _edited(history, entry.pictures[0].path, "child", 1, 21)
    sibling = _edited(history, entry.pictures[0].path, "sibling", 2, 22)
    grown = history.entry("me", child)
    assert grown is not None
    grandchild = _edited(history, grown.pictures[0].path, "grandchild", 3, 23)
    assert grown.parent == first
    for one in (first, child, sibling, grandchild):  # a branch sees the others, too
        assert [kin.id for kin in history.tree("me", one)] == [first, child, sibling, grandchild]
    assert history.tree("you", first) == ()


def test_a_family_holds_together_through_conversions_and_conversations(
    history: History, tmp_path: Path
) -> None:
    first = add(history, prompt="first", data=picture("PNG", 20))
    entry = history.entry("me", first)
    assert entry is not None
    child = history.new_id()
    converted = tmp_path / "converted.png"
    converted.write_bytes(picture("PNG", 21))
    image = PreparedImage(converted, "image/png", 8, 6, 1, ("shrunk",), entry.pictures[0].path)
    kept = history.save_input(child, RecordedImage(name="input-1.png"), image)
    add(history, prompt="child", generation=child, minutes=1, inputs=[kept.model_dump()])
    add(history, prompt="goes on", continues=f"{child}/1-1.png", minutes=2)
    stranger = add(history, "you", prompt="goes on from another's", continues=f"{child}/1-1.png")
    assert [one.prompt for one in history.tree("me", first)] == ["first", "child", "goes on"]
    assert len(history.tree("you", stranger)) == 1


def _edited(history: History, source: Path, prompt: str, minutes: int, width: int) -> str:
    generation = history.new_id()
    image = PreparedImage(source, "image/png", 8, 6, source.stat().st_size)
    kept = history.save_input(generation, RecordedImage(name="input-1.png"), image)
    assert history.folder(generation).joinpath(kept.name).read_bytes() == source.read_bytes()
    data, inputs = picture("PNG", width), [kept.model_dump()]
    return add(history, prompt=prompt, minutes=minutes, generation=generation, data=data, inputs=inputs)


def test_another_owner_learns_nothing(history: History, tmp_path: Path) -> None:
    """Two visitors, the same picture, the same prompt (fault plan F20)."""
    mine, yours = add(history), add(history, "you")
    entry = history.entry("you", yours)
    assert entry is not None
    digest = entry.pictures[0].sha256
    for strange in (yours, "never-was"):
        assert history.entry("me", strange) is None
        assert history.record("me", strange) is None
        assert history.recipe("me", strange) is None
        assert history.tree("me", strange) == ()
        assert history.find_file("me", strange, "1-1.png") is None
        assert history.find_file("me", strange, "1-1.thumb.webp") is None
        assert history.delete("me", [strange]) == 0
        assert history.restore("me", [strange]) == 0
        history.star("me", strange, True)
    assert history.entry("you", yours) == entry
    shared = history.find_picture("me", digest)
    assert shared is not None
    assert shared.id == mine
    assert history.find_file("you", yours, "1-1.png") is not None


def test_pictures_of_programs_belong_to_whoever_knows_the_address(history: History) -> None:
    generation = add(history, "program-abc")
    assert history.find_file("", generation, "1-1.png") is not None
    assert history.find_file("visitor-x", generation, "1-1.png") is not None
    assert history.entry("visitor-x", generation) is None


def test_a_record_is_handed_out_without_its_owner(history: History) -> None:
    generation = add(history, "visitor-secret")
    record = history.record("visitor-secret", generation)
    assert record is not None
    assert record.prompt == "a red fox"
    assert "visitor-secret" not in str(record)


def test_a_connection_that_is_in_use_at_the_end_is_closed_when_it_is_given_back(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "index.sqlite3"), busy_seconds=1)
    with database.reading() as connection:
        made = connection.connection.dbapi_connection
        assert made is not None
        database.close()
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made.cursor()
