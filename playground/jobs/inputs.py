"""The person's pictures on their way out: brought within limits, counted, and their copies removed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from playground import images
from playground.catalogue import ProviderRow
from playground.errors import InvalidRequest
from playground.history import History
from playground.request import ImageRequest, PreparedImage


class Inputs:
    """The folder for converted copies. What needs no conversion is sent from where it is."""

    def __init__(self, history: History) -> None:
        """The folder lies with the files of this process that are not finished, and goes as they go."""
        self._history = history
        self._folder: Path | None = None  # made when first needed

    async def prepare(self, files: Sequence[Path], row: ProviderRow) -> tuple[PreparedImage, ...]:
        """The pictures as a provider takes them.

        Raises:
            InvalidRequest: all together they are more than the provider takes.
            UnusablePicture: one of them cannot be sent.
        """
        prepared = await images.prepare_all(
            files, accepts=row.accepts, max_bytes=row.max_image_bytes, folder=await self._copies()
        )
        try:
            self.require_fit(prepared, row)
        except InvalidRequest:
            for image in prepared:
                if image.given is not None:
                    image.path.unlink(missing_ok=True)
            raise
        return prepared

    async def extend(self, picture: Path, ratio: float, place: str) -> tuple[Path, Path] | None:
        """See `images.extended`."""
        return await images.run(images.extended, picture, ratio, place, await self._copies())

    async def _copies(self) -> Path:
        self._folder = await asyncio.to_thread(lambda: self._history.staging_dir / "inputs")
        return self._folder

    def require_fit(self, pictures: Sequence[PreparedImage], row: ProviderRow) -> None:
        """Raises InvalidRequest when pictures are more than a provider takes in one request."""
        size = encoded_bytes(pictures)
        if size > row.max_request_bytes:
            limit, megabytes = row.max_request_bytes / 1e6, size / 1e6
            raise InvalidRequest(
                "too_much_to_send",
                field="images",
                size=f"{megabytes:.0f}",
                limit=f"{limit:.0f}",
                provider=row.name,
            )

    def forget(self, request: ImageRequest, but: ImageRequest | None = None) -> None:
        """Removes the copies made for a request that no remembered job can send again."""
        kept = {path for image in but.images for path in (image.path, image.given)} if but else set()
        for path in (path for image in request.images for path in (image.path, image.given) if path):
            if path.parent == self._folder and path not in kept:
                path.unlink(missing_ok=True)


def encoded_bytes(pictures: Iterable[PreparedImage]) -> int:
    """Bytes that pictures take in a body, as base64."""
    return sum(-(-image.byte_count // 3) * 4 for image in pictures)
