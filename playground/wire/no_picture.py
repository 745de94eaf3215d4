"""Why a proper answer holds no picture."""

from __future__ import annotations

from playground.errors import Billed, NoPicture
from playground.result import ImageResult, SafetyRating
from playground.wire.outcomes import FINISH_REASONS, TEXT_ONLY_AFTER, UNBILLED_WORDS, UNKNOWN_FINISH, Outcome
from playground.wire.text import plain_text


def why_no_picture(result: ImageResult) -> NoPicture | None:
    """The reason why `result` has no final picture that is whole, returned and not raised; None when it has.

    Its facts are `reason` (the finish or block reason, as the provider spells it), `message` (the provider's
    sentence) and, for blocked prompts, `categories`; counts where a code needs them.
    """
    if result.complete_pictures:
        return None
    outcome = _outcome(result)
    billed = Billed.NO if UNBILLED_WORDS.search(result.finish_message) else outcome.billed
    facts: dict[str, object] = {
        "reason": plain_text(result.block_reason or result.finish_reason, 80),
        "message": plain_text(result.finish_message),
    }
    if outcome.code in ("prompt_blocked", "picture_blocked"):
        facts["categories"] = ", ".join(_named(rating) for rating in _telling(result.safety_ratings))
    if outcome.code == "link_only":
        facts["count"] = len(result.links)
    if outcome.code == "nothing_drawn":
        counted = {"prompt_tokens": result.usage.prompt, "answer_tokens": result.usage.candidates}
        facts |= {name: count for name, count in counted.items() if count is not None}
        if result.usage.total is not None:
            facts["all_tokens"] = result.usage.total
    if outcome.code in ("incomplete_picture", "cut_off"):
        facts["received"] = sum(picture.byte_count for picture in result.pictures)
    if outcome.code == "undecodable_picture":
        facts["count"] = result.dropped
    return NoPicture(outcome.code, result, billed=billed, **facts)


def _outcome(result: ImageResult) -> Outcome:
    """From the surest sign to the vaguest: what is there counts for more than what the reason claims."""
    if result.block_reason:
        return Outcome("prompt_blocked", Billed.NO)
    if _is_bare(result):
        return Outcome("nothing_drawn", Billed.NO if result.usage.candidates == 0 else Billed.MAYBE)
    if result.pictures:
        if "cut_off" in result.oddities:
            return Outcome("cut_off", Billed.MAYBE)
        return Outcome("incomplete_picture", Billed.PROBABLY)
    if result.dropped:
        return Outcome("undecodable_picture", Billed.PROBABLY)
    if result.links:
        return Outcome("link_only", Billed.PROBABLY)
    outcome = FINISH_REASONS.get(result.finish_reason, UNKNOWN_FINISH)
    if outcome.code != "no_picture":
        return outcome
    if result.thought_pictures:
        return Outcome("only_thoughts", Billed.PROBABLY)
    if result.text and result.finish_reason in TEXT_ONLY_AFTER:
        return Outcome("text_only", Billed.PROBABLY)
    return outcome


def _is_bare(result: ImageResult) -> bool:
    """Whether there is neither a candidate nor a reason: gateways drop the `promptFeedback` of a block."""
    said = result.parts or result.finish_reason or result.finish_message or result.dropped or result.links
    return not said and not result.raw.get("candidates")


def _telling(ratings: tuple[SafetyRating, ...]) -> list[SafetyRating]:
    """The ratings that explain a block: those that blocked, else those that are not negligible."""
    blocked = [rating for rating in ratings if rating.blocked]
    return blocked or [rating for rating in ratings if rating.probability not in ("", "NEGLIGIBLE")]


def _named(rating: SafetyRating) -> str:
    name = plain_text(rating.category.removeprefix("HARM_CATEGORY_"), 60)
    return f"{name} ({plain_text(rating.probability, 30)})" if rating.probability else name
