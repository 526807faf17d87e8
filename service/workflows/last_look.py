"""The last look, in the claiming transaction: which of these letters must not leave, and why.

A letter about several applications goes only if nothing stands against it in any of them; and of
two letters of one batch that contradict each other only the first goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.changes import CLOSED_STAGES, JobStatus, Stage
from service.domain.contradictions import ENCOURAGED_WITHIN
from service.domain.letter_facts import LetterFacts, Says
from service.domain.promises import OPEN_STATES
from service.domain.safety import Objection, objection
from service.domain.wording import told
from service.models import Application, Message
from service.workflows.letter_dates import latest_today
from service.workflows.surroundings import Subject, Surroundings
from service.workflows.wordings import approved_wording
from service.workflows.work import Work


def objections_to(work: Work, messages: Sequence[Message]) -> dict[str, Objection]:
    """Return, by message id, why letters must not leave now; one that is missing may go.

    Staff mail is always true. The number of statements does not grow with the letters, but for
    one more per some hundreds of them.
    """
    letters = sorted(
        (message for message in messages if message.application_id is not None),
        key=lambda message: (message.created_at, message.id),
    )
    if not letters:
        return {}
    around = Surroundings.read(work, letters, ENCOURAGED_WITHIN)
    look = _Look(work, around)
    stopped: dict[str, Objection] = {}
    for letter in letters:
        found = look.at(letter)
        if found is None:
            # Those behind it must know that it goes.
            around.leaves(letter)
        else:
            stopped[letter.id] = found
    return stopped


def objection_to(work: Work, message: Message) -> Objection | None:
    """Return why this letter must not leave now, or ``None``."""
    return objections_to(work, [message]).get(message.id)


class _Look:
    def __init__(self, work: Work, around: Surroundings) -> None:
        self._work = work
        self._around = around
        self._approved: dict[tuple[str, str], bool] = {}

    def at(self, letter: Message) -> Objection | None:
        subjects = self._around.subjects[letter.id]
        overruled = frozenset(letter.overruled or ())
        for subject in subjects:
            application = self._around.applications[subject.application_id]
            found = objection(self._facts(letter, subject, application), overruled)
            if found is None:
                continue
            if len(subjects) == 1:
                return found
            named = told("about %(job)s: %(fault)s", job=application.job.title, fault=found.text)
            return Objection(named, found.moot, found.rule, found.can_overrule)
        return None

    def _facts(self, letter: Message, subject: Subject, application: Application) -> LetterFacts:
        around, now = self._around, self._work.now
        candidate = application.candidate
        keys = {email.address_key: email for email in candidate.emails}
        address = keys.get(letter.to_address.casefold())
        meaning = subject.meaning(letter.kind)
        final = meaning is Says.FINAL
        # A letter that says "still open" stays true from one open stage to the next; what a person
        # wrote so is read again where it was closed since.
        closed = Stage(application.stage) in CLOSED_STAGES
        hope = meaning is Says.CONSIDERED and closed and not letter.automatic
        told = (final or hope) and not subject.elsewhere
        expected = letter.expected_stage if told else None
        promise = around.promises.get(letter.promise_id or "")
        spoken = around.spoken_before(letter, application)
        encouraged_at = around.encouraged_at(application) if final else None
        return LetterFacts(
            kind=letter.kind,
            automatic=letter.automatic,
            expected_stage=Stage(expected) if expected else None,
            stage=Stage(application.stage),
            erased=candidate.erased_at is not None,
            deleted=application.deleted_at is not None,
            can_email=candidate.can_email,
            suppressed=address.suppressed_reason if address else None,
            address_current=address is not None,
            decision_stands=subject.decision_id in around.standing,
            offer_open=application.open_offer is not None,
            promise_open=None if promise is None else promise in OPEN_STATES,
            says=meaning,
            elsewhere=subject.elsewhere,
            job_open=application.job.status == JobStatus.OPEN,
            approved=self._is_approved(letter),
            date_passed=self._has_passed(letter, application),
            from_ats=application.connection_id is not None,
            rejections_by=around.rejections_by.get(application.connection_id or ""),
            replied_since=final and around.replied_after(application.id, letter.created_at),
            interview_ahead=final and application.id in around.interview_ahead,
            taken_elsewhere=final and around.taken_elsewhere(letter, application),
            job_changed=(
                application.moved_at is not None and letter.created_at < application.moved_at
            ),
            told_ago=now - spoken.told_at if spoken.told_at else None,
            told_stands=spoken.told_stands,
            telling_unclear=subject.decision_id in around.telling_unclear,
            considered_ago=now - spoken.considered_at if spoken.considered_at else None,
            encouraged_ago=now - encouraged_at if encouraged_at else None,
            told_elsewhere_ago=(
                now - spoken.told_elsewhere_at if spoken.told_elsewhere_at else None
            ),
        )

    def _is_approved(self, letter: Message) -> bool:
        wording = (letter.kind, letter.template_version)
        if wording not in self._approved:
            self._approved[wording] = approved_wording(self._work, *wording) is not None
        return self._approved[wording]

    def _has_passed(self, letter: Message, application: Application) -> bool:
        named = letter.good_until_on
        return named is not None and named < latest_today(self._work, application)
