"""Addresses that get no more mail: refused again and again, or bounced without saying what."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from service.domain.policies import Kind
from service.domain.rights import EVERYWHERE
from service.mail.base import EventKind
from service.mail.base import MailEvent as Reported
from service.models import Application, CandidateEmail, MailEvent, Promise, TimelineEntry
from service.queries.overdue import overdue_people
from service.queries.queue import Asked, find
from service.queries.queue_rows import rows_for
from service.workflows.erase_traces import erase_traces
from service.workflows.fold_events import store_events
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application
from tests.integration.watching import letter, message_of, run_dispatch

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AMARA = "amara@example.com"


def letters(employer: Employer, count: int, *, stage: str = "interview") -> list[str]:
    """Send one person some letters; return their ids."""
    with employer.work() as work:
        application = add_application(work, email=AMARA, stage=stage)
        ids = [letter(work, application, f"test:{i}").id for i in range(count)]
    run_dispatch(employer)
    return ids


def tell(
    employer: Employer,
    name: str,
    kind: EventKind,
    message_id: str | None,
    *,
    at: datetime | None = None,
    address: str | None = None,
) -> None:
    told = Reported(name, kind, at or employer.now, message_id, None, address)
    with employer.session() as session:
        store_events(session, [told], employer.now)
        session.commit()


def address_of(employer: Employer) -> tuple[datetime | None, str | None]:
    with employer.session() as session:
        found = session.scalars(select(CandidateEmail)).one()
        return found.suppressed_at, found.suppressed_reason


REFUSED = "three letters in a row were refused by the mailbox's server"


def test_three_letters_refused_in_a_row_end_the_mail_to_an_address(employer: Employer) -> None:
    ids = letters(employer, 3)
    for number, id_ in enumerate(ids):
        assert address_of(employer) == (None, None)
        employer.clock.advance(MINUTE)
        tell(employer, f"b{number}", EventKind.BLOCKED, id_)
        employer.turn()

    assert address_of(employer) == (employer.now, REFUSED)
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        application.candidate.emails[0].suppressed_at = None
        later = letter(work, application, "test:later").id
        application.candidate.emails[0].suppressed_at = work.now
    run_dispatch(employer)
    assert message_of(employer, later).state == "blocked"


def test_one_letter_refused_again_and_again_is_one(employer: Employer) -> None:
    (id_,) = letters(employer, 1)
    for number in range(4):
        tell(employer, f"b{number}", EventKind.BLOCKED, id_)
    employer.turn()

    assert address_of(employer) == (None, None)


def test_every_order_of_refusals_and_an_arrival_ends_alike(employer: Employer) -> None:
    ids = letters(employer, 4)
    kinds = [EventKind.BLOCKED, EventKind.BLOCKED, EventKind.DELIVERED, EventKind.BLOCKED]
    start = employer.now
    employer.clock.advance(HOUR)
    for order in list(permutations(range(4)))[::5]:
        with employer.work() as work:
            work.session.query(MailEvent).delete()
            found = work.session.scalars(select(CandidateEmail)).one()
            found.suppressed_at = found.suppressed_reason = None
        for index in order:
            at = start + (index + 1) * MINUTE
            tell(employer, f"e{index}", kinds[index], ids[index], at=at)
            employer.turn()
        assert address_of(employer) == (None, None), order


def test_a_letter_that_arrived_after_all_lifts_what_refusals_had_ended(employer: Employer) -> None:
    ids = letters(employer, 4)
    for number, id_ in enumerate(ids[:3]):
        tell(employer, f"b{number}", EventKind.BLOCKED, id_)
    employer.turn()
    assert address_of(employer)[1] == REFUSED
    with employer.work() as work:
        # Recorded a second time, of somebody who wants no mail.
        other = add_application(work, email=AMARA).candidate.emails[0]
        other.suppressed_at, other.suppressed_reason = work.now, "they want no mail"
    employer.clock.advance(MINUTE)
    tell(employer, "d", EventKind.DELIVERED, ids[3])
    employer.turn()

    with employer.session() as session:
        reasons = session.scalars(select(CandidateEmail.suppressed_reason)).all()
    assert sorted(map(str, reasons)) == ["None", "they want no mail"]


def test_a_bounce_outweighs_refusals_and_counts_from_when_it_was_first_heard_of(
    employer: Employer,
) -> None:
    ids = letters(employer, 4)
    for number, id_ in enumerate(ids[:3]):
        tell(employer, f"b{number}", EventKind.BLOCKED, id_)
    employer.turn()
    employer.clock.advance(MINUTE)
    heard_at = employer.now
    tell(employer, "bounce", EventKind.BOUNCED, ids[3], at=heard_at + HOUR)
    employer.turn()
    assert address_of(employer) == (heard_at, "mail to this address bounced")

    employer.clock.advance(2 * HOUR)
    tell(employer, "spam", EventKind.COMPLAINED, ids[0])
    employer.turn()
    assert address_of(employer) == (heard_at, "mail to this address bounced")


def test_a_late_bounce_that_names_nothing_is_that_of_the_one_letter_sent_there(
    employer: Employer,
) -> None:
    (id_,) = letters(employer, 1)
    tell(employer, "d", EventKind.DELIVERED, id_)
    employer.turn()
    employer.clock.advance(48 * HOUR)
    tell(employer, "late", EventKind.BOUNCED, None, address=AMARA.upper())
    employer.turn()

    assert message_of(employer, id_).state == "bounced"
    assert address_of(employer)[1] == "mail to this address bounced"
    with employer.session() as session:
        event = session.scalars(select(MailEvent).where(MailEvent.kind == "bounced")).one()
        assert (event.message_id, event.address) == (id_, None)


def test_a_bounce_that_may_be_any_of_several_letters_takes_back_none(employer: Employer) -> None:
    ids = letters(employer, 2)
    for number, id_ in enumerate(ids):
        tell(employer, f"d{number}", EventKind.DELIVERED, id_)
    employer.turn()
    tell(employer, "late", EventKind.BOUNCED, None, address=AMARA)
    employer.turn()

    assert {message_of(employer, id_).state for id_ in ids} == {"delivered"}
    assert "did not say which letter" in (address_of(employer)[1] or "")
    with employer.session() as session:
        flags = session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "bounce_without_a_letter")
        )
        assert len(list(flags)) == 1
        event = session.scalars(select(MailEvent).where(MailEvent.kind == "bounced")).one()
        assert (event.message_id, event.address) == (None, None)
        assert event.folded_at is not None


@pytest.mark.parametrize("late", [73 * HOUR, -HOUR])
def test_a_bounce_at_another_time_is_nobodys(employer: Employer, late: timedelta) -> None:
    (id_,) = letters(employer, 1)
    left_at = message_of(employer, id_).accepted_at
    assert left_at is not None
    employer.clock.advance(80 * HOUR)
    tell(employer, "late", EventKind.BOUNCED, None, at=left_at + late, address=AMARA)
    employer.turn()

    assert message_of(employer, id_).state in ("accepted", "unconfirmed")
    assert address_of(employer) == (None, None)


def test_a_refusal_that_names_nothing_among_several_is_only_told(employer: Employer) -> None:
    letters(employer, 2)
    tell(employer, "late", EventKind.BLOCKED, None, address=AMARA)
    employer.turn()

    assert address_of(employer) == (None, None)


def test_the_address_of_an_event_is_kept_only_while_nothing_else_tells_whose_it_is(
    employer: Employer,
) -> None:
    (id_,) = letters(employer, 1)
    tell(employer, "d", EventKind.DELIVERED, id_, address=AMARA)
    tell(employer, "stray", EventKind.OPENED, None, address="somebody@example.org")
    with employer.session() as session:
        kept = dict(
            tuple(row)
            for row in session.execute(select(MailEvent.provider_event_id, MailEvent.address))
        )
        assert kept == {"d": None, "stray": "somebody@example.org"}
    employer.turn()
    with employer.session() as session:
        assert set(session.scalars(select(MailEvent.address))) == {None}


def test_erasing_a_person_empties_an_event_that_only_names_the_address(employer: Employer) -> None:
    with employer.work() as work:
        work.session.add(
            MailEvent(
                provider_event_id="e",
                address=AMARA,
                kind="bounced",
                at=work.now,
                raw={"email": AMARA},
                received_at=work.now,
            )
        )
    with employer.work() as work:
        erase_traces(work, "", [AMARA], [])
    with employer.session() as session:
        event = session.scalars(select(MailEvent)).one()
        assert (event.address, event.raw) == (None, {})


def unreachable(employer: Employer) -> list[str]:
    with employer.session() as session:
        return list(
            session.scalars(
                select(TimelineEntry.kind).where(TimelineEntry.kind == "cannot_be_reached_by_mail")
            )
        )


def test_it_is_told_once_that_somebody_who_is_owed_a_word_cannot_be_reached_by_mail(
    employer: Employer,
) -> None:
    ids = letters(employer, 2)
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", "4 business hours"))
    for number, id_ in enumerate(ids):
        tell(employer, f"b{number}", EventKind.BOUNCED, id_)
        employer.turn()

    assert unreachable(employer) == ["cannot_be_reached_by_mail"]


def test_nobody_is_told_to_call_where_another_address_works_or_nothing_is_owed(
    employer: Employer,
) -> None:
    (id_,) = letters(employer, 1)
    with employer.work() as work:
        assert work.session.scalars(select(Promise)).all() == []
    tell(employer, "b", EventKind.BOUNCED, id_)
    employer.turn()
    assert unreachable(employer) == []

    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        work.session.scalars(select(CandidateEmail)).one().suppressed_at = None
        application.candidate.emails.append(
            CandidateEmail(address="a@example.org", address_key="a@example.org", position=1)
        )
        make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", "4 business hours"))
        again = letter(work, application, "test:again").id
    run_dispatch(employer)
    tell(employer, "b2", EventKind.BOUNCED, again)
    employer.turn()

    assert unreachable(employer) == []


def test_somebody_who_waits_and_cannot_be_reached_by_mail_is_shown_with_the_number(
    employer: Employer,
) -> None:
    (id_,) = letters(employer, 1)
    with employer.work() as work:
        application = work.session.scalars(select(Application)).one()
        make_spoken(work, application, Spoken(Kind.FEEDBACK, "Feedback", "4 business hours"))
    employer.clock.advance(5 * HOUR)

    def shown() -> tuple[str | None, str | None, str | None]:
        with employer.work() as work:
            (person,) = overdue_people(work.session, work.now, work.calendar)
            end = work.now + 8 * HOUR
            places = find(work.session, Asked(work.now, end, EVERYWHERE)).places
            (row,) = rows_for(work.session, work.now, end, places, EVERYWHERE, work.calendar, {})
            assert person.unreachable == row.unreachable
            return person.unreachable, person.call, row.phone

    assert shown() == (None, None, "+1 416 555 0100")
    tell(employer, "b", EventKind.BOUNCED, id_)
    employer.turn()
    assert shown() == ("mail to this address bounced", "+1 416 555 0100", "+1 416 555 0100")
    with employer.work() as work:
        work.session.scalars(select(Application)).one().candidate.can_email = False
    assert shown()[0] == "the ATS says that they must not be emailed"
    with employer.work() as work:
        candidate = work.session.scalars(select(Application)).one().candidate
        candidate.can_email, candidate.emails = True, []
    assert shown()[0] == "no address is known"
