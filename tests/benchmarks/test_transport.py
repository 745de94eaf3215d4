"""The measurements themselves: they run, their arithmetic is right, and they notice wrong answers."""

from __future__ import annotations

import asyncio
import base64
import json
import mmap
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.benchmarks import transport, transport_programs, transport_report, transport_samples
from tests.benchmarks.marks import put_between
from tests.benchmarks.transport_cases import CASES, CHECK, find
from tests.benchmarks.transport_child import Job, check_files
from tests.benchmarks.transport_measuring import Heartbeat, Measurement, measured
from tests.benchmarks.transport_report import Report, judge, medians, targets

SMALL = 0.02
MOVING = ("send_14x7", "receive_4x30")
CLIENTS = {"ours", "google_genai_sync", "google_genai_async", "naive"}


# ── a whole run ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_small_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Every client and every check, on little data."""
    only = ",".join((*MOVING, "prepare_24mp", "thumbnail_24mp", "untouched_24mp"))
    assert transport.main(["--json", "--scale", str(SMALL), "--rounds", "1", "--only", only]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {*MOVING, "prepare_24mp", "thumbnail_24mp"}
    for case in MOVING:
        programs = {name for name in ("curl", "curl_jq") if transport_programs.is_installed(name)}
        assert set(report[case]) == CLIENTS | (programs & set(find(case).variants))
    assert set(report["prepare_24mp"]) == {"ours", "naive"}
    for variants in report.values():
        for variant, figures in variants.items():
            assert set(figures) == {"wall_s", "cpu_s", "peak_mb", "gap_ms", "runs"}
            assert figures["wall_s"] > 0
            assert figures["runs"] == 1
            assert (figures["gap_ms"] is None) == (variant in ("curl", "curl_jq"))


def test_an_unknown_case_is_refused() -> None:
    with pytest.raises(SystemExit, match="nonsense"):
        transport.main(["--only", "send_1x7,nonsense"])


def test_the_cases_and_their_variants_are_the_promised_ones() -> None:
    clients = ("ours", "google_genai_sync", "google_genai_async", "naive", "curl")
    assert {case.name: case.variants for case in CASES} == {
        **dict.fromkeys(("send_1x7", "send_14x7", "calls_50", "calls_200"), clients),
        **dict.fromkeys(("receive_1x30", "receive_4x30"), (*clients, "curl_jq")),
        "prepare_24mp": ("ours", "naive"),
        "thumbnail_24mp": ("ours", "naive"),
        "start_app": ("ours", "bare_gradio"),
        "start_cli": ("ours", "import_gradio"),
    }


# ── arithmetic ──────────────────────────────────────────────────────────────────────────────────────────────


def run_of(wall_s: float, gap_ms: float | None = 1.0) -> Measurement:
    return Measurement(wall_s, wall_s / 2, 10 * wall_s, gap_ms)


def report_of(case: str, **wall_s: float) -> Report:
    return medians({case: {variant: [run_of(seconds)] for variant, seconds in wall_s.items()}})


def reached(report: Report, what: str) -> float | None:
    (found,) = (verdict for verdict in judge(report) if re.search(what, verdict.target.what))
    return found.reached


def test_medians_of_every_figure() -> None:
    runs = [run_of(9.0, 4.0), run_of(1.0, 2.0), run_of(2.123456, 3.0)]
    assert medians({"send_1x7": {"ours": runs}}) == {
        "send_1x7": {
            "ours": {"wall_s": 2.123, "cpu_s": 1.062, "peak_mb": 21.23, "gap_ms": 3.0, "runs": 3},
        }
    }


def test_without_a_loop_there_is_no_gap() -> None:
    assert medians({"send_1x7": {"curl": [run_of(1, None)]}})["send_1x7"]["curl"]["gap_ms"] is None


def test_a_ratio_is_taken_against_the_better_half_of_the_sdk() -> None:
    report = report_of("send_14x7", ours=0.2, google_genai_sync=4.0, google_genai_async=2.0, curl=0.4)
    assert reached(report, "time, of google") == pytest.approx(0.1)
    assert reached(report, "time, of curl") == pytest.approx(0.5)


def test_what_the_server_takes_is_left_out_of_many_calls() -> None:
    report = report_of("calls_200", ours=2.5, google_genai_sync=9.0, google_genai_async=4.0, curl=3.0)
    assert reached(report, "over the ideal 2 s, of google") == pytest.approx(0.25)
    assert reached(report, "over the ideal 2 s, of curl") == pytest.approx(0.5)
    assert reached(report, "processor time") == pytest.approx(1.25 / 2.0)


def test_absolute_limits() -> None:
    verdicts = {verdict.target.field: verdict for verdict in judge(report_of("receive_1x30", ours=0.6))}
    assert (verdicts["peak_mb"].reached, verdicts["peak_mb"].met) == (6.0, True)
    assert judge(report_of("send_1x7", ours=0.6))[0].met is False


def test_nothing_is_met_that_was_not_measured() -> None:
    (verdict,) = judge(report_of("start_cli", ours=0.1))
    assert (verdict.reached, verdict.met) == (None, False)
    assert transport_report.target_rows([verdict])[0][-1] == "not measured"
    assert judge({}) == []


def test_every_target_names_a_case_and_its_variants() -> None:
    for target in targets():
        assert set(target.against) <= set(find(target.case).variants)


def test_tables() -> None:
    report = report_of("start_cli", ours=0.04321, import_gradio=2.0)
    markdown = transport_report.markdown_table(report, judge(report), "Measured today.")
    assert markdown.splitlines() == [
        "Measured today.",
        "",
        "| case | what | reached | at most |  |",
        "| --- | --- | --: | --: | --: |",
        "| start the command line | time, of `import gradio` | 0.0216 | 0.05 | met |",
        "",
        "<details><summary>All figures</summary>",
        "",
        "| case | variant | wall ms | CPU ms | peak MB | loop gap ms | runs |",
        "| --- | --- | --: | --: | --: | --: | --: |",
        "| start_cli | ours | 43.2 | 21.6 | 0.432 | 1 | 1 |",
        "| start_cli | import_gradio | 2000 | 1000 | 20 | 1 | 1 |",
        "",
        "</details>",
    ]
    plain = transport_report.plain_table(report, judge(report))
    assert {len(line.split("  ")[0]) for line in plain.splitlines() if line} <= {4, 9}


def test_tables_are_put_where_the_marks_are(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"before\n{transport.MARKS[0]}\nold\n{transport.MARKS[1]}\nafter\n")
    for _ in range(2):
        put_between(transport.MARKS, file, "new")
    assert file.read_text() == f"before\n{transport.MARKS[0]}\n\nnew\n\n{transport.MARKS[1]}\nafter\n"
    file.write_text("nothing")
    with pytest.raises(ValueError, match="marks"):
        put_between(transport.MARKS, file, "new")


def test_the_readme_has_the_marks() -> None:
    text = (transport.ROOT / "tests/benchmarks/README.md").read_text(encoding="utf-8")
    assert text.count(transport.MARKS[0]) == text.count(transport.MARKS[1]) == 1


def test_scaled_cases_are_smaller_everywhere() -> None:
    case = find("calls_50").scaled(0.5)
    assert (case.picture_bytes, case.delay_s, case.count) == (1_000_000, 1.0, 50)
    assert find("prepare_24mp").scaled(0.25).photo_sides == (3000, 2000)
    assert find("prepare_24mp").scaled(0.25).photo_limit == find("prepare_24mp").photo_limit / 4


# ── measuring ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_heartbeat_keeps_its_longest_pause() -> None:
    moments = iter([0.0, 1.0, 1.5, 4.0, 4.25])
    heartbeat = Heartbeat(lambda: next(moments))
    for _ in range(4):
        heartbeat.beat()
    assert heartbeat.longest_s == 2.5


async def test_memory_that_was_let_go_still_counts() -> None:
    async def work() -> str:
        with mmap.mmap(-1, 60_000_000) as fresh:  # new, unlike an ordinary object
            for _ in range(60):
                fresh.write(bytes(1_000_000))
        return "done"

    (first, result), (second, _) = await measured(work), await measured(lambda: asyncio.sleep(0))
    assert result == "done"
    assert 55 < first.peak_mb < 90
    assert second.peak_mb < 30
    assert first.gap_ms
    assert first.wall_s > 0


def job_for(out: Path, case: str = "start_cli") -> Job:
    return Job(case, "ours", SMALL, "http://127.0.0.1:9", str(out), str(out), thorough=True)


def test_another_programs_memory_and_time(tmp_path: Path) -> None:
    program = "bytearray(80_000_000); sum(range(3_000_000))"
    measurement = transport_programs.launch((sys.executable, "-c", program), job_for(tmp_path))
    assert 80 < measurement.peak_mb < 130
    assert measurement.cpu_s > 0
    assert measurement.wall_s > 0
    assert measurement.gap_ms is None


def test_a_program_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="status 3"):
        transport_programs.launch((sys.executable, "-c", "raise SystemExit(3)"), job_for(tmp_path))


def test_programs_get_no_keys_and_no_proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "HTTPS_PROXY", "all_proxy", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "http://nowhere.invalid")
    assert "http://nowhere.invalid" not in transport_programs.environment(tmp_path).values()


# ── the server, and wrong answers ───────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    transport_samples.make(folder, [case.scaled(SMALL) for case in CASES if case.kind in ("send", "receive")])
    return folder


@pytest.fixture(scope="module")
def address(samples: Path, left_alone: list[str]) -> Iterator[str]:
    with transport.server(samples, [find("receive_4x30").scaled(SMALL)]) as running:
        yield running


def post(address: str, case: str, body: Any) -> dict[str, Any]:
    url = f"{address}/v1/models/{case}:generateContent"
    answer = httpx.post(url, json=body, trust_env=False, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_the_server_answers_with_the_samples(address: str, samples: Path) -> None:
    parts = post(address, "receive_4x30", {})["candidates"][0]["content"]["parts"]
    pictures = [base64.b64decode(part["inlineData"]["data"]) for part in parts if "inlineData" in part]
    expected = json.loads((samples / "digests.json").read_text())["receive_4x30"]
    assert [transport_samples.sha256(data) for data in pictures] == expected
    assert len(set(expected)) == 4


def test_the_server_lists_what_it_received_in_any_spelling(address: str) -> None:
    data = b"\xfb\xff\xfe"
    parts = [
        {"text": "x"},
        {"inline_data": {"data": base64.b64encode(data).decode()}},
        {"inlineData": {"data": base64.urlsafe_b64encode(data).decode()}},
    ]
    answer = post(address, CHECK, {"contents": [{"parts": parts}]})
    listed = answer["candidates"][0]["content"]["parts"][0]["text"]
    assert listed.split() == [transport_samples.sha256(data)] * 2


def test_the_server_knows_no_other_cases(address: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        post(address, "nonsense", {})


def test_one_wrong_byte_is_noticed(samples: Path, tmp_path: Path) -> None:
    case = find("receive_1x30").scaled(SMALL)
    data = bytearray(transport_samples.png("receive_1x30 1", case.picture_bytes))
    target = tmp_path / "call-0-1"
    target.write_bytes(data)
    check_files(samples, tmp_path, case)
    data[-500] ^= 1
    target.write_bytes(data)
    with pytest.raises(AssertionError, match="another picture"):
        check_files(samples, tmp_path, case)
