"""Asked and received: figures from the picture itself, and a note only where the two really differ."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from playground.history import SavedPicture
from playground.jobs.comparison import Received, digests, figures_of
from playground.jobs.durations import Durations
from playground.request import ImageRequest, PreparedImage
from playground.result import ImageResult, PicturePart, Usage

MODEL = "gemini-3-pro-image"


def saved(
    name: str, width: int, height: int, mime_type: str, digest: str = "d", thought: bool = False
) -> Any:
    return SavedPicture("g", name, Path(name), None, mime_type, width, height, 1000, digest, thought)


def received(
    asked: dict[str, Any] | None = None,
    size: tuple[int, int] = (1376, 768),
    declared: str = "image/png",
    real: str = "image/png",
    version: str = MODEL,
    sent: str = MODEL,
    inputs: dict[str, int] | None = None,
) -> Received:
    request = ImageRequest(
        prompt="x", provider="google", model=MODEL, **(asked or {"aspect_ratio": "16:9", "image_size": "1K"})
    )
    part = PicturePart(b"", real, *size, declared_mime_type=declared)
    result = ImageResult(parts=(part,), model_version=version, usage=Usage(total=1300))
    (one,) = figures_of(request, sent, result, [saved("1-1.png", *size, real)], 12.5, inputs)
    return one


def codes(one: Received) -> list[str]:
    return [difference.code for difference in one.differences]


def test_a_picture_as_asked_has_figures_and_no_differences() -> None:
    one = received()
    assert (one.aspect_ratio, one.width, one.height) == ("16:9", 1376, 768)
    assert (one.mime_type, one.declared_mime_type) == ("image/png", "image/png")
    assert (one.model_version, one.seconds, one.tokens, one.byte_count) == (MODEL, 12.5, 1300, 1000)
    assert one.differences == ()


def test_a_shape_of_the_models_row_alone_is_named_and_missed() -> None:
    request = ImageRequest(prompt="x", model=MODEL, aspect_ratio="5:2")
    parts = (PicturePart(b"", "image/png", 1616, 648), PicturePart(b"", "image/png", 1584, 672))
    pictures = [saved("1-1.png", 1616, 648, "image/png"), saved("1-2.png", 1584, 672, "image/png")]
    figures = figures_of(request, MODEL, ImageResult(parts=parts), pictures, 1.0, ratios=("1:1", "5:2"))
    assert [one.aspect_ratio for one in figures] == ["5:2", "21:9"]
    assert [codes(one) for one in figures] == [[], ["aspect_ratio"]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"size": (1024, 1024)}, ["aspect_ratio"]),
        ({"size": (688, 384)}, ["image_size"]),
        ({"size": (512, 512)}, ["aspect_ratio", "image_size"]),
        ({"size": (1376, 790)}, []),  # 2.8 % off, as the providers' own tables are
        ({"asked": {"aspect_ratio": "auto"}, "size": (37, 41)}, []),  # nothing was asked for
        ({"real": "image/jpeg"}, ["mime_type"]),
        ({"real": "image/jpeg", "declared": "image/jpg"}, []),
        ({"real": "image/jpeg", "declared": "IMAGE/JPEG; q=1"}, []),
        ({"real": "image/jpeg", "declared": ""}, []),
        ({"asked": {"output_format": "png"}, "real": "image/jpeg", "declared": ""}, ["output_format"]),
        ({"asked": {"output_format": "jpeg"}, "real": "image/jpeg", "declared": ""}, []),
        ({"version": "gemini-2.5-flash-image"}, ["model_version"]),
        ({"version": ""}, []),
        ({"version": "gemini-3-pro-image-preview"}, []),
        ({"version": "gemini-3-pro-image-001"}, []),
        ({"version": "models/gemini-3-pro-image-preview-11-2025"}, []),
        ({"sent": "gemini-3-pro-image-4k"}, []),
        ({"sent": "google/gemini-3-pro-image"}, []),
        ({"sent": "gemini-3.1-flash-image", "version": "gemini-3.1-flash-lite-image"}, ["model_version"]),
        ({"sent": "best-painter-of-my-reseller"}, []),  # a name of its own says nothing
        ({"inputs": {"d": 2}}, ["same_as_input"]),
        ({"inputs": {"other": 2}}, []),
    ],
)
def test_differences_are_told_by_code(change: dict[str, Any], expected: list[str]) -> None:
    assert codes(received(**change)) == expected


def test_a_difference_says_what_was_asked_and_what_came() -> None:
    (shape,) = received(size=(1024, 1024)).differences
    assert (shape.asked, shape.received) == ("16:9", "1024x1024")
    (same,) = received(inputs={"d": 2}).differences
    assert same.asked == "2"


def test_thoughts_have_no_figures_and_do_not_shift_those_of_the_others() -> None:
    request = ImageRequest(prompt="x", provider="google", model=MODEL)
    parts = (
        PicturePart(b"", "image/png", 9, 9, "image/png", thought=True),
        PicturePart(b"", "image/jpeg", 10, 10, "image/png"),
        PicturePart(b"", "image/png", 11, 11, "image/png"),
    )
    pictures = [
        saved("1-1thought.png", 9, 9, "image/png", thought=True),
        saved("1-2.jpg", 10, 10, "image/jpeg"),
        saved("1-3.png", 11, 11, "image/png"),
    ]
    figures = figures_of(request, MODEL, ImageResult(parts=parts), pictures, 1.0)
    assert [(one.name, codes(one)) for one in figures] == [("1-2.jpg", ["mime_type"]), ("1-3.png", [])]


def test_only_inputs_of_the_same_size_are_read(tmp_path: Path) -> None:
    file = tmp_path / "one.png"
    file.write_bytes(b"0123456789")
    same = PreparedImage(file, "image/png", 1, 1, 10)
    gone = PreparedImage(tmp_path / "gone.png", "image/png", 1, 1, 11)
    assert digests([gone, same], {10}) == {hashlib.sha256(b"0123456789").hexdigest(): 2}
    assert digests([gone], {11}) == {"": 1}  # no picture has that digest


def test_what_is_usual_is_the_median_of_calls_like_it() -> None:
    durations = Durations()
    small = ImageRequest(prompt="x", provider="google", model=MODEL, image_size="1K")
    large = small.model_copy(update={"image_size": "4K"})
    for seconds in (10.0, 50.0):
        durations.add(small, MODEL, seconds)
    assert durations.median(small, MODEL) is None
    durations.add(small, MODEL, 12.0)
    assert durations.median(small, MODEL) == 12.0
    assert durations.median(large, MODEL) is None
    assert durations.median(small, "another") is None


def test_old_durations_and_rare_models_are_forgotten() -> None:
    durations = Durations()
    request = ImageRequest(prompt="x", provider="google", model=MODEL)
    for seconds in [100.0] * 40 + [1.0] * 30:
        durations.add(request, MODEL, seconds)
    assert durations.median(request, MODEL) == 1.0
    for number in range(600):
        durations.add(request, f"model-{number}", 1.0)
    assert durations.median(request, MODEL) is None
