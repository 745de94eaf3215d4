"""Answers in the shape of `GenerateContentResponse`.

They are sent piece by piece: the base64 of a picture never exists as a whole.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from playground.demo import painter
from playground.demo.rehearsals import Ending
from playground.demo.requests import GenerateRequest, Model, text_tokens
from playground.text import is_chinese

Part = dict[str, Any]
Document = dict[str, Any]

TOKENS_OF_AN_INPUT_PICTURE = 258
TOKENS_OF_A_PICTURE = 1120
"""For rows that do not say: what most models count for 1K."""

_CHUNK = 3 * 65536
_SEARCHED = (
    (", for the demo searches nothing", ", likewise", "A search would be suggested here"),
    ("（演示模式不会真的搜索）", "（同上）", "这里会给出搜索建议"),
)
"""What stands in the place of a search's sources and suggestions, in English and in Chinese."""
_BLOCKED_CATEGORIES = {
    "SEXUALLY_EXPLICIT": "NEGLIGIBLE",
    "HATE_SPEECH": "NEGLIGIBLE",
    "DANGEROUS_CONTENT": "HIGH",
}


@dataclass(frozen=True)
class Base64:
    """Bytes that stand in a document as a base64 string."""

    data: bytes


Piece = bytes | Base64


def text_part(text: str, *, thought: bool = False) -> Part:
    """A part with words."""
    return {"text": text, "thought": True} if thought else {"text": text}


def picture_part(painting: painter.Painting, *, thought: bool = False) -> Part:
    """A part with a picture."""
    part: Part = {"inlineData": {"mimeType": painting.mime_type, "data": Base64(painting.data)}}
    return {**part, "thought": True} if thought else part


def is_thought(part: Part) -> bool:
    """Whether the part shows the way to the answer, and is not the answer."""
    return bool(part.get("thought"))


def sign(part: Part, *, first: bool) -> Part:
    """The part with its `thoughtSignature`: the first that is no thought has one, and every final picture."""
    if is_thought(part) or not (first or "inlineData" in part):
        return part
    return {**part, "thoughtSignature": base64.b64encode(secrets.token_bytes(48)).decode("ascii")}


@dataclass(frozen=True)
class Reply:
    """What all documents of one answer share."""

    model: Model
    request: GenerateRequest
    ending: Ending
    response_id: str

    def whole(self, parts: Sequence[Part]) -> Document:
        """The answer to `generateContent`."""
        if self.ending.block_reason:
            return self._envelope({"promptFeedback": _feedback(self.ending)}, self.usage(()))
        candidate = {"content": self._content(parts), **self._finish()}
        return self._envelope({"candidates": [candidate]}, self.usage(parts))

    def chunk(self, part: Part) -> Document:
        """One part on its way, for `streamGenerateContent`."""
        content = {"role": "model", "parts": [part]}
        return self._envelope({"candidates": [{"content": content, "index": 0}]}, self.usage(()))

    def last(self, parts: Sequence[Part]) -> Document:
        """What ends a stream of `parts`."""
        if self.ending.block_reason or self.ending.finish_reason != "STOP":
            return self.whole(())
        candidate = {"content": {"role": "model", "parts": [{"text": ""}]}, **self._finish()}
        return self._envelope({"candidates": [candidate]}, self.usage(parts))

    def usage(self, parts: Sequence[Part]) -> dict[str, Any]:
        """`usageMetadata`: an estimate for texts, the row's numbers for pictures."""
        words = self.request.text_tokens
        images = TOKENS_OF_AN_INPUT_PICTURE * len(self.request.pictures)
        final = [part for part in parts if not is_thought(part)]
        drawn = self._tokens_of_a_picture() * sum("inlineData" in part for part in final)
        thoughts = self.ending.thought_tokens + _tokens_of_texts(part for part in parts if is_thought(part))
        candidates = drawn + _tokens_of_texts(final)
        usage: dict[str, Any] = {
            "promptTokenCount": words + images,
            "totalTokenCount": words + images + candidates + thoughts,
            "promptTokensDetails": _details(TEXT=words, IMAGE=images),
        }
        # Google counts a refused answer's thoughts as its candidates too, and once in the total.
        if candidates or self.ending.thought_tokens:
            usage["candidatesTokenCount"] = candidates or self.ending.thought_tokens
        if drawn:
            usage["candidatesTokensDetails"] = _details(IMAGE=drawn)
        if thoughts:
            usage["thoughtsTokenCount"] = thoughts
        return usage

    def _content(self, parts: Sequence[Part]) -> Document:
        if self.ending.finish_message:
            return {}
        return {"role": "model", "parts": list(parts)}

    def _finish(self) -> Document:
        finish: Document = {"finishReason": self.ending.finish_reason, "index": 0}
        if self.request.search:
            finish["groundingMetadata"] = _grounding(
                self.request.search, chinese=is_chinese(self.request.prompt)
            )
        if self.ending.finish_message:
            finish["finishMessage"] = self.ending.finish_message
        return finish

    def _tokens_of_a_picture(self) -> int:
        return self.model.row.image_tokens.get(self.request.image_size, TOKENS_OF_A_PICTURE)

    def _envelope(self, inner: Document, usage: Document) -> Document:
        return {
            **inner,
            "usageMetadata": usage,
            "modelVersion": self.model.id,
            "responseId": self.response_id,
        }


def pieces(document: Any) -> tuple[Piece, ...]:
    """The JSON text of a document in turns with the pictures that stand in it."""
    pictures: list[Base64] = []
    mark = secrets.token_hex(16)

    def stand_in(value: object) -> str:
        if not isinstance(value, Base64):
            raise TypeError(f"{type(value).__name__} does not belong in an answer")
        pictures.append(value)
        return mark

    texts = json.dumps(document, default=stand_in).split(mark)
    found: list[Piece] = [texts[0].encode("ascii")]
    for picture, text in zip(pictures, texts[1:], strict=True):
        found += [picture, text.encode("ascii")]
    return tuple(found)


def length(all_pieces: Iterable[Piece]) -> int:
    """Bytes that `send` will yield."""
    return sum(
        -(-len(piece.data) // 3) * 4 if isinstance(piece, Base64) else len(piece) for piece in all_pieces
    )


def cut_off(all_pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces up to the middle of the first picture."""
    kept: list[Piece] = []
    for piece in all_pieces:
        if isinstance(piece, Base64):
            return (*kept, Base64(piece.data[: len(piece.data) // 6 * 3]))
        kept.append(piece)
    return tuple(kept)


async def send(all_pieces: Iterable[Piece], pause: float = 0) -> AsyncIterator[bytes]:
    """The bytes of the pieces, pictures as base64, at most 256 KiB at a time; with `pause` seconds between
    one picture and the next."""
    drawn = 0
    for piece in all_pieces:
        if not isinstance(piece, Base64):
            yield piece
            continue
        if drawn and pause:
            await asyncio.sleep(pause)
        drawn += 1
        for start in range(0, len(piece.data), _CHUNK):
            yield base64.b64encode(piece.data[start : start + _CHUNK])
            # An in-process transport takes chunks without ever waiting: let other tasks run in between.
            await asyncio.sleep(0)


def _tokens_of_texts(parts: Iterable[Part]) -> int:
    return sum(text_tokens(part["text"]) for part in parts if "text" in part)


def _details(**counts: int) -> list[dict[str, Any]]:
    return [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]


def _grounding(search: frozenset[str], *, chinese: bool) -> Document:
    """Sources as a search would name them. Nothing was searched, so they are pages that mean nothing."""
    nothing, likewise, chip_says = _SEARCHED[chinese]
    page = {"uri": "https://example.com/", "title": f"example.com{nothing}"}
    image = {"sourceUri": "https://example.org/", "title": f"example.org{likewise}"}
    chunks = [{"web": page}] if "webSearch" in search else []
    chunks += [{"image": image}] if "imageSearch" in search else []
    chip = f'<a href="https://example.com/" style="font: 14px sans-serif">{chip_says}</a>'
    return {
        "webSearchQueries": ["demo"],
        "groundingChunks": chunks,
        "searchEntryPoint": {"renderedContent": chip},
    }


def _feedback(ending: Ending) -> Document:
    ratings = [
        {
            "category": f"HARM_CATEGORY_{category}",
            "probability": probability,
            "blocked": probability == "HIGH",
        }
        for category, probability in _BLOCKED_CATEGORIES.items()
    ]
    return {"blockReason": ending.block_reason, "safetyRatings": ratings}
