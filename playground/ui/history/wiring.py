"""Which press of the history's pieces does what."""

from __future__ import annotations

from playground.ui import script
from playground.ui.history.handlers import HistoryHandlers
from playground.ui.wiring import AT_ONCE, CALLS, Wiring


def wire_history(wiring: Wiring) -> None:
    """Connects the history's pieces with their handlers."""
    page, results, choice = wiring.page, wiring.results, wiring.choice
    own = HistoryHandlers(wiring.context)
    compose = {"compose_images": wiring.trays["compose_images"]}
    page.strip.album(own.on_history, outputs=[page.history], js=script.call("openHistory"), **AT_ONCE)
    form = [*wiring.form_outputs, page.following, page.chip]
    for piece in (page.history, page.recipe):
        piece.reuse(own.on_reuse, inputs_kwargs=choice, outputs=form, **AT_ONCE)
    for use in (page.history.edit, page.history.compose):
        use(results.on_use, inputs_kwargs={**choice, **compose}, outputs=wiring.form_outputs, **AT_ONCE)
    page.history.remedy(
        results.on_remedy,
        inputs_kwargs={**choice, **compose, "prompt": page.panel.prompt},
        outputs=[*wiring.form_outputs, page.knock],
        **AT_ONCE,
    )
    page.history.follow(
        results.on_follow,
        inputs_kwargs={**choice, "prompt": page.panel.prompt},
        outputs=form,
        **AT_ONCE,
    )
    page.history.changed(
        results.on_changed,
        [page.shown, page.language],
        [page.table, page.shown, page.strip, page.tiles],
        **AT_ONCE,
    )
    page.history.again(
        wiring.jobs.on_again,
        inputs_kwargs=choice,
        outputs=list(dict.fromkeys([*wiring.job_outputs, *wiring.panel_outputs])),
        **CALLS,
    ).then(None, js=script.call("settled"))
