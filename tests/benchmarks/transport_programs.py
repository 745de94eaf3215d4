"""The variants that are programs: curl with a prepared file, alone or before jq, and starting things."""

from __future__ import annotations

import base64
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.transport_cases import CHECK, WARM_UP, Case
from tests.benchmarks.transport_child import Job, check_files
from tests.benchmarks.transport_clients import place
from tests.benchmarks.transport_measuring import Measurement
from tests.benchmarks.transport_samples import request_body

ROOT = Path(__file__).parent.parent.parent
_LAUNCH = Path(__file__).with_name("transport_launch.py")
_BARE = """
import gradio
with gradio.Blocks() as page:
    gradio.Textbox()
page.launch(quiet=True)
"""
_CURL = (
    "curl",
    "--silent",
    "--show-error",
    "--no-progress-meter",
    "--fail",
    "--noproxy",
    "*",
    "--request",
    "POST",
)
# Without the second header curl waits up to a second for leave to send a large body.
_HEADERS = (
    "--header",
    "Content-Type: application/json",
    "--header",
    "Expect:",
    "--header",
    "x-goog-api-key: b",
)


_DECODING = (
    "jq --raw-output '.candidates[0].content.parts[].inlineData.data // empty'"
    " | split --lines=1 --numeric-suffixes=1 --suffix-length=1 --filter='base64 --decode > $FILE' -"
)
"""What a person does who has only a shell: each line that jq prints becomes a file."""

_NEEDED = {"curl": ("curl",), "curl_jq": ("bash", "curl", "jq", "split", "base64")}


def is_installed(variant: str) -> bool:
    """Whether this machine has the programs of a variant."""
    return all(shutil.which(program) for program in _NEEDED.get(variant, ()))


def environment(out: Path) -> dict[str, str]:
    """This process's environment without keys and proxies; what a program writes goes below `out`.

    Compiled modules are kept, as wherever a program has run before: else ours would be compiled each time,
    and Gradio, which was when it was installed, would not.
    """
    left_out = ("_API_KEY", "_PROXY", "_proxy", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.endswith(left_out)}
    return {
        **kept,
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "GRADIO_TEMP_DIR": str(out / "uploads"),
        "PLAYGROUND_DATA_DIR": str(out / "data"),
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(out),
    }


def measure(job: Job) -> Measurement:
    """Runs the program of a job. Raises AssertionError when the outcome is wrong, CalledProcessError."""
    case = job.find()
    return _start(job) if case.kind == "start" else _curl(job, case)


def _start(job: Job) -> Measurement:
    if job.case == "start_cli":
        ours = ("-m", "playground.demo", "--help")
        return launch((sys.executable, *(ours if job.variant == "ours" else ("-c", "import gradio"))), job)
    program = (str(ROOT / "app.py"),) if job.variant == "ours" else ("-c", _BARE)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return launch((sys.executable, *program), job, port)


def _curl(job: Job, case: Case) -> Measurement:
    folder, out = Path(job.folder), Path(job.out)
    launch(_posting(job, WARM_UP, out / "warm-up"), job)
    if job.variant == "curl_jq":
        measurement = launch(_decoding(job, case), job)
    elif case.kind == "calls":
        measurement = launch(_posting_many(job, case), job)
    else:
        measurement = launch(_posting(job, case.name, out / "call-0.json"), job)
    if job.thorough and case.kind == "send":
        launch(_posting(job, CHECK, out / "check.json", body=case.name), job)
        parts = _parts(out / "check.json")
        assert parts[0]["text"].split() == json.loads((folder / "digests.json").read_text())[case.name]
    elif job.thorough:
        if job.variant == "curl":
            _unpack(out)
        check_files(folder, out, case)
    return measurement


def _posting(job: Job, name: str, target: Path, body: str = "") -> tuple[str, ...]:
    file = Path(job.folder, "bodies", f"{body or name}.json")
    given = file if file.exists() else file.with_name(f"{WARM_UP}.json")
    return (*_CURL, *_HEADERS, "--upload-file", str(given), "--output", str(target), _url(job, name))


def _decoding(job: Job, case: Case) -> tuple[str, ...]:
    """The same call, and its pictures in files of their own."""
    *posting, url = _posting(job, case.name, Path("-"))
    target = shlex.quote(f"{job.out}/call-0-")
    return ("bash", "-o", "pipefail", "-c", f"{shlex.join((*posting, url))} | {_DECODING} {target}")


def _posting_many(job: Job, case: Case) -> tuple[str, ...]:
    out = Path(job.out)
    lines = (f'url = "{_url(job, case.name)}"\noutput = "{out}/call-{n}.json"\n' for n in range(case.count))
    list_file = out / "curl.txt"
    list_file.write_text("".join(lines))
    at_once = ("--parallel", "--parallel-immediate", "--parallel-max", str(case.count))
    return (*_CURL, *_HEADERS, *at_once, "--data", json.dumps(request_body(())), "--config", str(list_file))


def _url(job: Job, name: str) -> str:
    return f"{job.address}/v1beta/models/{name}:generateContent"


def _unpack(out: Path) -> None:
    """The pictures out of the answers that curl saved."""
    for answer in out.glob("call-*.json"):
        blobs = [part["inlineData"] for part in _parts(answer) if "inlineData" in part]
        for number, blob in enumerate(blobs, 1):
            place(answer.with_suffix(""), number).write_bytes(base64.b64decode(blob["data"]))


def _parts(answer: Path) -> list[dict[str, dict[str, str] | str]]:
    parts: list[dict[str, dict[str, str] | str]] = json.loads(answer.read_bytes())["candidates"][0][
        "content"
    ]["parts"]
    return parts


def launch(command: tuple[str, ...], job: Job, port: int = 0) -> Measurement:
    """Runs a program to its end, or to its first page at `port`. Raises AssertionError when it fails."""
    own: Mapping[str, str] = {"GRADIO_SERVER_PORT": str(port)} if port else {}
    done = subprocess.run(
        (sys.executable, "-I", "-S", str(_LAUNCH), str(port), *command),
        cwd=ROOT,
        env={**environment(Path(job.out)), **own},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, cpu, kibibytes, status = done.stdout.split()
    assert status == "0", f"{command[0]} ended with status {status}"
    return Measurement(float(seconds), float(cpu), int(kibibytes) * 1024 / 1e6, None)
