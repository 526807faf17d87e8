"""``keepword person erase``: one person and no other, in counts and without a name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import Result
from sqlalchemy import select

from service.domain.changes import Applied, Change
from service.domain.policies import Kind
from service.models import Application, Candidate, CandidateEmail, Connection, Message, Promise
from service.models import TimelineEntry as Entry
from service.workflows.apply import apply_changes
from service.workflows.connections import add_connection
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, add_application
from tests.integration.ats_reports import HOUR, ref_of
from tests.integration.cli.conftest import Command, Desk
from tests.reading_pages import letter


def reported(employer: Desk, change: Change) -> bool:
    """Let an ATS report something; tell whether it was about somebody erased."""
    with employer.work() as work:
        row = work.session.scalars(select(Connection)).first() or add_connection(
            work, "main", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        return apply_changes(work, row, [change], work.now).erased


def names(employer: Desk) -> list[Any]:
    with employer.session() as session:
        return list(session.scalars(select(Candidate.first_name).order_by(Candidate.id)))


def test_one_person_is_erased_by_address_and_stays_so(
    employer: Desk, command: Command, tmp_path: Path
) -> None:
    reported(employer, Applied(ref_of(applied_at=MONDAY - HOUR), MONDAY - HOUR))
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        make_spoken(work, application, Spoken(Kind.CALLBACK, "Call Ada", "1 business day"))
        letter_id = letter(work, "ready", application_id=application.id).id
        candidate_id = application.candidate_id
    with employer.session() as session:
        owed = len(session.scalars(select(Promise.id).where(Promise.state == "open")).all())
    outputs: list[Result] = []

    def erase(*arguments: str, **settings: str) -> Result:
        outputs.append(command("person", "erase", *arguments, **settings))
        return outputs[-1]

    refused = erase("C1@Example.com", input="n\n")
    assert refused.exit_code == 2
    assert f"{candidate_id}: 1 application, {owed} open promise" in refused.stderr
    assert "1 letter yet to leave" in refused.stderr
    assert "--yes" in refused.stderr
    assert names(employer) == ["Ada"]

    done = erase("C1@Example.com", input="y\n")

    assert done.exit_code == 0
    assert done.stdout.startswith(f"{candidate_id} is erased; {owed} open promise")
    assert done.stdout.endswith("1 letter was stopped.\n")
    assert "(main)" in done.stderr
    with employer.session() as session:
        assert session.scalars(select(CandidateEmail.id)).all() == []
        stopped = session.get_one(Message, letter_id)
        assert (stopped.state, stopped.own_text) == ("cancelled", "(erased)")
        assert session.scalars(select(Promise.id).where(Promise.state == "open")).all() == []
        entry = session.scalars(select(Entry).where(Entry.kind == "candidate_erased")).one()
        assert (entry.actor, entry.source) == ("keepword", "command-line")
    assert candidate_id in (tmp_path / "erasures.log").read_text("utf-8")

    assert reported(employer, Applied(ref_of("late"), MONDAY + HOUR))
    assert names(employer) == [None]
    for who in (candidate_id, "c1@example.com"):
        again = erase(who)
        assert (again.exit_code, "erased before" in again.stdout) == (0, True), who
    assert json.loads(erase(candidate_id, "--json").stdout) == {
        "candidate_id": candidate_id,
        "erased": False,
    }
    for said in outputs:
        assert not {"ada", "byron", "c1@example.com"} & set(said.output.casefold().split())


def test_nobody_is_erased_where_it_is_not_plain_who(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        ids = sorted(
            add_application(work, first_name=name, email="shared@example.com").candidate_id
            for name in ("Amara", "Jonas")
        )
        gone = add_application(work, first_name="Amy", email="old@example.com").candidate
        gone.merged_into_id = ids[0]
        merged_id = gone.id

    several = command("person", "erase", "shared@example.com", "--yes")
    assert (several.exit_code, several.stdout) == (2, "")
    assert all(each in several.stderr for each in ids)
    assert "Amara" not in several.stderr
    for nobody in ("cnd_nobody", "nobody@example.com", "no address@"):
        unknown = command("person", "erase", nobody, "--yes")
        assert (unknown.exit_code, unknown.stdout) == (2, "")
        assert nobody not in unknown.stderr
    assert sorted(names(employer)) == ["Amara", "Amy", "Jonas"]

    # Who was merged into somebody is that other, by their old address as by their old id.
    by_id = json.loads(command("person", "erase", merged_id, "--yes", "--json").stdout)
    by_address = json.loads(command("person", "erase", "old@example.com", "--json").stdout)

    assert (by_id["candidate_id"], by_id["erased"], by_id["connections"]) == (ids[0], True, [])
    assert by_address["erased"] is False
    left = json.loads(command("person", "erase", "shared@example.com", "--yes", "--json").stdout)
    assert left["candidate_id"] == ids[1]
    assert names(employer) == [None] * 3


def test_who_is_on_legal_hold_is_not_erased_until_it_is_released(
    employer: Desk, command: Command
) -> None:
    with employer.work() as work:
        row = add_application(work, email="amara@example.com")
        id_, application_id = row.candidate_id, row.id

    assert command("person", "hold", "amara@example.com", "--why", " ").exit_code == 1
    held = command("person", "hold", "Amara@Example.com", "--why", "a claim of theirs")
    assert held.stdout == f"{id_} is on legal hold: nobody erases them until it is lifted.\n"
    twice = command("person", "hold", id_, "--why", "another")
    refused = command("person", "erase", id_, "--yes")
    assert (twice.exit_code, refused.exit_code) == (1, 1)
    assert "they are on legal hold already" in twice.stderr
    assert f"keepword person release {id_}" in refused.stderr
    assert names(employer) == ["Amara"]
    assert "on legal hold, and not erased while it stands: 1" in command("retention").stderr.lower()

    released = command("person", "release", id_, "--json")
    assert json.loads(released.stdout) == {"candidate_id": id_, "legal_hold_at": None}
    assert command("person", "release", id_).exit_code == 1
    assert command("person", "erase", id_, "--yes").exit_code == 0
    assert command("person", "hold", "amara@example.com", "--why", "late").exit_code == 1
    for said in (held, twice, refused, released):
        assert "amara" not in (said.stdout + said.stderr).lower()
    with employer.session() as session:
        told = session.execute(
            select(Entry.kind, Entry.source).where(Entry.application_id == application_id)
        ).all()
    assert [tuple(each) for each in told] == [
        ("legal_hold_set", "command-line"),
        ("legal_hold_lifted", "command-line"),
        ("candidate_erased", "command-line"),
    ]
