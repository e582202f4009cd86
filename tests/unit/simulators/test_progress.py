"""The live table says how far the fleet has come, on standard error alone."""

import io

from rich.console import Console

from simulators.fleet import Tally
from simulators.progress import live_table, table

TALLY = Tally(kits=6, online=5, sent=1234, waiting=7, stored=1200, duplicates=20, quarantined=27)


def test_the_table_shows_every_number_with_its_meaning():
    console = Console(file=io.StringIO(), width=120)
    console.print(table(TALLY, 12.4, 30.0))
    shown = console.file.getvalue()
    for words in ("12 of 30 s", "5 of 6", "1,234", "Awaiting a receipt", "1,200", "Quarantined", "27"):
        assert words in shown


def test_without_a_terminal_there_is_no_table(capsys):
    with live_table(30.0) as progress:
        assert progress is None
    assert capsys.readouterr().out == ""
