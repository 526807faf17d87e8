"""What each role may, and how far its looking reaches."""

from __future__ import annotations

import pytest

from service.domain.rights import (
    EVERYWHERE,
    RIGHTS,
    Extent,
    Right,
    Role,
    reach_of,
    rights_of,
    rights_of_key,
    within,
)

CHANGING = {
    Right.ANSWER, Right.ACT, Right.MAIL, Right.FEEDS, Right.SETTINGS, Right.PEOPLE,
}  # fmt: skip


def test_every_role_has_its_line_in_the_table() -> None:
    assert set(RIGHTS) == set(Role)


def test_an_administrator_may_everything() -> None:
    assert rights_of("administrator") == set(Right)


def test_a_viewer_changes_nothing() -> None:
    assert rights_of("viewer") & CHANGING == set()


def test_a_hiring_manager_sees_and_answers_only() -> None:
    assert rights_of("hiring_manager") == {Right.SEE, Right.ANSWER}


def test_only_administrators_change_settings_and_people() -> None:
    for right in (Right.SETTINGS, Right.PEOPLE):
        assert [role for role in Role if right in RIGHTS[role]] == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("role", ["", "owner", "Administrator", "admin"])
def test_a_role_that_is_not_known_may_nothing_and_reaches_least(role: str) -> None:
    assert rights_of(role) == set()
    assert reach_of(role, "usr_1", frozenset()).extent is Extent.AWAITING


@pytest.mark.parametrize(
    ("scopes", "role"),
    [
        ({"read"}, Role.VIEWER),
        ({"write"}, Role.RECRUITER),
        ({"read", "write"}, Role.RECRUITER),
        ({"admin"}, Role.ADMINISTRATOR),
    ],
)
def test_a_key_may_what_its_highest_scope_says(scopes: set[str], role: Role) -> None:
    assert rights_of_key(frozenset(scopes)) == RIGHTS[role]


def test_a_key_without_scopes_may_nothing() -> None:
    assert rights_of_key(frozenset()) == set()


@pytest.mark.parametrize(
    ("role", "team", "waiting_on", "seen"),
    [
        ("administrator", "tea_9", None, True),
        ("recruiter", None, None, True),
        ("recruiter", "tea_1", None, True),
        ("recruiter", "tea_9", None, False),
        ("recruiter", "tea_9", "usr_1", False),
        ("viewer", "tea_1", None, True),
        ("viewer", "tea_9", None, False),
        ("hiring_manager", None, None, False),
        ("hiring_manager", "tea_1", None, False),
        ("hiring_manager", "tea_9", "usr_1", True),
        ("hiring_manager", None, "usr_2", False),
    ],
)
def test_whose_matters_somebody_knows_of(
    role: str, team: str | None, waiting_on: str | None, *, seen: bool
) -> None:
    reach = reach_of(role, "usr_1", frozenset({"tea_1"}))

    assert within(reach, team_id=team, waiting_on_id=waiting_on, closed=False) is seen


def test_a_closed_application_waits_for_nobody() -> None:
    reach = reach_of("hiring_manager", "usr_1", frozenset())

    assert not within(reach, team_id=None, waiting_on_id="usr_1", closed=True)


def test_at_this_machine_everything_is_seen() -> None:
    assert within(EVERYWHERE, team_id="tea_9", waiting_on_id=None, closed=True)
