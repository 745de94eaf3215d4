"""The drawings: every subject has one, every drawing can be tinted, worn on and stood on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from playground.demo.painter import Commission, paint, svg
from playground.demo.painter.book import book, looks
from playground.demo.painter.raster import rasterise
from playground.demo.painter.reading import Figure
from playground.demo.painter.subjects import dressed

SUBJECTS = sorted(book()["subject"])
WORN = sorted(book()["worn"])


def test_there_are_enough_subjects_styles_and_places() -> None:
    drawn = {name for subject in SUBJECTS for name in looks(subject)}
    assert len(drawn) >= 80
    assert len(book()["style"]) >= 10
    assert len(book()["place"]) >= 12
    assert len(book()["edit"]) + len(book()["style"]) >= 18


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_subject_has_a_drawing_that_can_be_tinted(name: str) -> None:
    for look in looks(name):
        own, blue = svg.art(look), svg.art(look, "#3f78b8")
        assert len(own.shapes) == len(blue.shapes) >= 4
        assert 0.3 < own.width / own.height < 3.2
        assert 0 < own.ground <= own.height
        assert "head" in own.anchors


@pytest.mark.parametrize("name", WORN)
def test_everything_worn_has_a_drawing_in_any_colour(name: str) -> None:
    plain, _ = dressed(Figure("cat", wears=[name]))
    green, _ = dressed(Figure("cat", wears=[name], colours={name: "#4f8f68"}))
    assert len(plain) > len(svg.art("cat").shapes)
    assert [shape.paint for shape in plain] != [shape.paint for shape in green]


@pytest.mark.parametrize("name", sorted(svg.names()))
def test_a_drawing_stays_within_its_sheet(name: str) -> None:
    """What stands out of its sheet would be cut off, or stand in the air."""
    art = svg.art(name)
    for shape in art.shapes:
        if shape.clip or shape.blur:
            continue
        left, top, right, bottom = shape.bounds()
        assert left > -0.12 * art.width
        assert right < 1.12 * art.width
        assert top > -0.12 * art.height
        assert bottom < 1.08 * art.height


@pytest.mark.parametrize("name", sorted(svg.names()))
def test_a_drawing_covers_a_good_part_of_its_sheet(name: str) -> None:
    art = svg.art(name)
    ground = (1, 2, 3)
    base = Image.new("RGB", (100, 100), ground)
    picture = rasterise(art.shapes, (art.width, art.height), base.size, base=base)
    share = (np.asarray(picture) != ground).any(axis=2).mean()
    assert share > 0.12


def test_the_top_of_a_drawing_is_where_it_is_seen() -> None:
    house = svg.art("house")
    assert house.top(house.width / 2) < house.top(house.width * 0.12)
    assert house.top(-50.0) == house.height


@pytest.mark.parametrize("text", ["children", "a family", "three kings", "people on a street"])
def test_groups_are_drawn(text: str) -> None:
    assert paint(Commission(text, 96, 64)).note
