"""The page's script as Python and browsers see it: its modules, their addresses, and what Python calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.ui import script, theme

UI = Path(theme.__file__).parent
MODULES = sorted((theme.STATIC / "js").rglob("*.js"))
TOOLS = Path(__file__).parent.parent / "script"
EXPORTS = re.compile(r"^export (?:const|let|class) (\w+)|^export \{([^}]*)\}", re.M)


def exported(module: Path) -> set[str]:
    found = EXPORTS.findall(module.read_text(encoding="utf-8"))
    return {name for one, many in found for name in re.findall(r"\w+", one or many)}


def imported(module: Path) -> set[Path]:
    """The modules that a browser fetches before it runs this one."""
    text = module.read_text(encoding="utf-8")
    near = {
        (module.parent / name).resolve()
        for name in re.findall(r'^(?:import|export) .*from "(.+)";', text, re.M)
    }
    return near.union(*(imported(other) for other in near))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_is_short_and_begins_with_what_it_is_for(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200
    assert re.match(r"// [A-Z].{20,}", lines[0])


def test_python_calls_only_what_the_page_exports() -> None:
    calls = re.compile(r'script\.(?:call|noting|on_load)\(\s*"(\w+)"')
    called = {name for path in UI.rglob("*.py") for name in calls.findall(path.read_text(encoding="utf-8"))}
    assert called
    assert called <= exported(theme.STATIC / "js" / "page.js")


def test_the_head_asks_at_once_for_everything_that_the_first_module_imports() -> None:
    preloaded = set(re.findall(r'rel="modulepreload" href="look/\w+/(.+?)"', theme.head([])))
    needed = imported(theme.STATIC / "js" / "page.js")
    assert preloaded == {path.relative_to(theme.STATIC).as_posix() for path in needed}


def test_a_call_passes_on_what_gradio_gives_or_fixed_words() -> None:
    assert script.call("mode") == "async (...values) => (await window.playground).mode(...values)"
    assert script.call("fold", "a'b\"c").endswith(r""".fold("a'b\"c")""")


def test_a_note_names_the_values_that_gradio_gives() -> None:
    assert script.noting("keep", {"prompt": 1, "mode": 2}) == (
        'async (...values) => (await window.playground).keep(["prompt", "mode"], ...values)'
    )


def test_the_lock_file_names_no_host_that_packages_come_from() -> None:
    lock = (TOOLS / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
