"""Every snippet is run, unchanged, against the demo on a port, and has to send what the wire would."""

from __future__ import annotations

import ast
import asyncio
import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from playground import catalogue as catalogue_module
from playground import snippets
from playground.catalogue import Catalogue
from playground.history import History
from playground.images import sniff
from playground.jobs.studio import Studio
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest, PreparedImage, ReplyPart, Turn, check
from playground.settings import StorageSettings
from playground.snippets.literals import PYTHON
from playground.wire import request_body
from tests.app_server import hasty_demo, serve
from tests.mocked import provider_of, with_picture

GATEWAY = "http://gateway.invalid"
CANARY = "canary" + "-of-nobody-0123456789"
NODE_MODULES = Path(__file__).parent.parent / "script" / "node_modules"
HAS_NODE = shutil.which("node") is not None and (NODE_MODULES / "@google").exists()
"""The app needs none: a machine without it tests all the rest. CI has it, and skips nothing."""
SAMPLES = Path(snippets.__file__).parent.parent / "ui" / "static" / "samples"
PROMPT = """it's "red" at $HOME, `dusk` \\ or \\n {{ later }}
EOF
JSON 一只狐狸 ${x} </script>"""
_numbers = count(1)


@dataclass(frozen=True)
class Received:
    """A call that came."""

    headers: dict[str, str]
    query: dict[str, list[str]]
    path: str
    body: Any


@dataclass(frozen=True)
class Run:
    """A snippet in a folder of its own, with its pictures beside it."""

    folder: Path
    language: snippets.Language
    call: snippets.Call
    request: ImageRequest

    @property
    def file(self) -> Path:
        return self.folder / self.language.file


class Noted:
    """ASGI middleware that notes each call, by the mark in its address."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.calls: dict[str, list[Received]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = bytearray()
        mark = ""
        if scope["type"] == "http" and scope["path"].startswith("/run"):
            mark, _, rest = scope["path"][1:].partition("/")
            scope = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}

        async def noting() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self.app(scope, noting, send)
        if mark:
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            query = parse_qs(scope["query_string"].decode())
            call = Received(headers, query, scope["path"], json.loads(body))
            self.calls.setdefault(mark, []).append(call)


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[str, Noted]]:
    noted = Noted(hasty_demo())
    with serve(noted) as base_url:
        yield base_url, noted


def _image(path: Path) -> PreparedImage:
    return PreparedImage(path, "image/jpeg", 9, 9, path.stat().st_size)


def _requests(catalogue: Catalogue) -> Iterator[ImageRequest]:
    """Every provider in every tab, with every kind of setting among them."""
    images = [SAMPLES / f"{name}.jpg" for name in ("house", "cat", "room")]
    for provider, row in catalogue.providers.items():
        model = row.default_model
        able = catalogue.model(provider, model)
        own: dict[str, Any] = {
            name: choices[-1]
            for name in ("thinking_level", "search", "output_format")
            if (choices := {"thinking_level": able.thinking_levels, "search": able.searches}.get(name))
        }
        if able.output_formats:
            own["output_format"] = "png"
        for pictures in (0, 1, 3):
            size = "512" if "512" in able.image_sizes else "auto"
            yield ImageRequest(
                prompt=PROMPT,
                provider=provider,
                model=model,
                aspect_ratio="16:9",
                image_size=size,
                images=tuple(_image(path) for path in images[:pictures]),
                **(own if pictures != 1 else {"response_modalities": ("IMAGE",)}),
            )


async def _past(folder: Path, catalogue: Catalogue) -> list[ImageRequest]:
    """The same as generations of before: sent, kept, and read back from the disk as "Code" of one does; and
    one that goes on from an earlier picture."""
    history = History(folder, StorageSettings(min_free=0))
    provider = provider_of(catalogue, lambda _: with_picture(), staging_dir=history.staging_dir)
    studio, found = Studio(catalogue, provider, history), []

    async def past(request: ImageRequest) -> str:
        given = Credentials(Key(CANARY), None if catalogue.provider(request.provider).base_url else GATEWAY)
        job = await studio.start(request, given, owner="me", mode="text")
        async for _ in job.watch():
            pass
        assert len(job.pictures) == 1, job.errors
        again = studio.restored(job.id, "me")
        assert again is not None
        found.append(await studio.again(again))
        return job.id

    for request in _requests(catalogue):
        before = await past(request)
    asked = request.model_copy(update={"images": (), "prompt": "and a hat"})
    entry = history.entry("me", before)
    assert entry is not None
    picture = entry.pictures[-1].name
    await past(await studio.continue_from(asked, owner="me", generation=before, picture=picture))
    await studio.aclose()
    history.close()
    return found


def _runs(folder: Path, base_url: str, requests: Iterable[ImageRequest]) -> Iterator[Run]:
    catalogue = catalogue_module.load()
    for request in requests:
        check(request, catalogue)
        for language in snippets.LANGUAGES:
            mark = f"run{next(_numbers)}"
            call = snippets.call_of(
                request, catalogue, f"{base_url}/{mark}", {one.path: "my cat.JPG" for one in request.images}
            )
            if language.can(call):
                place = folder / mark
                place.mkdir()
                for image, file in zip(request.images, call.files, strict=True):
                    shutil.copy(image.path, place / file.name)
                (place / language.file).write_text(language.snippet(call), encoding="utf-8")
                yield Run(place, language, call, request)


_PYTHON = """
import os, runpy, sys
for file in sys.argv[1:]:
    os.chdir(os.path.dirname(file))
    runpy.run_path(file, run_name="__main__")
"""
_NODE = """
import { dirname } from "node:path";
for (const file of process.argv.slice(2)) {
  process.chdir(dirname(file));
  await import(file);
}
"""


def _execute(folder: Path, runs: list[Run], base_url: str) -> None:
    """Runs all of them, those of one runtime in one process: starting an SDK takes seconds."""
    variables = {run.call.variable: CANARY for run in runs}
    environment = {**os.environ, **variables, "NO_PROXY": "*"}
    by_ending: dict[str, list[Run]] = {}
    for run in runs:
        by_ending.setdefault(run.file.suffix, []).append(run)
    for run in by_ending.pop(".sh"):
        subprocess.run(["sh", run.file], cwd=run.folder, env=environment, check=True, timeout=60)
    (folder / "all.mjs").write_text(_NODE)
    for ending, command in ((".py", [sys.executable, "-c", _PYTHON]), (".mjs", ["node", folder / "all.mjs"])):
        files = [run.file for run in by_ending.pop(ending)]
        subprocess.run([*command, *files], env=environment, check=True, timeout=100)
    for run in by_ending.pop(".json"):
        _send(run, CANARY)
    assert not by_ending


def _send(run: Run, key: str) -> None:
    """The body alone: whoever uses it puts the base64 in and sends it."""
    text = re.sub(
        r"<base64 of ([^>]+)>",
        lambda found: base64.b64encode((run.folder / found[1]).read_bytes()).decode(),
        run.file.read_text(encoding="utf-8"),
    )
    headers = {
        "x-goog-api-key": {"x-goog-api-key": key},
        "bearer": {"Authorization": f"Bearer {key}"},
    }.get(run.call.auth, {})
    query = {"key": key} if run.call.auth == "query" else None
    answer = httpx.post(
        run.call.url, headers=headers, params=query, json=json.loads(text), trust_env=False, timeout=60
    )
    for part in answer.raise_for_status().json()["candidates"][0]["content"]["parts"]:
        if "inlineData" in part:
            (run.folder / "picture-1.jpeg").write_bytes(base64.b64decode(part["inlineData"]["data"]))


def _camel(value: Any) -> Any:
    """The same however it is spelled: an SDK writes levels in capitals, and base64 in its other alphabet."""
    if isinstance(value, dict):
        named = {re.sub("_([a-z])", lambda sign: sign[1].upper(), one): _camel(value[one]) for one in value}
        if "thinkingLevel" in named:
            named["thinkingLevel"] = named["thinkingLevel"].lower()
        if "data" in named:
            named["data"] = hash(named["data"].replace("-", "+").replace("_", "/"))  # short in a failure
        return named
    return [_camel(one) for one in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.skipif(
    not HAS_NODE and not os.environ.get("CI"), reason="needs Node and npm ci --prefix tests/script"
)
@pytest.mark.parametrize("of", ["the form", "a past generation"])
def test_every_snippet_sends_what_the_wire_does_and_saves_what_comes(
    tmp_path: Path, demo: tuple[str, Noted], of: str
) -> None:
    base_url, noted = demo
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    catalogue = catalogue_module.load()
    is_past = of == "a past generation"
    past = asyncio.run(_past(tmp_path / "data", catalogue)) if is_past else ()
    runs = list(_runs(tmp_path, base_url, past or _requests(catalogue)))
    # 4 providers x 3 tabs x 6 languages; the SDKs' two only where they can: Google and the demo. And a
    # conversation with the last provider.
    assert len(runs) == 4 * 3 * 6 - 2 * 3 * 2 + 4 * is_past
    _execute(tmp_path, runs, base_url)
    for run in runs:
        (received,) = noted.calls[run.folder.name]
        row = catalogue.model(run.request.provider, run.request.model)
        body = b"".join(request_body(run.request, row).chunks())
        assert _camel(received.body) == _camel(json.loads(body)), run
        assert received.path == httpx.URL(run.call.url).path.partition(run.folder.name)[2]
        key = {
            "x-goog-api-key": received.headers.get("x-goog-api-key"),
            "bearer": received.headers.get("authorization"),
            "query": received.query.get("key", [None])[0],
        }
        said = {name: value for name, value in key.items() if value is not None}
        expected = {"bearer": f"Bearer {CANARY}"}.get(run.call.auth, CANARY)
        is_sdk_at_demo = run.call.auth == "none" and run.language.is_sdk
        assert said == (
            {"x-goog-api-key": "demo"}
            if is_sdk_at_demo
            else {}
            if run.call.auth == "none"
            else {run.call.auth: expected}
        )
        pictures = list(run.folder.glob("picture-*"))
        assert len(pictures) == 1, run
        assert sniff(pictures[0].read_bytes()[:4096]) is not None
        assert CANARY not in run.file.read_text(encoding="utf-8")


def test_a_conversation_goes_along_with_its_signatures_and_no_two_files_share_a_name(tmp_path: Path) -> None:
    earlier, later = tmp_path / "a" / "1-1.jpg", tmp_path / "b" / "1-1.jpg"
    for path in (earlier, later):
        path.parent.mkdir()
        path.write_bytes(b"\xff\xd8\xff")
    turn = Turn("a fox", (), (ReplyPart(image=_image(earlier), signature="c2ln"),), "google", "m")
    request = ImageRequest(
        prompt="again", provider="google", model="m", images=(_image(later),), turns=(turn,)
    )
    call = snippets.call_of(request, catalogue_module.load())
    assert [file.name for file in call.files] == ["1-1.jpg", "1-1-2.jpg"]
    said = {language.id: language.snippet(call) for language in snippets.LANGUAGES}
    assert all("c2ln" in text for text in said.values())
    assert 'base64.b64decode("c2ln")' in said["genai-python"]
    assert "import base64" in said["genai-python"]
    for name in ("httpx", "genai-python"):
        compile(said[name], name, "exec")


def test_a_signature_is_a_text_whatever_it_says(tmp_path: Path) -> None:
    hostile = '"); raise SystemExit("ran")  # \\'
    (tmp_path / "1-1.jpg").write_bytes(b"\xff\xd8\xff")
    reply = ReplyPart(image=_image(tmp_path / "1-1.jpg"), signature=hostile)
    turn = Turn("a fox", (), (reply,), "google", "m")
    call = snippets.call_of(
        ImageRequest(prompt="again", provider="google", model="m", turns=(turn,)), catalogue_module.load()
    )
    for language in snippets.LANGUAGES:
        text = language.snippet(call)
        if language.constants == PYTHON:
            tree = ast.parse(text)
            assert hostile in {one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)}


@pytest.mark.parametrize(
    ("given", "mime_type", "name"),
    [
        ("cat.jpg", "image/jpeg", "cat.jpg"),
        ("-rf ~;$(x).png", "image/png", "rf-x.png"),
        ("../../etc/passwd", "image/jpeg", "passwd.jpg"),
        ("猫 1.HEIC", "image/jpeg", "猫-1.jpg"),
        ("", "image/png", "picture.png"),
        ('a"b`c\n.webp', "image/webp", "a-b-c.webp"),
    ],
)
def test_names_are_what_every_shell_takes(given: str, mime_type: str, name: str) -> None:
    assert snippets.file_name(given, mime_type) == name


def test_a_shell_reads_nothing_in_an_address_that_somebody_typed() -> None:
    request = ImageRequest(prompt="x", provider="google", model="$(touch x)`'m")
    call = snippets.call_of(request, catalogue_module.load(), "https://a.example/$(touch${IFS}x)")
    curl = next(one for one in snippets.LANGUAGES if one.id == "curl").snippet(call)
    assert curl.startswith("curl -sS --fail-with-body 'https://a.example/$(touch${IFS}x)/v1beta/models/")
