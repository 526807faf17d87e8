"""Says every entry of a person's timeline in words: what happened, who did it, and from where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _

from service.dashboard.candidate_story_words import FIXED, SOURCES, STYLES
from service.dashboard.candidate_words import (
    LETTERS,
    Times,
    asked_words,
    contact_words,
    stage_words,
)
from service.dashboard.rows import Moment
from service.dashboard.saying import owed_words, words
from service.models import TimelineEntry
from service.queries.candidate_timeline import Named

Said = tuple[str, str]
"""A sentence, and what it is about in somebody's own words ("" where nothing is)."""


@dataclass(frozen=True)
class EntryView:
    """One entry. ``own`` is what somebody wrote or how a letter is called, ``who`` did it, and
    ``source`` is from where; ``recorded`` is set where it was written down much later.
    """

    at: Moment
    recorded: Moment | None
    style: str
    shape: str
    text: str
    own: str
    message_id: str
    who: str
    source: str
    job: str


_LATE_SECONDS: Final = 3600
"""An entry written down later than this after it happened says so."""


@dataclass(frozen=True)
class Teller:
    """Says entries to one reader. ``jobs`` names the job of each application."""

    named: Named
    times: Times
    jobs: Mapping[str, str]

    def entry(self, entry: TimelineEntry) -> EntryView:
        """Return one entry in words."""
        text, own = self._said(entry)
        style, shape = STYLES.get(entry.kind, ("plain", "·"))
        message_id = entry.data.get("message")
        return EntryView(
            at=self.times.at(entry.at),
            recorded=self._recorded(entry),
            style=style,
            shape=shape,
            text=text,
            own=own,
            message_id=message_id if isinstance(message_id, str) else "",
            who=self._who(entry),
            source=self._source(entry),
            job=self.jobs.get(entry.application_id, "") if len(self.jobs) > 1 else "",
        )

    def _said(self, entry: TimelineEntry) -> Said:
        tell = _TOLD.get(entry.kind)
        if tell is not None:
            return tell(self, entry)
        fixed = FIXED.get(entry.kind)
        if fixed is not None:
            return str(fixed), self.entry_about(entry)
        state = entry.kind.removeprefix("letter_")
        if state != entry.kind and state in LETTERS:
            return _("letter: %(state)s", state=LETTERS[state][2]), self.entry_about(entry)
        return entry.kind.replace("_", " "), self.entry_about(entry)

    def entry_about(self, entry: TimelineEntry) -> str:
        """Return the letter's subject or the promise's wording that an entry speaks of."""
        data = entry.data
        return self.named.letters.get(str(data.get("message"))) or owed_words(
            self.named.promises.get(str(data.get("promise"))) or ""
        )

    def _who(self, entry: TimelineEntry) -> str:
        contact = self.named.contacts.get(str(entry.data.get("contact")))
        if entry.kind == "contact" and contact is not None and contact.by_user_id:
            return self.named.users.get(contact.by_user_id, "")
        if entry.kind == "enquiry":
            return ""
        kind, _colon, id_ = entry.actor.partition(":")
        match kind:
            case "user":
                return self.named.users.get(id_, _("a colleague"))
            case "key":
                return str(_("the key “%(name)s”", name=self.named.keys.get(id_, id_)))
            case "ats":
                return id_
            case "page":
                return str(_("somebody at this machine"))
            case _:
                return "Keepword"

    def _source(self, entry: TimelineEntry) -> str:
        if entry.actor == f"ats:{entry.source}":
            return ""
        return str(SOURCES.get(entry.source, entry.source))

    def _recorded(self, entry: TimelineEntry) -> Moment | None:
        late = abs((entry.recorded_at - entry.at).total_seconds()) > _LATE_SECONDS
        return self.times.at(entry.recorded_at) if late else None

    def person(self, id_: Any) -> str:
        """Return a colleague's name, "" where nobody is meant."""
        return self.named.users.get(id_, _("a colleague")) if isinstance(id_, str) else ""

    def moment(self, text: Any) -> str:
        """Return an instant of an entry's data in words."""
        return self.times.at(datetime.fromisoformat(text)).words if isinstance(text, str) else "?"


def _stage(_teller: Teller, entry: TimelineEntry) -> Said:
    before, after = entry.data.get("before"), entry.data.get("stage")
    return _(
        "moved from %(before)s to %(after)s",
        before=stage_words(str(before)),
        after=stage_words(str(after)),
    ), ""


def _decided(teller: Teller, entry: TimelineEntry) -> Said:
    decision = teller.named.decisions.get(str(entry.data.get("decision")))
    by = decision.decided_by_id if decision else entry.data.get("by")
    reason = words(decision.reason or "") if decision else ""
    if by:
        return _("%(who)s decided against them", who=teller.person(by)), reason
    return _("a decision against them was made"), reason


def _made(teller: Teller, entry: TimelineEntry) -> Said:
    due = teller.moment(entry.data.get("due_at"))
    if entry.data.get("origin") == "spoken":
        return _("promised for %(due)s", due=due), teller.entry_about(entry)
    return _("owed by rule until %(due)s", due=due), teller.entry_about(entry)


def _moved(teller: Teller, entry: TimelineEntry) -> Said:
    if entry.data.get("candidate_told"):
        return _("the date was moved, and they were told"), teller.entry_about(entry)
    return _("the date was moved without telling them"), teller.entry_about(entry)


def _released(teller: Teller, entry: TimelineEntry) -> Said:
    reason = entry.data.get("reason")
    if reason:
        return _("the promise was let go of: %(why)s", why=words(reason)), teller.entry_about(entry)
    return _("the promise was let go of"), teller.entry_about(entry)


def _paused(teller: Teller, entry: TimelineEntry) -> Said:
    until = teller.moment(entry.data.get("until"))
    return _("it waits for them until %(until)s at most", until=until), teller.entry_about(entry)


def _resumed(teller: Teller, entry: TimelineEntry) -> Said:
    due = teller.moment(entry.data.get("due_at"))
    return _("its clock runs again: due %(due)s", due=due), teller.entry_about(entry)


def _recalculated(teller: Teller, entry: TimelineEntry) -> Said:
    before, due = teller.moment(entry.data.get("before")), teller.moment(entry.data.get("due_at"))
    said = _("the calendar changed: due %(due)s instead of %(before)s", due=due, before=before)
    return said, teller.entry_about(entry)


def _reopened(teller: Teller, entry: TimelineEntry) -> Said:
    if entry.data.get("overdue"):
        return _("the promise is open again, and overdue"), teller.entry_about(entry)
    return _("the promise is open again"), teller.entry_about(entry)


def _contact(teller: Teller, entry: TimelineEntry) -> Said:
    contact = teller.named.contacts.get(str(entry.data.get("contact")))
    note = (contact.note or "") if contact else ""
    return contact_words(str(entry.data.get("channel")), str(entry.data.get("outcome"))), note


def _enquiry(teller: Teller, entry: TimelineEntry) -> Said:
    contact = teller.named.contacts.get(str(entry.data.get("contact")))
    how = asked_words(contact.channel if contact else "")
    note = (contact.note or "") if contact else ""
    if entry.data.get("after_broken_promise"):
        return _("%(they)s, after a promise had passed", they=how), note
    return how, note


def _settled(teller: Teller, entry: TimelineEntry) -> Said:
    if entry.data.get("arrived"):
        return _("somebody said that the letter arrived"), teller.entry_about(entry)
    return _("somebody said that the letter did not arrive: it goes again"), (
        teller.entry_about(entry)
    )


def _interviewed(_teller: Teller, entry: TimelineEntry) -> Said:
    if entry.data.get("assumed"):
        return _("an interview was held, as far as is known"), ""
    return _("an interview was held"), ""


def _reassigned(teller: Teller, entry: TimelineEntry) -> Said:
    owner = teller.person(entry.data.get("owner"))
    before = teller.person(entry.data.get("before"))
    if owner and before:
        return _("handed from %(before)s to %(owner)s", before=before, owner=owner), ""
    if owner:
        return _("%(owner)s owns it now", owner=owner), ""
    return _("nobody owns it any more"), ""


def _waiting_on(teller: Teller, entry: TimelineEntry) -> Said:
    manager = teller.person(entry.data.get("owner"))
    if manager:
        return _("it waits on the decision of %(who)s", who=manager), ""
    return _("it waits on nobody's decision any more"), ""


def _goes_on(teller: Teller, entry: TimelineEntry) -> Said:
    return _("%(who)s wants to go on with them", who=teller.person(entry.data.get("by"))), ""


_TOLD: Final[Mapping[str, Callable[[Teller, TimelineEntry], Said]]] = {
    "stage": _stage,
    "decided": _decided,
    "promise_made": _made,
    "promise_rescheduled": _moved,
    "promise_released": _released,
    "promise_paused": _paused,
    "promise_resumed": _resumed,
    "promise_recalculated": _recalculated,
    "promise_reopened": _reopened,
    "contact": _contact,
    "enquiry": _enquiry,
    "letter_settled": _settled,
    "interviewed": _interviewed,
    "reassigned": _reassigned,
    "waiting_on": _waiting_on,
    "manager_goes_on": _goes_on,
}
