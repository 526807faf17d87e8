"""The first page: everybody who needs a word, the most urgent first, and what to do about each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from service.dashboard.access import Visitor
from service.dashboard.awaited import awaited_page
from service.dashboard.candidate_words import stage_words
from service.dashboard.first_steps import first_steps
from service.dashboard.navigation import Destination, add_destination
from service.dashboard.presence import looking_at
from service.dashboard.queue_address import address, link_of, place_of
from service.dashboard.queue_deeds import Deeds
from service.dashboard.queue_many import MOST
from service.dashboard.queue_undo import undo_offer
from service.dashboard.queue_views import views_of
from service.dashboard.queue_words import kind_words, shown
from service.dashboard.saying import owed_words
from service.dashboard.site import blueprint, message, needs, page, said, visitor, zone
from service.dashboard.wording import at_words, inside
from service.domain.changes import Stage
from service.domain.policies import Kind
from service.domain.rights import Extent, Right
from service.mail.variables import one_line
from service.parts import parts
from service.queries.queue import LAW, MAIL, Asked, Found, Tab, find
from service.queries.queue_belonging import Narrowed, colleagues_on
from service.queries.queue_next import Coming, jobs_to_choose, next_promise
from service.queries.queue_people import Colleague
from service.queries.queue_rows import rows_for

add_destination(
    Destination(
        "pages.waiting",
        lazy_gettext("Queue"),
        10,
        Right.SEE,
        within=(
            "pages.act_on_many",
            "pages.log_call",
            "pages.write_to",
            "pages.make_promise",
            "pages.decide_on",
            "pages.move_promise",
            "pages.release_promise",
        ),
    )
)

PAGE = 50
"""Rows on one page."""

LONGEST_SEARCH = 100
"""Characters of a search; more is no name and no address."""

_ID = re.compile(r"[0-9A-Za-z_]{1,64}")

_TABS = {
    Tab.MINE: lazy_gettext("Mine"),
    Tab.TEAM: lazy_gettext("My team"),
    Tab.NOBODY: lazy_gettext("Nobody’s"),
    Tab.RISK: lazy_gettext("At risk"),
    Tab.MANAGER: lazy_gettext("Waiting on a manager"),
    Tab.MAIL: lazy_gettext("Stopped mail"),
    Tab.ALL: lazy_gettext("All"),
}


_EMPTY = {
    Tab.MINE: lazy_gettext("Nobody is waiting for a word from you."),
    Tab.TEAM: lazy_gettext("Nobody of your team’s is waiting."),
    Tab.NOBODY: lazy_gettext("Everybody who waits is in somebody’s hands."),
    Tab.RISK: lazy_gettext("Nobody is at risk."),
    Tab.MANAGER: lazy_gettext("Nobody waits on a manager."),
    Tab.MAIL: lazy_gettext("Nobody waits for a letter that is stopped."),
    Tab.ALL: lazy_gettext("Nobody is waiting."),
}
"""What is said of a view that is empty while others are not."""


@dataclass(frozen=True)
class TabView:
    """One tab: where it leads, and how many people it holds."""

    label: Any
    url: str
    here: bool
    count: int


@blueprint.get("/")
@needs(Right.SEE)
def waiting() -> Response:
    """Show who needs a word, the most urgent first."""
    who, running = visitor(), parts()
    if who.reach.extent is Extent.AWAITING and who.user_id is not None:
        return awaited_page(running, who.user_id)
    work = running.work(actor="page", source="page")
    session, now = work.session, work.now
    after = None
    if "after" in request.args:
        after = place_of(request.args["after"])
        if after is None:
            return message(400, _("This link is not complete"), _("Go back to the first page."))
    wish, tab = narrowed(), _tab(who)
    today = now.astimezone(ZoneInfo(zone())).date()
    colleagues = colleagues_on(session, today)
    choose = request.args.get("choose", "") if who.may_act else ""
    limit = MOST if choose == "everybody" else PAGE
    asked = Asked(
        now,
        day_end(now, zone()),
        who.reach,
        who.user_id,
        tab,
        wish,
        after,
        limit,
        colleagues=colleagues,
    )
    found = find(session, asked)
    rows = rows_for(
        session,
        now,
        asked.day_ends_at,
        found.places,
        who.reach,
        work.calendar,
        colleagues.by_id,
        wish,
    )
    total, here = found.counts[tab], address(tab, wish)
    coming = None if found.places else next_promise(session, now, who.reach)
    at, deeds = zone(), Deeds(here)
    return page(
        running,
        "queue.html",
        acts=True,
        said=said(running),
        undo=undo_offer(),
        heading=heading(total, who, tab, wish, everybody=found.counts[Tab.ALL]),
        total=total,
        empty="" if found.places or after else _empty(coming, found, wish, now),
        steps=first_steps(session) if not found.counts[Tab.ALL] and coming is None else (),
        rows=[shown(row, now, at, who, deeds) for row in rows],
        looking=looking_at(work, [row.candidate_id for row in rows]),
        tabs=_tabs(who, tab, found, wish),
        tab=tab.value,
        wish=wish,
        narrowed=wish != Narrowed(),
        choices=_choices(session, colleagues.by_id, who, wish),
        views=views_of(who),
        can_save=who.user_id is not None and who.session_id is not None,
        here=here,
        first=after is None,
        more=address(tab, wish, link_of(found.places[-1])) if found.more else None,
        chosen_all=choose in ("all", "everybody"),
        everyone=address(tab, wish, link_of(after) if after else "", choose="all"),
        whole_view=address(tab, wish, choose="everybody") if found.more and after is None else None,
        most_chosen=MOST,
    )


def narrowed() -> Narrowed:
    """Return what the address narrows the queue to; what cannot be meant is no wish."""
    args = request.values

    def chosen(name: str) -> str:
        value = args.get(name, "")
        return value if _ID.fullmatch(value) else ""

    text = one_line(args.get("q", ""))[:LONGEST_SEARCH]
    return Narrowed(chosen("job"), chosen("owner"), chosen("stage"), chosen("kind"), text)


def day_end(now: datetime, zone_name: str) -> datetime:
    """Return when today ends for who reads."""
    local = now.astimezone(ZoneInfo(zone_name))
    tomorrow = local.date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), local.tzinfo).astimezone(now.tzinfo)


def tab_of(who: Visitor) -> Tab:
    """Return the tab that somebody opens in the morning: theirs, where anything can be."""
    return Tab.MINE if who.user_id is not None and who.may(Right.ACT) else Tab.ALL


def _tab(who: Visitor) -> Tab:
    given = request.values.get("tab", "")
    tab = Tab(given) if given in {each.value for each in Tab} else tab_of(who)
    return tab if tab in _tabs_for(who) else Tab.ALL


def _tabs_for(who: Visitor) -> list[Tab]:
    """Return the tabs that can hold anybody for this visitor."""
    if who.reach.extent is Extent.AWAITING:
        return [Tab.ALL]
    without = set()
    if who.user_id is None:
        without.add(Tab.MINE)
    if not who.reach.team_ids:
        without.add(Tab.TEAM)
    return [tab for tab in Tab if tab not in without]


def _tabs(who: Visitor, here: Tab, found: Found, wish: Narrowed) -> list[TabView]:
    return [
        TabView(_TABS[tab], address(tab, wish), tab is here, found.counts[tab])
        for tab in _tabs_for(who)
    ]


def heading(number: int, who: Visitor, tab: Tab, wish: Narrowed, *, everybody: int) -> str:
    """Say how many wait, and for whom; ``everybody`` is how many the whole queue holds."""
    if wish != Narrowed():
        return str(ngettext("%(num)s person found", "%(num)s people found", number))
    if not number and everybody:
        return str(_EMPTY[tab])
    if tab is Tab.MINE or who.user_id is None:
        if not number:
            return str(_("Nobody is waiting."))
        return str(
            ngettext(
                "%(num)s person is waiting for a word from you",
                "%(num)s people are waiting for a word from you",
                number,
            )
        )
    if not number:
        return str(_("Nobody is waiting."))
    return str(
        ngettext(
            "%(num)s person is waiting for a word", "%(num)s people are waiting for a word", number
        )
    )


def _empty(coming: Coming | None, found: Found, wish: Narrowed, now: datetime) -> str:
    """Say why nobody stands here, and what comes next."""
    if wish != Narrowed():
        return str(_("Nobody in the queue fits what you chose."))
    if found.counts[Tab.ALL]:
        return str(
            ngettext(
                "Nobody stands here. %(num)s person stands in the whole queue.",
                "Nobody stands here. %(num)s people stand in the whole queue.",
                found.counts[Tab.ALL],
            )
        )
    if coming is None:
        none = _("No promise is open.")
        said = _("Promises come from the rules as people apply, and from what somebody promises.")
        return f"{none} {said}"
    return str(
        _(
            "The next promise is due %(when)s: %(name)s, %(what)s.",
            when=at_words(coming.due_at, zone(), now),
            name=coming.name,
            what=inside(owed_words(coming.wording)),
        )
    )


def _choices(
    session: Any, colleagues: Mapping[str, Colleague], who: Visitor, wish: Narrowed
) -> dict[str, Any]:
    """Return what can be chosen; what is chosen is among it, though it is closed or has left."""
    kinds = [*(kind.value for kind in Kind), LAW, MAIL]
    return {
        "jobs": jobs_to_choose(session, who.reach, besides=wish.job),
        "owners": [
            (each.id, each.name)
            for each in colleagues.values()
            if each.active or each.id == wish.owner
        ],
        # Of the closed stages too: who was decided about is owed the news.
        "stages": [(stage.value, stage_words(stage.value)) for stage in Stage],
        "kinds": [(kind, kind_words(kind)) for kind in kinds],
    }
