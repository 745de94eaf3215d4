"""Google's own SDK, an outside client: against a real server and the real painter."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import uvicorn
from google import genai
from google.genai import errors, types
from PIL import Image

from playground import catalogue
from playground.demo.gateway import create_app

MODEL = "gemini-nano-banana-2.1"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A gateway of its own on a free port of this machine."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    config = uvicorn.Config(create_app(catalogue.load()), "127.0.0.1", 0, log_level="error", access_log=False)
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(params=["v1", "v1beta"])
def client(
    address: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[genai.Client]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    options = types.HttpOptions(base_url=address, api_version=request.param)
    with genai.Client(api_key="anything", http_options=options) as opened:
        yield opened


def picture(width: int, height: int) -> types.Part:
    file = BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(file, "PNG")
    return types.Part.from_bytes(data=file.getvalue(), mime_type="image/png")


def pictures_in(response: types.GenerateContentResponse) -> list[Image.Image]:
    found = []
    for part in response.parts or ():
        if part.inline_data and not part.thought:
            assert part.inline_data.data
            found.append(Image.open(BytesIO(part.inline_data.data)))
    return found


def test_generates(client: genai.Client) -> None:
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"],
        image_config=types.ImageConfig(aspect_ratio="16:9", image_size="1K"),
    )
    response = client.models.generate_content(model=MODEL, contents="a red fox in the snow", config=config)
    (drawn,) = pictures_in(response)
    assert (drawn.size, drawn.format) == ((1376, 768), "JPEG")
    assert response.text
    assert response.candidates
    assert response.candidates[0].finish_reason == types.FinishReason.STOP
    assert response.usage_metadata
    assert response.usage_metadata.candidates_tokens_details
    assert response.usage_metadata.candidates_tokens_details[0].token_count == 1120
    assert response.parts
    assert all(part.thought_signature for part in response.parts)


def test_edits(client: genai.Client) -> None:
    response = client.models.generate_content(model=MODEL, contents=["in black and white", picture(320, 180)])
    (drawn,) = pictures_in(response)
    assert drawn.size == (1376, 768)


def test_composes(client: genai.Client) -> None:
    contents = ["all of them on one wall", *[picture(60 + 10 * number, 60) for number in range(14)]]
    config = types.GenerateContentConfig(image_config=types.ImageConfig(aspect_ratio="3:2"))
    response = client.models.generate_content(model=MODEL, contents=contents, config=config)
    (drawn,) = pictures_in(response)
    assert drawn.size == (1264, 848)


def test_goes_on_in_a_chat(client: genai.Client) -> None:
    chat = client.chats.create(model=MODEL)
    (first,) = pictures_in(chat.send_message("a lighthouse"))
    (second,) = pictures_in(chat.send_message("at night"))
    assert first.size == second.size
    assert first.tobytes() != second.tobytes()


def test_streams(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model=MODEL, contents="demo: thoughts a cat"))
    assert sum(len(pictures_in(chunk)) for chunk in chunks) == 1
    assert chunks[-1].candidates
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP


async def test_generates_asynchronously(client: genai.Client) -> None:
    response = await client.aio.models.generate_content(model=MODEL, contents="a boat")
    await client.aio.aclose()
    assert len(pictures_in(response)) == 1


def test_reads_a_blocked_prompt(client: genai.Client) -> None:
    response = client.models.generate_content(model=MODEL, contents="demo: blocked")
    assert not response.candidates
    assert response.prompt_feedback
    assert response.prompt_feedback.block_reason == types.BlockedReason.SAFETY


@pytest.mark.parametrize(
    ("prompt", "code", "status"),
    [
        ("demo: rate limit", 429, "RESOURCE_EXHAUSTED"),
        ("demo: overloaded", 503, "UNAVAILABLE"),
        ("demo: bad key", 400, "INVALID_ARGUMENT"),
    ],
)
def test_reads_errors(client: genai.Client, prompt: str, code: int, status: str) -> None:
    with pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model=MODEL, contents=prompt)
    assert (caught.value.code, caught.value.status) == (code, status)


def test_lists_models(client: genai.Client) -> None:
    models = {model.name: model for model in client.models.list()}
    assert models[f"models/{MODEL}"].supported_actions == ["generateContent", "batchGenerateContent"]
    assert client.models.get(model=MODEL).name == f"models/{MODEL}"
