"""What the history page's script asks of the server, one function for each question.

Each takes a mapping that anybody could have written and the request whose cookie says who asks. They are
called by name and never wait in Gradio's queue. Answers are small JSON objects; HTML in them is ours.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from playground import images
from playground.errors import PlaygroundError
from playground.history import Cursor, Entry, Query, SavedPicture
from playground.jobs.studio import Job, Studio
from playground.server.guard import is_own_page
from playground.server.visitors import VISITOR_COOKIE
from playground.ui import image_tray, viewer
from playground.ui.context import owner_of
from playground.ui.explain import sentence
from playground.ui.history import detail as history_detail
from playground.ui.history import grid as history_grid
from playground.ui.history import page as history_page
from playground.ui.history.days import start_of, zone_named
from playground.ui.rendering import render
from playground.ui.words import Words, words_for

Asked = dict[str, Any]
Answer = dict[str, Any]
Call = Callable[..., Coroutine[Any, Any, Answer]]

PAGE_LENGTH = 50
_MAX_TEXT = 500
_MAX_IDS = 5_000


class HistoryCalls:
    """Answers for the history page. It holds nothing of a visitor."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._history = studio.history

    def functions(self) -> list[Call]:
        """The calls as plain functions, which is what Gradio can mark as callable from a page."""
        named = {
            "history_frame": self.frame,
            "history_page": self.page,
            "history_entry": self.entry,
            "history_delete": self.delete,
            "history_restore": self.restore,
            "history_clear": self.clear,
        }
        return [plain(name, call) for name, call in named.items()]

    def recognising(self) -> list[Call]:
        """What the form's own line asks, whether or not the history was ever opened."""
        return [plain("history_recognise", self.recognise)]

    def viewing(self) -> list[Call]:
        """What the viewer asks, over the result and over the history."""
        named = {"viewer_generation": self.generation, "viewer_others": self.others}
        return [plain(name, call) for name, call in (*named.items(), ("viewer_star", self.star))]

    def name(self, provider: str, model: str) -> str:
        """What people call a model."""
        catalogue = self._studio.catalogue
        known = catalogue.model(provider, model) if provider in catalogue.providers else catalogue.find(model)
        return (known.name if known is not None else "") or model

    async def frame(self, asked: Asked, owner: str) -> Answer:
        """The page without its tiles."""
        choices = await asyncio.to_thread(self._history.choices, owner)
        rows, words = self._studio.catalogue.providers, words_of(asked)
        providers = {name: words.get(f"providers.{row.name}", row.name) for name, row in rows.items()}
        return {"html": history_page.frame(choices, words, self.name, providers)}

    async def page(self, asked: Asked, owner: str) -> Answer:
        """One page of tiles, and where the next one begins."""
        query, zone, after = query_of(asked), zone_named(asked.get("zone")), asked.get("after")
        cursor = Cursor(after) if isinstance(after, str) and after else None
        found = await asyncio.to_thread(self._history.page, owner, query, after=cursor, limit=PAGE_LENGTH)
        tiles = functools.partial(history_grid.days, is_folded=query.outcome != "none")
        html = await asyncio.to_thread(tiles, found.entries, zone, words_of(asked), self.name)
        answer: Answer = {"html": html, "next": found.next}
        is_all = query == Query(oldest_first=query.oldest_first)
        return answer | (await self._total(owner) if cursor is None and is_all else {})

    async def entry(self, asked: Asked, owner: str) -> Answer:
        """One generation with all that is known of it."""
        generation, words = str(asked.get("id")), words_of(asked)
        entry = await asyncio.to_thread(self._history.entry, owner, generation)
        # From the record even where the job is still known: its inputs are those of this folder.
        job = await asyncio.to_thread(self._studio.restored, generation, owner)
        if entry is None or job is None:
            return {"html": "", "said": words("history.gone")}
        tree = await asyncio.to_thread(self._history.tree, owner, generation)
        zone = zone_named(asked.get("zone"))
        # What somebody has brought can be long: nobody else waits for it.
        return {"html": await asyncio.to_thread(history_detail.detail, entry, job, tree, zone, words)}

    async def generation(self, asked: Asked, owner: str) -> Answer:
        """The pictures of one generation for the viewer, and ids of those that are before and after it."""
        found = await self._viewed(asked, owner)
        if found is None:
            return {"said": words_of(asked)("history.gone")}
        newer, older = await asyncio.to_thread(self._history.beside, owner, found[0].id)
        return {**viewer.generation(*found, words_of(asked)), "newer": newer, "older": older}

    async def others(self, asked: Asked, owner: str) -> Answer:
        """What a picture of a generation can be compared with."""
        found = await self._viewed(asked, owner)
        if found is None:
            return {"said": words_of(asked)("history.gone")}
        newest = await asyncio.to_thread(self._history.page, owner, limit=PAGE_LENGTH)
        return viewer.others(str(asked.get("picture")), *found, newest.entries, words_of(asked))

    async def _viewed(self, asked: Asked, owner: str) -> tuple[Entry, Job, list[SavedPicture]] | None:
        """A generation and the pictures that were sent with it, as far as they are still there."""
        generation = str(asked.get("id"))
        entry = await asyncio.to_thread(self._history.entry, owner, generation)
        job = await asyncio.to_thread(self._studio.restored, generation, owner)
        if entry is None or job is None:
            return None
        there = {image.path.name for image in job.request.images}
        given = [self._history.saved(generation, one) for one in job.inputs if one.name in there]
        return entry, job, given

    async def star(self, asked: Asked, owner: str) -> Answer:
        """Puts a star on a generation or on a picture, "<generation>/<name>", or takes it off."""
        generation, _, picture = str(asked.get("star")).partition("/")
        on = asked.get("on") is True
        entry = await asyncio.to_thread(self._studio.star, owner, generation, on, picture)
        if entry is None:
            return {"failed": words_of(asked)("history.gone")}
        return {"id": entry.id, "starred": entry.starred, "stars": sorted(entry.all_stars)}

    async def delete(self, asked: Asked, owner: str) -> Answer:
        """Deletes for now; `restore` brings back."""
        ids = _ids(asked)
        deleted = await asyncio.to_thread(self._history.delete, owner, ids)
        for job in self._studio.pending(owner):
            job.seen = job.seen or job.id in ids  # nobody is told of an end that they have deleted
        return {"deleted": deleted, **await self._total(owner)}

    async def restore(self, asked: Asked, owner: str) -> Answer:
        """Takes a deletion back, or the last one where none is named."""
        ids = _ids(asked)
        if not ids:
            return {"restored": await asyncio.to_thread(self._history.restore_last, owner)}
        await asyncio.to_thread(self._history.restore, owner, ids)
        return {"restored": ids}

    async def clear(self, _: Asked, owner: str) -> Answer:
        """Deletes everything that is this visitor's, for good."""
        return {"deleted": await asyncio.to_thread(self._history.delete_all, owner)}

    async def recognise(self, asked: Asked, owner: str) -> Answer:
        """Whether pictures that were just added were made here: a line that offers the recipe, or nothing."""
        words = words_of(asked)
        for given in _list(asked.get("paths"))[: image_tray.MAX_IMAGES]:
            path = image_tray.uploaded(str(given), owner)
            if path is None:
                continue
            offer = await images.run(self._offer, owner, path, words)  # all of the file is in memory
            if offer:
                return {"html": offer}
        return {"html": ""}

    def _offer(self, owner: str, path: Path, words: Words) -> str:
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            entry = self._history.find_picture(owner, digest)
            recipe = None if entry else self._history.read_recipe(path)
        except OSError:
            return ""
        if entry is not None:
            return _offered(words("history.made_here"), words, entry=entry.id)
        if recipe is not None:
            return _offered(words("history.carries_recipe"), words, path=str(path))
        return ""

    async def _total(self, owner: str) -> Answer:
        return {"total": await asyncio.to_thread(self._history.count, owner)}


def _offered(said: str, words: Words, **where: str) -> str:
    data = {f"data-{name}": value for name, value in where.items()}
    return render("history/recipe", words, text=said, data=data)


def query_of(asked: Asked) -> Query:
    """What the page's fields look for. Days are those of the visitor's own clock."""
    given = asked.get("query")
    fields = given if isinstance(given, dict) else {}
    zone = zone_named(asked.get("zone"))
    chosen = {name: str(fields.get(name) or "")[:_MAX_TEXT] for name in ("text", "mode", "model", "provider")}
    return Query(
        **chosen,
        starred=bool(fields.get("starred")),
        outcome="none" if fields.get("outcome") == "none" else "",
        oldest_first=fields.get("sort") == "oldest",
        since=start_of(fields.get("since"), zone),
        until=start_of(fields.get("until"), zone, after=1),
    )


def plain(name: str, call: Callable[[Asked, str], Coroutine[Any, Any, Answer]]) -> Call:
    """`call` as Gradio wants it: a function of that name, given what was asked and the request.

    A page of another site may send a form here too, and where visitors are not told apart it would count as
    one of ours: it is turned away.
    """

    async def answer(asked: Any, request: gr.Request) -> Answer:
        facts = asked if isinstance(asked, dict) else {}
        if not is_own_page(request.headers):
            return {}
        if VISITOR_COOKIE not in request.cookies:
            return {"failed": words_of(facts)("history.no_cookie")}
        try:
            return await call(facts, owner_of(request))
        except PlaygroundError as error:
            return {"failed": sentence(error, words_of(facts))}

    answer.__name__ = name
    return answer


def words_of(asked: Asked) -> Words:
    return words_for(str(asked.get("language")))


def _ids(asked: Asked) -> list[str]:
    return [str(one) for one in _list(asked.get("ids"))[:_MAX_IDS]]


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []
