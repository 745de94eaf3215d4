"""The README's tables and commands, compared with the code they describe."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import settings
from playground.catalogue import Catalogue, load
from playground.demo.painter import Commission, paint
from playground.demo.rehearsals import REHEARSALS
from playground.settings import Settings
from tests import outcome_table
from tests.environment import settings_from

ROOT = Path(__file__).parent.parent
START = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/python app.py"
VARIABLES = "| variable | default | what it does |"
TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' "
    "&& .venv/bin/python -m pytest -n 3 --dist worksteal"
)
PAGES = sorted((ROOT / "playground").rglob("README.md"))
KEY_PLACES = {"x-goog-api-key": "`x-goog-api-key`", "query": "`?key=`", "bearer": "`Authorization: Bearer`"}


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def table(readme: str, header: str) -> list[list[str]]:
    """The cells of the table below `header`, row by row."""
    assert header in readme.splitlines(), f"the README has no table {header}"
    rows = readme.split(f"{header}\n", 1)[1].splitlines()[1:]
    cells = []
    for row in rows:
        if not row.startswith("|"):
            break
        cells.append([cell.strip() for cell in row.strip("|").split("|")])
    assert cells
    return cells


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_provider_is_listed_with_address_key_and_models(readme: str, catalogue: Catalogue) -> None:
    rows = table(readme, "| provider | address | key goes in | models |")
    listed = {codes(provider)[0]: (address, place, models) for provider, address, place, models in rows}
    assert list(listed) == list(catalogue.providers)
    for provider, (address, place, models) in listed.items():
        row = catalogue.provider(provider)
        full_ids = {full for model in row.models.values() for full in model.ids.values()}
        named = set(codes(models))
        assert named == {row.models_from} or set(row.models) <= named <= set(row.models) | full_ids, provider
        assert set(row.key_env) <= set(codes(place)), provider
        if provider != "demo" and row.base_url:
            assert row.base_url in address
        if row.needs_key:
            assert KEY_PLACES[row.auth] in place, provider
        assert not [other for auth, other in KEY_PLACES.items() if auth != row.auth and other in place]


def test_every_variable_is_listed_with_its_default(readme: str) -> None:
    operators = (ROOT / "playground/server/README.md").read_text(encoding="utf-8")
    rows = [row for page in (readme, operators) for row in table(page, VARIABLES)]
    listed = {codes(variable)[0]: default for variable, default, _ in rows}
    defaults = settings_from({})
    values = {settings.variable(name): getattr(defaults, name) for name in Settings.model_fields}
    ours = {name: value for name, value in values.items() if name.startswith(("GRADIO_", "PLAYGROUND_"))}
    assert set(listed) == set(ours)
    for name, value in ours.items():
        assert _as_written(value) in listed[name], name


def _as_written(value: object) -> str:
    """A default as the table writes it; where there is none, the table says so in its own words."""
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if isinstance(value, Path):
        return f"`{value.name}`"
    return f"`{value:g}`" if isinstance(value, int | float) else f"`{value}`" if value else ""


def test_every_rehearsal_is_listed(readme: str) -> None:
    rows = table(readme, "| prompt | what happens |")
    listed = [code for prompt, _ in rows for code in codes(prompt)]
    names = [re.sub(r"\s+\d+$", "", code.removeprefix("demo:").strip()) for code in listed]
    assert all(code.startswith("demo: ") for code in listed)
    assert sorted(names) == sorted(REHEARSALS)


def test_every_outcome_is_listed_with_what_a_person_reads() -> None:
    page = (ROOT / "playground/wire/README.md").read_text(encoding="utf-8")
    listed = ["| " + " | ".join(cells) + " |" for cells in table(page, outcome_table.HEADER)]
    assert listed == outcome_table.rows()


def test_the_example_of_an_operators_file_is_one(readme: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    file = tmp_path / "example.toml"
    file.write_text(example, encoding="utf-8")
    loaded = load(file)
    assert loaded.provider("mine").models[loaded.provider("mine").default_model].max_images == 3


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_the_documents_of_the_code_name_files_that_exist(page: Path) -> None:
    named = re.findall(r"`([\w./-]+\.(?:py|toml|css|js|md))`", page.read_text(encoding="utf-8"))
    assert named
    here, packages = page.parent, [path for path in (ROOT / "playground").iterdir() if path.is_dir()]
    missing = [
        name
        for name in named
        if not any((folder / name).exists() for folder in (here, ROOT, ROOT / "playground", *packages))
    ]
    assert missing == []


def _defined() -> set[str]:
    """What the package calls something: name, module.name, Class.member; and the keys of its TOML files."""
    found: set[str] = set()
    for file in (ROOT / "playground").rglob("*.py"):
        tree = ast.parse(file.read_bytes())
        found |= {file.stem, file.parent.name, *(f"{file.stem}.{name}" for name in _names(tree.body))}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.Module):
                found.update(_names(node.body))
            if isinstance(node, ast.ClassDef):
                found.update(f"{node.name}.{name}" for name in _names(node.body))
    for file in (ROOT / "playground").rglob("*.toml"):
        found.update(re.findall(r"^([a-z_]+) =", file.read_text(encoding="utf-8"), re.MULTILINE))
    return found


def _names(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_the_plan_of_the_code_names_what_exists() -> None:
    text = (ROOT / "playground/README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Za-z_]\w*(?:\.(?!py|toml|js|css)\w+)*)`", text))
    elsewhere = {
        "inlineData",  # of the API
        "MODELS",  # of tests/test_contract.py
        "PLAYGROUND_PROVIDERS",  # of the README above
        "values",  # a table of both word files
    }
    assert {"merged", "Studio.start", "request.build", "carries"} <= named
    assert sorted(named - _defined() - elsewhere) == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_of_the_code_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_readme_is_short(readme: str) -> None:
    assert len(readme.split()) < 1500


@pytest.mark.parametrize("command", [START, TEST])
def test_the_two_commands_stand_on_lines_of_their_own(readme: str, command: str) -> None:
    assert command in [line.strip() for line in readme.splitlines()]


def test_ci_runs_the_readmes_test_command() -> None:
    assert TEST in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_every_file_that_the_readme_links_to_exists(readme: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", readme) + re.findall(r'src(?:set)?="([^"]+)"', readme)
    here = [link for link in links if not link.startswith(("http://", "https://"))]
    assert here, "not even a screenshot"
    assert [link for link in here if not (ROOT / link).exists()] == []


def test_the_demo_understands_what_the_workshop_has_people_write() -> None:
    script = (ROOT / "assets" / "workshop.md").read_text(encoding="utf-8")
    prompts = [
        prompt
        for row in table(script, "| | task · 任务 | words to begin with · 可以这样写 |")
        for prompt in codes(row[2])
    ]
    assert len(prompts) >= 18
    sample = ROOT / "playground" / "ui" / "static" / "samples" / "cat.jpg"
    for prompt in prompts:
        is_drawn = re.search(r"owl|portrait|lighthouse|猫头鹰|肖像|灯塔", prompt)
        pictures = () if is_drawn else (sample, sample) if re.search("icture 2|图2", prompt) else (sample,)
        note = paint(Commission(prompt, 128, 96, pictures)).note
        assert not re.search("Not understood|没看懂|Nothing was changed|没有改动", note), f"{prompt}: {note}"
