"""What goes over the wire for every row of the catalogue: address, key, body, and nothing else."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground import catalogue as catalogue_module
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.providers.credentials import Credentials, Key
from playground.request import ImageRequest, PreparedImage, check
from tests.mocked import Recording, provider_of
from tests.wire.samples import picture

KEY = "canary-key-0123456789"
RESELLER = "https://reseller.example/api"
TEN_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
EXTREME_RATIOS = ("1:4", "4:1", "1:8", "8:1")

ROWS = [(provider, model) for provider, model, _ in catalogue_module.load().rows()]
every_row = pytest.mark.parametrize(("provider", "model"), ROWS)


class Sender:
    """Sends calls that never leave. One for all tests: each new client loads the certificates anew."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._recording = Recording()
        self._provider = provider_of(catalogue, self._recording)

    async def __call__(
        self, provider: str, model: str, **fields: Any
    ) -> tuple[httpx.Request, dict[str, Any]]:
        """One call as it left: the request, and its body as data."""
        self._recording.requests.clear()
        request = ImageRequest(**{"prompt": "a cat", "provider": provider, "model": model, **fields})
        base_url = None if self._catalogue.provider(provider).base_url else RESELLER
        row = check(request, self._catalogue)
        await self._provider.generate(request, row, Credentials(Key(KEY), base_url))
        (only,) = self._recording.requests
        return only, json.loads(only.content)


@pytest.fixture(scope="module")
def sent(catalogue: Catalogue) -> Sender:
    return Sender(catalogue)


def body_of(*pictures: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    parts = [{"text": "a cat"}, *pictures]
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}


def config_of(**image_config: str) -> dict[str, Any]:
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    return config | ({"imageConfig": image_config} if image_config else {})


# ── addresses ───────────────────────────────────────────────────────────────────────────────────────────────

ADDRESSES = {
    "demo": "http://demo.invalid/v1beta/models/{}:generateContent",
    "google": "https://generativelanguage.googleapis.com/v1beta/models/{}:generateContent",
    "gateway": "https://reseller.example/api/v1beta/models/{}:generateContent",
    "uniall": "https://reseller.example/api/v1beta/models/{}:generateContent",
}
MODELS = {
    "google": {
        "gemini-nano-banana-2.1",
        "gemini-3-pro-image",
        "gemini-3.1-flash-lite-image",
        "gemini-3.1-flash-image",
        "gemini-2.5-flash-image",
    },
    "gateway": {
        "gemini-3.1-flash-image-preview",
        "gemini-3-pro-image-preview",
        "gemini-2.5-flash-image",
        "gemini-2.5-flash-image-preview",
    },
    "uniall": {
        "gemini-3-pro-image-preview-1k",
        "gemini-3-pro-image-preview-2k",
        "gemini-3-pro-image-preview-4k",
        "gemini-3.1-flash-image-preview-512",
        "gemini-3.1-flash-image-preview-1k",
        "gemini-3.1-flash-image-preview-2k",
        "gemini-3.1-flash-image-preview-4k",
    },
}
MODELS["demo"] = MODELS["google"]


@pytest.mark.parametrize("provider", sorted(ADDRESSES))
async def test_exactly_the_documented_addresses_are_called(
    catalogue: Catalogue, sent: Sender, provider: str
) -> None:
    called = set()
    for model, row in catalogue.provider(provider).models.items():
        for size in ("auto", *row.image_sizes):
            request, _ = await sent(provider, model, image_size=size)
            assert request.method == "POST"
            called.add(str(request.url.copy_with(query=None)))
    assert called == {ADDRESSES[provider].format(model) for model in MODELS[provider]}


# ── authentication ──────────────────────────────────────────────────────────────────────────────────────────

PLACES = {
    "demo": {},
    "google": {"x-goog-api-key": KEY},
    "gateway": {"?key": KEY},
    "uniall": {"authorization": f"Bearer {KEY}"},
}


@every_row
async def test_the_key_is_in_exactly_one_place(sent: Sender, provider: str, model: str) -> None:
    request, _ = await sent(provider, model)
    places = {f"?{name}": value for name, value in request.url.params.items()}
    plain = {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "content-type",
        "content-length",
    }
    places |= {name: value for name, value in request.headers.items() if name not in plain}
    assert places == PLACES[provider]
    assert KEY.encode() not in request.content


# ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────


@every_row
async def test_auto_sends_no_choice_at_all(sent: Sender, provider: str, model: str) -> None:
    request, body = await sent(provider, model)
    assert body == body_of(config=config_of())
    assert request.headers["content-type"] == "application/json"


@every_row
async def test_every_claimed_ratio_is_sent(
    catalogue: Catalogue, sent: Sender, provider: str, model: str
) -> None:
    ratios = catalogue.model(provider, model).aspect_ratios
    assert ratios
    for ratio in ratios:
        _, body = await sent(provider, model, aspect_ratio=ratio)
        assert body == body_of(config=config_of(aspectRatio=ratio))


@every_row
async def test_every_claimed_size_is_sent(
    catalogue: Catalogue, sent: Sender, provider: str, model: str
) -> None:
    for size in catalogue.model(provider, model).image_sizes:
        _, body = await sent(provider, model, image_size=size)
        assert body == body_of(config=config_of(imageSize=size))


@every_row
async def test_every_claimed_format_is_sent(
    catalogue: Catalogue, sent: Sender, provider: str, model: str
) -> None:
    formats = catalogue.model(provider, model).output_formats
    assert formats == (("jpeg", "png") if provider == "uniall" else ())
    for name in formats:
        _, body = await sent(provider, model, output_format=name)
        assert body == body_of(config=config_of(outputFormat=name))


@every_row
async def test_every_claimed_modality_is_sent(
    catalogue: Catalogue, sent: Sender, provider: str, model: str
) -> None:
    assert set(catalogue.model(provider, model).response_modalities) == {"TEXT", "IMAGE"}
    _, body = await sent(provider, model, response_modalities=("IMAGE",))
    assert body == body_of(config={"responseModalities": ["IMAGE"]})
    _, body = await sent(provider, model, response_modalities=("TEXT", "IMAGE"))
    assert body == body_of(config={"responseModalities": ["TEXT", "IMAGE"]})


@every_row
async def test_as_many_pictures_as_claimed_are_sent_in_order(
    catalogue: Catalogue, sent: Sender, provider: str, model: str, tmp_path: Path
) -> None:
    most = catalogue.model(provider, model).max_images
    drawn = [picture("JPEG", 8 + number, 8) for number in range(most + 1)]
    images = tuple(prepared(tmp_path / f"{number}.jpg", data) for number, data in enumerate(drawn))
    _, body = await sent(provider, model, images=images[:most])
    inline = [
        {"inline_data": {"mime_type": "image/jpeg", "data": base64.b64encode(data).decode()}}
        for data in drawn[:most]
    ]
    assert body == body_of(*inline, config=config_of())
    with pytest.raises(InvalidRequest, match="too_many_images"):
        await sent(provider, model, images=images)


def prepared(path: Path, data: bytes) -> PreparedImage:
    path.write_bytes(data)
    return PreparedImage(path, "image/jpeg", 8, 6, len(data))


@every_row
async def test_every_thinking_level_is_sent_as_claimed(
    catalogue: Catalogue, sent: Sender, provider: str, model: str
) -> None:
    levels = catalogue.model(provider, model).thinking_levels
    assert not levels or (levels[0], levels[-1]) == ("minimal", "high")
    for level in levels:
        _, body = await sent(provider, model, thinking_level=level)
        assert body["generationConfig"]["thinkingConfig"] == {"thinkingLevel": level}
    for level in {"minimal", "low", "medium", "high"} - set(levels):
        with pytest.raises(InvalidRequest, match="not_allowed"):
            await sent(provider, model, thinking_level=level)


SEARCHES = {
    "web": {},
    "web_images": {"searchTypes": {"webSearch": {}, "imageSearch": {}}},
}


@every_row
async def test_every_search_is_sent_as_claimed_and_words_are_asked_for_as_well(
    catalogue: Catalogue, sent: Sender, provider: str, model: str
) -> None:
    for search, tool in SEARCHES.items():
        if search in catalogue.model(provider, model).searches:
            _, body = await sent(provider, model, search=search, response_modalities=("IMAGE",))
            assert body["tools"] == [{"googleSearch": tool}]
            assert body["generationConfig"]["responseModalities"] == ["TEXT", "IMAGE"]
        else:
            with pytest.raises(InvalidRequest, match="not_allowed"):
                await sent(provider, model, search=search)


@every_row
async def test_all_choices_together(catalogue: Catalogue, sent: Sender, provider: str, model: str) -> None:
    row = catalogue.model(provider, model)
    chosen = {"aspect_ratio": "16:9"}
    expected = {"aspectRatio": "16:9"}
    if row.image_sizes:
        chosen["image_size"] = expected["imageSize"] = row.image_sizes[-1]
    if row.output_formats:
        chosen["output_format"] = expected["outputFormat"] = row.output_formats[0]
    _, body = await sent(provider, model, **chosen)
    assert body == body_of(config=config_of(**expected))


# ── particulars of the rows ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", sorted(MODELS["gateway"]))
def test_the_gateway_offers_what_its_page_documents(catalogue: Catalogue, model: str) -> None:
    row = catalogue.model("gateway", model)
    extreme = EXTREME_RATIOS if "3.1" in model else ()
    sizes = ("1K",) if "2.5" in model else ("1K", "2K", "4K")
    assert set(row.aspect_ratios) == {*TEN_RATIOS, *extreme}
    assert row.image_sizes == (("512", *sizes) if "3.1" in model else sizes)


@pytest.mark.parametrize("spelling", ["512", "0.5K", "0.5k"])
async def test_half_a_k_is_sent_as_512(sent: Sender, spelling: str) -> None:
    _, body = await sent("gateway", "gemini-3.1-flash-image-preview", image_size=spelling)
    assert body["generationConfig"]["imageConfig"] == {"imageSize": "512"}


def called_model(request: httpx.Request) -> str:
    return request.url.path.rpartition("/")[2].removesuffix(":generateContent")


@pytest.mark.parametrize(
    ("model", "size", "expected"),
    [
        ("gemini-3.1-flash-image-preview", "512", "gemini-3.1-flash-image-preview-512"),
        ("gemini-3.1-flash-image-preview", "1K", "gemini-3.1-flash-image-preview-1k"),
        ("gemini-3.1-flash-image-preview", "4K", "gemini-3.1-flash-image-preview-4k"),
        ("gemini-3-pro-image-preview", "2K", "gemini-3-pro-image-preview-2k"),
    ],
)
async def test_uniall_puts_an_explicit_size_into_id_and_body(
    sent: Sender, model: str, size: str, expected: str
) -> None:
    request, body = await sent("uniall", model, image_size=size)
    assert called_model(request) == expected
    assert body == body_of(config=config_of(imageSize=size))


async def test_uniall_auto_means_the_1k_id_and_no_size(catalogue: Catalogue, sent: Sender) -> None:
    for model in catalogue.provider("uniall").models:
        request, body = await sent("uniall", model)
        assert called_model(request) == f"{model}-1k"
        assert body == body_of(config=config_of())


async def test_a_full_id_typed_by_hand_goes_out_unchanged(sent: Sender) -> None:
    typed = "gemini-3.1-flash-image-preview-2k"
    for size, expected in (("auto", config_of()), ("2K", config_of(imageSize="2K"))):
        request, body = await sent("uniall", typed, image_size=size)
        assert called_model(request) == typed
        assert body == body_of(config=expected)
    with pytest.raises(InvalidRequest, match="image_size"):
        await sent("uniall", typed, image_size="4K")


@pytest.mark.parametrize("provider", sorted(ADDRESSES))
async def test_an_unknown_id_goes_out_unchanged_with_a_conservative_row(
    catalogue: Catalogue, sent: Sender, provider: str
) -> None:
    typed, ratio = "gemini-9-image_Preview.2", catalogue.unknown_model.aspect_ratios[-1]
    request, body = await sent(provider, typed, aspect_ratio=ratio, image_size="1K")
    assert str(request.url.copy_with(query=None)) == ADDRESSES[provider].format(typed)
    assert body == body_of(config=config_of(aspectRatio=ratio, imageSize="1K"))
    for refused in ({"aspect_ratio": "1:8"}, {"image_size": "4K"}, {"output_format": "png"}):
        with pytest.raises(InvalidRequest, match="not_allowed"):
            await sent(provider, typed, **refused)


async def test_google_is_never_sent_a_size_for_the_model_that_takes_none(sent: Sender) -> None:
    with pytest.raises(InvalidRequest, match="image_size"):
        await sent("google", "gemini-2.5-flash-image", image_size="1K")
