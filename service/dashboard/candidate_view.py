"""Turns what one person is owed, was told and will hear into what their page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from service.dashboard.candidate_words import (
    REACHED,
    STANDINGS,
    Times,
    contact_words,
    letter_words,
    stage_words,
)
from service.dashboard.rows import Moment
from service.dashboard.saying import owed_words, words
from service.dashboard.wording import dialled, lateness_words, time_left
from service.domain.changes import CLOSED_STAGES
from service.domain.delivery import CANCELLABLE
from service.domain.policies import Action, Kind
from service.queries.candidate_page import Address, Bid, Person
from service.queries.candidate_word import ComingInterview, ComingLetter, OpenPromise, Told

_STEPS: Final[Mapping[str, Any]] = {
    Action.REMIND: lazy_gettext("the owner is reminded"),
    Action.FLAG: lazy_gettext("the owner is told that it is overdue"),
    Action.ESCALATE: lazy_gettext("the owner's manager is told"),
    Action.HOLDING: lazy_gettext("a holding message goes to them"),
}

_CALLED: Final = frozenset({Kind.CALLBACK, Kind.DECISION, Kind.FEEDBACK, Kind.SCHEDULING})
"""What is said rather than written."""

SURELY_TAKEN_BACK: Final = timedelta(seconds=1)
"""A letter that leaves sooner than this may be gone before a button is pressed."""


@dataclass(frozen=True)
class AddressView:
    """One address and how mail to it fares."""

    address: str
    style: str
    shape: str
    words: str


@dataclass(frozen=True)
class BidView:
    """One application in words. ``waiting_on`` is a name only while it is open; ``awaits_reader``
    tells that it is open and waits for who reads this.
    """

    id: str
    version: int
    job_id: str
    job: str
    stage: str
    label: str
    owner: str
    owner_id: str
    waiting_on: str
    waiting_on_id: str
    applied: Moment
    last_contact: Moment | None
    decided: Moment | None
    deleted: bool
    awaits_reader: bool


@dataclass(frozen=True)
class OwedView:
    """One open promise in words. ``by_call`` tells that a call comes before a letter."""

    id: str
    application_id: str
    by_call: bool
    wording: str
    said_by: str
    spoken: bool
    owner: str
    due: Moment
    first_due: Moment | None
    paused_until: Moment | None
    shape: str
    state: str
    style: str
    late: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class ToldView:
    """One contact that went out."""

    how: str
    by: str
    at: Moment
    note: str
    subject: str
    message_id: str
    job: str
    style: str
    shape: str
    taken_back: str


@dataclass(frozen=True)
class NextView:
    """Something that will happen. ``message_id`` names a letter; ``left`` is how long it can be
    taken back, "" where it does not wait for a time.
    """

    at: Moment | None
    text: str
    what: str
    message_id: str
    can_be_cancelled: bool
    left: str
    style: str
    shape: str
    reason: str


def address_view(address: Address) -> AddressView:
    """Return an address in words."""
    if address.suppressed is not None:
        return AddressView(address.address, "broken", "●", words(address.suppressed))
    if not address.state:
        return AddressView(address.address, "plain", "", "")
    return AddressView(address.address, *letter_words(address.state))


def call_instead(person: Person) -> tuple[str, str | None]:
    """Return the number to call and how to dial it; "" where none is known."""
    number = person.phones[0] if person.phones else ""
    return number, dialled(number) if number else None


def bid_view(bid: Bid, times: Times, reader_id: str | None) -> BidView:
    """Return an application in words; ``reader_id`` is the colleague who reads."""
    is_open = bid.stage not in CLOSED_STAGES and not bid.deleted
    label = bid.ats_stage if bid.ats_stage and bid.ats_stage.casefold() != bid.stage else ""
    return BidView(
        id=bid.application_id,
        version=bid.version,
        job_id=bid.job_id,
        job=bid.job_title,
        stage=stage_words(bid.stage),
        label=label or "",
        owner=bid.owner or "",
        owner_id=bid.owner_id or "",
        waiting_on=(bid.waiting_on or "") if is_open else "",
        waiting_on_id=bid.waiting_on_id or "",
        applied=times.at(bid.applied_at),
        last_contact=times.maybe(bid.last_contact_at),
        decided=times.maybe(bid.decided_at),
        deleted=bid.deleted,
        awaits_reader=reader_id is not None and bid.waiting_on_id == reader_id and is_open,
    )


def owed_view(owed: OpenPromise, times: Times, *, by_mail: bool) -> OwedView:
    """Return an open promise in words; ``by_mail`` tells whether a letter reaches the person."""
    shape, state, style = STANDINGS[owed.standing]
    return OwedView(
        id=owed.promise_id,
        application_id=owed.application_id,
        by_call=owed.kind in _CALLED or not by_mail,
        wording=owed_words(owed.wording),
        said_by=owed.promised_by or "",
        spoken=owed.spoken,
        owner=owed.owner or "",
        due=times.at(owed.due_at),
        first_due=times.maybe(owed.first_due_at),
        paused_until=times.maybe(owed.paused_until),
        shape=shape,
        state=str(state),
        style=style,
        late=_("%(span)s late", span=lateness_words(owed.late)) if owed.late else "",
        why=owed.why,
    )


def asking_words(times: int, after: int) -> str:
    """Say how often they asked, and how often after a promise had passed; "" for never."""
    if not times:
        return ""
    said = str(ngettext("They have asked once.", "They have asked %(num)s times.", times))
    if not after:
        return said
    late = ngettext(
        "Once after a promise had passed.", "%(num)s times after one had passed.", after
    )
    return f"{said} {late}"


def told_view(told: Told, times: Times, jobs: Mapping[str, str]) -> ToldView:
    """Return a contact in words; ``jobs`` names the job of each application."""
    reached = told.outcome in REACHED and told.taken_back is None
    return ToldView(
        how=_("a letter, delivered")
        if told.message_id and reached
        else contact_words(told.channel, told.outcome),
        by=told.by or (_("by itself") if told.automatic else ""),
        at=times.at(told.at),
        note=told.note or "",
        subject=told.subject or "",
        message_id=told.message_id or "",
        job=jobs.get(told.application_id, "") if len(jobs) > 1 else "",
        style="good" if reached else "plain",
        shape="✓" if reached else "○",
        taken_back=_taken_back(told),
    )


def _taken_back(told: Told) -> str:
    if told.taken_back is None:
        return ""
    if not told.taken_back:
        return str(_("does not count any more"))
    return str(_("does not count any more: %(why)s", why=words(told.taken_back)))


def next_views(
    letters: Sequence[ComingLetter],
    interviews: Sequence[ComingInterview],
    owed: Sequence[OpenPromise],
    times: Times,
) -> list[NextView]:
    """Return what will happen, the soonest first; what has no time comes before all."""
    found: list[tuple[datetime | None, NextView]] = []
    for letter in letters:
        found.append((letter.due_at, _letter(letter, times)))
    for interview in interviews:
        at = interview.starts_at
        found.append((at, _step(times.at(at), _("an interview is booked"), "")))
    for promise in owed:
        for at, action, template in promise.steps:
            if promise.paused_until is None:
                text = _STEPS.get(action) or _("the letter “%(name)s” goes to them", name=template)
                found.append((at, _step(times.at(at), str(text), owed_words(promise.wording))))
    found.sort(key=lambda each: (each[0] is not None, each[0] or times.now))
    return [view for _at, view in found]


def _letter(letter: ComingLetter, times: Times) -> NextView:
    style, shape, state = letter_words(letter.state)
    ahead = letter.due_at is not None and letter.due_at > times.now
    seconds = (letter.due_at - times.now).total_seconds() if letter.due_at else 0.0
    takes = letter.state in CANCELLABLE
    surely = takes and ahead and seconds >= SURELY_TAKEN_BACK.total_seconds()
    return NextView(
        at=times.maybe(letter.due_at) if ahead else None,
        text=state,
        what=letter.subject,
        message_id=letter.message_id,
        can_be_cancelled=takes,
        left=time_left(seconds) if surely else "",
        style=style,
        shape=shape,
        reason=words(letter.reason or ""),
    )


def _step(at: Moment, text: str, what: str) -> NextView:
    return NextView(at, text, what, "", False, "", "plain", "", "")
