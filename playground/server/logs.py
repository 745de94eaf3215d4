"""Logs for machines: each record one line of JSON, with the id of the request that it belongs to.

A call and a request have a line each. No key is in any of them, and no prompt unless the operator wants it;
a visitor is a piece of a name that leads back to nobody.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from playground.catalogue import Catalogue
from playground.history import SHARED_OWNER
from playground.jobs.studio import Job, Outcome
from playground.providers.credentials import redact
from playground.server.request_log import REQUEST_ID, Handled

_FACTS: Final = "facts"
_SHOWN_CHARACTERS: Final = 12
_calls = logging.getLogger("playground.calls")
_requests = logging.getLogger("playground.requests")


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON. What is shaped like a key is masked wherever it stands."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := REQUEST_ID.get():
            line["request"] = request
        if record.exc_info:
            line["trace"] = record.exc_text or self.formatException(record.exc_info)
        for name, value in getattr(record, _FACTS, {}).items():  # the message is masked already
            line[name] = redact(value) if isinstance(value, str) else value
        return json.dumps(line, ensure_ascii=False)


def write_json() -> None:
    """From now on this process logs in JSON, to standard error: warnings of everybody, and our own lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("playground").setLevel(logging.INFO)


def short(owner: str) -> str:
    """Enough of an owner's name to tell visitors apart, and to name one to the `block` command."""
    if owner == SHARED_OWNER:
        return owner
    kind, dash, digest = owner.partition("-")
    return f"{kind}{dash}{digest[:_SHOWN_CHARACTERS]}"


class CallLog:
    """Writes a line for each call."""

    def __init__(self, catalogue: Catalogue, *, prompts: bool = False) -> None:
        self._catalogue = catalogue
        self._prompts = prompts

    def __call__(self, job: Job, outcome: Outcome) -> None:
        """See `OnCall`."""
        asked = job.request
        facts: dict[str, object] = {
            "visitor": short(job.owner),
            "provider": asked.provider,
            "model": self._catalogue.label(asked.provider, asked.model),
            "outcome": outcome.error.code if outcome.error else "ok",
            "seconds": round(outcome.seconds, 3),
            "bytes": sum(picture.byte_count for picture in outcome.pictures),
            "attempts": outcome.attempts,
        }
        if self._prompts:
            facts["prompt"] = asked.prompt
        _calls.info("call", extra={_FACTS: facts})


def log_request(handled: Handled) -> None:
    """Writes a line for a request, see `OnRequest`."""
    facts = asdict(handled) | {"seconds": round(handled.seconds, 3)}
    del facts["id"]  # every line has it
    _requests.info("request", extra={_FACTS: facts})
