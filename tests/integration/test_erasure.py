"""After an erasure nothing in the database names the person."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import LargeBinary, select

from service.db import Base
from service.domain.contacts import Channel
from service.domain.policies import Kind
from service.mail.base import EventKind, MailEvent
from service.models import (
    Candidate,
    Delivery,
    IdempotentRequest,
    Message,
    Promise,
    TimelineEntry,
)
from service.workflows.composing import Letter
from service.workflows.connections import add_connection
from service.workflows.decide import reject
from service.workflows.enqueue import enqueue_letter
from service.workflows.enquire import enquire
from service.workflows.erase import erase_candidate
from service.workflows.fold_events import store_events
from service.workflows.promise_changes import pause
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.rule_promises import arm_silence
from tests.harness import Employer, add_application, add_user

NAMES = ("zebedee", "quillfeather", "zq@example.org", "416 555 0177")


def _mentions(employer: Employer) -> list[str]:
    found = []
    with employer.session() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    text = (
                        bytes(value).decode("utf-8", "replace")
                        if isinstance(column.type, LargeBinary) and value is not None
                        else json.dumps(value, default=str)
                    )
                    found += [
                        f"{table.name}.{column.name}" for name in NAMES if name in text.lower()
                    ]
    return found


def test_nothing_names_an_erased_person_even_after_late_news(employer: Employer) -> None:
    body = b'{"who": "Zebedee Quillfeather", "mail": "ZQ@example.org"}'
    with employer.work() as work:
        owner = add_user(work)
        application = add_application(
            work,
            first_name="Zebedee",
            last_name="Quillfeather",
            email="ZQ@example.org",
            owner=owner,
            stage="interview",
        )
        application.candidate.phones[0].number = "+1 416 555 0177"
        other = add_application(work, owner=owner)
        make_spoken(work, other, Spoken(Kind.CALLBACK, "A call", "1 business hour"))
        promise = make_spoken(
            work, application, Spoken(Kind.CALLBACK, "Call Zebedee", "1 business hour")
        )
        asked = enquire(
            work, application, channel=Channel.EMAIL, at=work.now, note="Zebedee Quillfeather here"
        )
        arm_silence(work, application)
        for owed in work.session.scalars(select(Promise).where(Promise.origin == "policy")):
            if owed.application_id == application.id and owed.state == "open":
                pause(work, owed, "waiting for Zebedee")
        connection = add_connection(
            work, "test", "greenhouse", ["an invented secret"], rejections_by="keepword"
        )
        common = {"connection_id": connection.id, "headers": {}, "body": body,
                  "received_at": work.now, "next_attempt_at": work.now}  # fmt: skip
        work.session.add_all(
            [
                Delivery(
                    identity="1", state="done", candidate_id=application.candidate_id, **common
                ),
                Delivery(identity="2", state="failed", **common),
                IdempotentRequest(
                    owner="k", key="1", fingerprint="f", headers={}, created_at=work.now,
                    body=f'{{"id": "{application.id}", "name": "Zebedee"}}'.encode(),
                ),
            ]
        )  # fmt: skip
        letter = Letter(
            "apology-late",
            "one",
            {
                "promised_what": "a call",
                "promised_for": "Monday",
                "next_step": "Zebedee, I call you.",
                "next_word_by": "Friday",
            },
            promise=promise,
        )
        message_id = enqueue_letter(work, application, letter).id
        assert not asked.new
        candidate_id, application_id = application.candidate_id, application.id
    employer.pass_time(hours=2)
    told = {"email": "zq@example.org"}
    with employer.session() as session:
        store_events(
            session,
            [
                MailEvent("e1", EventKind.DEFERRED, employer.now, message_id, None, None, None,
                          "421 zq@example.org", told),
                MailEvent("e2", EventKind.DELIVERED, employer.now, "msg_else", None, None, None,
                          "zq@example.org", told),
            ],
            employer.now,
        )  # fmt: skip
        session.commit()
    employer.turn()
    with employer.work() as work:
        assert {"message.text", "delivery.body", "mail_event.raw", "promise.wording"} <= set(
            _mentions(employer)
        )
        reject(
            work,
            work.session.get_one(type(application), application_id),
            reason="Zebedee was too late",
            decided_by_id=None,
            decided_at=work.now,
            source="here",
        )
        erase_candidate(work, work.session.get_one(Candidate, candidate_id), "asked for it")

    assert _mentions(employer) == []
    with employer.session() as session:
        store_events(
            session,
            [MailEvent("e3", EventKind.DELIVERED, employer.now, message_id, None, None, None,
                       "zq@example.org", told)],
            employer.now,
        )  # fmt: skip
        session.commit()
    employer.pass_time(hours=30)

    assert _mentions(employer) == []
    with employer.session() as session:
        owed = session.scalars(
            select(Promise).where(
                Promise.application_id == application_id, Promise.state.in_(("open", "paused"))
            )
        ).all()

        assert owed == []
        kinds = session.scalars(
            select(TimelineEntry.kind).where(TimelineEntry.application_id == application_id)
        ).all()
        assert "candidate_erased" in kinds


def test_an_unsent_digest_is_written_again_without_the_erased_person(employer: Employer) -> None:
    with employer.work() as work:
        owner = add_user(work)
        ids = []
        for first, last in (("Zebedee", "Quillfeather"), ("Amara", "Okafor")):
            found = add_application(work, first_name=first, last_name=last, owner=owner)
            make_spoken(work, found, Spoken(Kind.CALLBACK, "A call", "1 business hour"))
            ids.append(found.candidate_id)
    employer.transport.sent.clear()
    employer.pass_time(hours=1, seconds=1)
    with employer.work() as work:
        digest = work.session.scalars(select(Message).where(Message.kind == "staff-digest")).one()
        # As if it had been written and not yet left.
        digest.state = "ready"
        digest.due_at = work.now + timedelta(minutes=5)
        erase_candidate(work, work.session.get_one(Candidate, ids[0]), "asked for it")
    employer.transport.sent.clear()
    employer.pass_time(hours=2)

    (again,) = [mail for mail in employer.transport.sent if mail.kind == "staff-digest"]

    assert "Amara Okafor" in again.text
    assert "Zebedee" not in again.text


def test_erasing_twice_is_harmless(employer: Employer) -> None:
    with employer.work() as work:
        candidate = add_application(work, first_name="Zebedee").candidate
        erase_candidate(work, candidate, "asked for it")
        erase_candidate(work, candidate, "asked for it")

        assert candidate.erased_at == work.now
