"""What the operator sees and does: figures, one line a call, status, block, drain; on the whole app."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from playground.catalogue import Catalogue
from playground.errors import ConfigurationError, PlaygroundError
from playground.history import History
from playground.jobs.job import Outcome
from playground.jobs.studio import Studio
from playground.providers.client import Provider
from playground.server import command, operations
from playground.server.blocklist import FILE, Blocklist
from playground.server.budgets import Budgets
from playground.server.logs import CallLog, JsonFormatter
from playground.server.metrics import Metrics
from playground.server.operations import CallCounts, Operations
from playground.server.readiness import REFUSALS
from playground.settings import Settings
from tests import made_jobs

APP = Path(__file__).parent.parent.parent / "app.py"
KEY = "canary" + "-key-of-nobody-0123456789"
PROMPT = "a canary in a canary-yellow house"
PATIENCE = 60.0


class Running(NamedTuple):
    settings: Settings
    address: str
    errors: Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The app as an operator starts it, with logs in JSON; ended by a signal."""
    folder = tmp_path_factory.mktemp("operated")
    settings = Settings(data_dir=folder / "data", server_port=free_port(), metrics_port=free_port())
    environment = {
        "PLAYGROUND_DATA_DIR": str(settings.data_dir),
        "GRADIO_SERVER_PORT": str(settings.server_port),
        "PLAYGROUND_METRICS_PORT": str(settings.metrics_port),
        "PLAYGROUND_LOG": "json",
        "PLAYGROUND_SEPARATE_VISITORS": "yes",
    }
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen([sys.executable, APP], env=os.environ | environment, stderr=errors)
    address = f"http://127.0.0.1:{settings.server_port}"
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=PATIENCE) as http:
            http.get(f"{address}/health")  # tried again while nobody listens, each time a little later
        yield Running(settings, address, folder / "errors")
    finally:
        process.terminate()
        process.wait(PATIENCE)


def press(running: Running) -> tuple[str, str]:
    """Asks for a picture as a program: what came of it, and the id of the request."""
    headers = {"x-goog-api-key": KEY, "x-request-id": "made-up-by-a-stranger"}
    with httpx.Client(base_url=running.address, trust_env=False, timeout=PATIENCE) as http:
        body = {"prompt": PROMPT, "provider": "demo"}
        began = http.post("/gradio_api/call/v2/text_to_image", json=body, headers=headers)
        began.raise_for_status()
        ended = http.get(f"/gradio_api/call/v2/text_to_image/{began.json()['event_id']}")
    return ended.text, began.headers["x-request-id"]


def lines(running: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.errors.read_text(encoding="utf-8").splitlines()]


def figures(running: Running) -> dict[str, float]:
    answer = httpx.get(f"http://127.0.0.1:{running.settings.metrics_port}/metrics", trust_env=False)
    assert KEY not in answer.text
    assert PROMPT not in answer.text
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[" ".join([sample.name, *sample.labels.values()])] = sample.value
    return found


def told(capsys: pytest.CaptureFixture[str], running: Running, *arguments: str) -> dict[str, Any]:
    command.run(["--json", *arguments], running.settings)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.slow
def test_a_call_has_one_line_with_the_id_of_its_request(running: Running) -> None:
    ended, request = press(running)
    assert "event: complete" in ended
    assert request != "made-up-by-a-stranger"
    written = lines(running)
    (call,) = [line for line in written if line["message"] == "call" and line["request"] == request]
    assert call["provider"] == "demo"
    assert call["outcome"] == "ok"
    assert call["bytes"] > 1000
    assert 0 < call["seconds"] < PATIENCE
    assert len(call["visitor"]) == len("program-") + 12
    (asked,) = [line for line in written if line["message"] == "request" and line["request"] == request]
    assert (asked["route"], asked["status"]) == ("/gradio_api/call/v2/{api_name}", 200)
    text = running.errors.read_text(encoding="utf-8")
    assert KEY not in text
    assert PROMPT not in text


@pytest.mark.slow
def test_the_figures_count_it(running: Running) -> None:
    before = figures(running)
    press(running)
    after = figures(running)
    grown = {name for name, value in after.items() if value > before.get(name, 0)}
    model = "gemini-nano-banana-2.1"
    assert {
        f"playground_calls_total {model} ok demo",
        f"playground_call_seconds_sum {model} demo",
        "playground_answer_bytes_total demo",
        "playground_requests_total POST /gradio_api/call/v2/{api_name} 200",
        "playground_body_bytes_total in",
        "playground_body_bytes_total out",
        "playground_history_bytes",
        "playground_history_generations",
    } <= grown
    assert after["playground_disk_free_bytes"] > 0
    assert after["playground_refused_total calls"] == 0
    assert (after["playground_calls_running"], after["playground_takes_calls"]) == (0, 1)


@pytest.mark.slow
def test_the_operator_drains_and_resumes(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, running, "drain")["refusal"] == "draining"
    ended, _ = press(running)
    assert "takes nothing new" in ended
    assert httpx.get(f"{running.address}/ready", trust_env=False).status_code == 503
    assert httpx.get(f"{running.address}/health", trust_env=False).status_code == 200
    assert told(capsys, running, "resume")["refusal"] == ""
    assert "event: complete" in press(running)[0]


@pytest.mark.slow
def test_the_operator_sees_who_keeps_what_and_shuts_out(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    press(running)
    status = told(capsys, running, "status")
    assert status["visitors"][0]["bytes"] == status["history"]["bytes"] > 0
    assert status["visitors"][0]["calls"] >= 1
    assert told(capsys, running, "block", "127.0.0.1")["blocked"] == ["127.0.0.1/32"]
    answer = httpx.get(running.address, trust_env=False)
    assert (answer.status_code, answer.text) == (403, "Whoever runs this server has shut you out.")
    assert httpx.get(f"{running.address}/health", trust_env=False).status_code == 200
    assert told(capsys, running, "unblock", "127.0.0.1")["blocked"] == []
    assert httpx.get(running.address, trust_env=False).status_code == 200
    command.run(["status"], running.settings)
    assert "takes calls" in capsys.readouterr().out


@pytest.mark.slow
def test_commands_want_the_token(running: Running) -> None:
    file = operations.token_file(running.settings)
    assert file.stat().st_mode & 0o077 == 0
    base = f"http://127.0.0.1:{running.settings.metrics_port}"
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": f"Bearer {'x' * 43}"}):
        for name in ("status", "drain", "resume", "block", "unblock"):
            answer = httpx.post(f"{base}/{name}", headers=headers, trust_env=False)
            assert answer.status_code == 403


def test_a_command_without_a_server_says_what_is_missing(tmp_path: Path) -> None:
    for settings, variable in (
        (Settings(data_dir=tmp_path), "PLAYGROUND_METRICS_PORT"),
        (Settings(data_dir=tmp_path, metrics_port=1), "PLAYGROUND_DATA_DIR"),
    ):
        with pytest.raises(ConfigurationError, match=variable):
            command.run(["status"], settings)
    operations.token_file(Settings(data_dir=tmp_path, metrics_port=1)).write_text("token")
    with pytest.raises(ConfigurationError, match="no server answers"):
        command.run(["status"], Settings(data_dir=tmp_path, metrics_port=1))


# ── the parts ───────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_blocked_is_found_by_name_and_by_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.server.blocklist.LOOK_SECONDS", 0.0)
    blocklist, other = Blocklist(tmp_path), Blocklist(tmp_path)
    assert not other.has("visitor-0123456789abcdef", "192.0.2.7")
    assert blocklist.add("visitor-0123456789ab") == "visitor-0123456789ab"
    assert other.has("visitor-0123456789abcdef", "")  # another process on the same folder
    assert blocklist.add("192.0.2.99/24") == "192.0.2.0/24"
    assert blocklist.add("2001:db8::1") == "2001:db8::/64"
    assert blocklist.add("::ffff:198.51.100.7") == "198.51.100.7/32"
    assert blocklist.remove("::ffff:198.51.100.0/120") == "198.51.100.0/24"
    for address in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::ffff"):
        assert other.has("visitor-other", address)
    for address in ("192.0.3.1", "2001:db8:1::1", "", "testclient"):
        assert not other.has("visitor-other", address)
    blocklist.remove("192.0.2.0/24")
    assert not other.has("visitor-other", "192.0.2.7")


@pytest.mark.parametrize("who", ["", "visitor-", "visitor-0123", "everybody", "program-0123456789ab", "host"])
def test_who_cannot_be_named_is_not_blocked(tmp_path: Path, who: str) -> None:
    with pytest.raises(ValueError, match="neither a visitor"):
        Blocklist(tmp_path).add(who)


@pytest.mark.parametrize("damaged", [b"", b"[", b"[5.5]", b"5", b'["192.0.2.300"]', b"\xff"])
def test_a_damaged_list_keeps_who_was_blocked_and_shuts_out_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    monkeypatch.setattr("playground.server.blocklist.LOOK_SECONDS", 0.0)
    (blocklist, fresh), file = (Blocklist(tmp_path) for _ in range(2)), tmp_path / FILE
    blocklist.add("192.0.2.7")
    file.write_bytes(damaged)
    for _ in range(2):
        assert blocklist.has("visitor-other", "192.0.2.7")
        assert not fresh.has("visitor-other", "192.0.2.7")
    assert len(caplog.records) == 2  # one of each
    with pytest.raises(ValueError, match="damaged"):
        blocklist.add("192.0.2.8")  # would be all that is left
    assert file.read_bytes() == damaged


def test_the_list_is_looked_at_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarters, looked = iter(range(400, 408)), []
    clock = SimpleNamespace(monotonic=lambda: next(quarters) / 4)
    monkeypatch.setattr("playground.server.blocklist.time", clock)
    monkeypatch.setattr(Blocklist, "_read", lambda _: looked.append(1))
    blocklist = Blocklist(tmp_path)
    for _ in range(8):
        blocklist.has("visitor-other", "192.0.2.7")
    assert len(looked) == 2


@pytest.fixture
async def operated(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Operations]:
    studio = Studio(catalogue, Provider(catalogue), History(tmp_path))
    settings, budgets = Settings(data_dir=tmp_path, metrics_port=free_port()), Budgets(is_shared=True)
    yield Operations(settings, studio, budgets, Blocklist(tmp_path), Metrics(catalogue), CallCounts())
    await studio.aclose()


def tokens(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*.token")]


async def test_each_machine_has_its_token_and_takes_no_others_away(
    operated: Operations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machines that share a data folder have the same port."""
    monkeypatch.setattr(socket, "gethostname", lambda: "one")
    async with operated.serving():
        assert tokens(tmp_path) == [f"operator-one-{operated._settings.metrics_port}.token"]
        operations.token_file(operated._settings).write_text("of the process that came after it")
    assert len(tokens(tmp_path)) == 1
    async with operated.serving():
        pass
    assert not tokens(tmp_path)


async def test_no_request_waits_while_the_operator_asks_the_disk(
    operated: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def noting(*_: object) -> list[str]:
        threads.append(threading.current_thread())
        return []

    monkeypatch.setattr(Blocklist, "entries", noting)
    monkeypatch.setattr(History, "free_bytes", property(noting))
    transport = httpx.ASGITransport(operated.app)
    headers = {"authorization": f"Bearer {operated._token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://host", headers=headers) as client:
        for asked in ("/status", "/block?who=192.0.2.7"):
            assert (await client.post(asked)).status_code == 200
    assert len(threads) == 3
    assert threading.main_thread() not in threads


def test_two_processes_block_at_once_and_each_has_its_own_way(tmp_path: Path) -> None:
    def block(name: int) -> None:
        blocklist = Blocklist(tmp_path)
        for number in range(20):
            blocklist.add(f"192.0.{name}.{number}")

    with ThreadPoolExecutor(2) as threads:
        assert [*threads.map(block, (1, 2))] == [None, None]
    assert len(Blocklist(tmp_path).entries()) == 40
    assert {one.name for one in tmp_path.iterdir()} == {FILE, "blocked.lock"}


@pytest.mark.parametrize("refusal", ["stopping", "draining", "full"])
def test_status_says_the_state_in_the_words_of_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], refusal: str
) -> None:
    answer = {"running": 0, "waiting": 0, "refusal": refusal, "free_bytes": 0, "blocked": [], "refused": {}}
    monkeypatch.setattr(command, "_ask", lambda *_: answer | {"history": None})
    command.run(["status"], Settings())
    assert f"state:    {REFUSALS[refusal]}\n" in capsys.readouterr().out


def test_labels_and_lines_hold_nothing_that_somebody_typed(
    catalogue: Catalogue, caplog: pytest.LogCaptureFixture
) -> None:
    job = made_jobs.job(model=KEY, prompt=f"{PROMPT} Bearer {KEY}")
    metrics = Metrics(catalogue)
    stopped = Outcome(1, 1.0, error=PlaygroundError("stopped"))
    with caplog.at_level(logging.INFO):
        for log in (metrics.count_call, CallLog(catalogue), CallLog(catalogue, prompts=True)):
            log(job, stopped)
    text = metrics.text().decode()
    assert 'playground_calls_total{model="other",outcome="stopped",provider="google"} 1.0' in text
    silent, telling = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert (silent["model"], silent["outcome"]) == ("other", "stopped")
    assert "prompt" not in silent
    assert telling["prompt"] == f"{PROMPT} Bearer ***"
    assert KEY not in text + json.dumps([silent, telling])


def test_a_trace_stays_on_its_line(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("playground.any").exception("it failed")
    (text,) = [JsonFormatter().format(record) for record in caplog.records]
    assert "\n" not in text
    assert "two\nlines" in json.loads(text)["trace"]


def test_who_calls_most_is_remembered_and_the_others_not_for_ever() -> None:
    counts = CallCounts(most=2)
    for owner in ("ann", "bob", "bob", "eve"):
        counts(dataclasses.replace(made_jobs.job(), owner=owner), Outcome(1, 1.0))
    assert counts.busiest(9) == ["bob", "eve"]
    assert (counts.of("bob"), counts.of("ann")) == (2, 0)


async def test_a_list_that_cannot_be_written_is_told_in_words(operated: Operations, tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()  # nothing can be written in its place
    transport = httpx.ASGITransport(operated.app)
    headers = {"authorization": f"Bearer {operated._token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://host", headers=headers) as client:
        answer = await client.post("/block", params={"who": "192.0.2.7"})
    assert (answer.status_code, "Is a directory" in answer.text) == (503, True)
