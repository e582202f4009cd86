"""An installation without a demonstration: its places from a file, its first account from a command."""

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from api import cli
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import THE_SYSTEMS_USER, Commands, environment_for
from tests.fixtures.databases import Database
from tests.fixtures.machine import ROOT
from tests.fixtures.serving import Clock, give_accounts, serving, settings_for, username
from tests.unit.api.test_places_file import FILE

LONDON = ZoneInfo("Europe/London")
MakeCommands = Callable[..., Commands]
REASON = ("--reason", "She is beside me.")
WHY = ("--by", username(n.OPERATOR), *REASON)
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
    olu = ("olu.operator", "--name", "Olu Operator", "--role", "operator")
    assert ours.run("add-person", *olu, *REASON).stdout.startswith("Olu Operator is operator.\n")
    by_olu = ("--by", "olu.operator")
    tried = ours.run("add-places", str(file), *by_olu, "--dry-run")
    assert tried.stdout.count("new ") == 4, tried.stderr
    assert tried.stdout.endswith("Nothing is changed: this was --dry-run.\n")
    with database.connect() as conn:
        assert conn.execute("SELECT count(*) FROM delegation.home").fetchall() == [(0,)]
    assert ours.run("add-places", str(file), *by_olu).returncode == 0
    again = ours.run("add-places", str(file), *by_olu)
    assert again.stdout == "4 of 4 were there already as the file says.\n"
    manager = ("--role", "home_manager", "--at", "Orchard House", "--registered", "nmc:1")
    refused = ours.run("add-person", "mona.manager", "--name", "Mona Manager", *manager, *by_olu, *REASON)
    assert "is on no register" in refused.stderr
    made = ours.run("add-person", "Mona.Manager", "--name", "Mona Manager", *manager[:4], *by_olu, *REASON)
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
        [(first,)] = conn.execute(
            "SELECT 'person:' || person_id FROM api.account WHERE username = 'olu.operator'"
        )
        [added] = conn.execute("SELECT synthetic FROM delegation.resident").fetchall()
    assert added == (False,)
    assert told.pop()[0] == "resident.added"
    assert told == [
        ("role.given", THE_SYSTEMS_USER, "operator: She is beside me."),
        *[("place.added", first, "4 places of a file")] * 4,
        ("role.given", first, "home_manager: She is beside me."),
    ]


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
    assert told == [("role.given", f"person:{n.OPERATOR}"), ("role.ended", f"person:{n.OPERATOR}")]


def commands_on_the_page(page: str) -> Iterator[list[str]]:
    """The commands as they are written, with a file's name in the place of what is piped in."""
    for line in page.replace("\\\n", " ").splitlines():
        if line.startswith("deploy/stack.sh as-owner "):
            words = shlex.split(line)[2:]
            if "<" in words:
                words[words.index("-")] = words[-1]
                words = words[:-2]
            yield words


def test_the_page_on_setting_up_can_be_followed_as_it_is_written(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "setting-up.md").read_text()
    [places] = re.findall(r"```toml\n(.+?)```", page, re.DOTALL)
    [residents] = re.findall(r"```\n(name,nhs_number,.+?)```", page, re.DOTALL)
    (tmp_path / "places.toml").write_text(places)
    (tmp_path / "residents.csv").write_text(residents)
    ours = Commands(environment_for(database), (sys.executable, "-m", "api.cli"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    done = [(words[0], ours.run(*words)) for words in commands_on_the_page(page)]
    assert {name: one.stderr for name, one in done if one.returncode != 0} == {}
    assert [name for name, _ in done] == [
        *("add-person", "add-places", "add-places", "add-person", "add-person", "give-role"),
        *("add-residents", "add-residents", "new-epoch"),
    ]


def test_the_first_account_is_an_operators_and_is_nobodys_to_give_but_the_owners(database: Database) -> None:
    ours = Commands(environment_for(database))
    lead = ("add-person", "lena.lead", "--name", "Lena Lead", "--role", "operator", *REASON)
    commissioner = ours.run("add-person", "a.b", "--name", "A B", "--role", "carer", "--at", "x", *REASON)
    assert "There is no resident" in commissioner.stderr
    with database.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.organisation VALUES (gen_random_uuid(), 'Care', 'care_provider', NULL)"
        )
    trainer = ("--role", "trainer", "--at", "Care", *REASON)
    begin = "There is no operator yet, in whose name this is done: begin with one, by --role operator.\n"
    assert ours.run("add-person", "tara.trainer", "--name", "Tara", *trainer).stderr == begin
    assert ours.run(*lead).returncode == 0
    say = "Say in which operator's name it is done: --by USER_NAME.\n"
    assert ours.run("add-person", "tara.trainer", "--name", "Tara", *trainer).stderr == say
    assert ours.run("give-role", "lena.lead", *trainer).stderr == say
    assert ours.run("give-role", "lena.lead", *trainer, "--by", "lena.lead").returncode == 0


def role_of(database: Database, person: UUID) -> list[tuple[Any, ...]]:
    """The days for which a person was given the role last, and whether it ends as a day ends in London."""
    with database.connect() as conn:
        return conn.execute(
            """SELECT (ends_at AT TIME ZONE 'Europe/London')::date - (starts_at AT TIME ZONE 'Europe/London')::date,
                      to_char(ends_at AT TIME ZONE 'Europe/London', 'HH24:MI:SS')
               FROM delegation.role_assignment WHERE person_id = %s ORDER BY starts_at DESC LIMIT 1""",
            (person,),
        ).fetchall()


@pytest.mark.parametrize(
    ("role", "place", "usual", "longest"),
    [
        ("care_worker", n.MEADOW, 7, 366),
        ("carer", n.BRAM, 90, 180),
        ("hub_clinician", n.OTHER_HUB, 90, 366),
    ],
)
def test_a_role_given_by_a_command_ends_as_one_given_on_a_page(
    commands: MakeCommands, settled: Database, role: str, place: UUID, usual: int, longest: int
) -> None:
    ours, who, today = commands(), username(n.TRAINER), datetime.now(LONDON).date()
    asked = ("give-role", who, "--role", role, "--at", str(place), *WHY)
    too_long = ours.run(*asked, "--until", str(today + timedelta(days=longest + 1)))
    assert f"at most {longest} days, until {today + timedelta(days=longest)}." in too_long.stderr
    given = ours.run(*asked)
    assert role_of(settled, n.TRAINER) == [(usual, "23:59:59")]
    last = today + timedelta(days=usual)
    assert given.stdout == f"{who} is {role.replace('_', ' ')} until the end of {last}.\n"


def test_how_long_a_role_is_given_for_by_a_command_is_the_adopters_to_set(
    commands: MakeCommands, settled: Database
) -> None:
    with settled.connect() as conn:
        conn.execute("UPDATE delegation.role_term SET usual_days = 3 WHERE role = 'care_worker'")
    nia = ("nia.new", "--name", "Nia New", "--role", "care_worker", "--at", "Orchard House")
    last = datetime.now(LONDON).date() + timedelta(days=3)
    made = commands().run("add-person", *nia, *WHY)
    assert made.stdout.startswith(f"Nia New is care worker until the end of {last}.\n")
    longer = commands().run("give-role", "nia.new", *nia[3:], "--until", str(last + timedelta(days=9)), *WHY)
    assert longer.stderr == "They are care worker there already.\n"


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
    done = commands().run("add-places", str(file), "--by", username(n.OPERATOR))
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
