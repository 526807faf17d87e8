"""``keepword user`` and ``keepword key``: colleagues, and the keys programs act with."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from service.auth.keys import caller_with
from service.models import ApiKey
from tests.integration.cli.conftest import Command, Desk


def test_a_colleague_is_added_under_a_manager(employer: Desk, command: Command) -> None:
    command("user", "add", "ana@example.com", "--name", "Ana Ruiz", "--role", "hiring_manager")
    command("user", "add", "tom@example.com", "--name", "Tom Berg", "--manager", "ANA@example.com")

    listed = json.loads(command("user", "list", "--json").stdout)["users"]

    assert [(each["name"], each["role"], each["manager"]) for each in listed] == [
        ("Ana Ruiz", "hiring_manager", None),
        ("Tom Berg", "recruiter", "ana@example.com"),
    ]
    assert "Tom Berg" in command("user", "list").stdout


def test_a_colleague_who_cannot_be_is_refused(employer: Desk, command: Command) -> None:
    for named, line in (
        ("EMAIL", ("no-address", "--name", "A")),
        ("--name", ("a@example.com", "--name", " ")),
        ("--name", ("a@example.com", "--name", "Ana\nRuiz")),
        ("--name", ("a@example.com", "--name", "A" * 201)),
        ("--manager", ("a@example.com", "--name", "A", "--manager", "b@example.com")),
        ("--time-zone", ("a@example.com", "--name", "A", "--time-zone", "Mars/Olympus")),
        ("--role", ("a@example.com", "--name", "A", "--role", "king")),
    ):
        result = command("user", "add", *line)

        assert result.exit_code == 2, line
        assert named in result.stderr
    assert json.loads(command("user", "list", "--json").stdout) == {"users": []}


def test_one_address_is_one_colleague(employer: Desk, command: Command) -> None:
    command("user", "add", "ana@example.com", "--name", "Ana Ruiz")

    result = command("user", "add", "Ana@Example.com", "--name", "Ana Again")

    assert result.exit_code == 2
    assert "already" in result.stderr


def test_a_key_is_shown_once_and_works(employer: Desk, command: Command) -> None:
    command("user", "add", "ana@example.com", "--name", "Ana Ruiz")
    made = command("key", "add", "ci", "--scope", "read", "--user", "ana@example.com")
    secret = made.stdout.strip()

    listed = command("key", "list", "--json").stdout

    assert secret.startswith("kw_")
    assert secret not in listed
    row = json.loads(listed)["keys"][0]
    assert (row["name"], row["scopes"], row["user"], row["state"]) == (
        "ci",
        ["read"],
        "ana@example.com",
        "live",
    )
    with employer.session() as session:
        caller = caller_with(session, datetime.now(UTC), secret)
        assert caller is not None
        assert caller.may("read")
        assert not caller.may("write")


def test_a_key_has_a_name_to_be_told_by(employer: Desk, command: Command) -> None:
    for name in ("", "  ", "ci\nlaptop", "x" * 201):
        result = command("key", "add", name)

        assert result.exit_code == 2
        assert "NAME" in result.stderr
    assert json.loads(command("key", "list", "--json").stdout) == {"keys": []}


def test_a_key_may_end_by_itself(employer: Desk, command: Command) -> None:
    document = json.loads(command("key", "add", "ci", "--days", "2", "--json").stdout)

    with employer.session() as session:
        row = session.get_one(ApiKey, document["id"])
        assert row.expires_at is not None
        assert (row.expires_at - row.created_at).days == 2
    assert document["key"].startswith(document["start"])


def test_a_revoked_key_opens_nothing(employer: Desk, command: Command) -> None:
    secret = command("key", "add", "ci").stdout.strip()

    first = command("key", "revoke", "ci")
    second = command("key", "revoke", "ci")

    assert (first.exit_code, first.stdout) == (0, "The key is revoked.\n")
    assert "before" in second.stdout
    with employer.session() as session:
        assert caller_with(session, datetime.now(UTC), secret) is None
    assert "revoked" in command("key", "list").stdout


def test_a_key_is_revoked_only_where_it_is_plain_which(employer: Desk, command: Command) -> None:
    keys = [json.loads(command("key", "add", "ci", "--json").stdout) for _ in range(2)]

    unclear = command("key", "revoke", "ci")
    unknown = command("key", "revoke", "other")
    by_id = command("key", "revoke", keys[0]["id"])

    assert (unclear.exit_code, unknown.exit_code, by_id.exit_code) == (2, 2, 0)
    states = {
        each["id"]: each["state"]
        for each in json.loads(command("key", "list", "--json").stdout)["keys"]
    }
    assert states == {keys[0]["id"]: "revoked", keys[1]["id"]: "live"}
