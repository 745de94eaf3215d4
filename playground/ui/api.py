"""Named endpoints for programs, one for each tab, which Gradio offers as MCP tools too.

Parameters are named as the fields of `ImageRequest`. The key comes in the `x-goog-api-key` header and never
as a parameter, because parameters end up in clients' logs.
"""

from __future__ import annotations

import asyncio
import inspect
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from playground import pixels
from playground.errors import InvalidRequest, PlaygroundError
from playground.history import SavedPicture
from playground.images import PLACES
from playground.jobs.costs import by_tokens, estimate
from playground.jobs.studio import Job, Outcome, Studio
from playground.providers.credentials import KEY_HEADER, Credentials, clean_key
from playground.request import (
    AUTO,
    OFF,
    SETTINGS,
    ImageRequest,
    Modalities,
    Number,
    Setting,
    Versus,
    build,
    require_images,
    require_provider,
)
from playground.server.doors import LENT_FOLDER
from playground.server.visitors import program_owner
from playground.text import is_blank
from playground.ui import image_tray
from playground.ui.asking import extended, within_region
from playground.ui.explain import sentence
from playground.ui.starting import Starting
from playground.ui.words import language_of, words_for


@dataclass(frozen=True)
class OwnParameter:
    """A parameter that one endpoint has beside the settings.

    Attributes:
        takes: as `Endpoint.parameters` says it.
    """

    name: str
    takes: str
    default: str | None
    documentation: str

    @property
    def type(self) -> Any:
        """In the signature."""
        return list[str] | None if self.takes == "texts" else str if self.default else str | None

    @property
    def component(self) -> Any:
        """As `_component`."""
        if self.takes == "texts":
            return _texts(self.name)
        if self.takes == "picture":
            return gr.File(label=self.name, type="filepath", visible=False)
        return gr.Textbox(label=self.name, value=self.default, visible=False)


@dataclass(frozen=True)
class Endpoint:
    """One of the three jobs, as programs see it.

    Attributes:
        name: of the endpoint and of the MCP tool.
        mode: the tab that does the same.
        summary, prompt: what is said of the job, and of its prompt.
        follows: what a shape that is left to the model follows, if it follows a picture.
        images: the parameter for the pictures; "" where there are none.
        images_type: its type.
        images_documentation: what is said of it.
        own: what no other endpoint takes.
    """

    name: str
    mode: str
    summary: str
    prompt: str
    follows: str = ""
    images: str = ""
    images_type: Any = None
    images_documentation: str = ""
    own: tuple[OwnParameter, ...] = ()

    @property
    def parameters(self) -> dict[str, str]:
        """Name -> what it takes ("text", "number", "texts", "picture", "pictures"), in order."""
        pictures = {self.images: "pictures" if self.images_type == list[str] else "picture"}
        settings = {setting.name: _takes(setting) for setting in SETTINGS if setting.documentation}
        return {
            **(pictures if self.images else {}),
            "prompt": "text",
            "provider": "text",
            "model": "text",
            **settings,
            **{one.name: one.takes for one in self.own},
        }

    @property
    def pictures(self) -> tuple[str, ...]:
        """Names of the parameters that take files."""
        return tuple(name for name, takes in self.parameters.items() if takes.startswith("picture"))

    def signature(self) -> inspect.Signature:
        """Pictures, prompt, provider, model and every setting; Gradio puts in `request`, not the caller."""
        settings = [(setting.name, *_typed(setting)) for setting in SETTINGS if setting.documentation]
        named: list[tuple[str, Any, Any]] = [
            ("prompt", str, Parameter.empty),
            ("provider", str, "demo"),
            ("model", str, AUTO),
            *settings,
            *((one.name, one.type, one.default) for one in self.own),
            ("request", gr.Request | None, None),
        ]
        if self.images:
            named.insert(0, (self.images, self.images_type, Parameter.empty))
        return inspect.Signature(
            [
                Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind, default=default)
                for name, kind, default in named
            ],
            return_annotation=tuple[list[str], dict[str, Any]],
        )

    def documentation(self) -> str:
        """The docstring, from which Gradio and MCP take the descriptions."""
        documented = {
            self.images: self.images_documentation,
            "prompt": self.prompt,
            "provider": _PROVIDERS,
            "model": "A model id, or auto for the provider's default.",
            **{
                setting.name: setting.documentation.format(follows=self.follows)
                for setting in SETTINGS
                if setting.documentation
            },
            **{one.name: one.documentation for one in self.own},
        }
        arguments = "\n".join(f"    {name}: {words}" for name, words in documented.items() if name)
        return f"{self.summary} {_KEY_NOTE}\n\nArgs:\n{arguments}\n\nReturns:\n    {_RETURNS}"


_KEY_NOTE = "The API key, where the provider needs one, goes in the x-goog-api-key request header."
KEEP_OUTSIDE = "keep_outside"
EXTEND = "extend"
_KEEPS: Final = {"on": True, "off": False}
_REGION = (
    OwnParameter(
        "mask",
        "picture",
        None,
        "Which region may change: a picture of the same shape, white there and black elsewhere. Optional.",
    ),
    OwnParameter(
        KEEP_OUTSIDE,
        "text",
        "on",
        "With a mask: on for one more file after each answer, the given picture with that region alone from "
        "the answer, or off.",
    ),
    OwnParameter(
        EXTEND,
        "text",
        OFF,
        "Where the picture lies on a larger sheet of the aspect ratio, which the model fills: center, left, "
        "right, top, bottom, or off.",
    ),
)
_ROLES = OwnParameter(
    "roles",
    "texts",
    None,
    f"What each picture is for, in order, written into the prompt as words: {', '.join(image_tray.ROLES)}, "
    "or an empty text. Optional.",
)
_PROVIDERS = "Where to send the request: demo, google, gateway, uniall, or one the operator added."
_RETURNS = (
    "The original files, and details: text, finish reason, model version, usage, cost, what was asked and "
    "received, seconds."
)

ENDPOINTS = (
    Endpoint("text_to_image", "text", "Make pictures from words.", "What the picture shows."),
    Endpoint(
        "edit_image",
        "edit",
        "Change one picture by words.",
        "What to change.",
        follows=" to follow the picture",
        images="image",
        images_type=str,
        images_documentation="The picture to change: PNG, JPEG, WebP or HEIC.",
        own=_REGION,
    ),
    Endpoint(
        "compose_images",
        "compose",
        "Put 2 to 14 pictures together by words.",
        "How they go together.",
        follows=" to follow the last picture",
        images="images",
        images_type=list[str],
        images_documentation="The pictures in order; the prompt may call them image 1, image 2 and so on.",
        own=(_ROLES,),
    ),
)


@dataclass(frozen=True)
class _Region:
    """What a program marks, see `within_region`, or how it extends a picture, see `extended`."""

    mask: Path | None
    keeps: str
    place: str

    def check(self) -> None:
        """Raises InvalidRequest for a word that means nothing."""
        for field, value, allowed in (
            (KEEP_OUTSIDE, self.keeps, tuple(_KEEPS)),
            (EXTEND, self.place, (OFF, *PLACES)),
        ):
            if value not in allowed:
                raise InvalidRequest("not_allowed", field=field, value=value[:60], allowed=", ".join(allowed))


@dataclass(frozen=True)
class _Asked:
    """What a program asks for; `files` are paths, `roles` what each of them is for."""

    mode: str
    fields: Mapping[str, Any]
    files: Sequence[str]
    region: _Region
    roles: Sequence[str]


class Endpoints:
    """The three functions, and the hidden components that carry their types."""

    def __init__(self, studio: Studio, starting: Starting) -> None:
        self._studio = studio
        self._starting = starting
        self._secret = secrets.token_bytes(32)

    def function(self, endpoint: Endpoint) -> Callable[..., Any]:
        """What Gradio calls for `endpoint`, with a signature and a docstring made from the settings."""
        signature = endpoint.signature()

        async def call(*values: Any) -> tuple[list[str], dict[str, Any]]:
            named = signature.bind(*values).arguments
            request = named.pop("request", None)
            given = named.pop(endpoint.images, None) or []
            files = [file["path"] for file in ([given] if isinstance(given, dict) else given)]
            own: dict[str, Any] = {one.name: named.pop(one.name, None) or one.default for one in endpoint.own}
            mask = Path(own["mask"]["path"]) if own.get("mask") else None
            region = _Region(mask, own.get(KEEP_OUTSIDE, "on"), own.get(EXTEND, OFF))
            asked = _Asked(endpoint.mode, _fields(named), files, region, texts(own.get(_ROLES.name)))
            return await self._run(asked, request)

        call.__name__ = endpoint.name
        call.__doc__ = endpoint.documentation()
        call.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
        call.__annotations__["return"] = signature.return_annotation
        vars(call)["__signature__"] = signature
        return call

    async def _run(self, asked: _Asked, request: gr.Request | None) -> tuple[list[str], dict[str, Any]]:
        headers = request.headers if request is not None else {}
        words = words_for(language_of(headers.get("accept-language")))
        try:
            job = await self._start(asked, headers.get(KEY_HEADER), request)
        except OSError as error:
            problem = PlaygroundError("disk_not_ready", reason=error.strerror or "OSError")
            raise gr.Error(sentence(problem, words), print_exception=False) from None
        except PlaygroundError as error:
            hint = f" {words('programs.key_header')}" if error.code in ("key_missing", "key_invalid") else ""
            raise gr.Error(sentence(error, words) + hint, print_exception=False) from None
        async for _ in job.watch():
            pass
        if not job.complete_pictures:
            reason = job.errors[0] if job.errors else job.stop_reason()
            raise gr.Error(sentence(reason, words), print_exception=False)
        failures = [sentence(error, words) for error in job.errors]
        files = [await asyncio.to_thread(lent, picture.path) for picture in job.pictures]
        return files, details(job, failures)

    def owner(self, request: gr.Request | None) -> str:
        """Whose the calls of a program are."""
        cookie = request.headers.get("cookie") if request is not None else None
        client = request.client if request is not None else None
        return program_owner(cookie, client.host if client is not None else "", self._secret)

    async def _start(self, asked: _Asked, key: str | None, asking: gr.Request | None) -> Job:
        fields = {**asked.fields}
        require_provider(fields["provider"], self._studio.catalogue)
        require_images(asked.mode, len(asked.files))
        if fields["model"] == AUTO:
            fields["model"] = self._studio.catalogue.provider(fields["provider"]).default_model
        credentials = Credentials(key=clean_key(key))
        fields["prompt"] = image_tray.with_roles(fields["prompt"], asked.roles, len(asked.files))
        request = build(**fields)
        providers = [call.provider for call in request.calls]
        for provider in providers:
            require_provider(provider, self._studio.catalogue)
        paths = [Path(file) for file in asked.files]
        request, paths = await self._within(request, paths, asked.region)
        images = await self._studio.prepare(paths, *providers)
        request = request.model_copy(update={"images": images})
        owner = self.owner(asking)
        return await self._starting.start(
            request, credentials, asking, owner=owner, mode=asked.mode, listed=False
        )

    async def _within(
        self, request: ImageRequest, files: list[Path], region: _Region
    ) -> tuple[ImageRequest, list[Path]]:
        region.check()
        if region.place != OFF:
            if request.aspect_ratio == AUTO:
                allowed = ", ".join(
                    self._studio.catalogue.model(request.provider, request.model).aspect_ratios
                )
                raise InvalidRequest("not_allowed", field="aspect_ratio", value=AUTO, allowed=allowed)
            larger = await extended(request, files[0], region.place, self._studio)
            if larger is not None:
                return larger
        if region.mask is None:
            return request, files
        keeps = _KEEPS[region.keeps]
        return await within_region(request, files, region.mask, self._studio, keeps_outside=keeps)

    def register(self) -> None:
        """Adds the endpoints to the page that is being built, over one set of components never shown."""
        pictures = {
            "image": gr.File(label="image", type="filepath", visible=False),
            "images": gr.File(label="images", type="filepath", file_count="multiple", visible=False),
        }
        parameters = [
            gr.Textbox(label="prompt", visible=False),
            gr.Textbox(label="provider", value="demo", visible=False),
            gr.Textbox(label="model", value=AUTO, visible=False),
            *(_component(setting) for setting in SETTINGS if setting.documentation),
        ]
        outputs = [
            gr.File(label="pictures", file_count="multiple", visible=False),
            gr.JSON(label="details", visible=False),
        ]
        door = gr.Button(visible=False)  # nobody can press it: an event needs something to hang on
        for endpoint in ENDPOINTS:
            first = [pictures[endpoint.images]] if endpoint.images else []
            last = [one.component for one in endpoint.own]
            door.click(
                fn=self.function(endpoint),
                inputs=[*first, *parameters, *last],
                outputs=outputs,
                api_name=endpoint.name,
                preprocess=False,
                concurrency_limit=None,
                concurrency_id="generate",
                show_progress="hidden",
            )


def lent(path: Path) -> str:
    """A copy where Gradio may serve from: its file route knows no owners and must not reach the history."""
    return str(save_file_to_cache(path, str(Path(get_upload_folder(), LENT_FOLDER))))


def _typed(setting: Setting) -> tuple[Any, Any]:
    """A setting's type and default in a signature."""
    if isinstance(setting, Modalities | Versus):
        return list[str] | None, None
    return (int if isinstance(setting, Number) else str), setting.default


def _takes(setting: Setting) -> str:
    """What a setting's parameter takes, as `Endpoint.parameters` says it."""
    if isinstance(setting, Modalities | Versus):
        return "texts"
    return "number" if isinstance(setting, Number) else "text"


def _component(setting: Setting) -> Any:
    """The component, never shown, from which Gradio takes a setting's type and default."""
    label = setting.name
    default: Any = setting.default
    if isinstance(setting, Modalities):
        return gr.CheckboxGroup(["TEXT", "IMAGE"], label=label, value=default, visible=False)
    if isinstance(setting, Versus):
        return _texts(label)
    if isinstance(setting, Number):
        return gr.Number(label=label, value=default, precision=0, visible=False)
    return gr.Textbox(label=label, value=default, visible=False)


def texts(given: str | Sequence[str] | None) -> list[str]:
    """Several words as programs may give them: a list, or one text with commas."""
    if isinstance(given, str):
        return [one.strip() for one in given.split(",")]
    return [*(given or ())]


def _texts(label: str) -> Any:
    return gr.Dropdown([], label=label, multiselect=True, allow_custom_value=True, visible=False)


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an `ImageRequest` from what a program gave; what it left empty has its default."""
    fields = {"provider": "demo", **{name: one for name, one in given.items() if one not in (None, "", [])}}
    model = fields.get("model", AUTO)
    return {"prompt": "", **fields, "model": AUTO if is_blank(model) else model.strip()}


def details(job: Job, failures: Sequence[str]) -> dict[str, Any]:
    """What a program learns beside the files: of the first call with a picture, and in `calls` of each.

    The list `received` runs along the files; `generation` is what `make_report` wants.
    """
    outcomes = [job.outcome_of(picture) for picture in job.pictures]
    first = outcomes[0]
    return {
        "generation": job.id,
        "text": _first_text(outcomes),
        "finish_reason": first.result.finish_reason if first.result else "",
        "model_version": first.result.model_version if first.result else "",
        "usage": _usage(first),
        "provider": job.request.provider,
        "model": job.model_id,
        "asked": {s.name: getattr(job.request, s.name) for s in SETTINGS if s.default == AUTO},
        "received": [
            {
                "call": job.outcome_of(picture).call,
                "aspect_ratio": pixels.ratio_name(picture.width, picture.height, _ratios(job, picture)),
                "width": picture.width,
                "height": picture.height,
                "output_format": picture.mime_type.partition("/")[2],
                "bytes": picture.byte_count,
                "sha256": picture.sha256,
                **({"locked": True} if picture.locked else {}),
            }
            for picture in job.pictures
        ],
        "cost": {"currency": "USD", "estimate": estimate(job), "tokens": by_tokens(job)},
        "seconds": round(job.elapsed(), 3),
        "calls": [_call(job, outcome) for outcome in sorted(job.outcomes, key=lambda outcome: outcome.call)],
        "sources": _sources(outcomes),
        "errors": list(failures),
    }


def _ratios(job: Job, picture: SavedPicture) -> Sequence[str]:
    return job.served(job.outcome_of(picture).call).model.aspect_ratios


def _call(job: Job, outcome: Outcome) -> dict[str, Any]:
    result, asked = outcome.result, job.request.call(outcome.call)
    return {
        "call": outcome.call,
        "provider": asked.provider,
        "model": job.served(outcome.call).model_id,
        "asked": {"aspect_ratio": asked.aspect_ratio, "image_size": asked.image_size},
        "pictures": sum(not (picture.thought or picture.locked) for picture in outcome.pictures),
        "text": result.text if result else "",
        "finish_reason": result.finish_reason if result else "",
        "usage": _usage(outcome),
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error.code if outcome.error else None,
        "oddities": list(result.oddities) if result else [],
        "incomplete": len(outcome.incomplete),
    }


def _first_text(outcomes: Sequence[Outcome]) -> str:
    return next((o.result.text for o in outcomes if o.result and o.result.text), "")


def _sources(outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """The pages that searches found, each once."""
    found = [source for outcome in outcomes if outcome.result for source in outcome.result.sources]
    return [{"title": one.title, "address": one.address} for one in dict.fromkeys(found)]


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
