"""What a call costs: by its row before it is sent, by the tokens of its answer afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from playground.catalogue import ModelRow
from playground.errors import Billed, NoPicture, NotStarted, PlaygroundError, ProviderError
from playground.jobs.job import Job, Outcome
from playground.record import RecordedShare
from playground.result import ImageResult

CLOSE: Final = 0.05
"""How far tokens may be from the estimate, as a part of it, before the card says why."""
_MILLION: Final = 1_000_000


@dataclass(frozen=True)
class TokenCost:
    """US dollars for the tokens of one answer.

    Attributes:
        input: words and pictures that were sent.
        text: words that came, and thinking.
        image: pictures that came.
    """

    input: float
    text: float
    image: float

    @property
    def total(self) -> float:
        return self.input + self.text + self.image


@dataclass(frozen=True)
class Charged:
    """What a job has cost: US dollars as far as prices are known, and how many pictures have none."""

    dollars: float = 0.0
    unknown: int = 0


def of_tokens(result: ImageResult | None, row: ModelRow) -> TokenCost | None:
    """What an answer costs by its `usageMetadata`; None where tokens or their prices are not told.

    `totalTokenCount` is what counts: the other sums of Google's do not add up (apiyi, "Usage & output
    fields"). An answer with pictures and no count of their tokens says too little.
    """
    if result is None or row.token_usd is None:
        return None
    usage, has_pictures = result.usage, any((result.pictures, result.thought_pictures))
    sent = (usage.prompt or 0) + (usage.tools or 0)
    came = max(0, (usage.total or 0) - sent) or (usage.candidates or 0) + (usage.thoughts or 0)
    if not sent + came or (has_pictures and not usage.images):
        return None
    drawn = min(usage.images or 0, came)
    price = row.token_usd
    return TokenCost(
        sent * price.input / _MILLION,
        (came - drawn) * price.text / _MILLION,
        drawn * price.image / _MILLION,
    )


def estimate(job: Job, calls: Collection[int] = ()) -> float | None:
    """US dollars for the pictures that came whole, by their rows; None where a price is unknown. Of some
    calls alone, where any are named."""
    came = [job.outcome_of(picture).call for picture in job.complete_pictures]
    prices = [job.price(call) for call in came if not calls or call in calls]
    known = [price for price in prices if price is not None]
    is_known = len(known) == len(prices) if prices else job.price(min(calls, default=1)) is not None
    return sum(known) if is_known else None


def by_tokens(job: Job, calls: Collection[int] = ()) -> float | None:
    """US dollars for all answers of a job by their tokens; None where one of them does not tell. Of some
    calls alone, where any are named."""
    ended = [one for one in job.outcomes if not calls or one.call in calls]
    answers = [(job.served(one.call), one.result) for one in ended if one.result is not None]
    costs = [of_tokens(result, served.model) for served, result in answers if not served.free]
    if not costs or None in costs:
        return None
    return sum(cost.total for cost in costs if cost is not None)


def shares(job: Job) -> tuple[RecordedShare, ...]:
    """What each model of a comparison has cost; none where there is but one."""
    calls: dict[tuple[str, str], list[int]] = {}
    for number, call in enumerate(job.request.calls, 1):
        calls.setdefault((call.provider, call.model), []).append(number)
    if len(calls) == 1:
        return ()
    whole = Counter(job.outcome_of(picture).call for picture in job.pictures if not picture.locked)
    return tuple(
        RecordedShare(
            provider=provider,
            model=model,
            pictures=sum(whole[number] for number in numbers),
            cost_usd=estimate(job, numbers),
            tokens_usd=by_tokens(job, numbers),
        )
        for (provider, model), numbers in calls.items()
    )


def why_not_close(cost: TokenCost, price: float, row: ModelRow, size: str) -> str:
    """What makes tokens differ from the price of a picture by more than `CLOSE`: "pictures", "words" or
    "inputs"; "less" where they cost less; "" where they are close.

    Args:
        price: the estimate for one picture, US dollars.
        size: the image size that was asked for, "auto" allowed.
    """
    if abs(cost.total - price) <= CLOSE * price:
        return ""
    if cost.total < price:
        return "less"
    tokens = row.image_tokens.get(row.default_image_size if size == "auto" else size)
    drawn = price if tokens is None or row.token_usd is None else tokens * row.token_usd.image / _MILLION
    more = {"pictures": cost.image - drawn, "words": cost.text, "inputs": cost.input}
    return max(more, key=lambda name: more[name])


def charged(job: Job, calls: Iterable[int] | None = None) -> Charged:
    """What the calls of a job that has ended, or some of them, count as: by tokens where they are told, else
    by their rows.

    A call that brought nothing and may have been billed all the same counts as one that did.
    """
    dollars, unknown = 0.0, 0
    for number in calls or range(1, job.request.count + 1):
        served, price = job.served(number), job.price(number)
        if served.free:
            continue
        outcome = next((one for one in job.outcomes if one.call == number), None)
        cost = of_tokens(outcome.result, served.model) if outcome else None
        if cost is not None:
            dollars += cost.total
        elif _may_be_billed(outcome, begun=job.has_begun(number)):
            dollars, unknown = (dollars, unknown + 1) if price is None else (dollars + price, unknown)
    return Charged(dollars, unknown)


def _may_be_billed(outcome: Outcome | None, *, begun: bool) -> bool:
    if outcome is None or outcome.error is None or outcome.pictures:
        return begun
    return begun and not _is_unbilled(outcome.error)


def _is_unbilled(error: PlaygroundError) -> bool:
    billed = error.billed if isinstance(error, NoPicture | ProviderError) else None
    return billed is Billed.NO or isinstance(error, NotStarted)
