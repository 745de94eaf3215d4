"""Starts the playground: reads the settings, builds, serves."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from playground import settings as settings_module
from playground.errors import ConfigurationError


def main(arguments: Sequence[str]) -> int:
    try:
        settings = settings_module.read()
        if arguments:
            from playground.server import command

            command.run(arguments, settings)
            return 0
        # Gradio reads these when it is imported: uploads belong below our data directory, statistics nowhere.
        os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.data_dir / "uploads"))
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        gc.disable()  # what the imports make stays until the end: looking for garbage in it slows the start
        from playground.application import serve

        gc.freeze()
        gc.enable()
        serve(settings, os.environ)
    except ConfigurationError as error:
        failed = "This cannot be done." if arguments else "The playground cannot start."
        sys.stderr.write(f"{failed} {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
