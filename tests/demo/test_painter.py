"""The demo painter.

Exact sizes, equal pictures for equal commissions, honest notes, no crash on any text or picture.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from playground import region
from playground.demo.painter import Commission, Painting, UndecodablePicture, asked_shape, paint, retouch
from playground.demo.painter.lettering import LETTERS, known
from playground.demo.painter.raster import rasterise
from playground.demo.painter.understand import read
from playground.demo.painter.vector import arc, box, fill
from playground.images.workers import MemoryBudget
from playground.ui.words import words_for

PIG = "A pig with wings and a top hat flying over a happy futuristic scifi city with lots of greenery"
EXAMPLES = [
    (
        "A lighthouse on a rocky cape at dusk, low sun behind thin clouds, calm sea, 35 mm film look",
        "黄昏时分，岩石海岬上的一座灯塔，低低的太阳藏在薄云后，海面平静，35 毫米胶片质感",
        ("lighthouse", "sea", "dusk", "film look"),
        ("灯塔", "海", "黄昏", "胶片质感"),
    ),
    (
        "A white porcelain teapot on a round plinth, soft daylight from the left, sage green backdrop",
        "圆形台座上的一只白瓷茶壶，左侧柔和日光，灰绿色背景",
        ("teapot", "plinth", "white", "sage green"),
        ("茶壶", "台座", "白色", "灰绿色"),
    ),
    (
        "A poster for a jazz night: bold geometric shapes, the words NIGHT JAZZ in large letters",
        "爵士之夜的海报，大胆的几何图形，大字 NIGHT JAZZ",
        ("poster", "jazz", "geometric shapes", "NIGHT JAZZ"),
        ("海报", "爵士", "几何图形", "NIGHT JAZZ"),
    ),
    (
        "A sticker of a ginger cat, white outline, flat colours",
        "一张橘猫贴纸，白色描边，平涂色彩",
        ("cat", "ginger", "sticker", "white outline", "flat colours"),
        ("猫", "橘色", "贴纸", "白色描边", "平涂色彩"),
    ),
    (
        "A cosy room with a green sofa, a window and morning light",
        "一间舒适的房间，绿色沙发、窗户和晨光",
        ("sofa", "room", "green", "window", "morning light"),
        ("沙发", "房间", "绿色", "窗户", "晨光"),
    ),
    (
        "Mountains in mist, ink painting, one red seal",
        "雾中群山，水墨画，一枚朱印",
        ("mountains", "mist", "ink painting", "red seal"),
        ("山", "雾", "水墨画", "朱印"),
    ),
]
SIZES = [
    (64, 64),
    (384, 688),
    (120, 90),
    (90, 120),
    (160, 90),
    (320, 40),
    (40, 320),
    (101, 67),
    (16, 9),
    (1, 1),
]
EDITS = [
    "black and white", "sepia", "warmer", "colder", "night with stars", "blur the background",
    "pencil sketch", "pixelate it", "mirror", "rotate", "watercolor", "brighter", "darker",
    "ink painting", "neon edges", "add a cat", "put a hat on it", "变成黑白", "加一只猫",
]  # fmt: skip


def opened(painting: Painting) -> Image.Image:
    picture = Image.open(io.BytesIO(painting.data))
    picture.load()
    assert Image.MIME[str(picture.format)] == painting.mime_type
    return picture.convert("RGB")


def data(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference per channel, 0 to 255."""
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean())


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A landscape of our own, as a stand-in for a photograph."""
    return paint(Commission("a house in a meadow", 320, 240)).data


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mime_type", ["image/jpeg", "image/png"])
def test_a_picture_has_exactly_the_size_asked_for(size: tuple[int, int], mime_type: str) -> None:
    painting = paint(Commission("two cats by the sea at night", *size, mime_type=mime_type))
    assert opened(painting).size == size


@pytest.mark.parametrize("ratio", [(8, 1), (1, 8), (4, 1), (1, 4), (21, 9), (9, 16), (3, 2), (5, 4)])
@pytest.mark.parametrize("prompt", [PIG, *(example[0] for example in EXAMPLES)])
def test_every_example_works_at_every_ratio(prompt: str, ratio: tuple[int, int]) -> None:
    scale = 160 // max(ratio)
    size = (ratio[0] * scale, ratio[1] * scale)
    assert opened(paint(Commission(prompt, *size))).size == size


def test_a_large_picture_is_drawn_and_not_enlarged() -> None:
    small, large = (opened(paint(Commission(EXAMPLES[3][0], side, side))) for side in (256, 1536))
    enlarged = small.resize(large.size, Image.Resampling.BICUBIC)
    edges = [
        np.abs(np.diff(np.asarray(picture.convert("L"), dtype=float), axis=1)).max()
        for picture in (large, enlarged)
    ]
    assert edges[0] > edges[1] * 1.5
    assert distance(large, enlarged) < 8


@pytest.mark.parametrize("pictures", [0, 1, 3])
def test_equal_commissions_give_equal_pictures(photo: bytes, pictures: int) -> None:
    commission = Commission("a cat at sunset", 160, 120, (photo,) * pictures)
    assert paint(commission) == paint(commission)


@pytest.mark.parametrize("prompt", ["a cat", PIG, *(example[0] for example in EXAMPLES), "blorp"])
def test_variations_differ_visibly(prompt: str) -> None:
    pictures = [opened(paint(Commission(prompt, 160, 120, variation=number))) for number in range(4)]
    for index, one in enumerate(pictures):
        for other in pictures[index + 1 :]:
            assert distance(one, other) > 6


def test_a_wash_lies_between_the_sketch_and_the_final_picture() -> None:
    sketch, wash, final = (
        opened(paint(Commission("a red car", 240, 180, sketch=sketch, wash=wash)))
        for sketch, wash in ((True, False), (False, True), (False, False))
    )
    assert distance(wash, final) < distance(sketch, final)
    assert distance(wash, final) > 8


def test_a_sketch_shows_the_same_picture_in_pencil() -> None:
    final, draft = (
        opened(paint(Commission("a red car", 240, 180, sketch=sketch))) for sketch in (False, True)
    )
    assert distance(final, draft) > 15
    saturation = np.asarray(draft.convert("HSV"))[:, :, 1].mean()
    assert saturation < 45


@pytest.mark.parametrize(("english", "chinese", "words", "zh_words"), EXAMPLES)
def test_the_examples_are_understood_in_both_languages(
    english: str, chinese: str, words: tuple[str, ...], zh_words: tuple[str, ...]
) -> None:
    note = paint(Commission(english, 64, 64)).note
    assert note.startswith("Drawn by simple rules, not by an AI model. Understood: ")
    assert "Not understood" not in note
    assert all(word in note for word in words), note
    note = paint(Commission(chinese, 64, 64)).note
    assert note.startswith("由演示画笔按简单规则绘制，并非 AI 模型。看懂了：")
    assert "没看懂" not in note
    assert all(word in note for word in zh_words), note


@pytest.mark.parametrize(("english", "chinese"), [example[:2] for example in EXAMPLES])
def test_both_languages_ask_for_the_same_things(english: str, chinese: str) -> None:
    one, other = read(english), read(chinese)
    assert one.figures == other.figures
    assert (one.places, one.time, one.weather, one.styles) == (
        other.places,
        other.time,
        other.weather,
        other.styles,
    )
    assert (one.backdrop, one.letters) == (other.backdrop, other.letters)


def test_the_pig_wears_what_it_should() -> None:
    reading = read(PIG)
    assert [(figure.name, figure.wears) for figure in reading.figures] == [("pig", ["wing", "tophat"])]
    assert reading.places == ["scifi"]
    assert {"flying", "greenery"} <= reading.details
    assert reading.unknown == []


@pytest.mark.parametrize(
    ("prompt", "name", "colour", "count"),
    [
        ("three blue cats", "cat", "#3f78b8", 3),
        ("三只蓝色的猫", "cat", "#3f78b8", 3),
        ("红色的汽车", "car", "#cf4436", 1),
        ("two puppies in the snow", "dog", "", 2),
        ("a bunny", "rabbit", "", 1),
        ("木屋", "house", "", 1),
        ("twenty seven boats", "boat", "", 12),
    ],
)
def test_colours_and_numbers_belong_to_their_thing(prompt: str, name: str, colour: str, count: int) -> None:
    figure = read(prompt).figures[0]
    assert (figure.name, figure.colour, figure.count) == (name, colour, count)


@pytest.mark.parametrize(
    "prompt", ["justice", "rain", "a starry night", "下雨", "红色", "five", "watercolor"]
)
def test_words_for_scenes_styles_and_numbers_are_no_subjects(prompt: str) -> None:
    assert read(prompt).figures == []


def test_what_is_not_understood_is_listed_and_short() -> None:
    note = paint(
        Commission(
            "a cat with zorble blimfark quuxes and grumplings, snorfs, flibbets, wockets, gromps", 64, 64
        )
    ).note
    assert "Understood: cat" in note
    unknown = note.split("Not understood: ")[1].rstrip(".").split(", ")
    assert unknown[0] == "zorble"
    assert len(unknown) == 6
    assert "没看懂：穿山甲" in paint(Commission("穿山甲和猫", 64, 64)).note


def test_nothing_understood_is_an_abstract_picture_that_says_so() -> None:
    painting = paint(Commission("blorp zorg", 120, 120))
    assert "abstract" in painting.note


@pytest.mark.parametrize("prompt", EDITS)
def test_an_edit_changes_the_picture_visibly(photo: bytes, prompt: str) -> None:
    plain = Image.open(io.BytesIO(photo)).convert("RGB")
    painting = paint(Commission(prompt, 320, 240, (photo,)))
    assert distance(opened(painting), plain) > 2.5
    assert painting.note.startswith(("Changed by simple rules", "由演示画笔按简单规则修改"))


@pytest.mark.parametrize(
    ("prompt", "same"),
    [
        ("make the cat black and white", "black and white"),
        ("put a hat on the cat", "a hat"),
        ("给猫戴上帽子", "a hat"),
    ],
)
def test_what_is_in_the_picture_already_is_not_drawn_again(photo: bytes, prompt: str, same: str) -> None:
    one, other = (opened(paint(Commission(text, 160, 120, (photo,)))) for text in (prompt, same))
    assert distance(one, other) < 1


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("transmogrify", ("Nothing was changed", "Not understood: transmogrify.", "remove the background")),
        ("更友好一点", ("图片没有改动", "没看懂：友好", "去掉背景")),
        ("remove the watermark", ("Nothing was changed", "Not understood: watermark")),
    ],
)
def test_an_edit_that_is_beyond_the_demo_says_so_instead_of_another(
    photo: bytes, prompt: str, said: tuple[str, ...]
) -> None:
    painting = paint(Commission(prompt, 160, 120, (photo,)))
    assert painting.data == b""
    assert all(words in painting.note for words in said), painting.note


def test_what_stands_out_of_nothing_is_nobody(photo: bytes) -> None:
    painting = paint(
        Commission("remove the background", 160, 120, (data(Image.new("RGB", (200, 150), "teal")),))
    )
    assert painting.data == b""
    assert "Nothing in this picture stands out clearly enough" in painting.note


def _blue(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., 2] > pixels[..., 0] + 25) & (pixels[..., 2] > pixels[..., 1] + 5)


def _blues(pixels: np.ndarray) -> int:
    return int(_blue(pixels)[150:250].sum())


def _whites(pixels: np.ndarray) -> int:
    return int((pixels[250:] > 235).all(axis=2).sum())


def _odd(pixels: np.ndarray) -> float:
    """How unlike the meadow beside it the place of the house is."""
    return float(np.abs(pixels[190:250, 170:230] - pixels[190:250, 60:120].mean((0, 1))).mean())


def _corner(pixels: np.ndarray) -> np.ndarray:
    return pixels[10:60, 10:60].reshape(-1, 3).mean(axis=0)


@pytest.mark.parametrize(
    ("english", "chinese", "seen"),
    [
        ("remove the background", "去掉背景", lambda old, new: _corner(new).min() > 250),
        ("change the background to pure white", "把背景换成纯白", lambda old, new: _corner(new).min() > 250),
        ("white background", "白色背景", lambda old, new: _corner(new).min() > 250),
        ("make the background blue", "背景换成蓝色", lambda old, new: _blue(new)[10:60, 10:60].all()),
        ("put it on a wooden table", "放到木桌上", lambda old, new: not _blue(new)[:60].any()),
        ("on a wooden table", "放在桌子上", lambda old, new: not _blue(new)[:60].any()),
        ("put it on a beach", "背景换成海滩", lambda old, new: (new[-40:, :, 0] > 170).mean() > 0.6),
        ("make the roof blue", "把屋顶换成蓝色", lambda old, new: _blues(new) > 1.5 * _blues(old)),
        ("make it rain", "下雨", lambda old, new: old.mean() - new.mean() > 12),
        ("let it snow", "下雪", lambda old, new: _whites(new) > 2 * _whites(old)),
        ("remove the person", "去掉人物", lambda old, new: _odd(new) < 30 < _odd(old)),
        ("make it night", "变成夜晚", lambda old, new: new.mean() < 0.5 * old.mean()),
        ("black and white", "黑白", lambda old, new: np.ptp(new, axis=2).max() < 12),
        ("a watercolour", "变成水彩", lambda old, new: new[:3].mean() > 230),
    ],
)  # fmt: skip
def test_what_people_try_first_does_what_was_said(
    english: str, chinese: str, seen: Callable[..., bool]
) -> None:
    house = paint(Commission("a house in a meadow", 400, 300)).data
    old = np.asarray(Image.open(io.BytesIO(house)).convert("RGB"), dtype=float)
    for prompt in (english, chinese):
        painting = paint(Commission(prompt, 400, 300, (house,)))
        assert seen(old, np.asarray(opened(painting), dtype=float)), prompt
        assert "film" not in painting.note


@pytest.mark.parametrize(
    ("prompt", "letters"),
    [
        ("add the text SALE", "SALE"),
        ("add the words MUGS -50%", "MUGS -50%"),
        ("write 50% OFF", "50% OFF"),
        ("a poster for a summer sale", "summer sale"),
        ("add the headline NEW ARRIVALS", "NEW ARRIVALS"),
        ("write Summer Sale at the bottom", "Summer Sale"),
        ('put the words "Open today" on it', "Open today"),
        ("add a caption that says hello world", "hello world"),
        ("加上文字 SALE", "SALE"),
        ("写上“大促”", "大促"),
        ("写上大促", "大促"),
        ("加一行字：双十一", "双十一"),
    ],
)
def test_words_are_written_on_a_picture(photo: bytes, prompt: str, letters: str) -> None:
    assert read(prompt).letters == letters
    painting = paint(Commission(prompt, 320, 240, (photo,)))
    if letters.isascii():
        before = Image.open(io.BytesIO(photo)).convert("RGB")
        assert distance(opened(painting), before) > 2
        assert f"“{letters}”" in painting.note
    else:  # only where the machine has a font with these letters
        assert painting.data or "没有安装中文字体" in painting.note


@pytest.mark.parametrize(
    ("prompt", "shape"),
    [("crop to a story", "9:16"), ("crop it to 9:16", "9:16"), ("make it 4:5", "4:5"), ("裁成9:16", "9:16"),
     ("裁成竖版", "9:16"), ("裁成正方形", "1:1"), ("a clock at 9:16", ""), ("crop it", "")],
)  # fmt: skip
def test_a_shape_is_read_where_a_picture_is_cut(prompt: str, shape: str) -> None:
    assert asked_shape(prompt) == shape


def test_only_what_had_an_effect_is_called_understood(photo: bytes) -> None:
    assert "Not understood: city" in paint(Commission("make it a city", 160, 120, (photo,))).note
    assert "Not understood: cat" in paint(Commission("a collage with a cat", 160, 120, (photo, photo))).note
    assert "warmer" in paint(Commission("a cat in warm light", 64, 64)).note
    assert "Not understood: mirror" in paint(Commission("a cat and a mirror", 64, 64)).note


@pytest.mark.parametrize("size", [(320, 240), (300, 240), (400, 50), (50, 400)])
def test_an_edited_picture_covers_exactly_its_size(photo: bytes, size: tuple[int, int]) -> None:
    assert opened(paint(Commission("warmer", *size, (photo,)))).size == size


@pytest.mark.parametrize("layout", ["", "put them onto the first", "side by side", "collage", "拼贴"])
@pytest.mark.parametrize("count", [2, 3, 5, 7, 11, 14])
def test_each_picture_of_a_composition_is_there(count: int, layout: str) -> None:
    hues = [(index * 255 // count, 210, 220) for index in range(count)]
    pictures = tuple(
        data(Image.new("HSV", (60 + 7 * index, 90), hue).convert("RGB")) for index, hue in enumerate(hues)
    )
    sheet = np.asarray(
        opened(paint(Commission(layout, 420, 300, pictures, "image/png"))).convert("HSV")
    ).astype(int)
    for hue, saturation, value in hues:
        apart = np.minimum(abs(sheet[:, :, 0] - hue), 256 - abs(sheet[:, :, 0] - hue))
        found = (apart < 6) & (abs(sheet[:, :, 1] - saturation) < 14) & (abs(sheet[:, :, 2] - value) < 14)
        assert found.sum() > 150


def test_compositions_work_at_extreme_ratios(photo: bytes) -> None:
    for size in ((640, 80), (80, 640)):
        for layout in ("", "onto", "in a row"):
            assert opened(paint(Commission(layout, *size, (photo,) * 14))).size == size


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("broken", [b"", b"no picture", b"\xff\xd8\xff\xe0 broken", b"<svg/>"])
def test_an_undecodable_picture_is_named(photo: bytes, broken: bytes, index: int) -> None:
    pictures = [photo, photo, photo]
    pictures[index] = broken
    with pytest.raises(UndecodablePicture) as caught:
        paint(Commission("collage", 64, 64, tuple(pictures)))
    assert caught.value.index == index


def test_a_truncated_picture_is_undecodable(photo: bytes) -> None:
    with pytest.raises(UndecodablePicture):
        paint(Commission("warmer", 64, 64, (photo[: len(photo) // 3],)))


def test_a_picture_of_too_many_pixels_is_undecodable() -> None:
    huge = data(Image.new("1", (9000, 9000)))
    with pytest.raises(UndecodablePicture):
        paint(Commission("warmer", 64, 64, (huge,)))


def _odd_pictures() -> list[tuple[str, bytes]]:
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    rgb = Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8))
    turned = Image.Exif()
    turned[0x0112] = 6
    return [
        ("16-bit", data(Image.fromarray(ramp))),
        ("CMYK", data(rgb.convert("CMYK"), "JPEG")),
        ("palette", data(rgb.convert("P"))),
        ("palette with a clear colour", data(rgb.convert("P"), transparency=0)),
        ("grey with alpha", data(rgb.convert("LA"))),
        ("RGBA", data(rgb.convert("RGBA"))),
        ("bilevel", data(rgb.convert("1"))),
        ("WebP", data(rgb, "WEBP")),
        ("GIF", data(rgb.convert("P"), "GIF")),
        ("turned", data(rgb, "JPEG", exif=turned)),
        ("one pixel", data(Image.new("RGB", (1, 1)))),
        ("a line", data(Image.new("RGB", (500, 1)))),
    ]


@pytest.mark.parametrize(("kind", "odd"), _odd_pictures())
def test_odd_pictures_are_edited_and_composed(kind: str, odd: bytes) -> None:
    assert opened(paint(Commission("watercolor, add a cat", 90, 70, (odd,)))).size == (90, 70)
    assert opened(paint(Commission("collage", 90, 70, (odd, odd)))).size == (90, 70)


def test_a_16_bit_picture_keeps_its_tones() -> None:
    ramp = np.tile(np.linspace(0, 65535, 120), (90, 1)).astype(np.uint16)
    grey = np.asarray(
        opened(paint(Commission("mirror", 120, 90, (data(Image.fromarray(ramp)),)))).convert("L"), dtype=float
    )
    assert grey[:60, 5].mean() > 200
    assert 100 < grey[:60, 60].mean() < 160
    assert grey[:60, -5].mean() < 50


def test_the_orientation_of_a_photograph_is_kept() -> None:
    half = Image.new("RGB", (80, 60), "red")
    half.paste("blue", (0, 30, 80, 60))
    turned = Image.Exif()
    turned[0x0112] = 6  # turn clockwise to see it upright: the lower half is then on the left
    picture = opened(paint(Commission("mirror", 60, 80, (data(half, "JPEG", quality=95, exif=turned),))))
    left, right = picture.getpixel((8, 40)), picture.getpixel((50, 40))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 180 > left[2]
    assert right[2] > 180 > right[0]


def test_large_pictures_are_drawn_in_bands() -> None:
    """No single call may keep other threads waiting: a band has a million pixels at most."""
    seen: list[tuple[int, int, int, int]] = []

    def watch(band: Image.Image, area: tuple[int, int, int, int]) -> Image.Image:
        seen.append(area)
        assert band.size == (area[2] - area[0], area[3] - area[1])
        return band

    shapes = [fill(box(0, 0, 1000, 1000), "#336699"), fill(arc(500, 500, 300, 300), "#ffffff", blur=20)]
    picture = rasterise(shapes, (1000, 1000), (3000, 3000), watch)
    assert picture.size == (3000, 3000)
    assert all((right - left) * (bottom - top) <= 1 << 20 for left, top, right, bottom in seen)
    assert [area[1] for area in seen[1:]] == [area[3] for area in seen[:-1]]


def test_threads_do_not_disturb_each_other() -> None:
    commissions = [Commission(prompt, 120, 90) for prompt in (PIG, "a cat", "ink mountains", "a room")]
    alone = [paint(commission) for commission in commissions]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(paint, commissions * 3)) == alone * 3


@pytest.mark.parametrize("prompt", ['a poster that says "HELLO"', "海报，写着“HELLO”"])
def test_words_of_a_poster_are_set(prompt: str) -> None:
    said, silent = (
        opened(paint(Commission(text, 200, 300))) for text in (prompt, prompt.replace("HELLO", ""))
    )
    assert distance(said, silent) > 8
    assert "HELLO" in paint(Commission(prompt, 64, 96)).note


@pytest.mark.parametrize(
    "style",
    [
        *("paper cut", "line art", "watercolor", "pixel art", "neon", "noir", "sticker"),
        *("icon", "map", "infographic", "comic"),
    ],
)
def test_each_style_is_another_picture(style: str) -> None:
    scene = "a castle in the mountains at sunset"
    plain, styled = (opened(paint(Commission(text, 240, 180))) for text in (scene, f"{scene}, {style}"))
    assert distance(plain, styled) > 12


def test_line_art_and_black_and_white_have_no_colour() -> None:
    for style in ("line art", "black and white"):
        picture = opened(paint(Commission(f"a red car, {style}", 200, 150)))
        assert np.asarray(picture.convert("HSV"))[:, :, 1].mean() < 12


def test_a_larger_picture_has_more_to_find_in_the_same_place() -> None:
    small, large = (opened(paint(Commission("a rabbit in a meadow", side, side))) for side in (512, 2048))
    shrunk = large.resize(small.size, Image.Resampling.BOX)
    assert 0.8 < distance(small, shrunk) < 8


def test_what_shall_be_absent_is_absent() -> None:
    cloudy, clear = (
        opened(paint(Commission(text, 300, 200)))
        for text in ("a meadow at noon", "a meadow at noon without clouds")
    )
    sky = (0, 0, 300, 90)
    spread = [float(np.asarray(picture.crop(sky)).std(axis=1).mean()) for picture in (cloudy, clear)]
    assert spread[1] < spread[0] * 0.8


def test_our_letters_cover_a_title() -> None:
    assert known("Night Jazz, 20:30 — 爵士!") == "NIGHT JAZZ, 20:30 !"
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%$€£+") <= set(LETTERS)


@pytest.mark.parametrize(
    ("prompt", "place"), [("put the logo on", 1), ("put picture 1 onto picture 2", 0), ("把图1放到图2上", 0)]
)
def test_a_logo_without_a_ground_is_laid_on_whole(prompt: str, place: int) -> None:
    """A wide one was cut to a disc, which made a road sign of it; one that is cut close lost its name."""
    logo = Image.new("RGBA", (300, 100))
    ImageDraw.Draw(logo).rectangle((5, 20, 294, 80), fill=(230, 70, 60, 255))
    ImageDraw.Draw(logo).rectangle((100, 40, 250, 60), fill=(255, 255, 255, 255))
    ImageDraw.Draw(logo).rectangle((294, 40, 299, 60), fill=(230, 70, 60, 255))
    pictures = [data(Image.new("RGB", (300, 200), (60, 90, 160)))]
    pictures.insert(place, data(logo))
    painting = paint(Commission(prompt, 300, 200, tuple(pictures)))
    assert opened(painting).convert("RGB").getpixel((4, 4))[2] > 120, "the logo is no ground"
    red = abs(np.asarray(opened(painting).convert("RGB")).astype(int) - (230, 70, 60)).max(axis=2) < 40
    rows, columns = np.nonzero(red)
    assert np.ptp(columns) > 2.5 * np.ptp(rows)


def test_a_poster_in_chinese_has_its_words_or_says_that_no_font_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commission = Commission("几何图形海报，大字“爱心义卖”", 64, 96)
    monkeypatch.setattr(retouch, "_font", lambda: None)
    bare = paint(commission)
    assert "没有安装中文字体" in bare.note
    assert "爱心义卖" not in bare.note
    letters = ImageFont.load_default(100)
    monkeypatch.setattr(retouch, "_font", lambda: letters)
    lettered = paint(commission)
    assert "看懂了：几何图形、海报、“爱心义卖”" in lettered.note
    lower = (0, 56, 64, 88)  # where the words have room, and without them shapes
    assert distance(opened(bare).crop(lower), opened(lettered).crop(lower)) > 8


def test_only_what_shows_is_called_understood() -> None:
    poster = paint(Commission("poster for a summer sale, a blue mug on a beach", 64, 64)).note
    assert "Left out: beach." in poster
    assert "Not understood" not in poster
    product = paint(Commission("a blue mug on a wooden table, product photo", 64, 64)).note
    assert "plinth" not in product


@pytest.mark.parametrize(
    ("form", "size"),
    [("PNG", 6.5 * 1600 * 1200), ("JPEG", 6.5 * 800 * 600), ("WEBP", 17 * 1600 * 1200)],
)
def test_what_is_decoded_counts_by_the_memory_that_it_takes(
    monkeypatch: pytest.MonkeyPatch, form: str, size: float
) -> None:
    asked: list[int] = []

    class Watched(MemoryBudget):
        @contextmanager
        def reserve(self, more: int) -> Iterator[None]:
            asked.append(more)
            with super().reserve(more):
                yield

    budget = Watched(10)
    monkeypatch.setattr("playground.images.loading.memory_budget", lambda: budget)
    file = io.BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(file, form)
    paint(Commission("warmer", 400, 300, (file.getvalue(),)))
    assert asked == [size]


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_a_colour_is_changed_where_the_region_is_and_not_where_it_is_strongest() -> None:
    picture = Image.new("RGB", (400, 300), "#2060e0")
    mask = Image.new("L", picture.size)
    for sheet, tone in ((picture, "#d02020"), (mask, "white")):
        ImageDraw.Draw(sheet).rectangle((150, 100, 250, 200), fill=tone)
    prompt = region.told("Make it green", (0.375, 0.33, 0.625, 0.67), 2)
    painted = paint(Commission(prompt, 400, 300, (_png(picture), _png(mask)), "image/png"))
    shown = np.asarray(Image.open(io.BytesIO(painted.data)).convert("RGB")).astype(int)
    red, green, blue = shown[150, 200]
    assert green > max(red, blue), "the marked square has its new colour"
    assert abs(shown[20, 20] - (0x20, 0x60, 0xE0)).max() < 24, "and the rest has its own"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_own_sentences_about_pictures_are_understood(language: str) -> None:
    words = words_for(language)
    roles = [key.removesuffix("_says") for key in sorted(words.keys()) if key.startswith("tray.role_")]
    said = "".join(words(f"{role}_says", number=1) for role in roles if f"{role}_says" in words)
    drawn = _png(Image.new("RGB", (60, 60), "teal"))
    painted = paint(Commission(said, 120, 90, (drawn, drawn)))
    assert "Not understood" not in painted.note
    assert "没看懂" not in painted.note
