"""Says what the layers below refuse, and why, in the words of the page.

They say it as the command line and the API do, in English; what they say still knows its text and
values, so that the page says both in the reader's language. Where it names an option or a command,
the page names its own way instead. What nobody has words for is said as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import format_decimal, lazy_gettext
from flask_babel import gettext as _

from service.dashboard.candidate_words import stage_words
from service.dashboard.sheet_words import HERE, field_words
from service.dashboard.wording import day_words, duration_words
from service.domain.changes import Stage
from service.domain.default_policies import BUILT_IN_WORDINGS
from service.domain.delivery import MailState
from service.domain.newcomers import Fault
from service.domain.promises import STATE_SAID, State
from service.domain.safety import about_stages
from service.domain.wording import Told, ToldError, ToldTime
from service.sheets.columns import Field
from service.workflows.close_job import CALL_WORDING
from service.workflows.promise_changes import no_longer_owed

_LETTERS: Final[Mapping[MailState, Any]] = {
    MailState.HELD: lazy_gettext("held"),
    MailState.READY: lazy_gettext("ready"),
    MailState.CLAIMED: lazy_gettext("claimed"),
    MailState.SENDING: lazy_gettext("sending"),
    MailState.RETRY: lazy_gettext("retry"),
    MailState.ACCEPTED: lazy_gettext("accepted"),
    MailState.UNCONFIRMED: lazy_gettext("unconfirmed"),
    MailState.CAPTURED: lazy_gettext("captured"),
    MailState.DEFERRED: lazy_gettext("deferred"),
    MailState.UNCERTAIN: lazy_gettext("uncertain"),
    MailState.DELIVERED: lazy_gettext("delivered"),
    MailState.BOUNCED: lazy_gettext("bounced"),
    MailState.DROPPED: lazy_gettext("dropped"),
    MailState.COMPLAINED: lazy_gettext("complained"),
    MailState.FAILED: lazy_gettext("failed"),
    MailState.BLOCKED: lazy_gettext("blocked"),
    MailState.CANCELLED: lazy_gettext("cancelled"),
}
"""How a letter stands, within a sentence."""

_OWED: Final = BUILT_IN_WORDINGS | {CALL_WORDING}

_STORED: Final[Mapping[str, Told]] = {
    text: text for text in (*about_stages(), *map(no_longer_owed, Stage))
}
"""What is stored as it was said, and still known for what it is."""

_SENTENCES: Final = frozenset({"fault", "why"})
"""The values that are sentences of ours, or somebody's own."""


def why_refused(error: Exception) -> str:
    """Return why something was refused, as a sentence of a page."""
    return sentence(cause(error))


def cause(error: Exception) -> str:
    """Return why something was refused, as part of a sentence of a page."""
    return words(error.said if isinstance(error, ToldError) else str(error))


def sentence(text: str) -> str:
    """Return a fault as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


def fault_words(text: str) -> str:
    """Return a fault as a sentence of a page."""
    return sentence(words(text))


def fault_line(fault: Fault) -> str:
    """Return where in a sheet something is wrong, and what, as it stands beside a refused row."""
    if fault.column is None:
        where = _("line %(line)s", line=fault.line)
    else:
        where = _("line %(line)s, heading “%(heading)s”", line=fault.line, heading=fault.column)
    return f"{where}: {words(fault.text)}"


def owed_words(wording: str) -> str:
    """Return what is owed: our own words in the reader's language, a person's as they are.

    Only for a page: a letter says it in the language of the letter.
    """
    return _ours(wording) if wording in _OWED else wording


def words(text: object) -> str:
    """Return what was said below in the reader's language."""
    told = text if isinstance(text, Told) else _STORED.get(str(text))
    if told is None:
        return _ours(str(text))
    values = {name: _value(name, value) for name, value in told.values.items()}
    return _ours(told.text) % values if values else _ours(told.text)


def _ours(text: str) -> str:
    # The empty text is what a catalog keeps its own head under.
    return str(HERE.get(text) or _(text)) if text else ""


def _value(name: str, value: object) -> object:
    match value:
        case Told():
            return words(value)
        case ToldTime(at=at):
            return f"{day_words(at)} {at:%Y %H:%M}"
        case Stage():
            return stage_words(value)
        case State():
            return words(STATE_SAID[value])
        case MailState():
            return str(_LETTERS[value])
    if name == "field" and value in list(Field):
        return field_words(Field(str(value)))
    if name == "stages":
        return ", ".join(map(stage_words, Stage))
    if name == "amount":
        return duration_words(str(value))
    if name == "number":
        return format_decimal(int(str(value).replace(",", "")))
    return words(value) if name in _SENTENCES else value
