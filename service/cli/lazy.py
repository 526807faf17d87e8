"""A group of commands that imports each command's module only when that command is called.

What goes wrong below a command ends here as one message with its remedy and exit code 1; a
traceback shows only with ``KEEPWORD_LOG_LEVEL=DEBUG``.
"""

from __future__ import annotations

import errno
import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class LazyCommand:
    """Where a command is (``module:name``) and what ``keepword --help`` says of it."""

    target: str
    help: str

    def load(self) -> click.Command:
        """Import the command."""
        module, _, name = self.target.partition(":")
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{self.target} is no command")
        return found


class LazyGroup(click.Group):
    """A group over a table of ``LazyCommand``."""

    def __init__(self, *args: Any, lazy: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names, in the table's order."""
        return list(self._lazy)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import the command of this name, if there is one."""
        known = self._lazy.get(name)
        return known.load() if known else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which ones sound like it."""
        name = args[0]
        if name not in self._lazy and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.exceptions.NoSuchCommand(name, possibilities=list(self._lazy), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table: help needs none of their modules."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self._lazy.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; end what it raises as one message."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            # A reader that went away (… | head) is click's own affair.
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            if os.environ.get("KEEPWORD_LOG_LEVEL", "").strip() == "DEBUG":
                raise
            # Imported here: telling faults apart needs what fast commands do without.
            from service.cli.faults import told

            raise click.ClickException(told(error)) from None
