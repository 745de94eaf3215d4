"""Figures in a document: a command writes them between two marks."""

from __future__ import annotations

from pathlib import Path


def put_between(marks: tuple[str, str], file: Path, text: str) -> None:
    """Replaces what stands between the two marks in a file. Raises ValueError when it has none."""
    head, begin, rest = file.read_text(encoding="utf-8").partition(marks[0])
    _, end, tail = rest.partition(marks[1])
    if not end:
        raise ValueError(f"{file}: the marks {marks[0]} and {marks[1]} are missing")
    file.write_text(f"{head}{begin}\n\n{text}\n\n{end}{tail}", encoding="utf-8")
