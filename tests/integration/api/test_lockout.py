"""A sole operator who lost telephone and codes is let in again by whoever owns the database."""

from collections.abc import Callable

from cryptography.fernet import Fernet
from pydantic import SecretStr

from api.identity.passwords import is_right
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import THE_SYSTEMS_USER, Commands
from tests.fixtures.databases import Database
from tests.fixtures.serving import give_accounts, username

MakeCommands = Callable[..., Commands]
WHY = ("--reason", "She is beside me.")


def keep_a_second_step(database: Database, key: SecretStr) -> None:
    sealed = Fernet(key.get_secret_value()).encrypt(b"JBSWY3DPEHPK3PXP")
    with database.connect() as conn:
        conn.execute("INSERT INTO api.second_step (person_id, secret) VALUES (%s, %s)", (n.OPERATOR, sealed))


def key() -> SecretStr:
    return SecretStr(Fernet.generate_key().decode())


def test_the_databases_owner_gives_a_password_and_takes_a_second_step_away_and_it_is_written_down(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    give_accounts(neighbourhood)
    keep_a_second_step(neighbourhood, key())
    done = commands().run("give-password", username(n.OPERATOR), *WHY, "--and-take-second-step-away")
    assert done.returncode == 0, done.stderr
    password = done.stdout.partition(" is ")[2].partition(",")[0]
    with neighbourhood.connect() as conn:
        account = conn.execute(
            "SELECT password_hash, given_until IS NOT NULL FROM api.account WHERE person_id = %s",
            (n.OPERATOR,),
        ).fetchall()
        assert is_right(password, account[0][0])
        assert account[0][1]
        assert conn.execute("SELECT count(*) FROM api.second_step").fetchall() == [(0,)]
        written = conn.execute(
            "SELECT action, actor, subject, words FROM delegation.audit_event"
            " JOIN delegation.audit_text USING (audit_id) ORDER BY audit_id"
        ).fetchall()
    whom, said = f"person:{n.OPERATOR}", "She is beside me."
    assert written == [
        ("second_step.taken_away", THE_SYSTEMS_USER, whom, said),
        ("password.given", THE_SYSTEMS_USER, whom, said),
    ]


def test_another_operator_does_it_where_there_is_one_and_nobody_for_themselves(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    give_accounts(neighbourhood)
    ours, asked = commands(), ("give-password", username(n.OPERATOR), *WHY)
    herself = ours.run(*asked, "--by", username(n.OPERATOR))
    assert herself.stderr == (
        "Name another operator than the one it is about; where there is none, leave --by out.\n"
    )
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, starts_at) VALUES (%s, 'operator', %s)",
            (n.COLLEAGUE, n.LONG_AGO),
        )
    nobody = ours.run(*asked)
    assert nobody.stderr == "Say in which operator's name it is done: --by USER_NAME.\n"
    assert ours.run(*asked, "--by", username(n.COLLEAGUE)).returncode == 0


def test_a_name_that_nobody_has_is_said_in_a_sentence(commands: MakeCommands) -> None:
    done = commands().run("give-password", "nobody", *WHY)
    assert (done.returncode, done.stderr) == (1, "There is no account 'nobody'.\n")


def test_check_says_whether_the_key_opens_what_is_kept(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    give_accounts(neighbourhood)
    kept = key()
    keep_a_second_step(neighbourhood, kept)

    def line(*keys: SecretStr) -> str:
        lines = "\n".join(one.get_secret_value() for one in keys)
        asked = {"HEARTHWATCH_ACCOUNT_SECOND_STEP": "required", "HEARTHWATCH_ACCOUNT_KEY": lines}
        said = commands(**asked).run("check").stdout.splitlines()
        return next(one for one in said if " second_step:" in one)

    assert line(key()).startswith("NOT  second_step: The key at hand opens no second step")
    assert line(key(), kept).startswith("ok ")
