"""A report of chosen results: one page that needs nothing else, to be sent on, printed, or opened from a ZIP.

It is made while it is sent, generation by generation: pictures are in it as small copies, what was asked and
what came in words. Nothing in it says whose it is, where it lay, or with which key it was made.
"""

from __future__ import annotations

import base64
import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playground import images
from playground.catalogue import Catalogue
from playground.errors import UnusablePicture
from playground.history import Entry, History
from playground.history.files import THUMBNAIL_ENDING
from playground.jobs.records import job_of
from playground.jobs.studio import Job
from playground.providers.credentials import redact
from playground.request import AUTO, SETTINGS, Versus
from playground.ui import versus
from playground.ui.explain import sentence
from playground.ui.figures import price_of, size_name
from playground.ui.rendering import render
from playground.ui.words import Words

SIDE: Final = 1024
"""Pixels of the longer side of a picture that stands in a report alone."""

Place = Callable[[Entry, str], str]
"""Where the original of a picture lies beside the page, by its entry and name."""


@dataclass(frozen=True)
class Reports:
    """Writes reports of one owner's results.

    Attributes:
        words: the language it speaks.
    """

    history: History
    catalogue: Catalogue
    owner: str
    words: Words

    def pieces(self, entries: Sequence[Entry], place: Place | None = None) -> Iterator[bytes]:
        """The page, in pieces; with `place`, pictures link to their originals."""
        tree = list(as_tree(entries))
        number_of = {entry.id: number for number, (entry, _) in enumerate(tree, 1)}
        yield self._render("head", total=self._total(entries), count=len(entries))
        for entry, depth in tree:
            yield self._generation(entry, depth, number_of, place)
        yield self._render("foot")

    def _render(self, name: str, **values: object) -> bytes:
        return render(f"report/{name}", self.words, **values).encode("utf-8", "replace")

    def _total(self, entries: Iterable[Entry]) -> str:
        """How many pictures, and what they cost as far as that is known."""
        entries, words = list(entries), self.words
        paid = [entry.paid for entry in entries if entry.pictures]
        known = sum(one for one in paid if one is not None)
        pictures = words(
            "panel.pictures", count=sum(not one.locked for entry in entries for one in entry.pictures)
        )
        unknown = words("spending.unknown", count=paid.count(None)) if None in paid else ""
        return words.listed(filter(None, (pictures, words.dollars(known) if known else "", unknown)))

    def _generation(self, entry: Entry, depth: int, number_of: dict[str, int], place: Place | None) -> bytes:
        record = self.history.record(self.owner, entry.id)
        if record is None:  # deleted while the report was on its way
            return b""
        job = job_of(record, self.owner, self.catalogue, self.history)
        captions, words = versus.captions(job, self.words), self.words
        return self._render(
            "generation",
            entry=entry,
            prompt=redact(entry.prompt),
            texts=dict.fromkeys(
                redact(one.result.text) for one in job.outcomes if one.result and one.result.text
            ),
            number=number_of[entry.id],
            depth=min(depth, 6),
            parent=number_of.get(entry.parent or ""),
            pictures=[
                {
                    "picture": picture,
                    "data": (self._small if place else self._large)(entry.id, picture.name),
                    "at": place(entry, picture.name) if place else "",
                    "caption": captions.get(job.outcome_of(picture).call),
                    "is_starred": picture.name in entry.all_stars,
                }
                for picture in job.pictures
            ],
            inputs=[self._small(entry.id, given.name) for given in record.inputs],
            facts=self._facts(entry, job),
            settings=self._settings(job),
            errors=[redact(sentence(error, words)) for error in job.errors],
            is_demo=any(job.served(job.outcome_of(one).call).free for one in job.pictures),
        )

    def _facts(self, entry: Entry, job: Job) -> list[str]:
        """When, by whom, how long and for how much."""
        words, provider = self.words, self.catalogue.providers.get(entry.provider)
        name = provider.name if provider else entry.provider
        made = f"{words.day(entry.created.date(), with_year=True)} {words.clock(entry.created)} UTC"
        seconds = (
            "" if entry.seconds is None else words("running.seconds", seconds=words.number(entry.seconds, 1))
        )
        cost = price_of(entry.paid, words) if entry.pictures else ""
        model = "" if job.compared else job.model.name or entry.model
        provider_name = "" if job.compared else words.get(f"providers.{name}", name)
        return [fact for fact in (made, model, provider_name, seconds, cost) if fact]

    def _settings(self, job: Job) -> list[tuple[str, str]]:
        """Name and value of everything that was chosen; what is compared stands at its pictures."""
        words, chosen = self.words, job.request.settings
        told = []
        for setting in SETTINGS:
            value = setting.spelled(chosen[setting.name])
            if isinstance(setting, Versus) or value in ("", setting.spelled(setting.default)):
                continue
            said = words.get(f"settings.{setting.name}.values.{value}", value).partition("\n")[0]
            told.append((words(f"settings.{setting.name}.label"), size_name(said) if value != AUTO else said))
        return told

    def _small(self, generation: str, name: str) -> str:
        """The preview that the history keeps, as base64; "" for what nothing here can draw."""
        preview = f"{Path(name).stem}{THUMBNAIL_ENDING}"
        path = self.history.find_file(self.owner, generation, preview)
        return "" if path is None else base64.b64encode(path.read_bytes()).decode()

    def _large(self, generation: str, name: str) -> str:
        """A larger copy as base64; "" as above."""
        path, folder = self.history.find_file(self.owner, generation, name), self.history.staging_dir
        with tempfile.TemporaryDirectory(dir=folder) as made, contextlib.suppress(UnusablePicture):
            if path is not None:
                small = images.thumbnail(path, Path(made, "large.webp"), SIDE)
                return base64.b64encode(small.read_bytes()).decode()
        return ""


def as_tree(entries: Iterable[Entry]) -> Iterator[tuple[Entry, int]]:
    """Each entry below the one that it goes on from, with how deep that is; else the oldest first."""
    by_time = sorted(entries, key=lambda entry: entry.created)
    known = {entry.id for entry in by_time}
    below: dict[str, list[Entry]] = {}
    for entry in by_time:
        parent = entry.parent if entry.parent in known and entry.parent != entry.id else ""
        below.setdefault(parent or "", []).append(entry)
    waiting = [(entry, 0) for entry in reversed(below.pop("", []))]
    while waiting:
        entry, depth = waiting.pop()
        yield entry, depth
        waiting += [(child, depth + 1) for child in reversed(below.pop(entry.id, []))]
    for rest in below.values():  # what somebody brought may go on from itself
        yield from ((entry, 0) for entry in rest)
