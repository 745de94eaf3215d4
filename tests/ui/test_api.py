"""The three jobs for programs: Gradio's own client, plain HTTP and MCP against the running app."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio.utils import get_upload_folder
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from playground.errors import PlaygroundError
from playground.request import ImageRequest
from playground.server.visitors import VISITOR_COOKIE
from playground.settings import Settings
from playground.ui.account import PARAMETERS as ACCOUNT
from playground.ui.batch.programs import PARAMETERS as BATCHES
from playground.ui.programs import PARAMETERS as PROGRAMS
from playground.ui.prompt_templates import TEMPLATES
from tests.app_server import Recorder, hasty_demo, run_app, serve
from tests.echoing import CANARY, Echo, files_with_it, left_in
from tests.wire.samples import picture
from tests.wire.test_body import EIGHT, documented

KEY = "canary-key-0123456789"
FIELDS = [
    "prompt",
    "provider",
    "model",
    "aspect_ratio",
    "image_size",
    "response_modalities",
    "output_format",
    "count",
    "thinking_level",
    "search",
    "versus",
]
PARAMETERS = {
    "/text_to_image": FIELDS,
    "/edit_image": ["image", *FIELDS, "mask", "keep_outside", "extend"],
    "/compose_images": ["images", *FIELDS, "roles"],
    **{f"/{name}": [*parameters] for name, parameters in {**BATCHES, **ACCOUNT, **PROGRAMS}.items()},
}
DETAILS = {
    "generation",
    "text",
    "finish_reason",
    "model_version",
    "usage",
    "provider",
    "model",
    "asked",
    "received",
    "seconds",
    "calls",
    "cost",
    "sources",
    "errors",
}


@pytest.fixture(scope="module")
def client(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with connected(server, tmp_path_factory.mktemp("downloads")) as client:
        yield client


def connected(base_url: str, folder: Path, headers: dict[str, str] | None = None) -> Any:
    return _Connected(
        Client(base_url, verbose=False, download_files=str(folder), headers=headers, analytics_enabled=False)
    )


class _Connected:
    def __init__(self, client: Client) -> None:
        self._client = client

    def __enter__(self) -> Client:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()


@pytest.fixture
def given(tmp_path: Path) -> list[Path]:
    """Three small pictures."""
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        file.write_bytes(picture("PNG", 60 + number, 40, ("red", "green", "blue")[number]))
    return files


def assert_originals(files: list[str], details: dict[str, Any], count: int = 1) -> None:
    """The files are the ones that the details describe, byte for byte."""
    assert len(files) == len(details["received"]) == count
    for file, received in zip(files, details["received"], strict=True):
        data = Path(file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == received["sha256"]
        assert len(data) == received["bytes"]
        with Image.open(file) as opened:
            assert opened.size == (received["width"], received["height"])
            assert opened.format == received["output_format"].upper()


# ── files that nobody uploaded ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("marker", [{"meta": {"_type": "gradio.FileData"}}, {}], ids=["marked", "bare"])
@pytest.mark.parametrize("secret", ["a picture", "another file", "nothing"])
def test_a_path_of_the_server_is_never_an_input(
    server: str, tmp_path: Path, secret: str, marker: dict[str, Any]
) -> None:
    """Gradio checks named paths only for apps that it launched by itself; ours is mounted."""
    path = tmp_path / "secret.png"
    if secret == "a picture":
        Image.new("RGB", (64, 64), "red").save(path)
    elif secret == "another file":
        path.write_text("root:x:0:0")
    values = [{"path": str(path), **marker}, "black and white", "demo", "auto", "auto", "auto", ["IMAGE"]]
    with httpx.Client(base_url=server, trust_env=False, timeout=30) as http:
        started = http.post("/gradio_api/call/edit_image", json={"data": [*values, "auto", 1]})
        told = http.get(f"/gradio_api/call/edit_image/{started.json()['event_id']}").text
    assert told.startswith("event: error")
    assert "generations" not in told
    assert "root:x" not in told


# ── the three jobs ──────────────────────────────────────────────────────────────────────────────────────────


def test_text_to_image(client: Client) -> None:
    files, details = client.predict(
        prompt="a lighthouse at dusk", aspect_ratio="16:9", image_size="1K", api_name="/text_to_image"
    )
    assert_originals(files, details)
    assert set(details) == DETAILS
    assert details["asked"] == {
        "aspect_ratio": "16:9",
        "image_size": "1K",
        "output_format": "auto",
        "thinking_level": "auto",
    }
    assert details["received"][0]["aspect_ratio"] == "16:9"
    assert (details["provider"], details["model"]) == ("demo", "gemini-nano-banana-2.1")
    assert details["finish_reason"] == "STOP"
    assert details["model_version"] == "gemini-nano-banana-2.1"
    assert details["usage"]["total"] > 1000
    assert details["text"]
    assert details["errors"] == []
    assert 0 < details["seconds"] < 60


def test_edit_image(client: Client, given: list[Path]) -> None:
    files, details = client.predict(
        image=handle_file(given[0]), prompt="make it night", api_name="/edit_image"
    )
    assert_originals(files, details)
    assert details["received"][0]["aspect_ratio"] == "3:2"  # auto follows the picture


def test_a_program_marks_a_region(client: Client, given: list[Path], tmp_path: Path) -> None:
    with Image.open(given[0]) as source:
        mask, before = Image.new("L", source.size), source.convert("RGB")
    mask.paste(255, (0, 0, mask.width // 2, mask.height))
    mask.save(tmp_path / "mask.png")
    asked = {
        "image": handle_file(given[0]),
        "prompt": "make it night",
        "mask": handle_file(tmp_path / "mask.png"),
    }
    files, details = client.predict(**asked, api_name="/edit_image")
    assert len(files) == len(details["received"]) == 2
    assert [one.get("locked", False) for one in details["received"]] == [False, True]
    assert details["calls"][0]["pictures"] == 1
    right = (before.width // 2, 0, *before.size)
    with Image.open(files[1]) as kept:
        assert kept.size == before.size
        assert kept.convert("RGB").crop(right).tobytes() == before.crop(right).tobytes()
        assert kept.convert("RGB").tobytes() != before.tobytes()
    files, details = client.predict(**asked, keep_outside="off", api_name="/edit_image")
    assert len(files) == 1
    with pytest.raises(AppError, match=r"keep_outside.*on, off"):
        client.predict(**asked, keep_outside="maybe", api_name="/edit_image")


def test_a_program_extends_a_picture(client: Client, given: list[Path]) -> None:
    asked = {"image": handle_file(given[0]), "prompt": "more of it", "extend": "right"}
    files, details = client.predict(**asked, aspect_ratio="21:9", api_name="/edit_image")
    assert [one.get("locked", False) for one in details["received"]] == [False, True]
    with Image.open(given[0]) as source, Image.open(files[1]) as kept:
        assert abs(kept.width / kept.height - 21 / 9) < 0.02
        where = (kept.width - source.width, 0, *kept.size)
        assert kept.convert("RGB").crop(where).tobytes() == source.convert("RGB").tobytes()
    with pytest.raises(AppError, match="aspect_ratio"):
        client.predict(**asked, api_name="/edit_image")
    with pytest.raises(AppError, match=r"extend.*center"):
        client.predict(**{**asked, "extend": "up"}, api_name="/edit_image")


def test_compose_images(client: Client, given: list[Path]) -> None:
    images = [handle_file(file) for file in given]
    files, details = client.predict(images=images, prompt="all together", api_name="/compose_images")
    assert_originals(files, details)


def test_several_pictures_at_once(client: Client) -> None:
    files, details = client.predict(prompt="a cat", count=3, api_name="/text_to_image")
    assert_originals(files, details, count=3)


def test_pictures_alone_when_no_words_are_wanted(client: Client) -> None:
    files, details = client.predict(prompt="a cat", response_modalities=["IMAGE"], api_name="/text_to_image")
    assert_originals(files, details)
    assert details["text"] == ""


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt": ""}, "There is no prompt yet."),
        ({"prompt": "a cat", "aspect_ratio": "7:3"}, "aspect_ratio"),
        ({"prompt": "a cat", "provider": "nobody"}, "nobody"),
        ({"prompt": "a cat", "provider": "google"}, "Google needs an API key."),
        ({"prompt": "a cat", "provider": "gateway"}, "Gateway needs an address."),
        ({"prompt": "a cat", "count": 9}, "1 to 8"),
        ({"prompt": "demo: rate limit"}, "Please retry in 7s."),
        ({"prompt": "demo: blocked"}, "The prompt was blocked"),
        ({"prompt": "demo: refused"}, "Unable to show the generated image."),
        ({"prompt": "demo: text only a cat"}, "I can only describe it: a cat."),
        ({"prompt": "demo: html"}, "A proxy or web server answered"),
        ({"prompt": "demo: cut off"}, "The answer broke off"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_failed_call_says_what_happened(client: Client, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(**fields, api_name="/text_to_image")
    assert words in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_too_few_pictures_are_refused_in_words(client: Client, given: list[Path]) -> None:
    with pytest.raises(AppError, match="This needs at least 2 pictures"):
        client.predict(images=[handle_file(given[0])], prompt="together", api_name="/compose_images")


def test_a_file_that_is_no_picture_is_refused_in_words(client: Client, tmp_path: Path) -> None:
    text = tmp_path / "cat.png"
    text.write_text("not a picture")
    with pytest.raises(AppError, match="Picture 1 could not be read"):
        client.predict(image=handle_file(text), prompt="make it night", api_name="/edit_image")


# ── what is advertised ──────────────────────────────────────────────────────────────────────────────────────


def test_exactly_these_endpoints_are_advertised(server: str) -> None:
    info = httpx.get(f"{server}/gradio_api/info").json()
    assert info["unnamed_endpoints"] == {}
    advertised = {
        name: [parameter["parameter_name"] for parameter in endpoint["parameters"]]
        for name, endpoint in info["named_endpoints"].items()
    }
    assert advertised == PARAMETERS
    assert set(FIELDS) <= set(ImageRequest.model_fields)


def test_everything_but_the_prompt_and_the_pictures_has_a_default(server: str) -> None:
    info = httpx.get(f"{server}/gradio_api/info").json()
    for name, endpoint in info["named_endpoints"].items():
        if name.removeprefix("/") in {**BATCHES, **ACCOUNT, **PROGRAMS}:
            assert all(parameter["parameter_has_default"] for parameter in endpoint["parameters"])
            continue
        own = {
            "/edit_image": {"mask": None, "keep_outside": "on", "extend": "off"},
            "/compose_images": {"roles": []},
        }
        defaults = {
            parameter["parameter_name"]: parameter["parameter_default"]
            for parameter in endpoint["parameters"]
            if parameter["parameter_has_default"]
        }
        assert defaults == {
            "provider": "demo",
            "model": "auto",
            "aspect_ratio": "auto",
            "image_size": "auto",
            "response_modalities": ["TEXT", "IMAGE"],
            "output_format": "auto",
            "count": 1,
            "thinking_level": "auto",
            "search": "off",
            "versus": [],
            **own.get(name, {}),
        }


# ── templates, roles, a report ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "fields", "filled"),
    [
        ("en", {"product": "a red kettle"}, "a red kettle"),
        ("zh", {"产品": "红色的水壶"}, "红色的水壶"),
    ],
)
def test_a_program_fills_in_a_template_and_reports_what_came(
    client: Client, server: str, tmp_path: Path, language: str, fields: dict[str, str], filled: str
) -> None:
    offered = client.predict(language=language, api_name="/list_templates")["templates"]
    assert [one["template"] for one in offered] == [*TEMPLATES]
    plinth = offered[0]
    assert (plinth["template"], plinth["endpoint"], plinth["aspect_ratio"]) == (
        "plinth",
        "text_to_image",
        "1:1",
    )
    assert {one["endpoint"] for one in offered} == {"text_to_image", "edit_image", "compose_images"}
    assert all(one["fields"] and all(one["fields"].values()) for one in offered)
    made = client.predict(template="plinth", fields=fields, language=language, api_name="/fill_template")
    assert filled in made["prompt"]
    assert "[" not in made["prompt"]
    assert list(plinth["fields"].values())[-1] in made["prompt"], "the others keep their examples"
    _, details = client.predict(
        prompt=made["prompt"], aspect_ratio=made["aspect_ratio"], api_name=f"/{made['endpoint']}"
    )
    ids = [details["generation"]]
    page = Path(client.predict(generations=ids, language=language, api_name="/make_report"))
    told = page.read_text()
    assert page.suffix == ".html"
    assert f'<html lang="{language}' in told
    assert filled in told
    assert told.count("data:image/webp;base64,") == 1
    assert ids[0] not in told
    for asked, said in (
        ({"generations": [*ids, "none"], "api_name": "/make_report"}, "no longer here"),
        ({"template": "nothing", "api_name": "/fill_template"}, "plinth"),
        ({"template": "plinth", "fields": {"x": "y"}, "api_name": "/fill_template"}, "fields cannot be x"),
        ({"template": "plinth", "fields": ["x"], "api_name": "/fill_template"}, "object"),
        ({"language": "fr", "api_name": "/list_templates"}, "en, zh"),
    ):
        with pytest.raises(AppError, match=said):
            client.predict(**asked)
    cookie = {"cookie": f"{VISITOR_COOKIE}={'another' * 6}"}
    with connected(server, tmp_path, cookie) as another, pytest.raises(AppError, match="no longer here"):
        another.predict(generations=ids, api_name="/make_report")


def test_roles_are_words_of_a_programs_prompt(client: Client, given: list[Path]) -> None:
    asked = {"images": [handle_file(file) for file in given], "prompt": "put 1 on 2"}
    _, details = client.predict(**asked, roles=["subject", "", "style"], api_name="/compose_images")
    report = client.predict(generations=[details["generation"]], api_name="/make_report")
    assert (
        "put 1 on 2\nPicture 1 is the subject: keep how it looks."
        " Picture 3 is the style: use its look and not what is in it." in Path(report).read_text()
    )
    for wrong, said in ((["hero"], "subject, style"), (["pose"] * 4, "roles")):
        with pytest.raises(AppError, match=said):
            client.predict(**asked, roles=wrong, api_name="/compose_images")


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────


def _ended(client: Client, batch: str) -> dict[str, Any]:
    """What is told of a batch at its end."""
    while (told := client.predict(batch=batch, api_name="/batch_status"))["state"] == "running":
        pass  # each look is a call
    return dict(told)


def test_a_program_makes_a_batch_and_steers_it(client: Client, server: str) -> None:
    table = "prompt,aspect_ratio,count\na red fox,1:1,2\ndemo: blocked picture,,\n"
    begun = client.predict(table=table, api_name="/start_batch")
    assert (begun["count"], begun["cost"]["estimate"]) == (3, 0)
    told = _ended(client, begun["batch"])
    assert [row["status"] for row in told["rows"]] == ["done", "done", "failed"]
    assert told["rows"][2]["reason"]
    with httpx.Client(base_url=server) as http:
        picture = http.get(f"/{told['rows'][0]['pictures'][0]}")
        packed = http.get(f"/{told['zip']}")
        assert picture.is_success, "a program knows the address"
        assert packed.content.startswith(b"PK")
        assert http.get("/batch/another/zip").status_code == 404
        wrong = http.post("/gradio_api/call/v2/start_batch", json={"tabel": "a"})
        assert (wrong.status_code, "tabel" in wrong.text) == (422, True)
    whole = client.predict(table="a red fox\na boat", batch_price=True, api_name="/start_batch")
    told = _ended(client, whole["batch"])
    assert [row["status"] for row in told["rows"]] == ["done", "done"]
    for asked, said in (
        ({"batch": "none"}, "batch is not here"),
        ({"batch": begun["batch"], "action": "x"}, "pause, go_on"),
    ):
        with pytest.raises(AppError, match=said):
            client.predict(**asked, api_name="/batch_status")
    with pytest.raises(AppError, match="cannot be 7:77"):
        client.predict(table="prompt,aspect_ratio\na,1:1\nb,7:77", api_name="/start_batch")


def test_rows_of_a_programs_batch_have_pictures_of_their_own(
    client: Client, server: str, tmp_path: Path
) -> None:
    for name in ("Ä cat (1).png", "hat.png"):
        (tmp_path / name).write_bytes(picture("PNG", 40, 30))
    files = [handle_file(tmp_path / name) for name in ("Ä cat (1).png", "hat.png")]
    table = "prompt,picture,picture 2\nwear it,Ä cat (1).png,hat.png\nmake it night,hat,\n"
    for batch_price in (False, True):
        begun = client.predict(table=table, pictures=files, batch_price=batch_price, api_name="/start_batch")
        told = _ended(client, begun["batch"])
        assert [row["status"] for row in told["rows"]] == ["done", "done"]
    with pytest.raises(AppError, match=r"dog\.png"):
        client.predict(table="prompt,picture\na,dog.png", pictures=files, api_name="/start_batch")
    # Another's upload is no picture of this program's.
    with httpx.Client(base_url=server) as visitor:
        visitor.get("/")  # one with a cookie of their own
        sent = {"files": ("a.png", picture("PNG", 41, 30))}
        (path,) = visitor.post("/gradio_api/upload", files=sent).json()
    with httpx.Client(base_url=server) as http:
        theirs = {"path": path, "orig_name": "a.png", "meta": {"_type": "gradio.FileData"}}
        body = {"table": "prompt,picture\na,a.png", "pictures": [theirs]}
        event = http.post("/gradio_api/call/v2/start_batch", json=body).json()
        answer = http.get(f"/gradio_api/call/start_batch/{event.get('event_id')}").text
    assert "error" in answer, "and what is not theirs is not looked at"
    assert '"batch"' not in answer.partition("data:")[2]  # the sentence names the endpoint


# ── connection and money ────────────────────────────────────────────────────────────────────────────────────


def test_a_program_checks_its_connection_and_asks_what_it_has_spent(client: Client) -> None:
    checked = client.predict(provider="demo", api_name="/check_connection")
    assert checked["open"]
    assert "gemini-nano-banana-2.1" in checked["known"]
    with pytest.raises(AppError, match="key"):
        client.predict(provider="google", api_name="/check_connection")
    before = client.predict(api_name="/spending")
    client.predict(prompt="a boat", api_name="/text_to_image")
    after = client.predict(api_name="/spending")
    counts = [sum(one["generations"] for one in told["day"]) for told in (before, after)]
    assert counts[1] == counts[0] + 1
    assert after["month"][0].keys() == {"provider", "model", "generations", "dollars", "unknown"}


# ── MCP ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_compares_in_one_call(client: Client) -> None:
    versus = ["demo/gemini-3.1-flash-lite-image", "16:9 2K"]
    files, details = client.predict(prompt="a fox", versus=versus, api_name="/text_to_image")
    asked = [(call["model"], *call["asked"].values()) for call in details["calls"]]
    assert asked == [
        ("gemini-nano-banana-2.1", "auto", "auto"),
        ("gemini-3.1-flash-lite-image", "auto", "auto"),
        ("gemini-nano-banana-2.1", "16:9", "2K"),
    ]
    assert len(files) == 3
    assert [(one["call"], one["aspect_ratio"]) for one in details["received"]][2] == (3, "16:9")
    for wrong in (["demo/gemini-3.1-flash-lite-image 4K"], ["nobody/x"], "1:1 2:3"):
        with pytest.raises(AppError):
            client.predict(prompt="a fox", versus=wrong, api_name="/text_to_image")


def test_what_a_search_found_is_told(client: Client) -> None:
    _, plain = client.predict(prompt="a cat", api_name="/text_to_image")
    assert plain["sources"] == []
    _, details = client.predict(prompt="a cat", search="web_images", api_name="/text_to_image")
    addresses = [source["address"] for source in details["sources"]]
    assert addresses == ["https://example.com/", "https://example.org/"]


async def test_the_same_are_mcp_tools(server: str) -> None:
    async with (
        streamable_http_client(f"{server}/gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {name.removeprefix("/") for name in PARAMETERS}
        for name, parameters in PARAMETERS.items():
            tool = tools[name.removeprefix("/")]
            assert set(tool.inputSchema["properties"]) == set(parameters)
            assert tool.description
        answer = await session.call_tool("text_to_image", {"prompt": "a cat"})
        assert not answer.isError, answer.content
        refused = await session.call_tool("text_to_image", {"prompt": "demo: rate limit"})
        assert refused.isError
        assert "Please retry in 7s." in str(refused.content)


# ── the caller's key ────────────────────────────────────────────────────────────────────────────────────────

ROWS = """
[providers.{id}]
name = "Mine"
base_url = "{base_url}"
auth = "{auth}"
models_from = "google"
default_model = "gemini-nano-banana-2.1"
"""


@dataclass(frozen=True)
class Behind:
    """An app with a provider for each way to carry a key: a gateway that remembers what it was sent."""

    base_url: str
    data_dir: Path
    gateway: Recorder
    logs: pytest.LogCaptureFixture


AUTHS = ("bearer", "query", "x-goog-api-key")


@pytest.fixture
def behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Behind]:
    caplog.set_level(logging.DEBUG)
    gateway = Recorder(hasty_demo())
    rows = tmp_path / "rows.toml"
    with serve(gateway) as gateway_url:
        rows.write_text("".join(ROWS.format(id=auth, base_url=gateway_url, auth=auth) for auth in AUTHS))
        settings = Settings(data_dir=tmp_path / "data", providers_file=rows, use_proxy=False)
        with run_app(settings, {}) as base_url:
            yield Behind(base_url, settings.data_dir, gateway, caplog)


def test_the_key_in_the_header_reaches_the_provider_and_nothing_else(behind: Behind, tmp_path: Path) -> None:
    with connected(behind.base_url, tmp_path, {"x-goog-api-key": KEY}) as client:
        for auth in AUTHS:
            files, details = client.predict(prompt="a cat", provider=auth, api_name="/text_to_image")
            assert_originals(files, details)
            with pytest.raises(AppError, match="API key not valid"):
                client.predict(prompt="demo: bad key", provider=auth, api_name="/text_to_image")
    places = {"bearer": "authorization", "query": "query", "x-goog-api-key": "x-goog-api-key"}
    assert len(behind.gateway.requests) == 2 * len(AUTHS)
    for auth, call in zip(sorted(AUTHS * 2), behind.gateway.requests, strict=True):
        sent = {"query": call["query"], **call["headers"]}
        assert [place for place, value in sent.items() if KEY in value] == [places[auth]]
    shown = {
        path: httpx.get(behind.base_url + path).text
        for path in ("/", "/config", "/gradio_api/info", "/health")
    }
    kept = {path.name: path.read_bytes() for path in behind.data_dir.rglob("*") if path.is_file()}
    assert any(name == "record.json" for name in kept)
    assert [path for path, page in shown.items() if KEY in page] == []
    assert [name for name, data in kept.items() if KEY.encode() in data] == []
    assert KEY not in behind.logs.text
    assert KEY not in str(details)


def test_the_eight_documented_bodies_leave_the_app_as_they_are(tmp_path: Path) -> None:
    """From the endpoints to the wire, each to a gateway of the kind that documents it."""
    gateway, rows = Recorder(hasty_demo()), tmp_path / "rows.toml"
    with serve(gateway) as gateway_url:
        row = ROWS.replace('"gemini-nano-banana-2.1"', '"gemini-3.1-flash-image-preview"')
        rows.write_text(
            "".join(
                row.format(id=f"my_{kind}", base_url=gateway_url, auth="bearer").replace(
                    'models_from = "google"', f'models_from = "{kind}"'
                )
                for kind in ("gateway", "uniall")
            )
        )
        settings = Settings(data_dir=tmp_path / "data", providers_file=rows, use_proxy=False)
        key = {"x-goog-api-key": KEY}
        with run_app(settings, {}) as base_url, connected(base_url, tmp_path / "got", key) as client:
            for at, (prompt, pictures, config) in enumerate(EIGHT):
                files = [tmp_path / f"{at}-{number}.jpg" for number in range(len(pictures))]
                for file, data in zip(files, pictures, strict=True):
                    file.write_bytes(data)
                images = [handle_file(file) for file in files]
                asked = {"prompt": prompt, "provider": "my_gateway" if at < 4 else "my_uniall"}
                if config:
                    asked |= {"aspect_ratio": config["aspectRatio"], "image_size": config["imageSize"]}
                named = ({}, {"image": images[:1] and images[0]}, {"images": images})[len(images)]
                endpoint = ("/text_to_image", "/edit_image", "/compose_images")[len(images)]
                with contextlib.suppress(AppError):  # of such a prompt the demo can draw nothing
                    client.predict(**asked, **named, response_modalities=["IMAGE"], api_name=endpoint)
    sent = [json.loads(call["body"]) for call in gateway.requests]
    assert sent == [documented(*one) for one in EIGHT]


def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(server: str, tmp_path: Path) -> None:
    with (
        connected(server, tmp_path, {"x-goog-api-key": f"{KEY} and more"}) as client,
        pytest.raises(AppError, match="does not look like an API key") as caught,
    ):
        client.predict(prompt="a cat", provider="google", api_name="/text_to_image")
    assert not isinstance(caught.value, PlaygroundError)
    assert KEY not in str(caught.value)


@pytest.fixture
def echoing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[tuple[str, Echo, Path]]:
    """An app whose providers repeat the key: "mine" that of the caller, "theirs" the operator's."""
    caplog.set_level(logging.DEBUG)
    echo, rows, data = Echo(), tmp_path / "rows.toml", tmp_path / "data"
    with serve(echo.app()) as address:
        mine, theirs = (ROWS.format(id=one, base_url=address, auth="query") for one in ("mine", "theirs"))
        theirs = theirs.replace('name = "Mine"', 'key_env = ["THEIR_KEY"]\nname = "Theirs"')
        rows.write_text(mine + theirs)
        settings = Settings(data_dir=data, providers_file=rows, use_proxy=False)
        with run_app(settings, {"THEIR_KEY": CANARY}) as base_url:
            yield base_url, echo, data
    assert left_in(caplog.text) == []


async def test_a_key_that_is_repeated_everywhere_is_nowhere_afterwards(
    echoing: tuple[str, Echo, Path], tmp_path: Path
) -> None:
    base_url, echo, data = echoing
    shown = [await asyncio.to_thread(_all_that_programs_see, base_url, tmp_path / "got")]
    async with (
        httpx.AsyncClient(headers={"x-goog-api-key": CANARY}, trust_env=False, timeout=60) as client,
        streamable_http_client(f"{base_url}/gradio_api/mcp/", http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        for prompt in ("a cat", "refuse"):
            shown.append(
                str(await session.call_tool("text_to_image", {"prompt": prompt, "provider": "mine"}))
            )
    async with httpx.AsyncClient(base_url=base_url, trust_env=False) as page:
        ours = ("/", "/config", "/gradio_api/info", "/gradio_api/mcp/schema", "/health")
        shown += [(await page.get(path)).text for path in ours]
    assert list(filter(None, echo.keys)) == [CANARY] * 6
    assert [left_in(text) for text in shown if left_in(text)] == []
    assert files_with_it(data, tmp_path / "got", Path(get_upload_folder())) == {}


def _all_that_programs_see(base_url: str, folder: Path) -> str:
    seen: list[object] = []
    for headers, provider in (({"x-goog-api-key": CANARY}, "mine"), ({}, "theirs")):
        with connected(base_url, folder, headers) as client:
            seen.append(client.predict(prompt="a cat", provider=provider, api_name="/text_to_image"))
            with pytest.raises(AppError) as caught:
                client.predict(prompt="refuse", provider=provider, api_name="/text_to_image")
            seen.append(caught.value)
    return str(seen)
