"""Many rows written in one statement are the rows that the ORM would have written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service.domain.delivery import MailState
from service.models import Message, TimelineEntry
from service.rows import insert_rows, update_rows
from tests.harness import Employer, add_application

AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def row(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"msg_{number}",
        "kind": "holding",
        "automatic": number % 2 == 0,
        "dedupe_key": f"k{number}",
        "to_address": f"person{number}@example.com",
        "to_name": 'Zoë "O\'Neil" \\ {x} \u2028 $.id',
        "from_address": "hiring@example.com",
        "from_name": "Hiring",
        "template_version": "1",
        "values": {"greeting_name": f"Ada {number}", "list": [1, None, {"a": "b"}]},
        "subject": "s",
        "text": "t",
        "html": "h",
        "state": MailState.HELD,
        "hold_until": AT + timedelta(hours=number),
        "good_until_on": date(2026, 3, 2 + number),
        "due_at": AT,
        "created_at": AT,
        "version": 1,
        **more,
    }


def test_rows_come_back_as_they_were_given(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        work.session.flush()
        insert_rows(
            work.session,
            Message,
            [row(n, application_id=application.id, reason=None if n else "why") for n in range(3)],
        )

    with employer.session() as session:
        found = session.scalars(select(Message).order_by(Message.dedupe_key)).all()
        for number, message in enumerate(found):
            given = row(number)
            for name in given.keys() - {"text", "html"}:
                assert getattr(message, name) == given[name], name
            assert message.reason == (None if number else "why")
            assert (message.attempts, message.lookups, message.urgent) == (0, 0, False)
            assert message.batch_id is None
        assert len(found) == 3


@pytest.mark.parametrize("count", [1, 2, 1000, 1001])
def test_any_number_of_rows_is_written_in_their_order(employer: Employer, count: int) -> None:
    with employer.work() as work:
        application = add_application(work)
        work.session.flush()
        before = work.session.scalars(select(func.max(TimelineEntry.seq))).one() or 0
        entry = {
            "application_id": application.id,
            "at": AT,
            "recorded_at": AT,
            "kind": "letter_written",
            "actor": "keepword",
            "source": "keepword",
        }
        insert_rows(
            work.session, TimelineEntry, [{**entry, "data": {"n": n}} for n in range(count)]
        )
        told = work.session.scalars(
            select(TimelineEntry.data).where(TimelineEntry.seq > before).order_by(TimelineEntry.seq)
        ).all()

    assert [each["n"] for each in told] == list(range(count))


def test_rows_that_differ_in_nothing_are_each_written(employer: Employer) -> None:
    with employer.work() as work:
        application = add_application(work)
        work.session.flush()
        entry = {
            "application_id": application.id,
            "at": AT,
            "recorded_at": AT,
            "kind": "letter_cancelled",
            "actor": "keepword",
            "source": "keepword",
            "data": {},
        }
        insert_rows(work.session, TimelineEntry, [entry, entry])

    with employer.session() as session:
        alike = select(TimelineEntry.at).where(TimelineEntry.kind == "letter_cancelled")
        assert session.scalars(alike).all() == [AT, AT]


def test_a_naive_instant_is_refused_where_rows_differ_in_it(employer: Employer) -> None:
    naive = AT.replace(tzinfo=None)
    with employer.session() as session, pytest.raises(ValueError, match="naive"):
        insert_rows(session, Message, [row(0), row(1, hold_until=naive)])


def test_nothing_at_all_is_written_for_no_rows(employer: Employer) -> None:
    with employer.work() as work:
        insert_rows(work.session, Message, [])

        assert work.session.scalars(select(func.count()).select_from(Message)).one() == 0


FOUND = {"id": "id", "due_at": "due_at"}
TO = {"state": "to_state", "hold_until": "to_hold"}


def test_rows_are_updated_where_they_are_still_as_found(employer: Employer) -> None:
    later = AT + timedelta(days=1)
    with employer.work() as work:
        application = add_application(work)
        work.session.flush()
        rows = [row(n, application_id=application.id) for n in range(4)]
        insert_rows(work.session, Message, rows)
        changes = [
            {
                "id": f"msg_{n}",
                # Somebody has moved the last one since it was read.
                "due_at": AT if n < 3 else later,
                "to_state": MailState.CANCELLED.value if n else MailState.READY.value,
                "to_hold": None if n else later,
            }
            for n in range(4)
        ]
        also = {"version": Message.version + 1}
        assert update_rows(work.session, Message, [], found=FOUND, to=TO) == 0
        assert update_rows(work.session, Message, changes, found=FOUND, to=TO, also=also) == 3
        # One alone is told without a document; what all share goes once.
        assert update_rows(work.session, Message, changes[1:2], found=FOUND, to=TO, also=also) == 1
        assert update_rows(work.session, Message, changes[1:3], found=FOUND, to=TO, also=also) == 2

    with employer.session() as session:
        found = session.execute(
            select(Message.state, Message.hold_until, Message.version).order_by(Message.dedupe_key)
        ).all()
    assert [tuple(each) for each in found] == [
        (MailState.READY, later, 2),
        (MailState.CANCELLED, None, 4),
        (MailState.CANCELLED, None, 3),
        (MailState.HELD, AT + timedelta(hours=3), 1),
    ]
