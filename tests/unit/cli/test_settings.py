"""Settings that the command line and the server must read alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.running import settings_judged
from service.config import Config, ConfigError
from service.mail.variables import TemplateError


def test_a_relative_database_lies_where_keepword_was_started() -> None:
    config = Config.from_environment({"DATABASE_URL": "sqlite:///kept/keepword.db"})

    assert config.database_url == f"sqlite:///{Path('kept/keepword.db').absolute()}"


@pytest.mark.parametrize(
    "url",
    ["sqlite:////srv/keepword.db", "sqlite:///file:/srv/k.db?uri=true", "postgresql://k@db/kept"],
)
def test_any_other_database_is_taken_as_it_is(url: str) -> None:
    assert Config.from_environment({"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    "rest", ["", "//", "///", "///:memory:", "//?timeout=5", "///file:k?mode=memory&uri=true"]
)
def test_a_database_that_ends_with_the_command_is_refused(rest: str) -> None:
    with pytest.raises(ConfigError, match="in memory"):
        Config.from_environment({"DATABASE_URL": f"sqlite:{rest}"})


def test_a_setting_that_only_its_part_can_judge_is_a_setting_at_fault() -> None:
    with pytest.raises(ConfigError, match="no key"), settings_judged():
        raise ValueError("no key")
    with pytest.raises(TemplateError), settings_judged():
        raise TemplateError("holding", None, "is empty")
