"""Reads a generateContent answer, as Google writes it and as gateways deviate from it."""

from __future__ import annotations

import filecmp
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from playground.errors import Billed, ProviderError, TransferBroken, UnreadableAnswer
from playground.images import ImageInfo, is_complete, sniff
from playground.result import ImageResult, Part, PicturePart, SafetyRating, Source, TextPart, Usage
from playground.text import mended
from playground.wire import lenient
from playground.wire.base64text import is_byte_list, once_more, picture_bytes, without_prefix
from playground.wire.chunks import Chunks, split_answer
from playground.wire.embedded import Embedded, Link, split
from playground.wire.faults import MAX_RAW_BYTES, refusal, says_error
from playground.wire.misplaced import misplaced, swallowed
from playground.wire.outline import MAX_SUGGESTIONS, outline, outline_text
from playground.wire.received_picture import MAX_PICTURES, ReceivedPicture
from playground.wire.text import plain_text
from playground.wire.values import count_of, enum_name, flag_of, has, list_of, pick, text_of

_OUR_KEYS = ("candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId")
_WRAPPERS = ("response", "data", "result", "body")
_MAX_LINKS = 20
_MAX_SOURCES = 20
_MAX_TITLE = 200
_MAX_LINK_CHARACTERS = 4_000


def decode(
    body: bytes,
    content_type: str = "",
    received: Mapping[str, ReceivedPicture] = MappingProxyType({}),
    *,
    broken: ProviderError | None = None,
) -> ImageResult:
    """The answer in `body`, which came with HTTP 200.

    Every picture in it is kept, wherever it stands and whatever is odd about the rest: it is paid for.

    Args:
        body: the whole body: JSON, or server-sent events although none were asked for.
        content_type: the header's value. It is only a hint, since gateways mislabel.
        received: pictures for which placeholders stand in the body.
        broken: what ended the body before its end.

    Raises:
        ProviderRefused: an error was inside; its code as `read_error` gives it.
        TransferBroken: "cut_off", or "timed_out_there" when the error inside says so.
        UnreadableAnswer: "empty_answer", "proxy_page", "wrong_endpoint" or "unreadable_answer".
        ProviderError: `broken`, when no picture had arrived.
    """
    chunks = split_answer(body, content_type)
    answers = [_unwrapped(value) for value in chunks.values]
    reading = _Reading(received, list(chunks.oddities))
    for answer in answers:
        reading.take(answer)
    if not _refuses(answers) and not chunks.is_page:
        reading.gather(answers, chunks)
    if broken is not None and (chunks.oddities or not chunks.values):  # else nothing that matters is missing
        reading.oddities.append("cut_off")
    result = reading.result(answers, chunks)
    if not result.pictures:
        _check_readable(answers, chunks, result, broken)
    return result


def thoughts(skeleton: bytes) -> str:
    """The texts that are marked as thoughts in an answer that may still be coming. Never raises."""
    if b'"thought"' not in skeleton:
        return ""
    values = lenient.read(skeleton.decode("utf-8", "replace")).values
    answers = [one for value in values for one in (value if isinstance(value, list) else [value])]
    candidates = [one for answer in answers for one in list_of(_unwrapped(answer), "candidates")]
    parts = [part for candidate in candidates for part in _parts_of(candidate)]
    return "".join(text_of(part, "text") for part in parts if flag_of(part, "thought"))


def _refuses(answers: list[object]) -> bool:
    """Whether an error was sent in place of an answer: a picture in it would be one that was sent."""
    return any(
        says_error(answer) and not list_of(answer, "candidates") and not pick(answer, "promptFeedback")
        for answer in answers
    )


def _check_readable(
    answers: list[object], chunks: Chunks, result: ImageResult, broken: ProviderError | None
) -> None:
    """Raises what kept the picture away. Not for answers with a picture: that one is paid for and shown."""
    raw = result.raw_text[:MAX_RAW_BYTES] or json.dumps(outline(answers), ensure_ascii=False)[:MAX_RAW_BYTES]
    if _refuses(answers):
        raise next(refusal(answer) for answer in answers if _refuses([answer]))
    if broken is not None:
        broken.raw = raw
        raise broken
    if not chunks.values and chunks.whole:
        raise chunks.unread(raw)
    if not chunks.whole:
        raise TransferBroken("cut_off", http_status=200, raw=raw)
    if any(_is_ours(answer) for answer in answers):
        return
    if any(_is_other_dialect(answer) for answer in answers):
        raise UnreadableAnswer("wrong_endpoint", billed=Billed.PROBABLY, http_status=200, raw=raw)
    said = next((plain_text(answer, 300) for answer in answers if isinstance(answer, str)), "")
    raise UnreadableAnswer("unreadable_answer", said=said, http_status=200, raw=raw)


def _is_ours(answer: object) -> bool:
    return any(has(answer, key) for key in _OUR_KEYS)


def _is_other_dialect(answer: object) -> bool:
    """OpenAI's chat completions and image generations: the base URL leads to another endpoint."""
    if not isinstance(answer, Mapping):
        return False
    items = list_of(answer, "data")
    return isinstance(answer.get("choices"), list) or any(
        has(item, "b64_json") or has(item, "url") for item in items
    )


def _unwrapped(answer: object) -> object:
    """The answer itself, where a gateway put it into an envelope, as JSON or as a string of it."""
    if _is_ours(answer):
        return answer
    for key in _WRAPPERS:
        inner = pick(answer, key)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            return _unwrapped(next(iter(lenient.read(inner).values), None))
        if has(inner, "candidates") or has(inner, "promptFeedback"):
            return inner
    return answer


@dataclass
class _Reading:
    """Gathers the chunks of one answer; private to one call of `decode`."""

    received: Mapping[str, ReceivedPicture]
    oddities: list[str]
    parts: list[Part] = field(default_factory=list)
    taken: list[list[Part]] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)  # what was read as picture data, see `misplaced`
    links: list[str] = field(default_factory=list)
    ratings: list[SafetyRating] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    in_text: bool = False
    pictures: Counter[bool] = field(default_factory=Counter)  # of the answer, and of its thoughts
    dropped: int = 0

    def take(self, answer: object) -> None:
        """Adds one chunk. What is absent in it leaves what earlier chunks said."""
        feedback = pick(answer, "promptFeedback")
        self._note("block_reason", feedback, "blockReason")
        self._note("block_message", feedback, "blockReasonMessage")
        self.ratings.extend(_ratings(feedback))
        self._note("model_version", answer, "modelVersion")
        self._note("response_id", answer, "responseId")
        self.usage = _usage(pick(answer, "usageMetadata"), self.usage)
        fresh: list[Part] = []
        for candidate in list_of(answer, "candidates"):
            self._note("finish_reason", candidate, "finishReason")
            self._note("finish_message", candidate, "finishMessage")
            self.ratings.extend(_ratings(candidate))
            grounding = pick(candidate, "groundingMetadata")
            self.sources.extend(_sources(grounding))
            self._note("suggestions", pick(grounding, "searchEntryPoint"), "renderedContent")
            for part in _parts_of(candidate):
                fresh.extend(self._part(part))
        if "several" in self.oddities and any(_are_alike(fresh, earlier) for earlier in self.taken):
            self.oddities.append("repeated")
            return
        self.taken.append(fresh)
        self._append(fresh)

    def gather(self, answers: list[object], chunks: Chunks) -> None:
        """Adds the pictures that stand where none belongs; `take` has read all the others."""
        dropped = self.dropped
        found = list(misplaced(answers, self.seen))
        if chunks.oddities or not chunks.values:
            found += swallowed(chunks.text, self.received, self.seen)
        for data in found:
            for part in self._picture(data, "", thought=False):
                if not any(_are_alike([part], [other]) for other in self.parts):
                    self.oddities.append("misplaced")
                    self.parts.append(part)
        self.dropped = dropped  # nobody promised that these were pictures

    def result(self, answers: list[object], chunks: Chunks) -> ImageResult:
        sizes = {placeholder: picture.byte_count for placeholder, picture in self.received.items()}
        is_one = len(answers) == 1 and isinstance(answers[0], Mapping)
        raw = outline(answers[0], sizes) if is_one else {"chunks": outline(answers, sizes)}
        as_it_came = bool(chunks.oddities) or not chunks.values
        return ImageResult(
            parts=tuple(self.parts),
            finish_reason=self.words.get("finish_reason", ""),
            finish_message=self.words.get("finish_message") or self.words.get("block_message", ""),
            block_reason=self.words.get("block_reason", ""),
            safety_ratings=tuple(dict.fromkeys(self.ratings)),
            usage=self.usage,
            in_text=self.in_text,
            model_version=self.words.get("model_version", ""),
            response_id=self.words.get("response_id", ""),
            links=tuple(dict.fromkeys(self.links))[:_MAX_LINKS],
            sources=tuple(dict.fromkeys(self.sources))[:_MAX_SOURCES],
            search_suggestions=self._suggestions(),
            dropped=self.dropped,
            oddities=tuple(dict.fromkeys(self.oddities)),
            raw=MappingProxyType(raw),
            raw_text=outline_text(chunks.text, sizes) if as_it_came else "",
        )

    def _suggestions(self) -> str:
        """Whole or not at all: half of a piece of HTML says nothing."""
        html = self.words.get("suggestions", "")
        return html if len(html) <= MAX_SUGGESTIONS else ""

    def _note(self, name: str, data: object, key: str) -> None:
        value = text_of(data, key)
        if value:
            is_enum = name in ("finish_reason", "block_reason")
            self.words[name] = enum_name(value, name.upper()) if is_enum else value

    def _append(self, fresh: list[Part]) -> None:
        """Adds a chunk's parts; a sentence that a stream cut into two chunks is one text again."""
        if self.parts and fresh:
            joined = _joined(self.parts[-1], fresh[0])
            if joined:
                self.parts[-1] = joined
                fresh = fresh[1:]
        self.parts.extend(fresh)

    def _part(self, part: object) -> Iterator[Part]:
        """The text and the picture of one part, order kept; a signature stays with the first of them."""
        thought = flag_of(part, "thought")
        signature = text_of(part, "thoughtSignature") or None
        for made in (*self._text(part, thought), *self._inline(part, thought), *self._file(part, thought)):
            yield replace(made, signature=signature)
            signature = None
        if signature and isinstance(pick(part, "text"), str):
            yield TextPart("", thought, signature)

    def _text(self, part: object, thought: bool) -> Iterator[Part]:
        text = text_of(part, "text")
        self.seen.add(pick(part, "text") if text else "")
        for piece in split(text) if text else ():
            if isinstance(piece, Embedded):
                self.in_text = True
                yield from self._picture(piece.data_uri, piece.declared_mime_type, thought)
            elif isinstance(piece, Link):
                self._link(piece.address, thought)
            else:
                yield TextPart(piece, thought)

    def _inline(self, part: object, thought: bool) -> Iterator[Part]:
        given = pick(part, "inlineData")
        is_list = isinstance(given, list) and not is_byte_list(given)
        for inline in given if is_list else [given]:
            data = inline if isinstance(inline, str) or is_byte_list(inline) else pick(inline, "data")
            if isinstance(data, str) and data[:8].lower().startswith(("http://", "https://")):
                self._link(data, thought)
            elif isinstance(data, str | list | Mapping):
                yield from self._picture(data, text_of(inline, "mimeType"), thought)

    def _file(self, part: object, thought: bool) -> Iterator[Part]:
        file = pick(part, "fileData")
        address = pick(file, "fileUri")
        if not isinstance(address, str):
            return
        if address[:5].lower() == "data:":
            yield from self._picture(address, text_of(file, "mimeType"), thought)
        else:
            self._link(address, thought)

    def _picture(self, data: object, declared: str, thought: bool) -> Iterator[Part]:
        """The picture; one that nothing can read is only counted, of those too many it is only told."""
        if self.pictures[thought] >= MAX_PICTURES:  # short ones pass all caps of what arrives
            self.oddities += [] if thought else ["left_out"]
            return
        for part in self._read(data, declared, thought):
            self.pictures[thought] += 1
            yield part

    def _read(self, data: object, declared: str, thought: bool) -> Iterator[Part]:
        """The picture, by what its bytes say."""
        if isinstance(data, Mapping) and isinstance(data.get("data"), str):  # a Buffer that was read already
            data = data["data"]
        self.seen.add(data if isinstance(data, str) else id(data))
        picture = self.received.get(without_prefix(data).strip()) if isinstance(data, str) else None
        if picture is not None:
            self.seen.add(without_prefix(str(data)).strip())
        if picture is not None and picture.info is not None:
            in_file = {} if picture.file is None else {"file": picture.file, "file_bytes": picture.byte_count}
            # Whoever saves a file looks at the rest of it: here it would hold up the next answer.
            incomplete = not is_complete(picture.file or picture.data, thoroughly=picture.file is None)
            part = _part(picture.info, picture.data, declared, thought, **in_file)
            yield replace(part, incomplete=incomplete)
            return
        decoded = picture_bytes(data) if picture is None else once_more(picture.content())
        info = sniff(decoded) if decoded else None
        if decoded is None or info is None:
            self.dropped += not thought
            return
        yield replace(_part(info, decoded, declared, thought), incomplete=not is_complete(decoded))

    def _link(self, address: str, thought: bool) -> None:
        address = mended(address.strip())
        if not thought and _is_web(address):
            self.links.append(address)


def _is_web(address: str) -> bool:
    """Whether a person can be given the address to press on."""
    is_web = address[:8].lower().startswith(("http://", "https://"))
    return is_web and len(address) <= _MAX_LINK_CHARACTERS and address.isprintable()


def _sources(grounding: object) -> Iterator[Source]:
    """The pages of `groundingMetadata`. A picture's page is `sourceUri` in the SDK, `uri` in the docs."""
    for chunk in list_of(grounding, "groundingChunks"):
        image = pick(chunk, "image")
        page = pick(chunk, "web") if image is None else image
        address = text_of(page, "sourceUri") or text_of(page, "uri")
        title = text_of(page, "title") or text_of(page, "domain") or address
        if _is_web(address):
            yield Source(address, title[:_MAX_TITLE], is_picture=image is not None)


def _part(info: ImageInfo, data: bytes, declared: str, thought: bool, **file: Any) -> PicturePart:
    return PicturePart(data, info.mime_type, info.width, info.height, declared[:100], thought, **file)


def _parts_of(candidate: object) -> Iterator[Any]:
    """The parts of a candidate in order, those that a tool of the gateway's answered with in their place."""
    content = pick(candidate, "content")
    # A gateway that speaks half OpenAI writes the content as one string.
    parts = [{"text": content}] if isinstance(content, str) else list_of(content, "parts")
    if not parts:
        parts = content if isinstance(content, list) else list_of(candidate, "parts")
    for part in parts:
        for one in part if isinstance(part, list) else [part]:
            yield {"text": one} if isinstance(one, str) else one
            answered = list_of(pick(one, "functionResponse"), "parts")
            yield from (
                {**inner, "thought": True} if flag_of(one, "thought") else inner for inner in answered
            )


def _are_alike(some: list[Part], others: list[Part]) -> bool:
    """Whether two lists of parts are the same, byte for byte."""
    return bool(some) and len(some) == len(others) and all(map(_is_alike, some, others))


def _is_alike(one: Part, other: Part) -> bool:
    if not (isinstance(one, PicturePart) and isinstance(other, PicturePart)):
        return one == other
    if one.file is not None and other.file is not None:
        return one.file == other.file or filecmp.cmp(one.file, other.file, shallow=False)
    return one.byte_count == other.byte_count and _content(one) == _content(other)


def _content(part: PicturePart) -> bytes:
    return part.data if part.file is None else part.file.read_bytes()


def _joined(left: Part, right: Part) -> TextPart | None:
    """Two pieces of one streamed text, or None when they are not that."""
    if not (isinstance(left, TextPart) and isinstance(right, TextPart)) or left.thought is not right.thought:
        return None
    if left.signature and right.signature:
        return None
    return TextPart(left.text + right.text, left.thought, left.signature or right.signature)


def _ratings(data: object) -> Iterator[SafetyRating]:
    for rating in list_of(data, "safetyRatings")[:50]:
        category = text_of(rating, "category")
        if category:
            yield SafetyRating(category, text_of(rating, "probability"), flag_of(rating, "blocked"))


def _usage(data: object, before: Usage) -> Usage:
    """Token counts so far: in a stream the last count of each kind is the sum."""

    def latest(key: str, earlier: int | None) -> int | None:
        count = count_of(data, key)
        return earlier if count is None else count

    return Usage(
        prompt=latest("promptTokenCount", before.prompt),
        candidates=latest("candidatesTokenCount", before.candidates),
        thoughts=latest("thoughtsTokenCount", before.thoughts),
        total=latest("totalTokenCount", before.total),
        tools=latest("toolUsePromptTokenCount", before.tools),
        images=before.images if (drawn := _image_tokens(data)) is None else drawn,
    )


def _image_tokens(data: object) -> int | None:
    """How many of an answer's tokens are pictures, where it says so."""
    details = list_of(data, "candidatesTokensDetails")
    counts = [count_of(one, "tokenCount") for one in details if text_of(one, "modality").upper() == "IMAGE"]
    return sum(filter(None, counts)) if counts else None
