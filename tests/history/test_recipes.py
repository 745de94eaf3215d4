"""Recipes inside pictures: no pixel and no other byte moves, and a stranger's file does no harm."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from playground.errors import PlaygroundError
from playground.history import Recipe, metadata, recipes
from playground.request import MAX_PROMPT_CHARACTERS, SETTINGS, known_settings
from tests.history_samples import add, opened
from tests.wire.samples import picture

KINDS = ("PNG", "JPEG", "WEBP")
RECIPE = Recipe(
    prompt="一只猫 & \"two\" <dogs> 'n' {braces} 🦊\n\ttab",
    mode="edit",
    provider="google",
    model="some-model",
    settings=known_settings(
        {
            "aspect_ratio": "16:9",
            "image_size": "2K",
            "response_modalities": ["IMAGE"],
            "output_format": "png",
            "count": 3,
        }
    ),
)


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.mode, image.size, image.tobytes()


def samples() -> dict[str, bytes]:
    """Pictures of every kind of file that is written differently."""
    transparent = Image.new("RGBA", (9, 7), (10, 20, 30, 40))
    noise = Image.effect_noise((33, 21), 80).convert("RGB")
    found = {kind: picture(kind) for kind in KINDS}
    options: dict[str, tuple[Image.Image, str, dict[str, object]]] = {
        "PNG with alpha": (transparent, "PNG", {}),
        "WebP lossless": (noise, "WEBP", {"lossless": True}),
        "WebP lossless with alpha": (transparent, "WEBP", {"lossless": True}),
        "WebP lossy with alpha": (transparent, "WEBP", {}),
        "WebP with EXIF": (noise, "WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
        "WebP with XMP": (noise, "WEBP", {"xmp": b"<x>other</x>"}),
        "JPEG with XMP": (noise, "JPEG", {"xmp": b"<x>other</x>"}),
        "JPEG progressive": (noise, "JPEG", {"progressive": True, "comment": b"hello"}),
    }
    for name, (image, kind, option) in options.items():
        buffer = io.BytesIO()
        image.save(buffer, kind, **option)
        found[name] = buffer.getvalue()
    return found


@pytest.mark.parametrize("name", list(samples()))
def test_a_recipe_goes_in_and_comes_out_and_no_pixel_moves(name: str) -> None:
    data = samples()[name]
    with_recipe = recipes.embed(data, RECIPE)
    assert recipes.from_text(recipes.extract(with_recipe) or "") == RECIPE
    assert pixels(with_recipe) == pixels(data)
    assert recipes.extract(data) is None


@pytest.mark.parametrize("name", list(samples()))
def test_what_was_in_the_file_before_is_in_it_still(name: str) -> None:
    data = samples()[name]
    with_recipe = recipes.embed(data, RECIPE)
    if data.startswith(b"RIFF"):
        before = [data[s : s + 8 + n] for kind, s, n in metadata._webp_chunks(data) if kind != b"VP8X"]
        after = [with_recipe[s : s + 8 + n] for kind, s, n in metadata._webp_chunks(with_recipe)]
        assert [chunk for chunk in after if chunk in before] == before
        assert struct.unpack("<I", with_recipe[4:8])[0] == len(with_recipe) - 8
    else:  # one piece, put in at one place
        extra = len(with_recipe) - len(data)
        assert any(
            with_recipe[:place] + with_recipe[place + extra :] == data for place in range(len(data) + 1)
        )
    with Image.open(io.BytesIO(data)) as old, Image.open(io.BytesIO(with_recipe)) as new:
        assert new.info.get("exif") == old.info.get("exif")
        assert new.info.get("comment") == old.info.get("comment")


def test_other_programs_can_read_it() -> None:
    with Image.open(io.BytesIO(recipes.embed(picture("PNG"), RECIPE))) as png:
        assert json.loads(png.text["Image Playground recipe"])["prompt"] == RECIPE.prompt
    for kind in ("JPEG", "WEBP"):
        with Image.open(io.BytesIO(recipes.embed(picture(kind), RECIPE))) as image:
            assert "urn:image-playground:recipe:1" in str(image.info["xmp"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_prompt_fits(kind: str) -> None:
    recipe = Recipe(prompt=("一只猫坐在窗台上" * 10_000)[:MAX_PROMPT_CHARACTERS])
    assert recipes.from_text(recipes.extract(recipes.embed(picture(kind), recipe)) or "") == recipe


def test_what_does_not_fit_into_a_jpeg_is_said_so() -> None:
    import random

    chance = random.Random(1)
    prompt = "".join(chr(chance.randint(0x4E00, 0x9FFF)) for _ in range(MAX_PROMPT_CHARACTERS))
    with pytest.raises(PlaygroundError) as caught:
        recipes.embed(picture("JPEG"), Recipe(prompt=prompt))
    assert caught.value.code == "recipe_too_long"


def test_other_formats_are_refused() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "GIF")
    for data in (buffer.getvalue(), b"", b"text", picture("PNG")[:30]):
        with pytest.raises(PlaygroundError) as caught:
            recipes.embed(data, RECIPE)
        assert caught.value.code == "recipe_unsupported"


def test_a_copy_carries_the_recipe_and_the_original_does_not_change(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        generation = add(history, prompt="一只猫", aspect_ratio="1:1", count=2)
        original = history.folder(generation) / "1-1.png"
        copy = history.copy_with_recipe("me", generation, "1-1.png", tmp_path / "copies")
        assert original.read_bytes() == picture()
        assert history.read_recipe(original) is None
        recipe = history.read_recipe(copy)
        assert recipe is not None
        assert (recipe.prompt, recipe.settings["aspect_ratio"], recipe.settings["count"]) == (
            "一只猫",
            "1:1",
            2,
        )
        assert "owner" not in (recipes.extract(copy.read_bytes()) or "")
        for strange in (
            ("you", generation, "1-1.png"),
            ("me", "none", "1-1.png"),
            ("me", generation, "x.png"),
        ):
            with pytest.raises(PlaygroundError) as caught:
                history.copy_with_recipe(*strange, tmp_path)
            assert caught.value.code == "history_gone"
        assert history.read_recipe(tmp_path / "missing.png") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"form": "other"}',
        "[" * 100_000,
        "1" * 10_000,
        '{"form": "image-playground-recipe-1", "prompt": 5, "count": 1e999, "mode": [], "model": {}}',
    ],
)
def test_a_text_that_is_no_recipe_is_none_or_harmless(text: str) -> None:
    assert recipes.from_text(text) in (None, Recipe(prompt=""))


def test_a_bomb_stays_small() -> None:
    bomb = zlib.compress(b"a" * 200_000_000, 9)
    content = b"iTXtImage Playground recipe\0\1\0\0\0" + bomb
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    data = picture("PNG")
    found = recipes.extract(data[:-12] + chunk + data[-12:])
    assert found is not None
    assert len(found) <= 1_000_000


values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=3))
)
names = ["prompt", "mode", "provider", "model", *(setting.name for setting in SETTINGS)]
fields = st.dictionaries(st.sampled_from(names), values)


@given(fields=fields)
def test_any_values_make_a_recipe_that_survives_a_picture(fields: dict[str, object]) -> None:
    recipe = recipes.from_values(fields)
    for kind in KINDS:
        assert recipes.from_text(recipes.extract(recipes.embed(picture(kind), recipe)) or "") == recipe


@given(
    data=st.binary(max_size=200),
    head=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"RIFF____WEBP"]),
)
def test_any_bytes_are_read_without_harm(data: bytes, head: bytes) -> None:
    assert recipes.extract(head + data) is None


@given(kind=st.sampled_from(KINDS), data=st.data())
def test_a_damaged_picture_gives_the_recipe_or_none(kind: str, data: st.DataObject) -> None:
    whole = bytearray(recipes.embed(picture(kind), RECIPE))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = recipes.extract(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    assert found is None or isinstance(recipes.from_text(found), (Recipe, type(None)))
