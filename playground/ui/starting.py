"""Starts jobs for pages and programs alike, as far as the budget of whoever asks allows it."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import gradio as gr

from playground.errors import InvalidRequest, NotStarted, PlaygroundError
from playground.history import Batch, Cap, Charge
from playground.jobs.costs import charged
from playground.jobs.job import Once
from playground.jobs.studio import Job, Studio
from playground.modes import mode_taking
from playground.providers.credentials import Credentials
from playground.request import ImageRequest, PreparedImage
from playground.server.budgets import BUDGETS, Budgets, Spender
from playground.server.request_log import ID_HEADER, REQUEST_ID
from playground.server.visitors import network

_UNKNOWN_DOLLARS = 0.25
"""What a picture of a model without a known price counts as where the operator pays: a dear one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Payer:
    """Who pays for some calls of a press: the charge, and their numbers."""

    charge: Charge
    calls: tuple[int, ...]


def spender_of(owner: str, asking: gr.Request | None) -> Spender:
    """Who spends, for a page or a program that asks."""
    client = asking.client if asking is not None else None
    return Spender(owner, network(client.host if client is not None else ""))


class Starting:
    """`Studio.start` behind the budgets "calls" and "places" (`playground.server.budgets`) and the limits of
    money (`playground.history.ledger`)."""

    def __init__(self, studio: Studio, budgets: Budgets, caps: Sequence[Cap] = ()) -> None:
        """`caps` are the most that the operator's key may spend."""
        self._studio = studio
        self._budgets = budgets
        self._caps = caps
        self._settling: set[asyncio.Task[None]] = set()

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
        streams: bool = False,
    ) -> Job:
        """As `Studio.start`. `asking` says from which address it is asked.

        Raises:
            InvalidRequest, NotStarted: nothing was sent; also "too_fast", "too_many_at_once", "money_spent",
                "limit_day", "limit_month" and "limit_count".
        """
        await self._studio.load_others(owner)
        if token and (before := self._studio.started_by(token, owner=owner)):
            return before
        if asking is not None:  # what follows has the id of the request, in logs too
            REQUEST_ID.set(asking.headers.get(ID_HEADER, ""))
        spender = spender_of(owner, asking)
        return await self.begin(
            wanted, credentials, spender, mode=mode, listed=listed, token=token, streams=streams
        )

    async def begin(
        self,
        wanted: ImageRequest,
        credentials: Credentials,
        spender: Spender,
        *,
        mode: str,
        listed: bool = True,
        token: str | None = None,
        streams: bool = False,
        once: Once | None = None,
    ) -> Job:
        """The same for whoever asks for no page: a row of a batch. Raises as `start`."""
        owner = spender.visitor
        with ExitStack() as giving_back:
            held = giving_back.enter_context(self._budgets.hold("places", spender, wanted.count))
            self._studio.require(wanted, credentials, owner=owner)
            charges = await self._reserve(self._payers(spender, wanted, credentials))
            giving_back.callback(self._later, charges, None)
            await self._budgets.spend("calls", spender, wanted.count)
            is_new = not (token and self._studio.started_by(token, owner=owner))
            job = await self._studio.start(
                wanted,
                credentials,
                owner=owner,
                mode=mode,
                listed=listed,
                token=token,
                streams=streams,
                once=once,
            )
            giving_back.pop_all()  # from here on the job's
        self._at_end(job, held, charges, is_new=is_new)
        return job

    async def row(self, batch: Batch, wanted: ImageRequest, credentials: Credentials, once: Once) -> Job:
        """The same for a row of a batch, which was started from a page or by a program: see
        `playground.batches.sending.Begin`."""
        spender = Spender(batch.owner, batch.network)
        mode = mode_taking(len(wanted.images))
        return await self.begin(wanted, credentials, spender, mode=mode, listed=False, once=once)

    async def table(self, batch: Batch, size: int) -> None:
        """What is written down of a batch: see `playground.batches.sending.Admit`."""
        try:
            await self._budgets.spend("batches", Spender(batch.owner, batch.network), size)
        except NotStarted as used_up:
            limit, megabytes = used_up.facts["limit"], math.ceil(size / BUDGETS["batches"].unit)
            if megabytes > int(limit):  # tomorrow is no better
                raise NotStarted("batch_too_large", size=megabytes, limit=limit) from None
            raise NotStarted("batches_full", limit=limit) from None

    async def bring(self, owner: str, asking: gr.Request | None) -> None:
        """A conversation that is taken into the history. Raises NotStarted."""
        await self._budgets.spend("imports", spender_of(owner, asking))

    @contextmanager
    def exporting(self, owner: str, asking: gr.Request | None) -> Iterator[None]:
        """Around a report that is made for a program. Raises NotStarted "exports_full"."""
        try:
            held = self._budgets.hold("exports", spender_of(owner, asking))
        except NotStarted:
            raise NotStarted("exports_full") from None
        with held:
            yield

    async def keep(self, size: int, owner: str, asking: gr.Request | None) -> None:
        """Counts the bytes of a file that a program may fetch to what is kept. Raises as `exporting`."""
        try:
            await self._budgets.spend("kept", spender_of(owner, asking), size)
        except NotStarted:
            raise NotStarted("exports_full") from None

    async def count(self, batch: Batch) -> None:
        """One row more of a provider's batch: see `playground.batches.by_provider.Payer`."""
        await self._budgets.spend("calls", Spender(batch.owner, batch.network), 1)

    async def reserve(
        self, batch: Batch, wanted: Sequence[ImageRequest], credentials: Credentials, part: float, charge: str
    ) -> None:
        """What its rows may cost together: the same."""
        catalogue, first = self._studio.catalogue, wanted[0]
        if catalogue.provider(first.provider).free:
            return
        prices = [catalogue.model(one.provider, one.model).price(one.image_size) for one in wanted]
        parts = [None if price is None else price * part for price in prices]
        is_operators = self._studio.provider.spends_ours(first.provider, credentials)
        whole = self._charge(Spender(batch.owner, batch.network), parts, is_operators)
        await self._reserve([_Payer(replace(whole, id=charge), ())])

    def _at_end(self, job: Job, held: ExitStack, charges: Sequence[_Payer], *, is_new: bool) -> None:
        """Gives back what the job holds, and writes down what it has cost, once it has ended."""
        if job.ending is None or not is_new:
            held.close()
            # A new one that has ended already has cost something; what was pressed twice, nothing.
            self._later(charges, job if is_new and job.is_settled else None)
            return
        job.ending.add_done_callback(lambda _: held.close())
        job.ending.add_done_callback(lambda _: self._later(charges, job))

    async def write(
        self,
        prompt: str,
        images: tuple[PreparedImage, ...],
        provider: str,
        credentials: Credentials,
        asking: gr.Request,
        *,
        owner: str,
    ) -> str:
        """As `Provider.write`, once, behind the same budgets and limits as a call for a picture.

        Raises:
            ProviderError: also, and as `start`.
        """
        self._studio.require_open()
        service = self._studio.provider
        service.require_address(provider, credentials)
        spender = Spender(owner, network(asking.client.host if asking.client is not None else ""))
        with self._budgets.hold("places", spender, 1):
            charges = await self._reserve(self._text_payers(spender, provider, credentials, len(images)))
            try:
                await self._budgets.spend("calls", spender, 1)
                return await service.write(prompt, images, provider, credentials, visitor=owner)
            except (InvalidRequest, NotStarted):
                self._later(charges, None)
                raise

    def _text_payers(
        self, spender: Spender, provider: str, credentials: Credentials, pictures: int
    ) -> Iterator[_Payer]:
        """Who pays for a question to a text model; its estimate stays as what it has cost."""
        row = self._studio.catalogue.provider(provider)
        if row.text_model is not None and not row.free:
            is_operators = self._studio.provider.spends_ours(provider, credentials)
            price = row.text_model.price
            # Several pictures are one call, and cost what as many calls would, or a little less.
            prices = [None if price is None else price * max(1, pictures)]
            yield _Payer(self._charge(spender, prices, is_operators), (1,))

    def _payers(self, spender: Spender, wanted: ImageRequest, credentials: Credentials) -> Iterator[_Payer]:
        for is_operators, calls in self._paid(wanted, credentials).items():
            yield self._payer(spender, wanted, is_operators, calls)

    async def _reserve(self, payers: Iterable[_Payer]) -> tuple[_Payer, ...]:
        """What the press may cost, written down for each who pays; nothing where nothing is billed.

        While the database is away, nobody knows what was spent: then the operator's key, where it has a
        limit, pays for nothing, and a person's own goes on.
        """
        reserved: list[_Payer] = []
        for payer in payers:
            try:
                await asyncio.to_thread(self._studio.history.ledger.reserve, payer.charge, self._caps)
            except NotStarted as refused:
                self._budgets.refused["money"] += refused.code == "money_spent"
                self._later(reserved, None)
                raise
            except PlaygroundError as error:
                if payer.charge.network:
                    self._later(reserved, None)
                    raise
                _log.error("what a press may cost could not be written down: %s", error)
            else:
                reserved.append(payer)
        return tuple(reserved)

    def _paid(self, wanted: ImageRequest, credentials: Credentials) -> dict[bool, list[int]]:
        """Whether the operator's key pays -> the numbers of the calls; what is free is left out."""
        paid: dict[bool, list[int]] = {}
        for number, call in enumerate(wanted.calls, 1):
            if not self._studio.catalogue.provider(call.provider).free:
                given = credentials.at(call.provider, wanted.provider)
                is_operators = self._studio.provider.spends_ours(call.provider, given)
                paid.setdefault(is_operators, []).append(number)
        return paid

    def _payer(
        self, spender: Spender, wanted: ImageRequest, is_operators: bool, calls: Sequence[int]
    ) -> _Payer:
        catalogue = self._studio.catalogue
        asked = [wanted.call(number) for number in calls]
        prices = [catalogue.model(one.provider, one.model).price(one.image_size) for one in asked]
        return _Payer(self._charge(spender, prices, is_operators), tuple(calls))

    def _charge(self, spender: Spender, prices: Sequence[float | None], is_operators: bool) -> Charge:
        unknown, is_capped = prices.count(None), is_operators and bool(self._caps)
        return Charge(
            id=uuid.uuid4().hex,
            owner=spender.visitor,
            network=spender.network if is_capped else "",
            dollars=sum(filter(None, prices)) + unknown * (_UNKNOWN_DOLLARS if is_capped else 0.0),
            unknown=unknown,
            is_operators=is_operators,
        )

    def _later(self, charges: Iterable[_Payer], job: Job | None) -> None:
        """What the charges have come to, written down on the side; without a job, nothing was begun."""
        for payer in charges:
            task = asyncio.create_task(asyncio.to_thread(self._settle, payer, job))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    def _settle(self, payer: _Payer, job: Job | None) -> None:
        ledger, charge = self._studio.history.ledger, payer.charge
        try:
            if job is None:
                ledger.release(charge.id)
                return
            cost = charged(job, payer.calls)
            dear = _UNKNOWN_DOLLARS * cost.unknown if charge.network else 0.0
            ledger.settle(charge.id, cost.dollars + dear, cost.unknown)
        except (PlaygroundError, OSError) as error:  # the estimate stays
            _log.error("what a press has cost could not be written down: %s", error)
