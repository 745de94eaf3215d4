"""Jobs in any state, made without calling anybody, for tests of what the screen says about them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playground import catalogue as catalogue_module
from playground.errors import PlaygroundError
from playground.history import SavedPicture
from playground.jobs.comparison import Difference, Received
from playground.jobs.studio import Job, Outcome
from playground.request import ImageRequest, PreparedImage
from playground.result import ImageResult

MODEL = "gemini-nano-banana-2.1"


def job(*outcomes: Outcome, provider: str = "google", mode: str = "text", **fields: Any) -> Job:
    """A job that has ended with `outcomes`; one that still runs when there are none."""
    catalogue = catalogue_module.load()
    properties = {name: fields.pop(name) for name in ("stopped", "interrupted") if name in fields}
    request = ImageRequest(**{"prompt": "a cat", "provider": provider, "model": MODEL, **fields})
    row = catalogue.provider(provider)
    return Job(
        id="job",
        owner="me",
        mode=mode,
        request=request,
        model=row.models[MODEL],
        sent={"contents": []},
        model_id=MODEL,
        alternatives=tuple((name, model) for name, model in row.models.items() if not model.retirement),
        started=datetime.now(UTC),
        started_clock=time.monotonic(),
        free=row.free,
        outcomes=list(outcomes),
        seconds=2.0 if outcomes else None,
        **properties,
    )


def missed(error: PlaygroundError, call: int = 1, result: ImageResult | None = None) -> Outcome:
    """A call that brought no picture."""
    return Outcome(call, 1.0, result=result, error=error)


def drawn(call: int = 1, *differences: Difference, **figures: Any) -> Outcome:
    """A call that brought one picture."""
    name = f"{call}-1.jpg"
    saved = SavedPicture("job", name, Path(name), None, "image/jpeg", 1024, 1024, 9, "ab")
    came = {
        "name": saved.name,
        "aspect_ratio": "1:1",
        "width": 1024,
        "height": 1024,
        "mime_type": "image/jpeg",
        "declared_mime_type": "image/jpeg",
        "byte_count": 9,
        "model_version": MODEL,
        "seconds": 1.5,
        "tokens": 1290,
        "differences": differences,
    }
    received = Received(**{**came, **figures})
    return Outcome(call, 1.5, result=ImageResult(), pictures=(saved,), received=(received,))


def pictures(count: int) -> tuple[PreparedImage, ...]:
    """Pictures of the person, none of which is on disk."""
    return tuple(PreparedImage(Path(f"{n}.png"), "image/png", 40, 30, 9) for n in range(count))
