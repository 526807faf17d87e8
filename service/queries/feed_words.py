"""What is said of a feed's faults: a sentence each, and what a person does about it.

Sentences name connections and counts alone, so that machines without a key may read them; what
an API answered is told apart, as ``detail``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from service.domain.feeds import Fault, Feed, Judged
from service.domain.wording import ENGLISH, Speech

Words = Callable[[Speech, str, Feed, Judged], tuple[str, str]]


def working_words(span: timedelta, speech: Speech = ENGLISH) -> str:
    """Return a span of working time: ``16 working hours``."""
    hours = max(1, round(span.total_seconds() / 3600))
    return speech.say_many("%(num)s working hour", "%(num)s working hours", hours)


def words_of(
    fault: Fault, name: str, feed: Feed, judged: Judged, speech: Speech = ENGLISH
) -> tuple[str, str]:
    """Return what is wrong with a connection, and its remedy, as ``speech`` says it."""
    return _WORDS[fault](speech, name, feed, judged)


def detail_of(fault: Fault, feed: Feed) -> str:
    """Return what the ATS's API said, for those who hold a key; "" where it said nothing."""
    if fault is Fault.API:
        return feed.api_fault or ""
    return (feed.sync_fault or "") if fault is Fault.SYNC_FAILED else ""


def _refused(speech: Speech, name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = speech.say_many(
        "%(name)s: 1 post was refused: it was not signed with a secret known here.",
        "%(name)s: %(num)s posts in a row were refused: not one was signed with a secret known "
        "here.",
        feed.refused_since,
        name=name,
    )
    return text, speech.say(
        "Compare the secret at the ATS with the one here. “keepword connection rotate "
        "%(name)s” enters another.",
        name=name,
    )


def _silent(speech: Speech, name: str, _feed: Feed, judged: Judged) -> tuple[str, str]:
    text = speech.say(
        "%(name)s used to speak and has been silent for longer than its habit, over %(span)s.",
        name=name,
        span=working_words(judged.quiet_after, speech),
    )
    return text, speech.say(
        "See in the ATS whether its webhook is still switched on and posts to us."
    )


def _backlog(speech: Speech, name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = speech.say_many(
        "%(name)s: 1 delivery waits to be worked in, the oldest for more than ten minutes.",
        "%(name)s: %(num)s deliveries wait to be worked in, the oldest for more than ten minutes.",
        feed.waiting,
        name=name,
    )
    return text, speech.say("See whether the loops run: “keepword doctor” tells.")


def _api(speech: Speech, name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    return speech.say("%(name)s: the ATS's API does not answer us.", name=name), speech.say(
        "“keepword connection test %(name)s” tells more; “keepword connection credentials "
        "%(name)s” enters other credentials.",
        name=name,
    )


def _incomplete(speech: Speech, name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = speech.say_many(
        "%(name)s tells only that something changed, and its API cannot be asked what: "
        "%(missing)s is missing.",
        "%(name)s tells only that something changed, and its API cannot be asked what: "
        "%(missing)s are missing.",
        len(feed.missing),
        name=name,
        missing=f" {speech.say('and')} ".join(feed.missing),
    )
    return text, speech.say("Run “keepword connection credentials %(name)s”.", name=name)


def _unwritten(speech: Speech, name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = speech.say_many(
        "1 note for a profile at %(name)s needs somebody's eye.",
        "%(num)s notes for profiles at %(name)s need somebody's eye.",
        feed.unwritten,
        name=name,
    )
    return text, speech.say(
        "Run “keepword connection entries %(name)s”, which says why and what to do.", name=name
    )


def _sync_failed(speech: Speech, name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    return speech.say(
        "%(name)s: the last look at what changed in the ATS failed.", name=name
    ), speech.say(
        "It is tried again by itself; “keepword connection sync %(name)s” tries now.", name=name
    )


def _sync_late(speech: Speech, name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    return speech.say(
        "%(name)s: what changed in the ATS has not been looked at for longer than agreed.",
        name=name,
    ), speech.say(
        "See whether the loops run; “keepword connection sync %(name)s” looks now.", name=name
    )


def _failed(speech: Speech, name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = speech.say_many(
        "1 delivery from %(name)s could not be worked in.",
        "%(num)s deliveries from %(name)s could not be worked in.",
        feed.failed,
        name=name,
    )
    return text, speech.say(
        "Read why on its page; “keepword connection replay --failed %(name)s” tries again.",
        name=name,
    )


def _unmapped(speech: Speech, name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = speech.say_many(
        "%(name)s: 1 stage has no meaning here yet.",
        "%(name)s: %(num)s stages have no meaning here yet.",
        feed.unmapped,
        name=name,
    )
    return text, speech.say(
        "Say what each means: on its page, or with “keepword connection stages %(name)s”.",
        name=name,
    )


def _unanswered(speech: Speech, name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    return speech.say(
        "Nobody has said who sends the rejections of %(name)s, so Keepword sends none.", name=name
    ), speech.say(
        "Run “keepword connection rejections %(name)s keepword”, or with “ats”.", name=name
    )


_WORDS: dict[Fault, Words] = {
    Fault.REFUSED: _refused,
    Fault.SILENT: _silent,
    Fault.BACKLOG: _backlog,
    Fault.API: _api,
    Fault.INCOMPLETE: _incomplete,
    Fault.SYNC_FAILED: _sync_failed,
    Fault.SYNC_LATE: _sync_late,
    Fault.FAILED: _failed,
    Fault.UNWRITTEN: _unwritten,
    Fault.UNMAPPED: _unmapped,
    Fault.UNANSWERED: _unanswered,
}
