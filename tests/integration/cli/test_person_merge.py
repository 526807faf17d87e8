"""``keepword person merge``: two records become one person, in counts and without a name."""

from __future__ import annotations

import json

from sqlalchemy import select

from service.models import Application, Candidate, CandidateEmail
from service.models import TimelineEntry as Entry
from service.workflows.erase import erase_candidate
from tests.harness import add_application
from tests.integration.cli.conftest import Command, Desk


def test_two_records_are_merged_once_somebody_said_yes(employer: Desk, command: Command) -> None:
    with employer.work() as work:
        one, other, third = (
            add_application(work, first_name=name, email=f"{name}@example.com").candidate_id
            for name in ("Amara", "Amy", "Jonas")
        )
        work.session.add(
            CandidateEmail(
                candidate_id=third, address="amy@example.com", address_key="amy@example.com"
            )
        )
    into = ("--into", "AMARA@example.com")

    def people() -> set[str]:
        with employer.session() as session:
            return set(session.scalars(select(Application.candidate_id)))

    several = command("person", "merge", "amy@example.com", *into, "--yes")
    assert (several.exit_code, other in several.stderr, third in several.stderr) == (2, True, True)
    itself = command("person", "merge", one, *into, "--yes")
    assert (itself.exit_code, "nothing to merge" in itself.stderr) == (2, True)
    unsaid = command("person", "merge", other, *into, input="n\n")
    assert (unsaid.exit_code, "--yes" in unsaid.stderr) == (2, True)
    dry = command("person", "merge", other, *into, "--dry-run")
    assert (dry.exit_code, f"{other}: 1 application, 0 open promises" in dry.stdout) == (0, True)
    assert people() == {one, other, third}

    done = command("person", "merge", other, *into, input="y\n")

    assert (done.exit_code, done.stdout) == (
        0,
        f"{other} is merged into {one}, with 1 application.\n",
    )
    assert people() == {one, third}
    with employer.session() as session:
        assert session.get_one(Candidate, other).merged_into_id == one
        entry = session.scalars(select(Entry).where(Entry.kind == "candidates_merged")).one()
        assert (entry.actor, entry.source) == ("keepword", "command-line")
    # Who was merged is who goes on.
    again = command("person", "merge", other, *into, "--yes")
    assert (again.exit_code, "nothing to merge" in again.stderr) == (2, True)
    made = command("person", "merge", third, "--into", other, "--yes", "--json")
    assert json.loads(made.stdout) == {
        "merged": third,
        "into": one,
        "applications": 1,
        "dry_run": False,
    }
    with employer.work() as work:
        gone = add_application(work, first_name="Jo", email="jo@example.com").candidate
        gone_id = gone.id
        erase_candidate(work, gone, "asked for it")
    for who in (gone_id, "jo@example.com", "cnd_nobody"):
        refused = command("person", "merge", who, *into, "--yes")
        assert (refused.exit_code, refused.stdout) == (2, ""), who
    for said in (several, unsaid, dry, done, again, made):
        assert "Amara" not in said.output
