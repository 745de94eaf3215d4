"""Answers as gateways spoil them: real shapes, mutated by a grammar, each from a seed of its own.

answer   = around( damaged( shape( spelled(picture)… ) ) )
shape    = what Google and gateways send
spelled  = how a picture's bytes are written
damaged  = what is wrong inside the JSON
around   = what stands before and behind it, or its end cut off
"""

from __future__ import annotations

import base64
import functools
import io
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Answer:
    """One spoiled answer and what has to come of it.

    Attributes:
        body: as it goes over the wire.
        pictures: the bytes of every picture that has to come out, in order; thoughts left out.
        is_cut: bytes are missing at its end.
        made: how it came about, for the message of a test that fails.
    """

    body: bytes
    pictures: tuple[bytes, ...]
    is_cut: bool
    made: str


@functools.cache
def pictures() -> tuple[bytes, ...]:
    """Small ones, which are read with the rest, and one that becomes a file on its way in."""
    noise = np.random.default_rng(3).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    flat = np.full((6, 8, 3), (200, 30, 30), dtype=np.uint8)
    made = [("PNG", flat), ("JPEG", flat), ("WEBP", flat), ("GIF", flat), ("PNG", noise), ("JPEG", noise)]
    return tuple(_encoded(kind, pixels) for kind, pixels in made)


def _encoded(kind: str, pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


# ── how a picture is written: the JSON text of the value ────────────────────────────────────────────────────


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _lines(text: str) -> str:
    return "\\n".join(text[place : place + 76] for place in range(0, len(text), 76))


SPELLINGS: dict[str, Callable[[bytes], str]] = {
    "neat": lambda data: f'"{_b64(data)}"',
    "unpadded": lambda data: f'"{_b64(data).rstrip("=")}"',
    "for URLs": lambda data: f'"{base64.urlsafe_b64encode(data).decode()}"',
    "slashes escaped": lambda data: f'"{_b64(data)}"'.replace("/", "\\/"),
    "in lines": lambda data: f'"{_lines(_b64(data))}"',
    "a data URI": lambda data: f'"data:image/png;base64,{_b64(data)}"',
    "hex": lambda data: f'"{data.hex()}"',
    "hex with a prefix": lambda data: f'"0x{data.hex().upper()}"',
    "base64 twice": lambda data: f'"{_b64(_b64(data).encode())}"',
    "bytes": lambda data: json.dumps(list(data)),
    "signed bytes": lambda data: json.dumps([n - 256 if n > 127 else n for n in data], separators=(",", ":")),
    "a Buffer": lambda data: json.dumps({"type": "Buffer", "data": list(data)}),
    "a Uint8Array": lambda data: json.dumps({str(place): n for place, n in enumerate(data)}),
    "pieces": lambda data: json.dumps([_b64(data)[:40], _b64(data)[40:]]),
}

# ── shapes: JSON text in which @0@, @1@… stand for pictures, and @t@ for a thought ──────────────────────────

_PNG = '"mimeType":"image/png"'
_USAGE = '"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1290,"totalTokenCount":1291}'


def _answer(parts: str, finish: str = '"STOP"') -> str:
    content = f'"content":{{"role":"model","parts":[{parts}]}}'
    candidate = f'{{{content},"finishReason":{finish},"index":0}}'
    return f'{{"candidates":[{candidate}],{_USAGE},"modelVersion":"gemini-3"}}'


def _inline(name: str) -> str:
    return f'{{"inlineData":{{{_PNG},"data":@{name}@}}}}'


SHAPES: dict[str, str] = {
    "one picture": _answer(_inline("0")),
    "text, then a picture": _answer('{"text":"Here it is."},' + _inline("0")),
    "a picture, then text": _answer(_inline("0") + ',{"text":"Done: {1} [2]."}'),
    "two": _answer(_inline("0") + "," + _inline("1")),
    "a thought": _answer(f'{{"inlineData":{{{_PNG},"data":@t@}},"thought":true}},' + _inline("0")),
    "a thought, flagged first": _answer(
        f'{{"thought":true,"inlineData":{{{_PNG},"data":@t@}}}},' + _inline("0")
    ),
    "signatures": _answer(
        '{"text":"","thoughtSignature":"c2ln"},' + _inline("0")[:-1] + ',"thoughtSignature":"QQ=="}'
    ),
    "snake case": '{"candidates":[{"content":{"parts":[{"inline_data":{"mime_type":"image/png",'
    '"data":@0@}}]},"finish_reason":"STOP"}]}',
    "a list for a picture": _answer(f'{{"inlineData":[{{{_PNG},"data":@0@}}]}}'),
    "a list for a part": _answer(f"[{_inline('0')},{_inline('1')}]"),
    "a tool's answer": _answer(
        f'{{"functionResponse":{{"name":"make","response":{{"ok":true}},"parts":[{_inline("0")}]}}}}'
    ),
    "prefixed": _answer(_inline("0"), '"FinishReason.STOP"'),
    "lower case": _answer(_inline("0"), '"stop"'),
    "enveloped": f'{{"code":0,"data":{_answer(_inline("0"))}}}',
    "no candidate around": f'{{"parts":[{_inline("0")}],{_USAGE}}}',
    "as OpenAI has it": '{"created":1,"data":[{"b64_json":@0@},{"b64_json":@1@}]}',
    "a tool's own words": _answer(
        f'{{"functionResponse":{{"response":{{"image":{{"inlineData":{{{_PNG},"data":@0@}}}}}}}}}}'
    ),
}

# ── what is wrong inside the JSON; None where it does not fit ───────────────────────────────────────────────


def _with_text(text: str) -> Callable[[str], str]:
    return lambda body: body.replace('"parts":[', f'"parts":[{{"text":"{text}"}},', 1)


def _before_last(extra: str) -> Callable[[str], str]:
    return lambda body: body[:-1] + extra + body[-1]


DAMAGE: dict[str, Callable[[str], str]] = {
    "nothing": lambda body: body,
    "indented": lambda body: body.replace(",", ",\n  ").replace("{", "{\n "),
    "a trailing comma": _before_last(","),
    "trailing commas": lambda body: re.sub(r"([\]}])", r",\1", body),
    "control characters": _with_text("a\nb\tc\x01d"),
    "an escaped apostrophe": _with_text("it\\'s"),
    "a wrong escape": _with_text("C:\\dir \\x41 \\u12"),
    "half an emoji": _with_text("\\ud83d"),
    "quotes": _with_text('she said "paint it", and I did'),
    "one quote": _with_text('a 15" screen'),
    "a path": _with_text("C:\\"),
    "brackets": _with_text("}]}}{[("),
    "NaN": _before_last(',"avg":NaN'),
    "infinity": _before_last(',"a":-Infinity,"b":1e999'),
    "a huge number": _before_last(f',"n":{"9" * 5000}'),
    "undefined": _before_last(',"u":undefined'),
    "a comment": _before_last(' /* cached: "yes" */ '),
    "no comma": lambda body: body.replace('],"finish', '] "finish').replace('},"model', '} "model'),
    "names without quotes": lambda body: body.replace('"role":', "role:").replace('"index":', "index:"),
    "a heartbeat": lambda body: body.replace(',"finish', ',\n: ping\n"finish'),
    "one bracket fewer": lambda body: body.replace('}]},"finish', '}],"finish'),
}

# ── what stands around it ───────────────────────────────────────────────────────────────────────────────────

AROUND: dict[str, Callable[[str], str]] = {
    "nothing": lambda body: body,
    "a semicolon": lambda body: body + ";",
    "a brace": lambda body: body + "}",
    "brackets": lambda body: body + "]}]",
    "a comment": lambda body: body + "\n<!-- cached -->",
    "words": lambda body: body + "\nrequest took 3.1 s, it's done {ok}",
    "a status": lambda body: body + '\n{"status":"ok"}',
    "itself again": lambda body: body + body,
    "itself in a line": lambda body: body + "\n" + body,
    "a byte order mark": lambda body: "\ufeff" + body,
    "two of them": lambda body: "\ufeff\ufeff" + body,
    "a guard": lambda body: ")]}'\n" + body,
    "a loop": lambda body: "while(1);" + body,
    "a callback": lambda body: f"callback({body});",
    "a comment and a callback": lambda body: f"/**/cb_1({body})",
    "a fence": lambda body: f"```json\n{body}\n```",
    "heartbeats": lambda body: ": ping\n\n: ping\n\n" + body,
    "blank heartbeats": lambda body: "\n \n \n" + body + "\n",
    "a warning": lambda body: (
        "<br />\n<b>Warning</b>: Undefined index in <b>/x.php</b> on line 3<br />\n" + body
    ),
    "a log line": lambda body: "INFO: don't panic\n" + body,
    "NULs": lambda body: body + "\0\0\0",
    "a byte count": lambda body: f"{len(body):x}\r\n{body}\r\n0\r\n\r\n",
    "a variable": lambda body: f"var answer = {body};",
    "a string": json.dumps,
    "a string in an envelope": lambda body: json.dumps({"statusCode": 200, "body": body}),
    "a list": lambda body: f"[{body}]",
    "an event": lambda body: f"data: {body}\n\ndata: [DONE]\n\n",
}


_PACKED = ("a string", "a string in an envelope", "an event")


def answer(seed: int) -> Answer:
    """The answer of a seed: the same one on every machine."""
    chance = random.Random(seed)
    shape, damage, around = (_any(chance, table) for table in (SHAPES, DAMAGE, AROUND))
    if chance.random() < 0.3:
        damage = "nothing"
    if around in _PACKED and (damage != "nothing" or "\n" in SHAPES[shape]):
        around = "nothing"  # no gateway packs what it could not read
    wanted, body, spellings = [], SHAPES[shape], []
    left = chance.sample(pictures(), len(pictures()))
    body = DAMAGE[damage](body)
    for mark in dict.fromkeys(re.findall(r"@(\w)@", body)):
        spelling = _any(chance, SPELLINGS)
        data = left.pop()
        if around in _PACKED and len(data) > 10_000:
            data = pictures()[0] if pictures()[0] in left or not wanted else left.pop(0)
        body = body.replace(f"@{mark}@", SPELLINGS[spelling](data))
        spellings.append(spelling)
        wanted += [data] if mark != "t" else []
    closed = -1 if "b64_json" in body else body.rfind('"data"')
    body = AROUND[around](body)
    is_cut = around == "nothing" and chance.random() < 0.3
    if is_cut:
        body, is_cut = _cut(chance, body, closed)
    made = f"seed {seed}: {shape}; {', '.join(spellings)}; {damage}; around: {around}; cut: {is_cut}"
    return Answer(body.encode("utf-8", "surrogatepass"), tuple(wanted), is_cut, made)


def _any(chance: random.Random, table: dict[str, object]) -> str:
    return chance.choice(sorted(table))


def _cut(chance: random.Random, body: str, data: int) -> tuple[str, bool]:
    """The body without its end, cut somewhere behind the last picture; as it is where it holds none."""
    if data < 0:
        return body, False
    end = re.compile(r'"data"\s*:\s*(?:"[^"]*"|\[[^\]]*\]|\{[^}]*\}[^}]*?)').search(body, data)
    if end is None or end.end() >= len(body) - 1:
        return body, False
    return body[: chance.randrange(end.end(), len(body) - 1)], True
