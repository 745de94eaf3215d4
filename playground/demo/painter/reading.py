"""What a prompt asks for, as far as it was understood."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Word:
    """A thing the painter knows: what kind it is, and its entry in the word list.

    ``ahead`` is only for Chinese relations: whether what they speak of follows ("沙发上的猫") or went before
    ("猫在沙发上"). ``many`` is set for a plural without a number.
    """

    kind: str
    name: str
    english: str
    chinese: str
    hex: str = ""
    ahead: bool = False
    verb: bool = False
    many: bool = False


@dataclass
class Figure:
    """A subject to draw: how many, which colour (``#rrggbb`` or empty for its own), what it wears.

    ``colours`` are those of what it wears. ``relation`` says how it stands to ``base``, another figure of
    the same reading.
    """

    name: str
    colour: str = ""
    count: int = 1
    wears: list[str] = field(default_factory=list)
    colours: dict[str, str] = field(default_factory=dict)
    relation: str = ""
    scale: float = 1.0
    base: Figure | None = field(default=None, repr=False)


@dataclass
class Reading:
    """What a prompt asks for, as far as it was understood."""

    chinese: bool
    figures: list[Figure] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    time: str = ""
    weather: str = ""
    styles: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    layout: str = ""
    details: set[str] = field(default_factory=set)
    backdrop: str = ""
    letters: str = ""
    palette: list[str] = field(default_factory=list)
    """Colours (``#rrggbb``) of nothing in particular: those of an abstract picture."""
    offered: bool = False
    """An accessory was named before who wears it: "put a hat on the cat"."""
    shape: str = ""
    """The shape that a picture shall be cut to, as the API names it ("9:16")."""
    located: bool = False
    """Something is said to be on, in or before something else."""
    spare: list[Word] = field(default_factory=list)
    """The colours of ``palette`` as words: in a drawing they mean nothing, on a picture they recolour."""
    loose: dict[str, str] = field(default_factory=dict)
    """Accessories that nobody in the words wears, and their colours (``#rrggbb`` or empty)."""
    words: list[Word] = field(default_factory=list)
    left_out: list[Word] = field(default_factory=list)
    """What was asked to be absent."""
    unknown: list[str] = field(default_factory=list)
    panels: list[Reading] = field(default_factory=list)
    """What each panel of a comic shows."""

    @property
    def absent(self) -> set[str]:
        """Names of what was asked to be absent."""
        return {word.name for word in self.left_out}
