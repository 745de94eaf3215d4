"""The same three jobs for programs: named endpoints, and MCP tools through Gradio's own server.

Parameters are named as the fields of `ImageRequest`. The key comes in the `x-goog-api-key` header and never
as a parameter, because parameters end up in clients' logs.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from playground import pixels
from playground.errors import InvalidRequest, PlaygroundError
from playground.jobs.studio import Job, Outcome, Studio
from playground.providers.credentials import Credentials, clean_key
from playground.request import AUTO, build, require_images
from playground.ui.explain import sentence
from playground.ui.words import language_of, words

KEY_HEADER = "x-goog-api-key"


class Endpoints:
    """The three functions, and the hidden components that carry their types."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def text_to_image(
        self,
        prompt: str,
        provider: str = "demo",
        model: str = AUTO,
        aspect_ratio: str = AUTO,
        image_size: str = AUTO,
        response_modalities: list[str] | None = None,
        output_format: str = AUTO,
        count: int = 1,
        request: gr.Request | None = None,
    ) -> tuple[list[str], dict[str, Any]]:
        """Make pictures from words. The API key, where the provider needs one, goes in the x-goog-api-key
        request header.

        Args:
            prompt: What the picture shows.
            provider: Where to send the request: demo, google, gateway, uniall, or one the operator added.
            model: A model id, or auto for the provider's default.
            aspect_ratio: For example 16:9, or auto.
            image_size: 512, 1K, 2K, 4K, or auto.
            response_modalities: TEXT and IMAGE, or IMAGE alone.
            output_format: jpeg, png, or auto; only where the provider offers it.
            count: How many pictures, 1 to 8; each is a call of its own.

        Returns:
            The original files, and details: text, finish reason, model version, usage, what was asked and
            received, seconds.
        """
        fields = _fields(
            prompt, provider, model, aspect_ratio, image_size, response_modalities, output_format, count
        )
        return await self._run("text", fields, [], request)

    async def edit_image(
        self,
        image: str,
        prompt: str,
        provider: str = "demo",
        model: str = AUTO,
        aspect_ratio: str = AUTO,
        image_size: str = AUTO,
        response_modalities: list[str] | None = None,
        output_format: str = AUTO,
        count: int = 1,
        request: gr.Request | None = None,
    ) -> tuple[list[str], dict[str, Any]]:
        """Change one picture by words. The API key, where the provider needs one, goes in the x-goog-api-key
        request header.

        Args:
            image: The picture to change: PNG, JPEG, WebP or HEIC.
            prompt: What to change.
            provider: Where to send the request: demo, google, gateway, uniall, or one the operator added.
            model: A model id, or auto for the provider's default.
            aspect_ratio: For example 16:9, or auto to follow the picture.
            image_size: 512, 1K, 2K, 4K, or auto.
            response_modalities: TEXT and IMAGE, or IMAGE alone.
            output_format: jpeg, png, or auto; only where the provider offers it.
            count: How many pictures, 1 to 8; each is a call of its own.

        Returns:
            The original files, and details: text, finish reason, model version, usage, what was asked and
            received, seconds.
        """
        fields = _fields(
            prompt, provider, model, aspect_ratio, image_size, response_modalities, output_format, count
        )
        return await self._run("edit", fields, [image] if image else [], request)

    async def compose_images(
        self,
        images: list[str],
        prompt: str,
        provider: str = "demo",
        model: str = AUTO,
        aspect_ratio: str = AUTO,
        image_size: str = AUTO,
        response_modalities: list[str] | None = None,
        output_format: str = AUTO,
        count: int = 1,
        request: gr.Request | None = None,
    ) -> tuple[list[str], dict[str, Any]]:
        """Put 2 to 14 pictures together by words. The API key, where the provider needs one, goes in the
        x-goog-api-key request header.

        Args:
            images: The pictures in order; the prompt may call them image 1, image 2 and so on.
            prompt: How they go together.
            provider: Where to send the request: demo, google, gateway, uniall, or one the operator added.
            model: A model id, or auto for the provider's default.
            aspect_ratio: For example 16:9, or auto to follow the last picture.
            image_size: 512, 1K, 2K, 4K, or auto.
            response_modalities: TEXT and IMAGE, or IMAGE alone.
            output_format: jpeg, png, or auto; only where the provider offers it.
            count: How many pictures, 1 to 8; each is a call of its own.

        Returns:
            The original files, and details: text, finish reason, model version, usage, what was asked and
            received, seconds.
        """
        fields = _fields(
            prompt, provider, model, aspect_ratio, image_size, response_modalities, output_format, count
        )
        return await self._run("compose", fields, list(images or []), request)

    async def _run(
        self, mode: str, fields: dict[str, Any], files: Sequence[str], request: gr.Request | None
    ) -> tuple[list[str], dict[str, Any]]:
        headers = request.headers if request is not None else {}
        spoken = words(language_of(headers.get("accept-language")))
        try:
            job = await self._start(mode, fields, files, headers.get(KEY_HEADER))
        except OSError as error:
            problem = PlaygroundError("disk_not_ready", reason=error.strerror or "OSError")
            raise gr.Error(sentence(problem, spoken), print_exception=False) from None
        except PlaygroundError as error:
            hint = f" {spoken('programs.key_header')}" if error.code in ("key_missing", "key_invalid") else ""
            raise gr.Error(sentence(error, spoken) + hint, print_exception=False) from None
        async for _ in job.watch():
            pass
        if not job.pictures:
            reason = job.errors[0] if job.errors else job.stop_reason()
            raise gr.Error(sentence(reason, spoken), print_exception=False)
        failures = [sentence(error, spoken) for error in job.errors]
        files = [await asyncio.to_thread(_lent, picture.path) for picture in job.pictures]
        return files, details(job, failures)

    async def _start(self, mode: str, fields: dict[str, Any], files: Sequence[str], key: str | None) -> Job:
        providers = self._studio.catalogue.providers
        if fields["provider"] not in providers:
            raise InvalidRequest(
                "not_allowed", field="provider", value=fields["provider"], allowed=", ".join(providers)
            )
        require_images(mode, len(files))
        if fields["model"] in ("", AUTO):
            fields["model"] = self._studio.catalogue.provider(fields["provider"]).default_model
        credentials = Credentials(key=clean_key(key))
        images = await self._studio.prepare([Path(file) for file in files], fields["provider"])
        request = build(**fields, images=images)
        owner = f"program-{secrets.token_urlsafe(16)}"
        return await self._studio.start(request, credentials, owner=owner, mode=mode, listed=False)

    def register(self) -> None:
        """Adds the endpoints to the page that is being built, over one set of components never shown."""
        image = gr.File(label="image", type="filepath", visible=False)
        images = gr.File(label="images", type="filepath", file_count="multiple", visible=False)
        typed = _typed()
        outputs = [
            gr.File(label="pictures", file_count="multiple", visible=False),
            gr.JSON(label="details", visible=False),
        ]
        door = gr.Button(visible=False)  # nobody can press it: an event needs something to hang on
        for function, inputs in (
            (self.text_to_image, typed),
            (self.edit_image, [image, *typed]),
            (self.compose_images, [images, *typed]),
        ):
            door.click(
                fn=function,
                inputs=inputs,
                outputs=outputs,
                api_name=function.__name__,
                concurrency_limit=None,
                concurrency_id="generate",
                show_progress="hidden",
            )


def _lent(path: Path) -> str:
    """A copy where Gradio may serve from: its file route knows no owners and must not reach the history."""
    return str(save_file_to_cache(path, get_upload_folder()))


def _typed() -> list[Any]:
    return [
        gr.Textbox(label="prompt", visible=False),
        gr.Textbox(label="provider", value="demo", visible=False),
        gr.Textbox(label="model", value=AUTO, visible=False),
        gr.Textbox(label="aspect_ratio", value=AUTO, visible=False),
        gr.Textbox(label="image_size", value=AUTO, visible=False),
        gr.CheckboxGroup(
            ["TEXT", "IMAGE"], label="response_modalities", value=["TEXT", "IMAGE"], visible=False
        ),
        gr.Textbox(label="output_format", value=AUTO, visible=False),
        gr.Number(label="count", value=1, precision=0, visible=False),
    ]


def _fields(
    prompt: str,
    provider: str,
    model: str,
    aspect_ratio: str,
    image_size: str,
    response_modalities: list[str] | None,
    output_format: str,
    count: int,
) -> dict[str, Any]:
    return {
        "prompt": prompt or "",
        "provider": provider,
        "model": (model or AUTO).strip(),
        "aspect_ratio": aspect_ratio,
        "image_size": image_size,
        "response_modalities": tuple(response_modalities or ("TEXT", "IMAGE")),
        "output_format": output_format,
        "count": count,
    }


def details(job: Job, failures: Sequence[str]) -> dict[str, Any]:
    """What a program learns beside the files: of the first call with a picture, and in `calls` of each.

    The list `received` runs along the files.
    """
    outcomes = [job.outcome_of(picture) for picture in job.pictures]
    first = outcomes[0]
    return {
        "text": _first_text(outcomes),
        "finish_reason": first.result.finish_reason if first.result else "",
        "model_version": first.result.model_version if first.result else "",
        "usage": _usage(first),
        "provider": job.request.provider,
        "model": job.model_id,
        "asked": {
            "aspect_ratio": job.request.aspect_ratio,
            "image_size": job.request.image_size,
            "output_format": job.request.output_format,
        },
        "received": [
            {
                "aspect_ratio": pixels.nearest_ratio(
                    picture.width, picture.height, tuple(pixels.PIXELS["1K"])
                ),
                "width": picture.width,
                "height": picture.height,
                "output_format": picture.mime_type.partition("/")[2],
                "bytes": picture.byte_count,
                "sha256": picture.sha256,
            }
            for picture in job.pictures
        ],
        "seconds": round(job.elapsed(), 3),
        "calls": [_call(outcome) for outcome in sorted(job.outcomes, key=lambda outcome: outcome.call)],
        "errors": list(failures),
    }


def _call(outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    return {
        "call": outcome.call,
        "pictures": sum(not picture.thought for picture in outcome.pictures),
        "text": result.text if result else "",
        "finish_reason": result.finish_reason if result else "",
        "usage": _usage(outcome),
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error.code if outcome.error else None,
    }


def _first_text(outcomes: Sequence[Outcome]) -> str:
    return next((o.result.text for o in outcomes if o.result and o.result.text), "")


def _usage(outcome: Outcome) -> dict[str, int | None]:
    usage = outcome.result.usage if outcome.result else None
    return (
        {
            "prompt": usage.prompt,
            "candidates": usage.candidates,
            "thoughts": usage.thoughts,
            "total": usage.total,
        }
        if usage
        else {}
    )
