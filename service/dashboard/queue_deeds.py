"""What can be done about each row of the queue: the likeliest first, then all else, with addresses.

One page offers the same few deeds fifty times: each is put into words and into an address once,
and only the ids differ from row to row.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from flask import url_for
from flask_babel import gettext as _

from service.domain.changes import CLOSED_STAGES
from service.domain.policies import Kind
from service.queries.queue_order import Rank
from service.queries.queue_people import Debt, QueueRow

_CALLED: Final = frozenset({Kind.CALLBACK, Kind.FEEDBACK})
"""What a person says rather than writes."""

_LETTERS: Final[dict[str, str]] = {
    Kind.ACKNOWLEDGEMENT: "acknowledgement",
    Kind.SCHEDULING: "interview-scheduling",
    Kind.STATUS: "status-update",
    Kind.REPLY: "status-update",
}
"""The letter that is begun with where one is written."""


@dataclass(frozen=True)
class Deed:
    """Something to do about a row."""

    label: str
    url: str
    key: str = ""


class Addresses:
    """Makes the addresses of one page: each pattern once, whatever it is filled with."""

    def __init__(self) -> None:
        # No address holds it by chance, not even one that somebody thought up.
        self._mark = f"x{secrets.token_hex(8)}x"
        self._patterns: dict[tuple[object, ...], str] = {}

    def to(self, endpoint: str, ids: dict[str, str], **fixed: Any) -> str:
        """Return what ``url_for(endpoint, **fixed, **ids)`` does; no id of ours holds a slash."""
        which = (endpoint, *ids, *fixed.items())
        url = self._patterns.get(which)
        if url is None:
            marks: dict[str, Any] = {name: f"{self._mark}{name}." for name in ids}
            url = self._patterns[which] = url_for(endpoint, **fixed, **marks)
        for name, value in ids.items():
            url = url.replace(f"{self._mark}{name}.", quote(value, safe=""))
        return url


class Deeds:
    """Offers what can be done about the rows of one page; its forms come back to ``back``."""

    def __init__(self, back: str) -> None:
        self._back = back
        self._addresses = Addresses()
        self._call, self._write, self._reply = _("Log the call"), _("Write"), _("Reply")
        self._decide, self._promise = _("Record the decision"), _("Make a promise")
        self._read, self._move = _("Read the letter"), _("Move the date")
        self._release = _("Release it")

    def about(self, row: QueueRow, lead: Debt | None) -> tuple[Deed | None, tuple[Deed, ...]]:
        """Return what is most likely done next, and all else that can be.

        ``lead`` is what is owed that put them where they are, if that is a promise.
        """
        bid = {"application_id": row.bid.id}
        about = {**bid, "promise": lead.promise_id} if lead else bid
        kind = lead.kind if lead else ""
        call = Deed(self._call, self._to("pages.log_call", about), "e")
        letter = _LETTERS.get(kind, "status-update")
        label = self._reply if kind == Kind.REPLY else self._write
        write = Deed(label, self._to("pages.write_to", about, kind=letter), "r")
        decide = Deed(self._decide, self._to("pages.decide_on", bid))
        promise = Deed(self._promise, self._to("pages.make_promise", bid))
        read = None
        if row.letter_id:
            mail = {"message_id": row.letter_id}
            read = Deed(self._read, self._addresses.to("pages.letter", mail))
        if row.lead.rank is Rank.LOOK and read is not None:
            main = read
        elif row.unreachable or kind in _CALLED:
            main = call
        elif kind == Kind.DECISION and row.bid.stage not in CLOSED_STAGES:
            main = decide
        else:
            main = write
        further = [] if row.bid.stage in CLOSED_STAGES else [promise, decide]
        offered = [call, write, *further, *([read] if read else [])]
        if lead is not None:
            one = {"promise_id": lead.promise_id}
            move = Deed(self._move, self._to("pages.move_promise", one), "s")
            let_go = Deed(self._release, self._to("pages.release_promise", one))
            offered[2:2] = [move, let_go]
        return main, tuple(deed for deed in offered if deed is not main)

    def _to(self, endpoint: str, ids: dict[str, str], **fixed: str) -> str:
        return self._addresses.to(endpoint, ids, back=self._back, **fixed)
