"""What did not work, as a card: three parts, money, the other side's words as text, remedies that help."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest

from playground.catalogue import Retirement
from playground.demo.rehearsals import REHEARSALS, parse
from playground.errors import (
    Billed,
    CannotConnect,
    InvalidRequest,
    NoPicture,
    NotStarted,
    PlaygroundError,
    ProviderError,
    ProviderRefused,
    TransferBroken,
)
from playground.jobs.studio import Job
from playground.result import ImageResult, SafetyRating, TextPart
from playground.ui.cards import card, interrupted, line, misses
from playground.ui.remedies import AGAIN, REMEDIES
from playground.ui.words import LANGUAGES, words_for
from playground.wire import why_no_picture as why
from tests.error_sites import Site, sites
from tests.made_jobs import drawn, job, missed, pictures

ENGLISH = words_for("en")
in_every_language = pytest.mark.parametrize("language", LANGUAGES)
HOSTILE = '<img src=x onerror="alert(1)">'


def refused(error: PlaygroundError, **fields: object) -> tuple[Job, str]:
    """A job whose only call failed, and its card in English."""
    result = error.result if isinstance(error, NoPicture) else None
    made = job(missed(error, result=result), **fields)
    return made, card(error, ENGLISH, made)


def offered(html: str) -> set[str]:
    """The remedies of a card."""
    again = {AGAIN} if f'data-do="{AGAIN}"' in html else set()
    return again | set(re.findall(r'data-remedy="(\w+)"', html))


# ── three parts, money, raw answer ──────────────────────────────────────────────────────────────────────────


@in_every_language
@pytest.mark.parametrize("site", sites(), ids=lambda site: f"{site.code} at {site.where}")
def test_every_outcome_has_three_parts_and_says_what_it_cost(site: Site, language: str) -> None:
    words = words_for(language)
    error = site.error()
    html = card(error, words, job(missed(error)))
    for name in ("what", "why", "do"):
        assert f"<dt>{words(f'refusal.{name}')}</dt>" in html
    assert html.count('<p class="money">') == 1
    assert f'data-code="{site.code}"' in html


@in_every_language
def test_every_outcome_is_told_apart(language: str) -> None:
    words = words_for(language)
    codes = {site.code for site in sites()}
    told = Counter((words.get(f"outcome.{code}.what"), words.get(f"outcome.{code}.why")) for code in codes)
    assert [alike for alike, count in told.items() if count > 1] == []


@pytest.mark.parametrize(
    ("error", "free", "said"),
    [
        (ProviderRefused("overloaded"), False, "refusal.billed_no"),
        (TransferBroken("cut_off"), False, "refusal.billed_maybe"),
        (NoPicture("text_only", ImageResult(), billed=Billed.PROBABLY), False, "refusal.billed_probably"),
        (TransferBroken("cut_off"), True, "refusal.free"),
        (NotStarted("disk_full", free=1), False, "refusal.unsent"),
        (PlaygroundError("stopped"), False, "refusal.billed_maybe"),
        (PlaygroundError("stopped_unsent"), False, "refusal.unsent"),
        (PlaygroundError("interrupted"), False, "refusal.billed_maybe"),
    ],
)
def test_the_money_is_told(error: PlaygroundError, free: bool, said: str) -> None:
    _, html = refused(error, provider="demo" if free else "google")
    assert f'<p class="money">{ENGLISH(said)}</p>' in html


def test_without_a_job_nothing_was_sent() -> None:
    html = card(InvalidRequest("prompt_missing", field="prompt"), ENGLISH)
    assert ENGLISH("refusal.unsent") in html
    assert ENGLISH("refusal.title_unsent") in html
    assert "data-details" not in html


def test_words_from_outside_stay_text() -> None:
    refusal = ProviderRefused("overloaded", said=HOSTILE, raw=HOSTILE)
    answer = ImageResult(parts=(TextPart(HOSTILE),), raw={"candidates": HOSTILE}, finish_message=HOSTILE)
    for error in (refusal, NoPicture("text_only", answer, billed=Billed.NO, reason=HOSTILE)):
        _, html = refused(error, prompt=HOSTILE)
        assert "<img" not in html
        assert "&lt;img" in html


def test_the_raw_answer_is_there_to_copy() -> None:
    _, html = refused(ProviderRefused("overloaded", raw='{"error": 7}'))
    assert '{"error": 7}' in unescape(html)
    assert html.count("data-copy") == 2, "the request and the answer"


def test_the_category_and_the_reason_of_a_block_are_named() -> None:
    ratings = (
        SafetyRating("HARM_CATEGORY_DANGEROUS_CONTENT", "HIGH", blocked=True),
        SafetyRating("HARM_CATEGORY_HARASSMENT", "NEGLIGIBLE"),
    )
    error = why(ImageResult(block_reason="PROHIBITED_CONTENT", safety_ratings=ratings))
    assert error is not None
    _, html = refused(error)
    assert "content that is not allowed (PROHIBITED_CONTENT)" in html
    assert "It names: dangerous content." in html
    assert "harassment" not in html


def test_a_new_reason_is_called_by_its_own_name() -> None:
    error = why(ImageResult(finish_reason="IMAGE_BRAND_NEW", finish_message="No."))
    assert error is not None
    assert "IMAGE_BRAND_NEW" in refused(error)[1]


def test_how_much_of_a_broken_answer_arrived_is_told() -> None:
    _, html = refused(TransferBroken("cut_off", received=65535))
    assert "65,535 bytes of it had arrived." in html
    assert "arrived." not in refused(TransferBroken("cut_off"))[1]


def test_a_retired_model_names_its_successor_and_offers_it() -> None:
    made, _ = refused(ProviderRefused("model_not_found"))
    gone = Retirement(state="shut_down", date="2026-10-29", successor="gemini-3-pro-image")
    made.model = made.model.model_copy(update={"retirement": gone})
    html = card(made.errors[0], ENGLISH, made)
    assert "Google shut it down on 2026-10-29; gemini-3-pro-image takes its place." in html
    assert 'data-model="gemini-3-pro-image"' in html


def test_seconds_are_counted_down_and_trying_again_waits_for_them() -> None:
    _, html = refused(ProviderRefused("rate_limited", retry_after=6.2, seconds=7))
    assert 'Wait <b data-wait="7" data-job="job">7</b> s' in html
    assert re.search(r'data-do="again"[^>]* data-after="7"', html)


# ── remedies ────────────────────────────────────────────────────────────────────────────────────────────────

HOPELESS = (
    "picture_blocked",
    "prompt_blocked",
    "text_only",
    "daily_quota",
    "no_free_tier",
    "no_credit",
    "key_refused",
    "permission_denied",
    "model_not_found",
    "region_or_billing",
    "wrong_endpoint",
    "too_large",
    "bad_request",
    "account_stopped",
    "tls_failed",
)


@pytest.mark.parametrize("code", HOPELESS)
def test_the_same_again_is_not_offered_where_it_ends_the_same(code: str) -> None:
    assert AGAIN not in REMEDIES[code]
    assert AGAIN not in offered(refused(ProviderRefused(code))[1])


@pytest.mark.parametrize(
    ("error", "label"),
    [
        (ProviderRefused("overloaded"), "refusal.remedy_again"),
        (CannotConnect("cannot_connect", host="x"), "refusal.remedy_again"),
        (TransferBroken("timed_out"), "refusal.remedy_again_billed"),
        (TransferBroken("cut_off"), "refusal.remedy_again_billed"),
        (NoPicture("no_picture", ImageResult(), billed=Billed.MAYBE), "refusal.remedy_again_billed"),
        (PlaygroundError("interrupted_unsent"), "refusal.remedy_again"),
    ],
)
def test_trying_again_says_when_it_may_be_billed_twice(error: PlaygroundError, label: str) -> None:
    _, html = refused(error)
    assert f">{ENGLISH(label)}</button>" in html
    assert ENGLISH("refusal.remedies_note", count=1) not in html, "this one does send"


def test_calls_that_ended_like_the_one_above_are_not_told_as_some_of_all() -> None:
    """Of four calls that were all blocked it said: 3 of 4 brought no picture."""
    blocked = [NoPicture("prompt_blocked", ImageResult(), billed=Billed.NO) for _ in range(4)]
    made = job(*(missed(error, call) for call, error in enumerate(blocked, 1)), count=4)
    html = card(blocked[0], ENGLISH, made)
    assert ENGLISH("refusal.likewise", count=3) in html
    assert "3 of 4" not in html


def test_the_demo_is_not_called_a_model() -> None:
    words_only = NoPicture("text_only", ImageResult((TextPart("I only draw."),)), billed=Billed.NO)
    said = {provider: refused(words_only, provider=provider)[1] for provider in ("demo", "google")}
    assert ENGLISH("refusal.demo_words") in said["demo"]
    assert ENGLISH("refusal.model_words") in said["google"]


def test_nobody_pays_twice_in_the_demo() -> None:
    _, html = refused(TransferBroken("cut_off"), provider="demo")
    assert f">{ENGLISH('refusal.remedy_again')}</button>" in html


def test_the_line_under_the_remedies_counts_them() -> None:
    words_only = NoPicture("text_only", ImageResult(), billed=Billed.NO)
    assert ENGLISH("refusal.remedies_note", count=2) in refused(words_only)[1]
    assert ENGLISH("refusal.remedies_note", count=1) in refused(words_only, response_modalities=("IMAGE",))[1]


def test_only_what_would_change_something_is_offered() -> None:
    words_only = NoPicture("text_only", ImageResult(), billed=Billed.NO)
    assert offered(refused(words_only)[1]) == {"ask_for_picture", "pictures_only"}
    assert offered(refused(words_only, response_modalities=("IMAGE",))[1]) == {"ask_for_picture"}
    blocked = NoPicture("prompt_blocked", ImageResult(), billed=Billed.NO)
    assert "drop_last" in offered(refused(blocked, mode="compose", images=pictures(3))[1])
    assert "drop_last" not in offered(refused(blocked, mode="compose", images=pictures(2))[1])
    assert offered(refused(blocked)[1]) == {"reword"}
    late = TransferBroken("timed_out")
    assert "smaller_size" in offered(refused(late, image_size="4K")[1])
    assert "smaller_size" not in offered(refused(late, image_size="1K")[1])
    unknown = ProviderRefused("not_allowed_by_provider", fields="image_size")
    assert "all_auto" in offered(refused(unknown, image_size="4K")[1])
    assert "all_auto" not in offered(refused(unknown)[1])


@in_every_language
@pytest.mark.parametrize("code", ["prompt_blocked", "nothing_drawn", "too_large", "upload_stopped"])
def test_without_pictures_nobody_is_told_to_leave_one_out(code: str, language: str) -> None:
    """It spoke of a picture that was not there."""
    words = words_for(language)
    error = ProviderRefused(code, host="x")
    alone, beside = (
        " ".join(re.findall("<dd>(.*?)</dd>", card(error, words, job(missed(error), **fields))))
        for fields in ({}, {"mode": "compose", "images": pictures(3)})
    )
    about_pictures = "fewer|leave out|reference|too many|减少|去掉|参考|太多"
    assert not re.search(about_pictures, alone)
    assert re.search(about_pictures, beside)


@in_every_language
def test_a_rehearsal_that_is_not_known_offers_those_that_are(language: str) -> None:
    """It listed them, and told to change the prompt: the words for an edit that the demo cannot do."""
    words, listed = words_for(language), ImageResult((TextPart("This demo knows these rehearsals"),))
    words_only = NoPicture("text_only", listed, billed=Billed.NO)
    unknown, known = (
        card(words_only, words, job(missed(words_only, result=listed), provider="demo", prompt=prompt))
        for prompt in ("demo: safety", "demo: text only")
    )
    assert re.findall(r'data-rehearsal="([\w ]+)"', unknown) == list(REHEARSALS)
    assert words("rehearsals.unknown_do") in unknown
    assert listed.text not in unknown
    assert "data-rehearsal" not in known
    assert words("outcome.text_only.do") in known


def test_a_card_without_a_job_offers_only_what_the_form_can_do() -> None:
    html = card(InvalidRequest("key_missing", field="key", provider="Google"), ENGLISH)
    assert offered(html) == {"connect", "demo"}


# ── beside pictures, and after a restart ────────────────────────────────────────────────────────────────────


def test_calls_that_failed_alike_are_one_line_that_unfolds() -> None:
    late, blocked = TransferBroken("timed_out"), ProviderRefused("prompt_blocked", said=HOSTILE)
    made = job(drawn(1), missed(late, 2), missed(late, 3), missed(blocked, 4), count=4)
    html = misses(made.errors, ENGLISH, made)
    lines = re.findall(r"<summary>(.*?)</summary>", html)
    assert [line.partition(" ")[0] for line in lines] == ["2", "1"]
    assert html.count('class="money"') == 2
    assert "<img" not in html


@in_every_language
def test_what_a_restart_cut_off_is_told_calmly(language: str) -> None:
    words = words_for(language)
    error = PlaygroundError("interrupted")
    html = card(error, words, job(missed(error), interrupted=True))
    assert 'class="refusal calm"' in html
    assert words("refusal.title_interrupted") in html
    two = [job(missed(error), prompt=HOSTILE), job(drawn(), missed(error, 2), count=2)]
    several = interrupted(two, words)
    assert several.count("<li>") == 2
    assert words("refusal.interrupted_kept", kept=1, count=2) in several
    assert "<img" not in several


def test_sentences_on_one_line_stand_together_as_their_language_has_them() -> None:
    told = line(ProviderError("wrong_endpoint", said="Invalid URL (GET /v1)"), words_for("zh"))
    assert "服务商原话：“Invalid URL (GET /v1)”。" in told, "nothing runs into the provider's words"
    said = line(InvalidRequest("base_url_missing", field="base_url", provider="UniAll"), words_for("zh"))
    assert "。 " not in said


def test_a_rehearsal_can_be_typed_as_the_chinese_menu_calls_it() -> None:
    for name in REHEARSALS:
        called = words_for("zh")(f"rehearsals.names.{name}")
        rehearsed = parse(f"演示：{called} a cat")
        assert rehearsed is not None
        assert (rehearsed.name, rehearsed.words) == (name, "a cat")
