"""What people wrote is shown as it stands, and can do nothing to a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from service.cli.showing import as_json, clean, local, table


def test_a_table_shows_brackets_as_they_were_written(capsys: pytest.CaptureFixture[str]) -> None:
    table(["name", "late"], [("[red]Amara[/red] :smile:", None)])

    out = capsys.readouterr().out
    assert "[red]Amara[/red] :smile:" in out
    assert "\x1b" not in out


def test_control_codes_do_not_reach_the_terminal() -> None:
    assert clean("A\x1b[2Jmara\n\u202eB") == "A [2Jmara  B"


def test_json_keeps_letters_and_writes_instants_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    as_json({"name": "Zoë", "at": datetime(2026, 3, 2, 9, tzinfo=UTC)})

    out = capsys.readouterr().out
    assert "Zoë" in out
    assert json.loads(out)["at"] == "2026-03-02T09:00:00Z"


def test_what_has_no_json_form_is_a_fault() -> None:
    with pytest.raises(TypeError):
        as_json({"it": object()})


def test_an_instant_is_read_in_the_companys_zone() -> None:
    assert local(datetime(2026, 3, 2, 9, tzinfo=UTC), "Europe/Berlin") == "2026-03-02 10:00 CET"
    assert local(None, "Europe/Berlin") is None
