"""The command that compares policies on a simulation whose illnesses are known.

Guards: a fault in a file or a policy is a sentence and status 2. Standard output holds only the result.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from api.commands.progress import progress
from api.commands.trial import AS_SHIPPED, AnsweredAfter, Json, tried


def evaluate(
    file: Annotated[Path, typer.Argument(help="Readings of a simulation, as `simulate --write` makes them.")],
    truth: Annotated[Path, typer.Option(help="Its labels, as `simulate --truth` writes them.")],
    policy: Annotated[
        list[Path] | None,
        typer.Option(help=f"A policy to evaluate too, as TOML; may be said again. {AS_SHIPPED}"),
    ] = None,
    answered_after: AnsweredAfter = 240,
    as_json: Json = False,
) -> None:
    """Show what each rule notices of simulated illnesses, how early, and how often it is wrong.

    The shipped policy and plain NEWS2 from 5 on are always compared too. Simulated residents are no evidence about
    people.
    """
    from alerts.policy import SHIPPED
    from api.replays import evaluating
    from api.replays.labels import read_labels

    policies = [SHIPPED, *map(tried, policy or ())]
    labels = read_labels(truth)
    with progress("Reading") as tell:
        done = evaluating.evaluate_file(file, labels, policies, answered_after, tell)
    print(json.dumps(evaluating.as_json(*done), indent=2) if as_json else evaluating.as_text(*done))
