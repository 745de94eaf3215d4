"""The strip of recent pictures under a result, and the frame of the history page. Pure: HTML as text.

The page's script (`static/js/history/`) fills the frame: it asks for one page of tiles after another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from playground.history import Choices, Entry
from playground.ui.addresses import preview_address
from playground.ui.history.grid import ModelName, caption, shown_pictures
from playground.ui.rendering import render
from playground.ui.words import Words

IN_STRIP = 24
_RECENTS = 6
_IN_GREETING = 3
_SAID_BY_SCRIPT = (
    "nothing_found",
    "empty",
    "undo",
    "restored",
    "nothing_deleted",
    "starred",
    "unstarred",
    "packing",
    "reporting",
    "copying",
    "importing",
    "imported",
    "imported_skipped",
    "refused_record_unreadable",
    "refused_record_newer",
    "refused_record_late",
    "refused_record_invalid",
    "refused_files_differ",
    "import_failed",
    "import_disk_low",
    "import_quota_full",
    "import_quota_full_for_all",
    "import_upload_stalled",
    "import_too_fast",
    "import_too_many_at_once",
    "incomplete",
    "foreign",
    "foreign_more",
    "all_deleted",
    "form_filled",
    "failed_call",
)
_ABOUT_ZIPS = ("zip_unreadable", "zip_locked", "zip_too_large", "zip_empty", "zip_foreign", "zip_nested")
_COUNTED_BY_SCRIPT = ("found", "found_some", "day_sum", "without", "deleted", "selected")


def strip(entries: Sequence[Entry], words: Words, current: str | None = None) -> Markup:
    """The newest pictures, small, under the result. Empty while there are none."""
    every = [(entry, place) for entry in entries for place in range(len(shown_pictures(entry)))]
    if not entries:
        return Markup()
    pictures = [_in_strip(entry, place, words, current) for entry, place in every[:IN_STRIP]]
    return render("history/strip", words, pictures=pictures)


def greeting(entries: Sequence[Entry], words: Words) -> Markup:
    """The empty table of somebody who comes back: the newest pictures, one of each call, to go on with. Empty
    while there are none."""
    came = [entry for entry in entries if shown_pictures(entry)][:_IN_GREETING]
    shown = [
        {"id": entry.id, "picture": shown_pictures(entry)[0], "prompt": caption(entry, words)}
        for entry in came
    ]
    return render("greeting", words, recent=shown) if shown else Markup()


def recents(entries: Sequence[Entry], words: Words) -> Markup:
    """The newest prompts that differ, for the place below Generate; until there are any, what one may say."""
    came = [entry for entry in entries if entry.prompt.strip() and shown_pictures(entry)]
    newest: dict[str, Entry] = {}
    for entry in came:
        newest.setdefault(caption(entry, words), entry)
    shown = [
        {"id": entry.id, "prompt": prompt, "preview": preview_address(shown_pictures(entry)[0])}
        for prompt, entry in [*newest.items()][:_RECENTS]
    ]
    return render("history/recents", words, recents=shown) if shown else render("tips", words)


def _about_zip(code: str, words: Words) -> str:
    return words.together(*(words.get(f"outcome.{code}.{part}") for part in ("what", "why", "do")))


def _in_strip(entry: Entry, place: int, words: Words, current: str | None) -> dict[str, object]:
    pictures, prompt = shown_pictures(entry), caption(entry, words)
    label = words("history.open", prompt=prompt)
    return {
        "entry": entry,
        "picture": pictures[place],
        "caption": prompt,
        "label": f"{label} ({place + 1})" if len(pictures) > 1 else label,
        "is_current": entry.id == current,
    }


def frame(choices: Choices, words: Words, name: ModelName, providers: Mapping[str, str]) -> Markup:
    """The history page without its tiles: bar, filters, and the places that the script fills."""
    said = {key: words.get(f"history.{key}") for key in (*_SAID_BY_SCRIPT, *_COUNTED_BY_SCRIPT)}
    said |= {f"import_{code}": _about_zip(code, words) for code in _ABOUT_ZIPS}
    said |= {f"{key}_one": words(f"history.{key}", count=1) for key in _COUNTED_BY_SCRIPT}
    filters = (
        (
            "mode",
            words("history.mode"),
            [(mode, words.get(f"tabs.{mode}", mode)) for mode in choices.modes],
        ),
        ("model", words("panel.model"), [(model, name("", model)) for model in choices.models]),
        (
            "provider",
            words("connection.provider"),
            [(provider, providers.get(provider, provider)) for provider in choices.providers],
        ),
    )
    return render("history/frame", words, said=json.dumps(said, ensure_ascii=False), filters=filters)
