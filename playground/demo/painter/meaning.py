"""What words mean together: colours, numbers, who wears what, and who stands where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .book import entry, group
from .reading import Figure, Reading, Word
from .relations import ABOVE, Relations

PLURAL = 3
"""Figures drawn for a plural without a number."""

MOST = 12
"""Figures drawn of one subject, at most."""

LAYOUTS = {"on": "onto", "beside": "row"}
"""What relations mean for the layout of several pictures."""

WALLED = ("room", "studio")
"""Places that a colour before them can be the ground of."""


def interpret(hits: Sequence[Word | str], reading: Reading) -> None:
    """Colours and numbers belong to the next thing of their clause, what is worn to its figure."""
    reader = _Reader(reading)
    for at, hit in enumerate(hits):
        if isinstance(hit, str):
            reader.pause()
        else:
            reader.take(hit, hits[at + 1 :])
    reader.end()


@dataclass
class _Reader(Relations):
    """Reads one prompt from left to right; holds what still waits for its thing."""

    colour: Word | None = None
    count: Word | None = None
    size: Word | None = None
    negated: Word | None = None
    waiting: list[tuple[str, str]] = field(default_factory=list)
    spare: list[Word] = field(default_factory=list)

    def pause(self) -> None:
        """A comma, or the end."""
        self._drop_colour()
        self._lapse()
        if self.posture:
            self._miss(self.posture)
        self.count = self.negated = self.size = self.posture = None
        self.clause = []

    def end(self) -> None:
        self.pause()
        self._spare_colours()
        if self.waiting and self.reading.figures:
            self._dress(self.reading.figures[-1])
        self.reading.loose.update(self.waiting)
        self.reading.located = bool(self.met)
        self.reading.layout = self.reading.layout or next(
            (LAYOUTS[name] for name in self.met if name in LAYOUTS), ""
        )

    def take(self, hit: Word, following: Sequence[Word | str]) -> None:
        if self._absent(hit):
            return
        match hit.kind:
            case "colour":
                self._drop_colour()
                self.colour = hit
            case "number" | "many":
                # "Twenty seven" is at least twenty.
                self.count = max(hit, self.count or hit, key=lambda word: int(word.name))
            case "size":
                self.size = hit
            case "subject":
                self._subject(hit)
            case "worn":
                self._worn(hit, following)
            case "relation":
                self._relation(hit)
            case "posture":
                self.posture = hit
            case "place":
                self._place(hit)
            case _:
                self._other(hit)
        self.before = hit

    def _absent(self, hit: Word) -> bool:
        """Whether the word is one that shall not be there."""
        if hit.kind == "negation":
            self.negated = hit
            return True
        if self.negated is None or hit.kind in ("colour", "number", "many", "size"):
            return False
        self.reading.left_out.append(hit)
        self.negated = self.colour = self.count = None
        return True

    def _subject(self, hit: Word) -> None:
        number = int(self.count.name) if self.count else group(hit.name) or (PLURAL if hit.many else 1)
        self._say(self.count, self.size, self.colour, hit)
        figure = self._figure(hit.name, self.colour.hex if self.colour else "", max(1, min(MOST, number)))
        if self.size:
            figure.scale = float(self.size.name)
        self.colour = self.count = self.size = None
        self._dress(figure)
        if self.pending:
            self._resolve(*self.pending, figure)
        self.clause.append(figure)

    def _figure(self, name: str, colour: str, count: int) -> Figure:
        """A figure of the reading: a thing that is named again is the same one."""
        figures = self.reading.figures
        same = next((figure for figure in figures if figure.name == name), None)
        if same is not None and (not colour or same.colour == colour):
            same.count = max(same.count, count)
            return same
        always = entry(name).get("wears", [])
        worn = [str(part) for part in always] if isinstance(always, list) else []
        figures.append(Figure(name, colour, count, worn))
        return figures[-1]

    def _dress(self, figure: Figure) -> None:
        for name, colour in self.waiting:
            if name not in figure.wears:
                figure.wears.append(name)
            figure.colours[name] = colour
        self.waiting = []

    def _worn(self, hit: Word, following: Sequence[Word | str]) -> None:
        colour = self.colour.hex if self.colour else ""
        self._say(self.colour, hit)
        self.waiting.append((hit.name, colour))
        ahead = self.reading.chinese and _subject_ahead(following)
        self._lapse()
        self.colour = self.size = None
        if not ahead:  # "三只戴围巾的狐狸": it is the foxes that are three
            self.count = None
        if ahead or not self.reading.figures:
            self.reading.offered = self.reading.offered or not self.reading.chinese
        else:
            self._dress(self._wearer())

    def _wearer(self) -> Figure:
        """Who was named last; in "a girl on a horse with a hat" we cannot know better."""
        return self.reading.figures[-1]

    def _place(self, hit: Word) -> None:
        if self.colour and hit.name in WALLED:
            self.reading.backdrop = self.colour.hex
            self._say(self.colour)
            self.colour = None
        if self.pending and self.pending[0].name == "over":
            self._fly()
        self._lapse()
        self.count = self.posture = None
        self._say(hit)
        if hit.name not in self.reading.places:
            self.reading.places.append(hit.name)

    def _other(self, hit: Word) -> None:
        reading = self.reading
        if hit.name == "backdrop":
            reading.backdrop = self.colour.hex if self.colour else reading.backdrop
            self._say(self.colour)
            self.colour = None
        elif hit.kind == "time":
            reading.time = reading.time or hit.name
        elif hit.kind == "weather":
            reading.weather = reading.weather or hit.name
        elif hit.kind == "style" and hit.name not in reading.styles:
            reading.styles.append(hit.name)
        elif hit.kind == "edit" and hit.name not in reading.edits:
            reading.edits.append(hit.name)
        elif hit.kind == "layout":
            reading.layout = reading.layout or hit.name
        elif hit.kind == "shape":
            reading.shape = reading.shape or hit.name
        elif hit.kind == "detail":
            reading.details.add(hit.name)
        skyward = self.pending and (hit.name in ABOVE or hit.kind in ("time", "weather"))
        if self.pending and skyward and self.pending[0].name == "over":
            self._fly()
        elif self.pending and skyward and self.pending[0].name in ("under", "behind"):
            self.pending = None
        if hit.kind != "detail":
            self._lapse()
            self.count = None
        self._say(hit)

    def _spare_colours(self) -> None:
        """Colours of nothing that can be coloured paint an abstract picture, and elsewhere mean nothing."""
        reading = self.reading
        if {"shapes", "flat"} & reading.details or "poster" in reading.styles:
            self._say(*self.spare)
            return
        reading.spare.extend(self.spare)
        names = [word.chinese if reading.chinese else word.english for word in self.spare]
        reading.unknown.extend(name for name in names if name not in reading.unknown)

    def _drop_colour(self) -> None:
        if self.colour:
            self.reading.palette.append(self.colour.hex)
            self.spare.append(self.colour)
        self.colour = None


def _subject_ahead(hits: Sequence[Word | str]) -> bool:
    """Whether a subject follows in the same clause."""
    for hit in hits:
        if isinstance(hit, str):
            return False
        if hit.kind == "subject":
            return True
    return False
