"""``/connections/<id>/…``: what is done with one: tried, rotated, synced, replayed, its stages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service.api.connection_rows import shown
from service.api.lookups import found
from service.api.operation import Answer, Call, Resource
from service.api.problems import ProblemError, invalid
from service.api.schemas.connection import ConnectionSchema
from service.api.schemas.connection_actions import (
    ReplayedSchema,
    ReplayWishSchema,
    RotationSchema,
    StageLabelsSchema,
    StageMapSchema,
    SyncWishSchema,
    TrialSchema,
)
from service.models import Connection
from service.parts import parts
from service.queries.stage_labels import guessed_map, stage_labels
from service.workflows.connection_secrets import rotate_secrets
from service.workflows.connection_settings import missing_for_api
from service.workflows.replay_many import failed_deliveries, replay_all
from service.workflows.stage_mapping import set_stage_map
from service.workflows.sync import SyncRefusedError, ask_for_sync
from service.workflows.try_connection import ask_for_proof, begin_trial, note_outcome

resource = Resource("connection-actions", "What is done with connections.")


@resource.operation(
    "POST", "/connections/<connection_id>/test", scope="admin", returns=TrialSchema, asks=True
)
def try_connection(call: Call, connection_id: str) -> Any:
    """Try a connection.

    A delivery signed with our own secret goes through the real receive path and leaves nothing
    behind; its API, where credentials are set, is asked whether it takes them.
    """
    trial = begin_trial(call.work, found(call, Connection, connection_id, "connection"))
    # No transaction is open while the vendor is asked.
    call.session.rollback()
    checks, outcome = ask_for_proof(trial, parts().tools.vendors)
    note_outcome(call.session, call.work, trial, outcome)
    return {"ok": all(each.ok is not False for each in checks), "checks": checks}


@resource.operation(
    "POST",
    "/connections/<connection_id>/rotate",
    scope="admin",
    body=RotationSchema,
    returns=ConnectionSchema,
    if_match="optional",
)
def rotate_connection_secret(call: Call, body: dict[str, Any], connection_id: str) -> Answer:
    """Rotate the signing secret.

    The new ones count at once. The old ones count for `keep_old_hours` more, and then end by
    themselves: change the secret at the ATS before that.
    """
    connection = found(call, Connection, connection_id, "connection", lock=True)
    call.check(connection.version)
    hours = body["keep_old_hours"]
    keep = None if hours is None else timedelta(hours=hours)
    rotate_secrets(call.work, connection, body["secrets"], keep_old_for=keep)
    call.session.flush()
    return Answer(shown(call, connection), connection.version)


@resource.operation(
    "POST",
    "/connections/<connection_id>/sync",
    scope="write",
    body=SyncWishSchema,
    status=202,
    returns=ConnectionSchema,
    also=(409,),
)
def sync_connection(call: Call, body: dict[str, Any], connection_id: str) -> Answer:
    """Ask the ATS what changed.

    As soon as the loop looks, and from `since` if given. What is known already is not stored again.
    """
    connection = found(call, Connection, connection_id, "connection", lock=True)
    since = body.get("since")
    if since is not None and since > call.work.now:
        raise invalid("/since", "It lies in the future.")
    missing = missing_for_api(connection)
    if missing:
        raise ProblemError(
            409, "sync-not-possible", f"Its API cannot be asked: {', '.join(missing)} is missing."
        )
    try:
        ask_for_sync(call.work, connection, since)
    except SyncRefusedError as error:
        raise ProblemError(409, "sync-not-possible", f"{error}.") from error
    call.session.flush()
    return Answer(shown(call, connection), connection.version, wake=("sync",))


@resource.operation(
    "POST",
    "/connections/<connection_id>/replay",
    scope="write",
    body=ReplayWishSchema,
    returns=ReplayedSchema,
)
def replay_connection(call: Call, body: dict[str, Any], connection_id: str) -> Answer:
    """Replay what failed.

    Every failed delivery of the connection, or those that came since, is put back in line.
    """
    connection = found(call, Connection, connection_id, "connection")
    picked = failed_deliveries(connection.id, body.get("since"))
    done = replay_all(call.work, picked, afresh=body["afresh"])
    return Answer(done, wake=("ingest",))


@resource.operation(
    "GET", "/connections/<connection_id>/stages", scope="read", returns=StageLabelsSchema
)
def list_connection_stages(call: Call, connection_id: str) -> Answer:
    """List the stage labels of a connection.

    Those that were seen or mapped: what each is taken for, and why. What nobody can place comes
    first and is a to-do.
    """
    connection = found(call, Connection, connection_id, "connection")
    return Answer(_labels(call, connection), connection.version)


@resource.operation(
    "PUT",
    "/connections/<connection_id>/stages",
    scope="admin",
    body=StageMapSchema,
    returns=StageLabelsSchema,
    if_match="required",
)
def map_connection_stages(call: Call, body: dict[str, Any], connection_id: str) -> Answer:
    """Say what stage labels mean.

    Open applications that carry a label that changes follow it, with the source's time. Nothing is
    closed by a label: people are rejected and hired by events of their own.
    """
    connection = found(call, Connection, connection_id, "connection", lock=True)
    call.check(connection.version)
    said = body["stages"]
    if body["confirm_guesses"]:
        said = {**guessed_map(stage_labels(call.session, connection)), **said}
    set_stage_map(call.work, connection, said)
    call.session.flush()
    return Answer(_labels(call, connection), connection.version)


def _labels(call: Call, connection: Connection) -> dict[str, Any]:
    labels = stage_labels(call.session, connection)
    return {"items": labels, "unmapped_labels": sum(bool(each.unmapped) for each in labels)}
