"""An installation without a demonstration: its places from a file, its first account from a command."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api import cli
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import Commands, environment_for
from tests.fixtures.databases import Database
from tests.fixtures.serving import Clock, give_accounts, serving, settings_for, username
from tests.unit.api.test_places_file import FILE

MakeCommands = Callable[..., Commands]
WHY = ("--by", "Dora Owner", "--reason", "She is beside me.")
AUDITED = """
SELECT action, actor, words FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id) ORDER BY audit_id
"""
RESIDENTS = """name,nhs_number,born_on,allergies
Edda Synthetic,999 000 0050,1938-02-03,none known
Amara Synthetic,999 000 0018,1940-05-01,
Dov Synthetic,999 000 0042,1940-05-01,
Cora Synthetic,999 000 0034,1940-05-01,
Ida Synthetic,999 000 0051,1950-01-01,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "places.toml"
    written.write_text(FILE)
    return written


def given(text: str) -> str:
    """The password in what a command printed."""
    [password] = re.findall(r"The password of \S+ is (\S+), until ", text)
    return password


def test_from_nothing_to_the_first_sign_in(database: Database, file: Path) -> None:
    ours = Commands(environment_for(database))
    tried = ours.run("add-places", str(file), "--by", "Dora Owner", "--dry-run")
    assert tried.stdout.count("new ") == 4, tried.stderr
    assert tried.stdout.endswith("Nothing is changed: this was --dry-run.\n")
    with database.connect() as conn:
        assert conn.execute("SELECT count(*) FROM delegation.home").fetchall() == [(0,)]
    assert ours.run("add-places", str(file), "--by", "Dora Owner").returncode == 0
    again = ours.run("add-places", str(file), "--by", "Dora Owner")
    assert again.stdout == "4 of 4 were there already as the file says.\n"
    manager = ("--role", "home_manager", "--at", "Orchard House", "--registered", "nmc:1")
    refused = ours.run("add-person", "mona.manager", "--name", "Mona Manager", *manager, *WHY)
    assert "is on no register" in refused.stderr
    made = ours.run("add-person", "Mona.Manager", "--name", "Mona Manager", *manager[:4], *WHY)
    assert made.stdout.startswith("Mona Manager is home manager.\n"), made.stderr
    with serving(settings_for(database), Clock()) as served:
        browser = served.client()
        signed_in = browser.post(
            "/sign-in", data={"username": "mona.manager", "password": given(made.stdout)}
        )
        assert signed_in.headers["location"].startswith("/account/password")
        chosen = {"new": "copper kettle drum", "again": "copper kettle drum"}
        assert browser.post("/account/password", data=chosen).status_code == 303
        assert "Orchard House" in browser.get("/").text
    listed = file.with_name("residents.csv")
    listed.write_text("".join(RESIDENTS.splitlines(keepends=True)[:2]))
    by = ("--home", "orchard-house", "--by", "mona.manager")
    assert ours.run("add-residents", str(listed), *by).stdout.startswith("1 added, 0 were there")
    with database.connect() as conn:
        told = conn.execute(AUDITED).fetchall()
        [added] = conn.execute("SELECT synthetic FROM delegation.resident").fetchall()
    assert added == (False,)
    assert told.pop()[0] == "resident.added"
    assert [action for action, _, _ in told] == [*["place.added"] * 4, "role.given"]
    assert told[-1][1:] == ("process:add-person", "home_manager: Dora Owner: She is beside me.")


@pytest.fixture
def settled(neighbourhood: Database) -> Database:
    give_accounts(neighbourhood)
    return neighbourhood


def test_another_role_is_given_and_ended_at_once(commands: MakeCommands, settled: Database) -> None:
    ours, who = commands(), username(n.CLINICIAN)
    lead = ("--role", "hub_lead", "--at", str(n.HUB), *WHY)
    with serving(settings_for(settled), Clock()) as served:
        browser = served.signed_in(n.CLINICIAN)
        assert ours.run("give-role", who, *lead).stdout == f"{who} is hub lead.\n"
        assert browser.get("/api/v1/me").status_code == 401
        assert ours.run("give-role", who, *lead).stderr == "They are hub lead there already.\n"
        browser = served.signed_in(n.CLINICIAN)
        assert ours.run("end-role", who, *lead).stdout == f"{who} is no longer hub lead.\n"
        assert browser.get("/api/v1/me").status_code == 401
    assert ours.run("end-role", who, *lead).stderr == "They are not hub lead there.\n"
    with settled.connect() as conn:
        told = [(action, actor) for action, actor, _ in conn.execute(AUDITED).fetchall()]
    assert told == [("role.given", "process:give-role"), ("role.ended", "process:end-role")]


REFUSED = [
    (("give-role", "nobody", "--role", "operator"), "There is no account 'nobody'."),
    (("give-role", "person-51", "--role", "king"), "'king' is no role: care_worker, carer,"),
    (("give-role", "person-51", "--role", "trainer"), "a trainer is one of an organisation or a home."),
    (
        ("give-role", "person-51", "--role", "operator", "--at", "Orchard House"),
        "an operator belongs to none.",
    ),
    (
        ("give-role", "person-51", "--role", "hub_lead", "--at", "Orchard House"),
        "There is no hub with the id or the name 'Orchard House'.",
    ),
    (("give-role", "person-51", "--role", "operator", "--until", "2020-01-01"), "is no day to come."),
    (
        ("add-person", "person-51", "--name", "X", "--role", "operator"),
        "There is an account 'person-51' already",
    ),
    (
        ("add-person", "a b", "--name", "X", "--role", "operator"),
        "'a b': a user name is 3 to 64 small letters",
    ),
]


def test_what_cannot_be_done_is_said_in_a_sentence_and_changes_nothing(
    settled: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment_for(settled).items():
        monkeypatch.setenv(name, value)
    for arguments, said in REFUSED:
        monkeypatch.setattr(sys, "argv", ["hearthwatch", *arguments, *WHY])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        assert (ended.value.code != 0, printed.out) == (True, "")
        assert said in printed.err
    with settled.connect() as conn:
        assert conn.execute(AUDITED).fetchall() == []
        assert conn.execute("SELECT FROM delegation.person WHERE name = 'X'").fetchall() == []


def test_real_homes_never_stand_beside_synthetic_ones(
    commands: MakeCommands, settled: Database, file: Path
) -> None:
    with settled.connect() as conn:
        conn.execute("UPDATE delegation.home SET synthetic = true")
    done = commands().run("add-places", str(file), "--by", "Dora Owner")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("This database holds a synthetic neighbourhood")


def test_the_residents_of_a_home_come_from_a_file_in_the_name_of_who_answers_for_it(
    commands: MakeCommands, settled: Database, tmp_path: Path
) -> None:
    ours, file = commands(), tmp_path / "residents.csv"
    file.write_text(RESIDENTS)
    asked = ("add-residents", str(file), "--home", "Orchard House", "--by")
    refused = ours.run(*asked, username(n.WORKER))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Only the home's manager or the hub's lead adds a resident.\n"
    tried = ours.run(*asked, username(n.MANAGER), "--dry-run")
    assert tried.stdout.endswith(
        "1 added, 1 were there already, 3 not added.\nNothing is changed: this was --dry-run.\n"
    )
    added = ours.run(*asked, username(n.MANAGER))
    assert (added.returncode, added.stderr) == (1, "")
    assert added.stdout.splitlines() == [
        "Line 4: somebody who is known elsewhere has this NHS number: the hub must be rung.",
        "Line 5: somebody who is known elsewhere has this NHS number: the hub must be rung.",
        "Line 6: nhs_number: This is not an NHS number: a digit is wrong, or two have changed places.",
        "1 added, 1 were there already, 3 not added.",
    ]
    namesake = "Amara Synthetic,999 000 0107,1940-05-01,"
    file.write_text("\n".join([*RESIDENTS.splitlines()[:3], namesake]))
    again = ours.run("add-residents", str(file), "--home", str(n.ORCHARD), "--by", username(n.MANAGER))
    assert (again.returncode, again.stdout, again.stderr) == (
        1,
        "Line 4: somebody there is of this name and day of birth: say on the home's page who it is.\n"
        "0 added, 2 were there already, 1 not added.\n",
        "",
    )
    with settled.connect() as conn:
        told = conn.execute(AUDITED).fetchall()
        lives = conn.execute(
            "SELECT home_id, allergies FROM delegation.resident WHERE nhs_number = '9990000050'"
        )
        assert lives.fetchall() == [(n.ORCHARD, "none known")]
    assert told == [("resident.added", f"person:{n.MANAGER}", "From a file, by the command add-residents")]
