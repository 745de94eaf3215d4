"""What a form asks for, as a request: the same for a press of Generate and for the code that says it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground import region
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
    """

    choice: Choice
    prompt: str
    continues: str = ""
    tray: Any = None
    versus: Sequence[str] = ()

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
        wanted, files = await self._marked(wanted, files, studio, owner)
        images = await studio.prepare(files, *(call.provider for call in wanted.calls))
        wanted = wanted.model_copy(update={"images": images})
        if self.continues:
            generation, _, picture = self.continues.partition("/")
            wanted = await studio.continue_from(wanted, owner=owner, generation=generation, picture=picture)
        titles = [item.get("name") for item in self.tray] if isinstance(self.tray, list) else []
        named = zip(images, titles, strict=False)
        return Made(wanted, {image.path: name for image, name in named if isinstance(name, str)})

    async def _marked(
        self, wanted: ImageRequest, files: list[Path], studio: Studio, owner: str
    ) -> tuple[ImageRequest, list[Path]]:
        """What is said of a marked region, and the files with its mask where every model takes one more."""
        mask = await asyncio.to_thread(image_tray.mask, self.tray, studio.history, owner)
        if mask is None or len(files) != 1 or mode_of(self.choice.mode).max_images != 1:
            return wanted, files
        box = await run(marked_box, mask)
        if box is None or is_blank(wanted.prompt):
            return wanted, files
        models = (studio.catalogue.model(call.provider, call.model) for call in wanted.calls)
        number = 2 if min(model.max_images for model in models) > 1 else None
        keeps = number is not None and self.tray[0]["mask"].get("keep") is not False
        prompt = region.told(wanted.prompt, box, number)
        said = wanted.model_copy(update={"prompt": prompt, "mask": number or 0, "keeps_outside": keeps})
        return said, [*files, mask] if number else files
