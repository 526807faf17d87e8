"""``keepword cluster``: the loops on many machines, by way of a broker.

A worker takes its settings from the environment as ``keepword worker`` does. At SIGTERM each step
ends the piece of work it is at; one that is killed leaves leases that end by themselves.
"""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING, Any

import click

from service.assembly import make_ping, require_tracing, tracing
from service.cli.logs import log_to_stderr
from service.cli.running import bring_up_to_date, core, require_migrated, spare_what_is_loaded
from service.clock import JumpGuard
from service.cluster_turns import Turns
from service.config import Config, ConfigError
from service.steps import STEPS, Lane, Tools

if TYPE_CHECKING:
    from celery import Celery


@click.group("cluster")
def cluster() -> None:
    """Run the loops on many machines, told by a broker when to look.

    Workers and beats may be started, doubled, stopped and killed at will: what is to be done is in
    the database, and none of them holds any of it.
    """


@cluster.command("worker")
@click.option(
    "--queues",
    default=",".join(Lane),
    show_default=True,
    help="What it serves, with commas between: core, mail, bulk. More mail workers send more.",
)
@click.option(
    "--no-migrate", is_flag=True, help="Do not migrate the database: end if it is not up to date."
)
def worker(queues: str, *, no_migrate: bool) -> None:
    """Turn the steps of some queues, in a thread each."""
    lanes = _lanes(queues)
    with core(limited=True) as built:
        log_to_stderr(built.config.log_level, built.config.log_format)
        app = _celery(built.config)
        require_tracing(built.config)
        if no_migrate:
            require_migrated(built.engine)
        else:
            bring_up_to_date(built)
        # Imported here: it loads Celery.
        from celery.signals import worker_ready, worker_shutting_down

        from service.cluster import queue_of, serve

        jump, ping = JumpGuard(built.clock), make_ping(built.config, built.clock)
        tools = Tools(built.office, built.clock, built.transport, built.vendors, jump, ping)
        turns = Turns(tools, built.session)
        serve(app, turns)

        def ready(**_: Any) -> None:
            click.echo(f"Keepword turns the steps of: {', '.join(lanes)}.")

        def stop(**_: Any) -> None:
            turns.ask_to_stop()

        worker_ready.connect(ready)
        worker_shutting_down.connect(stop)
        # One thread a step: none waits for another, and each runs once at a time in one process.
        threads = 1 + sum(step.lane in lanes for step in STEPS)
        spare_what_is_loaded()
        with tracing(built.config):
            app.worker_main(
                [
                    "--quiet",
                    "worker",
                    "--pool=threads",
                    f"--concurrency={threads}",
                    f"--queues={','.join(queue_of(lane) for lane in lanes)}",
                    "--without-gossip",
                    "--without-mingle",
                    "--without-heartbeat",
                    "--loglevel=WARNING",
                ]
            )


@cluster.command("beat")
def beat() -> None:
    """Say when each step's period is over. Two of these turn no step twice as often."""
    config = Config.from_environment()
    log_to_stderr(config.log_level, config.log_format)
    app = _celery(config)
    # Imported here: it loads Celery.
    from service.cli.beat_log import BrokerAway

    logging.getLogger("celery.beat").addFilter(BrokerAway())
    click.echo("Keepword's beat runs.")
    app.start(["--quiet", "beat", "--pidfile=", "--loglevel=WARNING"])


def _lanes(queues: str) -> list[Lane]:
    names = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(Lane)]
    if unknown or not names:
        raise click.BadParameter(
            f"“{', '.join(unknown)}” is none of {', '.join(Lane)}.", param_hint="--queues"
        )
    return [lane for lane in Lane if lane in names]


def _celery(config: Config) -> Celery:
    """Return the application; raise ``ConfigError`` where there is no broker to speak to."""
    if not config.broker_url:
        raise ConfigError(
            ["KEEPWORD_BROKER_URL is missing: name the broker, such as amqp://user:password@host//"]
        )
    if importlib.util.find_spec("celery") is None:
        raise ConfigError(["Celery is not installed: pip install “.[cluster]” in its checkout"])
    from celery.signals import setup_logging

    from service.cluster import make_celery

    # Ours is set up, and writes no error's text.
    setup_logging.connect(_leave_the_log)
    return make_celery(config.broker_url)


def _leave_the_log(**_: Any) -> None:
    """Keep Celery from setting up a log of its own."""
