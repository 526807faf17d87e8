"""The order of the queue: total, stable, and the same in the database as on plain rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import case, select, text

from service.domain.changes import Stage
from service.domain.policies import Kind
from service.domain.rights import EVERYWHERE
from service.models import Promise, Team
from service.queries.queue import Asked, Found, find
from service.queries.queue_belonging import colleagues_on
from service.queries.queue_keys import has_rank, place_key
from service.queries.queue_order import (
    LEGAL_SPAN,
    Rank,
    Standing,
    foremost,
    instant_key,
    legal_rank,
    rank_of,
    weight_of,
)
from service.queries.queue_rows import rows_for
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import MONDAY, Employer, add_application

instants = st.integers(-(10**15), 7 * 10**15).map(
    lambda micros: MONDAY.replace(year=2000) + timedelta(microseconds=micros)
)
standings = st.builds(
    Standing,
    st.sampled_from(Rank),
    st.sampled_from([stage.value for stage in Stage]),
    instants,
)


@given(st.lists(standings, min_size=2, max_size=12))
def test_the_order_is_total_and_does_not_depend_on_where_it_starts(some: list[Standing]) -> None:
    once = sorted(some, key=lambda each: each.key)

    # Stable: what is equal in the order stays as it was given.
    backwards = list(reversed(some))
    backwards.sort(key=lambda each: each.key)
    assert [each.key for each in backwards] == [each.key for each in once]
    assert foremost(some).key == once[0].key
    for one, other in pairwise(once):
        # Equal keys are equal reasons but for closed stages, which weigh alike.
        assert one.key < other.key or (one.rank, one.since) == (other.rank, other.since)
        assert one.rank <= other.rank


@given(instants, instants)
def test_instants_sort_as_their_text_does(one: datetime, other: datetime) -> None:
    assert (one < other) == (instant_key(one) < instant_key(other))


def test_each_database_writes_and_compares_places_as_they_are(employer: Employer) -> None:
    chance = Random(5)  # noqa: S311 - the same places in every run
    some = {
        f"{number:03}": Standing(
            chance.choice(list(Rank)),
            chance.choice([stage.value for stage in Stage]),
            MONDAY.replace(year=2000)
            + timedelta(microseconds=chance.randint(-(10**15), 7 * 10**15)),
        )
        for number in range(200)
    }
    with employer.work() as work:
        work.session.add_all(Team(name=name, created_at=each.since) for name, each in some.items())
    with employer.session() as session:
        if session.get_bind().dialect.name == "postgresql":
            # Where clocks are changed: hours are added, not days.
            session.execute(text("SET TIME ZONE 'Europe/Berlin'"))
        rank = case({name: int(each.rank) for name, each in some.items()}, value=Team.name)
        weight = case({name: weight_of(each.stage) for name, each in some.items()}, value=Team.name)
        key = place_key(rank, weight, Team.created_at)
        places = select(Team.name, key.label("key")).cte("places")
        asked = select(places.c.name, places.c.key)
        found = [(name, key) for name, key in session.execute(asked.order_by(places.c.key))]
        middle = found[100][1]
        behind = session.scalars(asked.where(places.c.key > middle)).all()
        at_risk = session.scalars(asked.where(has_rank(places.c.key, Rank.AT_RISK))).all()

    assert found == sorted(((name, each.key) for name, each in some.items()), key=itemgetter(1))
    assert set(behind) == {name for name, each in some.items() if each.key > middle}
    assert set(at_risk) == {name for name, each in some.items() if each.rank is Rank.AT_RISK}


@given(standings)
def test_a_place_says_its_rank(standing: Standing) -> None:
    assert Rank(int(standing.key[0])) is standing.rank


def test_the_law_comes_before_everything_and_a_word_since_ends_it() -> None:
    met = MONDAY - LEGAL_SPAN

    assert legal_rank(met, None, MONDAY) is Rank.LAW
    assert legal_rank(met + timedelta(minutes=1), None, MONDAY) is Rank.AT_RISK
    assert legal_rank(met + timedelta(days=6), None, MONDAY) is None
    assert legal_rank(met, met + timedelta(days=1), MONDAY) is None
    assert legal_rank(met, met - timedelta(days=1), MONDAY) is Rank.LAW
    assert legal_rank(None, None, MONDAY) is None


def test_the_due_instant_itself_is_not_late() -> None:
    assert rank_of(MONDAY, None, MONDAY) is Rank.TODAY
    assert rank_of(MONDAY, MONDAY - timedelta(hours=1), MONDAY) is Rank.AT_RISK
    assert rank_of(MONDAY, None, MONDAY + timedelta(microseconds=1)) is Rank.OVERDUE


def _asked(employer: Employer, **fields: object) -> Asked:
    end = employer.now.replace(hour=0) + timedelta(days=1)
    return Asked(employer.now, end, EVERYWHERE, **fields)


def _names(employer: Employer, found: Found) -> list[str]:
    with employer.work() as work:
        end = employer.now.replace(hour=0) + timedelta(days=1)
        rows = rows_for(
            work.session,
            work.now,
            end,
            found.places,
            EVERYWHERE,
            work.calendar,
            colleagues_on(work.session, work.now.date())[0],
        )
    # The row leads with the very reason that the database put it there for.
    assert [(row.lead.key, row.candidate_id) for row in rows] == list(found.places)
    return [row.name.split()[0] for row in rows]


def test_the_database_keeps_the_order_of_the_plain_rows(employer: Employer) -> None:
    with employer.work() as work:
        for name, stage, within in (
            ("Later", "applied", "3 business hours"),
            ("Applied", "applied", "1 business hour"),
            ("Offered", "offer", "2 business hours"),
            ("Risk", "interview", "4 business hours"),
            ("Today", "interview", "7 business hours"),
            ("Tomorrow", "interview", "9 business hours"),
        ):
            application = add_application(work, first_name=name, stage=stage)
            make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within=within))
        add_application(
            work,
            first_name="Law",
            stage="interview",
            interviewed_at=employer.now - timedelta(days=60),
        )
        decided = add_application(work, first_name="Decided")
        make_spoken(work, decided, Spoken(Kind.CALLBACK, "A call", within="3 business hours"))
        decided.stage, decided.closed_at = "rejected", work.now
        add_application(
            work,
            first_name="Told",
            stage="interview",
            interviewed_at=employer.now - timedelta(days=60),
            last_contact_at=employer.now - timedelta(days=3),
        )
    employer.clock.advance(timedelta(hours=3, minutes=30))
    with employer.session() as session:
        found = find(session, _asked(employer))

    assert _names(employer, found) == [
        "Law",
        "Offered",
        "Applied",
        "Later",
        "Decided",
        "Risk",
        "Today",
    ]
    assert found.counts["all"] == 7
    assert found.counts["risk"] == 1


def test_pages_hold_everybody_once_though_many_share_an_instant(employer: Employer) -> None:
    with employer.work() as work:
        for number in range(23):
            application = add_application(work, first_name=f"P{number}")
            within = f"{60 + number // 9} business minutes"
            make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within=within))
    employer.clock.advance(timedelta(hours=3))
    seen: list[tuple[str, str]] = []
    after = None
    for _ in range(6):
        with employer.session() as session:
            found = find(session, _asked(employer, after=after, limit=5))
        assert found.counts["all"] == 23
        seen += found.places
        if not found.more:
            break
        after = found.places[-1]

    assert len(seen) == len(set(seen)) == 23
    assert seen == sorted(seen)


def test_who_is_at_risk_before_today_is_over_stands_here_though_nothing_is_due_today(
    employer: Employer,
) -> None:
    with employer.work() as work:
        application = add_application(work, first_name="Soon")
        promise = make_spoken(
            work, application, Spoken(Kind.CALLBACK, "A call", within="tomorrow 09:30")
        )
        work.session.get_one(Promise, promise.id).warn_at = employer.now - timedelta(hours=1)
    with employer.session() as session:
        found = find(session, _asked(employer))

    assert _names(employer, found) == ["Soon"]
    assert found.counts["risk"] == 1


def test_what_its_source_deleted_stands_nowhere_whatever_is_still_owed(employer: Employer) -> None:
    with employer.work() as work:
        for name, gone_at in (("Here", None), ("Gone", employer.now)):
            application = add_application(work, first_name=name)
            spoken = Spoken(Kind.CALLBACK, "A call", within="1 business hour")
            make_spoken(work, application, spoken)
            application.deleted_at = gone_at
    with employer.session() as session:
        found = find(session, _asked(employer))

    assert _names(employer, found) == ["Here"]
    assert found.counts["all"] == 1
