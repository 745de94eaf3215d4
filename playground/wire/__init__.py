"""The generateContent dialect: bytes in, values out, no network.

`frame` and `Receiving` are the seam: whoever sends the bytes knows nothing of their inside. They make and
take a body piece by piece; `decode` reads one that has arrived whole.
"""

from __future__ import annotations

from playground.wire.address import model_path, models_path
from playground.wire.answer import decode
from playground.wire.body import elided, frame
from playground.wire.faults import read_error
from playground.wire.frame import Frame
from playground.wire.misses import explain
from playground.wire.receiving import Receiving
from playground.wire.scanner import Caps

__all__ = [
    "Caps",
    "Frame",
    "Receiving",
    "decode",
    "elided",
    "explain",
    "frame",
    "model_path",
    "models_path",
    "read_error",
]
