"""What is known of people besides promises: enquiries, addresses, numbers, stopped letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import String, case, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from service.db import UTCDateTime
from service.domain.contacts import Direction
from service.domain.delivery import UNDER_WAY, MailState
from service.domain.wording import to_say
from service.models import CandidateEmail, CandidatePhone, Contact, Message
from service.queries.reach import NO_ADDRESS, NO_MAIL_WANTED


@dataclass
class Facts:
    """What is known of a person besides promises, as it is gathered."""

    asked: list[datetime] = field(default_factory=list)
    letters: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    under_way: bool = False
    phone: str | None = None
    mail: list[tuple[bool, str | None]] = field(default_factory=list)


def facts_of(
    session: Session, people: Sequence[str], by_bid: Mapping[str, str]
) -> dict[str, Facts]:
    """Gather enquiries, letters stopped or on their way, numbers and addresses in one statement."""
    none, no_text = cast(null(), UTCDateTime()), cast(null(), String)
    bids = list(by_bid)
    asked = select(
        literal("asked").label("what"),
        Contact.application_id.label("whose"),
        no_text.label("text"),
        Contact.at.label("at"),
        literal(0).label("place"),
    ).where(Contact.application_id.in_(bids), Contact.direction == Direction.IN)
    letters = select(
        case((Message.state == MailState.BLOCKED, "letter"), else_="under way"),
        Message.application_id,
        Message.id,
        Message.created_at,
        literal(0),
    ).where(Message.application_id.in_(bids), Message.state.in_({*UNDER_WAY, MailState.BLOCKED}))
    phones = select(
        literal("phone"),
        CandidatePhone.candidate_id,
        CandidatePhone.number,
        none,
        CandidatePhone.position,
    ).where(CandidatePhone.candidate_id.in_(people))
    mail = select(
        literal("mail"),
        CandidateEmail.candidate_id,
        CandidateEmail.suppressed_reason,
        CandidateEmail.suppressed_at,
        CandidateEmail.position,
    ).where(CandidateEmail.candidate_id.in_(people))
    found: list[Any] = list(session.execute(union_all(asked, letters, phones, mail)))
    facts: dict[str, Facts] = defaultdict(Facts)
    for what, whose, text, at, _place in sorted(found, key=lambda row: (row[0], row[4])):
        of = facts[by_bid.get(whose, whose)]
        if what == "asked":
            of.asked.append(at)
        elif what == "letter":
            of.letters[whose] = min(of.letters.get(whose, (at, text)), (at, text))
        elif what == "under way":
            of.under_way = True
        elif what == "phone":
            of.phone = of.phone or text
        else:
            of.mail.append((at is None, text))
    return facts


def why_unreachable(mail: Sequence[tuple[bool, str | None]], *, can_email: bool) -> str | None:
    """Return why mail reaches somebody at none of their addresses, or ``None``."""
    if not can_email:
        return NO_MAIL_WANTED
    if not mail:
        return NO_ADDRESS
    if any(usable for usable, _ in mail):
        return None
    return mail[0][1] or to_say("mail to them does not arrive")
