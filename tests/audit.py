"""Looks up every locked package for known faults: `python -m tests.audit`. Fails where it finds some.

Where the database cannot be reached, which is no fault of the project's, it says so and ends well.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent.parent / ".ci" / "requirements.lock"
SECONDS = 90
COMMAND = (sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format=json")
QUIET = ("--progress-spinner=off", "--timeout=5", f"--requirement={LOCK}")


def verdict(report: Any) -> tuple[bool, list[str]]:
    """Whether it is good, and what to say, of a report of pip-audit; None is a report that never came."""
    packages = report["dependencies"] if report else []
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if len(unknown) == len(packages):
        return True, [
            "audit: not reached: the database of known faults did not answer; nothing was looked up"
        ]
    faulty = [one for one in packages if one.get("vulns")]
    told = [f"audit: {len(packages) - len(unknown)} packages looked up, {len(faulty)} with known faults"]
    if unknown:
        told.append(f"audit: not reached for {', '.join(unknown)}")
    for one in faulty:
        for fault in one["vulns"]:
            fixed = ", ".join(fault["fix_versions"]) or "no release yet"
            told.append(f"audit: {one['name']} {one['version']}: {fault['id']}, mended in {fixed}")
    return not faulty, told


def main() -> int:
    try:
        done = subprocess.run([*COMMAND, *QUIET], capture_output=True, text=True, timeout=SECONDS)
        report = json.loads(done.stdout) if done.stdout.startswith("{") else None
    except subprocess.TimeoutExpired:
        report = None
    is_good, told = verdict(report)
    print(*told, sep="\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
