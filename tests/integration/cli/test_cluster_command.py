"""``keepword cluster`` and what ``keepword doctor`` says of the broker; no broker runs here."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.steps import STEPS, Lane, step_named
from service.workflows.heartbeat import beat
from tests.brokers import free_port
from tests.integration.cli.conftest import Command, Desk

SERVICE = Path(__file__).resolve().parents[3] / "service"


def test_a_cluster_needs_a_broker_and_queues_that_exist(employer: Desk, command: Command) -> None:
    missing = command("cluster", "beat")
    unknown = command("cluster", "worker", "--queues", "core,post")

    assert missing.exit_code == 1
    assert "KEEPWORD_BROKER_URL is missing" in missing.stderr
    assert unknown.exit_code == 2
    assert "core, mail, bulk" in unknown.stderr


def test_the_doctor_says_that_no_broker_answers_without_its_password(
    employer: Desk, command: Command
) -> None:
    url = f"redis://:invented-password@127.0.0.1:{free_port()}/0"

    result = command("doctor", KEEPWORD_BROKER_URL=url)

    assert result.exit_code == 1
    assert "fail  broker" in result.stdout
    assert "invented-password" not in result.stdout + result.stderr


def test_the_doctor_names_each_lane_without_a_worker_and_the_command_that_starts_one(
    employer: Desk, command: Command
) -> None:
    if employer.engine.dialect.name != "sqlite":
        pytest.skip("one database says as much as two")
    broker = {"KEEPWORD_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}
    run = "Run: keepword cluster worker --queues"

    def ran(*lanes: Lane, ago: timedelta = timedelta(0)) -> str:
        with employer.work() as work:
            for step in STEPS:
                if step.lane in lanes:
                    beat(work.session, f"loop:{step.name}", datetime.now(UTC) - ago, {})
        return command("doctor", **broker).stdout

    fresh = ran()
    assert fresh.count("warn  lanes") == len(Lane)
    assert "Run: keepword cluster beat" in fresh

    no_bulk = ran(Lane.CORE, Lane.MAIL)
    assert no_bulk.count("  lanes  ") == 1
    assert "fail  lanes        No worker serves the lane bulk: sync, fetch, write-back." in no_bulk
    assert f"{run} bulk, one of it" in no_bulk
    assert "keepword cluster beat" not in no_bulk

    assert "All loops run." in ran(Lane.BULK)
    # Its short pumps stand still, though a step that turns rarely is not late yet.
    core = ran(Lane.CORE, ago=timedelta(minutes=2))
    assert f"{run} core" in core
    assert "fail  loops" not in core
    # A lane that is served and a loop in it that hangs.
    with employer.work() as work:
        beat(work.session, "loop:check", datetime.now(UTC), {})
    hangs = command("doctor", **broker).stdout
    assert "  lanes  " not in hangs
    assert "“keepword cluster worker” turns them" in hangs
    assert "keepword serve" not in hangs
    assert "keepword serve" in command("doctor").stdout


def test_whatever_is_woken_is_a_step_that_says_what_wakes_it() -> None:
    woken = set()
    for path in SERVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            # ….wake("name"), and Answer(…, wake=("name", …)).
            named = node.args if getattr(node.func, "attr", "") == "wake" else []
            given = [each.value for each in node.keywords if each.arg == "wake"]
            for each in (*named, *(part for value in given for part in ast.walk(value))):
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    woken.add(each.value)

    assert woken >= {"ingest", "dispatch", "mail-events"}
    assert {name for name in woken if not step_named(name).woken_by} == set()
    assert {step.name for step in STEPS if step.woken_by} == woken
