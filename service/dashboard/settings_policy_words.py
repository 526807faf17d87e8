"""A rule in plain words: what it promises, what keeps it, and what happens on the way."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from service.dashboard.candidate_words import stage_words
from service.dashboard.letters import kind_words
from service.dashboard.saying import owed_words
from service.dashboard.wording import duration_words
from service.domain.policies import Action, Anchor, Keeps, Kind, Rung, Terms, Trigger

TRIGGERS: Final[dict[Trigger, Any]] = {
    Trigger.APPLIED: lazy_gettext("when somebody has applied"),
    Trigger.SILENCE: lazy_gettext("when somebody has heard nothing"),
    Trigger.INTERVIEWED: lazy_gettext("when somebody was interviewed"),
    Trigger.ENQUIRY: lazy_gettext("when somebody asks"),
    Trigger.DECIDED: lazy_gettext("when it is decided"),
    Trigger.SPOKEN: lazy_gettext("when a colleague promises something"),
}

KINDS: Final[dict[Kind, Any]] = {
    Kind.ACKNOWLEDGEMENT: lazy_gettext("an acknowledgement"),
    Kind.CALLBACK: lazy_gettext("a call"),
    Kind.SCHEDULING: lazy_gettext("an appointment"),
    Kind.DECISION: lazy_gettext("a decision"),
    Kind.FEEDBACK: lazy_gettext("feedback"),
    Kind.STATUS: lazy_gettext("word of where it stands"),
    Kind.REPLY: lazy_gettext("a reply"),
    Kind.CLOSURE: lazy_gettext("an end to it"),
}

KEEPS: Final[dict[Keeps, Any]] = {
    Keeps.PERSON: lazy_gettext("a colleague's own word: a call that reached them, or a letter"),
    Keeps.ANY: lazy_gettext("anything that arrives, a letter sent by itself too"),
}

ANCHORS: Final[dict[Anchor, Any]] = {
    Anchor.MADE: lazy_gettext("at once"),
    Anchor.BEFORE: lazy_gettext("before it is due"),
    Anchor.DUE: lazy_gettext("when it is due"),
    Anchor.AFTER: lazy_gettext("after it was due"),
}

ACTIONS: Final[dict[Action, Any]] = {
    Action.SEND: lazy_gettext("send the letter that keeps it"),
    Action.REMIND: lazy_gettext("remind the owner"),
    Action.FLAG: lazy_gettext("tell the owner that it is overdue"),
    Action.HOLDING: lazy_gettext("tell the candidate that it takes longer"),
    Action.ESCALATE: lazy_gettext("tell the owner's manager"),
}


def rule_words(terms: Terms) -> list[str]:
    """Return the sentences that say what a rule does."""
    said = [
        _(
            "%(wording)s: within %(within)s, %(trigger)s.",
            wording=owed_words(terms.wording),
            within=duration_words(str(terms.within)),
            trigger=TRIGGERS[terms.trigger],
        )
    ]
    if terms.trigger is Trigger.SPOKEN:
        said = [
            _("What a colleague promises has the date that was said; this is what happens then.")
        ]
    if terms.then_every:
        said.append(
            _(
                "After each word, the next within %(within)s.",
                within=duration_words(str(terms.then_every)),
            )
        )
    if terms.stages:
        stages = ", ".join(stage_words(stage) for stage in sorted(terms.stages))
        said.append(_("Only at these stages: %(stages)s.", stages=stages))
    if terms.before_interview_only:
        said.append(_("Only until the first interview."))
    said.append(_("Kept by %(what)s.", what=KEEPS[terms.keeps]))
    if terms.voicemail_counts:
        said.append(_("A voicemail keeps it too."))
    return said


def rung_words(rung: Rung) -> str:
    """Return one step of the ladder: ``2 business hours before it is due: remind the owner``."""
    when = str(ANCHORS[rung.anchor])
    if rung.offset and rung.anchor in (Anchor.BEFORE, Anchor.AFTER):
        when = f"{duration_words(str(rung.offset))} {when}"
    letter = f" ({kind_words(rung.template)})" if rung.template else ""
    return f"{when}: {ACTIONS[rung.action]}{letter}"
