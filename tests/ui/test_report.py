"""A report: one page that needs nothing else, tells all that was asked, and nothing that is private."""

from __future__ import annotations

import asyncio
import io
import random
import re
import tracemalloc
import zipfile
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from markupsafe import escape
from PIL import Image

from playground import images
from playground.catalogue import Catalogue
from playground.history import Entry, History
from playground.jobs.studio import Studio
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest, build
from playground.server.visitors import VISITOR_COOKIE, Visitors
from playground.settings import Settings
from playground.ui import exports
from playground.ui.report import Reports, as_tree
from playground.ui.words import words_for
from tests.history_samples import add, opened
from tests.mocked import provider_of, with_picture

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
OWNER, SECRET = "owner-" + "canary-5e1f", "sk-" + "canary0123456789abcdef"


async def made(studio: Studio, request: ImageRequest) -> str:
    job = await studio.start(request, Credentials(Key(SECRET)), owner=OWNER, mode="text")
    async for _ in job.watch():
        pass
    return job.id


@pytest.fixture
def history(catalogue: Catalogue, tmp_path: Path) -> History:
    """A comparison, an edit of one of its pictures, a failure, and somebody else's."""
    history = History(tmp_path / "data-canary")

    async def fill() -> None:
        studio = Studio(catalogue, provider_of(catalogue, lambda _: with_picture()), history)
        pro = {"provider": "google", "model": "gemini-3-pro-image"}
        compared = build(prompt=f"一只狐狸 {EVIL} {SECRET}", image_size="1K", versus=["4K"], **pro)
        first = await made(studio, compared)
        onward = build(prompt="make it night", aspect_ratio="16:9", **pro)
        child = await studio.continue_from(onward, owner=OWNER, generation=first, picture="1-1.png")
        await made(studio, child)
        await made(studio, build(prompt="by the demo", provider="demo", model="gemini-3-pro-image"))
        await studio.aclose()

    asyncio.run(fill())
    add(history, "another", prompt="not mine")
    return history


def entries(history: History) -> list[Entry]:
    return [*history.page(OWNER).entries]


def report(history: History, catalogue: Catalogue, language: str = "en") -> str:
    reports = Reports(history, catalogue, OWNER, words_for(language))
    return b"".join(reports.pieces(entries(history))).decode()


def test_it_tells_everything_and_nothing_private(history: History, catalogue: Catalogue) -> None:
    page = report(history, catalogue)
    for said in ("一只狐狸", "make it night", "16:9", "<b>1K</b>", "<b>4K</b>", "$0.24", "Goes on from 1"):
        assert said in page
    assert page.index("一只狐狸") < page.index("make it night") < page.index("by the demo")
    assert page.count(escape(words_for("en")("report.demo"))) == 1
    assert page.count("data:image/webp;base64,") == 4 + 1  # four results, and what the second went on from
    for private in (OWNER, SECRET, "data-canary", "not mine", *(entry.id for entry in entries(history))):
        assert private not in page


def test_it_loads_nothing_and_runs_nothing(history: History, catalogue: Catalogue) -> None:
    page = report(history, catalogue, "zh")
    assert '<html lang="zh' in page
    assert words_for("zh")("report.title") in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "onerror=alert(2)>" not in page
    assert set(re.findall(r'src="([^"]{22})', page)) == {"data:image/webp;base64"}
    assert set(re.findall(r'href="([^"]*)"', page)) == {"#g1"}
    assert not re.search(r"https?://|url\(", page)


def test_a_zip_has_the_same_page_with_ways_to_its_originals(history: History, catalogue: Catalogue) -> None:
    reports = Reports(history, catalogue, OWNER, words_for("en"))
    ids = [entry.id for entry in entries(history)]
    with zipfile.ZipFile(io.BytesIO(b"".join(history.export_zip(OWNER, ids, reports.pieces)))) as zipped:
        page, names = zipped.read("index.html").decode(), {*zipped.namelist()}
    ways = {*re.findall(r'href="([^"#]+)"', page)}
    assert len(ways) == 4
    assert ways <= names
    assert "Goes on from 1" in page
    assert SECRET not in page


def test_a_long_one_is_never_whole_in_memory(catalogue: Catalogue, tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        noise = io.BytesIO()
        Image.frombytes("RGB", (500, 500), random.Random(1).randbytes(750_000)).save(noise, "PNG")
        for number in range(20):
            add(history, OWNER, minutes=number, data=noise.getvalue())
        reports, every = Reports(history, catalogue, OWNER, words_for("en")), entries(history)
        sizes = [len(piece) for piece in reports.pieces(every)]
        tracemalloc.start()
        try:
            for _ in reports.pieces(every):
                pass
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert len(sizes) == 22
    assert most < sum(sizes) / 3


def test_versions_stand_below_what_they_go_on_from(tmp_path: Path) -> None:
    with opened(tmp_path) as history:
        first = add(history, OWNER, prompt="first")
        second = add(history, OWNER, prompt="second", minutes=1)
        add(history, OWNER, prompt="third", minutes=2, parent=first)
        add(history, OWNER, prompt="fourth", minutes=3, parent=second)
        tree = [(entry.prompt, depth) for entry, depth in as_tree(entries(history))]
    assert tree == [("first", 0), ("third", 1), ("second", 0), ("fourth", 1)]


async def test_several_pictures_leave_as_one_and_stay_as_they_were(
    history: History, catalogue: Catalogue
) -> None:
    host = FastAPI()
    exports.add_routes(host, history, catalogue)
    host.add_middleware(Visitors, settings=Settings(separate_visitors=True))
    (compared,) = [entry for entry in entries(history) if len(entry.pictures) == 2]
    before = [one.path.read_bytes() for one in compared.pictures]
    history.star(OWNER, compared.id, True, "2-1.png")
    asking = httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url="http://localhost")
    async with asking as client:
        other = await client.get(f"/history/grid/{compared.id}", headers={"cookie": f"{VISITOR_COOKIE}=x"})
    assert other.status_code == 404
    tiles = exports.tiles_of(history, catalogue, OWNER, compared.id)
    assert [tile.name for tile in tiles] == ["1K", "4K"]
    assert [tile.is_marked for tile in tiles] == [False, True]
    assert "$0.24" in tiles[1].facts
    file = images.sheet(tiles, history.staging_dir / "grid.jpg")
    with Image.open(file) as made:
        assert (made.format, made.width) == ("JPEG", 2 * (960 + 32) + 32)
        dark = (
            made.convert("L").crop((0, made.height - 120, made.width, made.height)).point(lambda v: v < 128)
        )
        assert dark.getbbox() is not None  # the captions are there
    assert [one.path.read_bytes() for one in compared.pictures] == before
