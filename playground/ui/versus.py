"""A comparison in the panel: what can be ticked beside what is chosen, and which calls that makes. Pure.

Every model that is ticked meets every shape and every size that is; what a model cannot do is left out, and
said beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from playground.catalogue import Catalogue, ModelRow
from playground.jobs.studio import Job
from playground.request import AUTO, MAX_COUNT, SETTINGS, Number, Variant, Versus
from playground.ui.figures import price_of, size_name
from playground.ui.form import Choice
from playground.ui.words import Words


class Caption(NamedTuple):
    """What stands under one of the pictures that are compared: `seconds` is "" until its call has ended."""

    name: str
    seconds: str
    price: str


class Asked(NamedTuple):
    """What the parts of a call are called."""

    provider: str
    model: str
    shape: str
    size: str


def names(asked: Sequence[Asked]) -> list[str]:
    """What each of some calls is called among them: the parts in which they differ."""
    differ = [len({*parts}) > 1 for parts in zip(*asked, strict=True)]
    # The provider stands behind its model.
    order = (1, 0, 2, 3)
    return [" · ".join(one[place] for place in order if differ[place]) for one in asked]


def size_of(size: str, row: ModelRow, words: Words) -> str:
    """What a size is called; a model with one size only has that one, though nothing says so to it."""
    if size == AUTO and not row.image_sizes:
        return size_name(row.default_image_size)
    return words("panel.auto") if size == AUTO else size_name(size)


def captions(job: Job, words: Words) -> dict[int, Caption]:
    """Number of a call -> what stands under its picture; nothing for a job that compares nothing."""
    if not job.request.versus:
        return {}
    calls = list(enumerate(job.request.calls, 1))
    auto = words("panel.auto")
    asked = [
        Asked(
            words.get(f"providers.{(by := job.served(number).provider)}", by),
            job.served(number).model.name or call.model,
            auto if call.aspect_ratio == AUTO else call.aspect_ratio,
            size_of(call.image_size, job.served(number).model, words),
        )
        for number, call in calls
    ]
    seconds = {
        one.call: words("running.seconds", seconds=words.number(one.seconds, 1)) for one in job.outcomes
    }
    return {
        number: Caption(name, seconds.get(number, ""), price_of(job.price(number), words))
        for (number, _), name in zip(calls, names(asked), strict=True)
    }


@dataclass(frozen=True)
class Call:
    """One call of a comparison.

    Attributes:
        choice: what it asks for.
        row: of its model.
        variant: what it has in place of what is chosen; empty for the call that is chosen itself.
        lacks: the name of a setting that its model does not offer as it is wanted; "" where it can be sent.
        price: US dollars for its picture; None when unknown.
    """

    choice: Choice
    row: ModelRow
    variant: Variant
    lacks: str
    price: float | None


def ticks(choice: Choice, catalogue: Catalogue, connected: Iterable[str]) -> list[str]:
    """What can be ticked, each as a part of a `Variant`: models, those of other providers that are connected
    among them, then sizes, then shapes."""
    models = [
        f"{provider}/{model}"
        for provider in dict.fromkeys((choice.provider, *connected))
        if provider in catalogue.providers
        for model, row in catalogue.provider(provider).models.items()
        if row.retirement is None or row.retirement.state != "shut_down"
    ]
    able = catalogue.model(choice.provider, choice.model)
    settings = choice.settings
    own = {f"{choice.provider}/{choice.model}", settings["aspect_ratio"], settings["image_size"]}
    return [tick for tick in (*models, *able.image_sizes, *able.aspect_ratios) if tick not in own]


def ticked(choice: Choice) -> list[str]:
    """What is ticked; nothing where a table says what is made."""
    if choice.mode == "batch":
        return []
    return [one for one in choice.settings["versus"].split(",") if one]


def calls(choice: Choice, catalogue: Catalogue) -> list[Call]:
    """Every call that what is ticked makes, the one that is chosen first; just that one where nothing is."""
    found = [Variant.of(one) for one in ticked(choice)]
    models = [Variant(), *(one for one in found if one.model)]
    shapes = [Variant(), *(one for one in found if one.aspect_ratio)]
    sizes = [Variant(), *(one for one in found if one.image_size)]
    variants = (
        Variant(model.provider, model.model, shape.aspect_ratio, size.image_size)
        for model, shape, size in product(models, shapes, sizes)
    )
    return [_call(choice, variant, catalogue) for variant in variants]


def sendable(every: Iterable[Call]) -> list[Call]:
    """Those that can be sent. The one that is chosen always can."""
    return [one for one in every if not one.lacks]


def is_too_many(every: Iterable[Call]) -> bool:
    """Whether they are more than one press may send."""
    return len(sendable(every)) > MAX_COUNT


def _call(choice: Choice, variant: Variant, catalogue: Catalogue) -> Call:
    row = catalogue.model(variant.provider or choice.provider, variant.model or choice.model)
    wanted = variant.image_size or choice.settings["image_size"]
    if variant.model and not row.image_sizes and wanted == row.default_image_size:
        variant = replace(variant, image_size=AUTO)  # its only size, which is never sent
    own = Choice(
        variant.provider or choice.provider,
        variant.model or choice.model,
        {
            **choice.settings,
            "aspect_ratio": variant.aspect_ratio or choice.settings["aspect_ratio"],
            "image_size": variant.image_size or choice.settings["image_size"],
        },
    )
    lacking = (
        setting.name
        for setting in SETTINGS
        if not isinstance(setting, Number | Versus) and own.settings[setting.name] not in setting.options(row)
    )
    free = own.provider in catalogue.providers and catalogue.provider(own.provider).free
    price = 0.0 if free else row.price(own.settings["image_size"])
    return Call(own, row, variant, next(lacking, ""), price)
