"""An event's updates reach the page as Gradio would send them, without its work for each of them."""

from __future__ import annotations

import asyncio
import copy
import tracemalloc
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio import queueing
from gradio.state_holder import SessionState, StateHolder

from playground.ui import light_updates, parameters


def page() -> tuple[Any, list[Any]]:
    """A page with one event, and its outputs."""
    with parameters.Blocks(analytics_enabled=False) as blocks:
        outputs = [
            gr.HTML("", visible=False),
            gr.Button("Go"),
            gr.Textbox(""),
            gr.State(),
            gr.Dropdown(["a"]),
        ]
        outputs[1].click(lambda: None, None, outputs, preprocess=False)
    return blocks, outputs


@pytest.mark.parametrize(
    "updates",
    [
        {0: gr.update(value="<p>x</p>", visible=True), 1: gr.update(interactive=False)},
        {0: "<p>x</p>", 2: "words", 3: ("job", "1")},
        {3: gr.update(value=7), 1: gr.update(visible=False), 2: gr.skip()},
    ],
)
async def test_a_page_is_sent_what_gradio_would_send_and_nothing_is_built(
    updates: dict[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault Z14: building all outputs anew took the loop from everybody, at each update of each page."""
    blocks, outputs = page()
    (event,) = blocks.fns.values()
    given = {outputs[place]: update for place, update in updates.items()}
    ours, theirs = SessionState(blocks), SessionState(blocks)
    wanted = await gr.Blocks.postprocess_data(
        blocks, event, {one: copy.copy(update) for one, update in given.items()}, theirs
    )
    monkeypatch.setattr(gr.HTML, "__init__", lambda *_, **__: pytest.fail("built anew"))
    sent = await blocks.postprocess_data(event, given, ours)
    assert [_told(one) for one in sent] == [_told(one) for one in wanted]
    assert ours[outputs[3]._id] == theirs[outputs[3]._id]


def _told(output: Any) -> Any:
    """What the page's script reads of an output; HTML has a list of properties of its own, empty here."""
    if not isinstance(output, dict):
        return output
    return {name: value for name, value in output.items() if name != "props"}


async def test_what_has_choices_is_left_to_gradio() -> None:
    blocks, outputs = page()
    (event,) = blocks.fns.values()
    sent = await blocks.postprocess_data(
        event, {outputs[4]: gr.update(choices=["b"], value="b")}, SessionState(blocks)
    )
    assert sent[4]["choices"] == [["b", "b"]]


async def test_a_session_costs_little_and_there_are_not_many() -> None:
    """Whoever asked with ten thousand session hashes had 1.7 GB kept for an hour."""
    blocks, outputs = page()
    with blocks:
        for _ in range(100):
            gr.HTML("x" * 100)
    (event,) = blocks.fns.values()
    tracemalloc.start()
    try:
        kept = [SessionState(blocks) for _ in range(50)]
        for one in kept:
            await blocks.preprocess_data(event, [], one)
        assert tracemalloc.get_traced_memory()[0] / len(kept) < 5_000
    finally:
        tracemalloc.stop()
    kept[0].blocks_config.blocks[outputs[0]._id] = outputs[1]  # as what is drawn anew
    assert kept[1][outputs[0]._id] is blocks.blocks[outputs[0]._id] is outputs[0]
    kept[0][outputs[3]._id] = "mine"
    assert (kept[0][outputs[3]._id], kept[1][outputs[3]._id]) == ("mine", None)
    holder = StateHolder()
    holder.set_blocks(blocks)
    for number in range(light_updates.SESSIONS + 5):
        holder[str(number)]
    assert len(holder.session_data) == light_updates.SESSIONS


async def test_no_event_is_reckoned_with_all_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of each, Gradio made a table of the last 10,000."""
    blocks, _ = page()
    blocks.queue()
    light_updates.keep_no_statistics(blocks)
    queue = blocks._queue
    monkeypatch.setattr(queue, "_get_df", lambda _: pytest.fail("a table is made"))
    queue.events_recorded += 1
    queue.compute_analytics_summary([{"function": "f", "status": "success", "process_time": 1.0}])
    assert queue.ANALYTICS_MAX_EVENTS == 1


async def test_a_server_that_nobody_uses_is_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio looked for an event to begin 1,000 times a second, and for progress 100 times."""
    blocks, _ = page()
    blocks.queue()
    light_updates.look_less_often(blocks)
    queue, waits = blocks._queue, []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        queue.stopped = True

    monkeypatch.setattr(queueing, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": wait}))
    for look in (queue.start_processing, queue.start_progress_updates):
        queue.stopped = False
        await look()
    assert waits == [0.01, 1.0]


async def test_a_session_whose_stream_has_ended_leaves_nothing_behind() -> None:
    """Gradio kept an empty queue for each of 2,000 sessions, and an empty set for every one."""
    blocks, _ = page()
    blocks.queue()
    queue = blocks._queue

    async def app(*_: Any) -> None:
        raise ConnectionResetError

    for session, pending in {"ended": set[str](), "open": {"event"}}.items():
        queue.pending_messages_per_session[session] = queue.pending_event_ids_session[session] = pending
        scope: Any = {"type": "http", "path": "/gradio_api/queue/data"}
        scope["query_string"] = f"session_hash={session}".encode()
        with pytest.raises(ConnectionResetError):
            await light_updates.StreamEnds(app, blocks)(scope, app, app)
    assert [*queue.pending_messages_per_session] == [*queue.pending_event_ids_session] == ["open"]


@pytest.mark.parametrize(("name", "repeats"), [("edit_image", True), (None, False)])
async def test_the_end_of_an_event_repeats_its_last_output_for_programs_only(
    name: str | None, repeats: bool
) -> None:
    """Else what was opened in between would be painted over."""
    with parameters.Blocks() as blocks:
        shown = gr.HTML("")
        gr.Button().click(str, None, shown, api_name=name)
    (event,) = blocks.fns.values()
    blocks.handle_streaming_diffs(event, ["<p>done</p>"], "session", "run", final=False)
    (last,) = blocks.handle_streaming_diffs(event, [None], "session", "run", final=True)
    assert (last == "<p>done</p>") is repeats
