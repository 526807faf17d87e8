"""``keepword job``: closing a job from the shell."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.clock import SystemClock
from service.models import Application, Job, JobClosing, Message
from tests.harness import add_application, add_user
from tests.integration.cli.conftest import Command, Desk

BY = ("--by", "maria@example.com")


@dataclass(frozen=True)
class Shop:
    """A job with one who was not interviewed and one who was."""

    job: str
    amara: str
    bela: str


@pytest.fixture
def shop(employer: Desk) -> Shop:
    with employer.work() as work:
        maria = add_user(work, email="maria@example.com")
        job = Job(title="Bookbinder", status="open", created_at=work.now)
        amara = add_application(work, first_name="Amara", owner=maria, job=job)
        bela = add_application(
            work,
            first_name="Bela",
            owner=maria,
            job=job,
            stage="interview",
            interviewed_at=work.now,
        )
        return Shop(job.id, amara.id, bela.id)


def _stages(employer: Desk) -> list[str]:
    with employer.session() as session:
        return sorted(session.scalars(select(Application.stage)))


def _many(employer: Desk, shop: Shop, count: int = 31) -> None:
    with employer.work() as work:
        job = work.session.get_one(Job, shop.job)
        for number in range(count - 1):
            add_application(work, first_name=f"Chidi{number}", job=job)


def test_a_dry_run_shows_everybody_and_every_letter_and_does_nothing(
    employer: Desk, command: Command, shop: Shop
) -> None:
    result = command("job", "close", "bookbinder", "--outcome", "filled", *BY, "--dry-run")

    assert result.exit_code == 0, result.output
    for said in ("Told by mail: 1", "Called first: 1", "Second choice: 0", "Left out: 0"):
        assert said in result.stdout
    assert "Amara Okafor" in result.stdout
    assert "--- Amara Okafor <amara." in result.stdout
    assert "Hello Amara," in result.stdout
    assert "+1 416 555 0100" in result.stdout
    assert "1 letter goes out" in result.stdout
    assert _stages(employer) == ["applied", "interview"]


def test_a_dry_run_for_programs(command: Command, shop: Shop) -> None:
    result = command("job", "close", shop.job, "--outcome", "cancelled", *BY, "--dry-run", "--json")

    document = json.loads(result.stdout)
    assert document["parts"]["mail"] == document["letters"] == 1
    letters = {each["name"]: each["letter"] for each in document["people"]}
    assert letters["Amara Okafor"]["kind"] == "position-closed"
    assert letters["Bela Okafor"] is None


def test_a_job_is_closed_shown_and_taken_back(employer: Desk, command: Command, shop: Shop) -> None:
    closed = command("job", "close", shop.job, "--outcome", "filled", *BY, "--json")

    assert closed.exit_code == 0, closed.output
    closing = json.loads(closed.stdout)
    assert (closing["letters"]["waiting"], closing["calls_open"]) == (1, 1)
    assert _stages(employer) == ["rejected", "rejected"]

    progress = command("job", "closing", closing["id"])
    assert progress.exit_code == 0
    assert "Told by mail" in progress.stdout
    assert "waiting" in progress.stdout

    tried = command("job", "undo", closing["id"], *BY, "--dry-run")
    assert "1 letter would be stopped; 2 applications would be considered again." in tried.stdout
    assert _stages(employer) == ["rejected", "rejected"]

    undone = command("job", "undo", closing["id"], *BY)
    assert undone.exit_code == 0, undone.output
    assert "1 letter was stopped; 2 applications are considered again." in undone.stdout
    assert _stages(employer) == ["applied", "interview"]

    again = command("job", "undo", closing["id"], *BY)
    assert again.exit_code == 1
    assert "was taken back already" in again.stderr


def test_what_differs_from_the_rules_is_said_by_name(
    employer: Desk, command: Command, shop: Shop
) -> None:
    result = command(
        "job",
        "close",
        shop.job,
        "--outcome",
        "filled",
        *BY,
        "--second-choice",
        shop.bela,
        "--until",
        (SystemClock().now() + timedelta(days=30)).date().isoformat(),
        "--leave-out",
        shop.amara,
        "--json",
    )

    document = json.loads(result.stdout)
    assert (document["parts"]["second_choice"], document["parts"]["left_out"]) == (1, 1)
    assert _stages(employer) == ["applied", "interview"]


def test_many_letters_need_their_number(employer: Desk, command: Command, shop: Shop) -> None:
    _many(employer, shop)
    close = ("job", "close", shop.job, "--outcome", "filled", *BY)

    unasked = command(*close)
    wrong = command(*close, "--confirm", "30")
    with employer.session() as session:
        assert session.scalars(select(JobClosing)).all() == []
    right = command(*close, "--confirm", "31", "--json")

    assert (unasked.exit_code, wrong.exit_code) == (2, 2)
    assert "--confirm 31" in unasked.stderr
    assert "31 letters would go out" in wrong.stderr
    assert json.loads(right.stdout)["letters_written"] == 31


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing", "--outcome", "filled", *BY), "there is no job “nothing”"),
        (("Bookbinder", "--outcome", "won", *BY), "won"),
        (("Bookbinder", "--outcome", "filled"), "--by"),
        (("Bookbinder", "--outcome", "filled", "--by", "nobody@example.com"), "nobody@example.com"),
        (("Bookbinder", "--outcome", "filled", *BY, "--leave-out", "app_x"), "--leave-out"),
        (("Bookbinder", "--outcome", "filled", *BY, "--until", "soon"), "--until"),
    ],
)
def test_misuse_is_told(
    command: Command, shop: Shop, arguments: tuple[str, ...], said: str
) -> None:
    result = command("job", "close", *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_viewer_closes_nothing(employer: Desk, command: Command, shop: Shop) -> None:
    with employer.work() as work:
        add_user(work, "Vera Blick", email="vera@example.com", role="viewer")

    result = command("job", "close", shop.job, "--outcome", "filled", "--by", "vera@example.com")

    assert result.exit_code == 2
    assert "recruiter, hiring manager or administrator" in " ".join(result.stderr.split())
    with employer.session() as session:
        assert session.scalars(select(Message)).all() == []


def test_jobs_whose_people_wait_are_listed(employer: Desk, command: Command, shop: Shop) -> None:
    before = command("job", "list")
    with employer.work() as work:
        work.session.get_one(Job, shop.job).status = "filled"
    after = command("job", "list", "--json")
    everything = command("job", "list", "--all")

    assert "Nobody waits" in before.stdout
    assert json.loads(after.stdout)["jobs"] == [
        {"id": shop.job, "title": "Bookbinder", "status": "filled", "untold": 2}
    ]
    assert "Bookbinder" in everything.stdout


def test_an_unknown_closing_is_misuse(command: Command, shop: Shop) -> None:
    for verb in ("undo", "closing"):
        result = command("job", verb, "clo_none")
        assert result.exit_code == 2
        assert "there is no closing" in result.stderr
