"""What a reader can tell of a sheet besides its people, for whoever asks a person about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.domain.changes import Stage
from service.domain.newcomers import Fault, Newcomer, RefusedRow, alike
from service.domain.wording import Told
from service.sheets.people import HeadingError, Sheet, TooLongError, opened_sheet
from service.sheets.source import source_of
from service.sheets.wanted import Wanted

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def read(text: str, **said: Any) -> tuple[Sheet, list[object]]:
    source = source_of("people.csv", text.encode())
    wanted = Wanted(now=NOW, zone=ZoneInfo("UTC"), **said)
    with opened_sheet(source, wanted) as sheet:
        return sheet, list(sheet.people)


def test_each_word_for_a_stage_is_told_with_what_it_was_taken_for() -> None:
    sheet, _ = read(
        "email,job,stage,status\n"
        "a@example.com,Gilder,Phone screen,active\n"
        "b@example.com,Gilder,Onsite,rejected\n"
        "c@example.com,Gilder,Kennenlernen,\n"
        "d@example.com,Gilder,Kennenlernen,\n"
        f"e@example.com,Gilder,{'long ' * 30},\n"
        "f@example.com,Gilder,,\n",
    )
    stages = sheet.understood.stages

    assert stages.taken == {"Phone screen": Stage.SCREENING, "rejected": Stage.REJECTED}
    # Whole, so that an answer about it fits it.
    assert stages.unknown == {"Kennenlernen": 2, ("long " * 30).strip(): 1}


def test_words_that_differ_in_signs_alone_are_each_what_was_said_of_them() -> None:
    said = {
        "✅": Stage.OFFER,
        "❌": Stage.REJECTED,
        "Zweite Runde +": Stage.INTERVIEW,
        "Zweite Runde -": Stage.REJECTED,
        "Kennenlernen": Stage.SCREENING,
    }
    labels = (*said, "KENNEN-LERNEN", "ZWEITE RUNDE +", "✋", "–")
    _, people = read(
        "email,job,stage\n"
        + "".join(f"p{number}@example.com,Gilder,{label}\n" for number, label in enumerate(labels)),
        stages=said,
    )

    stages = [each.stage if isinstance(each, Newcomer) else None for each in people]
    # Capitals and signs do not count, but where two answers would be one for it.
    assert stages == [*said.values(), Stage.SCREENING, None, None, None]


def test_dates_that_can_be_read_in_two_ways_are_counted_by_rows() -> None:
    text = (
        "email,job,applied on,last contact on\n"
        "a@example.com,Gilder,01/02/2026,02/02/2026\n"
        "b@example.com,Gilder,2026-02-01,\n"
    )

    assert read(text)[0].understood.two_ways == 1
    assert read(text, order="dmy")[0].understood.two_ways == 0


def test_headings_that_do_not_say_enough_are_told_as_they_stand() -> None:
    with pytest.raises(HeadingError) as caught:
        read("Wer sich beworben hat,Kontakt\nZoe,zoe@example.com\n")

    assert caught.value.headings == ("Wer sich beworben hat", "Kontakt")


def test_a_sheet_longer_than_wanted_is_refused_where_that_shows() -> None:
    rows = "email,job\n" + "".join(f"p{number}@example.com,Gilder\n" for number in range(3))

    assert len(read(rows, most_rows=3)[1]) == 3
    with pytest.raises(TooLongError, match="more than 2 rows"):
        read(rows, most_rows=2)


def test_a_fault_still_knows_the_sentence_it_was_made_of() -> None:
    _, people = read("email,job\nzoe@example.com," + "x" * 201 + "\n")
    (row,) = people
    assert isinstance(row, RefusedRow)
    said = row.faults[0].text

    assert isinstance(said, Told)
    assert said == "it is longer than 200 characters: shorten it"
    assert said.text % {"number": 7} == "it is longer than 7 characters: shorten it"


def test_a_fault_of_many_rows_is_told_once_with_their_number() -> None:
    faults = [Fault(2, "job", "gone"), Fault(3, "job", "gone"), Fault(3, None, "gone")]

    assert alike(faults) == [(faults[0], 2), (faults[2], 1)]
