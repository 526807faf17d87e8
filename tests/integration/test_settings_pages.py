"""The settings as a whole: who is shown which page, and what the holds page says is so."""

from __future__ import annotations

import re
from datetime import date, timedelta

from service.dashboard.settings import SECTIONS
from service.dashboard.settings_holds import Hours, decent_hours
from tests.harness import Employer
from tests.integration.settings_desk import SQLITE, administrator, read, shown
from tests.signing_in import client_of, person


def pages(html: str) -> list[str]:
    (tabs,) = re.findall(r'<nav class="tabs".*?</nav>', html, re.DOTALL)
    return re.findall(r'href="([^"]+)"', tabs)


@SQLITE
def test_an_administrator_reaches_every_page_of_the_settings(employer: Employer) -> None:
    client = administrator(employer)
    found = pages(shown(client, "/settings/calendars"))
    assert len(found) == len(SECTIONS)
    assert set(found) <= set(re.findall(r'href="([^"]+)"', shown(client, "/settings")))
    for path in found:
        html = shown(client, path)
        here = re.findall(r'href="([^"]+)" aria-current="page"', html)
        assert here == ["/settings", path], path


@SQLITE
def test_who_may_look_is_shown_what_they_may_see(employer: Employer) -> None:
    administrator(employer)
    client = client_of(employer, person(employer, "viewer"))
    found = pages(shown(client, "/settings/calendars"))
    assert "/settings/keys" not in found
    assert "/settings/teams" not in found
    for path in found:
        read(client, path)
    assert "An administrator changes them." in read(client, "/settings")


@SQLITE
def test_a_hiring_manager_knows_of_no_settings(employer: Employer) -> None:
    administrator(employer)
    client = client_of(employer, person(employer, "hiring_manager"))
    for path in ("/settings", "/settings/holds", "/settings/letters", "/settings/people"):
        assert client.get(path).status_code == 404, path


@SQLITE
def test_the_holds_are_shown_as_the_rules_have_them(employer: Employer) -> None:
    text = read(administrator(employer), "/settings/holds")
    assert "stays here for 60 minutes" in text
    assert "08:00 to 20:00" in text
    assert "until 15:00 before a weekend" in text
    assert "A rejection goes Mon 2 Mar 10:00" in text
    employer.clock.advance(timedelta(days=4, hours=8))
    later = read(administrator(employer), "/settings/holds")
    assert "A rejection goes Mon 9 Mar 08:00" in later


def test_the_decent_hours_are_found_from_the_rule() -> None:
    assert decent_hours(date(2026, 3, 3), final=False) == Hours("08:00", "20:00")
    assert decent_hours(date(2026, 3, 6), final=True) == Hours("08:00", "15:00")
    assert decent_hours(date(2026, 3, 7), final=False) == Hours("", "")


@SQLITE
def test_the_settings_speak_german_to_who_asks_for_it(employer: Employer) -> None:
    client = administrator(employer)
    answer = client.get("/settings/holds", headers={"Accept-Language": "de"})
    assert "Zurückhalten und Ruhezeiten" in answer.get_data(as_text=True)
