"""One email's state as a function of the set of its events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.delivery import CANCELLABLE, EventKind, MailState, arrived, fold, suppresses

kinds = st.lists(st.sampled_from(EventKind), max_size=6)
states = st.sampled_from([MailState.ACCEPTED, MailState.SENDING, MailState.UNCERTAIN])


@given(kinds.flatmap(lambda k: st.tuples(st.just(k), st.permutations(k + k))), states)
def test_any_order_and_multiplicity_ends_alike(
    told: tuple[list[EventKind], list[EventKind]], state: MailState
) -> None:
    once, shuffled = told

    assert fold(state, shuffled) == fold(state, once)
    assert arrived(shuffled) == arrived(once)


@given(kinds, st.lists(states, min_size=2, max_size=2))
def test_with_any_event_the_state_before_does_not_matter(
    told: list[EventKind], before: list[MailState]
) -> None:
    if set(told) - {EventKind.UNKNOWN}:
        assert fold(before[0], told) == fold(before[1], told)


@pytest.mark.parametrize(
    ("told", "state", "stands"),
    [
        ([EventKind.PROCESSED], MailState.ACCEPTED, False),
        ([EventKind.PROCESSED, EventKind.DEFERRED], MailState.DEFERRED, False),
        ([EventKind.DEFERRED, EventKind.DELIVERED], MailState.DELIVERED, True),
        ([EventKind.DELIVERED, EventKind.BOUNCED], MailState.BOUNCED, False),
        ([EventKind.DELIVERED, EventKind.BLOCKED], MailState.BOUNCED, False),
        ([EventKind.DELIVERED, EventKind.COMPLAINED], MailState.COMPLAINED, True),
        ([EventKind.COMPLAINED, EventKind.BOUNCED], MailState.BOUNCED, False),
        ([EventKind.OPENED], MailState.DELIVERED, True),
        ([EventKind.UNSUBSCRIBED], MailState.DELIVERED, True),
        ([EventKind.DROPPED], MailState.DROPPED, False),
        ([EventKind.DROPPED, EventKind.DELIVERED], MailState.DELIVERED, True),
        ([EventKind.UNKNOWN], MailState.UNCERTAIN, False),
        ([], MailState.UNCERTAIN, False),
    ],
)
def test_what_events_amount_to(told: list[EventKind], state: MailState, stands: bool) -> None:
    assert fold(MailState.UNCERTAIN, told) is state
    assert arrived(told) is stands


@pytest.mark.parametrize("state", [MailState.CAPTURED, MailState.CANCELLED])
def test_what_never_left_stays_what_it_is(state: MailState) -> None:
    assert fold(state, [EventKind.DELIVERED, EventKind.BOUNCED]) is state


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        (EventKind.BOUNCED, None, True),
        (EventKind.COMPLAINED, None, True),
        (EventKind.UNSUBSCRIBED, None, True),
        (EventKind.DROPPED, "Bounced Address", True),
        (EventKind.DROPPED, " unsubscribed address ", True),
        (EventKind.DROPPED, "Spam Reporting Address", True),
        (EventKind.DROPPED, "Invalid", True),
        (EventKind.DROPPED, "Invalid SMTPAPI header", False),
        (EventKind.DROPPED, "Recipient List over Package Quota", False),
        (EventKind.DROPPED, None, False),
        (EventKind.BLOCKED, "550 blocked", False),
        (EventKind.DELIVERED, None, False),
        (EventKind.DEFERRED, "421 later", False),
    ],
)
def test_what_stops_mail_to_an_address(
    kind: EventKind,
    reason: str | None,
    expected: bool,
) -> None:
    assert (suppresses(kind, reason) is not None) is expected


def test_what_may_have_left_cannot_be_cancelled() -> None:
    left = {MailState.CLAIMED, MailState.SENDING, MailState.UNCERTAIN, MailState.ACCEPTED}

    assert not CANCELLABLE & left
