"""``keepword connection``: the ATSs that post to us, and everything that is done about them."""

from __future__ import annotations

import click

from service.cli.lazy import LazyCommand, LazyGroup

COMMANDS: dict[str, LazyCommand] = {
    "add": LazyCommand("service.cli.connection_add:add", "Add one, and print where it posts to."),
    "list": LazyCommand("service.cli.connection_list:list_all", "List all, with what is to do."),
    "show": LazyCommand("service.cli.connection_list:show", "Show one, and how to set it up."),
    "test": LazyCommand("service.cli.connection_try:test", "Try one: our own delivery, its API."),
    "rotate": LazyCommand("service.cli.connection_secrets:rotate", "Change the signing secret."),
    "credentials": LazyCommand(
        "service.cli.connection_settings:credentials", "Enter what its API asks for, secrets too."
    ),
    "settings": LazyCommand(
        "service.cli.connection_settings:settings", "Change its settings, and how often it syncs."
    ),
    "sync": LazyCommand("service.cli.connection_sync:sync", "Ask its API now what changed."),
    "replay": LazyCommand(
        "service.cli.connection_replay:replay", "Put stored deliveries back in line."
    ),
    "stages": LazyCommand(
        "service.cli.connection_stages:stages", "See and say what its stages mean."
    ),
    "writeback": LazyCommand(
        "service.cli.connection_settings:writeback", "Write into its profiles, or not."
    ),
    "entries": LazyCommand(
        "service.cli.connection_entries:entries", "See what is written into its profiles."
    ),
    "rejections": LazyCommand(
        "service.cli.connection_settings:rejections", "Say who sends its rejections."
    ),
    "reseal": LazyCommand(
        "service.cli.connection_secrets:reseal_all", "Seal all secrets under the newest key."
    ),
    "remove": LazyCommand(
        "service.cli.connection_settings:remove", "Take no more deliveries for one."
    ),
    "restore": LazyCommand(
        "service.cli.connection_settings:restore", "Take deliveries for a removed one again."
    ),
}


@click.group("connection", cls=LazyGroup, lazy=COMMANDS)
def connection() -> None:
    """Connect an ATS."""
