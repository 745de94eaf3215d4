"""ZIPs as people have them: unpacked, looked at and packed again with whatever their system offers."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.errors import PlaygroundError
from playground.history import History, Imported
from tests.history.test_zip import PNG, record_of
from tests.history_samples import add, opened
from tests.wire.samples import picture

Names = Mapping[str, bytes]
Repack = Callable[[Names], Names]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an export of three generations holds, one of them of two pictures and one that went on from it."""
    with opened(tmp_path_factory.mktemp("from")) as history:
        first = add(history, "someone", prompt="a red fox", data=picture("JPEG"))
        history.star("someone", first, True)
        child = add(history, "someone", prompt="一只猫", minutes=1, parent=first, data=picture("PNG"))
        other = add(history, "someone", prompt="a boat", minutes=2, data=picture("WEBP"))
        data = b"".join(history.export_zip("someone", [first, child, other]))
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


@pytest.fixture
def history(tmp_path: Path) -> Any:
    with opened(tmp_path / "to") as history:
        yield history


def packed(names: Names, encoding: str = "utf-8") -> bytes:
    """A ZIP of these members. Of names in another encoding than UTF-8, nothing says which it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in names.items():
            info = _Raw(name, encoding)
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, data)
    return buffer.getvalue()


class _Raw(zipfile.ZipInfo):
    """A member whose name is written as it stands, as other systems' tools do."""

    def __init__(self, name: str, encoding: str = "utf-8") -> None:
        super().__init__("x")
        self.filename = self.orig_filename = name
        self._encoding = encoding

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's own name
        is_told = self._encoding == "utf-8" and not self.filename.isascii()
        return self.filename.encode(self._encoding), self.flag_bits | (0x800 if is_told else 0)


def take(history: History, tmp_path: Path, data: bytes, owner: str = "me") -> Imported:
    file = tmp_path / "brought.zip"
    file.write_bytes(data)
    return history.import_zip(owner, file)


def refusal(history: History, tmp_path: Path, data: bytes) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        take(history, tmp_path, data)
    assert history.page("me").entries == ()
    return caught.value


def kept(history: History, owner: str = "me") -> list[tuple[object, ...]]:
    """What there is of each entry, oldest first: words, star, whether its parent came along, pictures."""
    entries = history.page(owner).entries[::-1]
    ids = {entry.id for entry in entries}
    return [
        (one.prompt, one.starred, one.parent in ids, [shown.path.read_bytes() for shown in one.pictures])
        for one in entries
    ]


WHOLE = [
    ("a red fox", True, False, [picture("JPEG")]),
    ("一只猫", False, True, [picture("PNG")]),
    ("a boat", False, False, [picture("WEBP")]),
]


def below(folder: str) -> Repack:
    return lambda names: {f"{folder}{name}": data for name, data in names.items()}


def with_backslashes(names: Names) -> Names:
    return {name.replace("/", "\\"): data for name, data in names.items()}


def in_capitals(names: Names) -> Names:
    return {name.upper(): data for name, data in names.items()}


def with_endings_in_capitals(names: Names) -> Names:
    return {f"{name[:-4]}{name[-4:].upper()}": data for name, data in names.items()}


def with_other_folders(names: Names) -> Names:
    """Each folder by a name that somebody gave it, and none above them."""
    order = list(dict.fromkeys(PurePosixPath(name).parent for name in names))
    return {
        f"Reise {order.index(PurePosixPath(name).parent)}/{PurePosixPath(name).name}": data
        for name, data in names.items()
    }


def with_folders_themselves(names: Names) -> Names:
    return {f"{name.rpartition('/')[0]}/": b"" for name in names if "/" in name} | dict(names)


def by_a_mac(names: Names) -> Names:
    litter = {f"__MACOSX/{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}": b"\0\5" for name in names}
    return dict(names) | litter | {".DS_Store": b"\0", "generations/.DS_Store": b"\0"}


def by_windows(names: Names) -> Names:
    return dict(names) | {"generations/Thumbs.db": b"\0", "desktop.ini": b"[.ShellClassInfo]"}


def backwards(names: Names) -> Names:
    return dict(reversed(names.items()))


def twice(names: Names) -> Names:
    return {**below("one/")(names), **below("one (copy)/")(names)}


REPACKINGS: list[Repack] = [
    below("pictures-abc/"),
    below("a/b/c/d/"),
    below("./"),
    below("/"),
    below("../"),
    below("C:\\Users\\me\\Desktop\\"),
    below("//server/share/"),
    below("我的图片/"),
    with_backslashes,
    in_capitals,
    with_endings_in_capitals,
    with_other_folders,
    with_folders_themselves,
    by_a_mac,
    by_windows,
    backwards,
    twice,
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    repackings=st.lists(st.sampled_from(REPACKINGS), max_size=5, unique=True),
    encoding=st.sampled_from(["utf-8", "gbk", "gb18030"]),
)
def test_any_repacking_brings_the_same_entries(
    history: History,
    tmp_path: Path,
    members: dict[str, bytes],
    repackings: list[Repack],
    encoding: str,
) -> None:
    names: Names = members
    for repack in repackings:
        names = repack(names)
    owner = history.new_id()
    assert take(history, tmp_path, packed(names, encoding), owner) == Imported(3)
    assert kept(history, owner) == WHOLE
    assert take(history, tmp_path, packed(members), owner) == Imported(0, known=3)


@pytest.mark.parametrize("repack", REPACKINGS)
def test_one_repacking_brings_the_same_entries(
    history: History, tmp_path: Path, members: dict[str, bytes], repack: Repack
) -> None:
    assert take(history, tmp_path, packed(repack(members))) == Imported(3)
    assert kept(history) == WHOLE


@pytest.mark.parametrize("above", ["{folder}/", ""])
def test_one_folder_alone_is_enough(
    history: History, tmp_path: Path, members: dict[str, bytes], above: str
) -> None:
    (folder,) = (name.split("/")[1] for name in members if name.endswith(".jpg"))
    names = {
        name.replace(f"generations/{folder}/", above.format(folder=folder)): data
        for name, data in members.items()
        if folder in name
    }
    assert take(history, tmp_path, packed(names)) == Imported(1)
    assert kept(history) == WHOLE[:1]
    assert take(history, tmp_path, packed(members)) == Imported(2, known=1)


def test_what_is_not_ours_is_named_and_counted(
    history: History, tmp_path: Path, members: dict[str, bytes]
) -> None:
    strangers = {
        "notes.txt": b"",
        "我的笔记.docx": b"",
        f"long/{'n' * 300}.txt": b"",
        "sub/\u202egnp.exe": b"",
        "x/record.json": b'{"name": "another program\'s"}',
    }
    imported = take(history, tmp_path, packed(strangers | members))
    assert (imported.added, imported.refused, imported.foreign_count) == (3, (), 5)
    notes, chinese, long = imported.foreign
    assert (notes, chinese) == ("notes.txt", "我的笔记.docx")
    assert len(long) <= 60
    assert long.endswith("n.txt")
    assert kept(history) == WHOLE


@pytest.mark.parametrize("encoding", ["cp437", "gbk", "utf-8"])
def test_names_that_nothing_says_the_encoding_of_are_guessed(
    history: History, tmp_path: Path, members: dict[str, bytes], encoding: str
) -> None:
    name = "café.txt" if encoding == "cp437" else "我的笔记.txt"
    info = _Raw(name, encoding)
    buffer = io.BytesIO(packed(members))
    with zipfile.ZipFile(buffer, "a") as zipped:
        zipped.writestr(info, b"")
    assert take(history, tmp_path, buffer.getvalue()).foreign == (name,)


def without(members: Names, ending: str) -> Names:
    return {name: data for name, data in members.items() if not name.endswith(ending)}


def test_an_entry_without_its_picture_comes_in_and_says_so(
    history: History, tmp_path: Path, members: dict[str, bytes]
) -> None:
    imported = take(history, tmp_path, packed(without(members, ".jpg")))
    assert imported == Imported(3, incomplete=1)
    assert kept(history) == [("a red fox", True, False, []), *WHOLE[1:]]
    entry = history.page("me").entries[-1]
    assert (entry.error_code, entry.text) == ("picture_not_in_zip", "Here it is.")
    record = history.record("me", entry.id)
    assert record is not None
    assert record.pictures == ()


def test_of_several_pictures_those_come_in_that_are_there(history: History, tmp_path: Path) -> None:

    values = json.loads(record_of(PNG))
    (told,) = values["outcomes"][0]["pictures"]
    values["outcomes"][0]["pictures"].append({**told, "name": "1-2.png"})
    values["outcomes"].append({"call": 2, "pictures": [{**told, "name": "2-1.png"}]})
    values["inputs"] = [{**told, "name": "input-1.png"}]
    names = {
        "g/record.json": json.dumps(values).encode(),
        "g/1-1.png": PNG + b"changed",
        "g/1-2.png": PNG,
    }
    assert take(history, tmp_path, packed(names)) == Imported(1, incomplete=1)
    (entry,) = history.page("me").entries
    assert [shown.name for shown in entry.pictures] == ["1-2.png"]
    record = history.record("me", entry.id)
    assert record is not None
    assert [one.error and one.error.code for one in record.outcomes] == ["picture_not_in_zip"] * 2
    assert record.inputs[0].sha256 == ""
    assert sorted(path.name for path in entry.pictures[0].path.parent.iterdir()) == ["1-2.png", "record.json"]


def test_of_two_copies_each_may_lack_something(
    history: History, tmp_path: Path, members: dict[str, bytes]
) -> None:
    names = {**below("a/")(without(members, ".jpg")), **below("b/")(without(members, ".png"))}
    assert take(history, tmp_path, packed(names)) == Imported(3)
    assert kept(history) == WHOLE


def test_a_picture_that_is_damaged_inside_costs_nothing_else(
    history: History, tmp_path: Path, members: dict[str, bytes]
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    data = buffer.getvalue().replace(picture("JPEG"), picture("JPEG")[:-20] + b"\0" * 20)
    imported = take(history, tmp_path, data)
    assert imported == Imported(2, refused=("files_differ",))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "zip_empty"),
        (packed({}), "zip_empty"),
        (packed({"a/": b"", "b\\": b""}), "zip_empty"),
        (packed({"__MACOSX/._a": b"", "a/.DS_Store": b""}), "zip_empty"),
        (packed({"a.png": b"\x89PNG", "b.jpg": b""}), "zip_foreign"),
        (packed({"index.html": b""}), "zip_foreign"),
        (packed({"generations/g/1-1.png": picture("PNG")}), "zip_foreign"),
        (packed({"g/record.json": b"[]"}), "zip_foreign"),
        (packed({"g/record.json": b'{"version": 1, "records": []}'}), "zip_foreign"),
        (packed({"older.ZIP": packed({}), "notes.txt": b""}), "zip_nested"),
        (b"Rar!\x1a\x07\x01\x00", "zip_unreadable"),
        (picture("PNG"), "zip_unreadable"),
    ],
)  # fmt: skip
def test_a_zip_with_nothing_of_ours_is_told_as_what_it_is(
    history: History, tmp_path: Path, data: bytes, code: str
) -> None:
    assert refusal(history, tmp_path, data).code == code


def test_strangers_files_are_named(history: History, tmp_path: Path) -> None:
    data = packed({f"pictures/{number}.png": b"" for number in range(40)})
    assert refusal(history, tmp_path, data).facts == {"names": "0.png, 1.png, 2.png", "files": "40"}


def test_a_zip_inside_a_zip_is_named(history: History, tmp_path: Path, members: dict[str, bytes]) -> None:
    inner = packed(members)
    assert refusal(history, tmp_path, packed({"a/inner.zip": inner})).facts == {"name": "inner.zip"}


def test_a_password_is_told(history: History, tmp_path: Path, members: dict[str, bytes]) -> None:
    data = bytearray(packed(members))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # its flags, in both of a member's headers
        start = data.find(mark)
        while start >= 0:
            data[start + place] |= 1
            start = data.find(mark, start + 4)
    assert refusal(history, tmp_path, bytes(data)).code == "zip_locked"
