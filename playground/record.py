"""Record: the one form of a generation on disk, `record.json`, whichever release wrote it.

| version | written by | what it lacked |
|---|---|---|
| 0 ("form" is missing) | the first release | the owner, the words of the answer as text of their own |
| 1 ("form": 1) | the releases with a history | settings in one place, the kind of an error in the error |
| 2 ("version": 2) | this one | |

`upgrade` brings every earlier one up to date. A record of ours is read with `Record.read`: what it gets wrong
has its default, so that it always opens. A record that somebody brings is foreign input: it is read with
`Record.read_strict`, which refuses what could not be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from playground.errors import Billed
from playground.modes import MODES
from playground.request import MAX_MODEL_CHARACTERS, MAX_PROMPT_CHARACTERS, SETTINGS, known_settings
from playground.text import mended

VERSION: Final = 2
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
MAX_FILES: Final = 150
"""Of a record that somebody brings: more than eight calls bring, and all are shown at once."""
_MAX_DEPTH: Final = 100
_LENIENT: Final = {"lenient": True}

Change = Literal["converted", "upright", "shrunk", "flattened"]
CollapseReason = Literal[
    "unsigned",
    "model_changed",
    "other_picture",
    "file_gone",
    "too_many_images",
    "too_large",
    "missing_signature",
]
"""Why a conversation does not go along, see `playground.jobs.conversation`."""


def _storable(value: object) -> object:
    """Text that every database takes: a blank for NUL, no half of a surrogate pair."""
    return mended(value).replace("\0", " ") if isinstance(value, str) else value


def _moment(value: object) -> datetime:
    """An aware moment, never so late that a time zone pushes it out of the calendar. Without a zone: UTC."""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(when, datetime):
        raise ValueError("not a moment")
    if not EPOCH.year < when.year < LAST.year:  # a clock that is wrong must not cost a job
        return EPOCH if when.year <= EPOCH.year else LAST
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)


def _json_object(value: object) -> dict[str, Any]:
    """A JSON object that is not nested so deeply that writing it fails."""
    if not isinstance(value, Mapping) or _depth(value) > _MAX_DEPTH:
        raise ValueError("not a JSON object of a usable depth")
    return dict(value)


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= _MAX_DEPTH:
        depth += 1
        items = (one for one in level if isinstance(one, Mapping | list | tuple))
        level = [below for one in items for below in (one.values() if isinstance(one, Mapping) else one)]
    return depth


def _mode(value: str) -> str:
    if value and value not in MODES:
        raise ValueError("no such tab")
    return value


def _settings(value: object) -> dict[str, JsonValue]:
    return known_settings(value if isinstance(value, Mapping) else {})


StorableText = Annotated[str, BeforeValidator(_storable)]
Mode = Annotated[StorableText, AfterValidator(_mode)]
"""The id of a tab, see `playground.modes`; "" where nobody knows."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Amount = Annotated[float, Field(strict=True, ge=0, lt=1e12, allow_inf_nan=False)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_json_object)]


class RecordRefused(ValueError):
    """A record that somebody brings cannot be used.

    Attributes:
        code: "record_unreadable", "record_newer", "record_invalid" for a value that cannot be shown, or
            "files_differ" for pictures that are not what the record says, or "record_late" when an import
            has taken as long as it may.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class _Stored(BaseModel):
    """A value of a record. Read leniently, a field that is wrong has its default, and a wrong item goes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def lenient(cls, **values: object) -> Self:
        """One made of what a provider sent, of which anything may be too strange to be kept."""
        return cls.model_validate(values, context=_LENIENT)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValidationError:
            field = cls.model_fields[info.field_name or ""]
            if not info.context or field.is_required():
                raise
            if isinstance(value, list) and get_origin(field.annotation) is tuple:
                return tuple(one for item in value for one in _valid(handler, item))
            return field.get_default(call_default_factory=True)


def _valid(handler: ValidatorFunctionWrapHandler, item: object) -> Iterator[Any]:
    """The item of a list, read on its own; nothing for one that is wrong."""
    try:
        yield from handler([item])
    except ValidationError:
        return


class RecordedPicture(_Stored):
    """A picture that came; its file is beside the record.

    Attributes:
        width, height: pixels as stored.
        bytes: size of the file.
        thought: an interim picture of the model's reasoning.
        locked: made here of the one before it and of what was sent, see `playground.images.masks`.
        declared_mime_type: what the answer said; "" when it said nothing.
        incomplete: bytes are missing at its end, or are damaged inside.
    """

    name: Name
    sha256: Digest
    mime_type: StorableText = ""
    width: Count = 0
    height: Count = 0
    bytes: Count = 0
    thought: Flag = False
    locked: Flag = False
    declared_mime_type: StorableText = ""
    incomplete: Flag = False


class RecordedImage(_Stored):
    """An input picture as it was sent; its file is beside the record.

    Attributes:
        sha256: of the file; "" when it could not be kept.
        changes: what was done to the person's own file.
        given_sha256: of the person's own file, where something was done to it.
        continued: it is the picture that the request goes on from, and no picture of the person's.
        mask: it says which region of the first may change.
        keeps_outside: the rest of the first was to be kept, whatever the answer made of it.
    """

    name: Name
    sha256: Digest | Literal[""] = ""
    mime_type: StorableText = ""
    width: Count = 0
    height: Count = 0
    bytes: Count = 0
    changes: tuple[Change, ...] = ()
    given_sha256: Digest | None = None
    continued: Flag = False
    mask: Flag = False
    keeps_outside: Flag = False


class RecordedPart(_Stored):
    """One part of an answer, thoughts left out: words, or the name of a picture.

    Attributes:
        mime_type: of a picture, as the answer declared it.
        signature: the thought signature, verbatim, which the next turn has to return.
    """

    text: StorableText = ""
    picture: Name | None = None
    mime_type: StorableText = ""
    signature: str | None = None


class RecordedError(_Stored):
    """Why a call brought no picture: one error of `playground.errors`.

    Attributes:
        kind: which branch of the tree: "provider" for ProviderError, "no_picture" for NoPicture.
        said: the provider's own words.
        billed: None where an earlier release did not note it.
        raw: the beginning of the raw answer, where there is no answer beside the error.
    """

    code: Annotated[str, Field(pattern="^[a-z0-9_]{1,60}$")]
    kind: Literal["", "provider", "no_picture"] = ""
    facts: dict[str, StorableText] = Field(default_factory=dict)
    said: StorableText = ""
    billed: Billed | None = None
    raw: StorableText = ""


class RecordedOutcome(_Stored):
    """How one call ended.

    Attributes:
        call: its number, from 1.
        attempts: how many times it was sent.
        text: the words of the answer, thoughts left out.
        answer: the answer as JSON, picture data left out; None where none came.
        answer_text: the same as it came, where that was no proper JSON.
        dropped: pictures in it that could not be read; None where an earlier release did not note it.
        oddities: what was odd about it, see `playground.result.ImageResult`.
        answer_bytes: size of all of it, which is beside the record; 0 where it is not.
    """

    call: Annotated[int, Field(strict=True, ge=1, lt=1000)] = 1
    seconds: Amount = 0.0
    attempts: Annotated[int, Field(strict=True, ge=1, lt=1000)] = 1
    pictures: tuple[RecordedPicture, ...] = ()
    text: StorableText = ""
    parts: tuple[RecordedPart, ...] = ()
    answer: JsonObject | None = None
    answer_text: StorableText = ""
    dropped: Count | None = None
    oddities: tuple[StorableText, ...] = ()
    answer_bytes: Count = 0
    error: RecordedError | None = None


class RecordedShare(_Stored):
    """What the calls of one model in a comparison have cost together.

    Attributes:
        pictures: how many they brought, thoughts left out.
        cost_usd, tokens_usd: see `Record`.
    """

    provider: Annotated[StorableText, Field(max_length=MAX_MODEL_CHARACTERS)] = ""
    model: Annotated[StorableText, Field(max_length=MAX_MODEL_CHARACTERS)] = ""
    pictures: Count = 0
    cost_usd: Amount | None = None
    tokens_usd: Amount | None = None

    @property
    def paid(self) -> float | None:
        return self.cost_usd if self.tokens_usd is None else self.tokens_usd


class Record(_Stored):
    """One press of Generate: whose it is, what was asked, and what came. Never a key.

    Attributes:
        started: aware, UTC, at most `LAST`; `EPOCH` when nobody knows.
        seconds: how long it took in all; None while it has not ended.
        stopped: the person pressed Stop.
        interrupted: the server ended before the job did.
        cost_usd: estimate for the pictures that came; None when no price is known, 0 where nothing is billed.
        tokens_usd: what the tokens of all answers cost; None where they or their prices are not told.
        shares: of a comparison, what each of its models has cost; else none.
        model_id: as it was sent.
        settings: setting name -> value, every row of `playground.request.SETTINGS`.
        continues: "<generation>/<picture>" that this goes on from; "" for a fresh start.
        collapsed: why the earlier turns did not go along; "" where they did.
        sent: the body as it was sent, picture data left out.
        inputs: the pictures that were sent, in order.
        parent: id of the generation that this goes on from or that one of its inputs came from.
        origin: the id that it had where it was exported.
        listed: it belongs to a person who looks through results, and not to a program.
        batched: it was a row of a provider's batch, and cost this part of the usual price.
    """

    version: Literal[2] = 2
    id: StorableText = ""
    owner: StorableText = ""
    mode: Mode = ""
    started: Moment = EPOCH
    seconds: Amount | None = None
    stopped: Flag = False
    interrupted: Flag = False
    cost_usd: Amount | None = None
    tokens_usd: Amount | None = None
    shares: tuple[RecordedShare, ...] = ()
    provider: Annotated[StorableText, Field(max_length=MAX_MODEL_CHARACTERS)] = ""
    model: Annotated[StorableText, Field(max_length=MAX_MODEL_CHARACTERS)] = ""
    model_id: StorableText = ""
    prompt: Annotated[StorableText, Field(max_length=MAX_PROMPT_CHARACTERS)] = ""
    settings: Annotated[dict[str, JsonValue], BeforeValidator(_settings)] = Field(
        default_factory=lambda: known_settings({})
    )
    continues: StorableText = ""
    collapsed: CollapseReason | Literal[""] = ""
    sent: JsonObject = Field(default_factory=dict)
    inputs: tuple[RecordedImage, ...] = ()
    outcomes: tuple[RecordedOutcome, ...] = ()
    parent: StorableText | None = None
    origin: StorableText | None = None
    listed: Flag = True
    batched: Amount | None = None

    @classmethod
    def read(cls, values: object, **known: object) -> Self:
        """The record of a file of ours. `known` counts for more than what the file says of it."""
        return cls.model_validate({**upgrade(values), "version": VERSION, **known}, context=_LENIENT)

    @classmethod
    def read_strict(cls, values: object) -> Self:
        """The record that somebody brings: nothing in it may be wrong.

        Raises:
            RecordRefused: it says why.
        """
        if not isinstance(values, Mapping):
            raise RecordRefused("record_unreadable")
        try:
            record = cls.model_validate(upgrade(values))
        except ValidationError as error:
            is_newer = error.errors()[0]["loc"][0] == "version"
            code = "record_newer" if is_newer else "record_invalid"
            raise RecordRefused(code) from None
        is_too_much = len(record.files) > MAX_FILES or len(record.outcomes) > MAX_FILES
        if is_too_much or not EPOCH < record.started < datetime.now(UTC) + timedelta(days=1):
            raise RecordRefused("record_invalid")
        return record

    @property
    def pictures(self) -> tuple[RecordedPicture, ...]:
        """Every picture that came, thoughts too, in the order in which they were asked for."""
        by_call = sorted(self.outcomes, key=lambda outcome: outcome.call)
        return tuple(picture for outcome in by_call for picture in outcome.pictures)

    @property
    def files(self) -> tuple[RecordedPicture | RecordedImage, ...]:
        """Every picture that has a file beside the record: those that came, and those that were sent."""
        return (*self.pictures, *self.inputs)

    @property
    def values(self) -> dict[str, Any]:
        """The record as JSON has it."""
        return self.model_dump(mode="json")

    @property
    def shareable(self) -> dict[str, Any]:
        """The same without whose it is."""
        return self.model_dump(mode="json", exclude={"owner"})


def upgrade(values: object) -> dict[str, Any]:
    """The values of a record of any release, in today's form; what is no record becomes an empty one."""
    values = dict(values) if isinstance(values, Mapping) else {}
    if "version" in values:
        return values
    settings = {setting.name: values[setting.name] for setting in SETTINGS if setting.name in values}
    outcomes, inputs = values.get("outcomes"), values.get("inputs")
    if isinstance(outcomes, list):
        values["outcomes"] = [_outcome(one) if isinstance(one, dict) else one for one in outcomes]
    if isinstance(inputs, list) and values.get("collapsed") and len(inputs) == _pictures_sent(values):
        values["inputs"] = [*inputs[:-1], {**_object(inputs[-1]), "continued": True}]
    return {**values, "version": VERSION, "settings": settings}


def _outcome(old: dict[str, Any]) -> dict[str, Any]:
    """An outcome of the versions 0 and 1."""
    new = {**old, "text": old["text"] if isinstance(old.get("text"), str) else _words(old.get("answer"))}
    if isinstance(old.get("error"), dict):
        is_provider = bool(old.get("said")) or "billed" in old["error"]
        kind = "no_picture" if old.get("no_picture") else "provider" if is_provider else ""
        new["error"] = {**old["error"], "kind": kind, "said": old.get("said") or ""}
    if isinstance(old.get("pictures"), list):
        declared = {one.get("picture"): one.get("mime_type") for one in _objects(old.get("parts"))}
        declared |= {one.get("name"): one.get("declared_mime_type") for one in _objects(old.get("received"))}
        new["pictures"] = [
            {**one, "declared_mime_type": declared.get(one.get("name")) or ""}
            if isinstance(one, dict)
            else one
            for one in old["pictures"]
        ]
    return new


def _words(answer: object) -> str:
    """The words of an answer, which version 0 kept only in the answer itself."""
    candidates = _objects(_object(answer).get("candidates"))
    parts = [part for one in candidates for part in _objects(_object(one.get("content")).get("parts"))]
    texts = (part.get("text") for part in parts if not part.get("thought"))
    return "\n\n".join(text.strip() for text in texts if isinstance(text, str) and text.strip())


def _pictures_sent(values: Mapping[str, Any]) -> int:
    """How many pictures a body held: a collapsed conversation ends with the one that it goes on from."""
    contents = _objects(_object(values.get("sent")).get("contents"))
    return sum("inlineData" in part for one in contents for part in _objects(one.get("parts")))


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
