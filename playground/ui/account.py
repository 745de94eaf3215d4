"""Named endpoints about a connection and its money, which Gradio offers as MCP tools too.

Both are free. The key comes in the `x-goog-api-key` header, as for every other call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import gradio as gr

from playground.history import Span, Spent
from playground.history.spans import begin
from playground.jobs.studio import Studio
from playground.providers.credentials import KEY_HEADER, Credentials, clean_key
from playground.request import require_provider
from playground.ui.batch.programs import told, words_of

PARAMETERS: Final = {"check_connection": ("provider",), "spending": ()}


class AccountPrograms:
    """The functions behind the endpoints."""

    def __init__(self, studio: Studio, owner: Callable[[gr.Request | None], str]) -> None:
        """`owner` says whose the calls of a program are."""
        self._studio = studio
        self._owner = owner

    async def check_connection(
        self, provider: str = "demo", request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Find out for free whether a provider answers, takes the key, and which models it lists. The API
        key, where the provider needs one, goes in the x-goog-api-key request header.

        Args:
            provider: demo, google, gateway, uniall, or one the operator added.

        Returns:
            How the key may travel (the safest way first), the models that are listed, and those of them that
            are known here.
        """
        with told(words_of(request)):
            require_provider(provider, self._studio.catalogue)
            key = clean_key(request.headers.get(KEY_HEADER) if request is not None else None)
            look = await self._studio.provider.look(provider, Credentials(key=key))
        known = [one for one in look.models if self._studio.catalogue.find(one) is not None]
        return {"auth": list(look.auths), "open": look.is_open, "models": list(look.models), "known": known}

    async def spending(self, request: gr.Request | None = None) -> dict[str, Any]:
        """What this program has spent today and in this month (UTC), by provider and model.

        Returns:
            US dollars as far as prices are known, and how many pictures have none.
        """
        owner, now = self._owner(request), datetime.now(UTC)

        def spent(span: Span) -> list[dict[str, Any]]:
            return [_spent(one) for one in self._studio.history.ledger.spent(owner, begin(span, now))]

        with told(words_of(request)):
            day, month = await asyncio.to_thread(lambda: (spent(Span.DAY), spent(Span.MONTH)))
        return {"currency": "USD", "day": day, "month": month}

    def register(self) -> None:
        """Adds the endpoints to the page that is being built, over components never shown."""
        door, details = gr.Button(visible=False), gr.JSON(label="details", visible=False)
        provider = gr.Textbox(label="provider", value="demo", visible=False)
        for function, inputs in ((self.check_connection, [provider]), (self.spending, [])):
            door.click(
                fn=function,
                inputs=inputs,
                outputs=[details],
                api_name=function.__name__,
                preprocess=False,
                concurrency_limit=None,
                show_progress="hidden",
            )


def _spent(one: Spent) -> dict[str, Any]:
    return {
        "provider": one.provider,
        "model": one.model,
        "generations": one.count,
        "dollars": one.dollars,
        "unknown": one.unknown,
    }
