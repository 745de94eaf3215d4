"""What is done with a result, a remedy or a way to start: it is shown, or it fills in the form.

Nothing here sends a request.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import gradio as gr

from playground.demo import rehearsals
from playground.modes import FIRST, mode_of
from playground.request import AUTO, MAX_PROMPT_CHARACTERS, SETTINGS
from playground.ui import form_notice, image_tray, kept_form, mode_tabs, prompt_templates, results
from playground.ui.context import Context, Handlers, Press, carried, owner_of, session_of
from playground.ui.form import Choice
from playground.ui.updates import Updates, merged
from playground.ui.words import Words, words_for


class ResultHandlers(Handlers):
    """The handlers of results, of the ways to start and of remedies."""

    async def on_open(self, event: gr.EventData, language: str, request: gr.Request) -> Any:
        """An earlier result is shown again, with the picture that was pressed in front."""
        opened = await self._opened(carried(event, "job"), carried(event, "picture"), language, request)
        return opened or self._context.told("history.gone", language)

    async def _opened(
        self, generation: str, wanted: str, language: str, request: gr.Request
    ) -> Updates | None:
        """The result on the table, a picture in front; None where it is gone."""
        owner, words = owner_of(request), words_for(language)
        job = await self._context.job(owner, generation)
        if job is None:
            return None
        chosen = next((n for n, one in enumerate(job.pictures) if one.name == wanted), None)
        strip = await self._context.strip(owner, words, job.id)
        updates = {
            self._page.result: results.job_view(job, words, chosen),
            self._page.shown: ("job", job.id),
            self._page.strip: strip,
        }
        return self._context.watching.turn_to(session_of(request), owner, language, job.id, updates)

    async def on_history(self) -> Any:
        """The history's place on the page, which then fills itself."""
        return gr.update(visible=True)

    async def on_changed(self, shown: Any, language: str, request: gr.Request) -> Updates:
        """The history won or lost something: the strip follows, and a deleted result is shown no more."""
        owner, (kind, what) = owner_of(request), shown
        current = what if kind == "job" else ""
        updates = await self._context.strips(owner, language, current or None)
        updates |= self._context.watching.retold(session_of(request), owner, language, current)
        job = self._studio.job(current, owner=owner)
        is_running = job is not None and not job.is_done
        if not current or is_running:
            return updates
        if await asyncio.to_thread(self._studio.history.entry, owner, current) is not None:
            return updates
        updates |= self._context.watching.turn_to(session_of(request), owner, language, "")
        return updates | await self._context.now_shown(("empty", None), owner, language)

    # ── the form is filled in ───────────────────────────────────────────────────────────────────────────

    async def on_stop_continuing(self) -> Updates:
        """The next request begins anew."""
        return self._context.continuing("", "")

    async def on_go_on(self, event: gr.EventData, request: gr.Request, **values: Any) -> Any:
        """The next request goes on from another version, which is shown."""
        press = Press.of(event, request, values)
        generation, _, picture = press.data("picture").partition("/")
        opened = await self._opened(generation, picture, press.language, request)
        if opened is None:
            return self._context.told("history.gone", press.language)
        return opened | await self._context.going_on(press, press.data("picture"))

    async def on_turn(self, event: gr.EventData, request: gr.Request, **values: Any) -> Updates:
        """Another tab was opened: its own conversation is taken up, that of the tab `from` waits there."""
        press = Press.of(event, request, values)
        updates = await self._context.going_on(press, press.data("picture"))
        tab = f"tabs.{mode_of(press.data('from')).id}"
        left = press.continues and not updates[self._page.continues]
        can_undo = bool(press.data("undo"))

        def say(words: Words) -> str:
            waits = words("versions.waits", tab=words(tab)) if left else ""
            return words.together(waits, words("form.filled") if can_undo else "")

        return updates | {self._page.form_notice: form_notice.update(say, press.language, can_undo=can_undo)}

    async def on_turns(self, turns: str, event: gr.EventData, request: gr.Request, **values: Any) -> Any:
        """Requests that went on from a picture have brought the next one: the conversation goes on from it,
        unless the person has chosen another meanwhile."""
        press = Press.of(event, request, values)
        updates: Updates = {}
        for before, after in _turns(turns):
            if before == press.continues:
                updates = await self._context.going_on(press, after)
        return updates or gr.skip()

    async def on_clear(self, context: Context, press: Press) -> Updates:
        """The form as a first visit has it, the key out of it, too."""
        panel, tabs = self._page.panel, self._page.tabs
        emptied = {panel.prompt: gr.update(value=""), panel.key: gr.update(value="")}
        return {
            **merged(context.form(self._view.first_choice(), press), emptied),
            **context.to_tab(FIRST),
            **{tray: gr.update(value=[]) for tray in tabs.trays.values()},
            **context.continuing("", ""),
            self._page.form_notice: _noticed("form.cleared", press),
        }

    async def on_take(self, context: Context, press: Press) -> Updates:
        """One of the person's own prompts comes back into the box."""
        return {self._page.panel.prompt: gr.update(value=press.data("prompt")[:MAX_PROMPT_CHARACTERS])}

    async def on_templates(self, language: str) -> Any:
        """The gallery of templates, which the page's script opens."""
        return gr.update(value=prompt_templates.gallery(words_for(language)), visible=True)

    async def on_template(self, context: Context, press: Press) -> Any:
        """The tab of a template, its shape, and samples while its tray holds no picture of the person's.

        Its text the page's script has written already: what is typed into its fields meanwhile stays.
        """
        name = press.data("template")
        template = prompt_templates.TEMPLATES.get(name)
        notice = {self._page.form_notice: _noticed("form.filled", press)}
        if template is None:  # one of the person's own
            return notice
        wanted = replace(press.choice, mode=template.mode)
        if template.aspect_ratio:
            wanted = wanted.having(aspect_ratio=template.aspect_ratio)
        updates = context.form(wanted, press) | context.to_tab(template.mode) | notice
        return updates | self._begun(template, press)

    def _begun(self, start: mode_tabs.Tile | prompt_templates.PromptTemplate, press: Press) -> Updates:
        """What a way to start works on: a change goes on with the conversation, anything else begins anew."""
        if start.mode == "edit":
            return self._samples(start, press)
        begun = replace(press, continues="")
        return self._context.continuing("", "") | self._samples(start, begun)

    def _samples(self, start: mode_tabs.Tile | prompt_templates.PromptTemplate, press: Press) -> Updates:
        """The sample pictures of a way to start, unless the person has brought some or goes on from one."""
        held = press.trays.get(start.mode, [])
        is_own = any(not (isinstance(item, dict) and item.get("sample")) for item in held)
        if not start.samples or is_own or press.continues:
            return {}
        items = [image_tray.sample_item(sample) for sample in start.samples]
        return {self._page.tabs.trays[start.mode]: gr.update(value=items)}

    async def on_restore(self, context: Context, press: Press) -> Any:
        """The form before something filled it in."""
        kept = kept_form.read(press.data("kept"))
        if kept is None:
            return gr.skip()
        return await kept_form.put_back(
            context, kept, press.owner, press.language, now=press.choice, prompt=press.prompt
        )

    async def on_tile(self, context: Context, press: Press) -> Any:
        """A way to start: prompt, shape, tab and sample pictures. A change is made to the person's own
        picture, or to the one that they go on from, where there is one."""
        name = press.data("tile")
        tile = mode_tabs.TILES.get(name)
        if tile is None:
            return gr.skip()
        wanted = replace(press.choice, mode=tile.mode).having(aspect_ratio=tile.aspect_ratio)
        prompt = words_for(press.language)(f"tiles.{name}.prompt")
        updates = merged(
            context.form(wanted, press), {self._page.panel.prompt: gr.update(value=prompt)}
        ) | context.to_tab(tile.mode)
        return updates | self._begun(tile, press)

    async def on_rehearse(self, context: Context, press: Press) -> Any:
        """A prompt that rehearses what can happen, with what was to be drawn; only the demo can."""
        name = press.data("rehearsal")
        if name not in rehearsals.REHEARSALS:
            return gr.skip()
        prompt = rehearsals.call(name, press.prompt, chinese=press.language == "zh")
        updates = {} if press.choice.provider == self._view.demo else self._to(press, "demo")
        return merged(updates, {self._page.panel.prompt: gr.update(value=prompt)})

    async def on_remedy(self, context: Context, press: Press) -> Updates:
        """Changes the form in the way that a refusal suggests."""
        remedy, page = press.data("remedy"), self._page
        updates = self._to(press, remedy)
        if remedy == "ask_for_picture":
            asked = words_for(press.language)("refusal.plainly", prompt=press.prompt)
            updates = merged(updates, {page.panel.prompt: gr.update(value=asked)})
        if remedy == "drop_last" and (tray := page.tabs.trays.get(press.data("mode"))):
            updates[tray] = gr.update(value=press.trays[press.data("mode")][:-1])
        if remedy == "connect":
            updates |= context.open_connection()
        return updates

    def _to(self, press: Press, remedy: str) -> Updates:
        """The panel after a remedy. A key goes to no other provider than the one it was typed for."""
        changed = self._remedied(press.choice, remedy, press.data("model"))
        updates = self._context.form(changed, press)
        if changed.provider != press.choice.provider:
            updates = merged(updates, {self._page.panel.key: gr.update(value="")})
        return updates

    def _remedied(self, choice: Choice, remedy: str, model: str) -> Choice:
        if remedy == "demo":
            return self._view.with_provider(replace(choice, provider=self._view.demo))
        if remedy == "model":
            return replace(choice, model=model)
        changes: dict[str, dict[str, str]] = {
            "all_auto": {setting.name: AUTO for setting in SETTINGS if setting.default == AUTO},
            "pictures_only": {"response_modalities": "IMAGE"},
            "smaller_size": {"image_size": "1K"},
        }
        return choice.having(**changes.get(remedy, {}))


def _noticed(key: str, press: Press) -> str:
    """What the line above the prompt says of a form that was filled in anew, with an undo."""
    return form_notice.update(lambda words: words(key), press.language, can_undo=True)


def _turns(text: str) -> list[tuple[Any, Any]]:
    """From where to where conversations went on, as `Watching.turns` wrote it; nothing where it did not."""
    try:
        turns = json.loads(text or "[]")
        return [(turn["from"], turn["to"]) for turn in turns]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
