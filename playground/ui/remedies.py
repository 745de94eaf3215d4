"""What a button may do about a refusal: which remedies fit an outcome, and which of them help this job.

All of them change the form and send nothing, but one: "again" sends the same request once more, and says so
when the first may have been billed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from playground.demo.rehearsals import REHEARSALS
from playground.errors import Billed
from playground.jobs.studio import Job
from playground.modes import mode_of
from playground.request import AUTO, SETTINGS
from playground.ui.explain import Explanation
from playground.ui.rendering import render
from playground.ui.words import Words

AGAIN = "again"
REHEARSAL_UNKNOWN = "rehearsal_unknown"
"""Code of a refusal on the demo whose prompt names a rehearsal that there is not."""

_FILLS_FORM = {"data-fills-form": ""}

REMEDIES: dict[str, tuple[str, ...]] = {
    "text_only": ("ask_for_picture", "pictures_only"),
    "no_picture": ("ask_for_picture", "pictures_only", "model", AGAIN),
    "cut_by_length": ("pictures_only",),
    "only_thoughts": ("ask_for_picture", AGAIN),
    "undecodable_picture": (AGAIN,),
    "incomplete_picture": (AGAIN,),
    "nothing_drawn": ("model", AGAIN),
    "picture_blocked": ("drop_last", "model"),
    "prompt_blocked": ("reword", "drop_last"),
    "unknown_finish": ("model", AGAIN),
    "model_not_found": ("model",),
    "permission_denied": ("connect", "model"),
    "not_allowed_by_provider": ("all_auto", "model"),
    "bad_request": ("all_auto", "model"),
    "rate_limited": (AGAIN, "model"),
    "daily_quota": ("model", "connect", "demo"),
    "overloaded": (AGAIN, "model"),
    "provider_trouble": (AGAIN, "model"),
    "timed_out": ("smaller_size", "model", AGAIN),
    "timed_out_there": ("smaller_size", "model", AGAIN),
    "too_large": ("drop_last",),
    "too_much_to_send": ("drop_last",),
    "upload_stopped": ("drop_last", AGAIN),
    "cut_off": (AGAIN,),
    "empty_answer": (AGAIN, "model"),
    "unreadable_answer": ("connect",),
    "answers_later": ("connect", "model"),
    "headers_too_large": ("connect",),
    "headers_unreadable": ("connect",),
    "answer_too_large": ("connect",),
    "key_missing": ("connect", "demo"),
    "key_invalid": ("connect", "demo"),
    "key_refused": ("connect", "demo"),
    "no_credit": ("connect", "demo"),
    "account_stopped": ("connect", "demo"),
    "base_url_missing": ("connect", "demo"),
    "base_url_invalid": ("connect", "demo"),
    "cannot_connect": (AGAIN, "connect", "demo"),
    "connect_timed_out": (AGAIN, "connect", "demo"),
    "name_not_found": ("connect", AGAIN, "demo"),
    "tls_failed": ("connect", "demo"),
    "redirected": ("connect",),
    "wrong_endpoint": ("connect", "demo"),
    "proxy_page": (AGAIN, "connect"),
    "region_or_billing": ("connect", "demo"),
    "no_free_tier": ("connect", "model", "demo"),
    "disk_failed": (AGAIN,),
    "limit_day": ("connect", "demo"),
    "limit_month": ("connect", "demo"),
    "limit_count": ("connect", "demo"),
    "unexpected": (AGAIN,),
    "stopped": (AGAIN,),
    "stopped_unsent": (AGAIN,),
    "interrupted": (AGAIN,),
    "interrupted_unsent": (AGAIN,),
    "disk_not_ready": (AGAIN,),
}
"""Outcome code -> what may help, the likeliest first. No "again" where the same request ends the same way."""


@dataclass(frozen=True)
class Button:
    """A remedy that helps: the event that it becomes, its label, and what goes along."""

    name: str
    label: str
    data: Mapping[str, object]


def html(explanation: Explanation, words: Words, job: Job | None) -> Markup:
    """The buttons under a refusal with a line that says what they do; empty when nothing would help."""
    if explanation.code == REHEARSAL_UNKNOWN:
        return render("rehearsals", words, names=REHEARSALS)
    helping = tuple(name for name in REMEDIES.get(explanation.code, ()) if _helps(name, job))
    buttons = [button for name in helping if (button := _button(name, explanation, words, job))]
    if not buttons:
        return Markup()
    return render("remedies", words, buttons=buttons, note=_note(helping, words))


def _helps(remedy: str, job: Job | None) -> bool:
    """Whether it would change anything for this job. Without a job only the form can be changed."""
    if job is None:
        return remedy not in (AGAIN, "model", "all_auto")
    request = job.request
    helps = {
        "drop_last": len(request.images) > mode_of(job.mode).min_images > 1,
        "smaller_size": request.image_size in ("2K", "4K"),
        "pictures_only": "TEXT" in request.response_modalities and not _beyond_the_demo(job),
        "ask_for_picture": not _beyond_the_demo(job),
        "demo": not job.free,
        "all_auto": any(s.default == AUTO != getattr(request, s.name) for s in SETTINGS),
        "model": other_model(job) is not None,
    }
    return helps.get(remedy, True)


def _beyond_the_demo(job: Job) -> bool:
    """Whether it was an edit on the demo, whose words say what it cannot do: asking again changes nothing."""
    return job.free and bool(job.request.images)


def _note(helping: Sequence[str], words: Words) -> str:
    kinds = {name == AGAIN for name in helping}
    if kinds == {True}:
        return words("refusal.again_note")
    others = sum(name != AGAIN for name in helping)
    return words("refusal.both_note" if True in kinds else "refusal.remedies_note", count=others)


def _button(remedy: str, explanation: Explanation, words: Words, job: Job | None) -> Button | None:
    if remedy == AGAIN:
        return _again(explanation, words, job)
    label = words.get(f"refusal.remedy_{remedy}")
    if remedy != "model":
        mode = job.mode if job else None
        return Button("remedy", label, {"data-remedy": remedy, "data-mode": mode, **_FILLS_FORM})
    other = other_model(job)
    if other is None:
        return None
    model, name = other
    return Button(
        "remedy", label.format(model=name), {"data-remedy": remedy, "data-model": model, **_FILLS_FORM}
    )


def _again(explanation: Explanation, words: Words, job: Job | None) -> Button | None:
    """The same request once more: not before the provider allows it, and never without saying the price."""
    if job is None:
        return None
    costs = explanation.billed != Billed.NO and not job.free
    label = words("refusal.remedy_again_billed" if costs else "refusal.remedy_again")
    wait = math.ceil(explanation.retry_after) if explanation.retry_after else None
    return Button(AGAIN, label, {"data-job": job.id, "data-after": wait, "data-starts-job": ""})


def other_model(job: Job | None) -> tuple[str, str] | None:
    """Id and name of a model worth trying instead: the successor, else a current one of the same provider."""
    if job is None:
        return None
    retirement = job.model.retirement
    for model_id, row in job.alternatives:
        if model_id != job.request.model and (not retirement or model_id == retirement.successor):
            return model_id, row.name or model_id
    return None
