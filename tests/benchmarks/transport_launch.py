"""Starts another program, says what it cost: `python -I -S transport_launch.py PORT PROGRAM [ARGUMENT ...]`.

Prints wall and processor seconds, peak memory in KiB, and the exit status. With a PORT other than 0 the clock
stops at the first whole page with status 200 that the program serves there, and the program is then ended.

A script without the site module, because a program's peak memory counts the process that started it.
"""

from __future__ import annotations

import os
import signal
import sys
import time

_POLL_S = 0.005  # another program's first page can only be asked for again and again; 5 ms of seconds
_PATIENCE_S = 120.0


def _first_page(port: int) -> None:
    """Returns once the page was there."""
    import socket

    given_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < given_up:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                page = b""
                while data := connection.recv(65_536):
                    page += data
            if page.startswith(b"HTTP/1.1 200"):
                return
        except OSError:  # nothing listens there yet
            pass
        time.sleep(_POLL_S)
    raise SystemExit("there was no page")


def _main(port: int, command: list[str]) -> None:
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    started = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=silent)
    seconds = 0.0
    try:
        if port:
            _first_page(port)
            seconds = time.perf_counter() - started
    finally:
        if port:
            os.kill(process, signal.SIGTERM)
        _, status, used = os.wait4(process, 0)
    seconds = seconds or time.perf_counter() - started
    code = 0 if port else os.waitstatus_to_exitcode(status)
    print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss, code)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
