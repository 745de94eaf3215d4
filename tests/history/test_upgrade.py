"""A history of every released form opens, and nothing of it is lost (fault plan F23).

`history_forms` holds the records and the SQLite index as each release wrote them. A new form gets files of
its own; old ones are never changed.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import MetaData, create_engine, inspect, text

from playground.catalogue import load
from playground.history import SHARED_OWNER, History, Imported, Query, SavedPicture, opening, schema
from playground.history.database import Database, sqlite_url
from playground.history.migrations import REVISIONS
from playground.jobs.records import job_of
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.record import VERSION
from playground.settings import StorageSettings
from playground.ui import results
from playground.ui.history.detail import detail
from playground.ui.words import LANGUAGES, words_for
from tests.history_samples import ENGINES, database_url, opened
from tests.wire.samples import picture

FORMS = Path(__file__).parent / "history_forms"


def lay_out(folder: Path, form: str) -> None:
    """A data directory as a release of that form left it."""
    for record in sorted((FORMS / form).glob("*.json")):
        generation = folder / "generations" / record.stem
        generation.mkdir(parents=True)
        (generation / "record.json").write_bytes(record.read_bytes())
        (generation / "1-1.png").write_bytes(picture())


def test_records_from_before_there_was_an_index_are_taken_in(tmp_path: Path) -> None:
    lay_out(tmp_path, "records-0")
    with opened(tmp_path) as history:
        history.start()
        (entry,) = history.page(SHARED_OWNER).entries
        assert (entry.prompt, entry.text, entry.mode) == ("一只红狐狸", "A fox.", "text")
        assert entry.pictures[0].path.read_bytes() == picture()
        assert len(history.page(SHARED_OWNER, Query(text="狐狸 fox")).entries) == 1
        assert history.tree(SHARED_OWNER, entry.id) == (entry,)


def test_on_a_shared_host_pictures_from_before_owners_are_in_nobodys_list(tmp_path: Path) -> None:
    lay_out(tmp_path, "records-0")
    with opened(tmp_path, one_owner=False) as history:
        history.start()
        assert history.page("visitor-x").entries == ()
        assert (
            history.find_file("visitor-x", "from-form-0", "1-1.png") is not None
        )  # their address still works


def test_an_index_of_the_first_release_opens(tmp_path: Path) -> None:
    lay_out(tmp_path, "records-1")
    shutil.copy(FORMS / "index-0001.sqlite3", tmp_path / "history.sqlite3")
    with opened(tmp_path) as history:
        history.start()
        (entry,) = history.page("visitor-1").entries
        assert (entry.prompt, entry.starred, entry.cost) == ("一只猫咪 and a fox", True, 0.04)
        assert history.page("visitor-1", Query(text="猫咪 FOX")).entries == (entry,)
        assert history.find_picture("visitor-1", entry.pictures[0].sha256) == entry


def test_records_of_the_first_release_are_read(tmp_path: Path) -> None:
    lay_out(tmp_path, "records-1")
    with opened(tmp_path) as history:
        history.start()
        (entry,) = history.page("visitor-1").entries
        assert (entry.prompt, entry.seconds, entry.cost) == ("一只猫咪 and a fox", 1.5, 0.04)
        record = history.record("visitor-1", entry.id)
        assert record is not None
        assert record.version == VERSION


@pytest.mark.parametrize("engine", ENGINES)
def test_the_migrations_make_the_tables_that_are_asked(tmp_path: Path, engine: str) -> None:
    with database_url(engine) as url:
        url = url or f"sqlite:///{tmp_path}/index.sqlite3"
        History(tmp_path).close()
        if url.startswith("sqlite"):
            opening.open_sqlite(tmp_path / "index.sqlite3", busy_seconds=5).close()
        else:
            opening.open_postgresql(url, busy_seconds=5).close()
        made = create_engine(url)
        tables: MetaData = schema.generations.metadata
        for table in tables.tables.values():
            if table.name == "grams" and engine == "sqlite":
                continue
            columns = {column["name"]: column for column in inspect(made).get_columns(table.name)}
            assert columns.keys() == {column.name for column in table.columns}
            for column in table.columns:
                assert columns[column.name]["nullable"] is bool(column.nullable), column
        with made.connect() as connection:
            assert (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISIONS[-1]
            )
        made.dispose()


_OLD_ROW = """
INSERT INTO generations(
    seq, id, owner, created, mode, provider, model, prompt, answer, words, starred, error_code,
    pictures, bytes
)
VALUES (:seq, :id, 'me', :seq, 'text', 'demo', 'some-model', :prompt, '', :prompt, false, '', '[]', 0)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_an_index_from_before_longer_pieces_is_filled_again(tmp_path: Path, engine: str) -> None:
    prompts = ["a blueprint of a building", "一只猫咪 and a ring"]
    with database_url(engine) as url:
        old = Database(url or sqlite_url(tmp_path / "history.sqlite3"), busy_seconds=5)
        with old.writing() as connection:
            opening.migrate(connection, "0001")
            rows = [{"seq": at, "id": f"id{at}", "prompt": prompt} for at, prompt in enumerate(prompts)]
            connection.execute(text(_OLD_ROW), rows)
        old.close()
        history = History(tmp_path, StorageSettings(database_url=url))
        for asked, expected in {"ring": [1], "building": [0], "猫 ring": [1], "blueprint rings": []}.items():
            found = history.page("me", Query(text=asked)).entries
            assert [entry.prompt for entry in found] == [prompts[at] for at in expected]
        history.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_star_from_before_pictures_had_stars_is_still_one(tmp_path: Path, engine: str) -> None:
    with database_url(engine) as url:
        old = Database(url or sqlite_url(tmp_path / "history.sqlite3"), busy_seconds=5)
        with old.writing() as connection:
            opening.migrate(connection, "0002")
            connection.execute(text(_OLD_ROW), {"seq": 1, "id": "id1", "prompt": "a fox"})
            connection.execute(text("UPDATE generations SET starred = true"))
        old.close()
        history = History(tmp_path, StorageSettings(database_url=url))
        (entry,) = history.page("me", Query(starred=True)).entries
        assert (entry.starred, entry.stars) == (True, ())
        history.close()


def test_every_migration_is_known() -> None:
    files = Path(opening.__file__).parent.joinpath("migrations", "versions").glob("[0-9]*.py")
    assert tuple(sorted(file.name[:4] for file in files)) == REVISIONS


# ── data folders of every earlier form, made by its own release ─────────────────────────────────────────────

FOLDERS = tuple(sorted(path.name for path in FORMS.iterdir() if (path / "generations").is_dir()))
WITH_JOURNAL = tuple(form for form in FOLDERS if (FORMS / form / "jobs").is_dir())
WITHOUT_JOURNAL = tuple(form for form in FOLDERS if form not in WITH_JOURNAL)
WITH_EXPORT = tuple(form for form in FOLDERS if (FORMS / form / "exported.zip").is_file())
CUT_OFF = "demo: slow 1 a lake"


@dataclass(frozen=True)
class OldFolder:
    """A data folder as a release left it, and what its records say, read without our code.

    Attributes:
        owner: whose its pictures are; before owners were noted they are everybody's.
        kept: id -> record of every generation that had ended and was not deleted.
    """

    path: Path
    owner: str
    kept: Mapping[str, dict[str, Any]]


def left_by(form: str, path: Path, *, index: bool = True) -> OldFolder:
    """A copy of a fixture in `path`, the job that was cut off begun a minute ago."""
    shutil.copytree(FORMS / form, path)
    begun = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    for file in path.glob("jobs/*.json"):
        entry = json.loads(file.read_text("utf-8").replace("{data}", str(path)))
        file.write_text(json.dumps(entry | {"started": begun}), "utf-8")
    packed = path / "history.sqlite3.gz"
    if index and packed.is_file():
        (path / "history.sqlite3").write_bytes(gzip.decompress(packed.read_bytes()))
    records = {file.parent.name: json.loads(file.read_text("utf-8")) for file in path.glob("*/*/record.json")}
    deleted = {file.parent.name for file in path.glob("*/*/marks.json") if "deleted" in file.read_text()}
    kept = {
        id: record for id, record in records.items() if record["seconds"] is not None and id not in deleted
    }
    owners = {record.get("owner", SHARED_OWNER) for record in records.values()}
    return OldFolder(path, owners.pop(), kept)


@contextmanager
def started(folder: Path) -> Iterator[Studio]:
    """The app's jobs and history over a data folder, brought up as the app does."""
    catalogue = load()
    with opened(folder) as history:
        studio = Studio(catalogue, Provider(catalogue), history)
        studio.recover()
        history.start()
        yield studio
        asyncio.run(studio.aclose())


def told_digests(record: Mapping[str, Any]) -> list[str]:
    return [picture["sha256"] for outcome in record["outcomes"] for picture in outcome["pictures"]]


def digests(pictures: Iterable[SavedPicture]) -> list[str]:
    return [hashlib.sha256(picture.path.read_bytes()).hexdigest() for picture in pictures]


@pytest.mark.parametrize("index", [True, False], ids=["own index", "no index"])
@pytest.mark.parametrize("form", FOLDERS)
def test_a_folder_of_every_form_opens_and_is_searched(tmp_path: Path, form: str, index: bool) -> None:
    old = left_by(form, tmp_path / "data", index=index)
    with started(old.path) as studio:
        history = studio.history
        entries = {entry.id: entry for entry in history.page(old.owner).entries}
        assert old.kept.keys() <= entries.keys()
        assert all(record["prompt"] != "demo: blocked a boat" for record in old.kept.values())
        assert not any(entry.prompt == "demo: blocked a boat" for entry in entries.values())
        for generation, record in old.kept.items():
            entry = entries[generation]
            assert (entry.prompt, entry.mode, entry.seconds) == (
                record["prompt"],
                record["mode"],
                record["seconds"],
            )
            assert digests(entry.pictures) == told_digests(record)
            assert generation in {
                found.id for found in history.page(old.owner, Query(record["prompt"])).entries
            }
        assert {entry.prompt for entry in history.page(old.owner, Query("night 夜晚")).entries} == {
            "夜晚 make it night"
        }
        starred = [entry.prompt for entry in entries.values() if entry.starred]
        assert starred == (["夜晚 make it night"] if list(old.path.glob("*/*/marks.json")) else [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FOLDERS)
def test_what_a_form_holds_is_shown_in_every_language(tmp_path: Path, form: str, language: str) -> None:
    old = left_by(form, tmp_path / "data")
    words = words_for(language)
    with started(old.path) as studio:
        history = studio.history
        for entry in history.page(old.owner).entries:
            record = history.record(old.owner, entry.id)
            assert record is not None
            job = job_of(record, old.owner, studio.catalogue, history)
            assert digests(job.pictures) == digests(entry.pictures)
            view = detail(entry, job, history.tree(old.owner, entry.id), UTC, words)
            assert all(f"pictures/{entry.id}/{picture.name}" in view for picture in job.pictures)
            assert results.job_view(job, words, is_past=True) in view
            if entry.id in old.kept:
                assert escape(entry.prompt) in view
                assert [error.code for error in job.errors] == [
                    outcome["error"]["code"] for outcome in old.kept[entry.id]["outcomes"] if outcome["error"]
                ]


@pytest.mark.parametrize("form", FOLDERS)
def test_what_a_form_holds_is_exported_and_imported_byte_for_byte(tmp_path: Path, form: str) -> None:
    old = left_by(form, tmp_path / "data")
    file = tmp_path / "all.zip"
    with started(old.path) as studio, file.open("wb") as stream:
        stream.writelines(studio.history.export_zip(old.owner, old.kept))
    with opened(tmp_path / "empty") as empty:
        empty.start()
        assert empty.import_zip("new", file) == Imported(len(old.kept))
        came = {entry.prompt: entry for entry in empty.page("new").entries}
        for record in old.kept.values():
            entry = came[record["prompt"]]
            assert digests(entry.pictures) == told_digests(record)
            again = empty.record("new", entry.id)
            assert again is not None
            assert [given.sha256 for given in again.inputs] == [
                given["sha256"] for given in record.get("inputs", ())
            ]


@pytest.mark.parametrize("form", FOLDERS)
def test_what_a_form_asked_goes_back_into_the_form(tmp_path: Path, form: str) -> None:
    old = left_by(form, tmp_path / "data")
    with started(old.path) as studio:
        for generation, record in old.kept.items():
            recipe = studio.history.recipe(old.owner, generation)
            assert recipe is not None
            asked = record.get("settings") or record
            told = {name: value for name, value in recipe.settings.items() if name in asked}
            assert {"aspect_ratio", "image_size", "response_modalities", "count"} <= told.keys()
            assert told == {name: asked[name] for name in told}
            assert (recipe.prompt, recipe.mode, recipe.provider, recipe.model) == tuple(
                record[name] for name in ("prompt", "mode", "provider", "model")
            )


@pytest.mark.parametrize("form", WITH_EXPORT)
def test_what_a_release_gave_away_is_taken_in(tmp_path: Path, form: str) -> None:
    old = left_by(form, tmp_path / "data")
    (record,) = (record for record in old.kept.values() if record["prompt"] == "夜晚 make it night")
    with opened(tmp_path / "empty") as empty:
        empty.start()
        empty.import_zip("new", old.path / "exported.zip")
        (entry,) = empty.page("new").entries
        assert (entry.prompt, digests(entry.pictures)) == (record["prompt"], told_digests(record))
        recipe = empty.read_recipe(old.path / "recipe.jpg")
        assert recipe == empty.recipe("new", entry.id)


@pytest.mark.parametrize("form", WITH_JOURNAL)
def test_a_job_that_was_cut_off_in_any_form_is_recovered_and_told_once(tmp_path: Path, form: str) -> None:
    old = left_by(form, tmp_path / "data")
    with started(old.path) as studio:
        (job,) = asyncio.run(studio.take_interrupted("visitor-1"))
        assert (job.request.prompt, job.mode, job.request.count) == (CUT_OFF, "edit", 2)
        assert [error.code for error in job.errors] == ["interrupted"]
        assert len(job.pictures) == 1
        assert asyncio.run(studio.take_interrupted("visitor-1")) == ()
        (entry,) = studio.history.page("visitor-1", Query("lake")).entries
        assert digests(entry.pictures) == digests(job.pictures)
        record = studio.history.record("visitor-1", entry.id)
        assert record is not None
        assert record.interrupted
        kept = sorted(studio.history.folder(entry.id).glob("input-?.*"))
        assert [image.path for image in job.request.images] == kept
        assert [given.name for given in record.inputs if given.sha256] == [path.name for path in kept]
        assert job.lacks_inputs is not bool(kept)
    with started(old.path) as studio:
        assert asyncio.run(studio.take_interrupted("visitor-1")) == ()
        assert len(studio.history.page("visitor-1", Query("lake")).entries) == 1


@pytest.mark.parametrize("form", WITHOUT_JOURNAL)
def test_pictures_of_a_form_without_a_journal_survive_a_kill(tmp_path: Path, form: str) -> None:
    old = left_by(form, tmp_path / "data")
    with started(old.path) as studio:
        history = studio.history
        (left,) = (entry for entry in history.page(old.owner).entries if entry.id not in old.kept)
        job = asyncio.run(studio.find(left.id, owner=old.owner))
        assert job is not None
        assert len(left.pictures) == 2
        assert digests(job.pictures) == digests(left.pictures)
