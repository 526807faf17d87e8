"""Which contact keeps which promise: the whole table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.domain.contacts import (
    ALLOWED_OUTCOMES,
    DECISION_LETTERS,
    Channel,
    Direction,
    Outcome,
    Owed,
    Touch,
    breaks_silence,
    reached,
    why_not_kept,
)
from service.domain.policies import Keeps, Kind

MADE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = MADE + timedelta(hours=1)

CALL = Touch(Channel.PHONE, Outcome.REACHED, LATER)
VOICEMAIL = Touch(Channel.VOICEMAIL, Outcome.LEFT_MESSAGE, LATER)
FREE = frozenset({Kind.CALLBACK, Kind.SCHEDULING, Kind.STATUS, Kind.REPLY, Kind.ACKNOWLEDGEMENT})
CONTENT = frozenset({Kind.DECISION, Kind.FEEDBACK, Kind.CLOSURE})
LETTERS = sorted(
    DECISION_LETTERS
    | {"acknowledgement", "status-update", "holding", "apology-late", "interview-scheduling"}
)


def _mail(letter: str | None, *, automatic: bool, meant_for: str | None = None) -> Touch:
    named = frozenset({meant_for}) if meant_for else frozenset()
    return Touch(Channel.EMAIL, Outcome.DELIVERED, LATER, automatic, letter, named)


def _owed(kind: Kind, keeps: Keeps = Keeps.ANY, *, voicemail: bool = False) -> Owed:
    return Owed("p", kind, keeps, voicemail, MADE)


def _keeps(touch: Touch, owed: Owed) -> bool:
    why = why_not_kept(touch, owed)

    assert why is None or len(why.split()) > 2, "the reason is told in words"
    return why is None


@pytest.mark.parametrize("keeps", Keeps)
@pytest.mark.parametrize("kind", Kind)
def test_a_call_that_reached_the_person_keeps_all_but_what_needs_saying(
    kind: Kind, keeps: Keeps
) -> None:
    assert _keeps(CALL, _owed(kind, keeps)) is (kind in FREE)


@pytest.mark.parametrize("kind", Kind)
def test_a_call_said_to_be_about_it_keeps_anything(kind: Kind) -> None:
    touch = Touch(Channel.PHONE, Outcome.REACHED, LATER, meant_for=frozenset({"p"}))

    assert _keeps(touch, _owed(kind, Keeps.PERSON))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("keeps", Keeps)
@pytest.mark.parametrize(
    "touch",
    [
        Touch(Channel.PHONE, Outcome.NO_ANSWER, LATER, meant_for=frozenset({"p"})),
        Touch(Channel.EMAIL, Outcome.NOT_DELIVERED, LATER, meant_for=frozenset({"p"})),
        Touch(Channel.TEXT, Outcome.NOT_DELIVERED, LATER, meant_for=frozenset({"p"})),
        Touch(Channel.EMAIL, Outcome.RECEIVED, LATER, direction=Direction.IN),
        Touch(Channel.PHONE, Outcome.REACHED, LATER, direction=Direction.IN),
        Touch(Channel.PHONE, Outcome.REACHED, MADE - timedelta(seconds=1),
              meant_for=frozenset({"p"})),
    ],
    ids=["no answer", "mail bounced", "text not delivered", "they wrote", "they rang", "before"],
)  # fmt: skip
def test_what_reached_nobody_or_came_before_keeps_nothing(
    touch: Touch, kind: Kind, keeps: Keeps
) -> None:
    assert not _keeps(touch, _owed(kind, keeps, voicemail=True))


def test_a_contact_at_the_instant_of_the_promise_keeps_it() -> None:
    assert _keeps(Touch(Channel.PHONE, Outcome.REACHED, MADE), _owed(Kind.CALLBACK))


@pytest.mark.parametrize("kind", sorted(FREE))
def test_a_voicemail_counts_where_the_policy_says_so(kind: Kind) -> None:
    assert not _keeps(VOICEMAIL, _owed(kind))
    assert _keeps(VOICEMAIL, _owed(kind, voicemail=True))


@pytest.mark.parametrize("keeps", Keeps)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("letter", LETTERS)
def test_what_a_letter_sent_by_itself_keeps(letter: str, kind: Kind, keeps: Keeps) -> None:
    expected = (
        keeps is Keeps.ANY
        and not (letter == "acknowledgement" and kind is not Kind.ACKNOWLEDGEMENT)
        and (
            kind in FREE
            or (letter in DECISION_LETTERS and kind in (Kind.DECISION, Kind.CLOSURE))
        )
    )  # fmt: skip

    assert _keeps(_mail(letter, automatic=True, meant_for="p"), _owed(kind, keeps)) is expected


@pytest.mark.parametrize("letter", ["acknowledgement", "holding", "status-update", "apology-late"])
@pytest.mark.parametrize("automatic", [True, False])
@pytest.mark.parametrize("kind", sorted(CONTENT))
def test_no_acknowledgement_or_holding_message_tells_a_decision(
    letter: str,
    automatic: bool,
    kind: Kind,
) -> None:
    assert not _keeps(_mail(letter, automatic=automatic, meant_for="p"), _owed(kind))


@pytest.mark.parametrize("letter", sorted(DECISION_LETTERS))
def test_a_decision_letter_tells_the_decision_and_is_no_feedback(letter: str) -> None:
    touch = _mail(letter, automatic=False, meant_for="p")

    assert _keeps(touch, _owed(Kind.DECISION, Keeps.PERSON))
    assert _keeps(touch, _owed(Kind.CLOSURE, Keeps.PERSON))
    assert not _keeps(touch, _owed(Kind.FEEDBACK, Keeps.PERSON))


def test_a_persons_own_mail_keeps_what_is_a_persons_to_keep() -> None:
    mine, itself = _mail("holding", automatic=False), _mail("holding", automatic=True)

    assert _keeps(mine, _owed(Kind.CALLBACK, Keeps.PERSON))
    assert not _keeps(itself, _owed(Kind.CALLBACK, Keeps.PERSON))


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (CALL, True),
        (VOICEMAIL, False),
        (_mail("acknowledgement", automatic=True), False),
        (_mail("status-update", automatic=True), True),
        (_mail(None, automatic=False), True),
        (Touch(Channel.EMAIL, Outcome.NOT_DELIVERED, LATER), False),
        (Touch(Channel.EMAIL, Outcome.RECEIVED, LATER, direction=Direction.IN), False),
    ],
)
def test_what_ends_a_silence(touch: Touch, expected: bool) -> None:
    assert breaks_silence(touch) is expected


def test_sent_is_not_reached() -> None:
    assert not any(reached(Touch(channel, Outcome.RECEIVED, LATER)) for channel in Channel)


def test_every_channel_says_what_can_come_of_it() -> None:
    assert set(ALLOWED_OUTCOMES) == set(Channel)
    assert not any(Outcome.RECEIVED in outcomes for outcomes in ALLOWED_OUTCOMES.values())
