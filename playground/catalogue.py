"""Providers and models as data: loads `catalogue.toml`, lays an operator's file over it, checks both.

What a provider or a model can do is a row, never a guess from its name. A new model or a new gateway that
speaks `generateContent` is one table of TOML and no Python. An id that no row knows is still sendable: the
row `[unknown_model]` serves it with what every model is known to accept.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from playground.errors import ConfigurationError

Auth = Literal["none", "x-goog-api-key", "query", "bearer"]
"""How the key travels: nowhere, in the `x-goog-api-key` header, as `?key=`, or as a bearer token."""

Modality = Literal["TEXT", "IMAGE"]
AspectRatio = Annotated[str, Field(pattern=r"^[1-9]\d{0,2}:[1-9]\d{0,2}$")]


_ASKED_TOKENS, _WRITTEN_TOKENS = 1_600, 500
"""Of one question to a text model, rather too many: a picture and the instruction, and a prompt of some
120 words with what it takes to think of it."""


class _Row(BaseModel):
    """A row cannot change once loaded, and an unknown key in it is a typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Retirement(_Row):
    """Whether a model is going away, and what to use instead."""

    state: Literal["retiring", "shut_down"]
    date: str = ""
    successor: str = ""


class AdvisedImages(_Row):
    """How many pictures a model handles well: in all, and of which kind. Advice, not a limit."""

    total: int
    objects: int | None = None
    characters: int | None = None


class TokenPrices(_Row):
    """US dollars for a million tokens: of what is sent, of words and thinking that come, of pictures."""

    input: float = Field(ge=0)
    text: float = Field(ge=0)
    image: float = Field(ge=0)


class ModelRow(_Row):
    """What one model accepts. An empty tuple means: this cannot be chosen and is never sent.

    Attributes:
        name: what a person calls it.
        aspect_ratios: values for `imageConfig.aspectRatio`.
        image_sizes: values for `imageConfig.imageSize`, spelled as they go over the wire ("512", "1K").
        default_image_size: the size that comes back when none is asked for.
        ids: image size -> model id, for gateways that put the size into the id; empty elsewhere.
        response_modalities: what may be asked for.
        output_formats: values for `imageConfig.outputFormat`.
        thinking_levels: values for `thinkingConfig.thinkingLevel`; empty where it makes no difference, too.
        searches: what the tool `googleSearch` may look for: pages, or pages and pictures.
        max_images: most input pictures.
        advised_images: how many the model handles well.
        pixel_table: which of the tables in `playground.pixels` its pictures follow.
        signs_pictures: its pictures carry a thought signature, which a later turn has to bring back.
        image_tokens: image size -> tokens of one picture, for the demo's usage numbers.
        price_usd: image size -> US dollars for one picture; a size left out has no known price.
        token_usd: what tokens cost, where calls are billed by them.
        usual_seconds: image size -> seconds that one picture usually takes.
        retirement: set when the provider has announced an end.
        sources: field name -> where the fact was found.
    """

    name: str
    aspect_ratios: tuple[AspectRatio, ...] = ()
    image_sizes: tuple[str, ...] = ()
    default_image_size: str = "1K"
    ids: Mapping[str, str] = Field(default_factory=dict)
    response_modalities: tuple[Modality, ...] = ("TEXT", "IMAGE")
    output_formats: tuple[Literal["jpeg", "png"], ...] = ()
    thinking_levels: tuple[Literal["minimal", "low", "medium", "high"], ...] = ()
    searches: tuple[Literal["web", "web_images"], ...] = ()
    max_images: int = Field(default=14, ge=0, le=14)
    advised_images: AdvisedImages | None = None
    pixel_table: Literal["gemini-3", "gemini-2.5"] = "gemini-3"
    signs_pictures: bool = False
    image_tokens: Mapping[str, int] = Field(default_factory=dict)
    price_usd: Mapping[str, float] = Field(default_factory=dict)
    token_usd: TokenPrices | None = None
    usual_seconds: Mapping[str, float] = Field(default_factory=dict)
    retirement: Retirement | None = None
    sources: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ids_cover_the_default(self) -> ModelRow:
        if self.ids and self.default_image_size not in self.ids:
            raise ValueError(f"ids has no entry for default_image_size {self.default_image_size!r}")
        return self

    def id_for(self, model: str, image_size: str) -> str:
        """The model id to put into the URL for a chosen `model` and `image_size` ("auto" allowed)."""
        size = self.default_image_size if image_size == "auto" else image_size
        return self.ids.get(size, model)

    def price(self, image_size: str) -> float | None:
        """US dollars for one picture, or None when unknown."""
        return self.price_usd.get(self.default_image_size if image_size == "auto" else image_size)

    def at(self, part: float | None) -> ModelRow:
        """The same at a part of its prices; None for all of them."""
        if part is None:
            return self
        prices = {size: dollars * part for size, dollars in self.price_usd.items()}
        tokens = self.token_usd
        if tokens is not None:
            tokens = TokenPrices(**{name: dollars * part for name, dollars in tokens.model_dump().items()})
        return self.model_copy(update={"price_usd": prices, "token_usd": tokens})

    def seconds(self, image_size: str) -> float | None:
        """Seconds that one picture usually takes, or None when unknown."""
        return self.usual_seconds.get(self.default_image_size if image_size == "auto" else image_size)


class TextModel(_Row):
    """A model that writes: it improves a prompt, or describes a picture as one.

    Attributes:
        id: as it stands in the URL.
        name: what a person calls it.
        input_usd, output_usd: US dollars for a million tokens; None when unknown.
        sources: field name -> where the fact was found.
    """

    id: str
    name: str
    input_usd: float | None = None
    output_usd: float | None = None
    sources: Mapping[str, str] = Field(default_factory=dict)

    @property
    def row(self) -> ModelRow:
        """What it accepts: words and pictures, for words."""
        return ModelRow(name=self.name, response_modalities=("TEXT",))

    @property
    def price(self) -> float | None:
        """About how many US dollars one press costs, or None when unknown."""
        if self.input_usd is None or self.output_usd is None:
            return None
        return (_ASKED_TOKENS * self.input_usd + _WRITTEN_TOKENS * self.output_usd) / 1e6


class ProviderRow(_Row):
    """One address that speaks `generateContent`.

    Attributes:
        name: what a person calls it.
        base_url: where it is; None when the operator or the visitor has to say.
        auth: the one authentication style that is sent.
        key_env: environment variables that may hold a key, in order.
        free: nothing is ever billed here.
        models: model id as shown and typed -> row, the default first.
        models_from: another provider's id whose models are served here as well.
        default_model: the id chosen at first.
        text_model: the model that writes; None where none is known.
        accepts: MIME types of input pictures that go out untouched.
        max_image_bytes: largest input picture, bytes of the file.
        max_request_bytes: largest request body, bytes.
        batch_price: what a call costs as a row of a batch, as a part of its usual price; None where Google's
            Batch API is not known to be answered.
        sources: field name -> where the fact was found.
    """

    name: str
    base_url: str | None = None
    auth: Auth = "x-goog-api-key"
    key_env: tuple[str, ...] = ()
    free: bool = False
    models: Mapping[str, ModelRow] = Field(default_factory=dict)
    models_from: str | None = None
    default_model: str
    text_model: TextModel | None = None
    accepts: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    max_image_bytes: int = 7_000_000
    max_request_bytes: int = 20_000_000
    batch_price: float | None = Field(default=None, ge=0, le=1)
    sources: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _default_exists(self) -> ProviderRow:
        if not self.models_from and self.default_model not in self.models:
            raise ValueError(f"default_model {self.default_model!r} is no row of its models")
        return self

    @property
    def needs_key(self) -> bool:
        return self.auth != "none"


class Catalogue(_Row):
    """All providers. The first one is the demo."""

    providers: Mapping[str, ProviderRow]
    unknown_model: ModelRow

    def provider(self, provider: str) -> ProviderRow:
        """The row of a provider id. Raises KeyError for an id that is no row."""
        return self.providers[provider]

    def strictest(self, providers: Iterable[str]) -> ProviderRow:
        """The row of the first of some provider ids, with no wider limits for pictures than any other has."""
        first, *others = [self.providers[provider] for provider in dict.fromkeys(providers)]
        rows = [first, *others]
        accepts = [kind for kind in first.accepts if all(kind in row.accepts for row in others)]
        limits = {
            "accepts": tuple(accepts),
            "max_image_bytes": min(row.max_image_bytes for row in rows),
            "max_request_bytes": min(row.max_request_bytes for row in rows),
        }
        return first.model_copy(update=limits) if others else first

    def model(self, provider: str, model: str) -> ModelRow:
        """The row that says what `model` can do at `provider`; the unknown row for an id nobody knows, of
        either.

        A full id from a row's `ids`, typed by hand, gets that row narrowed to its one size and goes out
        unchanged.
        """
        models = self.providers[provider].models if provider in self.providers else {}
        if model in models:
            return models[model]
        for row in models.values():
            for size, full_id in row.ids.items():
                if full_id == model:
                    narrowed = {"ids": {}, "image_sizes": (size,), "default_image_size": size}
                    return row.model_copy(update=narrowed)
        return self.unknown_model

    def label(self, provider: str, model: str) -> str:
        """The id of a model for figures and logs: "other" for one that somebody typed and no row knows."""
        return "other" if self.model(provider, model) is self.unknown_model else model

    def find(self, model_id: str) -> ModelRow | None:
        """The row that knows `model_id` at any provider, in catalogue order; None when nobody does.

        A text model has a row, too, although nobody can choose it for pictures.
        """
        for provider in self.providers:
            row = self.model(provider, model_id)
            if row is not self.unknown_model:
                return row
        for one in self.providers.values():
            if one.text_model is not None and one.text_model.id == model_id:
                return one.text_model.row
        return None

    def rows(self) -> Iterator[tuple[str, str, ModelRow]]:
        """Every (provider id, model id, row)."""
        for provider_id, provider in self.providers.items():
            for model_id, row in provider.models.items():
                yield provider_id, model_id, row


def load(operator_file: Path | None = None) -> Catalogue:
    """The built-in catalogue with an operator's file laid over it, row by row and key by key.

    Raises:
        ConfigurationError: naming the file, the row and the key that is wrong.
    """
    built_in = resources.files("playground").joinpath("catalogue.toml").read_text(encoding="utf-8")
    tables = _parse(built_in, "catalogue.toml")
    overlay: dict[str, Any] = {}
    if operator_file is not None:
        try:
            overlay = _parse(operator_file.read_text(encoding="utf-8"), str(operator_file))
        except OSError as error:
            raise ConfigurationError(f"{operator_file}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise ConfigurationError(f"{operator_file}: is not UTF-8 text") from None
    merged = _lay_over(tables, overlay)
    try:
        catalogue = Catalogue.model_validate(merged)
    except ValidationError as error:
        raise ConfigurationError(_describe(error, overlay, operator_file)) from None
    return _share_models(catalogue, str(operator_file or "catalogue.toml"))


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: {error}") from None


def _lay_over(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = (
            _lay_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return merged


def _describe(error: ValidationError, overlay: Mapping[str, Any], operator_file: Path | None) -> str:
    """One sentence for the first problem, blaming the file that wrote the row."""
    problem = error.errors()[0]
    path = [str(step) for step in problem["loc"]]
    file = str(operator_file) if operator_file and _touches(overlay, path) else "catalogue.toml"
    row, key = ".".join(path[:-1]), path[-1] if path else ""
    if problem["type"] in ("value_error", "model_type") or not row:
        row, key = ".".join(path), ""
    where = f"[{row}]" + (f" key '{key}'" if key else "")
    what = {"extra_forbidden": "is not a known key", "missing": "is missing"}.get(
        problem["type"], problem["msg"]
    )
    return f"{file}: {where}: {what}"


def _touches(overlay: Mapping[str, Any], path: list[str]) -> bool:
    """Whether the operator's file wrote anything at the path, or the row around a key that it left out."""
    node: Any = overlay
    for depth, step in enumerate(path):
        if not isinstance(node, dict) or step not in node:
            return depth >= 2
        node = node[step]
    return True


def _share_models(catalogue: Catalogue, file: str) -> Catalogue:
    providers = dict(catalogue.providers)
    for provider_id, provider in catalogue.providers.items():
        if provider.models_from is None:
            continue
        source = catalogue.providers.get(provider.models_from)
        if source is None:
            raise ConfigurationError(
                f"{file}: [providers.{provider_id}] key 'models_from': no provider {provider.models_from!r}"
            )
        models = {**source.models, **provider.models}
        if provider.default_model not in models:
            raise ConfigurationError(
                f"{file}: [providers.{provider_id}] key 'default_model': no model {provider.default_model!r}"
            )
        providers[provider_id] = provider.model_copy(update={"models": models})
    return catalogue.model_copy(update={"providers": providers})
