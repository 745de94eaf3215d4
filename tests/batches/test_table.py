"""Tables as people have them become rows, or it is said which row is wrong and why."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import catalogue as catalogue_module
from playground.batches import table as tables
from playground.batches.pictures import Named
from playground.batches.plan import COLUMNS, Plan, known_columns, plan
from playground.batches.table import MAX_CALLS, decode, read
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest

KNOWN = known_columns({"prompt": ["Prompt", "提示词"], "aspect_ratio": ["Shape", "宽高比"]})
BASE = {"provider": "demo", "model": "gemini-nano-banana-2.1", "aspect_ratio": "16:9", "count": "4"}
words = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="{}｛｝"), max_size=30)


def planned(catalogue: Catalogue, text: str, template: str = "", **options: Any) -> Plan:
    return plan(read(text, KNOWN, template, **options), BASE, catalogue)


def wrong(found: Plan) -> list[tuple[int, str]]:
    return [(problem.number, problem.error.code) for problem in found.problems]


@given(
    prompts=st.lists(words.filter(lambda one: one.strip()), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\r\n", "\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_what_a_csv_writer_wrote_is_read_back(
    prompts: list[str], delimiter: str, end: str, mark: str
) -> None:
    target = io.StringIO()
    writer = csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["Prompt", "aspect ratio", "note"])
    writer.writerows([prompt, "1:1", prompt] for prompt in prompts)
    found = read(mark + target.getvalue(), KNOWN)
    assert [line.values["prompt"] for line in found.lines] == [prompt.strip() for prompt in prompts]
    assert {line.values["aspect_ratio"] for line in found.lines} == {"1:1"}
    assert (found.problems, found.unused) == ((), ("note",))


@given(text=st.text(max_size=300), template=st.text(max_size=60), combine=st.booleans())
def test_any_text_becomes_rows_or_problems_and_never_more_than_a_batch_has(
    text: str, template: str, combine: bool
) -> None:
    found = read(text, KNOWN, template, combine=combine)
    assert found.lines or found.problems
    assert len(found.lines) <= MAX_CALLS
    assert all(line.values.get("prompt", "x") is not None for line in found.lines)


@given(
    colours=st.sets(st.sampled_from("abcdefgh"), min_size=1),
    places=st.sets(st.sampled_from("stuvw"), min_size=1),
)
def test_columns_that_are_lists_give_every_combination_once(colours: set[str], places: set[str]) -> None:
    rows = [list(pair) for pair in zip(sorted(colours), sorted(places), strict=False)]
    rows += [[one, ""] for one in sorted(colours)] + [["", one] for one in sorted(places)]
    text = "\n".join(["colour,place", *(",".join(row) for row in rows)])
    found = read(text, KNOWN, "A {Colour} mug at {place}", combine=True)
    made = {line.values["prompt"] for line in found.lines}
    assert made == {f"A {colour} mug at {place}" for colour in colours for place in places}
    assert len(found.lines) == len(made)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_what_excel_saves_in_china_and_taiwan_is_read_and_named(encoding: str) -> None:
    table = "提示詞,宽高比\n一隻貓,1:1\n" if encoding == "big5" else "提示词,宽高比\n一只猫在桌上,1:1\n"
    text, named = decode(
        table.replace("宽", "寬").encode(encoding) if encoding == "big5" else table.encode(encoding)
    )
    if encoding != "big5":  # its bytes mean something in GB 18030, too: what was read is said
        assert text.removeprefix("\ufeff") == table
    assert named in {"utf-8": ["utf-8"], "utf-8-sig": ["utf-8"], "utf-16": ["utf-16"]}.get(
        encoding, ["gb18030", "big5"]
    )


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="table_encoding"):
        decode(b"PK\x03\x04\xff\xff\x80")
    with pytest.raises(InvalidRequest, match="table_too_large"):
        decode(b"x" * 1_000_001)


def test_rows_are_checked_before_anything_is_sent_each_by_its_number(catalogue: Catalogue) -> None:
    table = (
        "sep=;\nprompt;Shape;Image Size;count;model\n"
        "a cat;16:09:00;2k;2;\n"  # what Excel makes of 16:9
        ";1:1;;;\n"
        "a dog;7:77;;;\n"
        "\n"
        "a cow;1:1;;;;beyond\n"
        'a "fine" horse;;;9;\n'
        "a {sheep};;;;\n"
        "a {{goat}};03:02;;;auto\n"
    )
    found = planned(catalogue, table)
    assert wrong(found) == [
        (4, "prompt_missing"),
        (5, "not_allowed"),
        (7, "table_cells"),
        (8, "not_allowed"),
        (9, "table_placeholder"),
    ]
    asked = [
        (call.line, call.request.prompt, call.request.aspect_ratio, call.request.image_size)
        for call in found.calls
    ]
    assert asked == [(3, "a cat", "16:9", "2K")] * 2 + [(10, "a {goat}", "3:2", "auto")]
    assert all(call.request.count == 1 for call in found.calls), "the form's count is no row's"


def test_three_forms_are_told_apart(catalogue: Catalogue) -> None:
    lines = planned(catalogue, "a cat, lying down\n\n a dog; sitting \n")
    assert [call.request.prompt for call in lines.calls] == ["a cat, lying down", "a dog; sitting"]
    filled = planned(catalogue, "product\tplace\nmug\tdesk\nlamp\tfloor", "A ｛product｝ on a {Place}")
    assert [call.request.prompt for call in filled.calls] == ["A mug on a desk", "A lamp on a floor"]
    assert [call.line for call in filled.calls] == [2, 3]
    own = planned(catalogue, "提示词，宽高比\n一只{animal}，1:1\n", "unused")
    assert wrong(own) == [(2, "table_placeholder")]
    one = planned(catalogue, "prompt\na cat, lying down, at noon")
    assert [call.request.prompt for call in one.calls] == ["a cat, lying down, at noon"]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("", "table_empty"),
        ("sku\tname\n1\tmug", "table_header"),
        ("prompt,Prompt\na,b", "table_twice"),
        ('prompt,note\n"a cat,x\n', "table_quotes"),
        ("prompt\n" + "a cat\n" * (MAX_CALLS + 1), "table_too_long"),
        ("prompt,count\n" + "a cat,8\n" * 63, "table_too_long"),
    ],
)
def test_what_is_wrong_with_a_whole_table_is_said_once(catalogue: Catalogue, table: str, code: str) -> None:
    found = planned(catalogue, table)
    assert not found.calls
    assert [problem.error.code for problem in found.problems] == [code]


def test_too_many_combinations_are_counted_and_not_made() -> None:
    table = "a,b,c\n" + "\n".join(f"{n},{n},{n}" for n in range(400))
    found = read(table, KNOWN, "{a}{b}{c}", combine=True)
    assert [problem.error.facts["value"] for problem in found.problems] == [str(400**3)]


@pytest.mark.parametrize(
    ("table", "template", "code"),
    [
        ("a\n" + "x" * 100_000, "{a}" * 10_000, "not_allowed"),
        ("a\nx", "{a}" * 30_000, "not_allowed"),
        ("prompt," + ",".join(f"n{n}" for n in range(100_000)), "", "table_cells"),
        ("prompt\n" + "x\n" * 200_000, "", "table_too_long"),
        ("prompt\n" + "x,y\n" * 150_000, "", "table_too_long"),
        ("x\n" * 200_000, "", "table_too_long"),
    ],
)
@pytest.mark.parametrize("combine", [False, True])
def test_a_table_takes_no_more_room_than_a_batch(table: str, template: str, code: str, combine: bool) -> None:
    tracemalloc.start()
    try:
        found = read(table, KNOWN, template, combine=combine)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ([problem.error.code for problem in found.problems], found.lines) == ([code], ())
    assert most < 50_000_000


def test_of_a_first_line_no_more_is_looked_at_than_shows_that_it_is_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A million commas took a core for two seconds, at no price."""
    asked: list[str] = []
    fold = tables.folded

    def counted(name: str) -> str:
        asked.append(name)
        return fold(name)

    monkeypatch.setattr(tables, "folded", counted)
    for sign in ",;|":
        found = read("prompt" + sign * 300_000, {"prompt": "prompt"})
        assert [one.error.code for one in found.problems] == ["table_cells"]
    assert len(asked) < 10_000


def test_prices_are_added_up_or_unknown(catalogue: Catalogue) -> None:
    model = "gemini-3-pro-image"
    price = catalogue.model("google", model).price("1K")
    rows = (f"a,google,{model},1K", f"b,google,{model},1K", "c,google,made-up,", "d,demo,,")
    table = "\n".join(("prompt,provider,model,image_size", *rows))
    found = planned(catalogue, table)
    assert (len(found.calls), found.unknown) == (4, 1)
    assert found.price == pytest.approx(2 * (price or 0))
    assert "versus" not in COLUMNS


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("column", "placeholder"),
    [
        ("image", "image"),
        ("图片", "图片"),
        ("image", "picture"),
        ("Picture 2", "image-2"),
        ("Shape", "宽高比"),
    ],
)
def test_a_placeholder_has_the_names_of_its_column(
    catalogue: Catalogue, column: str, placeholder: str
) -> None:
    known = known_columns({"picture": ["", "image", "图片"], "aspect_ratio": ["Shape", "宽高比"]})
    for template, table in (
        (f"A {{{placeholder}}}", f"{column},x\n1:1,1"),
        ("", f"prompt,{column}\nA {{{placeholder}}},1:1"),
    ):
        found = plan(read(table, known, template), BASE, catalogue)
        assert ([call.request.prompt for call in found.calls], wrong(found)) == (["A 1:1"], [])
    lacking = read("prompt,x\nA {" + placeholder + "},1", known).problems
    assert [one.error.facts["value"] for one in lacking] == [tables.folded(placeholder)], "as it was written"


def test_columns_name_pictures_which_lie_beside_the_table(catalogue: Catalogue, tmp_path: Path) -> None:
    known = known_columns({"picture": ["", "image", "图片"]})
    cat, hat = tmp_path / "up1", tmp_path / "up2"
    find = Named([("Cat.JPG", cat), ("hat.png", hat)]).find
    table = (
        "图片,Image 2,prompt,photo\n"
        "cat.jpg,C:\\pics\\HAT.png,wear it,x\n"
        ",,from words,\n"
        "dog.jpg,,no such,\n"
        "cat,,without its ending,\n"
    )
    found = plan(read(table, known), BASE, catalogue, find)
    assert [[one.path for one in call.given] for call in found.calls] == [[cat, hat], [], [cat]]
    assert (wrong(found), found.unused) == ([(4, "table_picture")], ("photo",))
    # A prompt that has it in braces means words; and combined, each picture goes with each prompt.
    words_alone = plan(read("picture\nan old map", known, "{picture}, torn"), BASE, catalogue)
    assert [call.request.prompt for call in words_alone.calls] == ["an old map, torn"]
    each = plan(read("picture,prompt\ncat.jpg,red\nhat.png,blue", known, combine=True), BASE, catalogue, find)
    assert [(call.given[0].path, call.request.prompt) for call in each.calls] == [
        (cat, "red"),
        (cat, "blue"),
        (hat, "red"),
        (hat, "blue"),
    ]
    many = ",".join(["picture", *(f"picture {number}" for number in range(2, 15))])
    row = '[providers.few]\nname="Few"\nbase_url="https://few.example"\nauth="bearer"\ndefault_model="m"\n'
    row += '[providers.few.models.m]\nname="M"\nmax_images=3\naspect_ratios=[]\nimage_sizes=[]\n'
    (tmp_path / "few.toml").write_text(row)
    few = catalogue_module.load(tmp_path / "few.toml")
    at_few = {"provider": "few", "model": "m"}
    found = plan(read(f"prompt,{many}\na" + ",cat.jpg" * 14, known), at_few, few, find)
    assert wrong(found) == [(2, "too_many_images")]
