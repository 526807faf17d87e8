"""The first page of a hiring manager: who waits for their decision, in words, and the answer to it.

Nothing is here but what awaits them; an answer given takes its row away.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from service.dashboard.candidate_words import Times, stage_words
from service.dashboard.rows import Moment
from service.dashboard.saying import owed_words
from service.dashboard.site import page, said, zone
from service.dashboard.wording import lateness_words
from service.parts import Parts
from service.queries.awaited import Awaited, awaited, number_awaited

PAGE = 50
"""Applications on one page."""


@dataclass(frozen=True)
class AwaitedView:
    """One application that waits, in words."""

    id: str
    version: int
    url: str
    name: str
    job: str
    stage: str
    asked_by: str
    since: Moment
    owner: str
    last_contact: Moment | None
    promised: str
    spoken: bool
    due: Moment | None
    late: str


def awaited_page(running: Parts, user_id: str) -> Response:
    """Show who waits for the decision of this colleague."""
    work = running.work(actor="page", source="page")
    session, now = work.session, work.now
    behind = _behind()
    total = number_awaited(session, user_id)
    rows = awaited(session, now, user_id, work.calendar, limit=PAGE, behind=behind)
    heading = ngettext(
        "%(num)s person awaits your answer", "%(num)s people await your answer", total
    )
    last = behind + len(rows)
    return page(
        running,
        "awaited.html",
        said=said(running),
        heading=heading if total else _("Nobody awaits your answer"),
        rows=[_view(each, Times(zone(), None, now)) for each in rows],
        first=behind == 0,
        more=url_for("pages.waiting", behind=last) if last < total else None,
    )


def _behind() -> int:
    given = request.args.get("behind", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0


def _view(row: Awaited, times: Times) -> AwaitedView:
    promised = row.promised
    due = Times(promised.zone, None, times.now).at(promised.due_at) if promised else None
    return AwaitedView(
        id=row.application_id,
        version=row.version,
        url=url_for("pages.candidate", candidate_id=row.candidate_id),
        name=row.name or _("(no name)"),
        job=row.job_title,
        stage=stage_words(row.stage),
        asked_by=row.asked_by or "",
        since=times.at(row.since_at),
        owner=row.owner or "",
        last_contact=times.maybe(row.last_contact_at),
        promised=owed_words(promised.wording) if promised else "",
        spoken=promised is not None and promised.spoken,
        due=due,
        late=lateness_words(promised.late) if promised and promised.late else "",
    )
