"""Lenient reading: the same as the ordinary parser where that can read it, and never an error."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.wire import lenient

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=15
)
containers = st.lists(values) | st.dictionaries(st.text(), values)


@given(value=containers, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_proper_json_is_read_as_the_parser_reads_it(
    value: object, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert lenient.read(text) == lenient.Reading((json.loads(text),), whole=True, surrounded=False)


@given(value=containers, other=containers)
def test_several_values_are_several(value: object, other: object) -> None:
    read = lenient.read(f"{json.dumps(value)}\n{json.dumps(other)}")
    assert read == lenient.Reading((value, other), whole=True, surrounded=False)


@given(value=containers, data=st.data())
def test_a_cut_gives_the_beginning(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    read = lenient.read(cut)
    assert len(read.values) == 1
    assert isinstance(read.values[0], type(value))


@given(text=st.text(alphabet="{}[]\",:\\'/*<!->ab1 \n-.eu"))
def test_nothing_raises(text: str) -> None:
    lenient.read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,}', {"a": 1}),
        ('{"a":[1,,2,],}', {"a": [1, 2]}),
        ('{"a":"x\ny\\\'z\\q"}', {"a": "x\ny'zq"}),
        ('{"a":"he said "hi", and left","b":1}', {"a": 'he said "hi", and left', "b": 1}),
        ('{"a":"C:\\"},{"b":1}', {"a": "C:"}),
        ("{'a': 'it\\'s', 'b': None, c: True}", {"a": "it's", "b": None, "c": True}),
        ('{"a":"b" "c":"d"}', {"a": "b", "c": "d"}),
        ('{"a":1 /* "b" */, // c\n "d":2 <!-- e -->}', {"a": 1, "d": 2}),
        ('{"a":NaN1,"b":undefined,"c":1e999,"d":-.5}', {"a": None, "b": None, "c": float("inf"), "d": -0.5}),
        ('{"a":1,\n: ping\n"b":2}', {"a": 1, "b": 2}),
        ('{"a":[1,2}', {"a": [1, 2]}),
        ('{a:"b", c:"d", e:[1]}', {"a": "b", "c": "d", "e": [1]}),
        ('{"a":1,"a":2}', {"a": 1, "a_1": 2}),
    ],
)
def test_what_is_forgiven(text: str, value: object) -> None:
    assert lenient.read(text).values[0] == value


PATHOLOGICAL = [
    '"',
    "[",
    "{",
    '{"a":',
    "\\",
    "'\"",
    '":"',
    '",\n',
    "/*",
    "]{",
    "<!--",
    "1,",
    ":",
    '\\"},{',
    "- ",
]


@pytest.mark.parametrize("piece", PATHOLOGICAL)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    began = time.thread_time()
    lenient.read("{" + piece * (200_000 // len(piece)))
    assert time.thread_time() - began < 10  # seconds; the square of the length would take minutes
