"""Health: what is wrong, and what mends it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from service.app import create_app
from service.clock import FakeClock
from service.config import Config
from service.db import db
from service.models import TemplateVersion
from service.steps import STEPS
from service.workflows.channel import pause_channel, resume_channel
from service.workflows.connections import add_connection
from service.workflows.template_versions import withdraw
from tests.harness import MONDAY, Employer, RecordingTransport
from tests.reading_metrics import delivery, metric
from tests.reading_pages import turn_loops


def _readyz(employer: Employer) -> tuple[int, dict[str, Any]]:
    answer = employer.app.test_client().get("/readyz")
    return answer.status_code, answer.get_json()


def _codes(employer: Employer) -> list[str]:
    return [problem["code"] for problem in _readyz(employer)[1]["problems"]]


def _on(database_url: str, home: Path) -> Employer:
    """Return a Keepword on a database that nobody prepared."""
    clock, carrier = FakeClock(MONDAY), RecordingTransport()
    config = Config(
        home=home, database_url=database_url, secret_key="an invented secret key for tests only"
    )
    return Employer(create_app(config, clock=clock, transport=carrier), clock, carrier)


@pytest.fixture
def asleep(tmp_path: Path) -> Employer:
    """A Keepword whose database does not answer: nothing listens on port 1."""
    return _on("postgresql+psycopg://nobody:secret@127.0.0.1:1/none", tmp_path)


def test_a_living_process_says_so_without_its_database(asleep: Employer) -> None:
    answer = asleep.app.test_client().get("/livez")

    assert answer.status_code == 200
    assert answer.get_json() == {"alive": True}


def test_an_unreachable_database_makes_it_unready_and_tells_no_password(asleep: Employer) -> None:
    answer = asleep.app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert [problem["code"] for problem in answer.get_json()["problems"]] == [
        "database-unreachable"
    ]
    assert "secret" not in answer.get_data(as_text=True)


def test_metrics_of_an_unreachable_database_are_refused_in_words(asleep: Employer) -> None:
    answer = asleep.app.test_client().get("/metrics")

    assert answer.status_code == 503
    assert answer.get_data(as_text=True) == "the database does not answer: see /readyz\n"


def test_a_database_behind_the_code_is_named_with_its_remedy(employer: Employer) -> None:
    with employer.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
        session.commit()

    status, found = _readyz(employer)

    assert status == 503
    assert [problem["code"] for problem in found["problems"]] == ["database-not-migrated"]
    assert "keepword db upgrade" in found["problems"][0]["remedy"]


def test_an_empty_database_is_not_migrated(tmp_path: Path) -> None:
    employer = _on(f"sqlite:///{tmp_path}/empty.db", tmp_path)

    assert _codes(employer) == ["database-not-migrated"]
    with employer.app.app_context():
        db.engine.dispose()


def test_the_schema_is_looked_up_once(employer: Employer) -> None:
    client = employer.app.test_client()
    client.get("/readyz")
    seen: list[str] = []
    with employer.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(str(args[2])))
    client.get("/readyz")

    assert seen
    assert not [statement for statement in seen if "alembic_version" in statement]


def test_a_young_process_is_ready_before_its_loops_have_run(employer: Employer) -> None:
    assert _readyz(employer)[0] == 200


def test_loops_that_never_ran_are_late_once_the_process_is_old_enough(employer: Employer) -> None:
    employer.clock.advance(timedelta(seconds=61))

    assert _codes(employer) == ["loop-late:ingest", "loop-late:mail-events", "loop-late:check"]

    employer.clock.advance(max(step.late_after for step in STEPS))

    assert _codes(employer) == [f"loop-late:{step.name}" for step in STEPS]


def test_a_process_without_loops_is_ready_while_another_turns_them(employer: Employer) -> None:
    employer.clock.advance(timedelta(hours=1))
    turn_loops(employer)

    assert _readyz(employer)[0] == 200


def test_one_late_loop_is_named_and_ready_again_once_it_turns(employer: Employer) -> None:
    turn_loops(employer)
    employer.clock.advance(timedelta(seconds=90))
    turn_loops(employer, "check")

    status, found = _readyz(employer)

    assert status == 503
    assert [problem["code"] for problem in found["problems"]] == ["loop-late:check"]
    assert found["problems"][0]["text"].startswith("The checker ran 90 s ago.")
    assert "keepword worker" in found["problems"][0]["remedy"]

    turn_loops(employer)

    assert _readyz(employer)[0] == 200


def test_a_heartbeat_from_the_future_hides_no_dead_loop(employer: Employer) -> None:
    turn_loops(employer)
    employer.clock.jump_to(employer.now - timedelta(hours=2))

    assert "loop-late:check" in _codes(employer)


def test_a_checker_run_from_the_command_line_counts_as_a_run(employer: Employer) -> None:
    employer.clock.advance(timedelta(hours=1))
    turn_loops(employer, "check")
    employer.turn()

    assert _readyz(employer)[0] == 200


def test_news_that_waits_makes_the_checker_wait_and_the_process_unready(
    employer: Employer,
) -> None:
    with employer.work() as work:
        connection = add_connection(
            work, "main", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        work.session.add(delivery(connection, "1", employer))
    employer.clock.advance(timedelta(minutes=3))
    turn_loops(employer)

    assert _codes(employer) == ["checker-waits"]
    assert metric(employer, "checker_waits") == 1

    employer.turn()

    assert _readyz(employer)[0] == 200
    assert metric(employer, "checker_waits") == 0


def test_paused_mail_is_shown_but_makes_nothing_unready(employer: Employer) -> None:
    with employer.work() as work:
        pause_channel(work.session, work.now, "SendGrid refused our key", by_provider=True)

    status, found = _readyz(employer)

    assert status == 200
    assert found["mail"]["reason"] == "SendGrid refused our key"
    assert found["mail"]["paused"]
    assert metric(employer, "mail_channel_paused") == 1

    with employer.work() as work:
        resume_channel(work.session)

    assert _readyz(employer)[1]["mail"]["paused"] is False
    assert metric(employer, "mail_channel_paused") == 0


def test_a_persons_reason_for_a_pause_is_not_told_to_everybody(employer: Employer) -> None:
    turn_loops(employer)
    with employer.work() as work:
        pause_channel(work.session, work.now, "ask Amara Okafor first", by_provider=False)

    assert _readyz(employer)[1]["mail"]["reason"] == "paused by a person"


def test_health_is_never_kept_by_a_cache(employer: Employer) -> None:
    client = employer.app.test_client()

    for address in ("/livez", "/readyz", "/metrics"):
        assert client.get(address).headers["Cache-Control"] == "no-store"


def test_what_only_a_person_can_say_is_warned_of_and_makes_nothing_unready(
    employer: Employer,
) -> None:
    assert _readyz(employer)[1]["warnings"] == []
    with employer.work() as work:
        asked = add_connection(
            work, "main", "generic", ["whsec_" + "QUJD" * 8], rejections_by="keepword"
        )
        asked.rejections_by = None
        wording = work.session.scalars(
            select(TemplateVersion).where(TemplateVersion.kind == "holding")
        ).one()
        withdraw(work, wording, "it names another company", None)

    status, found = _readyz(employer)

    assert (status, found["problems"]) == (200, [])
    assert [each["code"] for each in found["warnings"]] == [
        "rejections-unanswered",
        "letter-without-wording",
    ]
    assert "keepword connection rejections main keepword" in found["warnings"][0]["remedy"]
    assert "keepword template approve holding" in found["warnings"][1]["remedy"]
    assert metric(employer, "connection_rejections_unanswered", connection="main") == 1
    assert metric(employer, "letters_without_wording") == 1
