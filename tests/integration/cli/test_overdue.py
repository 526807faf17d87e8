"""``keepword overdue``: whom we owe word, for people, for programs and for schedulers."""

from __future__ import annotations

import json

from service.domain.policies import Kind
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import add_application, add_user
from tests.integration.cli.conftest import Command, Desk


def owe(employer: Desk, owner: str, candidate: str, within: str = "1 business hour") -> None:
    with employer.work() as work:
        user = add_user(work, owner, email=f"{owner.split()[0].lower()}@example.com")
        application = add_application(work, owner=user, first_name=candidate, stage="interview")
        make_spoken(
            work,
            application,
            Spoken(Kind.CALLBACK, "A call", within=within, promised_by_id=user.id),
        )


def test_nobody_overdue_is_said_so(employer: Desk, command: Command) -> None:
    result = command("overdue", "--exit-code")

    assert result.exit_code == 0
    assert "Nobody is overdue" in result.stdout


def test_the_longest_owed_come_first_and_the_exit_code_tells(
    employer: Desk, command: Command
) -> None:
    owe(employer, "Maria Keller", "Amara", "4 business hours")
    owe(employer, "Tom Berg", "Bela")

    plain = command("overdue")
    alarm = command("overdue", "--exit-code", "--json")

    document = json.loads(alarm.stdout)
    assert (plain.exit_code, alarm.exit_code) == (0, 3)
    assert plain.stdout.index("Bela") < plain.stdout.index("Amara")
    assert "2 promises are overdue." in plain.stderr
    assert document["count"] == 2
    assert [each["owner_name"] for each in document["overdue"]] == ["Tom Berg", "Maria Keller"]
    first = document["overdue"][0]
    assert first["due_at"] == "2026-03-02T10:00:00Z"
    assert first["lateness_in"] > 0
    assert "promised by Tom Berg" in first["sentence"]


def test_one_owner_sees_their_own(employer: Desk, command: Command) -> None:
    owe(employer, "Maria Keller", "Amara")
    owe(employer, "Tom Berg", "Bela")

    result = command("overdue", "--owner", "MARIA@example.com", "--json")

    assert [each["owner_name"] for each in json.loads(result.stdout)["overdue"]] == ["Maria Keller"]


def test_the_list_can_be_cut(employer: Desk, command: Command) -> None:
    owe(employer, "Maria Keller", "Amara", "4 business hours")
    owe(employer, "Tom Berg", "Bela")

    result = command("overdue", "--limit", "1", "--json")

    assert [each["owner_name"] for each in json.loads(result.stdout)["overdue"]] == ["Tom Berg"]


def test_an_unknown_owner_is_misuse(employer: Desk, command: Command) -> None:
    result = command("overdue", "--owner", "nobody@example.com")

    assert result.exit_code == 2
    assert "keepword user list" in result.stderr


def test_what_a_candidate_wrote_cannot_rule_the_terminal(employer: Desk, command: Command) -> None:
    owe(employer, "Maria Keller", "\x1b]0;owned\x07[bold]Amara")

    result = command("overdue")

    assert "\x1b" not in result.stdout
    assert "[bold]Amara" in result.stdout
