"""The demo's painter: draws what a prompt says by rules, for when no model is connected.

`paint` takes a `Commission` (the words, the pixels, pictures to edit or to put together) and gives a
`Painting` (an encoded picture of exactly that size, and a sentence about it). Nothing else is for others.
"""

from .model import Commission, Painting, UndecodablePicture
from .work import paint

__all__ = ["Commission", "Painting", "UndecodablePicture", "paint"]
