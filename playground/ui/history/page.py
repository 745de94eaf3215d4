"""The strip of recent pictures under a result, and the frame of the history page. Pure: HTML as text.

The page's script (`static/history.js`) fills the frame: it asks for one page of tiles after another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from playground.history import Choices, Entry
from playground.ui.history.grid import ModelName, caption, shown_pictures, small_address
from playground.ui.markup import deed, press, text
from playground.ui.words import Words

IN_STRIP = 24
_SAID_BY_SCRIPT = (
    "nothing_found",
    "empty",
    "found",
    "found_one",
    "found_some",
    "found_some_one",
    "day_sum",
    "day_sum_one",
    "deleted",
    "deleted_one",
    "undo",
    "restored",
    "starred",
    "unstarred",
    "selected",
    "selected_one",
    "packing",
    "copying",
    "importing",
    "imported",
    "import_failed",
    "all_deleted",
    "form_filled",
    "failed_call",
)


def strip(entries: Sequence[Entry], spoken: Words, current: str | None = None) -> str:
    """The newest pictures, small, under the table's result. Empty while there are none."""
    every = [(entry, place) for entry in entries for place in range(len(shown_pictures(entry)))]
    if not entries:
        return ""
    buttons = "".join(_in_strip(entry, place, spoken, current) for entry, place in every[:IN_STRIP])
    more = deed("album", spoken("history.all"), css="text-link")
    return (
        f'<div class="days"><section><h3>{text(spoken("history.recent"))}</h3>'
        f'<div class="row">{buttons}</div></section><div class="all">{more}</div></div>'
    )


def _in_strip(entry: Entry, place: int, spoken: Words, current: str | None) -> str:
    pictures, prompt = shown_pictures(entry), caption(entry, spoken)
    label = spoken("history.open", prompt=prompt)
    if len(pictures) > 1:
        label = f"{label} ({place + 1})"
    address = small_address(pictures[place])
    shown = (
        f'<img src="{text(address)}" alt="" loading="lazy">' if address else '<span class="noview"></span>'
    )
    is_current = ' aria-current="true"' if entry.id == current and place == 0 else ""
    return (
        f'<button type="button" data-do="open" data-job="{text(entry.id)}" data-place="{place}" '
        f'aria-label="{text(label)}" title="{text(prompt)}"{is_current}>{shown}</button>'
    )


def frame(choices: Choices, spoken: Words, name: ModelName, providers: Mapping[str, str]) -> str:
    """The history page without its tiles: bar, filters, and the places that the script fills."""
    said = json.dumps({key: spoken.get(f"history.{key}") for key in _SAID_BY_SCRIPT}, ensure_ascii=False)
    more = press("data-more hidden", spoken("history.more"), "quiet")
    return (
        f'<div class="albumpage" data-state="history" data-said="{text(said)}">'
        f'<div class="grid-view">{_bar(spoken)}{_filters(choices, spoken, name, providers)}'
        f'<p class="told unseen" role="status"></p><div class="album"></div>'
        f'<p class="ending">{more}</p>{_selection(spoken)}</div>'
        f'<div class="detail-view" hidden></div>{_confirmation(spoken)}</div>'
    )


def _bar(spoken: Words) -> str:
    search = text(spoken("history.search"))
    filters = 'data-filters aria-expanded="false" aria-controls="history-filters"'
    return (
        '<div class="albumbar">'
        + press("data-back", spoken("history.back"), "ic ic-back quiet")
        + f'<h2 tabindex="-1">{text(spoken("history.title"))} <small></small></h2>'
        f'<label class="search"><span class="unseen">{search}</span>'
        f'<input type="search" data-search placeholder="{search}" autocomplete="off" spellcheck="false">'
        f'</label><div class="pair" role="group" aria-label="{text(spoken("history.which"))}">'
        + press('data-starred="" aria-pressed="true"', spoken("history.everything"))
        + press('data-starred="1" aria-pressed="false"', spoken("history.only_starred"))
        + "</div>"
        + press(filters, spoken("history.filters"), "quiet ic ic-filter")
        + _menu(spoken)
        + "</div>"
    )


def _menu(spoken: Words) -> str:
    return (
        '<details class="menu"><summary class="quiet ic ic-dots" '
        f'aria-label="{text(spoken("history.menu"))}"></summary><div class="sheetlet">'
        + press("data-select", spoken("history.select"))
        + press("data-zip-all", spoken("history.zip_all"))
        + press("data-import", spoken("history.import"))
        + press("data-clear", spoken("history.delete_all"), "grave")
        + '<input type="file" accept=".zip,application/zip" data-import-file hidden tabindex="-1">'
        "</div></details>"
    )


def _filters(choices: Choices, spoken: Words, name: ModelName, providers: Mapping[str, str]) -> str:
    modes = [(mode, spoken.get(f"tabs.{mode}", mode)) for mode in choices.modes]
    models = [(model, name("", model)) for model in choices.models]
    named = [(provider, providers.get(provider, provider)) for provider in choices.providers]
    return (
        '<div class="filters" id="history-filters" hidden>'
        + _choice("mode", spoken("history.mode"), modes, spoken)
        + _choice("model", spoken("panel.model"), models, spoken)
        + _choice("provider", spoken("connection.provider"), named, spoken)
        + _date("since", spoken("history.since"))
        + _date("until", spoken("history.until"))
        + press("data-clear-filters", spoken("history.clear"), "text-link")
        + "</div>"
    )


def _choice(field: str, label: str, values: Sequence[tuple[str, str]], spoken: Words) -> str:
    options = "".join(f'<option value="{text(value)}">{text(said)}</option>' for value, said in values)
    return (
        f'<label><span>{text(label)}</span><select data-filter="{field}"><option value="">'
        f"{text(spoken('history.any'))}</option>{options}</select></label>"
    )


def _date(field: str, label: str) -> str:
    return f'<label><span>{text(label)}</span><input type="date" data-filter="{field}"></label>'


def _selection(spoken: Words) -> str:
    return (
        f'<div class="selection" role="group" aria-label="{text(spoken("history.select"))}" hidden>'
        '<span role="status"></span>'
        + press("data-pick-all", spoken("history.pick_all"))
        + press("data-zip", spoken("history.zip"), "ic ic-down")
        + press("data-delete-picked", spoken("history.delete"), "ic ic-bin")
        + press("data-select-end", spoken("history.select_end"))
        + "</div>"
    )


def _confirmation(spoken: Words) -> str:
    return (
        '<dialog class="asking" aria-labelledby="history-asking"><h3 id="history-asking">'
        f"{text(spoken('history.delete_all_title'))}</h3><p>{text(spoken('history.delete_all_text'))}</p>"
        '<div class="answers">'
        + press("data-keep autofocus", spoken("history.delete_all_no"))
        + press("data-delete-all", spoken("history.delete_all_yes"), "grave")
        + "</div></dialog>"
    )
