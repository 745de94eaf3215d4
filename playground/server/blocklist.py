"""Whom the operator has shut out: visitors and network addresses, in a file of the data folder.

All processes on one data folder share it, and notice a change within a second.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final

from playground.history import write_atomically
from playground.history.locks import locked

FILE: Final = "blocked.json"
_LOCK: Final = "blocked.lock"
LOOK_SECONDS: Final = 1.0
"""How often the file is looked at, at most."""
_VISITOR = re.compile(r"visitor-[0-9a-f]{8,40}")
_NEITHER: Final = "neither a visitor as `status` names it nor an address or a network such as 192.0.2.0/24"
_V4_MAPPED_PREFIX: Final = 96
_V6_PREFIX: Final = 64
"""A machine has its pick of all addresses of such a network."""
_log = logging.getLogger(__name__)


class Blocklist:
    """Who is blocked. Cheap to ask: the file is read again only once it has changed.

    While it cannot be read, whoever was blocked stays blocked, and nobody else is.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._lock = data_dir / _LOCK
        self._known: tuple[int, int] | None = None  # what the file was when it was read
        self._look_again = 0.0
        self._trouble = ""
        self._visitors: tuple[str, ...] = ()
        self._networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def has(self, owner: str, address: str) -> bool:
        """Whether a visitor, by the name of the owner, or an address is blocked."""
        self._look()
        if self._visitors and owner.startswith(self._visitors):
            return True
        known = _of(address) if self._networks else None
        return known is not None and any(known in network for network in self._networks)

    def entries(self) -> list[str]:
        """Everybody who is blocked."""
        self._look()
        return [*self._visitors, *map(str, self._networks)]

    def add(self, who: str) -> str:
        """Blocks a visitor (the beginning of an owner's name) or a network; returns how it is written.

        Raises:
            ValueError: it is neither, or the file is damaged; says so.
            OSError: the file cannot be read or written.
        """
        entry = _entry(who)
        with self._changing() as entries:
            entries.add(entry)
        return entry

    def remove(self, who: str) -> str:
        """Lets in again. Raises as `add`."""
        entry = _entry(who)
        with self._changing() as entries:
            entries.discard(entry)
        return entry

    @contextlib.contextmanager
    def _changing(self) -> Iterator[set[str]]:
        """Everybody who is blocked, written anew at the end. Of two processes, one waits for the other."""
        with locked(self._lock):
            self._known = None  # two files within the same moment can look alike
            entries = self._read()
            yield entries
            write_atomically(self._path, json.dumps(sorted(entries)).encode())
            self._read()

    def _look(self) -> None:
        """Reads at most once a second. A file that cannot be read has one line in the log."""
        now = time.monotonic()
        if now < self._look_again:
            return
        self._look_again, before, self._trouble = now + LOOK_SECONDS, self._trouble, ""
        try:
            self._read()
        except (OSError, ValueError) as error:
            self._trouble = str(error)
        if self._trouble != before:
            _log.error("who is blocked: %s", self._trouble or "can be read again")

    def _read(self) -> set[str]:
        """Everybody who is blocked, as it stands in the file now. Raises as `add`."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._known, self._visitors, self._networks = None, (), ()
            return set()
        if self._known != (stat.st_mtime_ns, stat.st_ino):
            self._visitors, self._networks = _parsed(self._path.read_bytes())
            self._known = stat.st_mtime_ns, stat.st_ino
        return {*self._visitors, *map(str, self._networks)}


def _parsed(content: bytes) -> tuple[tuple[str, ...], tuple[IPv4Network | IPv6Network, ...]]:
    """The visitors and the networks of a file. Raises ValueError: it is damaged."""
    try:
        entries: list[str] = json.loads(content)
        visitors = tuple(entry for entry in entries if _VISITOR.fullmatch(entry))
        return visitors, tuple(ip_network(entry) for entry in entries if not _VISITOR.fullmatch(entry))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{FILE} in the data folder is damaged; correct or remove it ({error})") from None


def _entry(who: str) -> str:
    """A visitor as it is, an address as the network that a machine has there."""
    if _VISITOR.fullmatch(who):
        return who
    try:
        network = ip_network(who, strict=False)
    except ValueError:
        raise ValueError(_NEITHER) from None
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= _V4_MAPPED_PREFIX:
        return str(ip_network((mapped, network.prefixlen - _V4_MAPPED_PREFIX)))
    if network.version == 6 and network.prefixlen > _V6_PREFIX:
        network = network.supernet(new_prefix=_V6_PREFIX)
    return str(network)


def _of(address: str) -> IPv4Address | IPv6Address | None:
    try:
        known = ip_address(address)
    except ValueError:  # none is known, as over a socket of the system
        return None
    return (known.ipv4_mapped or known) if isinstance(known, IPv6Address) else known
