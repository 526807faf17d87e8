"""``keepword user invite``, ``reset``, ``first``, ``deactivate``, ``activate``: who may sign in."""

from __future__ import annotations

import click

from service.auth.leaving import LastAdministratorError
from service.auth.leaving import deactivate as end_access
from service.auth.links import Purpose, an_administrator_can_sign_in, make_link
from service.cli.running import Opened, opened, unusable, user_by_email
from service.cli.showing import as_json, note
from service.models import User
from service.workflows.sign_in_letters import INVITATION, RESET, write_sign_in_letter

_json = click.option("--json", "as_document", is_flag=True, help="Print JSON for programs.")
_print = click.option("--print", "printed", is_flag=True, help="Print the link; write no letter.")

_KINDS = {Purpose.INVITATION: INVITATION, Purpose.RESET: RESET}


@click.command("invite")
@click.argument("email")
@_print
@_json
def invite(email: str, *, printed: bool, as_document: bool) -> None:
    """Write a colleague a letter with a link to choose a password."""
    _send(email, Purpose.INVITATION, printed=printed, as_document=as_document)


@click.command("reset")
@click.argument("email")
@_print
@_json
def reset(email: str, *, printed: bool, as_document: bool) -> None:
    """Write a colleague a letter with a link to choose a new password."""
    _send(email, Purpose.RESET, printed=printed, as_document=as_document)


@click.command("first")
@_json
def first(*, as_document: bool) -> None:
    """Print a link for the first administrator, while nobody can sign in as one."""
    with opened() as keepword:
        if an_administrator_can_sign_in(keepword.session):
            raise click.ClickException(
                "An administrator can sign in already. For another: keepword user add EMAIL "
                "--role administrator, then keepword user invite EMAIL"
            )
        link, token = make_link(keepword.session, keepword.now, Purpose.FIRST)
        keepword.session.commit()
        url = welcome_url(keepword, token)
    if as_document:
        as_json({"url": url, "expires_at": link.expires_at.isoformat()})
    else:
        click.echo(url)


@click.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Let somebody in no more, at once; what they promised shows up as nobody's."""
    with opened() as keepword:
        user = user_by_email(keepword.session, email, "EMAIL")
        try:
            end_access(keepword.session, keepword.now, user)
        except LastAdministratorError as error:
            raise click.ClickException(f"Not done: {error}.") from error
        keepword.session.commit()
    click.echo(f"{user.email} is signed out everywhere and comes in no more.")


@click.command("activate")
@click.argument("email")
def activate(email: str) -> None:
    """Let somebody in again, with the password they had."""
    with opened() as keepword:
        user = user_by_email(keepword.session, email, "EMAIL")
        user.active = True
        keepword.session.commit()
    click.echo(f"{user.email} may sign in again.")


def welcome_url(keepword: Opened, token: str) -> str:
    """Return the address behind a one-time link."""
    config = keepword.core.config
    if not config.base_url_given:
        note(
            f"KEEPWORD_BASE_URL is not set, so the link begins with {config.base_url}: set it "
            "where Keepword listens elsewhere."
        )
    return f"{config.base_url}/welcome/{token}"


def mail_link(keepword: Opened, user: User, purpose: Purpose) -> None:
    """Put the letter with a one-time link into the outbox; the caller commits."""
    link, token = make_link(keepword.session, keepword.now, purpose, user)
    url = welcome_url(keepword, token)
    write_sign_in_letter(keepword.work(), user, _KINDS[purpose], link.id, url, link.expires_at)


def _send(email: str, purpose: Purpose, *, printed: bool, as_document: bool) -> None:
    with opened() as keepword:
        session = keepword.session
        user = user_by_email(session, email, "EMAIL")
        if not user.active:
            unusable("they are deactivated. First: keepword user activate EMAIL", "EMAIL")
        url = None
        if printed:
            _link, token = make_link(session, keepword.now, purpose, user)
            url = welcome_url(keepword, token)
        else:
            mail_link(keepword, user, purpose)
        session.commit()
        kept = keepword.core.config.mail == "capture"
    if as_document:
        as_json({"email": user.email, "purpose": str(purpose), "url": url})
    else:
        said = f"A letter to {user.email} is in the outbox."
        if kept:
            said += " Mail is kept here and never sent: add --print for the link."
        click.echo(url or said)
