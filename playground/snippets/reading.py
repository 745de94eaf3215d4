"""A call that somebody pasted, back into what a form says: a curl line, or the JSON of a body.

Anybody can have written it, so every step is bounded and takes time in proportion to the text. A key in it
ends here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from playground.errors import InvalidRequest
from playground.request import MAX_PROMPT_CHARACTERS, SETTINGS, Setting, known_settings
from playground.text import mended
from playground.wire import models_path

MAX_CHARACTERS: Final = 200_000
MAX_PICTURES: Final = 14
_MAX_TOLD: Final = 10
_MAX_NAME: Final = 40

# A part of a word as shells read it. Possessive: a quote without an end takes no time.
_PART = re.compile(
    r"""
      '(?P<single>[^']*+)'
    | \$'(?P<escapes>(?:[^'\\]|\\.)*+)'
    | "(?P<double>(?:\$\([^()\n]{0,300}+\)|[^"\\]|\\.)*+)"
    | \\(?P<escaped>.)
    | (?P<plain>[^\s'"\\]++)
    | (?P<blank>\s++)
    """,
    re.VERBOSE | re.DOTALL,
)
_CURL = re.compile(r"(?:[$#>]\s+)?curl(?:\.exe)?\s")
_HERE = re.compile(r"<<-?[ \t]{0,9}(['\"]?)(\w{1,40})\1[^\n]{0,999}\n")
_COMMAND = re.compile(r'"\$\(([^()\n]{0,300})\)"')
_FILE = re.compile(r"[\w.-]{1,200}\.\w{2,5}")
_NAMED = re.compile(r"<base64 of ([^<>]{1,200})>")
_PATH = re.compile(r"(?P<root>.*?)/(?P<version>v1beta|v1alpha|v1)/models/(?P<model>[^/:?]{1,300}):\w{1,40}")
_PLACEHOLDER = re.compile(r"[${}<>*]|(?i:your[_ -]|api[_-]?key$)")
_SNAKE = re.compile(r"_([a-z])")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_ENDS = ("|", ";", "&&", "||", "&")
_DATA = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")
_WITH_VALUE = ("-X", "-o", "-m", "-A", "-e", "-x", "-b", "--request", "--output", "--max-time", "--proxy")

_PATHS: Final = frozenset(setting.path for setting in SETTINGS)
"""Where bodies say settings that have a place of their own."""

Auth = Literal["", "x-goog-api-key", "bearer", "query"]


@dataclass(frozen=True)
class Said:
    """One part of an answer: words, or a picture as `Pasted.pictures` calls one; with its signature."""

    text: str = ""
    picture: str | None = None
    signature: str | None = None


@dataclass(frozen=True)
class Exchange:
    """What a person said, with the pictures that went along, and what the model answered."""

    prompt: str
    pictures: tuple[str, ...]
    reply: tuple[Said, ...]


@dataclass(frozen=True)
class Pasted:
    """What a pasted call says.

    Attributes:
        base_url: the address that it went to; "" where it names none that can be one.
        model: the id in its address, or "".
        auth: how it authenticated, or "".
        had_key: a key stood in it.
        prompt: the words of its last turn.
        pictures: of that turn, in order: the name of a file, a mark of whoever took the data out, or "".
        earlier: how many turns are before that one.
        turns: the same as exchanges, oldest first; none where they are not question and answer in turn.
        unknown: setting name -> what the body says of it that no setting knows.
        settings: setting name -> value as one word, for every setting that a body says.
        ignored: names in the body for which a form has no place.
    """

    base_url: str
    model: str
    auth: Auth
    had_key: bool
    prompt: str
    pictures: tuple[str, ...]
    earlier: int
    turns: tuple[Exchange, ...]
    unknown: Mapping[str, str]
    settings: Mapping[str, str]
    ignored: tuple[str, ...]


def read(text: str) -> Pasted | None:
    """The call in a text; None where there is none that can be read."""
    text = text.strip()
    if len(text) > MAX_CHARACTERS:
        return None
    command = _Command(data=text) if text.startswith("{") else _command(text)
    if command is None:
        return None
    try:
        body = _camel(json.loads(_with_files_named(command.data)), depth=20)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("contents"), list | dict):
        return None
    base_url, model = _address(command.url)
    auth, key = command.authentication()
    if len(key) >= 8:
        body = _without(body, key)
    prompt, pictures, before = _last_turn(body["contents"])
    return Pasted(
        base_url=base_url,
        model=model,
        auth=auth,
        had_key=bool(key),
        prompt=prompt[:MAX_PROMPT_CHARACTERS],
        pictures=pictures[:MAX_PICTURES],
        earlier=len(before),
        turns=_exchanges(before),
        unknown={one.name: value for one in SETTINGS if (value := _unknown(one, body))},
        settings={one.name: said for one in SETTINGS if (said := _said(one, body)) is not None},
        ignored=tuple(_ignored(body)),
    )


# ── the line ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Command:
    """What counts of a curl line. Its headers may hold a key: it is never printed."""

    data: str = ""
    url: str = ""
    headers: tuple[str, ...] = ()

    def authentication(self) -> tuple[Auth, str]:
        """How it authenticates, and the key; "" for one that only stands for a key."""
        for header in self.headers:
            name, _, value = header.partition(":")
            value = value.strip()
            if name.strip().lower() == "x-goog-api-key":
                return "x-goog-api-key", _key(value)
            if name.strip().lower() == "authorization":
                return "bearer", _key(re.sub(r"(?i)^bearer\s+", "", value))
        found = _query(self.url).get("key")
        return ("query", _key(found[0])) if found else ("", "")


def _key(value: str) -> str:
    return "" if _PLACEHOLDER.search(value) else value


def _query(url: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(url).query, max_num_fields=20)
    except ValueError:
        return {}


def _command(text: str) -> _Command | None:
    if not _CURL.match(text):
        return None
    data = ""
    if here := _HERE.search(text):
        end = text.find(f"\n{here[2]}", here.end() - 1)
        data = text[here.end() : end if end >= 0 else len(text)]
        text = text[: here.start()]
        if not here[1]:  # a shell reads these signs in it
            data = re.sub(r"\\([\\$`\n])", r"\1", data)
    words = _words(text)
    if words is None:
        return None
    url, headers = "", []
    rest = iter(words[words.index(next(word for word in words if word.startswith("curl"))) + 1 :])
    for word in rest:
        name, attached = (word[:2], word[2:]) if re.match(r"-[A-Za-z].", word) else (word, "")
        if name in ("-H", "--header"):
            headers.append(attached or next(rest, ""))
        elif name in _DATA:
            value = attached or next(rest, "")
            data = data if value.startswith("@") else value
        elif name == "--url" or not name.startswith("-"):
            value = next(rest, "") if name == "--url" else word
            url = url or value
        elif name in _WITH_VALUE and not attached:
            next(rest, "")
    return _Command(data, url, tuple(headers))


def _words(text: str) -> list[str] | None:
    """The words of the first command; None where a quote has no end."""
    words: list[str] = []
    word: str | None = None
    place = 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            return None
        place = part.end()
        if (blank := part["blank"]) is not None:
            words += [word] if word is not None else []
            word = None
            if "\n" in blank and not text.startswith("-", place):
                break
        elif part["plain"] in _ENDS and word is None:
            break
        elif part["escaped"] not in ("\n", "\r"):
            word = (word or "") + _meaning(part)
    return words + ([word] if word is not None else [])


def _meaning(part: re.Match[str]) -> str:
    if part["double"] is not None:
        return re.sub(r'\\(["\\$`\n])', lambda sign: sign[1].strip("\n"), part["double"])
    if part["escapes"] is not None:
        return _ESCAPE.sub(_character, part["escapes"])
    return part["single"] if part["single"] is not None else part["plain"] or part["escaped"] or ""


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _CONTROL.get(found[3], found[3])


def _with_files_named(data: str) -> str:
    """JSON in which a shell's command in the place of base64 is the name of the file that it reads."""

    def named(command: re.Match[str]) -> str:
        file = _FILE.search(command[1])
        return f'"<base64 of {file[0]}>"' if file else '""'

    return _COMMAND.sub(named, data)


def _address(url: str) -> tuple[str, str]:
    """Base URL and model of a method's address, each "" where it stands for one only."""
    found = _PATH.match(url.partition("?")[0])
    if found is None:
        return "", ""
    model = unquote(found["model"])
    root = found["root"] if found["version"] == "v1beta" else f"{found['root']}/{found['version']}"
    if root and "://" not in root:
        root = f"https://{root}"
    try:
        models_path(root)
    except InvalidRequest:
        root = ""
    return "" if _PLACEHOLDER.search(root) else root, "" if re.search(r"[{}<$]", model) else mended(model)


# ── the body ────────────────────────────────────────────────────────────────────────────────────────────────


def _camel(value: Any, depth: int) -> Any:
    """The same with the names of a body in camel case. Raises ValueError for what is nested too deeply."""
    if not depth:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {
            _SNAKE.sub(lambda sign: sign[1].upper(), name): _camel(inner, depth - 1)
            for name, inner in value.items()
        }
    return [_camel(one, depth - 1) for one in value] if isinstance(value, list) else value


def _without(value: Any, key: str) -> Any:
    """The same body without a key that stands in its texts."""
    if isinstance(value, dict):
        return {name: _without(inner, key) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(one, key) for one in value]
    return value.replace(key, "") if isinstance(value, str) else value


def _last_turn(contents: Any) -> tuple[str, tuple[str, ...], list[dict[str, Any]]]:
    """Words and pictures of what the person said last, and the turns before it."""
    turns = [one for one in (contents if isinstance(contents, list) else [contents]) if isinstance(one, dict)]
    mine = [turn for turn in turns if turn.get("role") != "model"] or [{}]
    earlier = next((place for place, turn in enumerate(turns) if turn is mine[-1]), 0)
    return *_words_and_pictures(mine[-1]), turns[:earlier]


def _words_and_pictures(turn: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    parts = _parts(turn)
    texts = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return mended("\n".join(texts)), tuple(_picture(part) for part in parts if "inlineData" in part)


def _parts(turn: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = turn.get("parts")
    return [part for part in (given if isinstance(given, list) else [given]) if isinstance(part, dict)]


def _exchanges(turns: Sequence[Mapping[str, Any]]) -> tuple[Exchange, ...]:
    """Question and answer, again and again; none where they do not follow each other so."""
    are_models = [turn.get("role") == "model" for turn in turns]
    if not turns or are_models != [bool(place % 2) for place in range(len(turns))] or len(turns) % 2:
        return ()
    pairs = zip(turns[::2], turns[1::2], strict=True)
    return tuple(Exchange(*_words_and_pictures(asked), tuple(_answer(given))) for asked, given in pairs)


def _answer(turn: Mapping[str, Any]) -> Iterator[Said]:
    for part in _parts(turn):
        text, signature = part.get("text"), part.get("thoughtSignature")
        if part.get("thought") is True or not ("inlineData" in part or isinstance(text, str)):
            continue
        picture = _picture(part) if "inlineData" in part else None
        said = text if isinstance(text, str) and picture is None else ""
        yield Said(said, picture, signature if isinstance(signature, str) else None)


def _picture(part: Mapping[str, Any]) -> str:
    inline = part["inlineData"]
    data = inline.get("data") if isinstance(inline, dict) else None
    if not isinstance(data, str):
        return ""
    named = _NAMED.fullmatch(data)
    return named[1] if named else data[:_MAX_NAME]


def _at(body: Any, path: Sequence[str]) -> Any:
    for name in path:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _said(setting: Setting, body: Mapping[str, Any]) -> str | None:
    """What a body says of a setting, as one word; None for what no body says."""
    for value, members in setting.sends.items():
        tools = [
            (path, said)
            for path, said in members.items()
            if path != ("generationConfig", "responseModalities")
        ]
        if all(_at(body, path) == said for path, said in tools):
            return value
    if not setting.path:
        return str(setting.default) if setting.sends else None
    raw = _at(body, setting.path)
    if isinstance(raw, list):
        raw = [str(one).upper() for one in raw[:9]]
    return setting.spelled(known_settings({setting.name: raw})[setting.name])


def _unknown(setting: Setting, body: Mapping[str, Any]) -> str:
    """What a body says of a setting that is no value of it, shortened; "" where there is no such thing."""
    raw = _at(body, setting.path) if setting.path else None
    if raw is None or _said(setting, body) != setting.spelled(setting.default):
        return ""
    told = ",".join(map(str, raw[:9])) if isinstance(raw, list) else str(raw)
    is_default = told.lower() == setting.spelled(setting.default).lower()
    return "" if is_default else mended(told)[:_MAX_NAME]


def _ignored(body: Mapping[str, Any]) -> Iterator[str]:
    paths = {path for one in SETTINGS for path in (one.path, *(p for m in one.sends.values() for p in m))}
    known = {path[:length] for path in paths for length in range(1, len(path) + 1)} | {
        ("contents",),
        ("model",),
    }
    config = body.get("generationConfig")
    names = [(name,) for name in body] + [
        ("generationConfig", name) for name in (config if isinstance(config, dict) else ())
    ]
    for path in [path for path in names if path not in known][:_MAX_TOLD]:
        yield mended(path[-1])[:_MAX_NAME]
