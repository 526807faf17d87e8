"""What was perhaps written is written again by itself only where the vendor drops a second one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.mail.base import EventKind
from service.vendors.base import Unreachable
from tests.harness import Employer
from tests.integration.profile_case import (
    MINUTE,
    Killed,
    ProfileCase,
    answered_employer,
    killed,
)


@pytest.fixture
def employer(database_url: str, tmp_path: Path) -> Iterator[Employer]:
    """A running Keepword whose ATS is asked nothing but what the test answers."""
    with answered_employer(database_url, tmp_path) as made:
        yield made


def lose_one_answer(case: ProfileCase) -> None:
    later = case.employer.now + MINUTE
    case.vendor.answers = [Unreachable("it took too long", later, perhaps_sent=True)]
    case.turn()
    case.employer.clock.advance(30 * MINUTE)
    case.turn()


def test_a_letter_whose_answer_was_lost_is_logged_again_under_its_id(employer: Employer) -> None:
    case = ProfileCase(employer, "ashby", api_key="an invented key")
    case.tell(EventKind.DELIVERED)
    lose_one_answer(case)

    assert case.entries() == [("mail", "done")]
    first, second = case.vendor.bodies()
    assert first["emailProviderEmailId"] == second["emailProviderEmailId"]


def test_a_note_whose_answer_was_lost_is_left_to_a_person(employer: Employer) -> None:
    case = ProfileCase(employer, "ashby", api_key="an invented key")
    case.call()
    lose_one_answer(case)

    assert [state for _, state in case.entries()] == ["uncertain"]
    assert len(case.vendor.asked) == 1


@pytest.mark.parametrize(("letter", "state"), [(True, "done"), (False, "uncertain")])
def test_a_worker_killed_while_writing_is_followed_by_one_that_knows_which_it_was(
    employer: Employer, letter: bool, state: str
) -> None:
    case = ProfileCase(employer, "ashby", api_key="an invented key")
    if letter:
        case.tell(EventKind.DELIVERED)
    else:
        case.call()
    case.vendor.meanwhile = killed
    with pytest.raises(Killed):
        case.turn()
    case.vendor.meanwhile = None
    employer.clock.advance(3 * MINUTE)
    case.turn()

    assert [found for _, found in case.entries()] == [state]
