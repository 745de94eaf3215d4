"""How the things of a prompt stand to each other, and what of it could not be drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from .book import alone, entry, lexicon
from .reading import Figure, Reading, Word

CARRIED = ("umbrella", "toyballoon", "kite")
"""Things that somebody has in the hand who is drawn with them."""

ABOVE = ("stars", "moon", "low_sun", "rainbow", "aurora", "fireworks", "clouds", "lightning")
"""Details that are in the sky: everybody is under them, and who is over them flies."""

WEAK = (
    *("on", "on top of", "upon", "atop", "in", "inside", "inside of", "with"),
    *("beside", "next to", "near", "by", "close to", "alongside"),
)
"""Relations that nobody misses when the other one of them was not understood: that one is listed."""


@dataclass
class Relations:
    """Holds a relation until both who have it are known; what never gets them was not understood."""

    reading: Reading
    posture: Word | None = None
    """How somebody is somewhere ("坐在"), until the place is known."""
    pending: tuple[Word, list[Figure]] | None = None
    """A relation and who has it, until the other one comes; without anybody, both still come."""
    clause: list[Figure] = field(default_factory=list)
    before: Word | None = None
    met: list[str] = field(default_factory=list)
    """Names of all relations, for pictures that are put together: "image 2 on image 1"."""

    def _say(self, *words: Word | None) -> None:
        """These words had an effect."""
        self.reading.words.extend(word for word in words if word and word not in self.reading.words)

    def _relation(self, hit: Word) -> None:
        self.met.append(hit.name)
        between = hit.verb or not self.reading.chinese
        last = self.clause[-1] if self.clause else None
        if between:
            self._lapse()
            self.pending = (hit, self._together(last))
        elif last is None or self.before is None or self.before.kind != "subject":
            self._lapse()
        elif hit.ahead or len(self.clause) < 2:
            self.pending = (hit, [])
        else:
            self._attach(hit, self._together(self.clause[-2]), last)

    def _together(self, last: Figure | None) -> list[Figure]:
        """Who shares a relation: "a cat and a dog on a sofa" both sit on it."""
        if last is None:
            return []
        if not entry(last.name).get("alive"):
            return [last]
        free = [figure for figure in self.clause if figure.base is None and entry(figure.name).get("alive")]
        return free if last in free else [*free, last]

    def _resolve(self, relation: Word, who: list[Figure], figure: Figure) -> None:
        """The other one of a relation has come."""
        if who:
            self._attach(relation, who, figure)
            self.pending = None
        elif self.clause:
            # The first thing of the clause is what the relation speaks of.
            self._attach(relation, [figure], self.clause[-1])
            self.pending = None

    def _attach(self, relation: Word, who: list[Figure], base: Figure) -> None:
        name = relation.name
        self.posture = None
        if name == "with":
            if base.name not in CARRIED or not entry(who[-1].name).get("alive"):
                return
            name = "holds"
        if name == "beside" or (name == "inside" and not entry(base.name).get("inside")):
            # Things stand beside each other anyway; what cannot hold anything is only said to.
            self._say(relation if name == "beside" else None)
            return
        if name == "holds" or (name == "under" and base.name == "umbrella"):
            who, base, name = [base], who[-1], "holds"
        for figure in who:
            chained = base.base is not None or any(other.base is figure for other in self.reading.figures)
            if figure is not base and figure.base is None and not chained:
                figure.relation, figure.base = name, base
                self._say(relation)
        if all(figure.base is not base for figure in who) and relation.english not in WEAK:
            self._miss(relation)

    def _fly(self) -> None:
        """Who is over a place, or over something that was not understood, is in the air."""
        self.reading.details.add("flying")
        self._say(lexicon()["flying"])
        self.pending = None

    def _lapse(self) -> None:
        """The other one of a relation will not come: what is said of nobody was not understood."""
        if self.pending is None:
            return
        relation, who = self.pending
        flying = relation.verb or relation.english.startswith(("flying", "hovering", "floating"))
        if relation.name == "over" and who and flying:
            self._fly()
            return
        self.pending = None
        if not relation.ahead and relation.english not in WEAK:
            self._miss(relation)

    def _miss(self, word: Word) -> None:
        """The word had no effect; few Chinese words of one character mean something by themselves."""
        said = word.english
        if (said.isascii() or len(said) > 1 or said in alone()) and said not in self.reading.unknown:
            self.reading.unknown.append(said)
