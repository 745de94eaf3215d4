"""The catalogue: facts with sources, an operator's file laid over it, typos that name their place."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from playground import catalogue as catalogue_module
from playground.catalogue import Catalogue, ModelRow, ProviderRow, load
from playground.demo.gateway import create_app
from playground.errors import ConfigurationError
from playground.history import History
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest
from tests.app_server import Recorder, serve

BUILT_IN = tomllib.loads(resources.files("playground").joinpath("catalogue.toml").read_text(encoding="utf-8"))
PROVIDERS: dict[str, Any] = BUILT_IN["providers"]
MODELS = {
    f"{provider}/{model}": row
    for provider, table in PROVIDERS.items()
    for model, row in table.get("models", {}).items()
}
FACTS = {"base_url", "auth", "accepts", "max_image_bytes", "max_request_bytes"}


# ── facts and their sources ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_capability_of_a_model_names_its_source(name: str) -> None:
    row = MODELS[name]
    without_source = set(row) - {"name", "sources"} - set(row["sources"])
    assert not without_source
    assert {"aspect_ratios", "image_sizes", "max_images"} <= set(row)
    assert set(row["sources"]) <= set(ModelRow.model_fields)
    assert all(source.strip() for source in row["sources"].values())


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_every_fact_of_a_provider_names_its_source(name: str) -> None:
    row = PROVIDERS[name]
    assert not FACTS & set(row) - set(row["sources"])
    assert set(row["sources"]) <= set(ProviderRow.model_fields)


def test_the_demo_comes_first_and_serves_googles_models(catalogue: Catalogue) -> None:
    assert next(iter(catalogue.providers)) == "demo"
    demo, google = catalogue.provider("demo"), catalogue.provider("google")
    assert demo.models == google.models
    assert not demo.needs_key
    assert demo.free
    assert google.default_model == "gemini-nano-banana-2.1"


def test_rows_agree_with_themselves(catalogue: Catalogue) -> None:
    for provider, model, row in catalogue.rows():
        where = f"{provider}/{model}"
        sizes = set(row.image_sizes) or {row.default_image_size}
        assert row.default_image_size in sizes, where
        assert set(row.price_usd) <= sizes, where
        assert set(row.usual_seconds) <= sizes, where
        assert set(row.ids) in (set(), sizes), where
        if provider in ("google", "demo"):
            assert set(row.image_tokens) == sizes, where
        if row.retirement:
            assert row.retirement.successor in catalogue.provider(provider).models, where


# ── looking up ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_id_gets_the_conservative_row(catalogue: Catalogue) -> None:
    row = catalogue.model("google", "gemini-9-dreams")
    assert row is catalogue.unknown_model
    assert row.image_sizes == ("1K",)
    assert row.output_formats == ()
    for _, _, known in catalogue.rows():
        assert set(row.aspect_ratios) <= set(known.aspect_ratios)
        assert row.max_images <= known.max_images


def test_a_full_id_is_known_with_its_one_size(catalogue: Catalogue) -> None:
    row = catalogue.model("uniall", "gemini-3-pro-image-preview-4k")
    assert row.image_sizes == ("4K",)
    assert row.id_for("gemini-3-pro-image-preview-4k", "auto") == "gemini-3-pro-image-preview-4k"
    assert row.name == catalogue.model("uniall", "gemini-3-pro-image-preview").name


def test_prices_are_known_or_unknown_but_never_guessed(catalogue: Catalogue) -> None:
    row = catalogue.model("google", "gemini-nano-banana-2.1")
    assert row.price("auto") == row.price("1K") == 0.0336
    assert row.price("4K") is None
    assert catalogue.unknown_model.price("auto") is None


def test_find_looks_at_every_provider(catalogue: Catalogue) -> None:
    assert catalogue.find("gemini-3-pro-image-preview-2k") is not None
    assert catalogue.find("gemini-2.5-flash-image-preview") is catalogue.model(
        "gateway", "gemini-2.5-flash-image-preview"
    )
    assert catalogue.find("nobody-knows") is None


# ── the operator's file ─────────────────────────────────────────────────────────────────────────────────────


def laid_over(folder: Path, text: str) -> Catalogue:
    file = folder / "operator.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_a_partial_row_changes_only_what_it_names(catalogue: Catalogue, tmp_path: Path) -> None:
    changed = laid_over(tmp_path, '[providers.uniall]\nbase_url = "https://reseller.example"')
    expected = catalogue.provider("uniall").model_copy(update={"base_url": "https://reseller.example"})
    assert changed.provider("uniall") == expected
    assert changed.provider("google") == catalogue.provider("google")


def test_one_key_of_one_model_can_be_changed(catalogue: Catalogue, tmp_path: Path) -> None:
    changed = laid_over(tmp_path, '[providers.google.models."gemini-3-pro-image"]\nmax_images = 6')
    before, after = (
        catalogue.model("google", "gemini-3-pro-image"),
        changed.model("google", "gemini-3-pro-image"),
    )
    assert after == before.model_copy(update={"max_images": 6})
    assert changed.model("demo", "gemini-3-pro-image").max_images == 6  # the demo serves Google's rows


TYPOS = {
    "unknown key of a provider": (
        '[providers.uniall]\nbase_ulr = "x"',
        ["[providers.uniall]", "'base_ulr'", "is not a known key"],
    ),
    "unknown key of a model": (
        '[providers.google.models."gemini-3-pro-image"]\nmax_image = 3',
        ["[providers.google.models.gemini-3-pro-image]", "'max_image'", "is not a known key"],
    ),
    "unknown table": ('[provider.mine]\nname = "Mine"', ["provider", "is not a known key"]),
    "a new provider without its name": (
        '[providers.mine]\ndefault_model = "m"\nmodels.m.name = "M"',
        ["[providers.mine]", "'name'", "is missing"],
    ),
    "an authentication nobody speaks": (
        '[providers.google]\nauth = "basic"',
        ["[providers.google]", "'auth'", "'bearer'"],
    ),
    "a text where a list belongs": (
        '[providers.google.models."gemini-3-pro-image"]\naspect_ratios = "1:1"',
        ["[providers.google.models.gemini-3-pro-image]", "'aspect_ratios'"],
    ),
    "more pictures than any model takes": (
        '[providers.google.models."gemini-3-pro-image"]\nmax_images = 15',
        ["[providers.google.models.gemini-3-pro-image]", "'max_images'", "14"],
    ),
    "a default that is no model": (
        '[providers.google]\ndefault_model = "gone"',
        ["[providers.google]", "default_model", "'gone'"],
    ),
    "a default that a shared row lacks": (
        '[providers.demo]\ndefault_model = "gone"',
        ["[providers.demo]", "'default_model'", "'gone'"],
    ),
    "models from nobody": (
        '[providers.demo]\nmodels_from = "gogle"',
        ["[providers.demo]", "'models_from'", "'gogle'"],
    ),
    "ids without the default size": (
        '[providers.uniall.models."gemini-3-pro-image-preview"]\ndefault_image_size = "512"',
        ["[providers.uniall.models.gemini-3-pro-image-preview]", "default_image_size", "'512'"],
    ),
    "a provider that is a text": ('providers.mine = "https://x.example"', ["[providers.mine]"]),
    "no TOML at all": ("[providers.google\n", ["line 1"]),
}


@pytest.mark.parametrize("kind", TYPOS)
def test_a_typo_is_told_with_file_row_and_key(kind: str, tmp_path: Path) -> None:
    text, expected = TYPOS[kind]
    with pytest.raises(ConfigurationError) as caught:
        laid_over(tmp_path, text)
    message = str(caught.value)
    for words in [str(tmp_path / "operator.toml"), *expected]:
        assert words in message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for file in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(ConfigurationError, match="cannot be read") as caught:
            load(file)
        assert str(file) in str(caught.value)
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[providers.google]\nname = "Gügel"'.encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load(latin)


# ── a new provider and a new model, by TOML alone ───────────────────────────────────────────────────────────

NEW_ROWS = """
[providers.mine]
name = "My gateway"
base_url = "{base_url}"
auth = "bearer"
key_env = ["MY_GATEWAY_KEY"]
default_model = "dream-1"

[providers.mine.models.dream-1]
name = "Dream"
aspect_ratios = ["1:1", "7:3"]
image_sizes = ["1K", "2K"]
"""


async def test_a_new_provider_and_a_new_model_work_by_toml_alone(tmp_path: Path) -> None:
    known = laid_over(tmp_path, NEW_ROWS.format(base_url="http://demo.invalid"))
    gateway = Recorder(create_app(known))
    with serve(gateway) as base_url:
        rows = laid_over(tmp_path, NEW_ROWS.format(base_url=base_url))
        provider = Provider(rows, environment={"MY_GATEWAY_KEY": "from-the-environment"})
        studio = Studio(rows, provider, History(tmp_path))
        request = ImageRequest(prompt="a cat", provider="mine", model="dream-1", aspect_ratio="7:3")
        for credentials in (Credentials(), Credentials(Key("from-the-visitor"))):
            job = await studio.start(request, credentials, owner="me", mode="text")
            async for _ in job.watch():
                pass
            assert job.errors == ()
            (picture,) = job.pictures
            assert picture.width / picture.height == pytest.approx(7 / 3, rel=0.02)
        await studio.aclose()
    assert [call["path"] for call in gateway.requests] == ["/v1beta/models/dream-1:generateContent"] * 2
    assert [call["headers"]["authorization"] for call in gateway.requests] == [
        "Bearer from-the-environment",
        "Bearer from-the-visitor",
    ]
    assert all("x-goog-api-key" not in call["headers"] and not call["query"] for call in gateway.requests)


def test_loading_twice_gives_equal_catalogues(catalogue: Catalogue) -> None:
    assert catalogue_module.load() == catalogue
