"""The way into every command: quick, forgiving of typing errors, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points

import click
import pytest
from click.testing import CliRunner

from service import __version__
from service.cli import COMMANDS, keepword
from service.cli.lazy import LazyCommand, LazyGroup
from tests.unit.cli.broken_commands import SECRET

HEAVY = ("flask", "sqlalchemy", "alembic", "gunicorn", "holidays", "rich")


def imported_by(*arguments: str) -> set[str]:
    """Return which heavy packages a fresh interpreter loads for a command line."""
    code = (
        "import json, sys\n"
        "from service.cli import keepword\n"
        f"keepword({list(arguments)!r}, standalone_mode=False)\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def broken_group() -> click.Group:
    @click.group(
        cls=LazyGroup,
        lazy={
            name: LazyCommand(f"tests.unit.cli.broken_commands:{name}", name)
            for name in ("fails", "misused")
        },
    )
    def group() -> None:
        """A group of commands that fail."""

    return group


def test_help_lists_every_command_and_loads_none_of_them() -> None:
    result = CliRunner().invoke(keepword, ["--help"])

    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in result.output] == []
    assert imported_by("--help") == set()


def test_a_deadline_is_told_without_loading_the_service() -> None:
    assert imported_by("due", "--help") == set()


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_in_the_table_is_there_and_explains_itself(name: str) -> None:
    result = CliRunner().invoke(keepword, [name, "--help"])

    assert result.exit_code == 0, result.output
    assert f"Usage: keepword {name}" in result.output
    assert COMMANDS[name].load().name == name


def test_an_unknown_command_is_a_usage_error_with_a_suggestion() -> None:
    result = CliRunner().invoke(keepword, ["overdeu"])

    assert result.exit_code == 2
    assert "No such command 'overdeu'" in result.stderr
    assert "overdue" in result.stderr


def test_no_command_at_all_shows_the_help() -> None:
    result = CliRunner().invoke(keepword, [])

    assert result.exit_code == 2
    assert "Commands:" in result.output


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(keepword, ["--version"])

    assert (result.exit_code, result.output) == (0, f"keepword, version {__version__}\n")


def test_the_installed_command_and_the_module_are_one() -> None:
    (script,) = entry_points(group="console_scripts", name="keepword")
    done = subprocess.run(
        [sys.executable, "-m", "service", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert script.value == "service.cli:main"
    assert done.stdout == f"keepword, version {__version__}\n"


def test_a_fault_below_a_command_is_one_message_without_what_a_person_wrote() -> None:
    result = CliRunner().invoke(broken_group(), ["fails"], env={"KEEPWORD_LOG_LEVEL": None})

    assert result.exit_code == 1
    assert "ValueError at broken_commands.py" in result.stderr
    assert "KEEPWORD_LOG_LEVEL=DEBUG" in result.stderr
    assert SECRET not in result.output
    assert "Traceback" not in result.output


def test_debugging_shows_the_fault_whole() -> None:
    result = CliRunner().invoke(broken_group(), ["fails"], env={"KEEPWORD_LOG_LEVEL": "DEBUG"})

    assert isinstance(result.exception, ValueError)


def test_misuse_keeps_its_own_exit_code() -> None:
    result = CliRunner().invoke(broken_group(), ["misused"])

    assert result.exit_code == 2
    assert "name one" in result.stderr
