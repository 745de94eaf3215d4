"""The sheet a scene is drawn on, and the light it is drawn in."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from .chance import seeded
from .colour import Colour, colour, hexed, mix
from .reading import Reading
from .vector import Shape

SHORT = 1000.0
"""Units of the short side of every drawing."""


@dataclass(frozen=True)
class Mood:
    """The colours of one time of day, from above to below and from far to near."""

    name: str
    sky: tuple[str, ...]
    sun: str
    cloud: str
    haze: str
    land: tuple[str, str, str, str]
    water: tuple[str, str]
    tint: str
    """The colour of the air, which lies on everything that stands in it."""
    share: float
    """How much of ``tint``, 0 to 1."""
    lit: bool = False
    """Whether windows and lamps are on."""


MOODS = {
    "day": Mood(
        "day", ("#4f9fd4", "#8cc8e6", "#cbe7ec", "#f8efd9"), "#fff7da", "#ffffff", "#d3e6e4",
        ("#a6c6c4", "#86b59a", "#6aa673", "#4a8a58"), ("#7fc0cf", "#2f7f9c"), "#fff3dc", 0.0,
    ),
    "dawn": Mood(
        "dawn", ("#7293c4", "#b7b0d6", "#f0c3c8", "#fde2bf"), "#fff0c8", "#fbe3dc", "#ead5d8",
        ("#b3b0cc", "#94a3b4", "#74948f", "#557a70"), ("#d3b9c8", "#6d83ac"), "#e8b8a8", 0.1,
    ),
    "dusk": Mood(
        "dusk", ("#2c4470", "#665c92", "#c47a96", "#f2a073", "#fccf82"), "#ffe9ae", "#f6b58c", "#d98f86",
        ("#9c6a8c", "#704f7c", "#4c3f66", "#2e2b47"), ("#d18d8a", "#3c4a78"), "#593a66", 0.2, True,
    ),
    "night": Mood(
        "night", ("#0b1233", "#15275a", "#28467c", "#4a6a9c"), "#f8f3dc", "#5b77a8", "#3d5a8c",
        ("#35507f", "#263e6b", "#1a2d54", "#111f40"), ("#3d6090", "#0f2149"), "#142352", 0.42, True,
    ),
}  # fmt: skip

VARIANTS: dict[str, tuple[Mood, ...]] = {
    "day": (
        MOODS["day"],
        replace(
            MOODS["day"], sky=("#3f8f9f", "#86c3bd", "#d8e6cd", "#fbeacb"), haze="#dde5cf",
            land=("#b4c9ae", "#98b585", "#7aa15e", "#57853f"), water=("#8fcfc4", "#2d8286"),
        ),
    ),
    "dusk": (
        MOODS["dusk"],
        replace(
            MOODS["dusk"],
            sky=("#2a3f5f", "#4f6b8c", "#9fa2a8", "#f0b07c", "#f9d79a"), haze="#d6a98c",
            cloud="#f4c79f", land=("#8a8298", "#5f667f", "#434c66", "#2a3046"),
            water=("#dba88a", "#34556f"), tint="#3f4560",
        ),
        replace(
            MOODS["dusk"],
            sky=("#4a2f63", "#8f4a7c", "#db6a76", "#f7965c", "#fdc56a"), haze="#dd7f74",
            cloud="#fba27a", land=("#9f5575", "#743f68", "#4e3057", "#2f2140"),
            water=("#e08a72", "#57386d"), tint="#6a2f55",
        ),
    ),
    "dawn": (MOODS["dawn"],),
    "night": (
        MOODS["night"],
        replace(
            MOODS["night"], sky=("#10122e", "#2b2458", "#4f3f80", "#8a6a9c"), haze="#5c4f86", cloud="#77639c",
            land=("#4a457c", "#363365", "#26244e", "#18173a"), water=("#66588f", "#1d1c48"), tint="#241f55",
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A place for a subject: where its feet are, how high it may be, what it stands on."""

    x: float
    y: float
    height: float
    air: bool = False
    """In the air or the water: no shadow below."""


@dataclass(frozen=True)
class Line:
    """A line of text: where it begins, its lower edge, the height of its letters, and its colour."""

    text: str
    left: float
    bottom: float
    size: float
    tone: str


@dataclass
class Frame:
    """A drawing in the making."""

    width: float
    height: float
    rng: random.Random
    mood: Mood
    reading: Reading
    variation: int = 0
    seed: int = 0
    fine: float = 1.0
    """How much there is to find: 1 for a picture of 1K, less for a smaller, more for a larger one."""
    shapes: list[Shape] = field(default_factory=list)
    front: list[Shape] = field(default_factory=list)
    """What lies before the subjects."""
    spots: list[Spot] = field(default_factory=list)
    """Where subjects may be, the best places first."""
    shade: str = "#1c1638"
    """The colour of shadows on the ground."""
    paper: str = ""
    """The colour at the edge, where there is one: the mark must be readable on it."""
    lines: list[Line] = field(default_factory=list)
    """Lines in letters that a font of this machine has and we do not."""

    @property
    def short(self) -> float:
        return min(self.width, self.height)

    @property
    def unit(self) -> float:
        """The size of things: the short side, and somewhat more in long formats so that they are not lost."""
        ratio = max(self.width, self.height) / self.short
        return float(self.short * min(1.5, ratio**0.3))

    def land(self, depth: float) -> Colour:
        """The colour of the land from far (0) to near (1)."""
        place = min(0.999, max(0.0, depth)) * 3
        tones = [colour(tone) for tone in self.mood.land]
        return mix(tones[int(place)], tones[int(place) + 1], place % 1)

    def chance(self, of: str) -> random.Random:
        """A source of choices for small things, so that more of them leave everything else in its place."""
        return seeded(f"{self.seed} {of}")

    def add(self, *shapes: Shape) -> None:
        """Put shapes on top; those without outlines (a row of no windows) are left out."""
        self.shapes.extend(shape for shape in shapes if shape.contours)


def mood_of(reading: Reading, rng: random.Random, variation: int) -> Mood:
    """The light that was asked for; where none was, each variation has another."""
    # The first picture of a prompt without a time shows the day; the others show what else there is.
    free = ("day",) if {"softlight", "morning"} & reading.details else ("day", "dusk", "dawn", "night")
    if {"moon", "stars", "aurora", "fireworks"} & reading.details:
        free = ("night",)
    name = reading.time or free[variation % len(free)]
    variants = VARIANTS[name]
    mood = variants[variation % len(variants)]
    if reading.weather in ("rain", "fog", "snow"):
        snow = reading.weather == "snow"
        mood = _overcast(mood, 0.55 if reading.weather == "rain" else 0.4, snow)
    if "autumn" in reading.details and reading.weather != "snow":
        warm = ("#d9b98a", "#d0a05f", "#bf8a4a", "#94703f")
        shades = [hexed(mix(colour(a), colour(b), 0.62)) for a, b in zip(mood.land, warm, strict=True)]
        first, second, third, fourth = shades
        mood = replace(mood, land=(first, second, third, fourth))
    return mood


def _overcast(mood: Mood, share: float, snow: bool) -> Mood:
    """The mood below a closed cloud cover: everything nearer to one grey."""
    grey = colour({"night": "#2a3550", "dusk": "#8a7f90"}.get(mood.name, "#aab8bf"))

    def dull(tone: str) -> str:
        mixed = mix(colour(tone), grey, share)
        return "#" + "".join(f"{round(part):02x}" for part in mixed[:3])

    first, second, third, fourth = (dull(tone) for tone in mood.land)
    land = (first, second, third, fourth)
    return replace(
        mood,
        sky=tuple(dull(tone) for tone in mood.sky),
        cloud=dull(mood.cloud),
        haze=dull(mood.haze),
        land=_snowed(land, mood) if snow else land,
        water=(dull(mood.water[0]), dull(mood.water[1])),
        share=mood.share + 0.08,
    )


def _snowed(land: tuple[str, str, str, str], mood: Mood) -> tuple[str, str, str, str]:
    """Land below snow: nearly white, in the colour of the air."""
    white = mix(colour("#f4f7fb"), colour(mood.tint), mood.share)
    first, second, third, fourth = (hexed(mix(colour(tone), white, 0.62)) for tone in land)
    return (first, second, third, fourth)
