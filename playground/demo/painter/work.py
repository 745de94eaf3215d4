"""The painter itself: commission in, painting out."""

from __future__ import annotations

import io
import math
import random
import re
from dataclasses import replace

from PIL import Image, ImageFilter

from playground import region

from .compose import arrange
from .decode import WORK, decode
from .edit import additions, cropped, edit, fitted, headline, mirrored
from .filters import Filter, sepia
from .finish import both, grain, mark, vignette
from .frame import SHORT
from .model import Commission, Painting, dice
from .note import note
from .painterly import laid_in, rough
from .raster import Finish, rasterise
from .reading import Reading
from .restyle import RESTYLES
from .retouch import set_lines
from .scene import Drawing, compose, unseen_places
from .treatments import EDITS, STYLES
from .understand import HAN, read
from .vector import Shape

MODERATE = 1024
"""Longest side, in pixels, at which treatments of a finished drawing are made before it is enlarged."""

FILM = 6
"""Strength of film grain, in 8-bit steps."""

_ROLE = re.compile(
    r"\s*(?:Picture \d{1,2} is the (?:subject|style|background|product|pose|text)\b[^.]*\."
    r"|图\s?\d{1,2}是(?:主体|风格参考|背景|产品|姿势参考|文字)[^。]*。)"
)
"""What a picture is for, as the page says it (`tray.role_*_says` of its words)."""
_BACKGROUND = re.compile(r"Picture (\d{1,2}) is the background\.|图\s?(\d{1,2})是背景。")
_ONTO = re.compile(
    r"\b(?:on|onto|in|into)\b(?: the \w+)?(?: (?:of|in|from|on))? (?:picture|image) (\d{1,2})"
    r"|(?:放|贴|摆|移|加)(?:到|在|进|入)图\s?(\d{1,2})",
    re.I,
)
"""What something is put on: "onto the sofa in picture 2"."""

TOOTH = {"papercut": 5, "lineart": 1, "noir": 7}
"""Strength of the grain of some styles; the others have 2."""


def paint(commission: Commission) -> Painting:
    """Draw, edit or compose, whatever the commission asks for."""
    said = _ROLE.sub("", region.without(commission.prompt))
    reading = read(said)
    if not said.strip():  # nothing but what the page says: the answer is in its language
        reading.chinese = bool(HAN.search(commission.prompt))
    rng = dice(commission)
    # The more pictures share the sheet, the smaller each is shown, and the less of it has to be decoded.
    longest = min(WORK, max(480, round(1.25 * max(commission.width, commission.height))))
    longest = round(longest / max(1, len(commission.pictures)) ** 0.4)
    pictures = [decode(data, index, longest) for index, data in enumerate(commission.pictures)]
    picture: Image.Image | None
    if not pictures:
        picture, remarks, kind = *_draw(commission, reading, rng), "draw"
    elif "given" in reading.details and reading.figures:
        picture, remarks, kind = *_draw(commission, reading, rng), "draw"
        remarks = [*remarks, "from words"]
    elif len(pictures) == 1:
        picture, remarks, kind = *_edit(commission, reading, rng, pictures[0]), "edit"
    elif len(pictures) == region.mask_number(commission.prompt) == 2:
        picture, remarks, kind = *_edit_within(commission, reading, rng, *pictures), "edit"
    else:
        pictures = _ground_first(commission, reading, pictures)
        picture, remarks, kind = *_compose(commission, reading, rng, pictures), "compose"
    if picture is None:
        return Painting(b"", commission.mime_type, note(reading, "unchanged", remarks))
    text = note(reading, kind, remarks, unseen_places(reading) if kind == "draw" else ())
    return Painting(encoded(picture, commission.mime_type), commission.mime_type, text)


def _draw(commission: Commission, reading: Reading, rng: random.Random) -> tuple[Image.Image, list[str]]:
    ratio = commission.width / commission.height
    drawing = compose(reading, ratio, rng, commission.variation, _fineness(commission))
    draft = _draft(commission)
    name = next((name for name in reading.styles if name in RESTYLES or name in STYLES), "")
    shapes = drawing.shapes
    if name in RESTYLES and not draft:
        shapes = RESTYLES[name](shapes, drawing.width, drawing.height)
    treat = _treatment(reading, name, draft)
    remarks = [] if reading.words or reading.letters else ["abstract"]
    if HAN.search(reading.letters) and not drawing.lines:
        remarks.append("no font")
    size = (commission.width, commission.height)
    if treat is None:
        finish = grain(FILM if "film" in reading.details else TOOTH.get(name, 2))
        if name == "noir":
            finish = both(vignette(size, 0.5), finish)
        light = name in ("lineart",) or drawing.dark_mark
        marked = mark(drawing.width, drawing.height, light)
        return _lined(drawing, rasterise([*shapes, *marked], _units(drawing), size, finish)), remarks
    treated = treat(_lined(drawing, rasterise(shapes, _units(drawing), _moderate(size))))
    coarse = name == "pixel" and not draft
    sharp = Image.Resampling.NEAREST if coarse else Image.Resampling.BICUBIC
    pale = bool(draft) or name in ("sketch", "watercolor")
    return _over(treated.resize(size, sharp), mark(drawing.width, drawing.height, pale)), remarks


def _lined(drawing: Drawing, picture: Image.Image) -> Image.Image:
    return set_lines(picture, drawing.lines, picture.width / drawing.width)


def _fineness(commission: Commission) -> float:
    """A larger picture has more to find: 0.7 at 512 pixels, 1 at 1K, 1.4 at 2K, 2 at 4K."""
    side = math.sqrt(commission.width * commission.height)
    return min(2.0, max(0.6, math.sqrt(side / 1024)))


def _draft(commission: Commission) -> Filter | None:
    """What makes a draft of a finished picture; None for a picture that is finished."""
    if commission.sketch:
        return rough
    return laid_in if commission.wash else None


def _treatment(reading: Reading, name: str, draft: Filter | None) -> Filter | None:
    """What is done to the finished drawing, if anything."""
    if draft:
        return draft
    if name in RESTYLES:
        return None
    return STYLES.get(name) or (sepia if "sepia" in reading.edits else None)


def _edit(
    commission: Commission,
    reading: Reading,
    rng: random.Random,
    picture: Image.Image,
    *,
    marked: bool = True,
) -> tuple[Image.Image | None, list[str]]:
    treated, remarks = edit(picture, reading, rng)
    if treated is None:
        return None, remarks
    size = (commission.width, commission.height)
    inner = _moderate(size, 1600)
    sheet = cropped(treated, inner, reading) if "cropped" in remarks else fitted(treated, inner)
    if draft := _draft(commission):
        sheet = draft(sheet)
    units = _sheet_units(size)
    extra = [] if draft else additions(reading, *units, rng, sheet)
    whole = sheet.resize(size, Image.Resampling.BICUBIC)
    if not draft:
        whole = headline(whole, reading)
    return _over(whole, [*extra, *(mark(*units, bool(draft)) if marked else [])]), remarks


def _edit_within(
    commission: Commission, reading: Reading, rng: random.Random, picture: Image.Image, mask: Image.Image
) -> tuple[Image.Image | None, list[str]]:
    """The picture, changed where its mask is white."""
    size = (commission.width, commission.height)
    if region.is_extended(commission.prompt):
        return _over(_extended(picture, mask, size), mark(*_sheet_units(size), False)), ["extended"]
    kept = fitted(picture, size).convert("RGB")
    white = fitted(mask, size).convert("L").point(lambda level: 255 * (level > 127))
    changed, remarks = _edit(commission, reading, rng, picture)
    if changed is None:
        return None, remarks
    if "colour" in remarks and (box := white.getbbox()):  # the strongest colour of what is marked
        part = kept.crop(box)
        whole = replace(commission, width=part.width, height=part.height)
        inner, _ = _edit(whole, read(region.without(commission.prompt)), rng, part, marked=False)
        if inner is not None:
            changed = kept.copy()
            changed.paste(inner, box)
    soft = white.filter(ImageFilter.GaussianBlur(min(size) / 200))
    within = Image.composite(changed.convert("RGB"), kept, soft)
    return _over(within, mark(*_sheet_units(size), False)), remarks


def _extended(picture: Image.Image, mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture going on where its mask is white."""
    there = fitted(mask, size).convert("L").point(lambda level: 255 * (level < 128)).getbbox()
    return mirrored(fitted(picture, size).convert("RGB"), there or (0, 0, *size))


def _ground_first(commission: Commission, reading: Reading, pictures: list[Image.Image]) -> list[Image.Image]:
    """The pictures, first the one that is said to be the background, or that something is put on."""
    said = _BACKGROUND.search(commission.prompt)
    if said is None and reading.layout == "onto":
        said = _ONTO.search(commission.prompt)
    at = int(said[1] or said[2]) - 1 if said else 0
    return [pictures[at], *pictures[:at], *pictures[at + 1 :]] if 0 < at < len(pictures) else pictures


def _compose(
    commission: Commission, reading: Reading, rng: random.Random, pictures: list[Image.Image]
) -> tuple[Image.Image, list[str]]:
    size = (commission.width, commission.height)
    sheet = arrange(pictures, size, reading.layout, rng)
    for name in [*reading.edits, *reading.styles]:
        # "A collage in black and white": treatments that do not move anything also make sense for a whole
        # sheet.
        if name in EDITS and name not in ("mirror", "rotate", "blur"):
            sheet = EDITS[name](sheet)
            break
    if draft := _draft(commission):
        sheet = draft(sheet)
    remark = reading.layout or "prints"
    return _over(sheet.resize(size, Image.Resampling.BICUBIC), mark(*_sheet_units(size), bool(draft))), [
        remark
    ]


def _over(picture: Image.Image, shapes: list[Shape], finish: Finish | None = None) -> Image.Image:
    """Shapes drawn on a finished picture of the final size."""
    return rasterise(shapes, _sheet_units(picture.size), picture.size, finish, picture)


def _mark(drawing: Drawing) -> list[Shape]:
    return mark(drawing.width, drawing.height, drawing.dark_mark)


def _units(drawing: Drawing) -> tuple[float, float]:
    return (drawing.width, drawing.height)


def _sheet_units(size: tuple[int, int]) -> tuple[float, float]:
    """The units of a drawing over a picture of ``size``: its short side is ``SHORT``."""
    scale = SHORT / min(size)
    return (size[0] * scale, size[1] * scale)


def _moderate(size: tuple[int, int], longest: int = MODERATE) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return (max(8, round(size[0] * scale)), max(8, round(size[1] * scale)))


def encoded(picture: Image.Image, mime_type: str) -> bytes:
    """The bytes of a picture: JPEG unless PNG is asked for."""
    data = io.BytesIO()
    if mime_type == "image/png":
        picture.save(data, "PNG", compress_level=1)
    else:
        picture.save(data, "JPEG", quality=90, subsampling=0)
    return data.getvalue()
