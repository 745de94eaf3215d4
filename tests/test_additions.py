"""Every recipe of `playground/README.md`, done in a copy of the package and looked for in the running app."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parent.parent / "playground"
README = PACKAGE / "README.md"
MOST_FILES = {"model": 1, "gateway": 1, "setting": 6, "tab": 3, "action": 4, "language": 2}


@dataclass(frozen=True)
class Edit:
    """Text put behind the first place where `anchor` stands in a file; behind its end without an anchor."""

    file: str
    text: str
    anchor: str = ""


ADDITIONS: Mapping[str, tuple[Edit, ...]] = {
    "model": (
        Edit(
            "catalogue.toml",
            '\n[providers.google.models."made-up-image"]\nname = "Made Up"\nimage_sizes = ["1K"]\n'
            'aspect_ratios = ["1:1", "5:2"]\n',
        ),
    ),
    "gateway": (
        Edit(
            "catalogue.toml",
            '\n[providers.elsewhere]\nname = "Elsewhere"\nbase_url = "https://elsewhere.example"\n'
            'default_model = "some-image"\n[providers.elsewhere.models.some-image]\nname = "Some"\n',
        ),
    ),
    "setting": (
        Edit(
            "request.py",
            '\n    Setting(name="mood", allowed="moods", path=("generationConfig", "mood"), '
            'documentation="Calm or wild."),',
            "SETTINGS: Final[tuple[Setting, ...]] = (",
        ),
        Edit(
            "request.py",
            "\n    mood: str = AUTO",
            "    search: Annotated[Text, AfterValidator(_lower)] = OFF",
        ),
        Edit("catalogue.py", "\n    moods: tuple[str, ...] = ()", "    signs_pictures: bool = False"),
        Edit(
            "catalogue.toml",
            '\nmoods = ["calm", "wild"]',
            '[providers.google.models."gemini-nano-banana-2.1"]\nname = "Nano Banana 2.1"',
        ),
        Edit("ui/words/en.toml", '\n[settings.mood]\nlabel = "Mood"\n'),
        Edit("ui/words/zh.toml", '\n[settings.mood]\nlabel = "情绪"\n'),
    ),
    "tab": (
        Edit("modes.py", ', Mode("storyboard", 3, 6)', 'Mode("compose", 2, 14)'),
        Edit("ui/words/en.toml", '\nstoryboard = "Storyboard"', "[tabs]"),
        Edit("ui/words/en.toml", '\nstoryboard = "Say what happens."', "[prompt.hints]"),
        Edit("ui/words/zh.toml", '\nstoryboard = "分镜"', "[tabs]"),
        Edit("ui/words/zh.toml", '\nstoryboard = "说说发生了什么。"', "[prompt.hints]"),
    ),
    "action": (
        Edit(
            "ui/actions.py",
            '\n    Action("invert", "done.invert", "ic ic-edit", Place.RESULT, "picture", do.invert),',
            "ACTIONS = (",
        ),
        Edit(
            "ui/action_handlers.py",
            "\n\nasync def invert(context: Context, press: Press) -> Any:\n"
            '    return _refused(press, "done.invert")\n',
        ),
        Edit("ui/words/en.toml", '\ninvert = "Invert the colours"', "[done]"),
        Edit("ui/words/zh.toml", '\ninvert = "反转颜色"', "[done]"),
    ),
    "language": (
        Edit("ui/words/fr.toml", ""),
        Edit(
            "ui/words/__init__.py",
            '\n    "fr": Language("fr", "fr_FR", ("fr",)),',
            '    "zh": Language("zh-CN", "zh_CN", ("zh", "zh-CN", "zh-TW", "zh-HK", "zh-SG", "zh-MO")),',
        ),
    ),
}
LOOK = """
import json, sys
from pathlib import Path
import httpx
from playground.history import SavedPicture
from playground.settings import Settings
from playground.ui.actions import Place, Subject, buttons
from playground.ui.words import words_for
from tests.app_server import run_app
from tests.page_events import Page

with run_app(Settings(data_dir=Path(sys.argv[1])), {}) as url:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        page, config, info = [client.get(path) for path in ("/", "/config", "/gradio_api/info")]
        tray = [{"sample": name} for name in ("cat", "room", "house")]
        wide = Page(client).generate(model="made-up-image", prompt="a cat", ratio="5:2", size="1K")
        few = Page(client).generate(mode="storyboard", prompt="a cat", **{"tray-storyboard": tray[:1]})
        told = Page(client).generate(mode="storyboard", prompt="a cat", **{"tray-storyboard": tray})
picture = SavedPicture("g", "1-1.jpg", Path("1-1.jpg"), None, "image/jpeg", 4, 3, 9, "ab")
button = str(buttons(Place.RESULT, Subject("g", picture), words_for("fr")))
found = {"page": page.text, "config": config.json(), "info": info.json(), "button": button}
print(json.dumps({**found, "told": told, "wide": wide, "few": few}))
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What an app with all of them says of itself: its page, its endpoints, the buttons of a result."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, root / "playground", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "playground/ui/words/en.toml", root / "playground/ui/words/fr.toml")
    for edit in (edit for name, edits in ADDITIONS.items() for edit in edits):
        file = root / "playground" / edit.file
        text = file.read_text(encoding="utf-8")
        before, anchor, after = text.partition(edit.anchor) if edit.anchor else (text, "", "")
        assert anchor or not edit.anchor, f"{edit.file} has no {edit.anchor!r} any more"
        file.write_text(before + anchor + edit.text + after, encoding="utf-8")
    shutil.copy(root / "playground/ui/words/en.toml", root / "playground/ui/words/fr.toml")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(root), str(PACKAGE.parent)))}
    command = [sys.executable, "-c", LOOK, str(root / "data")]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
    records = [json.loads(file.read_bytes()) for file in (root / "data").rglob("record.json")]
    return {**json.loads(done.stdout.splitlines()[-1]), "records": records}


def components(app: Any, kind: str) -> list[dict[str, Any]]:
    return [one["props"] for one in app["config"]["components"] if one["type"] == kind]


@pytest.mark.slow
def test_a_model_can_be_chosen(app: Any) -> None:
    assert "made-up-image" in json.dumps([one.get("choices") for one in components(app, "dropdown")])


@pytest.mark.slow
def test_a_shape_that_only_an_added_model_has_is_drawn_and_called_by_its_name(app: Any) -> None:
    assert 'value="5:2"' in app["page"]
    assert 'data-state=\\"done\\"' in app["wide"]
    assert "21:9" not in app["wide"]
    assert ">5:2<" in app["wide"]


@pytest.mark.slow
def test_a_gateway_can_be_chosen(app: Any) -> None:
    assert "elsewhere" in json.dumps([one.get("choices") for one in components(app, "dropdown")])


@pytest.mark.slow
def test_a_setting_is_a_control_and_a_parameter(app: Any) -> None:
    assert any("wild" in json.dumps(one.get("choices")) for one in components(app, "radio"))
    for name in ("/text_to_image", "/edit_image", "/compose_images"):
        endpoint = app["info"]["named_endpoints"][name]
        assert "mood" in [parameter["parameter_name"] for parameter in endpoint["parameters"]]


@pytest.mark.slow
def test_a_tab_stands_on_the_page(app: Any) -> None:
    assert "storyboard" in [one.get("id") for one in components(app, "tabitem")]
    assert "tray-storyboard" in [one.get("elem_id") for one in components(app, "html")]


@pytest.mark.slow
def test_an_added_tab_says_how_many_pictures_it_takes(app: Any) -> None:
    (tray,) = [one for one in components(app, "html") if one.get("elem_id") == "tray-storyboard"]
    assert "fewest&#34;: 3, &#34;most&#34;: 6" in tray["html_template"]
    assert "at least 3 pictures" in app["few"]


@pytest.mark.slow
def test_a_press_in_an_added_tab_makes_a_picture_that_is_kept(app: Any) -> None:
    assert 'data-state=\\"done\\"' in app["told"]
    assert sorted(one["mode"] for one in app["records"]) == ["storyboard", "text"]


@pytest.mark.slow
def test_an_action_is_a_button_and_an_event(app: Any) -> None:
    assert "Invert the colours" in app["button"]
    assert any("invert" in str(one.get("js_on_load")) for one in components(app, "html"))


@pytest.mark.slow
def test_a_language_is_spoken(app: Any) -> None:
    assert "fr" in re.findall(r'name="languages" content=[\'"]([^>]*)>', app["page"])[0]


@pytest.mark.parametrize("name", ADDITIONS)
def test_the_recipe_names_the_files_and_no_more_than_promised(name: str) -> None:
    (recipe,) = re.findall(rf"### Add an? {name}\n(.*?)\n###", README.read_text(encoding="utf-8"), re.DOTALL)
    files = {edit.file.replace("fr.toml", "<code>.toml") for edit in ADDITIONS[name]}
    assert len(files) <= MOST_FILES[name]
    assert [file for file in files if f"`{file}`" not in recipe] == []
