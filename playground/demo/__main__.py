"""`python -m playground.demo`: the demo gateway as a server of its own."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m playground.demo",
        description="The demo gateway: the Gemini image API answered with drawn pictures, no key needed.",
    )
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on; 0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    options = parser.parse_args(arguments)
    return _serve(options.host, options.port)


def _serve(host: str, port: int) -> int:
    # Imported here so that --help answers at once.
    import socket

    import uvicorn

    from playground import catalogue
    from playground.demo.gateway import create_app

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        sys.stderr.write(f"Cannot listen on {host} port {port}: {error.strerror or error}\n")
        return 1
    # No access log: it would print the `?key=` of every request.
    config = uvicorn.Config(
        create_app(catalogue.load()), access_log=False, log_level="warning", timeout_graceful_shutdown=5
    )
    address = f"[{host}]" if ":" in host else host
    # The port may have been picked by the system.
    sys.stdout.write(f"Demo gateway: http://{address}:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    with listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
