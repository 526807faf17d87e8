"""What is deployed is what was written down: an image, a compose file, units and their secrets."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.config import Config

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.yaml"
UNITS = sorted((ROOT / "deploy/systemd").glob("*.*"))
OURS = ("migrate", "web", "beat", "worker", "mail")
NOT_SECRET = re.compile(r"\$\{[A-Z_]+(:[-?][^}]*)?\}|[\w./:-]*")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def known_settings() -> set[str]:
    """Every variable that the configuration reads."""
    read: set[str] = set()

    class Asked(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return default

    Config.from_environment(Asked())
    return read


def test_every_container_of_ours_is_shut_in(compose: dict[str, Any]) -> None:
    for name in OURS:
        part = compose["services"][name]

        assert part["read_only"] is True, name
        assert part["cap_drop"] == ["ALL"], name
        assert part["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in part, name
        assert set(part["environment"]) <= known_settings(), name
        assert part["stop_grace_period"] == "15s", name
        # The image asks its web part; what does not listen would be called unwell.
        listens = name == "web"
        assert part.get("healthcheck", {}).get("disable", False) is not listens, name
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("database", "broker"):
        assert compose["services"][name]["networks"] == ["inside"], name
        assert "ports" not in compose["services"][name], name
    for published in compose["services"]["web"]["ports"]:
        assert published.startswith("127.0.0.1:")


def test_secrets_come_from_files_and_each_has_one(compose: dict[str, Any], tmp_path: Path) -> None:
    named = {each["file"] for each in compose["secrets"].values()}
    copied = tmp_path / "deploy"
    copied.mkdir()
    shutil.copy(ROOT / "deploy/secrets.sh", copied)
    for _ in range(2):
        subprocess.run([str(copied / "secrets.sh")], check=True, capture_output=True)
    made = {path.name: path for path in (copied / "secrets").iterdir()}

    assert {f"./deploy/secrets/{name}" for name in made} == named
    assert stat.S_IMODE((copied / "secrets").stat().st_mode) == 0o700
    environment = {
        f"{name.upper()}_FILE": str(path) for name, path in made.items() if "password" not in name
    }
    config = Config.from_environment(environment)
    assert len(config.secret_key) == 64
    assert made["database_password"].read_text() in config.database_url
    for name, part in compose["services"].items():
        assert set(part.get("secrets", ())) <= set(compose["secrets"]), name
        settings = part.get("environment", {})
        for variable, value in settings.items():
            secret = re.search(r"PASSWORD|SECRET|KEY|URL$", variable) is not None
            from_file = variable.endswith("_FILE")
            harmless = NOT_SECRET.fullmatch(str(value).split(":?")[0] + "}" * (":?" in str(value)))
            assert from_file or not secret or harmless, (name, variable)
            if from_file:
                assert Path(value).name in part["secrets"], (name, variable)


def test_the_image_is_made_from_hashes_and_runs_as_a_number() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last = lines.rpartition("\nFROM ")[2]

    assert "--require-hashes" in lines
    assert re.search(r"^USER \d{5}:\d{5}$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "pip" not in last, "what installs stays in the first stage"
    for source in re.findall(r"^COPY (?!--from)(\S+) ", lines, re.MULTILINE):
        assert list(ROOT.glob(source)), source
        assert any(
            line == f"!{source}" for line in (ROOT / ".dockerignore").read_text().splitlines()
        ), source


def test_what_judges_such_files_has_nothing_to_say(tmp_path: Path) -> None:
    found = []
    if (hadolint := shutil.which("hadolint")) is not None:
        found.append([hadolint, str(ROOT / "Dockerfile")])
    docker = shutil.which("docker")
    if (
        docker is not None
        and not subprocess.run(
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    ):
        found.append([docker, "compose", "-f", str(COMPOSE), "config", "--quiet"])
    if (analyze := shutil.which("systemd-analyze")) is not None:
        units = tmp_path / "units"
        units.mkdir()
        for unit in UNITS:
            # The program is not installed where the tests run.
            text = unit.read_text(encoding="utf-8")
            (units / unit.name).write_text(text.replace("/opt/keepword/bin/keepword", "/bin/true"))
        found.append([analyze, "verify", *map(str, sorted(units.iterdir()))])
    if not found:
        pytest.skip("neither hadolint, docker compose nor systemd-analyze is installed")
    for line in found:
        result = subprocess.run(
            line,
            env={**os.environ, "KEEPWORD_BASE_URL": "https://keepword.example.com"},
            capture_output=True,
            text=True,
            check=False,
        )

        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stdout + result.stderr == "", line
