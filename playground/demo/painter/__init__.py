"""The demo's painter: draws what a prompt says by rules, for when no model is connected.

`paint` takes a `Commission` (the words, the pixels, pictures to edit or to put together) and gives a
`Painting` (an encoded picture of exactly that size, and a sentence about it). `asked_shape` is the
shape that a prompt has a picture cut to. `improved` and `described`
write what a text model would. Nothing else is for others.
"""

from .model import Commission, Painting, UndecodablePicture
from .understand import asked_shape
from .work import paint
from .writing import described, improved

__all__ = ["Commission", "Painting", "UndecodablePicture", "asked_shape", "described", "improved", "paint"]
