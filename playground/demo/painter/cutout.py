"""What stands out of a picture, without a model: what is unlike everything that reaches in from its edge.

After "Minimum Barrier Salient Object Detection at 80 FPS" (Zhang et al., ICCV 2015), then colours of inside
and outside learned from that, as GrabCut does, and edges from a guided filter (He et al., ECCV 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Field = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

SIDE = 160
"""Longest side, in pixels, at which is decided what belongs to the subject."""

LEAST, MOST = 0.015, 0.72
"""Shares of the picture outside which a subject is no subject but a mistake."""

CLEAR = 0.22
"""How much the colours on both sides of an outline differ at least: less is a line through nothing."""

PLAIN = 10
"""8-bit steps that the edge of a plain ground differs from its colour, at most: what JPEG makes of one."""

FLAT, FLAT_SHARE = 16, 0.7
"""8-bit steps that a flat colour varies by, and how much of a ground two of them make up at least."""

DEEPEST = 0.5
"""How much of its light a ground has in the shadow of what lies on it, at least."""

TOUCHED = 0.08
"""Share of the edge of a plain ground that the thing on it may touch, as a logo that is cut close does."""

CHROMA = 1.8
"""What a difference of colour weighs, beside one of brightness."""

BINS = 12
"""Steps of each colour channel in the histograms of inside and outside."""


def subject(picture: Image.Image, near: float | None = None) -> Image.Image | None:
    """A mask, as large as the picture, of what stands out; None where nothing does.

    ``near`` is a share of the width: of several things the one next to it is meant.
    """
    scale = min(1.0, SIDE / max(picture.size))
    size = (max(16, round(picture.width * scale)), max(16, round(picture.height * scale)))
    small = picture.resize(size, Image.Resampling.BOX).filter(ImageFilter.MedianFilter(3))
    channels = (
        np.asarray(small.convert("YCbCr"), dtype=np.float32) / 255 * np.array((1, CHROMA, CHROMA), np.float32)
    )
    likely = _barrier(channels)
    likely = _learned(channels, likely / max(1e-6, float(likely.max())), near)
    piece = _one_piece(likely > 0.5, near)
    if not LEAST <= piece.mean() <= MOST or _edge(channels, piece) < CLEAR:
        return None
    rough = Image.fromarray((piece * 255).astype(np.uint8)).resize(picture.size, Image.Resampling.BICUBIC)
    return _refined(picture, rough)


def on_plain_ground(picture: Image.Image) -> Image.Image | None:
    """A mask of what lies on a ground of one colour all around, as a logo does; None on any other ground.

    See-through parts of an upload have become such a ground.
    """
    pixels = np.asarray(picture.convert("RGB"), dtype=np.int16)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    ground = np.median(edge, axis=0)
    if (np.abs(edge - ground).max(axis=1) > PLAIN).mean() > TOUCHED:
        return None
    unlike = Image.fromarray((np.abs(pixels - ground).max(axis=2) > PLAIN).astype(np.uint8) * 255)
    small = ImageOps.contain(unlike, (SIDE, SIDE), Image.Resampling.BOX)
    small = ImageOps.expand(small.point([0] * 64 + [255] * 192), 1, 0)
    ImageDraw.floodfill(small, (0, 0), 128)  # what is of that colour inside stays
    inside = small.crop((1, 1, small.width - 1, small.height - 1)).point([255] * 128 + [0] + [255] * 127)
    inside = inside.filter(ImageFilter.MinFilter(3)).resize(picture.size, Image.Resampling.NEAREST)
    mask = ImageChops.lighter(unlike, inside)
    return mask.filter(ImageFilter.GaussianBlur(0.7)) if mask.getbbox() else None


def without_ground(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """A mask without what has the colours of a flat ground: the rims and gaps that a small mask leaves.

    Any other ground than one of two colours leaves the mask as it is.
    """
    pixels, share = np.asarray(picture.convert("RGB"), np.int16), np.asarray(mask, np.float32)
    outside = pixels[share < 20].reshape(-1, 3)
    if not len(outside):
        return mask
    kinds, counts = np.unique(outside // FLAT, axis=0, return_counts=True)
    first = kinds[counts.argmax()]
    apart = np.abs(kinds - first).max(axis=1) > 1
    tones = [first] + ([kinds[apart][counts[apart].argmax()]] if apart.any() else [])
    near = [np.abs(outside - (tone * FLAT + FLAT // 2)).max(axis=1) < FLAT for tone in tones]
    if np.any(near, axis=0).mean() < FLAT_SHARE:
        return mask
    flat = [outside[one].mean(axis=0) for one in near if one.any()]
    away = np.min([np.abs(pixels - tone).max(axis=2) for tone in flat], axis=0)
    shaded = np.min([_unlike(pixels, tone) for tone in flat], axis=0)
    kept = np.clip(np.minimum((away - FLAT) / FLAT, (2 * shaded - FLAT) / FLAT), 0, 1)
    return Image.fromarray((share * kept).astype(np.uint8))


def _unlike(pixels: npt.NDArray[np.int16], tone: Field) -> Field:
    """How far each pixel is from a colour in any shadow."""
    light = np.clip(pixels @ tone / (tone @ tone), DEEPEST, 1)[..., None]
    apart: Field = np.abs(pixels - light * tone).max(axis=2)
    return apart


def _barrier(channels: Field) -> Field:
    """How much a colour has to change on the easiest way in from the edge, for each pixel."""
    total = np.zeros(channels.shape[:2], np.float32)
    for plane in np.moveaxis(channels, 2, 0):
        high, low = plane.copy(), plane.copy()
        far = np.full(plane.shape, np.inf, np.float32)
        far[0] = far[:, 0] = far[:, -1] = 0
        # What stands on the lower edge, as a person down to the waist does, is no background for that.
        third = plane.shape[1] // 5
        far[-1, :third] = far[-1, -third:] = 0
        for _ in range(3):
            for turned, step in ((False, 1), (False, -1), (True, 1), (True, -1)):
                _swept(*((field.T if turned else field)[::step] for field in (plane, high, low, far)))
        total += far
    return total


def _swept(plane: Field, high: Field, low: Field, far: Field) -> None:
    """Ways that come from the row above, in place."""
    for row in range(1, len(plane)):
        above = np.maximum(high[row - 1], plane[row])
        below = np.minimum(low[row - 1], plane[row])
        shorter = above - below < far[row]
        far[row][shorter] = (above - below)[shorter]
        high[row][shorter], low[row][shorter] = above[shorter], below[shorter]


def _learned(channels: Field, likely: Field, near: float | None) -> Field:
    """What is inside by colour, place and neighbours, begun with what is likely."""
    rows, columns = likely.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    middle = 0.0 if near is None else 2 * near - 1
    prior = np.exp(-(((x - middle) / 0.62) ** 2 + ((y - 0.08) / 0.75) ** 2))
    guide = channels[:, :, 0]
    likely = likely * (0.35 + 0.65 * prior)
    likely = likely / max(1e-6, float(np.quantile(likely, 0.97)))
    inside = np.clip(likely, 0, 1)
    bins = np.clip((channels / np.array((1, CHROMA, CHROMA)) * BINS).astype(int), 0, BINS - 1)
    index = (bins[:, :, 0] * BINS + bins[:, :, 1]) * BINS + bins[:, :, 2]
    for weak in (0.6, 0.5, 0.4, 0.3, 0.2, 0.2):
        ours, others = _histogram(index, inside), _histogram(index, 1 - inside)
        colour = ours[index] / (ours[index] + others[index] + 1e-9)
        mixed = (0.8 * colour + 0.2 * np.clip(likely, 0, 1)) * (1 - weak + weak * prior)
        smooth = guided(guide, mixed.astype(np.float32), 5, 0.004)
        inside = np.clip((smooth - 0.3) / 0.3, 0, 1).astype(np.float32)
    return inside


def _histogram(index: npt.NDArray[np.int_], weight: Field) -> Field:
    """Density of colours, a little blurred so that colours close by count too."""
    counts = np.bincount(index.ravel(), weight.ravel(), BINS**3).reshape(BINS, BINS, BINS)
    for axis in range(3):
        counts = counts + 0.5 * (np.roll(counts, 1, axis) + np.roll(counts, -1, axis))
    density: Field = (counts / max(1e-6, counts.sum())).ravel()
    return density


def _filtered(mask: Mask, first: ImageFilter.RankFilter, then: ImageFilter.RankFilter) -> Mask:
    """Without specks (least, then most), or without small holes (the other way around)."""
    picture = Image.fromarray(mask).convert("L").filter(first).filter(then)
    return np.asarray(picture) > 127


def _one_piece(mask: Mask, near: float | None) -> Mask:
    """The largest connected piece, or the one next to ``near``, without its holes."""
    opened = _filtered(mask, ImageFilter.MinFilter(3), ImageFilter.MaxFilter(3))
    best, value = np.zeros_like(mask), 0.0
    rest = opened.copy()
    while rest.any() and rest.sum() > mask.size * LEAST / 3:
        seed = np.zeros_like(mask)
        seed.flat[int(rest.argmax())] = True
        piece = _grown(seed, rest)
        columns = np.nonzero(piece)[1]
        weight = piece.sum() * (
            1.0 if near is None else np.exp(-((columns.mean() / mask.shape[1] - near) ** 2) / 0.03)
        )
        if weight > value:
            best, value = piece, float(weight)
        rest &= ~piece
    best = _filtered(best, ImageFilter.MaxFilter(7), ImageFilter.MinFilter(7))
    best = _without_bays(best)
    frame = np.zeros_like(mask)
    frame[0] = frame[-1] = frame[:, 0] = frame[:, -1] = True
    return ~_grown(frame & ~best, ~best)


def _edge(channels: Field, piece: Mask) -> float:
    """The mean difference of colour across the outline of a piece, away from the edge of the picture."""
    steps = []
    for axis in (0, 1):
        ahead, behind = (np.take(channels, range(at, channels.shape[axis] - 4 + at), axis) for at in (4, 0))
        crossed = np.take(piece, range(3, channels.shape[axis] - 1), axis) != np.take(
            piece, range(1, channels.shape[axis] - 3), axis
        )
        steps.append(np.abs(ahead - behind).sum(axis=2)[crossed])
    return float(np.concatenate(steps).mean()) if any(len(step) for step in steps) else 0.0


def _without_bays(mask: Mask) -> Mask:
    """Narrow gaps with the subject left, right and above, as a door in a wall, belong to it."""
    widest = max(2, mask.shape[1] // 10)
    columns = mask.shape[1]
    at = np.arange(columns)
    before = np.maximum.accumulate(np.where(mask, at, -columns), axis=1)
    after = np.minimum.accumulate(np.where(mask, at, 2 * columns)[:, ::-1], axis=1)[:, ::-1]
    above = np.logical_or.accumulate(mask, axis=0)
    below = np.logical_or.accumulate(mask[::-1], axis=0)[::-1]
    bays: Mask = (after - before <= widest) & above & ~below
    return mask | bays


def _grown(seed: Mask, within: Mask) -> Mask:
    """Everything of ``within`` that hangs together with the seed."""
    held = seed & within
    while True:
        grown = held.copy()
        grown[1:] |= held[:-1]
        grown[:-1] |= held[1:]
        grown[:, 1:] |= held[:, :-1]
        grown[:, :-1] |= held[:, 1:]
        grown &= within
        if (grown == held).all():
            return held
        held = grown


def guided(guide: Field, values: Field, radius: int, eps: float) -> Field:
    """Values smoothed so that their edges are those of the guide."""
    middle, level = _box(guide, radius), _box(values, radius)
    slope = _box(guide * values, radius) - middle * level
    slope = slope / (_box(guide * guide, radius) - middle * middle + eps)
    return _box(slope, radius) * guide + _box(level - slope * middle, radius)


def _box(field: Field, radius: int) -> Field:
    """The mean of each pixel's neighbours, up to ``radius`` away; the edge is repeated."""
    width = 2 * radius + 1
    for axis in (0, 1):
        pad = [(radius + 1, radius) if axis == side else (0, 0) for side in (0, 1)]
        sums = np.pad(field, pad, "edge").cumsum(axis, dtype=np.float64)
        count = field.shape[axis]
        ends = [np.take(sums, range(at, at + count), axis) for at in (width, 0)]
        field = ((ends[0] - ends[1]) / width).astype(np.float32)
    return field


def _refined(picture: Image.Image, rough: Image.Image) -> Image.Image:
    """The rough mask with its edge where the picture has one."""
    guide = np.asarray(picture.convert("L"), dtype=np.float32) / 255
    radius = max(3, round(max(picture.size) / SIDE * 1.6))
    soft = guided(guide, np.asarray(rough, dtype=np.float32) / 255, radius, 0.0004)
    return Image.fromarray((np.clip((soft - 0.52) / 0.3, 0, 1) * 255).astype(np.uint8))
