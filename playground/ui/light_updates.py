"""What an event changes on a page, without the copy that Gradio makes of every component for every page.

For each update, and for each output that an event leaves alone, Gradio builds the component anew and
describes it: some twenty milliseconds of the event loop an event. Only its deep links and its own checks of
values read that, and here neither is used. With two hundred pages watching, everybody else waited for it. For
each new session it describes all components, too, and keeps that for an hour: 170 kB for whoever asks once.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import ChainMap
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.state_holder import SessionState
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

_LIGHT: Final = (gr.HTML, gr.Button, gr.Textbox)
"""Components whose values mean the same whatever else of them has changed: none has choices."""
_PROPERTIES: Final = frozenset({"__type__", "value", "visible", "interactive"})
"""Properties that go to the page as they are given."""


SESSIONS: Final = 500
"""Pages whose `gr.State` is remembered: those that were used last. An older one begins with its defaults."""


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class PageConfig(BlocksConfig):
    """The page as Gradio describes it; a session has it without the descriptions of components, and its own
    of a component only once that has changed: a copy of all of them would be some 20 kB."""

    def __copy__(self) -> BlocksConfig:
        made = _SessionConfig(self.root_block)
        made.blocks = cast(dict[int, Any], ChainMap({}, self.blocks))
        made.fns = cast(dict[int, Any], ChainMap({}, self.fns))
        made.fn_id = self.fn_id
        made.renderables = [*self.renderables]
        return made


class _SessionConfig(BlocksConfig):
    @staticmethod
    def config_for_block(*_: Any, **__: Any) -> Any:
        return _NOTHING  # one for all: each session asks for it a hundred times


def drop_descriptions(state: SessionState) -> None:
    """Nothing for each component, which Gradio has noted for a new session, takes ten kilobytes."""
    state.config_values.clear()


def skip_matplotlib() -> None:
    """Gradio imports it before and after each event; where it is not installed, all folders of modules are
    searched twice for nothing: a fourteenth of the loop under load. From now on it is known to be missing."""
    modules: dict[str, Any] = sys.modules  # None in it is how Python says that there is no such module
    if importlib.util.find_spec("matplotlib") is None:
        modules["matplotlib"] = None


def keep_no_statistics(blocks: gr.Blocks) -> None:
    """Has Gradio remember no events for `/monitoring`, which is closed. It would remember 10,000 and reckon
    with all of them at the end of each: milliseconds that grow with what was ever pressed."""
    blocks._queue.ANALYTICS_MAX_EVENTS = 1
    blocks._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # so it is spelled


def look_less_often(blocks: gr.Blocks) -> None:
    """Has Gradio look for an event to begin 100 times a second, and once for progress, which nothing here
    tells by its means. It did so 1,000 and 100 times: a twentieth of a core for a server that nobody
    uses. An event begins some five milliseconds later for it."""
    blocks._queue.sleep_when_free = 0.01
    blocks._queue.progress_update_sleep_when_free = 1.0


class StreamEnds:
    """ASGI middleware that has Gradio forget a session's messages once its stream has ended and nothing of it
    is pending: it keeps an empty queue for each of the last 2,000, and an empty set for ever."""

    def __init__(self, app: ASGIApp, blocks: gr.Blocks) -> None:
        self._app = app
        self._blocks = blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["path"].endswith("/queue/data"):
                self._forget(QueryParams(scope["query_string"]).get("session_hash", ""))

    def _forget(self, session: str) -> None:
        queue = self._blocks._queue
        if not queue.pending_event_ids_session.get(session):
            queue.pending_event_ids_session.pop(session, None)
            queue.pending_messages_per_session.pop(session, None)


def outputs(components: Sequence[Any], updates: Any, state: SessionState) -> list[Any] | None:
    """What the page is sent for each output of an event; None where Gradio has to make it.

    Args:
        components: the outputs.
        updates: what the handler gave.
        state: of the page; the values of its `gr.State` are set.
    """
    if not isinstance(updates, dict) or not updates or not updates.keys() <= set(components):
        return None
    if not all(_is_light(component, updates[component]) for component in updates):
        return None
    return [_output(component, updates.get(component, gr.skip()), state) for component in components]


def _is_light(component: Any, update: Any) -> bool:
    if isinstance(component, gr.State):
        return True
    return isinstance(component, _LIGHT) and (not isinstance(update, dict) or update.keys() <= _PROPERTIES)


def _output(component: Any, update: Any, state: SessionState) -> Any:
    is_update = isinstance(update, dict) and update.get("__type__") == "update"
    if isinstance(component, gr.State):
        if not is_update:
            state[component._id] = update
        elif "value" in update:
            state[component._id] = update["value"]
        return None
    if not is_update:
        return component.postprocess(update)
    return {**update, "value": component.postprocess(update["value"])} if "value" in update else update
