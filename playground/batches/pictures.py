"""Input pictures of rows: files by the names that a table has for them, kept once with their batch.

    <data>/generations/<batch>/given-<digest>.png   a picture as it is sent, however many rows name it

A batch's folder holds no record, so that the history takes it for no generation. Each row's own generation
gets its inputs from there, under a second name of the same file. The folder goes when no row can
be sent any more, or with the batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from playground.batches.plan import Call, Given, Plan
from playground.batches.table import Problem
from playground.errors import InvalidRequest, NotStarted, PlaygroundError, UnusablePicture
from playground.history import BatchRow, History
from playground.jobs.studio import Studio
from playground.request import ImageRequest, PreparedImage, build

_KEPT: Final = "images"
"""What a row's fields call its pictures, beside what `build` takes."""


class Named:
    """Files by name, as people write names into cells: with or without folder and ending, in any case."""

    def __init__(self, files: Iterable[tuple[str, Path]]) -> None:
        """Of two files of one name the later counts."""
        self._whole = {_folded(name): path for name, path in files}
        stems = [name.rpartition(".")[0] for name in self._whole]
        self._stems = {
            stem: path
            for stem, path in zip(stems, self._whole.values(), strict=True)
            if stems.count(stem) == 1
        }

    def find(self, name: str) -> Path | None:
        """See `plan.Find`."""
        return self._whole.get(_folded(name)) or self._stems.get(_folded(name))


def _folded(name: str) -> str:
    return PurePosixPath(name.strip().replace("\\", "/")).name.casefold()


async def prepared(plan: Plan, studio: Studio) -> Plan:
    """The plan with its pictures ready to be sent, each brought within the providers' limits once; the rows
    of those that cannot be are problems. What is made of the files is among the plan's copies.

    Raises:
        NotStarted: "disk_not_ready"; no copy is left.
    """
    wanted: dict[Path, set[str]] = {}
    for call in plan.calls:
        for one in call.given:
            wanted.setdefault(one.path, set()).add(call.request.provider)
    if not wanted:
        return plan
    made = await asyncio.gather(*(_ready(studio, path, providers) for path, providers in wanted.items()))
    copies = (one.path for one in made if isinstance(one, PreparedImage) and one.given is not None)
    plan = replace(plan, copies=tuple(copies))
    if failed := next((one for one in made if isinstance(one, NotStarted)), None):
        await asyncio.to_thread(drop_copies, plan)
        raise failed
    ready = dict(zip(wanted, made, strict=True))
    calls, problems = list[Call](), {problem.number: problem for problem in plan.problems}
    for call in plan.calls:
        try:
            calls.append(_with_pictures(call, ready, studio))
        except PlaygroundError as error:
            problems.setdefault(call.line, Problem(call.line, error))
    ordered = sorted(problems.values(), key=lambda problem: problem.number)
    return replace(plan, calls=tuple(calls), problems=tuple(ordered))


async def _ready(studio: Studio, path: Path, providers: Iterable[str]) -> PreparedImage | PlaygroundError:
    try:
        [image] = await studio.prepare([path], *providers)
    except (InvalidRequest, UnusablePicture) as error:
        return error
    except OSError as error:  # returned like the others, which are waited for: they have copies, too
        return NotStarted("disk_not_ready", reason=error.strerror or "OSError")
    return image


def _with_pictures(call: Call, ready: Mapping[Path, PreparedImage | PlaygroundError], studio: Studio) -> Call:
    """Raises InvalidRequest, UnusablePicture."""
    images: list[PreparedImage] = []
    for number, one in enumerate(call.given, 1):
        image = ready[one.path]
        if isinstance(image, UnusablePicture):
            raise UnusablePicture(image.code, **{**image.facts, "number": number})
        if isinstance(image, PlaygroundError):
            raise image
        images.append(image)
    studio.require_fit(images, call.request.provider)
    return replace(call, request=call.request.model_copy(update={"images": tuple(images)}))


def drop_copies(plan: Plan) -> None:
    """Removes the copies that `prepared` has made of files that cannot be sent as they are."""
    for copy in plan.copies:
        copy.unlink(missing_ok=True)


def size(calls: Sequence[Call]) -> int:
    """Bytes of all their pictures, each once."""
    return sum({image.path: image.byte_count for call in calls for image in call.request.images}.values())


def rows(history: History, batch: str, calls: Sequence[Call]) -> list[BatchRow]:
    """The rows of a batch, their pictures on disk when this returns. Raises OSError."""
    names: dict[Path, str] = {}
    for image in (image for call in calls for image in call.request.images):
        if image.path not in names:
            names[image.path] = history.keep_given(batch, image)
    return [
        BatchRow(number, call.line, {**_fields(call.request), **_kept(call, names)})
        for number, call in enumerate(calls, 1)
    ]


def _fields(request: ImageRequest) -> dict[str, object]:
    settings = {name: value for name, value in request.settings.items() if name != "versus"}
    return {"prompt": request.prompt, "provider": request.provider, "model": request.model, **settings}


def _kept(call: Call, names: Mapping[Path, str]) -> dict[str, object]:
    images = [_facts(one, image, names) for one, image in zip(call.given, call.request.images, strict=True)]
    return {_KEPT: images} if images else {}


def _facts(one: Given, image: PreparedImage, names: Mapping[Path, str]) -> dict[str, object]:
    facts = {name: value for name, value in asdict(image).items() if name not in ("path", "given")}
    return {"called": one.name, "file": names[image.path], **facts}


def called(row: BatchRow) -> list[str]:
    """What the table calls the pictures of a row."""
    return [str(one["called"]) for one in row.fields.get(_KEPT, ())]


def asked(row: BatchRow) -> ImageRequest:
    """The request of a row without its pictures: enough for prices, models and providers.

    Raises:
        InvalidRequest: an earlier release's, which is none any more.
    """
    return build(**{name: value for name, value in row.fields.items() if name != _KEPT})


def request_of(history: History, batch: str, row: BatchRow, *, is_over: bool = False) -> ImageRequest:
    """The request of a row with its pictures. Blocks.

    Args:
        is_over: it was sent: pictures that are gone since are left out.

    Raises:
        InvalidRequest: as `asked`.
        UnusablePicture: a picture is gone.
        OSError: it cannot be fetched.
    """
    images = [_image(history, batch, number, one) for number, one in enumerate(row.fields.get(_KEPT, ()), 1)]
    there = [image for image in images if isinstance(image, PreparedImage)]
    if len(there) < len(images) and not is_over:
        raise next(image for image in images if isinstance(image, UnusablePicture))
    return asked(row).model_copy(update={"images": tuple(there)})


def _image(
    history: History, batch: str, number: int, one: Mapping[str, Any]
) -> PreparedImage | UnusablePicture:
    path = history.given(batch, one["file"])
    if path is None:
        return UnusablePicture("picture_missing", number=number)
    facts = {name: one[name] for name in ("mime_type", "width", "height", "byte_count")}
    return PreparedImage(path, **facts, changes=tuple(one["changes"]))
