"""The demo painter: pictures drawn by rules, for when no model is connected."""

from .model import Commission, Painting, UndecodablePicture
from .work import paint

__all__ = ["Commission", "Painting", "UndecodablePicture", "paint"]
