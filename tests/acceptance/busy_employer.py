"""An employer on a Thursday afternoon with something on every page, and what kind is where.

Everything is in a state that tries a page's patience: late, blocked, failed, held, nobody's, very
long, or gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from service.auth.calendar_feeds import make_feed
from service.auth.keys import make_key, revoke_key
from service.auth.links import Purpose, make_link
from service.auth.passwords import set_password
from service.domain.closing_terms import Outcome as ClosedAs
from service.domain.contacts import Channel, Outcome
from service.domain.newcomers import Newcomer
from service.domain.policies import Kind
from service.models import (
    Application,
    Calendar,
    Heartbeat,
    Job,
    Policy,
    SendBatch,
    Team,
    TeamMember,
    User,
)
from service.steps import STEPS
from service.workflows.absence_entries import add_absence
from service.workflows.close_job import close_job
from service.workflows.closing_plan import ClosingWish
from service.workflows.connections import add_connection
from service.workflows.contacts import log_contact
from service.workflows.enquire import enquire
from service.workflows.erase import erase_candidate
from service.workflows.import_people import SheetFacts, import_people
from service.workflows.legal_hold import hold, keep_back
from service.workflows.promise_making import Spoken, make_spoken
from service.workflows.template_versions import Wording, save_draft
from service.workflows.work import Work
from tests.harness import Employer, add_application, add_user
from tests.integration.figures_case import asked, promised, touched
from tests.reading_metrics import delivery
from tests.reading_pages import letter
from tests.signing_in import PASSWORD

LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft"
HERE = 3 * 24 + 5
"""Hours from Monday at nine to the Thursday afternoon on which the pages are read."""


@dataclass
class Busy:
    """What the pages of one employer are about, by id."""

    administrator: str = ""
    maria: str = ""
    away: str = ""
    manager: str = ""
    candidate: str = ""
    erased: str = ""
    held: str = ""
    other: str = ""
    application: str = ""
    promise: str = ""
    job: str = ""
    closed_job: str = ""
    closing: str = ""
    letter: str = ""
    batch: str = ""
    delivery: str = ""
    sheet: str = ""
    calendar: str = ""
    policy: str = ""
    feed: str = ""
    welcome: str = ""


def make_busy(employer: Employer) -> Busy:
    """Let some weeks and a few days pass at an employer; return what to look at."""
    busy = Busy()
    with employer.work() as work:
        _staff(work, busy)
        _weeks_before(work, busy)
        _jobs_and_people(work, busy)
        _sheet(work, busy)
    employer.clock.advance(timedelta(hours=HERE))
    with employer.work() as work:
        _what_came_since(work, busy)
        _connections(work, employer, busy)
        _settings(work, busy)
    employer.turn()
    with employer.work() as work:
        # After the loops: they would move these on.
        _outbox(work, busy)
        for step in STEPS:
            work.session.merge(Heartbeat(name=f"loop:{step.name}", at=work.now, data={}))
    employer.clock.advance(timedelta(seconds=4))
    return busy


def _staff(work: Work, busy: Busy) -> None:
    berlin = Team(name="Berlin", created_at=work.now)
    work.session.add(berlin)
    ruth = add_user(work, "Ruth Adeyemi", role="administrator", email="ruth@example.com")
    maria = add_user(work, "Maria Keller", role="recruiter", email="maria@example.com")
    jonas = add_user(work, "Jonas Brandt", role="recruiter", email="jonas@example.com")
    priya = add_user(work, "Priya Subramanian", role="hiring_manager", email="priya@example.com")
    add_user(work, "Vera Lindqvist", role="viewer", email="vera@example.com")
    for each in (ruth, maria):
        set_password(work.session, each, PASSWORD, work.now)
    work.session.add_all(TeamMember(team_id=berlin.id, user_id=each.id) for each in (ruth, maria))
    busy.administrator, busy.maria, busy.away = ruth.id, maria.id, jonas.id
    busy.manager = priya.id


def _weeks_before(work: Work, busy: Busy) -> None:
    """Leave a few weeks of history for the figures."""
    maria = work.session.get_one(User, busy.maria)
    job = Job(title="Field Technician", status="open", created_at=work.now - timedelta(days=60))
    work.session.add(job)
    for number in range(12):
        at = work.now - timedelta(days=4 * number + 3)
        someone = add_application(
            work,
            first_name="Imani",
            last_name=f"Achieng {number}",
            owner=maria,
            job=job,
            stage="interview",
            applied_at=at - timedelta(days=3),
        )
        call = touched(work, someone, at + timedelta(hours=2), by_user_id=maria.id)
        late = number % 3 == 0
        promised(
            work,
            someone,
            at if late else at + timedelta(hours=4),
            state="kept_late" if late else "kept",
            kept_at=call.at,
            kept_by_contact_id=call.id,
            breached_at=at if late else None,
        )
        if number % 2:
            asked(work, someone, at + timedelta(hours=1), after=late)


def _sheet(work: Work, busy: Busy) -> None:
    """Import somebody from a sheet with a name as long as a name can be."""
    newcomer = Newcomer(line=2, emails=("sheet@example.com",), job="Field Technician")
    facts = SheetFacts(f"{LONG}.csv", "1")
    busy.sheet = import_people(work, [newcomer], facts).id


def _jobs_and_people(work: Work, busy: Busy) -> None:
    maria, jonas = (work.session.get_one(User, each) for each in (busy.maria, busy.away))
    priya = work.session.get_one(User, busy.manager)
    berlin = work.session.scalars(select(Team)).one()
    backend, accountant, filled = (
        Job(title=title, status="open", created_at=work.now, owner_id=maria.id)
        for title in ("Backend Engineer", "Accountant", "Product Designer")
    )
    backend.team_id = berlin.id
    backend.hiring_manager_id = priya.id
    endless = Job(title="Staff " * 30 + "Engineer", status="open", created_at=work.now)
    work.session.add_all([backend, accountant, filled, endless])
    work.session.flush()
    amara = add_application(
        work, owner=maria, stage="interview", job=backend, email="amara@example.com"
    )
    weber = add_application(
        work, first_name="Jonas", last_name="Weber", owner=jonas, job=accountant, stage="interview"
    )
    lucia = add_application(
        work, first_name="Lucía", last_name="Fernández", owner=maria, job=backend
    )
    waits = add_application(
        work, first_name="Ivo", last_name="Petrov", owner=maria, job=backend, stage="interview"
    )
    waits.waiting_on_id = priya.id
    nobodys = add_application(
        work, first_name=LONG, last_name="<b>Müller</b>", job=endless, stage="screening"
    )
    # The same mailbox twice: perhaps one person. And somebody who is to vanish.
    add_application(work, owner=maria, job=accountant, email="amara.k@example.com")
    twin = add_application(work, first_name="A.", job=accountant, owner=maria)
    twin.candidate.emails[0].address = twin.candidate.emails[0].address_key = "amara@example.com"
    gone = add_application(work, first_name="Gone", last_name="Person", job=accountant)
    weber.candidate.emails[0].suppressed_at = work.now
    weber.candidate.emails[0].suppressed_reason = "the mailbox is full"
    for number, stage in enumerate(("applied", "screening", "interview", "offer", "applied")):
        add_application(
            work,
            first_name="Noor",
            last_name=f"Haddad {number}",
            owner=maria,
            job=filled,
            stage=stage,
        )
    log_contact(
        work,
        amara,
        channel=Channel.PHONE,
        outcome=Outcome.REACHED,
        at=work.now,
        by_user_id=maria.id,
        note="She asked about the panel",
    )
    for application, kind, wording, within, by in (
        (amara, Kind.CALLBACK, "A call about the panel date", "by monday 17:00", maria),
        (amara, Kind.FEEDBACK, "Feedback on the exercise", "2 business days", maria),
        (weber, Kind.DECISION, "A decision", "3 business days", jonas),
        (lucia, Kind.REPLY, "A reply to her question", "by friday 12:00", maria),
        (waits, Kind.DECISION, "Whether it goes on", "by thursday 16:00", maria),
        (nobodys, Kind.CALLBACK, "x" * 200, "8 business hours", None),
    ):
        spoken = Spoken(kind, wording, within=within, promised_by_id=by.id if by else None)
        made = make_spoken(work, application, spoken)
        busy.promise = busy.promise or made.id
    erase_candidate(work, gone.candidate, "asked for it")
    hold(work, weber.candidate, "A claim of his is before the labour court, until the summer")
    keep_back(work, weber.candidate)
    busy.candidate, busy.application, busy.job = amara.candidate_id, amara.id, backend.id
    busy.erased, busy.closed_job = gone.candidate_id, filled.id
    busy.held = weber.candidate_id
    busy.other = weber.candidate_id


def _what_came_since(work: Work, busy: Busy) -> None:
    amara = work.session.get_one(Application, busy.application)
    for ago in (timedelta(days=3), timedelta(days=2), timedelta(hours=3)):
        enquire(work, amara, channel=Channel.PHONE, at=work.now - ago, note="still hoping to hear")
    wish = ClosingWish(ClosedAs.FILLED, busy.maria)
    busy.closing = close_job(work, busy.closed_job, wish).closing.id


def _connections(work: Work, employer: Employer, busy: Busy) -> None:
    main = add_connection(
        work, "greenhouse-main", "greenhouse", ["an invented secret"], rejections_by="keepword"
    )
    other = add_connection(work, "lever-old", "lever", ["another"], rejections_by="ats")
    main.first_authentic_at = main.last_authentic_at = work.now - timedelta(minutes=3)
    other.refused_count = other.refused_since = 7
    other.last_refused_at = work.now
    rows = [
        delivery(main, "a", employer, state="failed", error="/payload/candidate: is missing"),
        delivery(main, "b", employer, state="done", outcome="Amara Okafor moved to interview"),
        delivery(main, "c", employer, state="ignored", outcome="an event of no interest"),
        delivery(main, "d", employer, state="failed", error="x" * 300),
    ]
    rows[0].body = b'{"action": "candidate_stage_change", "payload": {"application": {}}}'
    work.session.add_all(rows)
    unknown = work.session.scalars(
        select(Application).where(Application.stage == "screening").limit(1)
    ).one()
    unknown.connection_id, unknown.unmapped = main.id, True
    unknown.ats_stage = "Zaubertrank " * 8
    work.session.flush()
    busy.delivery = rows[0].id


def _settings(work: Work, busy: Busy) -> None:
    maria, jonas = (work.session.get_one(User, each) for each in (busy.maria, busy.away))
    add_absence(work, jonas, date(2026, 3, 4), date(2026, 3, 20), maria.id)
    save_draft(
        work,
        Wording(
            "holding",
            "Where we stand with {{job_title}}",
            "Hello {{greeting_name}}, {{promised_what}} takes longer: until {{next_word_by}}.",
            "<p>Hello {{greeting_name}}, {{promised_what}} takes longer: by {{next_word_by}}.</p>",
            note="Shorter",
            by_user_id=maria.id,
        ),
    )
    make_key(work.session, work.now, "nightly report", ["read"])
    old, _ = make_key(work.session, work.now, "an old one", ["write"], user_id=maria.id)
    revoke_key(old, work.now)
    busy.feed = make_feed(work.session, work.now, maria, names_people=True)
    invited = add_user(work, "New Colleague", role="recruiter", email="new@example.com")
    _, busy.welcome = make_link(work.session, work.now, Purpose.INVITATION, invited)
    busy.calendar = work.session.scalars(select(Calendar.id).limit(1)).one()
    busy.policy = work.session.scalars(select(Policy.id).order_by(Policy.name).limit(1)).one()


def _outbox(work: Work, busy: Busy) -> None:
    batch = SendBatch(provider="sendgrid", size=2, created_at=work.now)
    work.session.add(batch)
    work.session.flush()
    soon = work.now + timedelta(minutes=59, seconds=30)
    long = "x" * 300
    for _ in range(2):
        letter(work, "uncertain", batch_id=batch.id, reason="the answer was lost")
    letter(work, "uncertain", subject=long, to_name=long, reason=long)
    letter(work, "blocked", reason="the person has been in touch since", subject="A")
    letter(work, "unconfirmed", reason="SendGrid has not said what became of it")
    letter(work, "failed", reason="the address is malformed")
    letter(work, "bounced", reason="there is no such mailbox", bounced_at=work.now)
    letter(work, "delivered", delivered_at=work.now, application_id=busy.application)
    held = letter(
        work,
        "held",
        due_at=soon,
        hold_until=soon,
        application_id=busy.application,
        own_html="<p>Dear Amara, we are not done yet.</p>",
    )
    busy.letter, busy.batch = held.id, batch.id
