"""The cases that move no bytes: a photograph is made fit to send, or small; plain Pillow does the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.transport_cases import THUMBNAIL_SIDE, Case

_ACCEPTS = ("image/png", "image/jpeg", "image/webp")
_PLAIN_SIDE = 3072
_UNTOUCHED_TIMES = 200
_ALIKE = 6.0  # mean difference of two small copies, of 255: another turn of the picture gives 60 and more


def work(case: Case, variant: str, folder: Path, out: Path) -> Callable[[], Path]:
    """What is measured; returns the file that it made."""
    photo = folder / "photo.jpg"
    if case.kind == "untouched":
        return lambda: _untouched(folder / "upright.jpg", case, out)
    if variant == "naive":
        return lambda: _plain(photo, out, case)
    if case.kind == "thumbnail":
        return lambda: _thumbnail(photo, out)
    return lambda: _prepared(photo, case, out)


def runs_of(case: Case) -> int:
    """How many pictures one measurement handles; its figures are divided by this."""
    return _UNTOUCHED_TIMES if case.kind == "untouched" else 1


def check(case: Case, variant: str, folder: Path, made: Path) -> None:
    """Raises AssertionError when `made` is not the photograph, upright and within its limits."""
    from PIL import Image, ImageChops, ImageOps, ImageStat

    if case.kind == "untouched":
        assert made == folder / "upright.jpg", "the file did not go out untouched"
        return
    with Image.open(made) as image, Image.open(folder / "photo.jpg") as photo:
        stored = case.photo_sides
        sides, enough = image.size, min(0.45, _PLAIN_SIDE / stored[0])
        assert abs(sides[0] / sides[1] - stored[1] / stored[0]) < 0.02, f"not upright: {sides}"
        if case.kind == "thumbnail":
            assert max(sides) == THUMBNAIL_SIDE, sides
        else:
            assert max(sides) >= enough * stored[0], f"smaller than it has to be: {sides}"
            assert variant == "naive" or made.stat().st_size <= case.photo_limit, "too many bytes"
        upright = ImageOps.exif_transpose(photo).convert("RGB")
        small = [each.convert("RGB").resize((40, 60), Image.Resampling.BOX) for each in (image, upright)]
        mean = max(ImageStat.Stat(ImageChops.difference(*small)).mean)
        assert mean < _ALIKE, f"not the same picture: {mean:.1f}"


def _prepared(photo: Path, case: Case, out: Path) -> Path:
    from playground import images

    return images.prepare(photo, accepts=_ACCEPTS, max_bytes=case.photo_limit, folder=out).path


def _thumbnail(photo: Path, out: Path) -> Path:
    from playground import images

    return images.thumbnail(photo, out / "small.webp", THUMBNAIL_SIDE)


def _untouched(photo: Path, case: Case, out: Path) -> Path:
    from playground import images

    for _ in range(_UNTOUCHED_TIMES):
        prepared = images.prepare(photo, accepts=_ACCEPTS, max_bytes=10 * case.photo_limit, folder=out)
        assert not prepared.changes
    return prepared.path


def _plain(photo: Path, out: Path, case: Case) -> Path:
    from PIL import Image, ImageOps

    image: Image.Image = Image.open(photo)
    image.load()
    image = ImageOps.exif_transpose(image)
    if case.kind == "thumbnail":
        target, options = out / "plain.webp", {"quality": 80}
        image = image.resize(_fitted(image.size, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    else:
        target, options = out / "plain.jpg", {"quality": 90}
        image.thumbnail((_PLAIN_SIDE, _PLAIN_SIDE), Image.Resampling.LANCZOS, reducing_gap=None)
    image.save(target, **options)
    return target


def _fitted(sides: tuple[int, int], longest: int) -> tuple[int, int]:
    factor = longest / max(sides)
    return round(sides[0] * factor), round(sides[1] * factor)
