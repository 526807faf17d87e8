"""``keepword connection``: secrets that no argument shows, and deliveries once more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from service.models import Connection, Delivery
from service.workflows.connection_secrets import live_until
from service.workflows.connections import add_connection, live_secrets
from service.workflows.heartbeat import beat
from service.workflows.retention import retain
from tests.harness import MONDAY
from tests.integration.cli.conftest import Command, Desk

SECRET = "an invented webhook secret"
KEEPWORD_TELLS = ("--rejections-by", "keepword")


def secrets_of(desk: Desk, name: str) -> list[str]:
    with desk.work() as work:
        row = work.session.scalars(select(Connection).where(Connection.name == name)).one()
        return live_secrets(work, row)


def add_failed(desk: Desk, body: bytes = b"{}") -> str:
    with desk.work() as work:
        row = work.session.scalars(select(Connection).where(Connection.name == "main")).first()
        row = row or add_connection(work, "main", "greenhouse", [SECRET], rejections_by="keepword")
        delivery = Delivery(
            connection_id=row.id,
            identity=body.decode() + str(len(body)),
            headers={},
            body=body,
            received_at=MONDAY,
            next_attempt_at=MONDAY,
            state="failed",
            error="/payload is missing",
        )
        work.session.add(delivery)
        work.session.flush()
        return delivery.id


def test_a_connection_is_added_with_a_secret_from_a_file(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")

    result = command(
        "connection",
        "add",
        "main",
        "--vendor",
        "greenhouse",
        *KEEPWORD_TELLS,
        "--secret-file",
        str(file),
    )

    assert result.exit_code == 0, result.output
    assert result.stdout == "https://keepword.example.com/hooks/ats/main\n"
    assert secrets_of(employer, "main") == [SECRET]


def test_a_secret_comes_from_standard_input_or_the_environment_too(
    employer: Desk, command: Command
) -> None:
    piped = command(
        "connection",
        "add",
        "a",
        "--vendor",
        "greenhouse",
        *KEEPWORD_TELLS,
        "--secret-file",
        "-",
        input=SECRET,
    )
    named = command(
        "connection",
        "add",
        "b",
        "--vendor",
        "greenhouse",
        *KEEPWORD_TELLS,
        KEEPWORD_CONNECTION_SECRET=SECRET,
    )

    assert (piped.exit_code, named.exit_code) == (0, 0)
    assert secrets_of(employer, "a") == secrets_of(employer, "b") == [SECRET]


def test_a_secret_is_made_and_shown_once(employer: Desk, command: Command) -> None:
    line = ("connection", "add", "own", "--vendor", "generic", *KEEPWORD_TELLS, "--new-secret")
    url, made = command(*line).stdout.splitlines()

    assert url.endswith("/hooks/ats/own")
    assert secrets_of(employer, "own") == [made]
    again = command("connection", "rotate", "own", "--new-secret").stdout.strip()
    assert secrets_of(employer, "own") == [again, made]


def test_a_secret_that_could_verify_nothing_is_refused(employer: Desk, command: Command) -> None:
    env = {"KEEPWORD_CONNECTION_SECRET": SECRET}

    result = command("connection", "add", "own", "--vendor", "generic", *KEEPWORD_TELLS, **env)

    assert result.exit_code == 2
    assert "whsec_ followed by base64" in result.stderr


def test_a_connection_that_cannot_be_is_refused(employer: Desk, command: Command) -> None:
    env = {"KEEPWORD_CONNECTION_SECRET": SECRET}
    command("connection", "add", "main", "--vendor", "greenhouse", *KEEPWORD_TELLS, **env)
    for named, line in (
        ("name", ("Not A Name", "--vendor", "greenhouse", *KEEPWORD_TELLS)),
        ("name", ("main", "--vendor", "greenhouse", *KEEPWORD_TELLS)),
        ("--vendor", ("other", "--vendor", "carrier-pigeon", *KEEPWORD_TELLS)),
    ):
        result = command("connection", "add", *line, **env)

        assert result.exit_code == 2, line
        assert named in result.stderr
    without = command("connection", "add", "other", "--vendor", "greenhouse", *KEEPWORD_TELLS)

    assert without.exit_code == 2
    assert "--secret-file" in without.stderr


def test_no_list_shows_a_secret(employer: Desk, command: Command) -> None:
    add_failed(employer)

    shown = command("connection", "list").stdout
    document = json.loads(command("connection", "list", "--json").stdout)

    assert SECRET not in shown + json.dumps(document)
    (row,) = document["connections"]
    assert (row["name"], row["vendor"], row["active"], row["failed"]) == (
        "main",
        "greenhouse",
        True,
        1,
    )
    assert row["url"] == "https://keepword.example.com/hooks/ats/main"


def test_a_secret_is_rotated_with_the_old_one_live_for_a_while_or_not_at_all(
    employer: Desk, command: Command
) -> None:
    add_failed(employer)
    rotate = ("connection", "rotate", "main", "--secret-file", "-")

    usual = command(*rotate, "--json", input="new")
    both = secrets_of(employer, "main")
    alone = command(*rotate, "--keep-old-for", "0h", input="newest")

    told = json.loads(usual.stdout)
    until = datetime.fromisoformat(told["old_until_at"])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert (told["live_secrets"], both) == (2, ["new", SECRET])
    assert secrets_of(employer, "main") == ["newest"]
    assert "No old one counts any more" in alone.stderr
    assert SECRET not in usual.output + alone.output


def test_a_secret_is_added_where_an_ats_signs_with_several(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "tokens"
    file.write_text("one\n\ntwo\n", encoding="utf-8")
    line = ("--vendor", "lever", *KEEPWORD_TELLS, "--secret-file", str(file))
    command("connection", "add", "lever-main", *line)

    added = command("connection", "rotate", "lever-main", "--add", "--secret-file", "-", input="3")

    assert added.exit_code == 0, added.output
    assert secrets_of(employer, "lever-main") == ["3", "one", "two"]
    with employer.session() as session:
        row = session.scalars(select(Connection)).one()
        assert live_until(row, MONDAY) is None


def test_a_span_that_is_none_is_refused(employer: Desk, command: Command) -> None:
    add_failed(employer)
    for span in ("soon", "-1h", "91d", "1w", "99999d"):
        line = ("rotate", "main", "--secret-file", "-", "--keep-old-for", span)
        result = command("connection", *line, input="new")

        assert result.exit_code == 2, span
        assert "--keep-old-for" in result.stderr, span
    assert secrets_of(employer, "main") == [SECRET]


def test_failed_deliveries_are_put_back_in_line(employer: Desk, command: Command) -> None:
    first, second = add_failed(employer), add_failed(employer, b'{"a": 1}')

    dry = command("connection", "replay", "--failed", "main", "--dry-run")
    with employer.session() as session:
        states = set(session.scalars(select(Delivery.state)))
    wet = command("connection", "replay", "--failed", "main")

    assert dry.stdout == "2 would be back in line.\n"
    assert states == {"failed"}
    assert wet.stdout == "2 are back in line.\n"
    with employer.session() as session:
        found = session.execute(select(Delivery.id, Delivery.state, Delivery.error)).all()
        assert {tuple(row) for row in found} == {
            (first, "received", None),
            (second, "received", None),
        }


def test_all_that_failed_since_a_day_is_one_command(employer: Desk, command: Command) -> None:
    early, late = add_failed(employer), add_failed(employer, b'{"a": 1}')
    with employer.work() as work:
        work.session.get_one(
            Delivery, work.session.scalars(select(Delivery.seq).where(Delivery.id == early)).one()
        ).received_at = MONDAY - timedelta(days=2)

    dry = command("connection", "replay", "--since", "2026-03-01", "--dry-run", "--json")
    wet = command("connection", "replay", "--since", "2026-03-01", "--failed", "main", "--afresh")

    assert json.loads(dry.stdout) == {
        "dry_run": True,
        "replayed": 1,
        "erased": 0,
        "emptied": 0,
    }
    assert wet.stdout == "1 are back in line.\n"
    with employer.session() as session:
        found = {id_: state for id_, state in session.execute(select(Delivery.id, Delivery.state))}  # noqa: C416 - Row, not tuple
    assert found == {early: "failed", late: "received"}
    for when in ("yesterday", "2026-13-01", "2999-01-01"):
        refused = command("connection", "replay", "--since", when)
        assert (refused.exit_code, "--since" in refused.stderr) == (2, True), when


def test_what_was_erased_cannot_be_replayed_and_is_said_so(
    employer: Desk, command: Command
) -> None:
    erased = add_failed(employer, b"")

    result = command("connection", "replay", erased)

    assert result.stdout == "0 are back in line.\n"
    assert "1 were erased" in result.stderr


def test_what_had_its_time_is_listed_and_cannot_be_replayed(
    employer: Desk, command: Command
) -> None:
    now, replayed = datetime.now(UTC), add_failed(employer)
    with employer.work() as work:
        found = work.session.scalars(select(Delivery)).one()
        found.state, found.done_at = "done", now - timedelta(days=91)

    def kinds(**settings: str) -> dict[str, int]:
        listed = json.loads(command("retention", "--json", **settings).stdout)["kinds"]
        return {kind["name"]: kind["due"] for kind in listed if kind["due"]}

    told = command("retention")
    assert kinds() == {"content of deliveries from an ATS": 1}
    assert kinds(KEEPWORD_KEEP_RAW_DAYS="92") == kinds(KEEPWORD_KEEP_RAW_DAYS="0") == {}
    assert "90 days after it was worked in" in told.stdout
    assert "never go by their age" in told.stderr
    with employer.work() as work:
        beat(work.session, "retention", now - timedelta(hours=1), {})
    with employer.work() as work:
        retain(work.session, now, 90)

    result = command("connection", "replay", replayed)

    assert kinds() == {}
    assert result.stdout == "0 are back in line.\n"
    assert "1 had their time" in result.stderr


def test_a_replay_needs_to_know_what(employer: Desk, command: Command) -> None:
    for line in ((), ("dlv_unknown",), ("--failed", "nowhere"), ("dlv_x", "--failed", "main")):
        assert command("connection", "replay", *line).exit_code == 2, line


def test_a_removed_connection_takes_no_more_deliveries(employer: Desk, command: Command) -> None:
    add_failed(employer)

    kept = command("connection", "remove", "main", input="n\n")
    removed = command("connection", "remove", "main", "--yes")

    assert (kept.exit_code, removed.exit_code) == (2, 0)
    assert "--yes" in kept.stderr
    with employer.session() as session:
        assert session.scalars(select(Connection.active)).all() == [False]
        assert len(session.scalars(select(Delivery)).all()) == 1


def test_a_removed_connection_takes_deliveries_again_once_it_is_restored(
    employer: Desk, command: Command
) -> None:
    add_failed(employer)
    command("connection", "remove", "main", "--yes")

    restored = command("connection", "restore", "main")

    assert (restored.exit_code, restored.stdout) == (0, "Posts to main are taken again.\n")
    assert "keepword connection sync main" in restored.stderr
    assert json.loads(command("connection", "restore", "main", "--json").stdout)["active"]
    assert command("connection", "restore", "nowhere").exit_code == 2
    with employer.session() as session:
        assert session.scalars(select(Connection.active)).all() == [True]


def test_who_sends_rejections_is_asked_and_has_no_default(employer: Desk, command: Command) -> None:
    env = {"KEEPWORD_CONNECTION_SECRET": SECRET}
    line = ("connection", "add", "main", "--vendor", "greenhouse")

    without = command(*line, **env)
    both = command(*line, "--rejections-by", "both", **env)
    added = command(*line, "--rejections-by", "ats", "--json", **env)

    for refused in (without, both):
        assert refused.exit_code == 2
        assert "--rejections-by" in refused.stderr
        assert "keepword" in refused.stderr
        assert "ats" in refused.stderr
    assert json.loads(added.stdout)["rejections_by"] == "ats"


def test_the_list_says_who_sends_rejections_and_where_nobody_said(
    employer: Desk, command: Command
) -> None:
    add_failed(employer)
    with employer.work() as work:
        work.session.scalars(select(Connection)).one().rejections_by = None

    unanswered = command("connection", "list", COLUMNS="200").stdout
    answered = command("connection", "rejections", "main", "ats")
    (row,) = json.loads(command("connection", "list", "--json").stdout)["connections"]

    assert "not answered: say who sends rejections" in unanswered
    assert answered.stdout == "The ATS sends the rejections of main, and Keepword sends none.\n"
    assert row["rejections_by"] == "ats"
    again = command("connection", "rejections", "main", "keepword")
    assert again.stdout.startswith("Keepword sends the rejections of main.")
    for line in (("main",), ("main", "both"), ("nowhere", "ats")):
        assert command("connection", "rejections", *line).exit_code == 2, line
