"""What an operator can set: environment variables, read once at start into one value that cannot change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from playground.errors import ConfigurationError

_PREFIX: Final = "PLAYGROUND_"
_MEGABYTE: Final = 1_000_000
_MISSPELT: Final = 0.8
"""How much alike two names are of which one is meant for the other."""
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_ROOT = re.compile(r"(?:https?://[A-Za-z0-9.:\[\]-]+)?(?:/[A-Za-z0-9_.~-]+)*")
_NETWORK = re.compile(r"[0-9a-f.:]+(?:/\d{1,3})?")
_SPACES_PROXIES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1/128")
_ORIGIN = re.compile(r"https?://(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?")


@dataclass(frozen=True)
class StorageSettings:
    """Where the history is kept, and how much of it.

    Attributes:
        database_url: a PostgreSQL address for the index, or None for SQLite beside the pictures. It may hold
            a password.
        pictures_url: an fsspec address of an object store that has every file too, or None. It may hold a
            password.
        visitor_quota: most bytes of one owner, or None.
        total_quota: most bytes of all together, or None.
        min_free: bytes that have to stay free on the disk.
        retention_days: what is older and has no star is removed; None keeps all.
    """

    database_url: str | None = field(default=None, repr=False)
    pictures_url: str | None = field(default=None, repr=False)
    visitor_quota: int | None = None
    total_quota: int | None = None
    min_free: int = 200 * _MEGABYTE
    retention_days: int | None = None


def _matching(pattern: re.Pattern[str]) -> BeforeValidator:
    """Splits a text at its commas; each part has to match."""

    def split(value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = list(filter(None, (part.strip().lower() for part in value.split(","))))
        if not all(pattern.fullmatch(part) for part in parts):
            raise ValueError
        return parts

    return BeforeValidator(split)


def _root(value: str) -> str:
    address = value.rstrip("/")
    if address and "://" not in address and not address.startswith("/"):
        address = f"/{address}"
    if not _ROOT.fullmatch(address):
        raise ValueError
    return address


def _none_for_zero(number: int | None) -> int | None:
    return number or None


def _sqlalchemy_url(address: SecretStr | None) -> SecretStr | None:
    if address is None:
        return None
    scheme, separator, rest = address.get_secret_value().partition("://")
    if scheme not in ("postgresql", "postgres") or not separator:
        raise ValueError
    _ = urlsplit(f"//{rest.rpartition('@')[2]}").port  # raises ValueError for what is no number
    return SecretStr(f"postgresql+psycopg://{rest}")


def _redis_url(address: SecretStr | None) -> SecretStr | None:
    if address is not None:
        parts = urlsplit(address.get_secret_value())
        is_known = parts.scheme in ("redis", "rediss") and parts.hostname
        if not is_known and not (parts.scheme == "unix" and parts.path):
            raise ValueError
        _ = parts.port  # raises ValueError for what is no number
    return address


def is_loopback(host: str) -> bool:
    """Whether a host, by name or number, is this machine to whoever asks for it."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_hosted(given: dict[str, Any]) -> bool:
    return bool(given["space_id"]) or given["system"] == "spaces"


def _is_private(given: dict[str, Any]) -> bool:
    return is_loopback(given["server_name"]) and not _is_hosted(given)


# A type says which texts it takes; its description completes "…: 'this' is not".
Port = Annotated[int, Field(ge=1, le=65535, description="a port from 1 to 65535")]
Flag = Annotated[bool, Field(description="yes or no")]
OptionalPort = Annotated[
    int | None,
    Field(ge=0, le=65535, description="a port from 1 to 65535, or 0 for none"),
    AfterValidator(_none_for_zero),
]
LogForm = Annotated[Literal["plain", "json"], Field(description="plain or json")]
Count = Annotated[int, Field(ge=1, le=100_000, description="a whole number from 1 to 100000")]
Seconds = Annotated[float, Field(ge=0, le=3600, description="a number of seconds from 0 to 3600")]
Megabytes = Annotated[int, Field(ge=0, le=10**12, description="a whole number of megabytes")]
Quota = Annotated[
    int | None,
    Field(ge=0, le=10**12, description="a whole number of megabytes, or 0 for no limit"),
    AfterValidator(_none_for_zero),
]
Days = Annotated[
    int | None,
    Field(ge=0, le=100_000, description="a whole number of days, or 0 for no limit"),
    AfterValidator(_none_for_zero),
]
Password = Annotated[SecretStr | None, Field(min_length=8, description="a password of 8 signs or more")]
Dollars = Annotated[
    int | None,
    Field(ge=0, le=1_000_000, description="a whole number of US dollars, or 0 for no limit"),
    AfterValidator(_none_for_zero),
]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]
HostNames = Annotated[
    frozenset[str],
    NoDecode,
    _matching(_HOST_NAME),
    Field(description="a list of host names alone, separated by commas"),
]
Origins = Annotated[
    tuple[str, ...],
    NoDecode,
    _matching(_ORIGIN),
    Field(description="a list of origins such as https://example.org, separated by commas"),
]
Networks = Annotated[
    tuple[str, ...],
    NoDecode,
    _matching(_NETWORK),
    AfterValidator(lambda networks: tuple(str(ip_network(one, strict=False)) for one in networks)),
    Field(description="a list of addresses or networks such as 10.0.0.0/8, separated by commas"),
]
RootAddress = Annotated[
    str,
    Field(description="a path such as /tools, or an address such as https://example.org/tools"),
    AfterValidator(_root),
]
DatabaseAddress = Annotated[
    SecretStr | None, Field(description="a postgresql:// address"), AfterValidator(_sqlalchemy_url)
]


RedisAddress = Annotated[
    SecretStr | None, Field(description="a redis:// or rediss:// address"), AfterValidator(_redis_url)
]


class Settings(BaseSettings):
    """What an operator can set. A field `calls_waiting` is the variable `PLAYGROUND_CALLS_WAITING`.

    Attributes:
        server_name, server_port: address to listen on (GRADIO_SERVER_NAME, GRADIO_SERVER_PORT).
        root_path: where a proxy shows the app, a path or a whole address; "" for the root (GRADIO_ROOT_PATH).
        space_id, system: set by Hugging Face Spaces (SPACE_ID, SYSTEM), see `hosted`.
        data_dir: everything the app writes is below it.
        providers_file: TOML file laid over the catalogue (PLAYGROUND_PROVIDERS), or None.
        host_names: names that a browser may ask this app by, beside this machine's own.
        frame_ancestors: origins whose pages may show this app in a frame.
        trusted_proxies: addresses and networks of proxies whose `X-Forwarded-` headers count; on Spaces all
            private ones, because nobody else reaches the app there.
        share_key: visitors may use the operator's key from the environment; on everywhere except on Spaces.
        visitor_base_url: visitors may type a base URL; on only when the app listens on this machine alone,
            because the server would call any address they name.
        use_proxy: calls to providers go through the proxy that the environment names.
        calls_per_visitor: calls of one visitor that run at once; the others wait in line.
        calls_at_once: calls of everybody that run at once.
        calls_waiting: calls of everybody that may wait in line; one visitor's may be a quarter of that.
        grace_seconds: how long a stop of the server waits for running calls.
        separate_visitors: each browser has a history of its own; on when others than this machine can come
            by. Off, all browsers share one.
        daily_dollars: most that the operator's key may spend in a day; see `playground.server.budgets.money`.
        password: whoever wants in has to have it; None for everybody.
        metrics_port, metrics_host: where Prometheus and the operator's commands are answered, if anywhere.
        log: "json" writes a line for each request and each call, "plain" only what is wrong.
        log_prompts: the lines of calls have the prompts in them.
        limits_url: the Redis in which several processes count budgets together; each counts alone without.
        database_url ... retention_days: see `StorageSettings`, where sizes are bytes.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, validate_by_name=True, validate_by_alias=True, extra="forbid"
    )

    server_name: str = Field("127.0.0.1", validation_alias="GRADIO_SERVER_NAME")
    server_port: Port = Field(7860, validation_alias="GRADIO_SERVER_PORT")
    root_path: RootAddress = Field("", validation_alias="GRADIO_ROOT_PATH")
    space_id: str = Field("", validation_alias="SPACE_ID")
    system: str = Field("", validation_alias="SYSTEM")
    data_dir: Folder = Field(default_factory=lambda: Path("data").resolve())
    providers_file: Annotated[Path | None, AfterValidator(lambda path: path and path.expanduser())] = Field(
        None, validation_alias="PLAYGROUND_PROVIDERS"
    )
    host_names: HostNames = frozenset()
    frame_ancestors: Origins = ()
    trusted_proxies: Networks = Field(
        default_factory=lambda given: _SPACES_PROXIES if _is_hosted(given) else ()
    )
    share_key: Flag = Field(default_factory=lambda given: not _is_hosted(given))
    visitor_base_url: Flag = Field(default_factory=_is_private)
    use_proxy: Flag = True
    calls_per_visitor: Count = 8
    calls_at_once: Count = 200
    calls_waiting: Count = 1000
    grace_seconds: Seconds = 25.0
    separate_visitors: Flag = Field(default_factory=lambda given: not _is_private(given))
    daily_dollars: Dollars = Field(default_factory=lambda given: None if _is_private(given) else 20)
    password: Password = None
    metrics_port: OptionalPort = None
    metrics_host: str = "127.0.0.1"
    log: LogForm = "plain"
    log_prompts: Flag = False
    database_url: DatabaseAddress = None
    pictures_url: SecretStr | None = None
    limits_url: RedisAddress = None
    visitor_quota_mb: Quota = Field(default_factory=lambda given: 1000 if _is_hosted(given) else None)
    total_quota_mb: Quota = Field(default_factory=lambda given: 20_000 if _is_hosted(given) else None)
    min_free_mb: Megabytes = 200
    retention_days: Days = Field(default_factory=lambda given: 30 if _is_hosted(given) else None)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: dict[str, Any]) -> dict[str, Any]:
        """An empty variable is one that is not set."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @property
    def hosted(self) -> bool:
        """Running on Hugging Face Spaces, where strangers come by."""
        return bool(self.space_id) or self.system == "spaces"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the app."""
        return is_loopback(self.server_name)

    @property
    def has_strangers(self) -> bool:
        """Whether visitors must be told apart: always on Spaces, whatever is set."""
        return self.hosted or self.separate_visitors

    @property
    def visitor_base_url_explicit(self) -> bool:
        """Whether the operator has allowed typed base URLs by name, so that it holds behind a proxy too."""
        return self.visitor_base_url and "visitor_base_url" in self.model_fields_set

    @property
    def limits_address(self) -> str | None:
        """The address of `limits_url`, which may hold a password."""
        return _revealed(self.limits_url)

    @property
    def storage(self) -> StorageSettings:
        """The part that the history needs."""
        return StorageSettings(
            database_url=_revealed(self.database_url),
            pictures_url=_revealed(self.pictures_url),
            visitor_quota=_in_bytes(self.visitor_quota_mb),
            total_quota=_in_bytes(self.total_quota_mb),
            min_free=self.min_free_mb * _MEGABYTE,
            retention_days=self.retention_days,
        )


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _in_bytes(megabytes: int | None) -> int | None:
    return None if megabytes is None else megabytes * _MEGABYTE


def read() -> Settings:
    """The settings that the environment describes. Raises ConfigurationError naming the variable."""
    _refuse_misspelt(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    raise ConfigurationError(_sentence(str(first["loc"][0]), first["input"]))


def _refuse_misspelt(environment: Iterable[str]) -> None:
    """A setting that nobody reads may be the password that its operator believes in."""
    known = [variable(name).removeprefix(_PREFIX) for name in Settings.model_fields]
    for name in environment:
        written = name.removeprefix(_PREFIX)
        meant = get_close_matches(written, known, n=1, cutoff=_MISSPELT) if name != written else []
        if meant and written not in known:
            raise ConfigurationError(f"{name}: there is no such setting; {_PREFIX}{meant[0]} is one")


def _sentence(name: str, given: object) -> str:
    """What is wrong with a variable and what it takes, without a value that may hold a password."""
    by_variable = {variable(field_name): field_name for field_name in Settings.model_fields}
    field_name = by_variable.get(name, name)
    info = Settings.model_fields[field_name]
    shown = "this" if SecretStr in get_args(info.annotation) else repr(given)
    return f"{variable(field_name)}: {shown} is not {info.description}"


def variable(name: str) -> str:
    """The environment variable behind a field of `Settings`."""
    return str(Settings.model_fields[name].validation_alias or f"{_PREFIX}{name.upper()}")
