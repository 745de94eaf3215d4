"""The container image, step by step without an engine: what it installs, what it holds, and how it runs.

It runs here from what the Dockerfile copies and nothing else, in a mount namespace where everything but the
data folder and a folder for temporary files is read-only, in a network namespace with a loopback alone, and
without a single capability.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import audit

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / ".ci" / "requirements.lock").read_text(encoding="utf-8")
PIN = re.compile(
    r"^(?P<pin>\S+==\S+(?: ; .*?)?) \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)
PATIENCE = 100.0

DRIVER = """
import json, os, subprocess, sys, urllib.request
import httpx
check = [sys.executable, *json.loads(os.environ.pop("CHECK"))]
app = subprocess.Popen([sys.executable, "app.py"])
address = f"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}"
with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=60) as client:
    client.get(address + "/health")
subprocess.run(check, check=True)
def ask(path, body=None):
    asked = urllib.request.Request(address + path, body, {"content-type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.read().decode()
event = json.loads(ask("/gradio_api/call/v2/text_to_image", b'{"prompt": "a red fox"}'))["event_id"]
made = ask(f"/gradio_api/call/v2/text_to_image/{event}")
ready = json.loads(ask("/ready"))
status = open(f"/proc/{app.pid}/status").read() + open(f"/proc/{app.pid}/limits").read()
app.terminate()
print(json.dumps({"made": made[:15], "ready": ready, "status": status, "ended": app.wait(60)}))
"""
"""Starts the app, waits for the health check, makes a picture, stops the app."""


def steps() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with its words; continued lines are joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def of(name: str) -> list[str]:
    return [rest for word, rest in steps() if word == name]


def pins() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for match in PIN.finditer(LOCK):
        requirement = Requirement(match["pin"])
        found.setdefault(requirement.name, []).append(requirement)
    return found


# ── what it installs ────────────────────────────────────────────────────────────────────────────────────────


def test_the_lock_is_hashes_and_nothing_else() -> None:
    rest = PIN.sub("", LOCK)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert "://" not in LOCK  # no registry, no address


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_is_what_the_project_asks_for(python: str) -> None:
    """After a change of `dependencies`: the command at the top of the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    here = {"python_version": python, "python_full_version": f"{python}.1", "sys_platform": "linux"}
    locked = pins()
    optional = project["optional-dependencies"]
    extras = [text for extra in optional if extra != "dev" for text in optional[extra]]
    for text in (*project["dependencies"], *extras):
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate(here):
            continue
        fitting = [
            pin
            for pin in locked.get(canonicalize_name(wanted.name), [])
            if not pin.marker or pin.marker.evaluate(here)
        ]
        assert len(fitting) == 1, f"{wanted}: {fitting}"
        (version,) = [one.version for one in fitting[0].specifier]
        assert wanted.specifier.contains(version), f"{wanted}: {version} is locked"


def test_nothing_is_installed_without_its_hash() -> None:
    runs = " && ".join(of("RUN"))
    (install,) = re.findall(r"pip install [^&]*", runs)
    assert "--require-hashes" in install
    assert "--no-deps" in install
    assert "apt" not in runs
    assert "curl" not in runs


# ── what it is ──────────────────────────────────────────────────────────────────────────────────────────────


def test_it_ends_as_a_user_that_is_not_root() -> None:
    words = [word for word, _ in steps()]
    (user,) = of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert words.index("USER") > max(place for place, word in enumerate(words) if word in ("RUN", "COPY"))
    assert of("VOLUME") == ["/data"]


def test_what_it_copies_is_there_and_reaches_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    copied = [source for rest in of("COPY") for source in rest.split()[:-1]]
    assert sorted(copied) == sorted(let_in)
    assert all((ROOT / source).exists() for source in copied)
    assert any(fnmatch.fnmatch("playground/__pycache__", line) for line in ignored)


def test_the_base_is_pinned_and_another_can_be_named_when_it_is_built() -> None:
    word, base = steps()[0]
    assert word == "ARG"
    assert re.fullmatch(r"BASE=python:3\.12-slim@sha256:[0-9a-f]{64}", base)
    assert steps()[1] == ("FROM", "${BASE}")


# ── how it runs ─────────────────────────────────────────────────────────────────────────────────────────────


def _may_isolate() -> bool:
    """Whether this machine lets us make namespaces: root, and no sandbox around us."""
    tools = all(map(shutil.which, ("unshare", "setpriv", "ip", "mount")))
    return (
        tools and not subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True).returncode
    )


@pytest.mark.slow
def test_it_runs_read_only_without_capabilities_and_without_a_network(tmp_path: Path) -> None:
    if not _may_isolate():
        pytest.skip("namespaces need root")
    folders = {name: tmp_path / name for name in ("app", "data", "tmp")}
    for folder in folders.values():
        folder.mkdir()
    for rest in of("COPY"):
        for source in rest.split()[:-1]:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, folders["app"] / Path(source).name)
    check = json.loads(of("HEALTHCHECK")[0].partition("CMD")[2])
    assert check[0] == "python"
    assert json.loads(of("CMD")[0]) == ["python", "app.py"]
    isolate = " && ".join(
        [
            "mount --make-rprivate /",
            *(f"mount --bind {folders[name]} {folders[name]}" for name in ("data", "tmp")),
            "mount -o remount,ro,bind /",
            "ip link set lo up",
            "ulimit -c 1000",
            f"cd {folders['app']}",
            'exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"',
        ]
    )
    environment = dict(re.findall(r"(\w+)=(\S+)", of("ENV")[0])) | {
        "PATH": os.environ["PATH"],
        "PLAYGROUND_DATA_DIR": str(folders["data"]),
        "TMPDIR": str(folders["tmp"]),
        "HOME": "/nonexistent",
        "CHECK": json.dumps(check[1:]),
    }
    command = ["unshare", "--mount", "--net", "sh", "-c", isolate, "sh", sys.executable, "-c", DRIVER]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["made"] == "event: complete"
    assert told["ready"]["status"] == "ready"
    assert told["ended"] in (0, -15)
    assert re.search(r"CapEff:\s*0+\n", told["status"])
    assert re.search(r"Max core file size\s+0\s+0\s", told["status"]), "a crash would write keys to the disk"
    assert "Traceback" not in done.stderr


# ── what is known of what it installs ───────────────────────────────────────────────────────────────────────

FAULT = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
CLEAN, FAULTY = (
    {"name": "a", "version": "1.0", "vulns": []},
    {"name": "b", "version": "1.0", "vulns": [FAULT]},
)
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (1.0)"}


@pytest.mark.parametrize(
    ("report", "is_good", "said"),
    [
        (None, True, "audit: not reached"),
        ({"dependencies": [UNKNOWN]}, True, "audit: not reached"),
        ({"dependencies": [CLEAN, UNKNOWN]}, True, "1 packages looked up, 0 with known faults\naudit: not"),
        ({"dependencies": [CLEAN, FAULTY]}, False, "audit: b 1.0: PYSEC-1, mended in 2.0"),
    ],
)
def test_an_audit_that_reached_nothing_says_so(report: object, is_good: bool, said: str) -> None:
    found, told = audit.verdict(report)
    assert found is is_good
    assert said in "\n".join(told)
