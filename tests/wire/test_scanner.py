"""The scanner against the plain reading of the same bytes: same result for every cut and every spelling."""

from __future__ import annotations

import base64
import json
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import wire
from playground.errors import PlaygroundError, UnreadableAnswer
from playground.result import ImageResult, PicturePart
from playground.wire.scanner import Caps, Scan
from tests.images.test_completeness import noise
from tests.wire.samples import b64, candidate, inline, picture

SMALL = Caps(long_string=24)
PICTURES = [picture("PNG", 8, 6), picture("JPEG", 10, 4, "blue"), picture("WEBP", 5, 5)]


def received(body: bytes, cuts: list[int], folder: Path | None, content_type: str = "") -> ImageResult:
    """What comes of `body` fed in pieces, with the bytes of temporary files read back and the files gone."""
    with wire.Receiving(folder, SMALL) as receiving:
        for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
            receiving.feed(body[start:end])
        result = receiving.result(content_type)
    parts = []
    for part in result.parts:
        if isinstance(part, PicturePart) and part.file is not None:
            data = part.file.read_bytes()
            assert len(data) == part.byte_count
            part.file.unlink()
            part = replace(part, data=data, file=None, file_bytes=0)
        parts.append(part)
    return replace(result, parts=tuple(parts))


def same(body: bytes, *ways: list[int], content_type: str = "") -> ImageResult:
    """Asserts that scanning and plain reading agree, on disk and in memory; returns the result.

    Args:
        ways: where to cut the body, one way after the other.
    """
    try:
        plain: ImageResult | str = replace(wire.decode(body, content_type), raw={})
    except PlaygroundError as error:
        plain = error.code
    with TemporaryDirectory() as name:
        for cuts, folder in product(ways, (Path(name), None)):
            try:
                scanned: ImageResult | str = replace(received(body, cuts, folder, content_type), raw={})
            except PlaygroundError as error:
                scanned = error.code
            assert scanned == plain, cuts
            assert list(Path(name).iterdir()) == []
    assert isinstance(plain, ImageResult)
    return plain


# ── spellings ───────────────────────────────────────────────────────────────────────────────────────────────


def slashed(text: str) -> str:
    return text.replace("/", "\\/")


def wrapped(text: str) -> str:
    return "\\n".join(text[i : i + 20] for i in range(0, len(text), 20))


SPELLINGS = {
    "neat": lambda text: text,
    "without padding": lambda text: text.rstrip("="),
    "doubled padding": lambda text: text + "=" * (len(text) - len(text.rstrip("="))),
    "for URLs": lambda text: text.translate(str.maketrans("+/", "-_")),
    "slashes escaped": slashed,
    "signs escaped": lambda text: text.replace("=", "\\u003d").replace("+", "\\u002B"),
    "in lines": wrapped,
    "per cent": lambda text: text.replace("+", "%2B").replace("=", "%3D"),
    "a data URI": lambda text: "data:image/png;base64," + text,
    "an escaped data URI": lambda text: slashed("data:image/png;base64," + text),
}


def spelled(data: bytes, spelling: str) -> str:
    return SPELLINGS[spelling](base64.b64encode(data).decode())


def answer_of(*parts: str) -> bytes:
    """An answer whose parts are given as JSON text, because `json` would choose the spelling itself."""
    inside = ",".join(parts)
    return f'{{"candidates":[{{"content":{{"parts":[{inside}]}},"finishReason":"STOP"}}]}}'.encode()


picture_data = st.sampled_from(PICTURES).flatmap(
    lambda data: st.binary(max_size=40).map(lambda tail: data + tail)
)


@st.composite
def picture_parts(draw: st.DrawFn) -> str:
    data = spelled(draw(picture_data), draw(st.sampled_from(sorted(SPELLINGS))))
    mime = draw(st.sampled_from(['"mimeType":"image/png"', '"mime_type": "image/jpeg"']))
    members = draw(st.permutations([f'"data" : "{data}"', mime]))
    name = draw(st.sampled_from(["inlineData", "inline_data"]))
    signature = draw(st.sampled_from(["", ',"thoughtSignature":"' + "c2ln" * 30 + '"', ',"thought":true']))
    return f'{{"{name}":{{{",".join(members)}}}{signature}}}'


@st.composite
def text_parts(draw: st.DrawFn) -> str:
    words = draw(st.text(max_size=60))
    embedded = draw(st.sampled_from(["", "markdown", "bare", "whole"]))
    if embedded:
        data = spelled(draw(picture_data), draw(st.sampled_from(["neat", "without padding"])))
        uri = f"data:image/png;base64,{data}"
        words = {"markdown": f"{words} ![x]({uri}) {words}", "bare": f'"{uri}" {words}', "whole": uri}[
            embedded
        ]
    return json.dumps({"text": words}, ensure_ascii=draw(st.booleans()))


@st.composite
def cut_bodies(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    parts = draw(st.lists(st.one_of(picture_parts(), text_parts()), min_size=1, max_size=4))
    body = answer_of(*parts)
    return body, sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))


@given(cut_bodies())
def test_any_answer_cut_anywhere_reads_as_it_would_whole(case: tuple[bytes, list[int]]) -> None:
    same(*case)


@pytest.mark.parametrize("spelling", sorted(SPELLINGS))
def test_every_spelling_byte_by_byte(spelling: str) -> None:
    parts = [f'{{"inlineData":{{"data":"{spelled(data, spelling)}"}}}}' for data in PICTURES]
    body = answer_of(*parts)
    result = same(body, list(range(1, len(body))))
    assert [part.data for part in result.pictures] == PICTURES


@given(st.data())
def test_a_stream_of_events_cut_anywhere(data: st.DataObject) -> None:
    chunks = [candidate({"text": "Here"}), candidate(inline(base64.b64encode(PICTURES[0]).decode()))]
    body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=9)))
    assert len(same(body, cuts, content_type="text/event-stream").pictures) == 1


@pytest.mark.parametrize(
    "form",
    [
        "![cat]({})",
        "Look: {} there",
        "{}",
        "[![]({})](https://x.example)",
        r"\u732b ![cat]({}) \u732b\n",
        r"\"{}\" \ud83d\ude3a",
    ],
)
@pytest.mark.parametrize("spelling", ["neat", "slashes escaped", "signs escaped"])
def test_a_picture_inside_text_cut_at_every_place(form: str, spelling: str) -> None:
    uri = SPELLINGS[spelling]("data:image/webp;base64," + base64.b64encode(PICTURES[2]).decode())
    body = answer_of('{"text":"' + form.format(uri) + '"}')
    (drawn,) = same(body, *([cut] for cut in range(len(body)))).pictures
    assert (drawn.data, drawn.declared_mime_type) == (PICTURES[2], "image/webp")


def test_a_signature_stays_text_however_long() -> None:
    signature = base64.b64encode(bytes(range(256)) * 200).decode()
    part: dict[str, Any] = {**inline(base64.b64encode(PICTURES[0]).decode()), "thoughtSignature": signature}
    (drawn,) = same(json.dumps(candidate(part)).encode(), [10, 5000]).pictures
    assert drawn.signature == signature


@pytest.mark.parametrize("text", ["aGVsbG8h" * 20, "A" * 21, "no base64 at all, but long enough", "%" * 40])
def test_data_that_is_no_picture_is_counted_as_dropped(text: str) -> None:
    result = same(answer_of(f'{{"inlineData":{{"data":"{text}"}}}}', '{"text":"x"}'), [30, 60])
    assert (result.dropped, result.pictures) == (1, ())


# ── what is wrong leaves nothing behind ─────────────────────────────────────────────────────────────────────


BODY = answer_of(*(f'{{"inlineData":{{"data":"{spelled(data, "neat")}"}}}}' for data in PICTURES))


@given(st.data())
def test_corruption_gives_an_error_or_a_reading_and_no_file(data: st.DataObject) -> None:
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=4)))
    with TemporaryDirectory() as name:
        with suppress(PlaygroundError):  # nothing else may come out of foreign bytes
            received(bytes(body), cuts, Path(name))
        assert list(Path(name).iterdir()) == []


@pytest.mark.parametrize("end", [0, 1, 40, 60, 100, len(BODY) // 2, len(BODY) - 5])
def test_a_body_that_stops_leaves_no_file(tmp_path: Path, end: int) -> None:
    try:
        result = received(BODY[:end], [], tmp_path)
    except PlaygroundError:
        assert end <= 100
    else:  # what had arrived by then is paid for
        assert result.oddities == ("cut_off",)
        assert result.pictures
    assert list(tmp_path.iterdir()) == []


def test_leaving_early_leaves_no_file(tmp_path: Path) -> None:
    with wire.Receiving(tmp_path, SMALL) as receiving:
        receiving.feed(BODY[: len(BODY) // 2])
        assert len(list(tmp_path.iterdir())) > 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("caps", "limit"),
    [
        (replace(SMALL, picture_bytes=50), "50"),
        (replace(SMALL, pictures=2), "2"),
        (replace(SMALL, skeleton_bytes=70), "70"),
        (replace(SMALL, values=5), "5"),
    ],
)
def test_every_cap_stops_the_reading(tmp_path: Path, caps: Caps, limit: str) -> None:
    with (
        pytest.raises(UnreadableAnswer, match="answer_too_large") as caught,
        wire.Receiving(tmp_path, caps) as r,
    ):
        r.feed(BODY)
    assert caught.value.facts["limit"] == limit
    assert list(tmp_path.iterdir()) == []


def test_the_skeleton_is_small_and_the_rest_untouched() -> None:
    scan = Scan(caps=SMALL)
    scan.feed(BODY)
    scan.close()
    assert len(scan.pictures) == len(PICTURES)
    plain = json.loads(BODY)
    skeleton = json.loads(scan.skeleton)
    for part, kept in zip(
        plain["candidates"][0]["content"]["parts"], skeleton["candidates"][0]["content"]["parts"], strict=True
    ):
        assert scan.pictures[kept["inlineData"]["data"]].data == base64.b64decode(part["inlineData"]["data"])
    assert skeleton["candidates"][0]["finishReason"] == "STOP"


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Pictures as a request may carry them, and texts that only look like some."""
    texts = st.text(max_size=60) | st.sampled_from(["data:image/png;base64," + "QUJD" * 20, "x" * 80, '\\"'])
    parts: list[dict[str, Any]] = []
    for data in draw(st.lists(picture_data | texts, min_size=1, max_size=4)):
        encode = draw(st.sampled_from([base64.b64encode, base64.urlsafe_b64encode]))
        sent = data if isinstance(data, str) else {"data": encode(data).decode()}
        parts.append({"text": sent} if isinstance(sent, str) else {"inlineData": sent})
    return json.dumps(parts, ensure_ascii=draw(st.booleans())).encode()


@given(requests(), st.data())
def test_a_request_cut_anywhere_keeps_its_texts_and_gives_up_its_pictures(
    body: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    scan = Scan(caps=SMALL, strict=True)
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        scan.feed(body[start:end])
    scan.close()
    for sent, read in zip(json.loads(body), json.loads(scan.skeleton), strict=True):
        if "text" in sent:
            assert read == sent
        else:
            assert scan.pictures[read["inlineData"]["data"]].data == base64.urlsafe_b64decode(
                sent["inlineData"]["data"].translate(str.maketrans("+/", "-_"))
            )


@pytest.mark.parametrize(
    "spoiled",
    [
        "data:image/png;base64," + "A" * 80,
        "A" * 40 + "=" + "A" * 40,
        "A" * 40 + "\n" + "A" * 40,
        "A" * 40 + "%3D" + "A" * 40,
        "A" * 40 + '"' + "A" * 40,
        "<html>" + "A" * 80,
    ],
)
def test_what_is_no_base64_in_a_request_keeps_its_beginning(spoiled: str) -> None:
    scan = Scan(caps=SMALL, strict=True)
    scan.feed(json.dumps({"data": spoiled}).encode())
    scan.close()
    assert scan.pictures == {}
    assert json.loads(scan.skeleton)["data"] == spoiled[:30] + "!"


@pytest.mark.parametrize("stray", ['a 15" screen', "C:\\", '"', 'she said "', '\\\\\\"'])
@pytest.mark.parametrize("step", [1, 24, 25, 1000])
def test_a_stray_quote_keeps_no_picture_out_of_its_file(stray: str, step: int, tmp_path: Path) -> None:
    data = base64.b64encode(PICTURES[0]).decode()
    parts = f'{{"text":"{stray}"}},{{"inlineData":{{"mimeType":"image/png","data":"{data}"}}}}'
    body = f'{{"candidates":[{{"content":{{"parts":[{parts},{{"text":"end"}}]}}}}]}}'.encode()
    scan = Scan(tmp_path, SMALL)
    for place in range(0, len(body), step):
        scan.feed(body[place : place + step])
    scan.close()
    assert [one.content() for one in scan.pictures.values()] == [PICTURES[0]]
    assert len(scan.skeleton) < len(body)
    scan.abandon()
    result = received(body, [], tmp_path)
    assert [part.data for part in result.complete_pictures] == [PICTURES[0]]


LISTS = {
    "numbers": lambda data: json.dumps(list(data)),
    "signed": lambda data: json.dumps([n - 256 if n > 127 else n for n in data], separators=(",", ":")),
    "in lines": lambda data: json.dumps(list(data), indent=1),
    "a Buffer": lambda data: json.dumps({"type": "Buffer", "data": list(data)}),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("step", [997, 60_001, 10**8])
def test_a_picture_as_numbers_becomes_a_file_whatever_its_size(name: str, step: int, tmp_path: Path) -> None:
    data = noise("PNG", 240)
    body = answer_of(
        f'{{"inlineData":{{"mimeType":"image/png","data":{LISTS[name](data)}}}}}', '{"text":"x"}'
    )
    scan = Scan(tmp_path, Caps(skeleton_bytes=200_000))
    for place in range(0, len(body), step):
        scan.feed(body[place : place + step])
    scan.close()
    assert [one.content() for one in scan.pictures.values()] == [data]
    assert len(scan.skeleton) < 1000
    scan.abandon()
    with wire.Receiving(tmp_path) as receiving:
        receiving.feed(body)
        result = receiving.result()
    (part,) = result.complete_pictures
    assert (part.file and part.file.read_bytes(), result.text, result.oddities) == (data, "x", ())
    assert result.answer is not None
    ((mark, _),) = result.answer.files.items()
    neat = body.decode().replace(LISTS[name](data), json.dumps(list(data)))
    if name in ("numbers", "in lines"):
        assert result.answer.text.decode().replace(mark, json.dumps(list(data))) == neat


def test_a_list_of_numbers_that_is_cut_gives_what_came(tmp_path: Path) -> None:
    data = noise("JPEG", 240)
    body = answer_of(f'{{"inlineData":{{"data":{json.dumps(list(data))}}}}}')
    with wire.Receiving(tmp_path) as receiving:
        receiving.feed(body[: len(body) // 2])
        result = receiving.result()
    (part,) = result.pictures
    came = part.file.read_bytes() if part.file else b""
    assert part.incomplete
    assert len(came) > len(data) // 3
    assert data.startswith(came[:-1])  # the last number may be half of one


@pytest.mark.parametrize("items", ["1.5, " * 20_000, "300, " * 20_000, "7, " * 20_000])
def test_other_long_lists_stay_as_they_are(items: str) -> None:
    body = f'{{"data": [{items}1], "more": "text"}}'.encode()
    scan = Scan()
    scan.feed(body)
    scan.close()
    assert (scan.skeleton, scan.pictures) == (body, {})


def test_a_large_picture_is_not_read_back_into_memory(tmp_path: Path) -> None:
    data = noise("PNG", 800)
    body = json.dumps(candidate(inline(b64(data)))).encode()
    with wire.Receiving(tmp_path) as receiving:
        receiving.feed(body)
        tracemalloc.start()
        try:
            result = receiving.result()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    (part,) = result.complete_pictures
    assert part.byte_count == len(data)
    assert peak < len(data) / 4


@pytest.mark.parametrize("before", [b"", b"data: ", b"["])
def test_thoughts_are_read_while_they_come_and_only_in_whole(before: bytes) -> None:
    parts = [
        {"text": "A fox, ", "thought": True},
        inline(b64(PICTURES[0])),
        {"thought": True, "text": "in snow."},
    ]
    body = before + json.dumps(candidate(*parts, {"text": "Here it is."})).encode()
    seen = []
    with wire.Receiving(None, SMALL) as receiving:
        for place in range(len(body)):
            receiving.feed(body[place : place + 1])
            if (thought := receiving.thoughts()) not in seen[-1:]:
                seen.append(thought)
    assert seen == ["", "A fox, ", "A fox, in snow."]
