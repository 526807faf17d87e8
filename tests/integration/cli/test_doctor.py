"""``keepword doctor``: a sound installation passes, and each fault comes with its remedy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.auth.passwords import set_password
from service.models import TemplateVersion, User
from service.steps import STEPS
from service.workflows.channel import pause_channel, rest
from service.workflows.connections import add_connection
from service.workflows.heartbeat import beat
from service.workflows.template_versions import withdraw
from tests.harness import add_user
from tests.integration.cli.conftest import SECRET_KEY, Command, Desk
from tests.reading_pages import letter


@pytest.fixture(name="employer")
def _employer(employer: Desk) -> Desk:
    """Keepword with an administrator who can sign in."""
    with employer.work() as work:
        admin = add_user(work, role="administrator")
        set_password(work.session, admin, "quiet harbour lantern", work.now)
    return employer


def loops_ran(desk: Desk, ago: timedelta) -> None:
    with desk.work() as work:
        for step in STEPS:
            beat(work.session, f"loop:{step.name}", datetime.now(UTC) - ago, {})


def findings(command: Command, **settings: str | None) -> dict[str, Any]:
    result = command("doctor", "--json", **settings)
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["ok"] == (result.exit_code == 0)
    return document


def wrong(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f["verdict"], f["what"]) for f in document["findings"] if f["verdict"] != "ok"]


def test_a_sound_installation_passes(employer: Desk, command: Command) -> None:
    loops_ran(employer, timedelta(0))

    document = findings(command)

    assert wrong(document) == []
    assert command("doctor").exit_code == 0


def test_a_fresh_one_is_told_that_nothing_ran_yet(employer: Desk, command: Command) -> None:
    document = findings(command)

    assert document["ok"]
    assert set(wrong(document)) == {("warn", "loops")}


def test_what_a_new_installation_still_lacks_is_named(employer: Desk, command: Command) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        work.session.execute(update(User).values(active=False))

    document = findings(command, KEEPWORD_COMPANY=None)

    assert wrong(document) == [("warn", "letters"), ("warn", "sign-in")]
    assert "KEEPWORD_COMPANY" in json.dumps(document)
    assert "keepword user first" in json.dumps(document)


def test_loops_that_stopped_fail_with_one_remedy(employer: Desk, command: Command) -> None:
    loops_ran(employer, timedelta(hours=1))

    result = command("doctor")

    assert result.exit_code == 1
    assert result.stdout.count("keepword serve") == 1
    assert result.stdout.count("fail  loops") == len(STEPS)


def test_a_connection_that_fell_silent_is_told(employer: Desk, command: Command) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        spoke = add_connection(
            work, "greenhouse-main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        spoke.last_authentic_at = datetime.now(UTC) - timedelta(days=14)

    assert ("warn", "connections") in wrong(findings(command))


def test_secrets_under_another_key_fail(employer: Desk, command: Command) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")

    document = findings(command, SECRET_KEY="another invented secret key for tests")

    assert wrong(document) == [("fail", "connections")]
    assert "keepword connection rotate main" in json.dumps(document)


def test_secrets_under_the_previous_key_warn_until_they_are_sealed_anew(
    employer: Desk, command: Command
) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")
    keys = {
        "SECRET_KEY": "another invented secret key for tests",
        "SECRET_KEY_PREVIOUS": SECRET_KEY,
    }

    before = findings(command, **keys)
    resealed = command("connection", "reseal", "--json", **keys)
    after = findings(command, SECRET_KEY=keys["SECRET_KEY"])

    assert wrong(before) == [("warn", "connections")]
    assert "keepword connection reseal" in json.dumps(before)
    (told,) = json.loads(resealed.stdout)["connections"]
    assert told == {"name": "main", "sealed_anew": 1, "already": 0, "unreadable": 0}
    assert wrong(after) == []


def test_an_https_address_without_a_trusted_proxy_is_warned_of(
    employer: Desk, command: Command
) -> None:
    loops_ran(employer, timedelta(0))

    document = findings(command, KEEPWORD_TRUSTED_PROXIES=None)

    assert wrong(document) == [("warn", "sign-in")]
    assert "KEEPWORD_TRUSTED_PROXIES" in json.dumps(document)
    assert wrong(findings(command, KEEPWORD_BASE_URL="http://127.0.0.1:8000")) == []


def test_what_no_key_opens_is_named_and_left_as_it_is(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        add_connection(work, "main", "greenhouse", ["s"], rejections_by="keepword")

    lost = command("connection", "reseal", SECRET_KEY="another invented secret key for tests")
    found = command("connection", "reseal", "--json")

    assert lost.exit_code == 1
    assert "main" in lost.stderr
    assert json.loads(found.stdout)["connections"][0]["already"] == 1


def test_paused_mail_fails(employer: Desk, command: Command) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        pause_channel(work.session, datetime.now(UTC), "the key was refused", by_provider=True)

    document = findings(command)

    assert wrong(document) == [("fail", "mail")]
    assert "the key was refused" in json.dumps(document)


def test_resting_mail_warns_and_a_silent_webhook_fails_with_its_remedy(
    employer: Desk, command: Command
) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        rest(work.session, datetime.now(UTC), 0.5)
        letter(work, "unconfirmed", accepted_at=datetime.now(UTC) - timedelta(hours=25))

    document = findings(command)

    assert wrong(document) == [("warn", "mail"), ("fail", "mail"), ("warn", "mail")]
    told = json.dumps(document)
    assert "The provider failed 1 time in a row; mail rests." in told
    assert "1 letter is unconfirmed." in told
    assert "https://keepword.example.com/hooks/sendgrid/events" in told


def test_settings_at_fault_end_the_examination(command: Command) -> None:
    unfinished = findings(command, KEEPWORD_MAIL="sendgrid")
    broken_key = findings(
        command,
        KEEPWORD_MAIL="sendgrid",
        SENDGRID_API_KEY="SG.invented",
        KEEPWORD_MAIL_FROM="hiring@example.com",
        SENDGRID_EVENT_PUBLIC_KEY="no key",
    )

    assert wrong(unfinished) == [("fail", "settings")] * 3
    assert wrong(broken_key) == [("fail", "settings")]


def test_an_empty_or_missing_database_fails(command: Command) -> None:
    command("db", "downgrade", "--to", "base", "--yes")

    empty = findings(command)
    missing = findings(command, DATABASE_URL="postgresql+psycopg://k:hush@127.0.0.1:1/k")

    assert wrong(empty) == wrong(missing) == [("fail", "database")]
    assert "keepword db upgrade" in json.dumps(empty)
    assert "DATABASE_URL" in json.dumps(missing)
    assert "hush" not in json.dumps(missing)


def test_what_only_a_person_can_say_is_asked_for_with_the_command(
    employer: Desk, command: Command
) -> None:
    loops_ran(employer, timedelta(0))
    with employer.work() as work:
        asked = add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="ats"
        )
        asked.rejections_by = None
        wording = work.session.scalars(
            select(TemplateVersion).where(TemplateVersion.kind == "holding")
        ).one()
        withdraw(work, wording, "it names another company", None)

    document = findings(command)

    assert document["ok"]
    assert wrong(document) == [("warn", "letters"), ("warn", "connections")]
    remedies = [each["remedy"] for each in document["findings"] if each["verdict"] == "warn"]
    assert "keepword template approve holding NUMBER --by EMAIL" in remedies[0]
    assert "keepword connection rejections main keepword" in remedies[1]


def test_one_letter_is_counted_in_the_singular(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        letter(work, "held")

    assert "1 letter has yet to leave." in command("doctor").stdout
