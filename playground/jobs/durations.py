"""How long a picture usually takes, measured on the calls of this run of the app."""

from __future__ import annotations

import statistics
from collections import OrderedDict, deque

from playground.request import ImageRequest

_REMEMBERED = 30
_ENOUGH = 3
_MAX_KINDS = 500  # model ids can be typed freely


class Durations:
    """The last durations by provider, model id and size."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[tuple[str, str, str], deque[float]] = OrderedDict()

    def add(self, request: ImageRequest, model_id: str, seconds: float) -> None:
        """Remembers a call that brought a picture."""
        kind = (request.provider, model_id, request.image_size)
        self._seconds.setdefault(kind, deque(maxlen=_REMEMBERED)).append(seconds)
        self._seconds.move_to_end(kind)
        while len(self._seconds) > _MAX_KINDS:
            self._seconds.popitem(last=False)

    def median(self, request: ImageRequest, model_id: str) -> float | None:
        """The median in seconds; None until there are enough calls to have one."""
        known = self._seconds.get((request.provider, model_id, request.image_size), ())
        return statistics.median(known) if len(known) >= _ENOUGH else None
