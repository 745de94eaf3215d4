"""What the person wants: one `ImageRequest` for all three tabs, checked against the model's row.

Its field names are also the names of the widgets and of the programs' parameters. The key is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from playground.catalogue import Catalogue, Modality, ModelRow
from playground.errors import InvalidRequest
from playground.modes import mode_of
from playground.text import is_blank, mended

MAX_COUNT = 8
MAX_PROMPT_CHARACTERS = 32_000
MAX_MODEL_CHARACTERS = 200
AUTO = "auto"
OFF = "off"
_SIZE_NAMES = {"0.5K": "512", "512PX": "512"}

BodyPath = tuple[str, ...]
"""Names of nested members of the request's body, the outermost first."""


@dataclass(frozen=True)
class PreparedImage:
    """One input picture, ready to go out: a file whose bytes are sent as they are.

    Attributes:
        path: the file. It must not change until the call is over.
        mime_type: what its magic bytes say.
        width, height: pixels as stored.
        byte_count: size of the file.
        changes: codes of what was done to the person's file ("converted", "upright", "shrunk", "flattened");
            empty when the file is exactly what was given.
        given: the person's own file, where something was done to it; it may be gone by now.
    """

    path: Path
    mime_type: str
    width: int
    height: int
    byte_count: int
    changes: tuple[str, ...] = ()
    given: Path | None = None


@dataclass(frozen=True)
class ReplyPart:
    """One part of a model's earlier answer, as it has to go back: word for word and byte for byte.

    Attributes:
        text: the words of a text part; may be empty around a signature.
        image: the original file of a picture part, under the type that the answer declared; None in a text.
        signature: its thought signature, verbatim, or None.
    """

    text: str = ""
    image: PreparedImage | None = None
    signature: str | None = None


@dataclass(frozen=True)
class Turn:
    """One earlier exchange of a conversation: what the person said, and what the model answered.

    Attributes:
        prompt: the person's words.
        images: the person's pictures, in order.
        reply: the model's parts in order, without its thoughts.
        provider, model: who answered; a signature means nothing to another.
    """

    prompt: str
    images: tuple[PreparedImage, ...]
    reply: tuple[ReplyPart, ...]
    provider: str
    model: str

    @property
    def pictures(self) -> tuple[PreparedImage, ...]:
        """Every picture of the exchange, in the order in which it is sent."""
        return (*self.images, *(part.image for part in self.reply if part.image is not None))


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One thing that a person chooses beside the words, the pictures, the provider and the model: a value
    of a list, or the default, "auto", to leave it to the model.

    A row of `SETTINGS` is all that a setting needs here, with a field of `ImageRequest` that has its name and
    an attribute of `ModelRow` that says what is allowed. The body, the form, the programs' parameters,
    records and recipes follow. Its words are `settings.<name>` in `ui/words`: `label`; `values.<value>` where
    a value is called something else; `info` for a line of explanation; `brief` where a value that was chosen
    stands in the settings' one line, and `brief_auto` where the default does, too.

    Attributes:
        name: the field of `ImageRequest`, and the name wherever a setting is spoken of.
        default: the value that asks for nothing.
        allowed: the attribute of `ModelRow` that lists what may be chosen; empty there, it is never sent.
        preselected: the attribute of `ModelRow` with the value that the form starts with; "" for `default`.
        path: where the body says it; () where it does not, or where `sends` says how.
        sends: value -> what it puts into the body, by path, where that is more than the value itself.
        documentation: what programs are told; "{follows}" is where the shape follows a picture. "" keeps the
            setting from programs.
    """

    name: str
    default: JsonValue = AUTO
    allowed: str = ""
    preselected: str = ""
    path: BodyPath = ()
    sends: Mapping[str, Mapping[BodyPath, JsonValue]] = field(default_factory=dict)
    documentation: str = ""

    def offered(self, row: ModelRow) -> tuple[str, ...]:
        """What the row has to choose from; nothing when the setting does not exist there."""
        choices: tuple[str, ...] = getattr(row, self.allowed)
        return choices

    def options(self, row: ModelRow) -> tuple[str, ...]:
        """Every value that a form may have, spelled as `spelled`, the default first."""
        return (str(self.default), *self.offered(row))

    def check(self, value: Any, row: ModelRow) -> None:
        """Raises InvalidRequest for what the row does not allow."""
        if value not in self.options(row):
            _refuse(self.name, value, self.options(row))

    def members(self, value: Any, row: ModelRow) -> Mapping[BodyPath, JsonValue]:
        """What the body says for it, by path: nothing unless it was chosen and the row offers it."""
        if value == self.default or not self.offered(row):
            return {}
        return self.sends.get(value) or ({self.path: value} if self.path else {})

    def spelled(self, value: JsonValue) -> str:
        """A value as one word, the way a form holds it; `ImageRequest` reads it back."""
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    @property
    def expects(self) -> str:
        """What can be given at all, whatever the model; "" where only the model says it."""
        return ""


class Modalities(Setting):
    """A combination of what the answer is made of, the picture always among it."""

    def options(self, row: ModelRow) -> tuple[str, ...]:
        return ("TEXT,IMAGE", "IMAGE") if "TEXT" in self.offered(row) else ("IMAGE",)

    def check(self, value: Any, row: ModelRow) -> None:
        for modality in value:
            if modality not in self.offered(row):
                _refuse(self.name, modality, self.offered(row))
        if "IMAGE" not in value:
            _refuse(self.name, ", ".join(value) or "none", ["IMAGE", "TEXT, IMAGE"])

    def members(self, value: Any, row: ModelRow) -> Mapping[BodyPath, JsonValue]:
        """Always sent: what is left out means different things at different gateways."""
        return {self.path: list(value)}

    @property
    def expects(self) -> str:
        return "IMAGE, or TEXT and IMAGE"


class Versus(Setting):
    """Further calls of the same prompt, each with what it has in place of the request's own, see `Variant`.

    Forms hold the parts alone, as "demo/some-model,16:9"; what calls they make is the panel's to say.
    """

    def offered(self, row: ModelRow) -> tuple[str, ...]:
        return ()

    def check(self, value: Any, row: ModelRow) -> None:
        """Each call is looked at with its own row, see `check`."""

    def spelled(self, value: JsonValue) -> str:
        given = value if isinstance(value, list) else []
        return ",".join(dict.fromkeys(part for one in given for part in str(one).split()))

    @property
    def expects(self) -> str:
        return f"at most {MAX_COUNT - 1} texts, each some of provider/model, a shape and a size"


class Number(Setting):
    """How many: one call each, so no body says it."""

    def offered(self, row: ModelRow) -> tuple[str, ...]:
        return tuple(map(str, range(1, MAX_COUNT + 1)))

    def options(self, row: ModelRow) -> tuple[str, ...]:
        return self.offered(row)

    def check(self, value: Any, row: ModelRow) -> None:
        """Its range is the field's own."""

    @property
    def expects(self) -> str:
        return f"1 to {MAX_COUNT}"


_IMAGE_CONFIG = ("generationConfig", "imageConfig")


def _search(options: JsonValue) -> Mapping[BodyPath, JsonValue]:
    """A search answers in words, too: asked for pictures alone, Google's models have returned none."""
    return {
        ("tools",): [{"googleSearch": options}],
        ("generationConfig", "responseModalities"): ["TEXT", "IMAGE"],
    }


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        name="aspect_ratio",
        allowed="aspect_ratios",
        path=(*_IMAGE_CONFIG, "aspectRatio"),
        documentation="For example 16:9, or auto{follows}.",
    ),
    Setting(
        name="image_size",
        allowed="image_sizes",
        preselected="default_image_size",
        path=(*_IMAGE_CONFIG, "imageSize"),
        documentation="512, 1K, 2K, 4K, or auto.",
    ),
    Modalities(
        name="response_modalities",
        default=["TEXT", "IMAGE"],
        allowed="response_modalities",
        path=("generationConfig", "responseModalities"),
        documentation="TEXT and IMAGE, or IMAGE alone.",
    ),
    Setting(
        name="output_format",
        allowed="output_formats",
        path=(*_IMAGE_CONFIG, "outputFormat"),
        documentation="jpeg, png, or auto; only where the provider offers it.",
    ),
    Number(
        name="count",
        default=1,
        documentation=f"How many pictures, 1 to {MAX_COUNT}; each is a call of its own.",
    ),
    Setting(
        name="thinking_level",
        allowed="thinking_levels",
        path=("generationConfig", "thinkingConfig", "thinkingLevel"),
        documentation="minimal, medium, high, or auto; only where the model offers it.",
    ),
    Setting(
        name="search",
        default=OFF,
        allowed="searches",
        sends={
            "web": _search({}),
            "web_images": _search({"searchTypes": {"webSearch": {}, "imageSearch": {}}}),
        },
        documentation="Look things up first: web, web_images, or off; only where the model offers it.",
    ),
    Versus(
        name="versus",
        default=[],
        documentation=(
            "Compare: each text is one more picture of the same prompt, made with what it names in place of "
            'the above: "demo/gemini-3-pro-image", "16:9", "2K", or several: "demo/gemini-3-pro-image 2K". '
            f"At most {MAX_COUNT - 1}; count is then theirs and one."
        ),
    ),
)
"""Every setting of a request, in the order in which people and programs meet them."""


Text = Annotated[str, BeforeValidator(lambda value: mended(value) if isinstance(value, str) else value)]


def _image_size(value: str) -> str:
    """Harmless spellings of a size, as it goes over the wire: "2k" is 2K, and 0.5K is sent as 512."""
    upper = value.strip().upper()
    return AUTO if upper == "AUTO" else _SIZE_NAMES.get(upper, upper)


def _lower(value: str) -> str:
    return {"jpg": "jpeg"}.get(value.strip().lower(), value.strip().lower())


def _listed(value: object) -> object:
    """ "TEXT,IMAGE", as forms have it, is a list as well, and "" an empty one."""
    return [one for one in value.split(",") if one] if isinstance(value, str) else value


@dataclass(frozen=True)
class Variant:
    """What one call of a comparison has in place of the request's own; "" for what it shares with it."""

    provider: str = ""
    model: str = ""
    aspect_ratio: str = ""
    image_size: str = ""

    @classmethod
    def of(cls, text: str) -> Variant:
        """From "provider/model", a shape and a size, apart by blanks, each at most once and one at least.

        Raises:
            ValueError: it is none.
        """
        found: dict[str, str] = {}
        for part in text.split():
            provider, is_model, model = part.partition("/")
            if is_model:
                new = {"provider": provider, "model": model}
            else:
                new = {"aspect_ratio": part} if ":" in part else {"image_size": _image_size(part)}
            if new.keys() & found.keys() or not all(new.values()):
                raise ValueError("a part is empty or there twice")
            found |= new
        if not found:
            raise ValueError("names nothing")
        return cls(**found)

    def __str__(self) -> str:
        model = f"{self.provider}/{self.model}" if self.model else ""
        return " ".join(filter(None, (model, self.aspect_ratio, self.image_size)))

    @property
    def values(self) -> dict[str, str]:
        """Field of a request -> value, for those that it has."""
        return {name: value for name, value in vars(self).items() if value}


def _variants(values: Iterable[str]) -> tuple[str, ...]:
    """Neatly spelled. Raises ValueError where one is none, or is there twice."""
    spelled = tuple(str(Variant.of(value)) for value in values)
    if len({*spelled}) < len(spelled):
        raise ValueError("one is there twice")
    return spelled


class ImageRequest(BaseModel):
    """One press of Generate.

    Attributes:
        prompt: the words; never empty.
        provider: a provider id of the catalogue.
        model: a model id, or any id typed by hand: it goes out unchanged.
        aspect_ratio: "16:9" and the like, or "auto" to send none.
        image_size: "512", "1K", "2K", "4K", or "auto" to send none.
        response_modalities: what to ask for, "IMAGE" always among them.
        output_format: "jpeg", "png", or "auto" to send none.
        count: how many pictures, 1 to 8: one call each.
        thinking_level: "minimal", "medium", "high", or "auto" to send none.
        search: what the model may look up first: "web", "web_images", or "off".
        versus: further calls that differ from this, see `Variant`; `count` is then their number and one.
        images: input pictures in the person's order, 0 to 14.
        mask: number of the one among them, from 1, that says which region of the first may change, white; 0
            where none does. The prompt says it, too, see `playground.region`.
        keeps_outside: beside each answer stands the first picture with what the answer has in that region.
        turns: the earlier exchanges that go along, oldest first; none for a fresh start.
        continues: "<generation>/<picture>" that this goes on from; "" for a fresh start.
        collapsed: why the earlier exchanges do not go along and the picture alone does, see
            `playground.jobs.conversation`; "" where they do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    prompt: Text = Field(default="", max_length=MAX_PROMPT_CHARACTERS)
    provider: Text = "demo"
    model: Text = Field(min_length=1, max_length=MAX_MODEL_CHARACTERS)
    aspect_ratio: Annotated[Text, AfterValidator(str.strip)] = AUTO
    image_size: Annotated[Text, AfterValidator(_image_size)] = AUTO
    response_modalities: Annotated[tuple[Modality, ...], BeforeValidator(_listed)] = ("TEXT", "IMAGE")
    output_format: Annotated[Text, AfterValidator(_lower)] = AUTO
    count: int = Field(default=1, ge=1, le=MAX_COUNT)
    thinking_level: Annotated[Text, AfterValidator(_lower)] = AUTO
    search: Annotated[Text, AfterValidator(_lower)] = OFF
    versus: Annotated[
        tuple[Annotated[Text, Field(max_length=2 * MAX_MODEL_CHARACTERS)], ...],
        BeforeValidator(_listed),
        Field(max_length=MAX_COUNT - 1),
        AfterValidator(_variants),
    ] = ()
    images: tuple[PreparedImage, ...] = ()
    mask: int = 0
    keeps_outside: bool = False
    turns: tuple[Turn, ...] = ()
    continues: Text = ""
    collapsed: str = ""

    @model_validator(mode="before")
    @classmethod
    def _counts_all(cls, values: Any) -> Any:
        """One picture of each call that is compared."""
        others = _listed(values.get("versus")) if isinstance(values, dict) else None
        if not isinstance(others, list | tuple) or not others:
            return values
        return {**values, "count": min(1 + len(others), MAX_COUNT)}

    @property
    def calls(self) -> tuple[ImageRequest, ...]:
        """What each call asks for, in order."""
        if not self.versus:
            return (self,) * self.count
        alone = self.model_copy(update={"versus": (), "count": 1})
        others = (alone.model_copy(update=Variant.of(one).values) for one in self.versus)
        return (alone, *others)

    def call(self, number: int) -> ImageRequest:
        """What the call with a number, from 1, asks for. A record may tell of more calls than there were."""
        return self.calls[number - 1] if 0 < number <= len(self.calls) else self

    @property
    def settings(self) -> dict[str, JsonValue]:
        """Setting name -> value, in the form that JSON has: what is kept, exported and put back."""
        values = self.model_dump(mode="json", include={setting.name for setting in SETTINGS})
        return {setting.name: values[setting.name] for setting in SETTINGS}


def known_settings(values: Mapping[str, object]) -> dict[str, JsonValue]:
    """Setting name -> value for every setting; what `values` lacks or gets wrong has its default.

    For values that anybody may have written: a record, a recipe, an import. What the model's row allows is
    not looked at.
    """
    given = {setting.name: values.get(setting.name, setting.default) for setting in SETTINGS}
    try:
        known = _validated(given)
    except ValidationError:
        known = {setting.name: _or_default(setting, given[setting.name]) for setting in SETTINGS}
    if isinstance(others := known["versus"], list) and others:
        known["count"] = 1 + len(others)
    return known


def _validated(values: Mapping[str, object]) -> dict[str, JsonValue]:
    return ImageRequest.model_validate({"model": "any", **values}).settings


def _or_default(setting: Setting, value: object) -> JsonValue:
    try:
        return _validated({setting.name: value})[setting.name]
    except ValidationError:
        return setting.default


def build(**fields: object) -> ImageRequest:
    """An `ImageRequest` from loose values. Raises InvalidRequest naming the first field that is wrong."""
    try:
        return ImageRequest.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0]) if problem["loc"] else "request"
        allowed = _expected(name) or problem["msg"]
        raise InvalidRequest(
            "not_allowed", field=name, value=_short(problem["input"]), allowed=allowed
        ) from None


def _expected(name: str) -> str:
    """What a field can hold at all, in words; "" where only its type says it."""
    expected = {
        "prompt": f"at most {MAX_PROMPT_CHARACTERS} characters",
        "model": f"1 to {MAX_MODEL_CHARACTERS} characters",
        **{setting.name: setting.expects for setting in SETTINGS},
    }
    return expected.get(name, "")


def require_images(mode: str, given: int) -> None:
    """Raises InvalidRequest when a tab's job has too few pictures."""
    needed = mode_of(mode).min_images
    if given < needed == 1:
        raise InvalidRequest("image_missing", field="images")
    if given < needed:
        raise InvalidRequest("images_missing", field="images", value=given, allowed=needed)


def check(request: ImageRequest, catalogue: Catalogue) -> ModelRow:
    """The row that serves the request. Nothing that a row does not allow gets past here, in no call.

    Raises:
        InvalidRequest: naming the field, its value and the allowed values.
    """
    for other in request.calls[1:] if request.versus else ():
        check(other, catalogue)
    require_provider(request.provider, catalogue)
    row = catalogue.model(request.provider, request.model)
    for setting in SETTINGS:
        setting.check(getattr(request, setting.name), row)
    if len(request.images) > row.max_images:
        raise InvalidRequest(
            "too_many_images", field="images", value=len(request.images), allowed=row.max_images
        )
    if is_blank(request.prompt):
        raise InvalidRequest("prompt_missing", field="prompt")
    return row


def require_provider(provider: str, catalogue: Catalogue) -> None:
    """Raises InvalidRequest for a provider that is no row, as a page from before a restart may name one."""
    if provider not in catalogue.providers:
        raise InvalidRequest(
            "unknown_provider",
            field="provider",
            value=_short(provider),
            allowed=", ".join(catalogue.providers),
        )


def _refuse(field: str, value: object, allowed: Iterable[str]) -> NoReturn:
    listed = ", ".join(allowed)
    raise InvalidRequest("not_allowed", field=field, value=_short(value), allowed=listed)


def _short(value: object) -> str:
    text = mended(str(value))
    return text if len(text) <= 60 else text[:57] + "…"
