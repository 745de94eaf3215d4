"""What a form asks for, as a request: the same for a press of Generate and for the code that says it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground import pixels, region
from playground.images import marked_box, run
from playground.jobs.studio import Studio
from playground.modes import mode_of
from playground.request import ImageRequest, build, require_images, require_provider
from playground.text import is_blank
from playground.ui import image_tray
from playground.ui.form import Choice


@dataclass(frozen=True)
class Made:
    """A request, and what the person calls the files of its pictures."""

    wanted: ImageRequest
    names: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What a form holds.

    Attributes:
        continues: the picture that it goes on from, "<generation>/<name>", or "".
        tray: the pictures of the open tab, as the browser has them; unchecked.
        versus: the further calls that what is ticked makes, see `ImageRequest.versus`.
        language: of the page, in which is said what the page says by itself.
    """

    choice: Choice
    prompt: str
    continues: str = ""
    tray: Any = None
    versus: Sequence[str] = ()
    language: str = "en"

    async def request(self, studio: Studio, owner: str) -> Made:
        """The request, with its pictures brought within the provider's limits.

        Raises:
            InvalidRequest, UnusablePicture: what the form lacks, or has wrong.
        """
        choice = self.choice
        require_provider(choice.provider, studio.catalogue)
        files = await asyncio.to_thread(image_tray.files, self.tray, studio.history, owner)
        if not self.continues:
            require_images(choice.mode, len(files))
        settings = {**choice.settings, "versus": list(self.versus)}
        wanted = build(prompt=self.prompt, provider=choice.provider, model=choice.model, **settings)
        if mode_of(choice.mode).max_images == len(files) == 1:
            wanted, files = await self._with_region(wanted, files, studio, owner)
        images = await studio.prepare(files, *(call.provider for call in wanted.calls))
        wanted = wanted.model_copy(update={"images": images})
        if self.continues:
            generation, _, picture = self.continues.partition("/")
            wanted = await studio.continue_from(wanted, owner=owner, generation=generation, picture=picture)
        titles = [item.get("name") for item in self.tray] if isinstance(self.tray, list) else []
        named = zip(images, titles, strict=False)
        return Made(wanted, {image.path: name for image, name in named if isinstance(name, str)})

    async def _with_region(
        self, wanted: ImageRequest, files: list[Path], studio: Studio, owner: str
    ) -> tuple[ImageRequest, list[Path]]:
        """What is said of space around the picture or of a marked region, with the pictures that say it."""
        if place := image_tray.extension(self.tray):
            larger = await extended(wanted, files[0], place, studio, self.language)
            if larger is not None:
                return larger
        mask = await asyncio.to_thread(image_tray.mask, self.tray, studio.history, owner)
        if mask is None:
            return wanted, files
        keeps = self.tray[0]["mask"].get("keep") is not False
        return await within_region(wanted, files, mask, studio, keeps_outside=keeps)


async def within_region(
    wanted: ImageRequest, files: list[Path], mask: Path, studio: Studio, *, keeps_outside: bool
) -> tuple[ImageRequest, list[Path]]:
    """A request for one picture as one for the region that a mask marks; as it was where it marks none.

    Raises:
        UnusablePicture: the mask cannot be read.
    """
    box = await run(marked_box, mask)
    if box is None or is_blank(wanted.prompt):
        return wanted, files
    return with_mask(wanted, [*files, mask], box, studio, keeps=keeps_outside)


async def extended(
    wanted: ImageRequest, picture: Path, place: str, studio: Studio, language: str = "en"
) -> tuple[ImageRequest, list[Path]] | None:
    """The request to fill the space that its shape has around a picture, and the files that go along.

    Args:
        place: where the picture is to lie, one of `images.PLACES`.
        language: of what is said of it where the prompt says nothing.

    Returns:
        None where the picture has that shape already, or where none was chosen.
    """
    sides = pixels.sides(wanted.aspect_ratio)
    made = await studio.extend(picture, sides[0] / sides[1], place) if sides else None
    if made is None:
        return None
    box = await run(marked_box, made[1]) or (0, 0, 1, 1)
    return with_mask(wanted, list(made), box, studio, keeps=True, is_new=True, language=language)


def with_mask(
    wanted: ImageRequest,
    files: list[Path],
    box: region.Box,
    studio: Studio,
    *,
    keeps: bool,
    is_new: bool = False,
    language: str = "en",
) -> tuple[ImageRequest, list[Path]]:
    """A request that tells of a region, and its files: a picture, and its mask if every model takes one more.

    Args:
        box, is_new, language: see `region.told`.
        keeps: whether what the answer changes elsewhere is undone.
    """
    models = (studio.catalogue.model(call.provider, call.model) for call in wanted.calls)
    number = 2 if min(model.max_images for model in models) > 1 else None
    prompt = region.told(wanted.prompt, box, number, is_new=is_new, language=language)
    update = {"prompt": prompt, "mask": number or 0, "keeps_outside": keeps and number is not None}
    return wanted.model_copy(update=update), files if number else files[:1]
