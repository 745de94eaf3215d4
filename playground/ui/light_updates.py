"""What an event changes on a page, without the copy that Gradio makes of every component for every page.

For each update, and for each output that an event leaves alone, Gradio builds the component anew and
describes it: some twenty milliseconds of the event loop an event. Only its deep links and its own checks of
values read that, and here neither is used. With two hundred pages watching, everybody else waited for it. For
each new session it describes all components, too, and keeps that for an hour: 170 kB for whoever asks once.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.state_holder import SessionState

_LIGHT: Final = (gr.HTML, gr.Button, gr.Textbox)
"""Components whose values mean the same whatever else of them has changed: none has choices."""
_PROPERTIES: Final = frozenset({"__type__", "value", "visible", "interactive"})
"""Properties that go to the page as they are given."""


SESSIONS: Final = 500
"""Pages whose `gr.State` is remembered: those that were used last. An older one begins with its defaults."""


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class PageConfig(BlocksConfig):
    """The page as Gradio describes it; a session has a copy without the descriptions of components."""

    def __copy__(self) -> BlocksConfig:
        made = cast(Callable[[], BlocksConfig], super().__copy__)()  # Gradio gives it no types
        made.__class__ = _SessionConfig
        return made


class _SessionConfig(BlocksConfig):
    @staticmethod
    def config_for_block(*_: Any, **__: Any) -> Any:
        return _NOTHING  # one for all: each session asks for it a hundred times


def skip_matplotlib() -> None:
    """Gradio imports it before and after each event; where it is not installed, all folders of modules are
    searched twice for nothing: a fourteenth of the loop under load. From now on it is known to be missing."""
    modules: dict[str, Any] = sys.modules  # None in it is how Python says that there is no such module
    if importlib.util.find_spec("matplotlib") is None:
        modules["matplotlib"] = None


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
