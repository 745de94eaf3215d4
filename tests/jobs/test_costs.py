"""What an answer costs by its tokens, beside the estimate; what counts to limits after a job has ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from playground import catalogue as catalogue_module
from playground.errors import Billed, ProviderError
from playground.jobs import costs
from playground.jobs.costs import CLOSE, Charged
from playground.result import ImageResult, PicturePart, Usage
from tests.made_jobs import drawn, job, missed

DRAWN = PicturePart(b"", "image/png", 8, 6)
PRICED = [
    (model, size)
    for _, model, row in catalogue_module.load().rows()
    for size in row.price_usd
    if row.token_usd is not None
]


def answer(**counts: int) -> ImageResult:
    return ImageResult(parts=(DRAWN,), usage=Usage(**counts))


@pytest.mark.parametrize(("model", "size"), dict.fromkeys(PRICED))
@pytest.mark.parametrize(("prompt", "words"), [(20, 0), (20, 600), (2000, 0), (6000, 200)])
def test_tokens_are_within_five_percent_of_the_estimate_or_it_is_said_why_not(
    model: str, size: str, prompt: int, words: int
) -> None:
    row = catalogue_module.load().model("google", model)
    images, price = row.image_tokens[size], row.price_usd[size]
    told = answer(prompt=prompt, images=images, candidates=images + 88, total=prompt + images + words)
    cost = costs.of_tokens(told, row)
    assert cost is not None
    why = costs.why_not_close(cost, price, row, size)
    assert (abs(cost.total - price) <= CLOSE * price) == (why == "")
    if (prompt, words) == (20, 0):
        assert why == "", f"{cost.total} and {price}"


def test_every_row_of_googles_has_prices_for_its_tokens() -> None:
    rows = catalogue_module.load().provider("google").models.values()
    assert len(PRICED) >= 10
    assert all(row.token_usd for row in rows)


@pytest.mark.parametrize(
    ("told", "dollars"),
    [
        (answer(prompt=1_000_000, images=0, total=1_000_000), None),
        (answer(), None),
        (answer(prompt=0, candidates=0, total=0), None),
        (ImageResult(usage=Usage(prompt=100, thoughts=100, candidates=100, total=200)), 100 * 9e-6),
        (answer(images=1120, candidates=1120), 0.0336),
        (answer(prompt=10, tools=90, images=1120, total=1220), 0.0336 + 100 * 1.5e-6),
        (answer(images=2240, candidates=2240), 0.0672),
    ],
)
def test_an_answer_without_counts_costs_nothing_that_anybody_knows(
    told: ImageResult, dollars: float | None
) -> None:
    cost = costs.of_tokens(told, catalogue_module.load().model("google", "gemini-nano-banana-2.1"))
    assert (None if cost is None else cost.total) == (None if dollars is None else pytest.approx(dollars))


def test_drafts_thinking_and_what_was_sent_are_named_as_what_made_it_dearer() -> None:
    row = catalogue_module.load().model("google", "gemini-3-pro-image")

    def why(**counts: int) -> str:
        cost = costs.of_tokens(answer(**counts), row)
        assert cost is not None
        return costs.why_not_close(cost, 0.134, row, "1K")

    assert why(images=2240, total=2240) == "pictures"
    assert why(images=1120, total=2120) == "words"
    assert why(prompt=9000, images=1120, total=10_120) == "inputs"
    assert why(images=560, total=560) == "less"


def test_what_counts_to_limits_is_by_tokens_else_by_estimate_and_never_what_was_not_billed() -> None:
    told = replace(drawn(1), result=answer(images=1120, candidates=1120, prompt=1000, total=2120))
    untold = replace(drawn(2), result=answer())
    cut_off = missed(ProviderError("cut_off", billed=Billed.MAYBE), 3)
    refused = missed(ProviderError("key_refused"), 4)
    made = job(told, untold, cut_off, refused, count=4)
    for number in range(1, 5):
        made.mark_begun(number)
    assert costs.charged(made) == Charged(pytest.approx(3 * 0.0336 + 0.0015), 0)
    assert costs.charged(job(provider="demo")) == Charged()
    unpriced = job(untold, cut_off, refused, count=4, image_size="4K")
    unpriced.mark_begun(2)
    unpriced.mark_begun(3)
    assert costs.charged(unpriced) == Charged(0, 2)
