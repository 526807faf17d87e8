"""``keepword cluster`` and what ``keepword doctor`` says of the broker; no broker runs here."""

from __future__ import annotations

import ast
from pathlib import Path

from service.steps import STEPS, step_named
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
