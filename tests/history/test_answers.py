"""Raw answers: kept without having pictures twice, and given back whole."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.history import answers
from playground.result import RawAnswer

MARK = f"picture{7:064x}00000"
SPELLINGS = {
    f"{MARK}1": base64.b64encode,
    f"hex:{MARK}2": lambda data: data.hex().encode(),
    f'"{MARK}3"': lambda data: f"[{','.join(map(str, data))}]".encode(),
}


@given(
    texts=st.lists(st.binary(max_size=40), min_size=4, max_size=4),
    pictures=st.lists(st.binary(max_size=300), min_size=3, max_size=3),
)
def test_an_answer_comes_back_as_it_came(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], pictures: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("answer")
    files = {mark: folder / f"{number}.png" for number, mark in enumerate(SPELLINGS)}
    for file, data in zip(files.values(), pictures, strict=True):
        file.write_bytes(data)
    text = b"".join(text + mark.encode() for text, mark in zip(texts, [*SPELLINGS, ""], strict=True))
    written = [spelled(data) for spelled, data in zip(SPELLINGS.values(), pictures, strict=True)]
    whole = b"".join(text + data for text, data in zip(texts, [*written, b""], strict=True))
    answer = RawAnswer(text, files)
    kept = folder / answers.name(1)
    kept.write_bytes(answers.stored(answer, {file: file.name for file in files.values()}))
    assert b"".join(answers.pieces(kept, lambda name: folder / name)) == whole
    assert answers.length(answer, {file: file for file in files.values()}) == len(whole)
