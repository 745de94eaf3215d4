"""An object store that has every file of every generation, so that several replicas share one history.

The local disk then holds copies. A file is in the store before the index knows of it.
"""

from __future__ import annotations

import contextlib
import errno
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playground.errors import ConfigurationError

_ON_DISK = frozenset({"file", "local"})
_NOTHING = ".nothing"


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """Each driver has errors of its own, which have nothing in common and may hold an address."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(errno.EIO, type(error).__name__) from error


class ObjectStore:
    """Files below one address, in whatever fsspec speaks. Thread-safe. Raises OSError."""

    def __init__(self, url: str) -> None:
        """Raises ConfigurationError when nothing is installed that speaks the address's protocol."""
        import fsspec.core  # late: it takes a while, and few set a store

        try:
            self._system: Any
            self._system, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(
                f"PLAYGROUND_PICTURES_URL: nothing here speaks this address ({type(error).__name__}); "
                "install the fsspec package for it, for example s3fs or gcsfs"
            ) from None
        except OSError as error:  # of those that connect at once
            raise ConfigurationError(
                f"PLAYGROUND_PICTURES_URL: no store answers at this address ({type(error).__name__})"
            ) from None
        protocol = self._system.protocol
        names = {protocol} if isinstance(protocol, str) else set(protocol)
        self._is_disk = bool(names & _ON_DISK)

    @_as_os_error()
    def put(self, generation: str, name: str, path: Path) -> None:
        """Copies a file into the store; whole or not at all."""
        target = self._path(generation, name)
        if not self._is_disk:  # an object store shows an object when all of it is there
            self._system.put_file(str(path), target)
            return
        self._system.makedirs(self._path(generation), exist_ok=True)
        temporary = self._path(generation, f".{path.name}")
        self._system.put_file(str(path), temporary)
        self._system.mv(temporary, target)

    @_as_os_error()
    def fetch(self, generation: str, name: str, target: Path) -> bool:
        """Copies a file out of the store; False when there is none."""
        try:
            self._system.get_file(self._path(generation, name), str(target))
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            return False
        return True

    @_as_os_error()
    def check(self) -> None:
        """Asks for one thing."""
        with contextlib.suppress(FileNotFoundError):  # there is none of this name, says the store
            self._system.info(self._path(_NOTHING))

    def names(self, generation: str) -> list[str]:
        """Names of a generation's files."""
        return [name for name in self._listed(self._path(generation)) if not name.startswith(".")]

    def ids(self) -> Iterator[str]:
        """Ids of all generations."""
        yield from self._listed(self._root)

    @_as_os_error()
    def remove(self, generation: str) -> None:
        """Takes a generation out of the store."""
        path = self._path(generation)
        if self._system.exists(path):
            self._system.rm(path, recursive=True)

    def _path(self, *names: str) -> str:
        return posixpath.join(self._root, *names)

    @_as_os_error()
    def _listed(self, path: str) -> list[str]:
        try:
            found = self._system.ls(path, detail=False)
        except FileNotFoundError:
            return []
        return [posixpath.basename(str(item).rstrip("/")) for item in found]
