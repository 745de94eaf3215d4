"""What prompts mean: who is on whom, how many, in which colour, and what is left out."""

from __future__ import annotations

import pytest

from playground.demo.painter.book import book, strings
from playground.demo.painter.note import note
from playground.demo.painter.restyle import noir
from playground.demo.painter.understand import read
from playground.demo.painter.vector import box, fill


@pytest.mark.parametrize(
    ("prompt", "who", "relation", "base"),
    [
        ("a cat on a sofa", "cat", "on", "sofa"),
        ("an astronaut riding a horse", "astronaut", "on", "horse"),
        ("a helicopter over a castle", "helicopter", "over", "castle"),
        ("a rabbit under a big tree", "rabbit", "under", "tree"),
        ("a dog in front of a house", "dog", "before", "house"),
        ("a dog behind a house", "dog", "behind", "house"),
        ("a frog in a boat", "frog", "inside", "boat"),
        ("a girl holding a red balloon", "toyballoon", "holds", "girl"),
        ("a woman under an umbrella", "umbrella", "holds", "woman"),
        ("a girl with a yellow umbrella", "umbrella", "holds", "girl"),
        ("a boy holding an umbrella", "umbrella", "holds", "boy"),
        ("撑伞的女孩", "umbrella", "holds", "girl"),
        ("女孩打着伞", "umbrella", "holds", "girl"),
        ("一只猫坐在沙发上", "cat", "on", "sofa"),
        ("沙发上的猫", "cat", "on", "sofa"),
        ("沙发上有一只猫", "cat", "on", "sofa"),
        ("宇航员骑着马", "astronaut", "on", "horse"),
        ("骑着独角兽的公主", "princess", "on", "unicorn"),
        ("看书的女孩", "book", "holds", "girl"),
        ("城堡上空的直升机", "helicopter", "over", "castle"),
        ("树下的兔子", "rabbit", "under", "tree"),
        ("房子前面有一只狗", "dog", "before", "house"),
    ],
)
def test_who_stands_to_whom(prompt: str, who: str, relation: str, base: str) -> None:
    reading = read(prompt)
    figure = next(figure for figure in reading.figures if figure.name == who)
    assert figure.base is not None
    assert (figure.relation, figure.base.name) == (relation, base)
    assert reading.unknown == []


@pytest.mark.parametrize("prompt", ["a cat and a dog on a sofa", "一只猫和一只狗坐在沙发上"])
def test_two_can_share_a_sofa(prompt: str) -> None:
    cat, dog, sofa = read(prompt).figures
    assert cat.base is sofa
    assert dog.base is sofa


@pytest.mark.parametrize(
    "prompt",
    ["a cat on a cat", "a cat on a dog on a horse on a cat", "on on on", "上上上", "猫上的猫", "riding"],
)
def test_nobody_stands_on_themselves(prompt: str) -> None:
    for figure in read(prompt).figures:
        assert figure.base is not figure
        assert figure.base is None or figure.base.base is None


@pytest.mark.parametrize(
    ("prompt", "name", "count"),
    [
        ("seven ducks", "duck", 7),
        ("12 sheep", "sheep", 12),
        ("99 balloons", "toyballoon", 12),
        ("0 cats", "cat", 1),
        ("birds over the sea", "bird", 3),
        ("a flock of birds", "bird", 5),
        ("two children", "child", 2),
        ("a child", "child", 1),
        ("mice", "mouse", 3),
        ("七只鸭子", "duck", 7),
        ("孩子们", "child", 3),
        ("一群鸟", "bird", 5),
        ("两艘船", "boat", 2),
        ("三只戴围巾的狐狸", "fox", 3),
    ],
)
def test_how_many(prompt: str, name: str, count: int) -> None:
    figure = read(prompt).figures[0]
    assert (figure.name, figure.count) == (name, count)


@pytest.mark.parametrize(
    "prompt", ["a blue cat with a red hat and a green scarf", "戴红色帽子和绿色围巾的蓝色的猫"]
)
def test_what_is_worn_has_its_own_colour(prompt: str) -> None:
    cat = read(prompt).figures[0]
    assert cat.colours == {"tophat": "#cf4436", "scarf": "#4f8f68"}
    assert cat.colour == "#3f78b8"


@pytest.mark.parametrize("prompt", ["a meadow without clouds", "no clouds over a meadow", "没有云的草地"])
def test_what_shall_not_be_there(prompt: str) -> None:
    reading = read(prompt)
    assert reading.absent == {"clouds"}
    assert "clouds" not in reading.details
    assert reading.places == ["meadow"]


@pytest.mark.parametrize(
    "prompt",
    [
        "a hot dog",
        "a sea lion",
        "a fire truck",
        "a paper boat",
        "上海",
        "河马",
        "龙虾",
        "龙井茶",
        "马卡龙",
        "车厘子",
        "牛角包",
        "水龙头",
        "花瓶",
        "带鱼",
        "穿山甲",
        "牛肉",
        "茶馆",
        "火山",
        "铁塔",
        "eiffel tower",
    ],
)
def test_words_in_words_are_not_guessed(prompt: str) -> None:
    reading = read(prompt)
    assert reading.figures == []
    assert reading.places == []
    assert reading.unknown


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("马克杯", ["cup"]),
        ("金字塔", ["pyramid"]),
        ("村庄", ["village"]),
        ("公鸡", ["rooster"]),
        ("a camel in front of a pyramid", ["camel", "pyramid"]),
        ("two kids building a snowman", ["child", "snowman"]),
        ("a building", ["skyscraper"]),
        ("一叶小舟", ["boat"]),
        ("一只柴犬", ["dog"]),
        ("牛肉面", ["noodles"]),
    ],
)
def test_a_word_is_read_as_a_whole(prompt: str, names: list[str]) -> None:
    reading = read(prompt)
    assert [figure.name for figure in reading.figures] == names
    assert [word.kind for word in reading.words if word.kind == "colour"] == []


@pytest.mark.parametrize("prompt", ["外滩夜景", "城市夜色", "夜间的森林"])
def test_a_view_by_night(prompt: str) -> None:
    assert read(prompt).time == "night"


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("two kids building a snowman", ["building"]),
        ("a bowl of cherries", ["bowl", "cherries"]),
        ("a rabbit under a zeppelin", ["zeppelin", "under"]),
        ("a fox eating dumplings", ["dumplings", "eating"]),
        ("a fox under a tree", []),
        ("a penguin under the northern lights", []),
        ("a house, the sun behind thin clouds", []),
        ("一只熊猫吃饺子", ["饺子", "吃"]),
        ("熊猫在竹林里吃竹子", ["吃"]),
        ("狮子坐在王座上", ["王座", "坐在"]),
        ("猫坐在草地上", []),
        ("灯塔,有海鸥飞过", ["海鸥", "飞过"]),
        ("霓虹风格", []),
        ("剪纸风格的猫", []),
        ("四只鸭子在池塘里游泳", ["游泳"]),
        ("机器人在做饭", ["做饭"]),
        ("外滩夜景", ["外滩"]),
        ("一列火车穿过山谷", []),
        ("爱", ["爱"]),
        ("小狗追着飞盘", ["飞盘"]),
        ("穿红裙的女孩", ["红裙"]),
        ("红马在飞", []),
        ("梵高风格的星空", ["梵高"]),
    ],
)
def test_what_had_no_effect_is_named_in_whole_words(prompt: str, unknown: list[str]) -> None:
    assert read(prompt).unknown == unknown


@pytest.mark.parametrize(
    "prompt", ["兔子飞过彩虹", "兔子飞过大海", "a rabbit flying over the rainbow", "a whale above a city"]
)
def test_who_is_over_a_place_flies(prompt: str) -> None:
    reading = read(prompt)
    assert "flying" in reading.details
    assert "flying" in [word.name for word in reading.words]


def test_steam_is_only_understood_where_it_is_drawn() -> None:
    assert "Not understood: steaming" in note(read("a steaming dragon"), "draw", [])
    assert "Not understood" not in note(read("a steaming cup of coffee"), "draw", [])


def test_what_is_light_stays_light_in_black_and_white() -> None:
    white = fill(box(0, 0, 10, 10), "#ffffff")
    black = fill(box(0, 0, 10, 10), "#000000")
    light, dark = (noir([shape], 10, 10)[0].paint.stops[0][1] for shape in (white, black))
    assert light[:3] == (255.0, 255.0, 255.0)
    assert 0 <= dark[0] < 40


@pytest.mark.parametrize("prompt", ["make it blue", "变成蓝色"])
def test_a_colour_of_nothing_was_not_understood(prompt: str) -> None:
    reading = read(prompt)
    assert {"blue", "蓝色"} & set(reading.unknown)


def test_every_phrase_means_one_thing_and_is_read_as_it() -> None:
    """A phrase that stands twice in the list would mean what stands first, and nobody would notice."""
    seen: dict[str, str] = {}
    for kind, entries in book().items():
        for name, entry in entries.items():
            for phrase in (*strings(entry["en"]), *strings(entry["zh"])):
                key = phrase.replace("-", " ")
                assert seen.setdefault(key, f"{kind} {name}") == f"{kind} {name}", phrase


@pytest.mark.parametrize("kind", ["subject", "place", "worn"])
def test_every_phrase_is_understood(kind: str) -> None:
    for name, entry in book()[kind].items():
        for phrase in (*strings(entry["en"]), *strings(entry["zh"])):
            reading = read(phrase)
            assert reading.unknown == [], phrase
            got = {
                "subject": [figure.name for figure in reading.figures],
                "place": reading.places,
                "worn": [*reading.loose],
            }[kind]
            assert got == [name], phrase
