"""Starting the whole product: what cannot be used is said in one sentence, and the program ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent / "app.py"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PLAYGROUND_DATABASE_URL", "postgresql://me:canary@127.0.0.1:1/db"),
        ("PLAYGROUND_PICTURES_URL", "nosuch://me:canary@127.0.0.1/pictures"),
        ("PLAYGROUND_PROVIDERS", "/no/such/file.toml"),
        ("PLAYGROUND_DATA_DIR", "/dev/null/data"),
        ("PLAYGROUND_CALLS_AT_ONCE", "none"),
    ],
)
def test_what_cannot_be_used_ends_the_start_in_one_sentence(
    tmp_path: Path, variable: str, value: str
) -> None:
    environment = {**os.environ, "PLAYGROUND_DATA_DIR": str(tmp_path), variable: value}
    done = subprocess.run(
        [sys.executable, str(APP)], env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("The playground cannot start. ")
    assert variable in sentence or value in sentence
    assert "canary" not in sentence
