"""Letters that gave way to one about more applications: why they did, and how they come back.

One comes back whole, about all that it named, or not at all: what it said of two is not said of
one. Whoever named the old letter names the new one from then on.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from service.db import in_chunks
from service.domain.changes import CLOSED_STAGES
from service.domain.delivery import MailState
from service.domain.promises import PromiseError
from service.mail.templates import TemplateError
from service.models import Application, ClosingEntry, Decision, Message, MessageAlso
from service.workflows.composing import Letter
from service.workflows.enqueue import enqueue_letter
from service.workflows.work import Work

_CHUNK = 500
_SAID = ("job_title", "still_open")
"""What such a letter says of its own; the rest is known of everybody."""


def give_way_reason(closing_id: str) -> str:
    """Return what stands at a letter that gave way to one about several applications."""
    return f"told in one letter with another application ({closing_id})"


def given_way(work: Work, closing_id: str, application_ids: Sequence[str]) -> list[Message]:
    """Return the letters that gave way to those of a closing and told any of these decisions."""
    found: dict[str, Message] = {}
    for chunk in in_chunks(application_ids, _CHUNK):
        # The one that it was written to may have been told in another way since.
        also = select(MessageAlso.message_id).where(
            MessageAlso.application_id.in_(chunk), MessageAlso.decision_id.is_not(None)
        )
        for letter in work.session.scalars(
            select(Message).where(
                or_(Message.application_id.in_(chunk), Message.id.in_(also)),
                Message.state == MailState.CANCELLED,
                Message.reason == give_way_reason(closing_id),
            )
        ):
            found[letter.id] = letter
    return [found[id_] for id_ in sorted(found)]


def write_again(work: Work, letter: Message) -> dict[str, str]:
    """Write a letter anew that gave way; return why not, by application, where it cannot be.

    It waits as a new one does, and belongs to the closing that it belonged to.
    """
    about, goes_on = _subjects(work, letter)
    named = {application.id for application, _ in about}
    if any(decision.withdrawn_at is not None for _, decision in about) or any(
        application.stage in CLOSED_STAGES for application in goes_on
    ):
        return dict.fromkeys(named, "its earlier letter is not true any more: write a new one")
    (application, decision), *rest = about
    again = Letter(
        letter.kind,
        f"again:{letter.id}",
        {name: str(letter.values[name]) for name in _SAID if name in letter.values},
        by_user_id=letter.by_user_id,
        decision=decision,
        closing_id=letter.closing_id,
        also=(*rest, *((each, None) for each in goes_on)),
    )
    try:
        made = enqueue_letter(work, application, again)
    except (PromiseError, TemplateError) as error:
        return dict.fromkeys(named, f"its earlier letter: {error}")
    work.session.execute(
        update(ClosingEntry)
        .where(ClosingEntry.closing_id == letter.closing_id, ClosingEntry.message_id == letter.id)
        .values(message_id=made.id)
    )
    return {}


def _subjects(
    work: Work, letter: Message
) -> tuple[list[tuple[Application, Decision]], list[Application]]:
    """Return what a letter tells the decision of, itself first, and what it says goes on."""
    also = work.session.execute(
        select(MessageAlso.application_id, MessageAlso.decision_id)
        .where(MessageAlso.message_id == letter.id)
        .order_by(MessageAlso.application_id)
    )
    about, goes_on = [], []
    for application_id, decision_id in ((letter.application_id, letter.decision_id), *also):
        application = work.session.get_one(Application, application_id)
        if decision_id is None:
            goes_on.append(application)
        else:
            about.append((application, work.session.get_one(Decision, decision_id)))
    return about, goes_on
