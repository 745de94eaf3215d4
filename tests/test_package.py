"""What an installation brings, a start from anywhere, and functions that fit on a screen."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, because building leaves files behind."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    shutil.copytree(ROOT / "playground", source / "playground", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", source)
    (source / "README.md").write_text("# Image Playground")
    command = [sys.executable, "-W", "ignore", "-c", BUILD, str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=60)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("playground/")}
    files = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "playground").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".pyi", ".md")
    }
    assert packed == files


def test_the_installed_package_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    """Loads everything that is read from files: rows, words, styles, samples, drawings."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio, playground, sys\n"
        "from playground import catalogue\n"
        "from playground.demo import painter\n"
        "from playground.application import create\n"
        "from playground.settings import Settings\n"
        "from pathlib import Path\n"
        "async def build():\n"
        "    return create(Settings(data_dir=Path('data').resolve()), {})\n"
        "asyncio.run(build())\n"
        "drawn = painter.paint(painter.Commission('a cat', 64, 64, mime_type='image/png'))\n"
        "print(playground.__file__, len(drawn.data))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "installed") in done.stdout


def test_no_function_is_longer_than_forty_lines() -> None:
    painter = ROOT / "playground" / "demo" / "painter"
    for path in (ROOT / "playground").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and painter not in path.parents:
                assert (node.end_lineno or 0) - node.lineno < 40, f"{path}: {node.name} is too long"
