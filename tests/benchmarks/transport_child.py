"""One variant of one case in a fresh process: `python -m tests.benchmarks.transport_child JOB` (JSON).

Imports and one warm-up lie outside of what is measured. What was measured is checked: a benchmark of a wrong
answer is worthless. Prints the measurement as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.benchmarks import transport_cases, transport_clients, transport_pictures, transport_samples
from tests.benchmarks.transport_cases import CHECK, WARM_UP, Case
from tests.benchmarks.transport_measuring import Measurement, measured


@dataclass(frozen=True)
class Job:
    """What one process is to do.

    Attributes:
        case, variant, scale: who does what, and how much of it.
        address: base URL of the server.
        folder: the samples.
        out: an empty folder for what is made.
        thorough: check once more what takes long to check.
    """

    case: str
    variant: str
    scale: float
    address: str
    folder: str
    out: str
    thorough: bool

    def find(self) -> Case:
        return transport_cases.find(self.case).scaled(self.scale)


async def run(job: Job) -> Measurement:
    """Does the job. Raises AssertionError when the outcome is wrong."""
    case = job.find()
    if case.kind in ("prepare", "thumbnail", "untouched"):
        return await _picture(job, case)
    return await _calls(job, case)


async def _calls(job: Job, case: Case) -> Measurement:
    folder, out = Path(job.folder), Path(job.out)
    pictures = transport_samples.inputs(folder, case)
    client = transport_clients.client(job.variant, job.address)
    await client.call(WARM_UP, (), out / "warm-up")

    async def work() -> None:
        calls = case.count if case.kind == "calls" else 1
        await asyncio.gather(*(client.call(case.name, pictures, out / f"call-{n}") for n in range(calls)))

    measurement, _ = await measured(work)
    if case.kind == "send" and job.thorough:
        seen = await client.call(CHECK, pictures, out / "check")
        assert seen.split() == _digests(folder, case), "the server received other pictures"
    await client.aclose()
    if case.kind != "send":
        check_files(folder, out, case)
    return measurement


def check_files(folder: Path, out: Path, case: Case) -> None:
    """Raises AssertionError unless every picture of every call is there, byte for byte."""
    digests = _digests(folder, case)
    for call in range(case.count if case.kind == "calls" else 1):
        for number, digest in enumerate(digests, 1):
            path = transport_clients.place(out / f"call-{call}", number)
            assert transport_samples.sha256(path.read_bytes()) == digest, f"{path.name} is another picture"


def _digests(folder: Path, case: Case) -> list[str]:
    digests: list[str] = json.loads((folder / "digests.json").read_text())[case.name]
    return digests


async def _picture(job: Job, case: Case) -> Measurement:
    folder, out = Path(job.folder), Path(job.out)
    work = transport_pictures.work(case, job.variant, folder, out)
    await asyncio.to_thread(work)
    total, made = await measured(lambda: asyncio.to_thread(work))
    if job.thorough:
        transport_pictures.check(case, job.variant, folder, made)
    times = transport_pictures.runs_of(case)
    return replace(total, wall_s=total.wall_s / times, cpu_s=total.cpu_s / times)


def main(arguments: Sequence[str]) -> None:
    """Runs the job that is described in the one argument."""
    job = Job(**json.loads(arguments[0]))
    print(json.dumps(asdict(asyncio.run(run(job)))))


if __name__ == "__main__":
    main(sys.argv[1:])
