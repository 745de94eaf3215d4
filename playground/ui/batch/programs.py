"""Named endpoints for batches, which Gradio offers as MCP tools too: one starts, one tells and steers.

A batch of a program belongs to whoever knows its id. The key comes in the `x-goog-api-key` header, as for
every other call, and is kept in memory alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import gradio as gr

from playground.batches.pictures import Named, drop_copies
from playground.batches.plan import Plan
from playground.batches.runner import Batches, View
from playground.batches.sending import Keys
from playground.errors import InvalidRequest, PlaygroundError
from playground.history import BatchRow, Entry, RowState
from playground.providers.credentials import KEY_HEADER, Credentials, clean_key
from playground.request import AUTO, require_provider
from playground.text import is_blank
from playground.ui.addresses import address
from playground.ui.batch.calls import BatchHandlers, Tables
from playground.ui.batch.view import reason
from playground.ui.explain import sentence
from playground.ui.starting import spender_of
from playground.ui.words import Words, language_of, words_for

ACTIONS: Final = ("pause", "go_on", "stop", "retry", "retry_unclear")
PARAMETERS: Final = {
    "start_batch": (
        *("table", "prompt", "combine", "provider", "model", "aspect_ratio", "image_size", "batch_price"),
        "pictures",
    ),
    "batch_status": ("batch", "action"),
}
Owner = Callable[[gr.Request | None], str]


class BatchPrograms:
    """The functions behind the endpoints."""

    def __init__(self, batches: Batches, tables: Tables, handlers: BatchHandlers, owner: Owner) -> None:
        """`owner` says whose the calls of a program are."""
        self._batches = batches
        self._tables = tables
        self._handlers = handlers
        self._owner = owner

    async def start_batch(
        self,
        table: str = "",
        prompt: str = "",
        combine: bool = False,
        provider: str = "demo",
        model: str = AUTO,
        aspect_ratio: str = AUTO,
        image_size: str = AUTO,
        batch_price: bool = False,
        pictures: list[str] | None = None,
        request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Make up to 500 pictures from a table, in the background. Returns at once; ask batch_status. The API
        key, where the provider needs one, goes in the x-goog-api-key request header. Nothing is sent where a
        row is wrong.

        Args:
            table: CSV with a prompt column and columns named as settings (model, aspect_ratio, image_size,
                ...); picture, picture 2 and so on name input pictures; any other column fills in {its name}
                in the prompt. Or one prompt a line.
            prompt: For rows that bring none, e.g. "A photo of {product}".
            combine: Columns are lists: every value of each with every other.
            provider: For rows that do not say: demo, google, gateway, uniall, or one the operator added.
            model: For rows that do not say: a model id, or auto for the provider's default.
            aspect_ratio: For rows that do not say, for example 16:9, or auto.
            image_size: For rows that do not say: 512, 1K, 2K, 4K, or auto.
            batch_price: As one batch of the provider: half the price at Google, within 24 hours.
            pictures: The files that the table's picture columns name.

        Returns:
            The id of the batch, how many pictures it makes, and what they cost as far as is known.
        """
        with told(words_of(request)):
            keys, base = self._given(provider, model, request)
            base |= {"aspect_ratio": aspect_ratio or AUTO, "image_size": image_size or AUTO}
            find = Named(_named(pictures or [])).find
            plan = await self._tables.plan(table, prompt, base, combine=bool(combine), find=find)
            return await self._started(plan, keys, request, "provider" if batch_price else "calls")

    async def _started(self, plan: Plan, keys: Keys, request: gr.Request | None, via: str) -> dict[str, Any]:
        try:
            return await self._kept(plan, keys, request, via)
        finally:
            await asyncio.to_thread(drop_copies, plan)

    async def _kept(self, plan: Plan, keys: Keys, request: gr.Request | None, via: str) -> dict[str, Any]:
        if plan.problems:
            raise plan.problems[0].error
        owner = self._owner(request)
        self._tables.require(plan.calls, keys, owner)
        network, part = spender_of(owner, request).network, self._batches.drivers[via].offers(plan)
        if part is None:
            raise InvalidRequest("no_batch_price", field="batch_price")
        batch = await self._batches.start(plan.calls, keys, owner=owner, network=network, via=via)
        return _begun(batch.id, replace(plan, price=plan.price * part))

    async def batch_status(
        self, batch: str = "", action: str = "", request: gr.Request | None = None
    ) -> dict[str, Any]:
        """How far a batch is and what became of each row; or do something with it first. A key that goes
        along in the x-goog-api-key request header takes the place of the one it was started with.

        Args:
            batch: The id that start_batch returned.
            action: Nothing to look only, or pause, go_on, stop, retry (the failed), or retry_unclear (what
                may have been billed already, once more).

        Returns:
            State, counts, cost, and the rows with the addresses of their pictures.
        """
        words = words_of(request)
        with told(words):
            found = await self._batches.find(batch[:64], self._owner(request))
            if found is None:
                raise PlaygroundError("batch_gone")
            if action and action not in ACTIONS:
                allowed = ", ".join(ACTIONS)
                raise InvalidRequest("not_allowed", field="action", value=action[:40], allowed=allowed)
            if action:
                key = clean_key(request.headers.get(KEY_HEADER) if request is not None else None)
                first = await asyncio.to_thread(self._batches.history.batches.rows, found.id, limit=1)
                keys = Keys(Credentials(key=key), str(first[0].fields["provider"]))
                await self._handlers.act(found, action, keys)
                found = await self._batches.find(found.id, self._owner(request)) or found
            view = await self._batches.view(found)
            return await asyncio.to_thread(self._details, view, words)

    def _given(self, provider: str, model: str, request: gr.Request | None) -> tuple[Keys, dict[str, Any]]:
        provider = provider or "demo"
        require_provider(provider, self._batches.catalogue)
        key = clean_key(request.headers.get(KEY_HEADER) if request is not None else None)
        if is_blank(model) or model == AUTO:
            model = self._batches.catalogue.provider(provider).default_model
        return Keys(Credentials(key=key), provider), {"provider": provider, "model": model}

    def _details(self, view: View, words: Words) -> dict[str, Any]:
        batch, history = view.batch, self._batches.history
        rows = history.batches.rows(batch.id)
        ids = [row.generation(batch.id) for row in rows if row.state is RowState.DONE]
        entries = {entry.id: entry for entry in history.entries(batch.owner, ids)}
        return {
            "batch": batch.id,
            "state": batch.state.value,
            "reason": batch.reason,
            "count": view.total,
            **{state.value: count for state, count in view.counts.items()},
            "cost": {"currency": "USD", "spent": view.dollars},
            "seconds_left": view.seconds_left,
            "zip": f"batch/{batch.id}/zip",
            "rows": [_row(row, entries.get(row.generation(batch.id)), words) for row in rows],
        }

    def register(self) -> None:
        """Adds the endpoints to the page that is being built, over components never shown."""
        door = gr.Button(visible=False)
        for function in (self.start_batch, self.batch_status):
            name = function.__name__
            inputs = [_component(parameter) for parameter in PARAMETERS[name]]
            door.click(
                fn=function,
                inputs=inputs,
                outputs=[gr.JSON(label="details", visible=False)],
                api_name=name,
                preprocess=False,
                concurrency_limit=None,
                concurrency_id="generate",
                show_progress="hidden",
            )


def _named(files: Sequence[Any]) -> Iterator[tuple[str, Path]]:
    """What programs call their files: Gradio leaves some signs out of the name under which it keeps one."""
    for file in files:
        path = Path(file["path"])
        yield path.name, path
        yield str(file.get("orig_name") or path.name), path


def _component(name: str) -> Any:
    if name == "pictures":
        return gr.File(label=name, type="filepath", file_count="multiple", visible=False)
    if name in ("combine", "batch_price"):
        return gr.Checkbox(label=name, value=False, visible=False)
    defaults = {"provider": "demo", "model": AUTO, "aspect_ratio": AUTO, "image_size": AUTO}
    return gr.Textbox(label=name, value=defaults.get(name, ""), visible=False)


def _begun(batch: str, plan: Plan) -> dict[str, Any]:
    cost = {"currency": "USD", "estimate": plan.price, "unknown": plan.unknown}
    return {"batch": batch, "count": len(plan.calls), "unused": list(plan.unused), "cost": cost}


def _row(row: BatchRow, entry: Entry | None, words: Words) -> dict[str, Any]:
    return {
        "row": row.number,
        "line": row.line,
        "prompt": row.fields.get("prompt", ""),
        "status": row.state.value,
        "reason": reason(row, words),
        "generation": entry.id if entry else "",
        "pictures": [address(picture) for picture in entry.pictures] if entry else [],
        "price": row.price,
        "seconds": row.seconds,
    }


def words_of(request: gr.Request | None) -> Words:
    """The words of a program's language."""
    return words_for(language_of(request.headers.get("accept-language") if request is not None else None))


@contextlib.contextmanager
def told(words: Words) -> Iterator[None]:
    """What is refused within the block is said in words, as Gradio tells programs."""
    try:
        yield
    except OSError as error:
        problem = PlaygroundError("disk_not_ready", reason=error.strerror or "OSError")
        raise gr.Error(sentence(problem, words), print_exception=False) from None
    except PlaygroundError as error:
        raise gr.Error(sentence(error, words), print_exception=False) from None
