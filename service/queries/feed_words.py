"""What is said of a feed's faults: a sentence each, and what a person does about it.

Sentences name connections and counts alone, so that machines without a key may read them; what
an API answered is told apart, as ``detail``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from service.domain.feeds import Fault, Feed, Judged

Words = Callable[[str, Feed, Judged], tuple[str, str]]


def working_words(span: timedelta) -> str:
    """Return a span of working time: ``16 working hours``."""
    hours = max(1, round(span.total_seconds() / 3600))
    return "1 working hour" if hours == 1 else f"{hours} working hours"


def words_of(fault: Fault, name: str, feed: Feed, judged: Judged) -> tuple[str, str]:
    """Return what is wrong with a connection, and its remedy."""
    return _WORDS[fault](name, feed, judged)


def detail_of(fault: Fault, feed: Feed) -> str:
    """Return what the ATS's API said, for those who hold a key; "" where it said nothing."""
    if fault is Fault.API:
        return feed.api_fault or ""
    return (feed.sync_fault or "") if fault is Fault.SYNC_FAILED else ""


def _refused(name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    many = f"{feed.refused_since} posts in a row were refused: not one was"
    refused = "1 post was refused: it was not" if feed.refused_since == 1 else many
    text = f"{name}: {refused} signed with a secret known here."
    remedy = (
        "Compare the secret at the ATS with the one here. “keepword connection rotate "
        f"{name}” enters another."
    )
    return text, remedy


def _silent(name: str, _feed: Feed, judged: Judged) -> tuple[str, str]:
    text = (
        f"{name} used to speak and has been silent for longer than its habit, over "
        f"{working_words(judged.quiet_after)}."
    )
    return text, "See in the ATS whether its webhook is still switched on and posts to us."


def _backlog(name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    what = "1 delivery waits" if feed.waiting == 1 else f"{feed.waiting} deliveries wait"
    text = f"{name}: {what} to be worked in, the oldest for more than ten minutes."
    return text, "See whether the loops run: “keepword doctor” tells."


def _api(name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = f"{name}: the ATS's API does not answer us."
    remedy = (
        f"“keepword connection test {name}” tells more; “keepword connection credentials "
        f"{name}” enters other credentials."
    )
    return text, remedy


def _incomplete(name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = (
        f"{name} tells only that something changed, and its API cannot be asked what: "
        f"{' and '.join(feed.missing)} {'is' if len(feed.missing) == 1 else 'are'} missing."
    )
    return text, f"Run “keepword connection credentials {name}”."


def _unwritten(name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    what = "1 note for a profile" if feed.unwritten == 1 else f"{feed.unwritten} notes for profiles"
    text = f"{what} at {name} {'needs' if feed.unwritten == 1 else 'need'} somebody's eye."
    return text, f"Run “keepword connection entries {name}”, which says why and what to do."


def _sync_failed(name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = f"{name}: the last look at what changed in the ATS failed."
    return text, f"It is tried again by itself; “keepword connection sync {name}” tries now."


def _sync_late(name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = f"{name}: what changed in the ATS has not been looked at for longer than agreed."
    return text, f"See whether the loops run; “keepword connection sync {name}” looks now."


def _failed(name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    what = "1 delivery" if feed.failed == 1 else f"{feed.failed} deliveries"
    remedy = f"Read why on its page; “keepword connection replay --failed {name}” tries again."
    return f"{what} from {name} could not be worked in.", remedy


def _unmapped(name: str, feed: Feed, _judged: Judged) -> tuple[str, str]:
    what = "1 stage has" if feed.unmapped == 1 else f"{feed.unmapped} stages have"
    remedy = f"Say what each means: on its page, or with “keepword connection stages {name}”."
    return f"{name}: {what} no meaning here yet.", remedy


def _unanswered(name: str, _feed: Feed, _judged: Judged) -> tuple[str, str]:
    text = f"Nobody has said who sends the rejections of {name}, so Keepword sends none."
    return text, f"Run “keepword connection rejections {name} keepword”, or with “ats”."


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
