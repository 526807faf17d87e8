"""Tries a connection: a delivery of our own through the real receive path, and its vendor's API.

Nothing of the trial stays: no delivery, no sign of life, no count. What it does not prove, that
the vendor reaches our address, it says.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.ats.base import Adapter, Incoming
from service.ats.registry import adapter_named
from service.db import new_id
from service.models import Connection
from service.secret_box import SealedSecretError
from service.signing import SignatureError
from service.vendors.base import (
    Answered,
    AskError,
    Busy,
    Denied,
    Outcome,
    Reach,
    Unreachable,
    Vendors,
)
from service.workflows.connection_secrets import live_secrets
from service.workflows.reaching import NoWayError, note_api_answers, note_api_fault, reach_of
from service.workflows.receive import receive
from service.workflows.work import Work

# Of no meaning to any adapter, and no vendor's greeting.
_BODY = b'{"keepword": "a delivery of our own, to try this connection"}'


@dataclass(frozen=True)
class Check:
    """One thing that was tried. ``ok`` is ``None`` where it could not be tried at all."""

    what: str
    ok: bool | None
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Trial:
    """What was tried on our side, and the way to the vendor's API if there is one to try."""

    connection_id: str
    name: str
    adapter: Adapter
    checks: tuple[Check, ...]
    reach: Reach | None


def begin_trial(work: Work, connection: Connection) -> Trial:
    """Try what needs no network, and open the way to the API; the caller ends its transaction."""
    adapter = adapter_named(connection.vendor)
    checks = [_own_delivery(work, connection, adapter), _heard(connection, adapter)]
    reach = None
    try:
        reach = reach_of(work.office, connection, adapter)
    except NoWayError as error:
        if adapter.api is not None:
            checks.append(_no_way(connection, adapter, error))
    return Trial(connection.id, connection.name, adapter, tuple(checks), reach)


def ask_for_proof(trial: Trial, vendors: Vendors) -> tuple[tuple[Check, ...], Outcome | None]:
    """Ask the vendor's API the cheapest thing that proves the credentials; no transaction is open.

    Returns every check, and what the API answered, if it was asked.
    """
    if trial.reach is None:
        return trial.checks, None
    try:
        outcome = vendors.ask(trial.reach, trial.reach.api.proof())
    except AskError as error:
        check = Check(
            "api", False, f"It cannot be asked: {error}.", "Correct the settings it depends on."
        )
        return (*trial.checks, check), None
    return (*trial.checks, _judged(trial, outcome)), outcome


def note_outcome(session: Session, work: Work, trial: Trial, outcome: Outcome | None) -> None:
    """Write down what the trial learned of the API; the caller commits."""
    if isinstance(outcome, Answered) and 200 <= outcome.answer.status < 300:
        note_api_answers(session, trial.connection_id)
    elif isinstance(outcome, Denied):
        note_api_fault(session, trial.connection_id, outcome.why, work.now)


def _own_delivery(work: Work, connection: Connection, adapter: Adapter) -> Check:
    what = "deliveries"
    if not connection.active:
        return Check(
            what,
            False,
            "It was removed: deliveries are answered 404.",
            f"keepword connection restore {connection.name}",
        )
    try:
        secret = live_secrets(work, connection)[0]
        identity = new_id("try")
        body = adapter.signed_body(_BODY, secret, work.now, identity)
        headers = adapter.sign(body, secret, work.now, identity)
        incoming = Incoming.of(headers.items(), body, work.now)
        trial = work.session.begin_nested()
        try:
            receipt = receive(work, connection.name, incoming)
        finally:
            # Not a word of it stays, least of all that the ATS has spoken.
            trial.rollback()
    except SealedSecretError:
        return Check(
            what,
            False,
            "The signing secret was sealed under another SECRET_KEY.",
            "Restore that key as SECRET_KEY_PREVIOUS, or enter the secret again: "
            f"keepword connection rotate {connection.name}",
        )
    except SignatureError as error:
        return Check(
            what,
            False,
            f"A delivery signed with our own secret is refused: {error}.",
            f"Enter the secret again: keepword connection rotate {connection.name}",
        )
    if receipt is None or receipt.status != adapter.success_status:
        return Check(
            what,
            False,
            "A delivery of our own was not taken in.",
            "This is a defect of Keepword: tell whoever runs it.",
        )
    return Check(
        what,
        True,
        f"A delivery signed with our secret is verified, stored and answered {receipt.status}. "
        f"It does not prove that {adapter.label} reaches the address or holds the same secret.",
    )


def _heard(connection: Connection, adapter: Adapter) -> Check:
    if connection.first_authentic_at is not None:
        return Check("heard", True, f"{adapter.label} has delivered, signed with our secret.")
    if connection.refused_count:
        return Check(
            "heard",
            False,
            f"{connection.refused_count} deliveries were refused for their signature, none taken.",
            f"{adapter.label} signs with another secret: enter the same one on both sides.",
        )
    return Check(
        "heard",
        None,
        "It is waiting for the first delivery.",
        f"Send a test from {adapter.label} ({adapter.guide.where}), or change something there.",
    )


def _no_way(connection: Connection, adapter: Adapter, error: NoWayError) -> Check:
    entered = bool(connection.credentials)
    return Check(
        "api",
        False if entered else None,
        f"{adapter.label}'s API was not asked: {error}."
        if entered
        else f"{adapter.label}'s API cannot be asked: nothing was entered for it.",
        f"Run: keepword connection credentials {connection.name}",
    )


def _judged(trial: Trial, outcome: Outcome) -> Check:
    label = trial.adapter.label
    match outcome:
        case Answered(answer=answer) if 200 <= answer.status < 300:
            return Check("api", True, f"{label}'s API takes the credentials.")
        case Answered(answer=answer) if answer.gone:
            return Check(
                "api",
                False,
                f"{label}'s API says that there is no such address ({answer.status}).",
                "Check the subdomain, the account or the region in the settings.",
            )
        case Answered(answer=answer):
            return Check(
                "api",
                False,
                f"{label}'s API refuses the question ({answer.status}).",
                "Check the settings, and what the key may read.",
            )
        case Denied(status=401):
            return Check(
                "api",
                False,
                f"{label}'s API does not know the key (401).",
                "Make or copy the key again, all of it, and enter it: "
                f"keepword connection credentials {trial.name}",
            )
        case Denied(status=status):
            return Check(
                "api",
                False,
                f"{label}'s API knows the key and forbids the question ({status}).",
                f"Give the key the right to read candidates at {label}.",
            )
        case Busy(why=why):
            return Check("api", None, f"{label}'s API is at rest: {why}.", "Try again in a minute.")
        case Unreachable(why=why, status=status):
            code = "" if status is None else f" ({status})"
            return Check(
                "api",
                False,
                f"{label}'s API gives no usable answer{code}: {why}.",
                "Check the subdomain or region in the settings, that this machine reaches the "
                "internet, and the vendor's status page.",
            )
