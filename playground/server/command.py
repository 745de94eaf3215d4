"""The operator's commands to a running server: `python app.py status`, `block`, `unblock`, `drain`, `resume`.

They find the server by the same settings that it was started with: its metrics port, and the token that it
left in its data folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from playground.errors import ConfigurationError
from playground.server.operations import token_file
from playground.server.readiness import REFUSALS
from playground.settings import Settings

_SECONDS = 10
_MEGABYTE = 1_000_000


def run(arguments: Sequence[str], settings: Settings) -> None:
    """Does what the arguments say and prints what came of it.

    Raises:
        ConfigurationError: there is no such server, or it refuses.
        SystemExit: the arguments are none.
    """
    asked = _parser().parse_args(arguments)
    answer = _ask(settings, asked.command, getattr(asked, "who", ""))
    text = json.dumps(answer) if asked.json else _told(asked.command, answer)
    sys.stdout.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("app.py", description="Without a command, the server is started.")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="what runs and waits, free disk, who keeps how much, who is blocked")
    commands.add_parser("drain", help="take nothing new; what runs and waits goes on to its end")
    commands.add_parser("resume", help="take calls again")
    for name, what in (("block", "shut out"), ("unblock", "let in again")):
        command = commands.add_parser(name, help=f"{what} a visitor, an address or a network")
        command.add_argument("who", help="as `status` names a visitor, or e.g. 192.0.2.7 or 192.0.2.0/24")
    return parser


def _ask(settings: Settings, command: str, who: str) -> dict[str, Any]:
    if settings.metrics_port is None:
        raise ConfigurationError("PLAYGROUND_METRICS_PORT: set it, for the server and for this command alike")
    try:
        token = token_file(settings).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"PLAYGROUND_DATA_DIR: no running server has left its token there ({error.strerror})"
        ) from None
    headers = {"authorization": f"Bearer {token}"}
    host = f"[{settings.metrics_host}]" if ":" in settings.metrics_host else settings.metrics_host
    address = f"http://{host}:{settings.metrics_port}/{command}"
    try:
        answer = httpx.post(address, params={"who": who}, headers=headers, timeout=_SECONDS, trust_env=False)
    except httpx.TransportError as error:
        raise ConfigurationError(
            f"PLAYGROUND_METRICS_PORT: no server answers at {address} ({type(error).__name__})"
        ) from None
    if answer.status_code != 200:
        raise ConfigurationError(f"{command}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found


def _told(command: str, answer: dict[str, Any]) -> str:
    if command in ("block", "unblock"):
        return "\n".join([f"{command}ed: {answer['entry']}", f"blocked now: {_listed(answer['blocked'])}"])
    refused = [f"{budget} {times} times" for budget, times in answer["refused"].items()]
    lines = [
        f"calls:    {answer['running']} running, {answer['waiting']} waiting",
        f"state:    {REFUSALS.get(answer['refusal'], 'takes calls')}",
        f"disk:     {_megabytes(answer['free_bytes'])} free",
        f"blocked:  {_listed(answer['blocked'])}",
        f"refused:  {_listed(refused)}",
    ]
    if answer["history"] is None:
        return "\n".join([*lines, "history:  the database does not answer"])
    lines.append(_row("history:", answer["history"]))
    for one in answer["visitors"]:
        lines.append(f"{_row(one['visitor'], one)}, {one['calls']} calls since the start")
    return "\n".join(lines)


def _row(name: str, kept: dict[str, Any]) -> str:
    return f"{name:24}{kept['generations']:8} generations {_megabytes(kept['bytes']):>14}"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or "none"


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:,.1f} MB"
