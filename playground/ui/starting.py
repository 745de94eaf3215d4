"""Starts jobs for pages and programs alike, as far as the budget of whoever asks allows it."""

from __future__ import annotations

import math

import gradio as gr

from playground.jobs.studio import Job, Studio
from playground.providers.credentials import Credentials
from playground.request import ImageRequest
from playground.server.budgets import Budgets, Spender
from playground.server.request_log import ID_HEADER, REQUEST_ID
from playground.server.visitors import network

_UNKNOWN_DOLLARS = 0.25
"""What a picture of a model without a known price counts as: a dear one."""


class Starting:
    """`Studio.start` behind the budgets "calls" and "places", see `playground.server.budgets`."""

    def __init__(self, studio: Studio, budgets: Budgets) -> None:
        self._studio = studio
        self._budgets = budgets

    async def start(
        self,
        wanted: ImageRequest,
        credentials: Credentials,
        asking: gr.Request | None,
        *,
        owner: str,
        mode: str,
        listed: bool = True,
        token: str | None = None,
    ) -> Job:
        """As `Studio.start`. `asking` says from which address it is asked.

        Raises:
            NotStarted: also "too_fast", "too_many_at_once" and "money_spent"; nothing was sent.
            InvalidRequest: nothing was sent.
        """
        await self._studio.load_others(owner)
        if token and (before := self._studio.started_by(token, owner=owner)):
            return before
        client = asking.client if asking is not None else None
        spender = Spender(owner, network(client.host if client is not None else ""))
        held = self._budgets.hold("places", spender, wanted.count)
        try:
            if asking is not None:  # what follows has the id of the request, in logs too
                REQUEST_ID.set(asking.headers.get(ID_HEADER, ""))
            await self._spend(spender, wanted, credentials)
            job = await self._studio.start(
                wanted, credentials, owner=owner, mode=mode, listed=listed, token=token
            )
        except BaseException:
            held.close()
            raise
        if job.ending is None:
            held.close()
        else:
            job.ending.add_done_callback(lambda _: held.close())
        return job

    async def _spend(self, spender: Spender, wanted: ImageRequest, credentials: Credentials) -> None:
        """Counts to "calls" and "money", or to neither: nothing that cannot begin is counted."""
        model = self._studio.require(wanted, credentials, owner=spender.visitor)
        cents = 0
        if self._studio.provider.spends_ours(wanted.provider, credentials):
            price = model.price(wanted.image_size)
            cents = math.ceil(100 * wanted.count * (_UNKNOWN_DOLLARS if price is None else price))
        await self._budgets.require("money", spender, cents)
        await self._budgets.spend("calls", spender, wanted.count)
        await self._budgets.spend("money", spender, cents)
