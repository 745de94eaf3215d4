"""Asked above received, as the screen shows it."""

from __future__ import annotations

import re

import pytest

from playground.jobs.comparison import Difference
from playground.jobs.studio import Outcome
from playground.ui.comparison import table
from playground.ui.words import LANGUAGES, words_for
from tests.made_jobs import drawn, job

ENGLISH = words_for("en")
DIFFERENCES = [
    (Difference("aspect_ratio", "16:9", "1024x1024"), "16:9 was asked", "1:1"),
    (Difference("image_size", "4K", "1024x1024"), "Smaller than 4K", "1024 × 1024"),
    (Difference("image_size", "512", "100x100"), "Smaller than 0.5K", "1024 × 1024"),
    (Difference("output_format", "png", "jpeg"), "JPEG instead of PNG", "JPEG"),
    (Difference("mime_type", "image/png", "image/jpeg"), "calls it PNG, and it is JPEG", ""),
    (Difference("model_version", "gemini-a", "gemini-b"), "gemini-b answered instead of gemini-a", ""),
    (Difference("same_as_input", "2", "1-1.jpg"), "same file as picture 2", ""),
]


def shown(outcome: Outcome, language: str = "en", **fields: object) -> str:
    made = job(outcome, **fields)
    return table(made, made.pictures[0], outcome, words_for(language))


def test_columns_have_names_and_the_rows_what_was_asked_and_received() -> None:
    html = shown(drawn(), aspect_ratio="1:1", image_size="2K")
    assert re.findall(r'<th scope="col">(.*?)</th>', html) == ["Shape", "Size", "Format"]
    rows = re.findall(r"<td(?: [^>]*)?>([^<]*)</td>", html.partition("<tbody>")[2])
    assert rows == ["1:1", "2K", "Auto", "1:1", "1024 × 1024", "JPEG"]


def test_tokens_price_and_model_stand_below_and_seconds_where_the_title_has_those_of_all() -> None:
    """Two times for one picture, and tokens where nothing is paid, were only asked about."""
    html = shown(drawn(model_version="gemini-x-001"))
    for part in ("1,290 tokens", "$0.0", "gemini-x-001"):
        assert part in html
    assert "1.5 s" not in html
    assert "1.5 s" in shown(drawn(), count=2)
    assert "tokens" not in shown(drawn(), provider="demo")


def test_without_differences_nothing_is_amber() -> None:
    assert "off" not in shown(drawn())


@pytest.mark.parametrize(("difference", "said", "cell"), DIFFERENCES)
def test_a_difference_is_amber_and_in_words(difference: Difference, said: str, cell: str) -> None:
    html = shown(drawn(1, difference))
    assert said in re.sub(r"<[^>]+>", "", html)
    marked = re.findall(r'<td class="off"[^>]*>([^<]*)</td>', html)
    assert marked == ([cell] if cell else [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("difference", [difference for difference, _, _ in DIFFERENCES])
def test_every_difference_has_words(difference: Difference, language: str) -> None:
    html = shown(drawn(1, difference), language)
    assert re.search(r'<p class="off">[^<{}]+</p>', html)


def test_what_a_model_calls_itself_stays_text() -> None:
    html = shown(drawn(1, Difference("model_version", "gemini-a", "<b>"), model_version="<b>"))
    assert "<b>" not in html
