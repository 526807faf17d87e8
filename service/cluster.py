"""The steps on many machines: a Celery application that turns the registry's steps, and its beat.

The truth stays in the database. A message says "look now" and nothing else, so that one that is
lost, comes twice or comes late costs a delay; a message that nobody took within its step's period
expires, and a worker that is killed leaves leased rows, which are due again when the lease ends.

Run by ``keepword cluster worker`` and ``keepword cluster beat``. Imported there alone, and by
whoever wakes a step from another process: everything else does without Celery.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.entity import Queue

from service.cluster_reach import BROKER_WITHIN, SteadyAMQP, reach
from service.cluster_turns import Turns
from service.steps import STEPS, Lane, Step, step_named

TURN = "keepword.turn"
"""The one task: turn a step, named by its first argument."""

LONG_TURN = "keepword.long-turn"
"""The same for a step whose turn outlasts what brokers wait for an acknowledgement (RabbitMQ: half
an hour). Its message is gone once a worker begins: who is killed then costs a period."""

_ACKNOWLEDGED_WITHIN = timedelta(minutes=15)

RETRY_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""How often a wake-up is tried: the step's period brings the next one."""


def queue_of(lane: Lane) -> str:
    """Return the name of a lane's queue at the broker."""
    return f"keepword.{lane}"


def make_celery(broker_url: str, answers_in: float = 10.0) -> Celery:
    """Return the application, with every setting that differs from Celery's own.

    ``answers_in`` is after how many seconds of silence a broker counts as gone. Each setting was
    tried with workers, beats and brokers killed in the middle of work.
    """
    app = Celery("keepword", broker=broker_url, set_as_current=False, amqp=SteadyAMQP)
    app.conf.update(
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        # Nobody reads what became of a turn: heartbeats tell.
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        result_backend=None,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        # A worker takes what it can begin, and a message is gone once its turn is over.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_timeout=BROKER_WITHIN,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_heartbeat=10,
        broker_pool_limit=2,
        broker_transport_options=reach(broker_url, answers_in),
        task_publish_retry=True,
        task_publish_retry_policy=RETRY_ONCE,
        task_create_missing_queues=False,
        task_queues=[_queue(lane) for lane in Lane],
        # "Look now" need not survive a broker: what there is to see does.
        task_default_delivery_mode="transient",
        task_default_queue=queue_of(Lane.CORE),
        task_default_exchange="keepword",
        task_default_routing_key=queue_of(Lane.CORE),
        beat_schedule={step.name: _entry(step) for step in STEPS},
        # In memory: where it stood is of no use after a start, and it needs no file.
        beat_scheduler="celery.beat:Scheduler",
        beat_max_loop_interval=1,
        enable_utc=True,
        timezone="UTC",
    )
    return app


def _queue(lane: Lane) -> Queue:
    """A lane's queue. At RabbitMQ one that nobody serves does not grow for ever."""
    name = queue_of(lane)
    return Queue(  # type: ignore[no-untyped-call]  # kombu types some of its parts only
        name, routing_key=name, message_ttl=120, max_length=10_000
    )


def task_of(step: Step) -> str:
    """Return the name of the task that turns a step."""
    return LONG_TURN if step.share > _ACKNOWLEDGED_WITHIN else TURN


def _entry(step: Step) -> dict[str, Any]:
    return {
        "task": task_of(step),
        "schedule": step.period,
        "args": (step.name,),
        "options": {
            "queue": queue_of(step.lane),
            # Nobody was free: by then the next one is on its way.
            "expires": max(step.period.total_seconds(), 1.0) * 2,
        },
    }


def call(app: Celery, name: str) -> None:
    """Have some worker look now; raise whatever the broker's client raises where it cannot be."""
    step = step_named(name)
    app.send_task(
        task_of(step),
        args=(name,),
        kwargs={"woken": True},
        queue=queue_of(step.lane),
        expires=60,
        ignore_result=True,
        retry=True,
        retry_policy=RETRY_ONCE,
        confirm_timeout=BROKER_WITHIN,
    )


def serve(app: Celery, turns: Turns) -> None:
    """Make the tasks known to the application of a worker."""
    app.task(name=TURN)(turns.turn)
    app.task(name=LONG_TURN, acks_late=False)(turns.turn)
