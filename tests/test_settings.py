"""The environment, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.errors import ConfigurationError
from playground.settings import Settings, read

COUNTS = ("PLAYGROUND_CALLS_PER_VISITOR", "PLAYGROUND_CALLS_AT_ONCE", "PLAYGROUND_CALLS_WAITING")


def test_an_empty_environment_means_this_machine_only() -> None:
    settings = read({})
    assert (settings.server_name, settings.server_port) == ("127.0.0.1", 7860)
    assert settings.data_dir == Path("data").resolve()
    assert settings.providers_file is None
    assert not settings.hosted
    assert settings.share_key
    assert settings.visitor_base_url
    assert settings.use_proxy


def test_every_variable_is_heard(tmp_path: Path) -> None:
    environment = {
        "GRADIO_SERVER_NAME": " 0.0.0.0 ",
        "GRADIO_SERVER_PORT": "8080",
        "PLAYGROUND_DATA_DIR": str(tmp_path / "here"),
        "PLAYGROUND_PROVIDERS": str(tmp_path / "mine.toml"),
        "PLAYGROUND_SHARE_KEY": "no",
        "PLAYGROUND_VISITOR_BASE_URL": "yes",
        "PLAYGROUND_USE_PROXY": "off",
        "PLAYGROUND_CALLS_PER_VISITOR": "2",
        "PLAYGROUND_CALLS_AT_ONCE": "20",
        "PLAYGROUND_CALLS_WAITING": "30",
        "PLAYGROUND_GRACE_SECONDS": "1.5",
    }
    assert read(environment) == Settings(
        server_name="0.0.0.0",
        server_port=8080,
        data_dir=tmp_path / "here",
        providers_file=tmp_path / "mine.toml",
        hosted=False,
        share_key=False,
        visitor_base_url=True,
        visitor_base_url_asked=True,
        use_proxy=False,
        calls_per_visitor=2,
        calls_at_once=20,
        calls_waiting=30,
        grace_seconds=1.5,
    )


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "PLAYGROUND_DATA_DIR", "PLAYGROUND_PROVIDERS")
    flags = ("PLAYGROUND_SHARE_KEY", "PLAYGROUND_VISITOR_BASE_URL", "PLAYGROUND_USE_PROXY")
    assert (
        read(dict.fromkeys((*names, *flags, *COUNTS, "PLAYGROUND_GRACE_SECONDS"), " "))
        == read({})
        == Settings(data_dir=Path("data").resolve())
    )


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("text", ["0", "-1", "2.5", "many", "²", "9" * 30])
def test_a_count_that_is_none_names_its_variable(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        read({name: text})


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "a while", "3601"])
def test_a_grace_that_is_none_names_its_variable(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_GRACE_SECONDS"):
        read({"PLAYGROUND_GRACE_SECONDS": text})


@pytest.mark.parametrize("environment", [{"SYSTEM": "spaces"}, {"SPACE_ID": "someone/space"}])
def test_on_spaces_strangers_get_neither_the_key_nor_the_address(environment: dict[str, str]) -> None:
    settings = read(environment)
    assert settings.hosted
    assert not settings.share_key
    assert not settings.visitor_base_url
    assert read({**environment, "PLAYGROUND_SHARE_KEY": "1"}).share_key


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("playground.example", False),
    ],
)
def test_visitors_choose_addresses_only_where_nobody_else_can_come_by(host: str, alone: bool) -> None:
    assert read({"GRADIO_SERVER_NAME": host}).visitor_base_url is alone


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80.5", "http", "²"])
def test_a_port_that_is_none_names_its_variable(port: str) -> None:
    with pytest.raises(ConfigurationError, match="GRADIO_SERVER_PORT"):
        read({"GRADIO_SERVER_PORT": port})


@pytest.mark.parametrize(
    "name", ["PLAYGROUND_SHARE_KEY", "PLAYGROUND_VISITOR_BASE_URL", "PLAYGROUND_USE_PROXY"]
)
def test_a_flag_that_is_neither_yes_nor_no_names_its_variable(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        read({name: "perhaps"})


@pytest.mark.parametrize(("text", "meaning"), [("1", True), ("TRUE", True), ("On", True), ("0", False)])
def test_flags_may_be_spelled_in_several_ways(text: str, meaning: bool) -> None:
    assert read({"PLAYGROUND_USE_PROXY": text}).use_proxy is meaning


def test_the_home_folder_may_be_written_short() -> None:
    settings = read({"PLAYGROUND_DATA_DIR": "~/pictures", "PLAYGROUND_PROVIDERS": "~/mine.toml"})
    assert settings.data_dir == Path.home().resolve() / "pictures"
    assert settings.providers_file == Path.home() / "mine.toml"
