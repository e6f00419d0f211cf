"""What a linter of the compose file would say, and what this gateway needs of it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

SECRET = re.compile(r"(?i)password|token|secret|key")


@pytest.fixture
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return compose["services"]


def test_every_service_says_which_image_which_user_and_how_its_health_is_seen(
    services: dict[str, dict[str, Any]],
) -> None:
    assert services
    for name, service in services.items():
        repository, _, tag = service["image"].rpartition(":")
        assert repository, name
        assert re.match(r"\d+\.\d+", tag), f"{name}: a pinned version"
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), f"{name}: not root"
        check = service["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL"), name
        assert {"interval", "timeout", "retries"} <= check.keys(), name


def test_every_service_is_hardened_alike(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged"), name
        assert "cap_add" not in service, name


def test_nothing_starts_without_a_profile_and_profiles_are_whole(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        (profile,) = service["profiles"]
        for needed in service.get("depends_on", {}):
            assert services[needed]["profiles"] == [profile], f"{name} needs {needed}"
            assert service["depends_on"][needed]["condition"] == "service_healthy"
    assert {service["profiles"][0] for service in services.values()} == {"demo", "production"}


def test_no_secret_has_a_value_or_a_default(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key):
                assert re.fullmatch(r"\$\{\w+-\}", value), f"{name}: {key} comes from the environment alone"
            assert not re.search(r"://\w*:[^$@]", value), f"{name}: {key} has a password in it"


def test_ports_are_published_on_the_loopback_address_and_stores_on_none(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
    for name in ("postgres", "redis"):
        assert "ports" not in services[name]
        assert services[name]["networks"] == ["stores"]


def test_named_volumes_networks_and_files_exist(compose: dict[str, Any], root: Path) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            if isinstance(volume, str):
                assert volume.split(":")[0] in compose["volumes"], name
            else:
                assert volume["read_only"] is True
                assert volume["bind"]["create_host_path"] is False, "a forgotten file is an error, not an empty folder"
        assert set(service.get("networks", [])) <= compose["networks"].keys(), name
        if "build" in service:
            context = root / "docker" / service["build"]["context"]
            assert (context / service["build"]["dockerfile"]).is_file()
    assert compose["networks"]["stores"]["internal"] is True


def test_the_image_has_the_packages_version(services: dict[str, dict[str, Any]], root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    built = {service["image"] for service in services.values() if "build" in service}
    assert built == {f"headless-commerce-gateway:{version}"}


def test_a_gateway_is_given_the_time_it_takes_to_drain(services: dict[str, dict[str, Any]]) -> None:
    from gateway.http.serve import stop_seconds
    from gateway.settings import ServerSection

    for service in services.values():
        if "build" in service:
            assert int(service["stop_grace_period"].rstrip("s")) >= stop_seconds(ServerSection())


def test_redis_does_not_start_without_a_password(services: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    (script,) = services["redis"]["command"]
    script = script.replace("$$", "$").replace("/tmp/redis.conf", f"{tmp_path}/redis.conf").replace("exec ", "echo ")
    for password, code in (("", 2), ("long-and-random", 0)):
        ran = subprocess.run(["sh", "-c", script], env={"REDIS_PASSWORD": password}, capture_output=True, text=True)
        assert (ran.returncode != 0) == (code != 0), ran.stderr
        assert "long-and-random" not in ran.stdout, "no argument shows it"
    written = tmp_path / "redis.conf"
    assert "requirepass long-and-random\n" in written.read_text("utf-8")
    assert written.stat().st_mode & 0o077 == 0
