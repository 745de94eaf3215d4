"""The calls that Gradio's MCP server makes to this very app, by HTTP, for each call of a tool.

It would ask at the address that the first caller named in its `Host` header, and send there, for as long as
the process lives, what later callers say: their keys, too. So the client that it uses is made here, for the
address at which this process was reached, which no caller can choose.
"""

from __future__ import annotations

import threading
from ipaddress import IPv6Address, ip_address
from typing import Any

from gradio_client import Client
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.server.doors import CLIENT_HEADER, INSIDE_HEADER
from playground.server.proxied import path_in_app
from playground.server.request_log import ID_HEADER, INNER_ID_HEADER

_PATH = "/gradio_api/mcp"


class InnerCalls:
    """Makes the client, once somebody has called a tool and the own address is known by that."""

    def __init__(self, inside: str) -> None:
        """`inside` is the secret by which the app knows its calls to itself, see `Doors`."""
        self._inside = inside
        self._address = ""
        self._client: Client | None = None
        self._one_at_a_time = threading.Lock()

    def serve(self, mcp_server: Any) -> None:
        """From now on, this MCP server (Gradio's `GradioMCPServer`) uses the client made here."""
        mcp_server._get_or_create_client = self.client

    def client(self) -> Client:
        """The client, connected."""
        with self._one_at_a_time:
            if self._client is None:
                self._client = Client(
                    self._address,
                    download_files=False,
                    verbose=False,
                    analytics_enabled=False,
                    headers={"x-gradio-user": "mcp", INSIDE_HEADER: self._inside},
                )
            return self._client

    def around(self, app: ASGIApp) -> ASGIApp:
        """The app, watched for where it is reached; its MCP server is told for whom a call is made."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and path_in_app(scope).startswith(_PATH) and scope.get("server"):
                self._address = self._address or _own_address(*scope["server"])
                scope = {**scope, "headers": list(scope["headers"])}
                client = scope.get("client")
                headers = MutableHeaders(scope=scope)
                headers[CLIENT_HEADER] = client[0] if client else ""
                headers[INNER_ID_HEADER] = headers.get(ID_HEADER, "")
            await app(scope, receive, send)

        return watched


def _own_address(host: str, port: int) -> str:
    try:
        is_v6 = isinstance(ip_address(host), IPv6Address)
    except ValueError:
        is_v6 = False
    return f"http://[{host}]:{port}/" if is_v6 else f"http://{host}:{port}/"
