"""The templates: each has its words and its picture, and draws something of its examples on the demo."""

from __future__ import annotations

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from playground.demo.painter.understand import read
from playground.modes import MODES
from playground.ui.prompt_templates import FIELD, TEMPLATES, filled, gallery
from playground.ui.words import LANGUAGES, words_for
from tests.template_pictures import STATIC, drawn

SEEDS = {
    "flying": ("wings and a top hat", "futuristic scifi city"),
    "sticker_full": ("key characteristics", "color palette", "line style", "shading style"),
    "from_sketch": ("medium", "style description", "specific features", "new details/materials"),
    "place_onto": ("element from image 2", "element from image 1"),
}


def test_there_are_enough_of_every_kind() -> None:
    assert len(TEMPLATES) >= 30
    assert {template.mode for template in TEMPLATES.values()} == {*MODES} - {"batch"}
    keys = words_for("en").keys()
    named = {key.removeprefix("templates.groups.") for key in keys if key.startswith("templates.groups.")}
    assert named == {template.group for template in TEMPLATES.values()}
    for name, said in SEEDS.items():
        assert all(part in words_for("en").get(f"template.{name}.text") for part in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gallery_names_each_with_its_fields(language: str) -> None:
    words = words_for(language)
    html = gallery(words)
    for name in TEMPLATES:
        text = words.get(f"template.{name}.text")
        assert FIELD.search(text), name
        assert "[" not in filled(text), name  # every field has an example
        assert html.count(f'data-template="{name}"') == 1
        assert (STATIC / "templates" / f"{name}.webp").stat().st_size < 30_000
    titles = Counter((TEMPLATES[name].group, words.get(f"template.{name}.title")) for name in TEMPLATES)
    assert max(titles.values()) == 1


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("A [thing: red cup] on [place]", "A red cup on [place]"),
        ("[物品：红杯子]，[物品]", "红杯子，红杯子"),
        ("no field [] at all", "no field [] at all"),
        ("[a], then [a: b]", "b, then b"),
    ],
)
def test_fields_are_filled_by_their_examples(text: str, prompt: str) -> None:
    assert filled(text) == prompt


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_demo_draws_each(language: str) -> None:
    for name in TEMPLATES:
        painting = drawn(name, language, part=4)  # what it understood is the same at any size
        assert painting.data, (name, painting.note)
        assert "abstract composition" not in painting.note, name
        assert "抽象构图" not in painting.note, name


def test_changes_of_the_samples_are_where_one_looks_for_them() -> None:
    """The hat is above the eyes, the glasses are on them, snow lies, and the cat sits without its ground, of
    which nothing is left on white, nor of its shadow."""
    seen = {
        name: np.asarray(Image.open(io.BytesIO(drawn(name).data)).convert("RGB").resize((400, 400)), int)
        for name in ("hat", "glasses", "weather", "place_onto", "plain")
    }
    with Image.open(STATIC / "samples" / "cat.jpg") as sample:
        cat = np.asarray(sample.convert("RGB").resize((400, 400)), int)
    eyes = (slice(120, 145), slice(130, 230))
    assert abs(seen["hat"] - cat)[eyes].mean() < 5
    assert abs(seen["hat"] - cat)[40:90, 160:210].mean() > 40
    assert abs(seen["glasses"] - cat)[eyes].mean() > 15
    assert abs(seen["glasses"] - cat)[160:180, 150:210].mean() < 5
    assert seen["weather"][330:390].min(axis=2).mean() > 190
    assert (abs(seen["place_onto"] - (245, 208, 110)).max(axis=2) < 25).mean() < 0.005
    for yellow in ((245, 208, 110), (240, 195, 80), (200, 165, 80)):
        assert (abs(seen["plain"] - yellow).max(axis=2) < 25).mean() < 0.001, yellow
    orange = (abs(seen["plain"] - (237, 143, 58)).max(axis=2) < 25).mean()
    assert orange > 0.12, "the cat itself is whole"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_portrait_is_near_and_a_farmer_has_a_straw_hat(language: str) -> None:
    """Of faces there is much to see; the hat is where no other orange man has one."""
    with Image.open(io.BytesIO(drawn("portrait", language).data)) as portrait:
        pixels = np.asarray(portrait.convert("RGB"), int)
    skin = (abs(pixels - (246, 201, 162)).max(axis=2) < 24).mean()
    assert skin > 0.06
    said = drawn("profession", language).note
    assert ("farmer" if language == "en" else "农夫") in said
    assert [one.wears for one in read("a farmer with a cow").figures] == [["strawhat"], []]
