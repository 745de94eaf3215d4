"""The generateContent dialect: bytes in, values out, no network.

`encode` and `decode` are the seam: whoever sends the bytes knows nothing of their inside.
"""

from __future__ import annotations

from playground.wire.address import model_path, models_path
from playground.wire.answer import decode
from playground.wire.body import elided, encode
from playground.wire.faults import read_error
from playground.wire.misses import explain

__all__ = ["decode", "elided", "encode", "explain", "model_path", "models_path", "read_error"]
