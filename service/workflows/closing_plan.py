"""Plans the closing of a job: who is told how, and every letter as it would go.

Planning only reads. What a person was shown and what is then done come from this one function, so
nothing can be done that was not in the preview of that moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from service.domain.closing_terms import SECOND_TO_NOBODY, Applicant, Outcome, Part, Placement
from service.domain.closings import agree, place
from service.domain.promises import PromiseError
from service.domain.wording import to_say, told, when_words
from service.models import Application, Decision, Job, User
from service.workflows.closing_facts import Known, gather
from service.workflows.closing_letters import PlannedLetter, foldable, plan_letter
from service.workflows.composing import reachable_address
from service.workflows.decide import check_may_decide
from service.workflows.letter_dates import LONGEST_AHEAD
from service.workflows.work import Work

FOLDED = to_say("decided earlier for another job, and told in the same letter")
TOGETHER = Placement(Part.MAIL, to_say("decided earlier; its letter gives way to one about both"))


@dataclass(frozen=True)
class ClosingWish:
    """What a person wants: the outcome, and what is to differ from the rules for whom.

    The sets hold ids of applications for the job. ``reason`` is for colleagues and goes into each
    decision; the outcome says it where left out.
    """

    outcome: Outcome
    by_user_id: str
    reason: str | None = None
    second_choice: frozenset[str] = field(default_factory=frozenset)
    second_choice_until_on: date | None = None
    mail_anyway: frozenset[str] = field(default_factory=frozenset)
    leave_out: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Planned:
    """What happens to one application, and why. ``decision`` is the one that stands already.

    ``folded`` marks one for another job that the person's one letter names as well.
    ``stage_before`` is where it stood when this was planned.
    """

    application: Application
    stage_before: str
    part: Part
    reason: str
    decision: Decision | None
    folded: bool = False

    @property
    def to_decide(self) -> bool:
        """Tell whether the closing decides about it."""
        return self.part in (Part.MAIL, Part.CALL_FIRST) and self.decision is None


@dataclass(frozen=True)
class ClosingPlan:
    """Everybody of one job, each in one part, and every letter.

    ``zone`` is that of the job's calendar; ``by`` is who decides, and signs the letters.
    """

    job: Job
    wish: ClosingWish
    planned: tuple[Planned, ...]
    letters: tuple[PlannedLetter, ...]
    zone: str
    by: User

    @property
    def counts(self) -> dict[Part, int]:
        """Return how many applications fall into each part."""
        found = Counter(each.part for each in self.planned)
        return {part: found[part] for part in Part}

    @property
    def goes_from(self) -> datetime | None:
        """Return when the first letter goes."""
        return min((letter.goes_at for letter in self.letters), default=None)

    @property
    def goes_until(self) -> datetime | None:
        """Return when the last letter goes."""
        return max((letter.goes_at for letter in self.letters), default=None)

    @property
    def anything_new(self) -> bool:
        """Tell whether it would tell, decide or ask anything that is not done already."""
        return bool(self.letters) or any(
            each.to_decide or each.part is Part.SECOND_CHOICE for each in self.planned
        )

    def sentence(self, now: datetime) -> str:
        """Say in one sentence what would be sent when, and for how long it can be taken back."""
        return departure(len(self.letters), self.goes_from, self.zone, now)


def departure(letters: int, first: datetime | None, zone: str, now: datetime) -> str:
    """Say when so many letters go, and until when they can be taken back."""
    if first is None or not letters:
        return "No letter goes out."
    at = when_words(first, zone, now)
    if letters == 1:
        return f"1 letter goes out {at}; you can take it back until then."
    return (
        f"{letters} letters go out from {at}, each at a decent hour for its person; you can take "
        "them back until then."
    )


def plan_closing(work: Work, job: Job, wish: ClosingWish) -> ClosingPlan:
    """Say what closing a job would do, in full, and change nothing.

    Raises ``PromiseError`` where the wish cannot be followed and ``TemplateError`` where a letter
    that everybody gets does not exist.
    """
    by = check_may_decide(work.session.get(User, wish.by_user_id), "/by_user_id")
    row = work.calendar_row(job)
    calendar = work.calendar(row.id, row.version)
    zone = calendar.time_zone
    today = work.now.astimezone(zone).date()
    people = gather(work, job, today)
    _check(wish, people, job, today)
    planned: list[Planned] = []
    letters: list[PlannedLetter] = []
    for known in people.values():
        own = [each for each in known if each.application.job_id == job.id]
        others = [each for each in known if each.application.job_id != job.id]
        placed = agree([place(_applicant(work, each, known, wish, zone.key)) for each in own])
        letter, folded = _letter(work, wish, own, others, placed)
        if isinstance(letter, PlannedLetter):
            letters.append(letter)
            placed = _together(letter, own, placed)
        elif letter is not None:
            placed = [letter if p.part in _WRITTEN else p for p in placed]
        planned += [
            Planned(each.application, each.application.stage, p.part, p.reason, each.decision)
            for each, p in zip(own, placed, strict=True)
        ]
        planned += [
            Planned(
                each.application,
                each.application.stage,
                Part.MAIL,
                FOLDED,
                each.decision,
                folded=True,
            )
            for each in folded
        ]
    return ClosingPlan(job, wish, tuple(planned), tuple(letters), zone.key, by)


_WRITTEN = (Part.MAIL, Part.SECOND_CHOICE)


def _together(letter: PlannedLetter, own: list[Known], placed: list[Placement]) -> list[Placement]:
    about = {letter.application.id, *(each.id for each in letter.also)}
    return [
        TOGETHER if p.part is Part.TOLD_ALREADY and each.application.id in about else p
        for each, p in zip(own, placed, strict=True)
    ]


def _letter(
    work: Work, wish: ClosingWish, own: list[Known], others: list[Known], placed: list[Placement]
) -> tuple[PlannedLetter | Placement | None, list[Known]]:
    """Return a person's one letter and what of other jobs it names; a placement where none can
    be written."""
    parts = {p.part for p in placed}
    until_on = wish.second_choice_until_on if Part.SECOND_CHOICE in parts else None
    part = Part.SECOND_CHOICE if until_on else Part.MAIL
    named = [each for each, p in zip(own, placed, strict=True) if p.part is part]
    if not named or _unreachable(named[0].application) is not None:
        return None, []
    if until_on is None:
        # A letter about one of them that waits already would be the second one.
        named += [
            each
            for each, p in zip(own, placed, strict=True)
            if p.part is Part.TOLD_ALREADY and each.waiting
        ]
    folded = [] if until_on else [each for each in others if foldable(each)]
    letter = plan_letter(
        work,
        outcome=wish.outcome,
        by_user_id=wish.by_user_id,
        named=named,
        folded=folded,
        others=others,
        until_on=until_on,
    )
    return letter, folded if isinstance(letter, PlannedLetter) else []


def _applicant(
    work: Work, known: Known, person: list[Known], wish: ClosingWish, zone: str
) -> Applicant:
    row = known.application
    id_ = row.id
    return Applicant(
        stage=known.stage,
        erased=row.candidate.erased_at is not None,
        deleted=row.deleted_at is not None,
        offer_open=row.open_offer is not None,
        taken_elsewhere=any(each.taken(work.now) for each in person if each is not known),
        sender=known.sender,
        decided=known.decision is not None,
        decided_before_us=known.decided_before_us,
        told=known.told,
        let_go=known.let_go,
        writing=known.writing,
        unreachable=_unreachable(row),
        number_known=bool(row.candidate.phones),
        interviewed=known.interviewed,
        interview_ahead=known.interview_ahead,
        encouraged=known.encouraged,
        asked=known.asked,
        called_for=when_words(known.called_at, zone, work.now) if known.called_at else None,
        kept_until_on=known.kept_until_on,
        leave_out=id_ in wish.leave_out,
        second_choice_until_on=(wish.second_choice_until_on if id_ in wish.second_choice else None),
        mail_anyway=id_ in wish.mail_anyway,
    )


def _unreachable(application: Application) -> str | None:
    """Return why mail cannot reach a person, without their address; ``None`` where it can."""
    candidate = application.candidate
    try:
        reachable_address(candidate)
    except PromiseError as error:
        if error.code == "no-mail-wanted":
            return to_say("the ATS says that they want no mail")
        if not candidate.emails:
            return to_say("no address is known")
        return candidate.emails[0].suppressed_reason or to_say("the address cannot be written to")
    return None


def _check(wish: ClosingWish, people: Mapping[str, list[Known]], job: Job, today: date) -> None:
    known = {
        each.application.id
        for person in people.values()
        for each in person
        if each.application.job_id == job.id
    }
    named = {
        "/second_choice": wish.second_choice,
        "/mail_anyway": wish.mail_anyway,
        "/leave_out": wish.leave_out,
    }
    seen: set[str] = set()
    for pointer, ids in named.items():
        if unknown := sorted(ids - known):
            raise PromiseError(
                "unknown-reference",
                told("nobody applied for this job as %(id)s", id=unknown[0]),
                pointer,
            )
        if twice := sorted(ids & seen):
            raise PromiseError(
                "wish-contradicts-itself",
                told(
                    "the application %(id)s is named in two lists: say one thing about each",
                    id=twice[0],
                ),
                pointer,
            )
        seen |= ids
    if wish.second_choice and wish.outcome is not Outcome.FILLED:
        raise PromiseError(
            "second-choice-to-nobody",
            SECOND_TO_NOBODY[wish.outcome],
            "/second_choice",
        )
    if wish.second_choice and wish.second_choice_until_on is None:
        raise PromiseError(
            "second-choice-without-a-day",
            to_say("say until when they are kept as second choice: the letter names the day"),
            "/second_choice_until_on",
        )
    until_on = wish.second_choice_until_on
    if until_on is not None and until_on <= today:
        raise PromiseError(
            "due-in-the-past",
            to_say("the day until which somebody is kept must be a later one than today"),
            "/second_choice_until_on",
        )
    if until_on is not None and until_on > today + LONGEST_AHEAD:
        raise PromiseError(
            "letter-date-too-far",
            to_say(
                "the day until which somebody is kept is more than a year ahead: "
                "name an earlier one"
            ),
            "/second_choice_until_on",
        )
