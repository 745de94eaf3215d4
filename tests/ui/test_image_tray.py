"""The tray's value comes from the browser: anybody may have written it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import UnusablePicture
from playground.history import History
from playground.result import PicturePart
from tests.wire.samples import picture

PNG = picture("PNG")


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "data")


def test_samples_and_pictures_of_the_history_are_found(history: History) -> None:
    from playground.ui import image_tray

    generation = history.new_id()
    saved = history.save_picture(generation, 1, 1, PicturePart(PNG, "image/png", 1, 1))
    item = image_tray.item_for(generation, saved.name, "a title", saved.byte_count)
    assert image_tray.files([image_tray.sample_item("cat"), item], history, "me")[1].read_bytes() == PNG


@pytest.mark.parametrize(
    "item",
    [
        {"path": "/etc/passwd"},
        {"path": "../../etc/passwd"},
        {"path": "a\0b"},
        {"picture": "../../etc/passwd"},
        {"picture": "x/../../record.json"},
        {"sample": "../words/en"},
        "text",
        None,
    ],
)
def test_a_forged_item_is_no_file(item: Any, history: History) -> None:
    from playground.ui import image_tray

    with pytest.raises(UnusablePicture) as caught:
        image_tray.files([item], history, "me")
    assert caught.value.facts["number"] == "1"


def test_an_upload_is_in_the_tray_of_its_visitor_only(history: History) -> None:
    """Whoever knew or guessed the path of another's upload, a digest of its bytes, could have it edited."""
    from gradio.utils import get_upload_folder

    from playground.history import SHARED_OWNER
    from playground.server.uploads import UploadOwners
    from playground.ui import image_tray

    folder = Path(get_upload_folder())
    (upload := folder / ("0" * 64) / "cat.png").parent.mkdir(parents=True, exist_ok=True)
    (lent := folder / "lent" / "1" / "cat.png").parent.mkdir(parents=True, exist_ok=True)
    for file in (upload, lent):
        file.write_bytes(PNG)
    UploadOwners(folder).note(str(upload), "me")
    item = [{"path": str(upload), "name": "cat.png"}]
    assert image_tray.files(item, history, "me") == [upload.resolve()]
    assert image_tray.still_there(item, history, SHARED_OWNER)
    assert image_tray.still_there([{"path": str(lent)}], history, "whoever has its address")
    assert not image_tray.still_there(item, history, "another")
    mask = {"path": str(upload), "name": "mask.png"}
    sample = image_tray.sample_item("cat")
    assert image_tray.still_there([{**sample, "mask": mask}], history, "me")[0]["mask"]["size"] == len(PNG)
    for gone in ("text", {"path": str(upload.with_name("gone.png"))}, {}, None):
        assert image_tray.still_there([{**sample, "mask": gone}], history, "me") == [sample]
    assert image_tray.still_there([{**sample, "mask": mask}], history, "another") == [sample]
    for forged in (folder / ("a" * 5000), upload.parent, folder, upload.parent / ".." / "0" / "x"):
        assert image_tray.uploaded(str(forged), "me") is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(value=_json | st.lists(st.fixed_dictionaries({"path": st.text()}), max_size=3))
def test_any_value_is_read_or_refused(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    from playground.ui import image_tray

    history = History(tmp_path_factory.getbasetemp() / "none")
    try:
        files = image_tray.files(value, history, "me")
    except UnusablePicture:
        return
    assert not files
