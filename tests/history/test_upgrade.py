"""A history of every released form opens, and nothing of it is lost (fault plan F23).

`history_forms` holds the records and the SQLite index as each release wrote them. A new form gets files of
its own; old ones are never changed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, inspect, text

from playground.history import EVERYBODY, History, Query, opening, schema
from playground.history.database import Database, sqlite_url
from playground.history.revisions import REVISIONS
from playground.record import VERSION
from playground.settings import StorageSettings
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
        (entry,) = history.page(EVERYBODY).entries
        assert (entry.prompt, entry.text, entry.mode) == ("一只红狐狸", "A fox.", "text")
        assert entry.pictures[0].path.read_bytes() == picture()
        assert len(history.page(EVERYBODY, Query(text="狐狸 fox")).entries) == 1
        assert history.tree(EVERYBODY, entry.id) == (entry,)


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


def test_every_migration_is_known() -> None:
    files = Path(opening.__file__).parent.joinpath("migrations", "versions").glob("[0-9]*.py")
    assert tuple(sorted(file.name[:4] for file in files)) == REVISIONS
