"""``keepword outbox``: what waits and what needs a person, from a shell."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from service.models import Job, JobClosing, Message, SendBatch
from service.workflows.messages import Wish, write_letter
from tests.harness import MONDAY, add_application
from tests.integration.cli.conftest import Command, Desk
from tests.reading_pages import letter


def some(desk: Desk, *states: str, **fields: Any) -> list[str]:
    """Return the ids of new letters, one in each of these states."""
    with desk.work() as work:
        application = add_application(work)
        return [letter(work, state, application_id=application.id, **fields).id for state in states]


def states(desk: Desk, ids: list[str]) -> list[str]:
    with desk.session() as session:
        return [session.get_one(Message, id_).state for id_ in ids]


def test_what_waits_and_what_needs_a_person_is_listed(employer: Desk, command: Command) -> None:
    due_at = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    ids = some(employer, "held", "blocked", "delivered", reason="they wrote", due_at=due_at)

    shown = command("outbox", "list")
    listed = json.loads(command("outbox", "list", "--json").stdout)
    delivered = json.loads(command("outbox", "list", "--state", "delivered", "--json").stdout)

    assert "they wrote" in shown.stdout
    assert "2026-03-02 11:00 CET" in shown.stdout
    assert {each["id"] for each in listed["letters"]} == set(ids[:2])
    assert [each["id"] for each in delivered["letters"]] == ids[2:]
    assert (listed["paused"], listed["resting_until"]) == (None, None)
    assert shown.exit_code == 0


def test_an_empty_outbox_says_so(employer: Desk, command: Command) -> None:
    assert command("outbox", "list").stdout == "No letter waits and none needs a person.\n"


def test_one_letter_is_shown_as_it_is_sent(employer: Desk, command: Command) -> None:
    (id_,) = some(employer, "held", own_text="Dear Amara,\n\x1b[31mred", subject="Where we stand")

    shown = command("outbox", "show", id_)
    document = json.loads(command("outbox", "show", id_, "--json").stdout)

    assert "Where we stand" in shown.stdout
    assert "Dear Amara,\n[31mred\n" in shown.stdout
    assert (document["state"], document["from_address"]) == ("held", "hiring@example.com")
    missing = command("outbox", "show", "msg_none")
    assert missing.exit_code == 2
    assert "there is no letter msg_none" in missing.stderr


def test_letters_are_cancelled_and_what_had_left_fails(employer: Desk, command: Command) -> None:
    ids = some(employer, "held", "ready", "delivered")

    dry = command("outbox", "cancel", *ids, "--dry-run")
    assert dry.stdout == "2 letters would be cancelled.\n"
    assert states(employer, ids) == ["held", "ready", "delivered"]
    wet = command("outbox", "cancel", *ids, "--why", "the wrong job")

    assert (wet.exit_code, wet.stdout) == (1, "2 letters are cancelled.\n")
    assert f"Too late for {ids[2]}: it is delivered." in wet.stderr
    assert states(employer, ids) == ["cancelled", "cancelled", "delivered"]
    with employer.session() as session:
        assert session.get_one(Message, ids[0]).reason == "the wrong job"


def test_everything_or_one_closing_is_cancelled(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        job = Job(title="Site Engineer", status="closed", created_at=work.now)
        work.session.add(job)
        work.session.flush()
        closing = JobClosing(
            job_id=job.id, outcome="filled", job_status_before="open", created_at=work.now
        )
        work.session.add(closing)
        work.session.flush()
        closing_id = closing.id
    own = some(employer, "held", "accepted", closing_id=closing_id)
    others = some(employer, "held", "blocked")

    one = command("outbox", "cancel", "--closing", closing_id, "--json")
    document = json.loads(one.stdout)
    assert (one.exit_code, document["cancelled"]) == (0, own[:1])
    assert document["too_late"] == [{"id": own[1], "state": "accepted"}]
    assert states(employer, others) == ["held", "blocked"]

    assert command("outbox", "cancel", "--all").stdout == "2 letters are cancelled.\n"
    assert states(employer, others) == ["cancelled", "cancelled"]


def test_a_cancellation_must_say_which_letters(employer: Desk, command: Command) -> None:
    for arguments in ((), ("--all", "msg_1"), ("--all", "--closing", "clo_1"), ("msg_none",)):
        assert command("outbox", "cancel", *arguments).exit_code == 2
    assert command("outbox", "cancel", "--closing", "clo_none").exit_code == 2


def test_a_letter_in_doubt_is_settled(employer: Desk, command: Command) -> None:
    ids = some(
        employer, "uncertain", "uncertain", "delivered", first_tried_at=MONDAY - timedelta(hours=1)
    )

    arrived = command("outbox", "settle", ids[0], "--arrived", "--why", "she answered")
    again = command("outbox", "settle", ids[1], "--send-again", "--why", "she has none")
    late = command("outbox", "settle", ids[2], "--send-again", "--why", "x")

    assert (arrived.exit_code, arrived.stdout) == (0, "1 letter counts as told.\n")
    assert again.exit_code == 0
    assert states(employer, ids) == ["delivered", "ready", "delivered"]
    assert late.exit_code == 1
    assert "nothing to settle about it" in late.stderr
    assert command("outbox", "settle", ids[1], "--why", "x").exit_code == 2
    assert command("outbox", "settle", ids[1], "--arrived").exit_code == 2
    assert command("outbox", "settle", ids[1], "--arrived", "--why", " ").exit_code == 2


def test_a_stopped_letter_is_released_unless_something_else_is_wrong(
    employer: Desk, command: Command
) -> None:
    with employer.work() as work:
        application = add_application(work)
        wish = Wish("acknowledgement", {})
        found = write_letter(work, application, wish)
        found.state, found.due_at, found.reason = "blocked", None, "she wrote meanwhile"
        id_ = found.id
    (other,) = some(employer, "blocked", reason="she wrote meanwhile")

    released = command("outbox", "release", id_, "--why", "she asked for it")
    kept = command("outbox", "release", other, "--why", "she asked for it")

    assert released.exit_code == 0
    assert kept.exit_code == 1
    assert "must not go out" in kept.stderr
    assert states(employer, [id_, other]) == ["ready", "blocked"]


def test_all_mail_is_paused_and_let_go(employer: Desk, command: Command) -> None:
    some(employer, "ready")
    paused = command("outbox", "pause", "--why", "a wrong letter went out")

    assert "keepword outbox resume" in paused.stdout
    assert "a wrong letter went out" in command("outbox", "list").stderr
    found = json.loads(command("outbox", "list", "--json").stdout)["paused"]
    assert (found["reason"], found["by_provider"]) == ("a wrong letter went out", False)

    assert command("outbox", "resume").stdout == "Mail goes out again.\n"
    assert command("outbox", "resume").stdout == "Mail was not paused.\n"
    assert json.loads(command("outbox", "list", "--json").stdout)["paused"] is None


def test_a_lost_request_is_settled_as_a_whole_and_a_dry_run_only_counts(
    employer: Desk, command: Command
) -> None:
    with employer.work() as work:
        batch = SendBatch(provider="sendgrid", size=3, created_at=work.now)
        work.session.add(batch)
        work.session.flush()
        batch_id = batch.id
    ids = some(employer, "uncertain", "uncertain", "delivered", batch_id=batch_id)
    settle = ("outbox", "settle", "--request", batch_id, "--send-again", "--why", "two have none")

    assert batch_id in command("outbox", "list").stdout
    tried = command(*settle, "--dry-run")
    assert tried.stdout == "2 letters would go out again.\n"
    assert states(employer, ids) == ["uncertain", "uncertain", "delivered"]

    done = json.loads(command(*settle, "--json").stdout)

    assert (done["outcome"], sorted(done["settled"])) == ("send-again", sorted(ids[:2]))
    assert states(employer, ids) == ["ready", "ready", "delivered"]
    unknown = command("outbox", "settle", "--request", "bat_no", "--arrived", "--why", "x")
    assert (unknown.exit_code, "there is no request bat_no" in unknown.stderr) == (2, True)
    both = command("outbox", "settle", ids[0], "--request", batch_id, "--arrived", "--why", "x")
    assert both.exit_code == 2


def test_a_list_that_is_cut_off_says_so(employer: Desk, command: Command) -> None:
    some(employer, "held", "held", "held")

    shown = command("outbox", "list", "--limit", "2")
    document = json.loads(command("outbox", "list", "--limit", "2", "--json").stdout)

    assert "These are 2 of 3: --limit 3 shows all." in shown.stderr
    assert (len(document["letters"]), document["number"]) == (2, 3)
    assert "shows all" not in command("outbox", "list", "--limit", "3").stderr


def test_a_program_reads_how_a_release_ended(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        application = add_application(work)
        going = write_letter(work, application, Wish("acknowledgement", {}))
        going.state, going.due_at, going.reason = "blocked", None, "she wrote meanwhile"
        id_ = going.id

    released = command("outbox", "release", id_, "--why", "she asked for it", "--json")

    assert json.loads(released.stdout) == {
        "id": id_,
        "state": "ready",
        "reason": "she asked for it",
    }
