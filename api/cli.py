"""The command `hearthwatch`: its subcommands start the platform's processes or do an operator's work.

Guards: an error is one sentence on standard error with a status that is not 0. A command imports only what it needs, so
`--help` is quick and a kit's box needs no server.
"""

import sys

import typer

from api.commands import (
    admitting,
    appointing,
    auditing,
    enrolment,
    evaluating,
    exporting,
    lockout,
    placing,
    quarantining,
    rehearsing,
    running,
    scoring,
    synthetic,
    tending,
)
from api.commands.complaint import complaint

app = typer.Typer(
    name="hearthwatch",
    help=(
        "Take kits' readings, store and score them, escalate, show.\n\n"
        "Where the database and the broker are, and the secrets for them, is read from the environment:"
        " HEARTHWATCH_DATABASE_HOST, HEARTHWATCH_BROKER_HOST and so on; a command says which it lacks."
        " `demo` needs none of them."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run a command. An error somebody can act on is printed as a sentence, without a stack trace."""
    try:
        sys.exit(app(standalone_mode=False, prog_name="hearthwatch"))
    except Exception as error:
        sentence = complaint(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))


app.command()(tending.migrate)
app.command()(running.serve)
app.command()(running.ingest)
app.command()(running.scheduler)
app.command()(tending.check)
app.command()(tending.ledger)
app.add_typer(quarantining.quarantine, name="quarantine")
app.command()(tending.retention)
app.command()(tending.new_epoch)
app.add_typer(auditing.audit, name="audit")
app.command()(enrolment.enrol_kit)
app.command()(enrolment.rotate_kit)
app.command()(enrolment.revoke_kit)
app.command()(lockout.give_password)
app.command()(placing.add_places)
app.command()(admitting.add_residents)
app.command()(appointing.add_person)
app.command()(appointing.give_role)
app.command()(appointing.end_role)
app.command()(exporting.export)
app.command()(scoring.score)
app.command()(rehearsing.replay)
app.command()(evaluating.evaluate)
app.command()(synthetic.seed)
app.command()(synthetic.simulate)
app.command()(synthetic.demo)


if __name__ == "__main__":
    main()
