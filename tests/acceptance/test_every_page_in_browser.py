"""Every page in a real browser: nobody is kept out, nothing is foreign, nothing goes sideways.

The pages are found among the routes: a new one fails here until it is named, with what it is to
be about, or left out with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from service.app import engine_of
from tests.acceptance.busy_employer import Busy, make_busy
from tests.browser import (
    AXE,
    AXE_INTEGRITY,
    Site,
    Watch,
    axe_source,
    barriers,
    chromium,
    picture,
    running,
    sideways,
    tab,
)

NOT_PAGES: Final[Mapping[str, str]] = {
    "pages.static": "the files that pages are made of",
    "pages.calendar_file": "a calendar for a program",
    "pages.numbers_file": "a table for a program",
    "pages.outside": "leads on to the employer's own sign-in service, or away",
    "pages.outside_answer": "where that service leads back to",
    "health.livez": "for programs",
    "health.readyz": "for programs",
    "health.metrics": "for programs",
    "openapi_yaml": "for programs",
    "reference.docs": "the API's reference, which has a test of its own",
    "reference.static": "the files of the reference",
    "reference.problem": "the API's reference",
}
"""Endpoints that answer GET and are no page of the dashboard."""

LETTERS: Final = frozenset({"pages.letter_html", "pages.settings_letter_version_frame"})
"""Letters as frames show them: measured in their frames, tested in test_letters_in_browser."""

STRANGERS: Final = frozenset({"pages.sign_in", "pages.forgot", "pages.welcome"})
"""Pages for who is not signed in."""

AWAITED: Final = frozenset({"pages.waiting"})
"""What is another page to a hiring manager, from whom an answer is awaited."""

WIDE: Final = (1280, 640)
"""A desk, and the same desk at 200 % zoom."""
NARROW: Final = (390, 320)
"""A phone, and the narrowest that WCAG 1.4.10 asks for."""

ABOUT: Final[Mapping[str, Callable[[Busy], Mapping[str, str]]]] = {
    "application_id": lambda busy: {"application_id": busy.application},
    "batch_id": lambda busy: {"batch_id": busy.batch},
    "calendar_id": lambda busy: {"calendar_id": busy.calendar},
    "candidate_id": lambda busy: {"candidate_id": busy.candidate},
    "closing_id": lambda busy: {"closing_id": busy.closing},
    "delivery_id": lambda busy: {"delivery_id": busy.delivery, "name": "greenhouse-main"},
    "import_id": lambda busy: {"import_id": busy.sheet},
    "job_id": lambda busy: {"job_id": busy.job},
    "kind": lambda _busy: {"kind": "holding", "number": "2"},
    "message_id": lambda busy: {"message_id": busy.letter},
    "name": lambda _busy: {"name": "greenhouse-main"},
    "number": lambda _busy: {},
    "policy_id": lambda busy: {"policy_id": busy.policy},
    "promise_id": lambda busy: {"promise_id": busy.promise},
    "token": lambda busy: {"token": busy.welcome},
    "user_id": lambda busy: {"user_id": busy.away},
}
"""What each part of a route's address stands for."""

ALSO: Final[Mapping[str, tuple[dict[str, str], ...]]] = {
    "pages.waiting": ({"tab": "all"}, {"tab": "all", "q": "nobody of this name"}),
    "pages.merging": ({"q": "a"}, {"q": "nobody of this name"}),
    "pages.people": ({"q": "noor"}, {"q": "nobody of this name"}),
    "pages.jobs": ({"which": "to-close"}, {"which": "all"}),
    "pages.outbox": ({"show": "held"}, {"show": "sent"}),
    "pages.numbers": ({"people": "yes"},),
    "pages.settings_letter": ({"version": "2"},),
}
"""The same pages once more, as somebody asks them for something else."""

Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(sqlite_started: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("busy")
    path = home / "keepword.db"
    path.write_bytes(sqlite_started.read_bytes())
    with running(f"sqlite:///{path}", home) as served:
        yield served
        engine_of(served.employer.app).dispose()


@pytest.fixture(scope="module")
def busy(site: Site) -> Busy:
    return make_busy(site.employer)


def pages_of(site: Site, busy: Busy) -> dict[str, list[str]]:
    """Return the addresses of every page, by endpoint."""
    found: dict[str, list[str]] = {}
    with site.employer.app.test_request_context():
        adapter = site.employer.app.url_map.bind("localhost")
        for rule in site.employer.app.url_map.iter_rules():
            methods = rule.methods or set()
            if "GET" not in methods or rule.endpoint in NOT_PAGES:
                continue
            if rule.endpoint.startswith("api") or rule.rule.startswith("/api/"):
                continue
            values: dict[str, Any] = {}
            for argument in sorted(rule.arguments, reverse=True):
                assert argument in ABOUT, f"{rule.rule}: say in ABOUT what {argument} is"
                values.update(ABOUT[argument](busy))
            path = adapter.build(rule.endpoint, {k: values[k] for k in rule.arguments})
            more = [f"{path}?{urlencode(each)}" for each in ALSO.get(rule.endpoint, ())]
            found[rule.endpoint] = [path, *more]
    found["pages.candidate"] += [f"/people/{busy.erased}", f"/people/{busy.held}"]
    found["pages.holding"].append(f"/people/{busy.held}/hold")
    found["pages.merging"].append(f"/people/{busy.candidate}/merge?other={busy.other}")
    found["pages.job"].append(f"/jobs/{busy.closed_job}")
    return found


def test_what_looks_for_barriers_is_recorded_with_its_licence() -> None:
    record = (AXE.parent / "README.md").read_text("utf-8")

    assert f"`{AXE.name}`" in record
    assert AXE_INTEGRITY in record
    assert "Mozilla Public License" in (AXE.parent / "axe-LICENSE.txt").read_text("utf-8")
    assert "axe v4.14.1" in axe_source()


def test_the_pages_that_are_left_out_still_exist(site: Site, busy: Busy) -> None:
    endpoints = {rule.endpoint for rule in site.employer.app.url_map.iter_rules()}

    assert endpoints >= NOT_PAGES.keys() | LETTERS | STRANGERS | ALSO.keys()
    assert pages_of(site, busy).keys() > LETTERS | STRANGERS


@pytest.mark.parametrize(
    ("scheme", "widths", "locale"), [("light", WIDE, "en-US"), ("dark", NARROW, "de-DE")]
)
def test_every_page_can_be_read_and_used_by_everybody(
    browser: Browser, site: Site, busy: Busy, scheme: Scheme, widths: tuple[int, int], locale: str
) -> None:
    faults: dict[str, list[str]] = {}
    everything = pages_of(site, busy)
    ours = everything.keys() - STRANGERS - LETTERS
    for who, wanted in (
        (busy.administrator, ours),
        (busy.manager, AWAITED),
        (None, STRANGERS),
    ):
        with tab(
            browser,
            site,
            user_id=who,
            viewport={"width": widths[0], "height": 844},
            color_scheme=scheme,
            locale=locale,
        ) as (page, watch):
            for endpoint in sorted(wanted):
                for path in everything[endpoint]:
                    found = _seen(page, watch, path, widths)
                    if found:
                        faults[path] = found

    told = [f"{path}: {each}" for path, found in faults.items() for each in found]
    assert not told, "\n".join(told)


def _seen(page: Page, watch: Watch, path: str, widths: tuple[int, int]) -> list[str]:
    """Open a page, look at it in two widths; return what is wrong with it."""
    width, narrower = widths
    answer = page.goto(path)
    assert answer is not None
    # Everything that a person can open is part of the page.
    page.evaluate(
        "document.querySelectorAll('details:not(.menu)').forEach((each) => { each.open = true; })"
    )
    found = [] if answer.url.endswith(path) else [f"led to {answer.url}"]
    found += barriers(page)
    if sideways(page) > 0:
        found.append(f"{sideways(page)} px too wide at {width}")
    name = path.strip("/").replace("/", "-").replace("?", "-") or "queue"
    picture(page, f"{name}-{width}")
    page.set_viewport_size({"width": narrower, "height": 844})
    if sideways(page) > 0:
        found.append(f"{sideways(page)} px too wide at {narrower}")
    page.set_viewport_size({"width": width, "height": 844})
    return found + watch.told()


def test_pages_that_only_a_form_leads_to_can_be_read_and_used(
    browser: Browser, site: Site, busy: Busy
) -> None:
    with tab(browser, site, user_id=busy.administrator, viewport={"width": 390, "height": 844}) as (
        page,
        watch,
    ):
        watch.expected |= {404, 422}

        def look(words: str) -> None:
            expect(page.locator("main")).to_contain_text(words)
            assert not barriers(page)
            page.set_viewport_size({"width": 320, "height": 844})
            assert sideways(page) <= 0
            page.set_viewport_size({"width": 390, "height": 844})

        for act, words in (
            ("Write to them", "4 people are chosen"),
            ("Log the calls", "What came of it"),
            ("Move their dates", "How do they hear of it?"),
            ("Hand them over", "To whom"),
            ("Release the promises", "Why, for your colleagues"),
        ):
            page.goto("/?tab=all&choose=all")
            page.get_by_role("button", name=act).click()
            look(words)
        page.get_by_label("Why, for your colleagues").fill("they were told")
        page.get_by_role("button", name="Show what would be done").click()
        look("4 people are included")

        page.goto(f"/settings/calendars/{busy.calendar}/edit")
        page.get_by_label("Friday").fill("09:00-12:00")
        page.get_by_role("button", name="Show what it moves").click()
        look("1 promise of a rule moves")
        page.goto(f"/promises/{busy.promise}/move")
        page.get_by_role("button", name="Move the date").click()
        look("Nothing was done yet")
        page.goto("/people/nobody")
        look("There is no such page")
