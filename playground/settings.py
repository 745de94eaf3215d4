"""The environment, read once at start into one value that cannot change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from playground.errors import ConfigurationError

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
_MAX_COUNT = 100_000
_MAX_SECONDS = 3600.0
_MEGABYTE = 1_000_000
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True)
class Keeping:
    """What the history keeps, where, and how much of it.

    Attributes:
        database_url: a PostgreSQL address for the index (PLAYGROUND_DATABASE_URL), or None for SQLite beside
            the pictures. It may hold a password.
        pictures_url: an fsspec address of an object store that has every file too (PLAYGROUND_PICTURES_URL),
            or None. It may hold a password.
        visitor_quota: most bytes of one owner (PLAYGROUND_VISITOR_QUOTA_MB), or None.
        total_quota: most bytes of all together (PLAYGROUND_TOTAL_QUOTA_MB), or None.
        min_free: bytes that have to stay free on the disk (PLAYGROUND_MIN_FREE_MB).
        retention_days: what is older and has no star is removed (PLAYGROUND_RETENTION_DAYS); None keeps all.
    """

    database_url: str | None = field(default=None, repr=False)
    pictures_url: str | None = field(default=None, repr=False)
    visitor_quota: int | None = None
    total_quota: int | None = None
    min_free: int = 200 * _MEGABYTE
    retention_days: int | None = None


@dataclass(frozen=True)
class Settings:
    """What an operator can set.

    Attributes:
        server_name, server_port: address to listen on (GRADIO_SERVER_NAME, GRADIO_SERVER_PORT).
        data_dir: everything the app writes is below it (PLAYGROUND_DATA_DIR).
        providers_file: TOML laid over the catalogue (PLAYGROUND_PROVIDERS), or None.
        host_names: names that a browser may ask this app by, beside this machine's own
            (PLAYGROUND_HOST_NAMES).
        hosted: running on Hugging Face Spaces, where strangers come by.
        share_key: visitors may use the operator's key from the environment (PLAYGROUND_SHARE_KEY);
            on everywhere except on Spaces.
        visitor_base_url: visitors may type a base URL (PLAYGROUND_VISITOR_BASE_URL); on only when the
            app listens on this machine alone, because the server would call any address they name.
        visitor_base_url_asked: the operator has switched that on by name, so it holds behind a proxy too.
        use_proxy: calls to providers go through the proxy that the environment names
            (PLAYGROUND_USE_PROXY).
        calls_per_visitor: calls of one visitor that run at once; the others wait in line
            (PLAYGROUND_CALLS_PER_VISITOR).
        calls_at_once: calls of everybody that run at once (PLAYGROUND_CALLS_AT_ONCE).
        calls_waiting: calls of everybody that may wait in line; one visitor's may be a quarter of that
            (PLAYGROUND_CALLS_WAITING).
        grace_seconds: how long a stop of the server waits for running calls (PLAYGROUND_GRACE_SECONDS).
        separate_visitors: each browser has a history of its own (PLAYGROUND_SEPARATE_VISITORS); on when
            others than this machine can come by. Off, all browsers share one.
        keeping: what the history keeps, where, and how much.
    """

    server_name: str = "127.0.0.1"
    server_port: int = 7860
    data_dir: Path = Path("data")
    providers_file: Path | None = None
    host_names: frozenset[str] = frozenset()
    hosted: bool = False
    share_key: bool = True
    visitor_base_url: bool = True
    visitor_base_url_asked: bool = False
    use_proxy: bool = True
    calls_per_visitor: int = 8
    calls_at_once: int = 200
    calls_waiting: int = 1000
    grace_seconds: float = 25.0
    separate_visitors: bool = False
    keeping: Keeping = Keeping()

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the app."""
        return _is_loopback(self.server_name)

    @property
    def has_strangers(self) -> bool:
        """Whether visitors must be told apart: always on Spaces, whatever is set."""
        return self.hosted or self.separate_visitors


def read(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment describes. Raises ConfigurationError naming the variable."""
    server_name = environment.get("GRADIO_SERVER_NAME", "").strip() or "127.0.0.1"
    hosted = environment.get("SYSTEM") == "spaces" or "SPACE_ID" in environment
    providers = environment.get("PLAYGROUND_PROVIDERS", "").strip()
    return Settings(
        server_name=server_name,
        server_port=_port(environment.get("GRADIO_SERVER_PORT", "").strip() or "7860"),
        data_dir=Path(environment.get("PLAYGROUND_DATA_DIR", "").strip() or "data").expanduser().resolve(),
        providers_file=Path(providers).expanduser() if providers else None,
        host_names=_names(environment.get("PLAYGROUND_HOST_NAMES", "")),
        hosted=hosted,
        share_key=_flag(environment, "PLAYGROUND_SHARE_KEY", default=not hosted),
        visitor_base_url=_flag(
            environment, "PLAYGROUND_VISITOR_BASE_URL", default=_is_loopback(server_name) and not hosted
        ),
        visitor_base_url_asked=_flag(environment, "PLAYGROUND_VISITOR_BASE_URL", default=False),
        use_proxy=_flag(environment, "PLAYGROUND_USE_PROXY", default=True),
        calls_per_visitor=_count(environment, "PLAYGROUND_CALLS_PER_VISITOR", default=8),
        calls_at_once=_count(environment, "PLAYGROUND_CALLS_AT_ONCE", default=200),
        calls_waiting=_count(environment, "PLAYGROUND_CALLS_WAITING", default=1000),
        grace_seconds=_seconds(environment, "PLAYGROUND_GRACE_SECONDS", default=25.0),
        separate_visitors=_flag(
            environment, "PLAYGROUND_SEPARATE_VISITORS", default=hosted or not _is_loopback(server_name)
        ),
        keeping=_keeping(environment, hosted=hosted),
    )


def _keeping(environment: Mapping[str, str], *, hosted: bool) -> Keeping:
    quota, total, days = (1000, 20_000, 30) if hosted else (None, None, None)
    least = _number(environment, "PLAYGROUND_MIN_FREE_MB", default=200)
    return Keeping(
        database_url=_database_url(environment.get("PLAYGROUND_DATABASE_URL", "").strip()),
        pictures_url=environment.get("PLAYGROUND_PICTURES_URL", "").strip() or None,
        visitor_quota=_bytes(_number(environment, "PLAYGROUND_VISITOR_QUOTA_MB", default=quota)),
        total_quota=_bytes(_number(environment, "PLAYGROUND_TOTAL_QUOTA_MB", default=total)),
        min_free=(least or 0) * _MEGABYTE,
        retention_days=_number(environment, "PLAYGROUND_RETENTION_DAYS", default=days),
    )


def _database_url(text: str) -> str | None:
    """The address as the database library spells it. Never in a message: it may hold a password."""
    if not text:
        return None
    scheme, separator, rest = text.partition("://")
    if scheme not in ("postgresql", "postgres") or not separator:
        raise ConfigurationError("PLAYGROUND_DATABASE_URL: this is not a postgresql:// address")
    return f"postgresql+psycopg://{rest}"


def _names(text: str) -> frozenset[str]:
    names = frozenset(filter(None, (name.strip().lower() for name in text.split(","))))
    wrong = next((name for name in sorted(names) if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise ConfigurationError(
            f"PLAYGROUND_HOST_NAMES: {wrong!r} is no host name; write names alone, separated by commas"
        )
    return names


def _bytes(megabytes: int | None) -> int | None:
    return None if megabytes is None else megabytes * _MEGABYTE


def _number(environment: Mapping[str, str], name: str, *, default: int | None) -> int | None:
    """A whole number; 0 stands for no limit."""
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise ConfigurationError(f"{name}: {text!r} is not a whole number")
    return int(text) or None


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigurationError(f"GRADIO_SERVER_PORT: {text!r} is not a port from 1 to 65535")
    return int(text)


def _flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environment.get(name, "").strip().lower()
    if not text:
        return default
    if text in _YES | _NO:
        return text in _YES
    raise ConfigurationError(f"{name}: {text!r} is neither yes nor no")


def _count(environment: Mapping[str, str], name: str, *, default: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:7]) <= _MAX_COUNT):
        raise ConfigurationError(f"{name}: {text!r} is not a number from 1 to {_MAX_COUNT}")
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, *, default: float) -> float:
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MAX_SECONDS:  # no number fails this, too
        raise ConfigurationError(f"{name}: {text!r} is not a number of seconds from 0 to {_MAX_SECONDS:.0f}")
    return seconds


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
