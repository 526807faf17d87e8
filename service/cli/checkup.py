"""What ``keepword doctor`` looks at: each finding says what is, and what to do where it is wrong.

A finding names settings, connections and counts, never a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from service import telemetry
from service.assembly import make_verifier
from service.cli import first_check, loop_check, machine_check, reach_check
from service.cli.faults import NotMigratedError, told
from service.cli.findings import Finding, Verdict
from service.cli.running import Core, core, require_migrated, settings_judged
from service.config import Config, ConfigError
from service.domain.business_time import Calendar as Compiled
from service.domain.business_time import NoOpeningError
from service.domain.calendars import CalendarDocumentError
from service.domain.delivery import MailState
from service.domain.durations import parse
from service.domain.feeds import Light
from service.domain.retention import people_before
from service.mail.variables import TemplateError
from service.public_holidays import holidays_for
from service.queries.feed_health import feed_health
from service.queries.figures import (
    mail_figures,
    promise_figures,
)
from service.queries.holds import count_held
from service.queries.mail_health import (
    channel_rest,
    silence_remedy,
    silence_text,
    webhook_silence,
)
from service.queries.rules import all_calendars, documents_of
from service.queries.traffic import all_connections
from service.queries.wordings import approve_command, unapproved
from service.resources import ResourceMissingError
from service.workflows.check import SET_ASIDE
from service.workflows.connection_secrets import sealing_of
from service.workflows.erase_by_rule import count_due
from service.workflows.trial_write import try_a_write
from service.workflows.usual_hours import usual_working_time
from service.workflows.work import Work

_NEEDS_A_PERSON = {
    MailState.UNCERTAIN: "Ask, then settle: on the page, or keepword outbox settle ID --arrived"
    " (or --send-again; --request ID for a whole request).",
    MailState.UNCONFIRMED: "Ask the people; where one has it: keepword outbox settle ID --arrived",
    MailState.BLOCKED: "Read why on each (keepword outbox list), then release or cancel it.",
    MailState.FAILED: "Read why on each (keepword outbox list); write again where it matters.",
}


def examine(*, outside: bool = False) -> Iterator[Finding]:
    """Look at everything in turn, and ask ``outside`` too; end early where the rest cannot be."""
    try:
        with core() as built:
            with settings_judged():
                make_verifier(built.config)
            yield from _built(built)
            if outside:
                yield from reach_check.reach(built.config, built.transport)
    except ConfigError as error:
        for fault in error.faults:
            yield Finding(Verdict.FAIL, "settings", fault, "Set it in the environment.")
    except (OSError, ArgumentError) as error:
        fault, _, remedy = told(error).partition(". ")
        yield Finding(Verdict.FAIL, "settings", f"{fault}.", remedy)
    except (TemplateError, ResourceMissingError) as error:
        yield Finding(Verdict.FAIL, "letters", told(error), "Mend or reinstall the templates.")


def _built(built: Core) -> Iterator[Finding]:
    yield Finding(Verdict.OK, "settings", "All settings can be used.")
    yield Finding(Verdict.OK, "letters", f"{len(built.office.templates)} kinds of letter load.")
    yield from first_check.company(built.config)
    yield from _door(built.config)
    yield from _mail_settings(built.config)
    yield from reach_check.sender(built.config)
    yield from machine_check.machine(built.config, built.clock.now().date())
    yield from loop_check.broker(built.config)
    yield from _traces(built.config)
    try:
        require_migrated(built.engine)
        try_a_write(built.engine)
    except NotMigratedError as error:
        fault, _, remedy = str(error).partition(" Run: ")
        yield Finding(Verdict.FAIL, "database", fault, f"Run: {remedy}")
        return
    except SQLAlchemyError as error:
        fault, _, remedy = told(error).partition("\n")
        yield Finding(Verdict.FAIL, "database", fault, remedy)
        return
    yield Finding(Verdict.OK, "database", f"{built.engine.dialect.name}, migrated.")
    with built.session() as session:
        for look in (
            first_check.administrator,
            machine_check.clocks,
            _calendars,
            _wordings,
            _connections,
            loop_check.loops,
            _promises,
            _mail,
            _people,
        ):
            yield from look(session, built)


def _door(config: Config) -> Iterator[Finding]:
    """Https ends before Keepword, so an https address means that a proxy stands there."""
    if config.base_url.startswith("https:") and not config.trusted_proxies:
        yield Finding(
            Verdict.WARN,
            "sign-in",
            "No reverse proxy is trusted, so everybody seems to sign in from the proxy's address, "
            "and one person's failed tries hold off all.",
            "Set KEEPWORD_TRUSTED_PROXIES to the proxy's address, such as 127.0.0.1.",
        )


def _mail_settings(config: Config) -> Iterator[Finding]:
    if config.mail != "sendgrid":
        yield Finding(
            Verdict.OK, "mail", "Kept for reading and never sent (KEEPWORD_MAIL=capture)."
        )
        return
    host = urlsplit(config.base_url).hostname or ""
    if host in ("localhost", "127.0.0.1", "::1"):
        yield Finding(
            Verdict.WARN,
            "mail",
            f"Letters link to {config.base_url}, which only this machine can open.",
            "Set KEEPWORD_BASE_URL to the address that colleagues use.",
        )
    yield Finding(Verdict.OK, "mail", "Goes out through SendGrid; its signed events are verified.")


def _traces(config: Config) -> Iterator[Finding]:
    if not config.traces_to:
        return
    missing = telemetry.missing()
    if missing is None:
        host = urlsplit(config.traces_to).hostname
        yield Finding(Verdict.OK, "traces", f"Go to the collector at {host}, by OTLP over HTTP.")
        return
    fault, _, remedy = missing.partition(": ")
    yield Finding(Verdict.FAIL, "traces", f"{fault}.", f"Run: {remedy}")


def _calendars(session: Session, here: Core) -> Iterator[Finding]:
    rows = all_calendars(session)
    documents = documents_of(session, rows)
    if not any(row.is_default for row in rows):
        yield Finding(
            Verdict.FAIL, "calendars", "There is no default calendar.", "Run: keepword db upgrade"
        )
    for row in rows:
        try:
            calendar = Compiled.from_document(documents[row.id], holidays_for)
            calendar.add(here.clock.now(), parse("1 business hour"))
        except (CalendarDocumentError, NoOpeningError) as error:
            yield Finding(
                Verdict.FAIL,
                "calendars",
                f"“{row.name}” cannot be used: {error}",
                "Change it through the API (PUT /api/v1/calendars).",
            )
            continue
        country = (documents[row.id].get("holidays") or {}).get("country")
        of = f", public holidays of {country}" if country else ", no public holidays"
        yield Finding(Verdict.OK, "calendars", f"“{row.name}” opens{of}.")


def _wordings(session: Session, _here: Core) -> Iterator[Finding]:
    missing = unapproved(session)
    for kind in missing:
        yield Finding(
            Verdict.WARN,
            "letters",
            f"No wording of {kind} is approved, so none can be written.",
            f"Choose one (keepword template versions {kind}), then: {approve_command(kind)}",
        )
    if not missing:
        yield Finding(Verdict.OK, "letters", "Every kind of letter has an approved wording.")


def _connections(session: Session, here: Core) -> Iterator[Finding]:
    for row in [each for each in all_connections(session) if each.active]:
        sealing = sealing_of(here.office.box, row)
        if sealing.unreadable:
            yield Finding(
                Verdict.FAIL,
                "connections",
                f"{_counted(sealing.unreadable, 'secret', 'secrets')} of {row.name} cannot be "
                "opened: sealed under another SECRET_KEY.",
                "Restore that key as SECRET_KEY_PREVIOUS, or enter them again: keepword connection "
                f"rotate {row.name}, keepword connection credentials {row.name}",
            )
        if sealing.previous:
            yield Finding(
                Verdict.WARN,
                "connections",
                f"{_counted(sealing.previous, 'secret', 'secrets')} of {row.name} still sealed "
                "under SECRET_KEY_PREVIOUS.",
                "Run: keepword connection reseal; then leave SECRET_KEY_PREVIOUS out.",
            )
    work = Work(session, here.clock.now(), here.office)
    for health in feed_health(session, work.now, usual_working_time(work)):
        for each in health.faults:
            told_by = f" It said: {each.detail}" if each.detail else ""
            yield Finding(Verdict.WARN, "connections", f"{each.text}{told_by}", each.remedy)
        if not health.faults and health.light is not Light.OFF:
            new = health.light is Light.NEW
            heard = "has not been heard from" if new else "has been heard from"
            yield Finding(Verdict.OK, "connections", f"{health.name} ({health.vendor}) {heard}.")


def _promises(session: Session, here: Core) -> Iterator[Finding]:
    found = promise_figures(session, here.clock.now(), SET_ASIDE)
    if found.set_aside:
        yield Finding(
            Verdict.FAIL,
            "promises",
            f"{found.set_aside} cannot be judged and are set aside.",
            "The checker's log names each; reschedule or release them.",
        )
    yield Finding(Verdict.OK, "promises", f"{found.open} open, {found.overdue} overdue.")


def _mail(session: Session, here: Core) -> Iterator[Finding]:
    found = mail_figures(session, here.clock.now())
    if found.paused is not None:
        yield Finding(
            Verdict.FAIL if found.paused.by_provider else Verdict.WARN,
            "mail",
            f"Paused: {found.paused.reason or 'by a person'}.",
            "Mend what the provider says; mail then goes on by itself."
            if found.paused.by_provider
            else "When it is right to, run: keepword outbox resume",
        )
    now = here.clock.now()
    rest = channel_rest(session, now)
    if rest is not None:
        yield Finding(
            Verdict.WARN,
            "mail",
            f"The provider failed {_counted(rest.failures, 'time', 'times')} in a row; mail rests.",
            "It goes on by itself once the provider answers; see its status page.",
        )
    silence = webhook_silence(session, now)
    if silence is not None:
        yield Finding(
            Verdict.FAIL, "mail", silence_text(silence), silence_remedy(here.config.base_url)
        )
    for state, remedy in _NEEDS_A_PERSON.items():
        if found.by_state[state]:
            yield Finding(
                Verdict.WARN,
                "mail",
                f"{_counted(found.by_state[state], 'letter is', 'letters are')} {state}.",
                remedy,
            )
    waiting = _counted(found.outbox, "letter has", "letters have")
    yield Finding(Verdict.OK, "mail", f"{waiting} yet to leave.")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _people(session: Session, here: Core) -> Iterator[Finding]:
    """Say what the rule about people does, so that a figure mistyped is seen before it works."""
    days = here.office.people_days
    before = people_before(days, here.clock.now())
    held = count_held(session)
    kept = f", {held} on legal hold" if held else ""
    if before is None:
        text = f"Nobody is erased by rule (KEEPWORD_KEEP_PEOPLE_DAYS is not set){kept}."
    else:
        text = f"Erased {days} days after the end: {count_due(session, before)} due now{kept}."
    yield Finding(Verdict.OK, "people", text)
