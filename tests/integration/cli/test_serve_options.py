"""What ``keepword serve`` refuses before it starts anything."""

from __future__ import annotations

import socket
from pathlib import Path

from click.testing import CliRunner, Result

from service.cli import keepword


def serve(home: Path, *arguments: str) -> Result:
    env = {"KEEPWORD_HOME": str(home), "DATABASE_URL": None, "KEEPWORD_LOG_LEVEL": None}
    return CliRunner().invoke(keepword, ["serve", *arguments], env=env)


def test_a_port_in_use_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        result = serve(tmp_path, "--port", str(port))

    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in result.stderr
    assert "--port" in result.stderr


def test_an_address_of_another_machine_is_answered_with_what_names_ours(tmp_path: Path) -> None:
    result = serve(tmp_path, "--host", "192.0.2.1")

    assert result.exit_code == 1
    assert "Cannot listen on 192.0.2.1:8000" in result.stderr
    assert "--host" in result.stderr
    assert "--port" not in result.stderr


def test_a_host_that_is_none_is_misuse(tmp_path: Path) -> None:
    result = serve(tmp_path, "--host", "not an address")

    assert result.exit_code == 2
    assert "--host" in result.stderr
