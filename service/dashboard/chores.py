"""What needs a hand, a line each, leading to where it is mended.

Said only of what the reader may look at: whoever asks for the lines has asked that first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from service.dashboard.letters import kind_words
from service.domain.feeds import Fault
from service.queries.feed_health import FeedHealth
from service.queries.figures import Unsent

_MENDED_AT: Final = {Fault.FAILED: "deliveries", Fault.UNMAPPED: "stages"}
"""The part of a connection's page that mends a fault; of the others it tells the remedy."""


@dataclass(frozen=True)
class Chore:
    """What needs a hand, in a line; ``url`` leads to where it is mended, "" where it needs none."""

    text: str
    url: str = ""


def letter_chores(mail: Unsent) -> Iterator[Chore]:
    """Letters that wait for a person."""
    said = []
    if blocked := mail.by_state["blocked"]:
        said.append(
            ngettext(
                "%(num)s letter is stopped until somebody looks",
                "%(num)s letters are stopped until somebody looks",
                blocked,
            )
        )
    if uncertain := mail.by_state["uncertain"]:
        said.append(
            ngettext(
                "%(num)s letter may or may not have gone out",
                "%(num)s letters may or may not have gone out",
                uncertain,
            )
        )
    if unconfirmed := mail.by_state["unconfirmed"]:
        said.append(
            ngettext(
                "%(num)s letter left a day ago and nothing was heard of it",
                "%(num)s letters left a day ago and nothing was heard of them",
                unconfirmed,
            )
        )
    if failed := mail.by_state["failed"] + mail.by_state["dropped"]:
        said.append(
            ngettext(
                "%(num)s letter could not be sent", "%(num)s letters could not be sent", failed
            )
        )
    for text in said:
        yield Chore(text, url_for("pages.outbox", _anchor="needs"))


def feed_chores(feeds: Sequence[FeedHealth]) -> Iterator[Chore]:
    """What is wrong with a connection's feed and is no alarm."""
    for health in feeds:
        for each in health.faults:
            if not each.grave:
                anchor = _MENDED_AT.get(each.fault, "faults")
                url = url_for("pages.connection", name=health.name, _anchor=anchor)
                yield Chore(each.text, url)


def rule_chores(unworded: Sequence[str]) -> Iterator[Chore]:
    """Kinds of letter that nobody can write now."""
    for kind in unworded:
        yield Chore(
            _(
                "No %(kind)s can be written: its wording was withdrawn",
                kind=kind_words(kind),
            ),
            url_for("pages.settings_letter", kind=kind),
        )


def check_chores(set_aside: int) -> Iterator[Chore]:
    """Promises that the checker set aside."""
    if set_aside:
        yield Chore(
            ngettext(
                "%(num)s promise could not be checked and will be tried again",
                "%(num)s promises could not be checked and will be tried again",
                set_aside,
            )
        )
