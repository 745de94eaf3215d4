"""From a body to an answer that is still being drawn: the same for one call and for a row of a batch."""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from playground.demo import drawing, rehearsals, responses
from playground.demo.rendering import Renderer, Variations
from playground.demo.requests import Model
from playground.demo.spool import Body


@dataclass(frozen=True)
class Answering:
    """An answer in the making.

    Attributes:
        reply: what surrounds its parts.
        parts: the unsigned parts, each as soon as it is there.
        rehearsed: name of what the prompt rehearses; "" for an ordinary one.
    """

    reply: responses.Reply
    parts: AsyncIterator[responses.Part]
    rehearsed: str = ""


@dataclass(frozen=True)
class Answerer:
    """Answers bodies, by one painter."""

    renderer: Renderer
    variations: Variations = field(default_factory=Variations)

    async def begin(self, body: Body, model: Model, visitor: str = "") -> Answering:
        """Reads a body; nothing is drawn before the parts are asked for.

        Raises:
            ApiError: what the model does not accept, and what the prompt rehearses.
        """
        order = await asyncio.to_thread(drawing.order, body, model)
        if error := rehearsals.refusal(order.rehearsal, model.id):
            raise error
        ending = rehearsals.ending(order.rehearsal)
        reply = responses.Reply(model, order.request, ending, secrets.token_urlsafe(16))
        rehearsed = order.rehearsal.name if order.rehearsal else ""
        if model.row.response_modalities == ("TEXT",):
            return Answering(reply, drawing.words(order), rehearsed)
        paint = functools.partial(self.renderer.paint, visitor=visitor)
        parts = drawing.parts(order, self.variations.take(order.digest), paint)
        return Answering(reply, parts, rehearsed)
