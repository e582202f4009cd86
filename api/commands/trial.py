"""Read a policy file for the commands that try one.

Guards: a policy is tried as written. If it could not be in force, that is said first.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from alerts.policy import Policy

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
AnsweredAfter = Annotated[
    int,
    typer.Option(
        min=1,
        max=7 * 24 * 60,
        help="Minutes after which a case counts as answered: in a replay nobody answers.",
    ),
]
AS_SHIPPED = "What it leaves out is as shipped."


def tried(file: Path) -> "Policy":
    """Return the policy in a file. Raises FileError."""
    from alerts.policy_faults import unsafe
    from api.replays.policies import read_policy

    policy = read_policy(file)
    if (why := unsafe(policy)) is not None:
        print(f"{file} is tried as it is written, and could not be in force so. {why}", file=sys.stderr)
    return policy
