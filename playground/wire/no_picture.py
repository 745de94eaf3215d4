"""Why a proper answer holds no picture."""

from __future__ import annotations

from playground.errors import Billed, NoPicture
from playground.result import ImageResult, SafetyRating
from playground.wire.outcomes import FINISH_REASONS, TEXT_ONLY_AFTER, UNBILLED_WORDS, UNKNOWN_FINISH, Outcome
from playground.wire.text import plain_text


def why_no_picture(result: ImageResult) -> NoPicture | None:
    """The reason why `result` has no final picture; None when it has one. It is returned, not raised.

    Its facts are `reason` (the finish or block reason, as the provider spells it), `message` (the provider's
    sentence) and, for blocked prompts, `categories`; counts where a code needs them.
    """
    if result.pictures:
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
    if outcome.code == "undecodable_picture":
        facts["count"] = result.dropped
    return NoPicture(outcome.code, result, billed=billed, **facts)


def _outcome(result: ImageResult) -> Outcome:
    """From the surest sign to the vaguest: what is there counts for more than what the reason claims."""
    if result.block_reason or _is_silent_block(result):
        return Outcome("prompt_blocked", Billed.NO)
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


def _is_silent_block(result: ImageResult) -> bool:
    """Gateways drop `promptFeedback`: what is left of a block is no candidate and no token."""
    is_bare = not result.parts and not result.finish_reason and not result.dropped and not result.links
    return is_bare and result.usage.candidates == 0 and not result.raw.get("candidates")


def _telling(ratings: tuple[SafetyRating, ...]) -> list[SafetyRating]:
    """The ratings that explain a block: those that blocked, else those that are not negligible."""
    blocked = [rating for rating in ratings if rating.blocked]
    return blocked or [rating for rating in ratings if rating.probability not in ("", "NEGLIGIBLE")]


def _named(rating: SafetyRating) -> str:
    name = plain_text(rating.category.removeprefix("HARM_CATEGORY_"), 60)
    return f"{name} ({plain_text(rating.probability, 30)})" if rating.probability else name
