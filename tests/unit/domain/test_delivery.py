"""One email's state as a function of the set of its events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.delivery import (
    CANCELLABLE,
    LEFT,
    STEPS,
    EventKind,
    MailState,
    NoSuchStepError,
    Step,
    arrived,
    fold,
    suppresses,
    take,
)

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
        ([EventKind.COMPLAINED], MailState.COMPLAINED, True),
        ([EventKind.OPENED], MailState.DELIVERED, True),
        ([EventKind.CLICKED], MailState.DELIVERED, True),
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


def test_what_was_captured_stays_what_it_is() -> None:
    told = [EventKind.DELIVERED, EventKind.BOUNCED]
    assert fold(MailState.CAPTURED, told) is MailState.CAPTURED


def test_what_was_cancelled_and_arrived_all_the_same_has_arrived() -> None:
    assert fold(MailState.CANCELLED, [EventKind.DELIVERED]) is MailState.DELIVERED
    assert fold(MailState.CANCELLED, []) is MailState.CANCELLED


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
    assert not CANCELLABLE & LEFT
    for state in LEFT:
        with pytest.raises(NoSuchStepError, match="cannot cancel"):
            take(state, Step.CANCEL)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (Step.CLAIM, "held ready retry claimed", "claimed"),
        (Step.HAND_BACK, "claimed sending uncertain", "ready"),
        (Step.TAKE_APART, "sending", "claimed"),
        (Step.WAIT, "claimed", "held"),
        (Step.STOP, "claimed", "blocked"),
        (Step.OVERTAKE, "claimed", "cancelled"),
        (Step.SEND, "claimed", "sending"),
        (Step.ACCEPT, "sending uncertain", "accepted"),
        (Step.CAPTURE, "sending uncertain", "captured"),
        (Step.REFUSE, "claimed sending uncertain", "failed"),
        (Step.PUT_OFF, "sending uncertain", "retry"),
        (Step.LOSE, "sending", "uncertain"),
        (Step.GO_UNHEARD, "accepted deferred", "unconfirmed"),
        (Step.CANCEL, "held ready retry claimed blocked", "cancelled"),
        (Step.RELEASE, "blocked", "ready"),
        (Step.SEND_AGAIN, "uncertain", "ready"),
        (Step.CONFIRM, "uncertain unconfirmed", "delivered"),
    ],
)
def test_each_step_leads_from_these_states_and_no_other(
    step: Step, before: str, after: str
) -> None:
    allowed = {MailState(name) for name in before.split()}
    for state in MailState:
        if state in allowed:
            assert take(state, step) is MailState(after)
        else:
            with pytest.raises(NoSuchStepError):
                take(state, step)


def test_every_step_is_named_in_the_table() -> None:
    assert set(STEPS) == set(Step)


def test_what_was_accepted_never_becomes_sendable_again_by_any_step() -> None:
    """From the provider's yes on, no step, alone or after others, leads back into the outbox."""
    reached = {MailState.ACCEPTED}
    while more := {to for allowed, to in STEPS.values() if allowed & reached and to not in reached}:
        reached |= more

    assert not reached & {
        MailState.HELD,
        MailState.READY,
        MailState.RETRY,
        MailState.CLAIMED,
        MailState.SENDING,
    }


def test_only_an_answer_or_a_person_brings_an_uncertain_letter_back() -> None:
    back = {
        step
        for step, (allowed, to) in STEPS.items()
        if MailState.UNCERTAIN in allowed and to in (MailState.READY, MailState.RETRY)
    }

    assert back == {Step.HAND_BACK, Step.PUT_OFF, Step.SEND_AGAIN}


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ([EventKind.PROCESSED], MailState.DELIVERED),
        ([EventKind.DEFERRED], MailState.DELIVERED),
        ([EventKind.DROPPED], MailState.DROPPED),
        ([EventKind.BOUNCED], MailState.BOUNCED),
    ],
)
def test_what_a_person_knows_outlasts_news_of_the_way_but_not_a_refusal(
    told: list[EventKind], state: MailState
) -> None:
    assert fold(MailState.DELIVERED, told) is state


def test_that_it_was_queued_is_no_news_of_a_letter_unheard_of_for_a_day() -> None:
    assert fold(MailState.UNCONFIRMED, [EventKind.PROCESSED]) is MailState.UNCONFIRMED
    assert fold(MailState.UNCONFIRMED, [EventKind.DEFERRED]) is MailState.DEFERRED
    assert fold(MailState.UNCONFIRMED, [EventKind.DELIVERED]) is MailState.DELIVERED
