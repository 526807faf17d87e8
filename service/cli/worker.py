"""``keepword worker``: the loops alone, for an installation whose web part runs elsewhere.

At SIGTERM each loop ends the piece of work it is at; what is not begun stays in the database.
"""

from __future__ import annotations

import os
import signal

import click

from service.assembly import make_ping, require_tracing, tracing
from service.cli.logs import log_to_stderr
from service.cli.running import bring_up_to_date, core, require_migrated, spare_what_is_loaded
from service.cli.showing import note
from service.clock import JumpGuard
from service.steps import Tools
from service.worker import Runner

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@click.command("worker")
@click.option(
    "--no-migrate", is_flag=True, help="Do not migrate the database: end if it is not up to date."
)
def worker(*, no_migrate: bool) -> None:
    """Run the loops alone: ingest, syncs, mail events, checker, digests, mail."""
    with core(limited=True) as built:
        log_to_stderr(built.config.log_level, built.config.log_format)
        require_tracing(built.config)
        if no_migrate:
            require_migrated(built.engine)
        else:
            bring_up_to_date(built)
        # Blocked and waited for, not handled: a handler could run in the middle of anything.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        jump = JumpGuard(built.clock)
        ping = make_ping(built.config, built.clock)
        tools = Tools(built.office, built.clock, built.transport, built.vendors, jump, ping)
        runner = Runner(tools, built.session)
        spare_what_is_loaded()
        with tracing(built.config):
            runner.start()
            click.echo("Keepword's loops run.")
            signal.sigwait(STOP_SIGNALS)
            still = runner.stop()
    if still:
        note(f"Cut off while still at work: {', '.join(still)}. What it held settles by itself.")
        # Its thread would keep the process alive for as long as it hangs.
        os._exit(1)
