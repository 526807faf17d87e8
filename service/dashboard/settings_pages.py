"""Mounts every page of the settings: each module adds its own routes when it is imported."""

from __future__ import annotations

from service.dashboard import (
    settings,
    settings_calendar_edit,
    settings_calendars,
    settings_holds,
    settings_keys,
    settings_letter_preview,
    settings_letters,
    settings_people,
    settings_person_deeds,
    settings_policies,
    settings_teams,
)

__all__ = [
    "settings",
    "settings_calendar_edit",
    "settings_calendars",
    "settings_holds",
    "settings_keys",
    "settings_letter_preview",
    "settings_letters",
    "settings_people",
    "settings_person_deeds",
    "settings_policies",
    "settings_teams",
]
