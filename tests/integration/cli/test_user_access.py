"""``keepword user``: who may sign in, from the command line."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import select

from service.auth.keys import make_key
from service.auth.links import Purpose, an_administrator_can_sign_in, link_with
from service.auth.passwords import set_password
from service.auth.sessions import begin_session, session_with
from service.clock import SystemClock
from service.models import ApiKey, Message, User
from service.workflows.envelopes import envelope_of
from service.workflows.work import Work
from tests.integration.cli.conftest import Command, Desk

ADD = ("user", "add", "ana@example.com", "--name", "Ana Ruiz")
PASSWORD = "quiet harbour lantern"


def let_in(employer: Desk, email: str) -> User:
    with employer.session() as session:
        user = session.scalars(select(User).where(User.email == email)).one()
        set_password(session, user, PASSWORD, SystemClock().now())
        session.commit()
        return user


def test_an_invitation_is_mailed_with_a_link_that_works(employer: Desk, command: Command) -> None:
    command(*ADD, "--invite")
    with employer.session() as session:
        letter = session.scalars(select(Message)).one()
        work = Work(session, SystemClock().now(), employer.office)
        sent = envelope_of(work, letter, attempt=1)
        token = sent.text.partition("https://keepword.example.com/welcome/")[2].split()[0]
        link = link_with(session, SystemClock().now(), token)

        assert (letter.kind, letter.to_address) == ("sign-in-invitation", "ana@example.com")
        assert link is not None
        assert link.purpose == Purpose.INVITATION


def test_no_command_shows_a_link_that_was_mailed(employer: Desk, command: Command) -> None:
    said = command(*ADD, "--invite").stdout
    with employer.session() as session:
        letter = session.scalars(select(Message)).one()
        work = Work(session, SystemClock().now(), employer.office)
        secret = envelope_of(work, letter, attempt=1).text.partition("/welcome/")[2].split()[0]
    assert "never sent" in said
    assert "keepword user invite ana@example.com --print" in said
    again = command("user", "invite", "ana@example.com").stdout
    shown = [
        said,
        again,
        command("outbox", "show", letter.id).stdout,
        command("outbox", "show", letter.id, "--json").stdout,
        command("outbox", "list", "--json").stdout,
    ]

    assert "add --print for the link" in again
    assert "shown-only-in-the-mail" in shown[2]
    assert not [each for each in shown if secret in each]


def test_a_printed_link_writes_no_letter(employer: Desk, command: Command) -> None:
    command(*ADD)
    printed = command("user", "reset", "ana@example.com", "--print").stdout.strip()
    document = json.loads(command("user", "invite", "ana@example.com", "--print", "--json").stdout)
    with employer.session() as session:
        now = SystemClock().now()
        older, newer = (url.rpartition("/")[2] for url in (printed, document["url"]))

        assert session.scalars(select(Message)).all() == []
        assert link_with(session, now, older) is None
        assert link_with(session, now, newer) is not None


def test_the_first_link_is_given_until_an_administrator_can_sign_in(
    employer: Desk, command: Command
) -> None:
    command(*ADD, "--role", "administrator")
    unset = command("user", "first", KEEPWORD_BASE_URL=None)
    assert unset.stdout.startswith("http://127.0.0.1:8000/welcome/")
    assert "KEEPWORD_BASE_URL is not set" in unset.stderr
    first = command("user", "first")
    let_in(employer, "ana@example.com")
    then = command("user", "first")

    assert first.stderr == ""
    assert first.stdout.startswith("https://keepword.example.com/welcome/")
    assert then.exit_code == 1
    assert "can sign in already" in then.stderr


def test_a_deactivated_colleague_loses_sessions_links_and_keys(
    employer: Desk, command: Command
) -> None:
    command("user", "add", "ruth@example.com", "--name", "Ruth", "--role", "administrator")
    command(*ADD)
    let_in(employer, "ruth@example.com")
    ana = let_in(employer, "ana@example.com")
    link = command("user", "reset", "ana@example.com", "--print").stdout.strip().rpartition("/")[2]
    now = SystemClock().now()
    with employer.session() as session:
        _, token = begin_session(session, now, ana, how="test", user_agent="")
        make_key(session, now, "ana's", ["read"], user_id=ana.id)
        session.commit()

    done = command("user", "deactivate", "ana@example.com")
    later = SystemClock().now() + timedelta(seconds=1)
    with employer.session() as session:
        assert done.exit_code == 0
        assert session_with(session, later, token) is None
        assert link_with(session, later, link) is None
        assert session.scalars(select(ApiKey)).one().revoked_at is not None
    assert command("user", "reset", "ana@example.com").exit_code == 2
    command("user", "activate", "ana@example.com")
    assert command("user", "reset", "ana@example.com").exit_code == 0


def test_the_last_administrator_stays(employer: Desk, command: Command) -> None:
    command(*ADD, "--role", "administrator")
    let_in(employer, "ana@example.com")

    refused = command("user", "deactivate", "ana@example.com")

    assert refused.exit_code == 1
    assert "nobody else" in refused.stderr
    with employer.session() as session:
        assert an_administrator_can_sign_in(session)
