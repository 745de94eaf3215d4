"""From shapes to pixels.

Shapes are covered at two or three times the resolution with Pillow, gradients are computed small and
enlarged, and soft edges are blurred small and enlarged. The picture is made in horizontal bands, so that no
single call keeps other threads of the process from running for long, and so that a 4K picture needs little
memory beside itself.

Why not an SVG library: resvg-py 0.5 holds Python's global lock for the whole of a render (7.5 s for sixty
large gradients at 1024 px, 110 s at 4096 px, measured on two cores), which stops every other visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .vector import Paint, Points, Shape

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of the whole picture."""

BAND = 1 << 20
"""Pixels of a band, at most (more only when one row is longer)."""

SMOOTH = 160
"""Longest side, in pixels, at which a gradient is computed before it is enlarged."""

Finish = Callable[[Image.Image, Box], Image.Image]


def rasterise(
    shapes: Sequence[Shape],
    units: tuple[float, float],
    size: tuple[int, int],
    finish: Finish | None = None,
    base: Image.Image | None = None,
) -> Image.Image:
    """Draw ``shapes`` of a drawing of ``units`` into an RGB picture of ``size`` pixels.

    With ``base`` (of ``size``) they are drawn over it, and it is changed. ``finish`` may change a band
    after everything is drawn; it gets the band and its place in the picture.
    """
    width, height = size
    press = _Press(width / units[0], height / units[1])
    rows = max(8, BAND // width)
    if height <= rows * 1.5:
        rows = height
    picture = base or Image.new("RGB", size)
    drawn = [(shape, press.box(shape)) for shape in shapes]
    for top in range(0, height, rows):
        area = (0, top, width, min(height, top + rows))
        reached = [(shape, reach) for shape, reach in drawn if reach[1] < area[3] and reach[3] > top]
        if base is not None and not reached and finish is None:
            continue
        band = picture.crop(area)
        for shape, reach in reached:
            press.lay(band, area, shape, reach)
        picture.paste(finish(band, area) if finish else band, (0, top))
    return picture


class _Press:
    """Lays shapes on bands of one picture; lives as long as one picture is drawn."""

    def __init__(self, kx: float, ky: float) -> None:
        self._kx = kx
        self._ky = ky
        self._k = (kx * ky) ** 0.5
        self._soft: dict[int, tuple[Image.Image, Box]] = {}

    def box(self, shape: Shape) -> Box:
        """The pixels a shape may touch."""
        left, top, right, bottom = shape.bounds()
        return (
            int(np.floor(left * self._kx)) - 1,
            int(np.floor(top * self._ky)) - 1,
            int(np.ceil(right * self._kx)) + 1,
            int(np.ceil(bottom * self._ky)) + 1,
        )

    def lay(self, band: Image.Image, area: Box, shape: Shape, reach: Box) -> None:
        """Paint one shape on a band that shows ``area`` of the picture."""
        box = (max(reach[0], area[0]), max(reach[1], area[1]), min(reach[2], area[2]), min(reach[3], area[3]))
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        mask = self._mask(shape, box, reach)
        used = mask.getbbox()
        if used is None:
            return
        if used != (0, 0, *mask.size):
            mask = mask.crop(used)
            box = (box[0] + used[0], box[1] + used[1], box[0] + used[2], box[1] + used[3])
        place = (box[0] - area[0], box[1] - area[1])
        if len(shape.paint.stops) == 1:
            tone = shape.paint.stops[0][1]
            flat = (round(tone[0]), round(tone[1]), round(tone[2]))
            region = (*place, place[0] + mask.width, place[1] + mask.height)
            band.paste(flat, region, _weaker(mask, tone[3] / 255 * shape.opacity))
            return
        tones, veil = self._gradient(shape.paint, box)
        if veil is not None:
            mask = ImageChops.multiply(mask, veil)
        band.paste(tones, place, _weaker(mask, shape.opacity))

    def _mask(self, shape: Shape, box: Box, reach: Box) -> Image.Image:
        """How much of each pixel of ``box`` the shape covers."""
        if shape.blur * self._k > 0.8:
            mask = self._softened(shape, box, reach)
        elif self._covers(shape, box):
            mask = Image.new("L", (box[2] - box[0], box[3] - box[1]), 255)
        else:
            mask = self._cover(shape.contours, shape.stroke, box)
        if shape.clip:
            mask = ImageChops.multiply(mask, self._cover(shape.clip, 0.0, box))
        return mask

    def _covers(self, shape: Shape, box: Box) -> bool:
        """Whether the shape is an upright rectangle around all of ``box``: then there is no edge to draw."""
        if shape.stroke or len(shape.contours) != 1 or len(shape.contours[0]) != 4:
            return False
        x, y = sorted(shape.contours[0][:, 0] * self._kx), sorted(shape.contours[0][:, 1] * self._ky)
        upright = x[0] == x[1] and x[2] == x[3] and y[0] == y[1] and y[2] == y[3]
        return bool(upright and x[0] <= box[0] and y[0] <= box[1] and x[2] >= box[2] and y[2] >= box[3])

    def _cover(self, contours: Sequence[Points], stroke: float, box: Box) -> Image.Image:
        """A mask with smooth edges: drawn larger, then averaged."""
        finer = 3 if (box[2] - box[0]) * (box[3] - box[1]) < 400_000 else 2
        sheet = _sheet(contours, stroke * self._k, box, self._kx, self._ky, finer)
        return sheet.reduce(finer)

    def _softened(self, shape: Shape, box: Box, reach: Box) -> Image.Image:
        """A mask with a soft edge, blurred at a size where the blur is a few pixels and kept for the next
        bands.
        """
        kept = self._soft.get(id(shape))
        if kept is None:
            spread = shape.blur * self._k
            small = min(1.0, 4.0 / spread)
            edges = (
                int(np.floor(reach[0] * small)) - 1,
                int(np.floor(reach[1] * small)) - 1,
                int(np.ceil(reach[2] * small)) + 1,
                int(np.ceil(reach[3] * small)) + 1,
            )
            sheet = _sheet(
                shape.contours, shape.stroke * self._k * small, edges, self._kx * small, self._ky * small, 2
            )
            blurred = sheet.reduce(2).filter(ImageFilter.GaussianBlur(spread * small))
            kept = self._soft[id(shape)] = (blurred, edges)
        blurred, edges = kept
        small = min(1.0, 4.0 / (shape.blur * self._k))
        crop = (
            box[0] * small - edges[0],
            box[1] * small - edges[1],
            box[2] * small - edges[0],
            box[3] * small - edges[1],
        )
        return blurred.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR, crop)

    def _gradient(self, paint: Paint, box: Box) -> tuple[Image.Image, Image.Image | None]:
        """The colours of a gradient over ``box``, and its alpha if it has any."""
        width, height = box[2] - box[0], box[3] - box[1]
        columns, rows = min(SMOOTH, width), min(SMOOTH, height)
        if paint.kind == "linear" and abs(paint.start[0] - paint.end[0]) < 1e-6:
            columns, rows = 1, min(4 * SMOOTH, height)
        x = (box[0] + (np.arange(columns) + 0.5) * width / columns) / self._kx
        y = (box[1] + (np.arange(rows) + 0.5) * height / rows) / self._ky
        places = _along(paint, x[None, :], y[:, None])
        at = [stop for stop, _ in paint.stops]
        parts = [np.interp(places, at, [tone[part] for _, tone in paint.stops]) for part in range(4)]
        small = np.stack(parts, axis=-1).round().astype(np.uint8)
        tones = Image.fromarray(np.ascontiguousarray(small[:, :, :3]))
        size = (width, height)
        veil = None
        if any(tone[3] < 255 for _, tone in paint.stops):
            veil = Image.fromarray(np.ascontiguousarray(small[:, :, 3])).resize(
                size, Image.Resampling.BILINEAR
            )
        return tones.resize(size, Image.Resampling.BILINEAR), veil


def _along(paint: Paint, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Where each point lies on a gradient, 0 at its start and 1 at its end."""
    if paint.kind == "linear":
        dx, dy = paint.end[0] - paint.start[0], paint.end[1] - paint.start[1]
        length = dx * dx + dy * dy or 1.0
        result: npt.NDArray[np.float64] = ((x - paint.start[0]) * dx + (y - paint.start[1]) * dy) / length
        return result
    rx, ry = paint.end[0] or 1.0, paint.end[1] or 1.0
    distance: npt.NDArray[np.float64] = np.hypot((x - paint.start[0]) / rx, (y - paint.start[1]) / ry)
    return distance


def _weaker(mask: Image.Image, share: float) -> Image.Image:
    """The mask with every value multiplied by ``share`` (0 to 1)."""
    if share >= 0.999:
        return mask
    return mask.point(_weakened(round(max(0.0, share) * 512)))


@lru_cache(maxsize=520)
def _weakened(share: int) -> list[int]:
    """What each value of a mask becomes; ``share`` is in 512ths."""
    return [value * share // 512 for value in range(256)]


def _sheet(
    contours: Sequence[Points], stroke: float, box: Box, kx: float, ky: float, finer: int
) -> Image.Image:
    """Outlines or lines drawn hard-edged, ``finer`` times the size of ``box``."""
    sheet = Image.new("L", ((box[2] - box[0]) * finer, (box[3] - box[1]) * finer))
    pencil = ImageDraw.Draw(sheet)
    scale = np.array((kx * finer, ky * finer))
    origin = np.array((box[0] * finer, box[1] * finer))
    for outline in contours:
        points = outline * scale - origin
        if stroke > 0:
            _stroke(pencil, points, stroke * finer)
        elif len(points) > 2:
            pencil.polygon(points.ravel().tolist(), fill=255)
    return sheet


def _stroke(pencil: ImageDraw.ImageDraw, points: Points, width: float) -> None:
    """A line with round joints and ends; thinner than a pixel it stays one pixel."""
    pencil.line(points.ravel().tolist(), fill=255, width=max(1, round(width)))
    radius = width / 2
    if radius >= 1:
        for x, y in points.tolist():
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
