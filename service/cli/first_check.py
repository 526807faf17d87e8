"""What ``keepword doctor`` says of an installation that nobody has finished setting up.

A finding names settings, never a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from service.auth.links import an_administrator_can_sign_in
from service.cli.findings import Finding, Verdict
from service.cli.running import Core
from service.config import Config


def company(config: Config) -> Iterator[Finding]:
    """Every letter names the company, to people who applied to it."""
    if config.company == Config.company:
        yield Finding(
            Verdict.WARN,
            "letters",
            f"Letters call the company “{config.company}”.",
            "Set KEEPWORD_COMPANY to its name.",
        )


def administrator(session: Session, _here: Core) -> Iterator[Finding]:
    """Tell whether there is anybody who can let the others in."""
    if not an_administrator_can_sign_in(session):
        yield Finding(
            Verdict.WARN,
            "sign-in",
            "Nobody can sign in as an administrator yet.",
            "Run: keepword user first; it prints a link to begin with.",
        )
