from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.sendgrid_events import AcceptedMail, EventSigner
from tests.doubles.sendgrid_poster import EventPoster, Manners

AT = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
MAIL = AcceptedMail(
    request_id="Xj5LmNkWSOqRbdvOpR34BA",
    index=0,
    to_address="ada@example.com",
    to_name="Ada",
    from_address="talent@example.org",
    subject="Hello",
    text="Dear Ada",
    html="",
    headers={},
    custom_args={"kw_mid": "m1"},
    body={},
)


class Hook:
    """Takes batches and answers them as told."""

    def __init__(self, *statuses: int) -> None:
        self.batches: list[list[Mapping[str, Any]]] = []
        self._statuses = list(statuses)

    def __call__(self, events: Sequence[Mapping[str, Any]]) -> int:
        self.batches.append(list(events))
        return self._statuses.pop(0) if self._statuses else 204


def poster(hook: Hook, manners: Manners | None = None) -> EventPoster:
    return EventPoster(EventSigner(), hook, manners)


def test_events_come_in_their_order_and_in_batches_once_they_are_due() -> None:
    hook = Hook()
    posting = poster(hook, Manners(together=2))
    later = posting.happens(MAIL, "bounce", at=AT + timedelta(hours=1))
    made = [posting.happens(MAIL, "delivered", at=AT + timedelta(seconds=n)) for n in (2, 0, 1)]

    assert posting.post_due(AT + timedelta(minutes=1)) == [204, 204]
    assert hook.batches == [[made[1], made[2]], [made[0]]]
    assert (posting.waiting, posting.next_at) == (1, AT + timedelta(hours=1))
    assert posting.post_due(AT + timedelta(hours=1)) == [204]
    assert hook.batches[-1] == [later]
    assert posting.next_at is None


def test_events_can_come_late_twice_or_never() -> None:
    hook = Hook()
    late = poster(hook, Manners(late_by=timedelta(hours=2)))
    late.happens(MAIL, "delivered", at=AT)
    twice = poster(hook, Manners(doubled=1.0))
    event = twice.happens(MAIL, "delivered", at=AT)
    never = poster(hook, Manners(lost=1.0))
    lost = never.happens(MAIL, "delivered", at=AT)

    assert late.post_due(AT) == []
    assert late.next_at is not None
    assert AT < late.next_at <= AT + timedelta(hours=2)
    twice.post_due(AT)
    assert hook.batches == [[event, event]]
    assert (never.post_due(AT + timedelta(days=9)), never.lost) == ([], [lost])


def test_events_can_come_out_of_order_and_the_same_way_each_time() -> None:
    def order() -> list[int]:
        hook = Hook()
        posting = poster(hook, Manners(shuffled=True))
        for number in range(20):
            posting.happens(MAIL, "delivered", at=AT + timedelta(seconds=number))
        posting.post_due(AT + timedelta(hours=1))
        return [event["timestamp"] for event in hook.batches[0]]

    assert order() == order() != sorted(order())


def test_a_batch_that_was_not_taken_comes_again() -> None:
    hook = Hook(503, 200)
    posting = poster(hook)
    event = posting.happens(MAIL, "delivered", at=AT)

    assert posting.post_due(AT) == [503]
    assert (posting.waiting, posting.posted) == (1, [])
    assert posting.post_due(AT) == [200]
    assert (posting.waiting, posting.posted) == (0, [event])
