"""The painter itself: commission in, painting out."""

from __future__ import annotations

import io

from PIL import Image

from .finish import grain, mark
from .model import Commission, Painting, dice
from .raster import rasterise
from .scene import compose
from .understand import read


def paint(commission: Commission) -> Painting:
    reading = read(commission.prompt)
    rng = dice(commission)
    drawing = compose(reading, commission.width / commission.height, rng, commission.variation)
    shapes = [*drawing.shapes, *mark(drawing.width, drawing.height, drawing.quiet)]
    size = (commission.width, commission.height)
    strength = 7 if "film" in reading.details else 2
    picture = rasterise(shapes, (drawing.width, drawing.height), size, grain(strength))
    return Painting(encoded(picture, commission.mime_type), commission.mime_type, "")


def encoded(picture: Image.Image, mime_type: str) -> bytes:
    data = io.BytesIO()
    if mime_type == "image/png":
        picture.save(data, "PNG", compress_level=1)
    else:
        picture.save(data, "JPEG", quality=90, subsampling=0)
    return data.getvalue()
