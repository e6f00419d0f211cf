"""The commands as a person meets them: no mistake of his ends in a traceback, and exit codes mean what they say."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.cli import installed_version, main
from tests.unit.validation.reference import ENVIRONMENT, ROOT

EXAMPLE = ROOT / "gateway.toml.example"
MINIMAL = """
[secrets]
cursor = { env = ["GATEWAY_CURSOR_KEY"] }
[backends.shop]
adapter = "memory"
url = "http://127.0.0.1:9001"
allow_private_network = true
[domains.product]
order = ["shop"]
[channels.web]
countries = ["GB"]
currencies = { GB = ["GBP"] }
[profiles.anonymous]
touchpoint = "web"
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # pyright: ignore[reportUnusedFunction]
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name in ("GATEWAY_CONFIG", "GATEWAY_REDIS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_STATE", f"sqlite+aiosqlite:///{tmp_path}/state.sqlite")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    path.write_text(MINIMAL, "utf-8")
    return path


def run(*arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as it is really run."""
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
        cwd=ROOT,
    )


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"gateway {installed_version()}\n"


def test_a_good_configuration_is_ok_with_exit_code_0(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert said.endswith("ok\n")
    assert "domains.loyalty: not served" in said


def test_problems_are_exit_code_1_and_each_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(MINIMAL.replace('"GBP"', '"GPB"') + "[limits]\ndepth = -3\n[server]\nport = 80000\n", "utf-8")
    assert main(["check", "--config", str(config)]) == 1
    said = capsys.readouterr().out
    assert "PROBLEM  channels.web.currencies.GB[0]: `GPB` is no currency" in said
    assert "did you mean `GBP`?" in said
    assert "PROBLEM  limits.depth:" in said
    assert "PROBLEM  server.port:" in said
    assert f"3 problem(s) in {config}" in said


def test_the_report_as_json_has_place_value_and_what_was_meant(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(MINIMAL.replace('"GBP"', '"GPB"'), "utf-8")
    assert main(["check", "--json", "--config", str(config)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["file"]) == (False, str(config))
    (problem,) = report["problems"]
    assert (problem["place"], problem["value"], problem["nearest"]) == ("channels.web.currencies.GB[0]", "GPB", "GBP")


@pytest.mark.parametrize("command", ["check", "serve", "config", "revoke"])
def test_a_file_that_cannot_be_read_is_exit_code_2(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, folder = tmp_path / "broken.toml", tmp_path / "folder"
    broken.write_text("[gateway\n", "utf-8")
    folder.mkdir()
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    more = ["https://id.example.com", "kiosk-1"] if command == "revoke" else []
    for path in (tmp_path / "missing.toml", broken, folder, binary):
        assert main([command, "--config", str(path), *more]) == 2
        assert f"configuration: {path}: " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "config"])
def test_every_command_reads_the_path_from_the_environment(
    command: str, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_CONFIG", str(config))
    assert main([command]) == 0
    monkeypatch.setenv("GATEWAY_CONFIG", "/nowhere/gateway.toml")
    assert main([command]) == 2
    assert "/nowhere/gateway.toml" in capsys.readouterr().err


def test_a_redis_that_does_not_answer_is_a_problem(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_REDIS", "redis://user:hunter2@127.0.0.1:1/0")
    assert main(["check", "--config", str(config)]) == 1
    said = capsys.readouterr().out
    assert "PROBLEM  gateway.redis: no Redis answers there" in said
    assert "hunter2" not in said


def test_serve_refuses_what_check_refuses(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(MINIMAL.replace('"GBP"', '"GPB"') + "[server]\nport = 80000\n", "utf-8")
    assert main(["serve", "--config", str(config)]) == 1
    said = capsys.readouterr().err
    assert "configuration: channels.web.currencies.GB[0]: `GPB` is no currency" in said
    assert "configuration: server.port: `80000` is not 0 to 65,535" in said


def test_a_port_that_is_taken_is_a_sentence(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--config", str(config), "--port", str(port)]) == 1
    assert f"port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["80000", "-1", "eighty", "²", "99999999999999999999"])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_none_is_a_mistake_in_the_command_line(
    command: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, f"--port={port}"])
    assert ended.value.code == 2
    assert "is no port (0 to 65535)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("sqlite:", "is no database that can be used here; did you mean `sqlite+aiosqlite:`?"),
        ("sqlite+aiosqlite:///{file}/state.sqlite", "is no folder"),
        ("sqlite+aiosqlite:///{folder}", "is a folder"),
        ("postgresql+asyncpg://u:p@host:port/db", "names no host"),
        ("nonsense", "is no database"),
    ],
)
@pytest.mark.parametrize("command", ["check", "serve", "revoke", "explain"])
def test_a_state_that_cannot_be_opened_is_a_sentence(
    command: str, state: str, said: str, config: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("", "utf-8")
    query = tmp_path / "query.graphql"
    query.write_text("{ __typename }", "utf-8")
    monkeypatch.setenv("GATEWAY_STATE", state.format(file=tmp_path / "file", folder=tmp_path))
    more = {"revoke": ["https://id.example.com", "kiosk-1"], "explain": [str(query)]}.get(command, [])
    assert main([command, "--config", str(config), *more]) == 1
    captured = capsys.readouterr()
    if command != "revoke":
        assert said in captured.out + captured.err
    assert "u:p" not in captured.out + captured.err


def test_a_missing_client_is_told_with_the_extra_that_brings_it(config: Path) -> None:
    without_clients = "import sys; sys.modules['asyncpg'] = sys.modules['redis'] = None; import gateway.cli; "
    ran = subprocess.run(
        [sys.executable, "-c", f"{without_clients}sys.exit(gateway.cli.main(['check', '--config', {str(config)!r}]))"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "GATEWAY_STATE": "postgresql+asyncpg://host/db", "GATEWAY_REDIS": "redis://host"},
        cwd=ROOT,
    )
    assert ran.returncode == 1
    assert 'pip install "headless-commerce-gateway[postgres]"' in ran.stdout
    assert 'pip install "headless-commerce-gateway[redis]"' in ran.stdout
    assert "Traceback" not in ran.stderr


def test_what_explain_cannot_read_write_or_believe_is_a_sentence(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = tmp_path / "query.graphql"
    query.write_text("{ __typename }", "utf-8")
    command = ["explain", "--config", str(config), str(query)]
    assert main([*command, "--variables", "{"]) == 1
    assert main([*command, "--svg", "/nowhere/picture.svg"]) == 1
    assert main([*command[:-1], "/nowhere/query.graphql"]) == 1
    monkeypatch.setenv("GATEWAY_TOKEN", "nonsense")
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "--variables: not a JSON object" in said
    assert "gateway: /nowhere/picture.svg: No such file or directory" in said
    assert "/nowhere/query.graphql: cannot read the operation" in said
    assert "gateway: The access token is not valid." in said


@pytest.mark.parametrize("host", ["gateway-check.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_a_sentence(
    host: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--config", str(config), "--host", host, "--port", "0"]) == 1
    assert f"server.host: `{host}` is no address of this machine" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["demo", "--backends", str(tmp_path / "file" / "backends")]) == 1
    assert "Not a directory" in capsys.readouterr().err


def test_a_reader_that_has_enough_ends_nothing_with_a_traceback() -> None:
    ran = subprocess.run(
        f"{sys.executable} -m gateway.cli schema | head -1",
        shell=True, capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout.count("\n") == 1


def test_the_effective_configuration_has_every_default_and_no_secret(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_REDIS", "redis://user:hunter2@cache:6379/0")
    assert main(["config", "--effective", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert 'redis = "redis://***@cache:6379/0"' in said
    assert "hunter2" not in said
    assert "policy.timeout = 5.0" in said
    assert 'env = ["GATEWAY_CURSOR_KEY"]' in said


def test_the_effective_configuration_can_be_loaded_again_and_then_differs_in_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "--config", str(EXAMPLE)]) == 0
    again = tmp_path / "again.toml"
    again.write_text(capsys.readouterr().out, "utf-8")
    assert main(["config", "--config", str(again), "--diff", str(EXAMPLE)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"--- {EXAMPLE}", f"+++ {again}"]


def test_the_difference_to_the_defaults_is_what_the_file_says(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(MINIMAL + "[limits]\ndepth = 12\ntokens = 1500\n", "utf-8")
    assert main(["config", "--diff", "--config", str(config)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "- limits.depth = 20" in said
    assert "+ limits.depth = 12" in said
    assert not any("tokens" in line for line in said)


def _until(process: subprocess.Popen[str], said: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if said in line:
            return lines
    raise AssertionError("".join(lines))


def test_serve_says_what_it_serves_and_that_a_hangup_reads_nothing(config: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "gateway.cli", "serve", "--config", str(config), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        summary, *_ = _until(process, "http://127.0.0.1:")
        assert summary.startswith(f"gateway {installed_version()}: {config}; backends shop; 1 worker; state sqlite")
        time.sleep(1.5)
        process.send_signal(signal.SIGHUP)
        assert "start it again" in _until(process, "sighup_reads_nothing")[-1]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
    finally:
        process.kill()
        process.communicate()


# --- what programs read --------------------------------------------------------------------------------------------

WITHOUT_SECRET = MINIMAL[MINIMAL.index("[backends") :]
"""Which is logged at every opening."""


def test_what_check_prints_as_json_is_json_whatever_is_logged(config: Path) -> None:
    config.write_text(WITHOUT_SECRET, "utf-8")
    found = run("check", "--json", "--deep", "--config", str(config))
    assert set(json.loads(found.stdout)) == {"file", "ok", "problems", "notes", "backends"}
    assert "cursors_end_with_this_process" in found.stderr


def test_no_tasks_as_json_are_no_line(config: Path) -> None:
    config.write_text(WITHOUT_SECRET, "utf-8")
    assert run("tasks", "--json", "--config", str(config)).stdout == ""


def test_an_explained_query_is_no_log(config: Path, tmp_path: Path) -> None:
    config.write_text(WITHOUT_SECRET, "utf-8")
    query = tmp_path / "query.graphql"
    query.write_text("{ products(first: 1) { nodes { slug } } }", "utf-8")
    found = run("explain", "--config", str(config), str(query))
    assert "cursors_end_with_this_process" in found.stderr
    assert "cursors_end_with_this_process" not in found.stdout
