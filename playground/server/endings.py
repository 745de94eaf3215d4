"""Answers that cannot go on, and bodies that nobody can read, end without a fault of the app's.

Gradio notices that a stream's session is unknown when the answer has begun, and asks nobody about the form of
an upload: each would be some nine kilobytes in the log, as often as a stranger asks.
"""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_NO_UPLOAD = "This is no upload: a form of several parts has to have files."


class Endings:
    """ASGI middleware around Gradio's app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:  # nobody is there to be answered
            return
        except FormParserError:
            await PlainTextResponse(_NO_UPLOAD, 400)(scope, receive, send)
        except RuntimeError as error:
            if not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b""})  # Starlette: the answer has begun
