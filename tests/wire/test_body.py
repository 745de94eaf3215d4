"""The bodies that go out: the eight of the documented gateways, and the rules behind them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from playground import wire
from playground.catalogue import ModelRow
from playground.errors import UnusablePicture
from playground.request import ImageRequest, PreparedImage, ReplyPart, Turn
from tests.wire.samples import picture

ROW = ModelRow(
    name="test",
    aspect_ratios=("1:1", "9:16", "16:9"),
    image_sizes=("512", "1K", "2K"),
    output_formats=("jpeg", "png"),
)
PIG = (
    "Hi, can you create a 3d rendered image of a pig with wings and a top hat flying over a happy "
    "futuristic scifi city with lots of greenery?"
)
STICKER = (
    "HA [style] sticker of a [subject], featuring [key characteristics] and a [color palette]. "
    "The design should have [line style] and [shading style]. The background must be transparent."
)
SKETCH = (
    "Turn this rough [medium] sketch of a [subject] into a [style description] photo. Keep the [specific "
    "features] from the sketch but add [new details/materials]."
)
COMPOSE = (
    "Using the provided images, place [element from image 2] onto [element from image 1]. Ensure that the "
    "features of [element from image 1] remain completely unchanged. The added element should [description "
    "of how the element should integrate]."
)
DOG = "一直可爱的小狗"
STICKER_ZH = "[主题]的HA[风格]贴纸,具有[关键特征]和[色调]。设计应采用[线条风格]和[阴影风格]。背景必须透明。"
SKETCH_ZH = (
    "将这幅关于[主题]的粗略[中等]草图转换成一张[风格描述]照片。保留草图中的[特定特征],但添加[新的细节/材料]"
)
COMPOSE_ZH = (
    "使用提供的图片,将[图片2中的元素]放置到[图片1中的元素]上。确保[图片1中的元素]的特征保持完全不变。"
    "添加的元素应[描述元素应如何整合]。"
)
IMAGE_CONFIG = {"aspectRatio": "9:16", "imageSize": "1K"}


def documented(prompt: str, pictures: list[bytes], config: dict[str, str] | None) -> dict[str, Any]:
    """A body as both gateways' pages print it, "image_base64" replaced by a picture."""
    parts: list[dict[str, Any]] = [{"text": prompt}]
    for data in pictures:
        encoded = base64.b64encode(data).decode("ascii")
        parts.append({"inline_data": {"mime_type": "image/jpeg", "data": encoded}})
    generation: dict[str, Any] = {"responseModalities": ["IMAGE"]}
    if config:
        generation["imageConfig"] = config
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": generation}


def prepared(folder: Path, data: bytes, name: str) -> PreparedImage:
    path = folder / name
    path.write_bytes(data)
    return PreparedImage(path, "image/jpeg", 8, 6, len(data))


def sent(request: ImageRequest, row: ModelRow = ROW) -> bytes:
    """The whole body in one piece."""
    return b"".join(wire.request_body(request, row).chunks())


ONE = [picture("JPEG")]
TWO = [picture("JPEG"), picture("JPEG", 10, 4, "blue")]


EIGHT: tuple[tuple[str, list[bytes], dict[str, str] | None], ...] = (
    (PIG, [], None),
    (STICKER, [], IMAGE_CONFIG),
    (SKETCH, ONE, IMAGE_CONFIG),
    (COMPOSE, TWO, IMAGE_CONFIG),
    (DOG, [], None),
    (STICKER_ZH, [], IMAGE_CONFIG),
    (SKETCH_ZH, ONE, IMAGE_CONFIG),
    (COMPOSE_ZH, TWO, IMAGE_CONFIG),
)
"""Prompt, pictures and settings of each: four of the one gateway, four of the other."""


@pytest.mark.parametrize(("prompt", "pictures", "config"), EIGHT)
def test_the_eight_documented_bodies(
    tmp_path: Path, prompt: str, pictures: list[bytes], config: dict[str, str] | None
) -> None:
    request = ImageRequest(
        prompt=prompt,
        model="m",
        response_modalities=("IMAGE",),
        aspect_ratio="9:16" if config else "auto",
        image_size="1K" if config else "auto",
        images=tuple(prepared(tmp_path, data, f"{place}.jpg") for place, data in enumerate(pictures)),
    )
    assert json.loads(sent(request)) == documented(prompt, pictures, config)


def test_everything_that_can_be_chosen() -> None:
    request = ImageRequest(
        prompt="x", model="m", aspect_ratio="16:9", image_size="2k", output_format="png", count=4
    )
    body = json.loads(sent(request))
    assert list(body) == ["contents", "generationConfig"]
    assert body["generationConfig"] == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K", "outputFormat": "png"},
    }


def test_auto_sends_no_image_config() -> None:
    body = json.loads(sent(ImageRequest(prompt="x", model="m")))
    assert body["generationConfig"] == {"responseModalities": ["TEXT", "IMAGE"]}


def test_what_a_row_does_not_offer_is_never_sent() -> None:
    request = ImageRequest(prompt="x", model="m", image_size="1K", output_format="png", aspect_ratio="1:1")
    body = json.loads(sent(request, ModelRow(name="bare")))
    assert "imageConfig" not in body["generationConfig"]


def test_words_go_out_as_utf8_and_unchanged() -> None:
    prompt = ' 猫 🐈 "quoted"\n\u2028 line '
    body = sent(ImageRequest(prompt=prompt, model="m"))
    assert "猫 🐈" in body.decode("utf-8")
    assert json.loads(body)["contents"][0]["parts"] == [{"text": prompt}]


@pytest.mark.parametrize("change", ["longer", "gone"])
def test_a_changed_picture_is_named(tmp_path: Path, change: str) -> None:
    images = tuple(prepared(tmp_path, picture("JPEG"), f"{place}.jpg") for place in range(2))
    if change == "gone":
        images[1].path.unlink()
    else:
        images[1].path.write_bytes(b"something else")
    with pytest.raises(UnusablePicture) as caught:
        sent(ImageRequest(prompt="x", model="m", images=images))
    assert caught.value.code == "picture_changed"
    assert caught.value.facts["number"] == "2"


def test_elided_is_the_same_body_without_the_bytes(tmp_path: Path) -> None:
    image = PreparedImage(tmp_path / "missing.jpg", "image/jpeg", 8, 6, 1_234_567)
    shown = wire.elided(ImageRequest(prompt="x", model="m", images=(image,), image_size="1K"), ROW)
    part = shown["contents"][0]["parts"][1]
    assert part == {"inline_data": {"mime_type": "image/jpeg", "data": "<1,234,567 bytes of image/jpeg>"}}
    assert shown["generationConfig"]["imageConfig"] == {"imageSize": "1K"}


# ── earlier turns ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def conversation(tmp_path: Path) -> tuple[ImageRequest, list[bytes]]:
    """A second turn with a picture of the person's in each, and the bytes of all pictures in order."""
    drawn = [picture("JPEG"), picture("PNG"), picture("WEBP")]
    images = []
    for number, data in enumerate(drawn):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(data)
        images.append(PreparedImage(path, f"image/of-turn-{number}", 8, 6, len(data)))
    reply = (
        ReplyPart(text="Here:", signature="dGV4dA=="),
        ReplyPart(image=images[1], signature="c2ln" * 500),
        ReplyPart(text="and more"),
        ReplyPart(text="", signature="ZW5k"),
    )
    turn = Turn("a pig", (images[0],), reply, "google", "m")
    return ImageRequest(prompt="at night", model="m", images=(images[2],), turns=(turn,)), drawn


def test_earlier_turns_go_out_word_for_word_and_byte_for_byte(
    conversation: tuple[ImageRequest, list[bytes]],
) -> None:
    request, drawn = conversation
    body = json.loads(sent(request))
    data = [base64.b64encode(one).decode() for one in drawn]

    def inline(number: int) -> dict[str, str]:
        return {"mime_type": f"image/of-turn-{number}", "data": data[number]}

    assert body["contents"] == [
        {"role": "user", "parts": [{"text": "a pig"}, {"inline_data": inline(0)}]},
        {
            "role": "model",
            "parts": [
                {"text": "Here:", "thoughtSignature": "dGV4dA=="},
                {"inline_data": inline(1), "thoughtSignature": "c2ln" * 500},
                {"text": "and more"},
                {"text": "", "thoughtSignature": "ZW5k"},
            ],
        },
        {"role": "user", "parts": [{"text": "at night"}, {"inline_data": inline(2)}]},
    ]


def test_the_length_counts_earlier_turns(conversation: tuple[ImageRequest, list[bytes]]) -> None:
    request, _ = conversation
    assert wire.request_body(request, ROW).length == len(sent(request))


def test_people_see_earlier_turns_without_pictures_and_signatures(
    conversation: tuple[ImageRequest, list[bytes]],
) -> None:
    request, drawn = conversation
    shown = wire.elided(request, ROW)
    model = shown["contents"][1]["parts"]
    assert model[0] == {"text": "Here:", "thoughtSignature": "<signature of 8 characters>"}
    assert model[1]["thoughtSignature"] == "<signature of 2,000 characters>"
    assert model[1]["inline_data"]["data"] == f"<{len(drawn[1]):,} bytes of image/of-turn-1>"


def test_a_picture_of_an_earlier_turn_that_changed_is_told(
    conversation: tuple[ImageRequest, list[bytes]],
) -> None:
    request, _ = conversation
    request.turns[0].images[0].path.write_bytes(b"another")
    with pytest.raises(UnusablePicture) as caught:
        sent(request)
    assert (caught.value.code, caught.value.facts["number"]) == ("picture_changed", "1")
