"""Has the demo's painter draw the pictures of the prompt templates.

`python -m tests.template_pictures` writes the gallery's, `static/templates/<name>.webp`, and the sample of a
sketch; `python -m tests.template_pictures FOLDER` writes a sheet of all in each language, to be looked at.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from playground.demo import painter
from playground.pixels import PIXELS, nearest_ratio
from playground.ui.prompt_templates import TEMPLATES, filled
from playground.ui.words import LANGUAGES, words_for

STATIC: Final = Path(__file__).parent.parent / "playground" / "ui" / "static"
_SKETCH: Final = "a pencil sketch of a house and a tree"
_THUMBNAIL: Final = (360, 270)
_QUALITY: Final = 72
_COLUMNS: Final = 7


def drawn(name: str, language: str = "en", part: int = 1) -> painter.Painting:
    """What the demo draws of a template with its examples; `part` of 2 has half of its width and height."""
    template = TEMPLATES[name]
    pictures = tuple((STATIC / "samples" / f"{one}.jpg").read_bytes() for one in template.samples)
    ratio = template.aspect_ratio or _ratio_of(pictures[-1])
    prompt = filled(words_for(language).get(f"template.{name}.text"))
    width, height = (side // part for side in PIXELS["512"][ratio])
    return painter.paint(painter.Commission(prompt, width, height, pictures))


def _ratio_of(picture: bytes) -> str:
    with Image.open(io.BytesIO(picture)) as opened:
        return nearest_ratio(*opened.size, tuple(PIXELS["512"]))


def sheet(language: str) -> Image.Image:
    """All templates on one picture, with their names."""
    width, height = _THUMBNAIL
    rows = -(-len(TEMPLATES) // _COLUMNS)
    paper = Image.new("RGB", (_COLUMNS * (width + 8), rows * (height + 26)), "white")
    for index, name in enumerate(TEMPLATES):
        x, y = index % _COLUMNS * (width + 8), index // _COLUMNS * (height + 26)
        ImageDraw.Draw(paper).text((x + 4, y + height + 6), name, "black", font_size=15)
        if data := drawn(name, language).data:
            with Image.open(io.BytesIO(data)) as picture:
                picture.thumbnail(_THUMBNAIL)
                paper.paste(picture, (x + (width - picture.width) // 2, y))
    return paper


def main() -> None:
    """Writes the gallery's pictures, or sheets into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    folder: Path | None = parser.parse_args().folder
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for language in LANGUAGES:
            sheet(language).save(folder / f"templates-{language}.jpg", quality=85)
        return
    (STATIC / "samples" / "sketch.jpg").write_bytes(
        painter.paint(painter.Commission(_SKETCH, *PIXELS["512"]["4:3"])).data
    )
    (STATIC / "templates").mkdir(exist_ok=True)
    for name in TEMPLATES:
        with Image.open(io.BytesIO(drawn(name).data)) as picture:
            picture.thumbnail(_THUMBNAIL)
            picture.save(STATIC / "templates" / f"{name}.webp", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main()
