"""The environment, read once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.errors import ConfigurationError
from playground.settings import Settings, StorageSettings
from tests.environment import settings_from

COUNTS = ("PLAYGROUND_CALLS_PER_VISITOR", "PLAYGROUND_CALLS_AT_ONCE", "PLAYGROUND_CALLS_WAITING")


def test_an_empty_environment_means_this_machine_only() -> None:
    settings = settings_from({})
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
        "GRADIO_ROOT_PATH": "/tools/",
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
    assert settings_from(environment) == Settings(
        server_name="0.0.0.0",
        server_port=8080,
        root_path="/tools",
        data_dir=tmp_path / "here",
        providers_file=tmp_path / "mine.toml",
        share_key=False,
        visitor_base_url=True,
        use_proxy=False,
        calls_per_visitor=2,
        calls_at_once=20,
        calls_waiting=30,
        grace_seconds=1.5,
        separate_visitors=True,
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("/", ""),
        ("tools", "/tools"),
        ("/a/b/", "/a/b"),
        ("https://example.org", "https://example.org"),
        ("https://example.org:8443/tools/", "https://example.org:8443/tools"),
    ],
)
def test_where_a_proxy_shows_the_app_is_a_path_or_an_address(given: str, meant: str) -> None:
    assert settings_from({"GRADIO_ROOT_PATH": given}).root_path == meant


@pytest.mark.parametrize("given", ["ftp://example.org/tools", "/a b", "/a?b", "//example.org", '/"><script>'])
def test_what_is_no_such_address_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match=r"GRADIO_ROOT_PATH: .* is not a path such as /tools"):
        settings_from({"GRADIO_ROOT_PATH": given})


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    names = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "PLAYGROUND_DATA_DIR", "PLAYGROUND_PROVIDERS")
    flags = ("PLAYGROUND_SHARE_KEY", "PLAYGROUND_VISITOR_BASE_URL", "PLAYGROUND_USE_PROXY")
    assert (
        settings_from(dict.fromkeys((*names, *flags, *COUNTS, "PLAYGROUND_GRACE_SECONDS"), " "))
        == settings_from({})
        == Settings(data_dir=Path("data").resolve())
    )


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("text", ["0", "-1", "2.5", "many", "²", "9" * 30])
def test_a_count_that_is_none_names_its_variable(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        settings_from({name: text})


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "a while", "3601"])
def test_a_grace_that_is_none_names_its_variable(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_GRACE_SECONDS"):
        settings_from({"PLAYGROUND_GRACE_SECONDS": text})


@pytest.mark.parametrize("environment", [{"SYSTEM": "spaces"}, {"SPACE_ID": "someone/space"}])
def test_on_spaces_strangers_get_neither_the_key_nor_the_address(environment: dict[str, str]) -> None:
    settings = settings_from(environment)
    assert settings.hosted
    assert not settings.share_key
    assert not settings.visitor_base_url
    assert settings_from({**environment, "PLAYGROUND_SHARE_KEY": "1"}).share_key


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
    assert settings_from({"GRADIO_SERVER_NAME": host}).visitor_base_url is alone


@pytest.mark.parametrize("port", ["0", "65536", "-1", "80.5", "http", "²"])
def test_a_port_that_is_none_names_its_variable(port: str) -> None:
    with pytest.raises(ConfigurationError, match="GRADIO_SERVER_PORT"):
        settings_from({"GRADIO_SERVER_PORT": port})


@pytest.mark.parametrize(
    "name", ["PLAYGROUND_SHARE_KEY", "PLAYGROUND_VISITOR_BASE_URL", "PLAYGROUND_USE_PROXY"]
)
def test_a_flag_that_is_neither_yes_nor_no_names_its_variable(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        settings_from({name: "perhaps"})


@pytest.mark.parametrize(("text", "meaning"), [("1", True), ("TRUE", True), ("On", True), ("0", False)])
def test_flags_may_be_spelled_in_several_ways(text: str, meaning: bool) -> None:
    assert settings_from({"PLAYGROUND_USE_PROXY": text}).use_proxy is meaning


def test_the_home_folder_may_be_written_short() -> None:
    settings = settings_from({"PLAYGROUND_DATA_DIR": "~/pictures", "PLAYGROUND_PROVIDERS": "~/mine.toml"})
    assert settings.data_dir == Path.home().resolve() / "pictures"
    assert settings.providers_file == Path.home() / "mine.toml"


def test_each_variable_of_the_history_is_heard() -> None:
    settings = settings_from(
        {
            "PLAYGROUND_SEPARATE_VISITORS": "yes",
            "PLAYGROUND_DATABASE_URL": "postgres://me:secret@host/db?sslmode=require",
            "PLAYGROUND_PICTURES_URL": "s3://bucket/pictures",
            "PLAYGROUND_LIMITS_URL": "rediss://:secret@host/0",
            "PLAYGROUND_VISITOR_QUOTA_MB": "500",
            "PLAYGROUND_TOTAL_QUOTA_MB": "9000",
            "PLAYGROUND_MIN_FREE_MB": "0",
            "PLAYGROUND_RETENTION_DAYS": "90",
        }
    )
    assert settings.has_strangers
    assert settings.storage == StorageSettings(
        database_url="postgresql+psycopg://me:secret@host/db?sslmode=require",
        pictures_url="s3://bucket/pictures",
        visitor_quota=500_000_000,
        total_quota=9_000_000_000,
        min_free=0,
        retention_days=90,
    )
    assert settings.limits_address == "rediss://:secret@host/0"
    assert "secret" not in repr(settings)


def test_strangers_get_histories_of_their_own_and_limits() -> None:
    assert not settings_from({}).has_strangers
    assert settings_from({}).storage == StorageSettings()
    assert settings_from({"GRADIO_SERVER_NAME": "0.0.0.0"}).has_strangers
    assert not settings_from(
        {"GRADIO_SERVER_NAME": "0.0.0.0", "PLAYGROUND_SEPARATE_VISITORS": "no"}
    ).has_strangers
    hosted = settings_from({"SPACE_ID": "someone/space", "PLAYGROUND_SEPARATE_VISITORS": "no"})
    assert hosted.has_strangers
    assert hosted.storage.visitor_quota == 1_000_000_000
    assert hosted.storage.retention_days == 30
    unlimited = settings_from({"SPACE_ID": "someone/space", "PLAYGROUND_VISITOR_QUOTA_MB": "0"})
    assert unlimited.storage.visitor_quota is None


@pytest.mark.parametrize(
    "address",
    [
        "mysql://u:canary@h/d",
        "canary",
        "postgresql:canary",
        "sqlite:///canary",
        "postgres://u:canary@h:port/d",
    ],
)
def test_a_database_that_is_not_postgresql_is_refused_without_its_address(address: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_DATABASE_URL") as caught:
        settings_from({"PLAYGROUND_DATABASE_URL": address})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("address", ["memcached://:canary@h", "redis:canary", "redis://:canary@h:port"])
def test_limits_that_are_not_counted_in_redis_are_refused_without_their_address(address: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_LIMITS_URL") as caught:
        settings_from({"PLAYGROUND_LIMITS_URL": address})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("text", ["-1", "1.5", "1GB", "²", "9" * 20])
def test_a_number_that_is_none_names_its_variable(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_VISITOR_QUOTA_MB"):
        settings_from({"PLAYGROUND_VISITOR_QUOTA_MB": text})


def test_an_address_that_may_hold_a_password_is_in_no_words() -> None:
    given = {
        "PLAYGROUND_DATABASE_URL": "postgres://me:canary@host/db",
        "PLAYGROUND_PICTURES_URL": "s3://canary",
    }
    settings = settings_from(given)
    assert "canary" not in f"{settings!r} {settings} {settings.storage!r} {settings.model_dump_json()}"


@pytest.mark.parametrize("text", ["-1", "many", "100001"])
def test_an_age_that_no_calendar_has_names_its_variable(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_RETENTION_DAYS"):
        settings_from({"PLAYGROUND_RETENTION_DAYS": text})


@pytest.mark.parametrize(
    ("environment", "explicit"),
    [
        ({}, False),
        ({"PLAYGROUND_VISITOR_BASE_URL": " "}, False),
        ({"PLAYGROUND_VISITOR_BASE_URL": "yes"}, True),
        ({"PLAYGROUND_VISITOR_BASE_URL": "no"}, False),
    ],
)
def test_behind_a_proxy_only_a_written_yes_counts(environment: dict[str, str], explicit: bool) -> None:
    assert settings_from(environment).visitor_base_url_explicit is explicit


def test_the_operator_lists_who_may_frame_the_app() -> None:
    settings = settings_from({"PLAYGROUND_FRAME_ANCESTORS": "https://a.example, https://*.B.example:8443"})
    assert settings.frame_ancestors == ("https://a.example", "https://*.b.example:8443")


@pytest.mark.parametrize(
    "text", ["a.example", "*", "https://a.example/path", "https://a.example; script-src *", "'self'"]
)
def test_what_is_no_origin_is_said_so(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PLAYGROUND_FRAME_ANCESTORS"):
        settings_from({"PLAYGROUND_FRAME_ANCESTORS": text})


@pytest.mark.parametrize(
    ("variable", "text", "takes"),
    [
        ("PLAYGROUND_CALLS_AT_ONCE", "0", "a whole number from 1 to 100000"),
        ("PLAYGROUND_SHARE_KEY", "perhaps", "yes or no"),
        ("PLAYGROUND_MIN_FREE_MB", "1GB", "a whole number of megabytes"),
    ],
)
def test_an_error_says_what_the_variable_takes(variable: str, text: str, takes: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from({variable: text})
    assert str(caught.value) == f"{variable}: {text!r} is not {takes}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("PASWORD", "PASSWORD"), ("METRIC_PORT", "METRICS_PORT"), ("VISITOR_QUOTA", "VISITOR_QUOTA_MB")],
)
def test_a_setting_that_is_misspelt_is_not_passed_over(written: str, meant: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from({f"PLAYGROUND_{written}": "canary"})
    assert str(caught.value) == f"PLAYGROUND_{written}: there is no such setting; PLAYGROUND_{meant} is one"
    settings_from({"PLAYGROUND_GATEWAY_KEY": "x", "OTHER_PASWORD": "x"})  # a gateway's key may be called so


def test_a_password_has_a_length_and_is_in_no_words() -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings_from({"PLAYGROUND_PASSWORD": "canary"})
    assert str(caught.value) == "PLAYGROUND_PASSWORD: this is not a password of 8 signs or more"
    assert "canary" not in repr(settings_from({"PLAYGROUND_PASSWORD": "canary of the house"}))


@pytest.mark.parametrize(
    ("variable", "text"),
    [("PLAYGROUND_METRICS_PORT", "http"), ("PLAYGROUND_LOG", "xml"), ("PLAYGROUND_LOG_PROMPTS", "?")],
)
def test_what_the_operator_alone_sets_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{variable}: '{re.escape(text)}' is not "):
        settings_from({variable: text})
    assert settings_from({"PLAYGROUND_METRICS_PORT": "0"}).metrics_port is None


def test_strangers_spend_the_operators_money_up_to_a_limit() -> None:
    assert settings_from({}).daily_dollars is None
    assert settings_from({"GRADIO_SERVER_NAME": "0.0.0.0"}).daily_dollars == 20
    assert settings_from({"SPACE_ID": "a/b", "PLAYGROUND_DAILY_DOLLARS": "0"}).daily_dollars is None
