"""The command line: ``keepword`` and its commands, each in a file of its own.

A command's module is imported when it is called and not before, so that ``keepword --help`` and
``keepword due`` start at once.
"""

from __future__ import annotations

import click

from service import __version__
from service.cli.lazy import LazyCommand, LazyGroup

COMMANDS: dict[str, LazyCommand] = {
    "serve": LazyCommand("service.cli.serve:serve", "Run everything in one process."),
    "web": LazyCommand("service.cli.serve:web", "Run the web part alone."),
    "worker": LazyCommand("service.cli.worker:worker", "Run the loops alone, without a web part."),
    "cluster": LazyCommand("service.cli.cluster:cluster", "Run the loops on many machines."),
    "demo": LazyCommand("service.cli.demo:demo", "Play an invented company through three weeks."),
    "overdue": LazyCommand("service.cli.overdue:overdue", "List whom we owe word, longest first."),
    "report": LazyCommand(
        "service.cli.report:report", "Tell how well promises are kept and how long people wait."
    ),
    "due": LazyCommand("service.cli.due:due", "Say when something is due, and why."),
    "check": LazyCommand("service.cli.check:check", "Judge every promise whose time has come."),
    "ingest": LazyCommand("service.cli.ingest:ingest", "Work in what the ATSs have sent."),
    "dispatch": LazyCommand("service.cli.dispatch:dispatch", "Send the letters that are ready."),
    "outbox": LazyCommand(
        "service.cli.outbox:outbox", "See, stop, settle and release letters; pause all mail."
    ),
    "job": LazyCommand("service.cli.job:job", "Close a job and tell everybody who is left."),
    "import": LazyCommand("service.cli.imports:import_", "Take in the people of a CSV file."),
    "person": LazyCommand("service.cli.person:person", "Add one person by hand, or erase one."),
    "connection": LazyCommand("service.cli.connection:connection", "Connect an ATS."),
    "user": LazyCommand("service.cli.user:user", "Add and list colleagues; say who may sign in."),
    "key": LazyCommand("service.cli.key:key", "Make, list and revoke API keys."),
    "template": LazyCommand("service.cli.template:template", "Read, lint and approve the letters."),
    "db": LazyCommand(
        "service.cli.database:database", "Migrate, copy, back up and restore the database."
    ),
    "retention": LazyCommand(
        "service.cli.retention:retention", "Tell what is kept how long, and what has had its time."
    ),
    "doctor": LazyCommand(
        "service.cli.doctor:doctor", "Look for what is wrong, and say what to do."
    ),
    "openapi": LazyCommand("service.cli.openapi:openapi", "Print the API's description."),
}


@click.group("keepword", cls=LazyGroup, lazy=COMMANDS)
@click.version_option(__version__, prog_name="keepword")
def keepword() -> None:
    """Keep every word given to a candidate: watch what was promised, end the silence.

    Settings come from the environment (DATABASE_URL, KEEPWORD_HOME, KEEPWORD_MAIL, …).
    Exit codes: 0 done, 1 failed, 2 not understood, 3 somebody is overdue (overdue --exit-code).
    """


def main() -> None:
    """Run the command line: what ``keepword`` starts."""
    keepword(prog_name="keepword")
