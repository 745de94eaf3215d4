"""An object store as it is in the field: S3, by its own driver, elsewhere than the disk, away at times."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path

import pytest

from tests import s3_server
from tests.history_samples import add, opened
from tests.wire.samples import picture

HAS_S3 = all(importlib.util.find_spec(name) for name in ("moto", "s3fs"))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_S3 and not os.environ.get("CI"), reason="there is no S3 server")
def test_what_comes_while_s3_is_away_is_kept_and_brought_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    port = s3_server.free_port()
    options = {
        "endpoint_url": f"http://127.0.0.1:{port}",
        "key": "any",
        "secret": "canary",
        "config_kwargs": {"connect_timeout": 2, "retries": {"max_attempts": 1}},
    }
    monkeypatch.setitem(fsspec.config.conf, "s3", options)
    address = "s3://bucket/pictures"
    with opened(tmp_path / "one", pictures_url=address) as one:
        with s3_server.running(port):
            fsspec.filesystem("s3").mkdir("bucket")
            before = add(one)
            with opened(tmp_path / "two", pictures_url=address) as two:
                two.start()
                assert two.find_file("me", before, "1-1.png") is not None
        meanwhile = [add(one), add(one)]
        with pytest.raises(OSError, match="EndpointConnectionError"):
            one.maintain()
        with s3_server.running(port):
            fsspec.filesystem("s3").mkdir("bucket")
            one.maintain()
            with opened(tmp_path / "three", pictures_url=address) as three:
                three.start()
                found = [three.find_file("me", generation, "1-1.png") for generation in meanwhile]
                assert [path.read_bytes() for path in found if path] == [picture()] * 2
                assert len(three.page("me").entries) == 2
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(json.dumps("canary").strip('"').encode() in data for data in kept)
