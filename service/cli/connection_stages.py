"""``keepword connection stages``: what an employer's own stage names are taken for, and are."""

from __future__ import annotations

import click

from service.cli import connection_answers as answers
from service.cli.running import opened, unusable
from service.cli.showing import as_json, note, table
from service.domain.changes import CLOSED_STAGES, Stage
from service.queries.stage_labels import Known, guessed_map, stage_labels
from service.workflows.connection_faults import BadConnectionError
from service.workflows.stage_mapping import map_labels

_STAGES = ", ".join(stage.value for stage in Stage if stage not in CLOSED_STAGES)


@click.command("stages")
@click.argument("name")
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="LABEL=STAGE",
    help=f"Say what a label means ({_STAGES}); “LABEL=” takes it back; several times.",
)
@click.option("--confirm", is_flag=True, help="Say that every guess shown is right.")
@answers.as_document
def stages(name: str, maps: tuple[str, ...], *, confirm: bool, as_document: bool) -> None:
    """Show the stage labels of NAME and what each is taken for; open applications follow a change.

    A label closes nothing: people are rejected and hired by events of their own.
    """
    said = dict(_pair(text) for text in maps)
    with opened() as keepword:
        session, row = keepword.session, answers.named(keepword.session, name)
        if said or confirm:
            wanted: dict[str, str | None] = {**said}
            if confirm:
                wanted = {**guessed_map(stage_labels(session, row)), **wanted}
            try:
                done = map_labels(keepword.work(), row, wanted)
            except BadConnectionError as error:
                unusable(f"{error}.", "--map")
            session.commit()
            moved = f"{done.moved} open applications moved"
            note(f"{done.labels} labels changed; {moved}.")
        labels = stage_labels(session, row)
    if as_document:
        as_json({"name": name, "stages": [vars(each) for each in labels]})
        return
    if not labels:
        click.echo("No stage of it is known yet: they come with its deliveries and syncs.")
        return
    table(
        ["label", "stage", "known", "why", "open", "closed"],
        [
            (each.label, each.stage or "?", each.known, each.why, each.open, each.closed)
            for each in labels
        ],
    )
    to_do = [each.label for each in labels if each.unmapped]
    if to_do:
        note(f"To do: say what {len(to_do)} of them mean, such as --map “{to_do[0]}=interview”.")
    elif any(each.known is Known.GUESSED for each in labels):
        note("If the guesses are right, say so once: --confirm.")


def _pair(text: str) -> tuple[str, str | None]:
    # A label may hold an equals sign; a stage does not.
    label, equals, stage = text.rpartition("=")
    if not equals or not label.strip():
        unusable(f"write LABEL=STAGE, with a stage of {_STAGES}.", "--map")
    return label.strip(), stage.strip().lower() or None
