"""A call as every language writes it: where it goes, how it authenticates, what it says, what it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from playground import wire
from playground.catalogue import Auth, Catalogue
from playground.request import ImageRequest, PreparedImage

DEMO_ADDRESS = "http://127.0.0.1:8080"
"""Where the demo is, for programs, once `python -m playground.demo --port 8080` serves it."""
NO_ADDRESS = "https://gateway.example"
"""Stands where nobody has said what a provider's address is; a reserved name."""
NO_VARIABLE = "API_KEY"

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNFIT = re.compile(r"[^\w.-]+")
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_MAX_STEM = 60


@dataclass(frozen=True)
class PictureFile:
    """An input picture that a snippet reads.

    Attributes:
        name: of the file, beside the program.
        changed: what was sent is not the person's own file, see `PreparedImage.changes`.
    """

    name: str
    changed: bool = False


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        url: of the method.
        root, version, model: the same in parts, as SDKs want them.
        auth: how the key travels.
        variable: the environment variable that holds it.
        body: what is sent; a `PictureFile` stands where the base64 of a picture belongs.
        files: the pictures in it, each once, in the order of their numbers.
    """

    url: str
    root: str
    version: str
    model: str
    auth: Auth
    variable: str
    body: Mapping[str, Any]
    files: tuple[PictureFile, ...]

    @property
    def config(self) -> Mapping[str, Any]:
        """What the settings say."""
        config: Mapping[str, Any] = self.body["generationConfig"]
        return config


def call_of(
    request: ImageRequest,
    catalogue: Catalogue,
    base_url: str = "",
    names: Mapping[Path, str] | None = None,
    auth: Auth | None = None,
) -> Call:
    """The call that a request makes.

    Args:
        base_url: the visitor's own address; "" for the provider's.
        auth: how the key travels there; None as the provider's row says.
        names: what the person calls the files of pictures, where that is another name than theirs here.

    Raises:
        InvalidRequest: the address is none.
    """
    row, model = catalogue.provider(request.provider), catalogue.model(request.provider, request.model)
    is_demo = request.provider == next(iter(catalogue.providers)) and not row.needs_key
    base = base_url or (DEMO_ADDRESS if is_demo else row.base_url or NO_ADDRESS)
    sent = model.id_for(request.model, request.image_size)
    files = _Files(names or {})
    body = wire.body_with(request, model, lambda image, number: files.file(image))
    root, _, version = wire.models_path(base).removesuffix("/models").rpartition("/")
    return Call(
        url=wire.model_path(base, sent),
        root=root,
        version=version,
        model=sent.strip().removeprefix("models/"),
        auth=auth or row.auth,
        variable=next(filter(_VARIABLE.fullmatch, row.key_env), NO_VARIABLE),
        body=body,
        files=tuple(dict.fromkeys(files.found.values())),
    )


def file_name(name: str, mime_type: str = "") -> str:
    """A name that every shell and disk takes, with the ending of its format."""
    path = PurePath(name.replace("\\", "/"))
    suffix = _SUFFIXES.get(mime_type, path.suffix.lower())
    if mime_type == "image/jpeg" and path.suffix.lower() in (".jpg", ".jpeg"):
        suffix = path.suffix
    stem = _UNFIT.sub("-", path.stem).strip("-.")[:_MAX_STEM] or "picture"
    return stem + _UNFIT.sub("", suffix)


class _Files:
    """The names of files, told apart."""

    def __init__(self, names: Mapping[Path, str]) -> None:
        self._names = names
        self.found: dict[Path, PictureFile] = {}

    def file(self, image: PreparedImage) -> PictureFile:
        if image.path not in self.found:
            name = file_name(self._names.get(image.path, image.path.name), image.mime_type)
            taken = {file.name for file in self.found.values()}
            path, number = PurePath(name), 2
            while name in taken:
                name, number = f"{path.stem}-{number}{path.suffix}", number + 1
            self.found[image.path] = PictureFile(name, bool(image.changes))
        return self.found[image.path]
