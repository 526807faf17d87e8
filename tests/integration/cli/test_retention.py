"""``keepword retention`` and ``keepword doctor`` say what the rule about people would do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from service.models import Delivery
from service.workflows.connections import add_connection
from service.workflows.legal_hold import hold
from tests.harness import add_application
from tests.integration.cli.conftest import Command, Desk
from tests.reading_pages import letter

RULE = {"KEEPWORD_KEEP_PEOPLE_DAYS": "180"}


def test_the_rule_is_told_in_counts_before_it_works(employer: Desk, command: Command) -> None:
    now = datetime.now(UTC)
    with employer.work() as work:
        for number, days in enumerate((181, 190, 181, 170, 100)):
            row = add_application(work, first_name=f"Amara{number}", stage="rejected")
            then = now - timedelta(days=days)
            row.closed_at = row.stage_at = row.created_at = row.candidate.created_at = then
            if days == 190:
                letter(work, "blocked", application_id=row.id)
                kept = row.candidate_id
        hold(work, row.candidate, "a claim of theirs")

    def people(**settings: str) -> dict[str, Any]:
        counts: dict[str, Any] = json.loads(command("retention", "--json", **settings).stdout)[
            "people"
        ]
        return counts

    assert people() == {
        "kept_days": None, "due": 0, "due_within_30_days": 0, "on_legal_hold": 1,
        "kept_back": [], "waits_for": None,
    }  # fmt: skip
    assert people(**RULE) == {
        "kept_days": 180, "due": 2, "due_within_30_days": 1, "on_legal_hold": 1,
        "kept_back": [
            {"candidate_id": kept, "why": ["a letter that has not come to its end"]},
        ],
        "waits_for": None,
    }  # fmt: skip
    told = command("retention", **RULE).stderr
    assert "Due now: 2; more within 30 days if nothing is heard of them: 1." in told
    assert (
        "Erased 180 days after the end: 2 due now, 1 on legal hold."
        in command("doctor", **RULE).stdout
    )
    assert "Nobody is erased by rule" in command("doctor").stdout
    with employer.work() as work:
        connection = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        at = now - timedelta(hours=1)
        work.session.add(
            Delivery(connection_id=connection.id, identity="1", state="received", headers={},
                     body=b"{}", received_at=at, next_attempt_at=at, attempts=1)
        )  # fmt: skip
    assert (
        "Nobody is erased now: 1 deliveries wait to be worked in"
        in command("retention", **RULE).stderr
    )
    refused = command("retention", KEEPWORD_KEEP_PEOPLE_DAYS="7")
    assert refused.exit_code != 0
    assert "write 30 or more" in refused.stderr
    assert "Amara" not in told + refused.stderr
