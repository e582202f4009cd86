"""Who may give which role to whom: the database refuses every way around it, whatever the pages ask."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from delegation import appointment, gift, invitation
from delegation.appointment import AppointmentError
from delegation.invitation import InvitationRefusedError
from delegation.people import Role, RoleHeld, SystemUser, act_as, actor_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

pytestmark = pytest.mark.both_databases

API = "hearthwatch_api"
AT_ORCHARD = RoleHeld(Role.CARE_WORKER, home_id=n.ORCHARD)
FOR_AMARA = RoleHeld(Role.CARER, resident_id=n.AMARA)
AT_HUB = RoleHeld(Role.HUB_CLINICIAN, hub_id=n.HUB)
_OFFER: LiteralString = """
INSERT INTO delegation.invitation (code_hash, role, home_id, hub_id, resident_id, name, ends_at, invited_by)
VALUES (sha256(convert_to(gen_random_uuid()::text, 'UTF8')), %s, %s, %s, %s, 'Pia', now() + %s * interval '1 day', %s)
"""
_GOOD_UNTIL: LiteralString = "UPDATE delegation.invitation SET good_until = %s WHERE invitation_id = ANY (%s)"
_ROLES: LiteralString = """
SELECT role, home_id, hub_id, resident_id FROM delegation.role_assignment
WHERE person_id = %s AND (ends_at IS NULL OR ends_at > now())
"""


def now() -> datetime:
    return datetime.now(UTC)


def offer(conn: psycopg.Connection[Any], by: UUID, held: RoleHeld, days: int = 7) -> str:
    actor = actor_of(conn, by)
    return invitation.offer(conn, actor, held, "Pia Agency", ends_at=now() + timedelta(days=days), at=now())


def taker(conn: psycopg.Connection, code: str) -> UUID | None:
    taken = invitation.take(conn, code, now())
    return taken.person_id if taken else None


@pytest.mark.parametrize(
    ("by", "held", "days"),
    [
        (n.MANAGER, AT_ORCHARD, 7),
        (n.MANAGER, AT_ORCHARD, 366),
        (n.MANAGER, FOR_AMARA, 180),
        (n.HUB_LEAD, AT_HUB, 90),
    ],
    ids=["a care worker", "for a year", "a family carer", "a clinician"],
)
def test_what_is_theirs_to_give_is_given_once_and_to_nobody_else(
    records: Database, by: UUID, held: RoleHeld, days: int
) -> None:
    with records.connect(API) as conn:
        code = offer(conn, by, held, days)
        act_as(conn, n.OUTSIDER)
        assert taker(conn, code) == n.OUTSIDER
        given = (str(held.role), held.home_id, held.hub_id, held.resident_id)
        assert given in conn.execute(_ROLES, (n.OUTSIDER,)).fetchall()
        for again in (n.OUTSIDER, n.NOBODY):
            act_as(conn, again)
            assert invitation.take(conn, code, now()) is None
        conn.rollback()


USUAL = 7
NOT_THEIRS = [
    (n.MANAGER, Role.CARE_WORKER, n.MEADOW, None, None, 7),
    (n.MANAGER, Role.CARER, None, None, n.CORA, 7),
    (n.MANAGER, Role.CARER, None, None, n.STRANGER_RESIDENT, 7),
    (n.MANAGER, Role.HUB_CLINICIAN, None, n.HUB, None, 7),
    (n.HUB_LEAD, Role.HUB_CLINICIAN, None, n.OTHER_HUB, None, 7),
    (n.HUB_LEAD, Role.CARE_WORKER, n.ORCHARD, None, None, 7),
    (n.HUB_LEAD, Role.CARER, None, None, n.AMARA, 7),
    (n.CLINICIAN, Role.HUB_CLINICIAN, None, n.HUB, None, 7),
    (n.WORKER, Role.CARE_WORKER, n.ORCHARD, None, None, 7),
    (n.CARER, Role.CARER, None, None, n.AMARA, 7),
    (n.TRAINER, Role.CARE_WORKER, n.ORCHARD, None, None, 7),
    (n.OPERATOR, Role.CARE_WORKER, n.ORCHARD, None, None, 7),
    (n.AGENCY, Role.CARE_WORKER, n.ORCHARD, None, None, 7),
    (n.MANAGER, Role.CARE_WORKER, n.ORCHARD, None, None, 368),
    (n.MANAGER, Role.CARER, None, None, n.AMARA, 182),
    (n.MANAGER, Role.HOME_MANAGER, n.ORCHARD, None, None, 7),
    (n.MANAGER, Role.TRAINER, n.ORCHARD, None, None, 7),
    (n.HUB_LEAD, Role.HUB_LEAD, None, n.HUB, None, 7),
    (n.OPERATOR, Role.OPERATOR, None, None, None, 7),
]


def test_nobody_offers_what_is_not_theirs_to_give(records: Database) -> None:
    """By SQL, nor by the use case."""
    offered = []
    with records.connect(API) as conn:
        for by, role, home, hub, resident, days in NOT_THEIRS:
            act_as(conn, by)
            held = RoleHeld(role, home_id=home, hub_id=hub, resident_id=resident)
            try:
                conn.execute(_OFFER, (role, home, hub, resident, days, by))
                offered.append(held)
            except (InsufficientPrivilege, CheckViolation):
                conn.rollback()
            if days == USUAL:
                with pytest.raises(InvitationRefusedError):
                    offer(conn, by, held)
            conn.rollback()
    assert offered == []


WAYS_AROUND: dict[str, LiteralString] = {
    "give oneself a role": """INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at)
        VALUES (delegation.actor(), 'care_worker', '00000000-0000-0000-0000-00000000001f', now())""",
    "make somebody up": "INSERT INTO delegation.person VALUES (gen_random_uuid(), 'Nobody')",
    "offer in another's name": """
        INSERT INTO delegation.invitation (code_hash, role, home_id, name, ends_at, invited_by)
        VALUES ('x', 'care_worker', '00000000-0000-0000-0000-00000000001f', 'Pia', now() + interval '1 day',
                '00000000-0000-0000-0000-000000000033')""",
    "offer for longer than seven days": """
        INSERT INTO delegation.invitation (code_hash, role, home_id, name, ends_at, invited_by, good_until)
        VALUES ('x', 'care_worker', '00000000-0000-0000-0000-00000000001f', 'Pia', now() + interval '1 day',
                delegation.actor(), now() + interval '1 year')""",
    "change the role of somebody": "UPDATE delegation.role_assignment SET role = 'home_manager'",
    "change where it is held": "UPDATE delegation.role_assignment SET home_id = home_id",
    "begin it earlier": "UPDATE delegation.role_assignment SET starts_at = '2000-01-01'",
    "let it go on for ever": """UPDATE delegation.role_assignment SET ends_at = NULL
        WHERE person_id = '00000000-0000-0000-0000-000000000033'""",
    "let it go on for too long": """UPDATE delegation.role_assignment SET ends_at = now() + interval '400 days'
        WHERE person_id = '00000000-0000-0000-0000-000000000033'""",
    "take back what was taken on": "UPDATE delegation.invitation SET taken_by = NULL",
    "read the codes": "SELECT code_hash FROM delegation.invitation",
    "forget an invitation": "DELETE FROM delegation.invitation",
    "forget a role": "DELETE FROM delegation.role_assignment",
    "change the terms": "UPDATE delegation.role_term SET longest_days = 9999",
}


def test_a_manager_finds_no_way_around_by_sql(records: Database) -> None:
    found = []
    with records.connect(API) as conn:
        for way, statement in WAYS_AROUND.items():
            act_as(conn, n.MANAGER)
            try:
                conn.execute(statement)
                found.append(way)
            except InsufficientPrivilege:
                pass
            conn.rollback()
    assert found == []


def test_nobody_ends_a_role_in_the_past(neighbourhood: Database) -> None:
    """Else what its holder saw meanwhile would have been seen by somebody who might not."""
    with neighbourhood.connect() as conn, neighbourhood.connect(API) as manager:
        act_as(manager, n.MANAGER)
        [(ended, moment)] = manager.execute(
            "UPDATE delegation.role_assignment SET ends_at = '2020-02-01' WHERE person_id = %s"
            " RETURNING ends_at, now()",
            (n.CARER,),
        )
        assert ended == moment
        [(owners,)] = conn.execute(
            "UPDATE delegation.role_assignment SET ends_at = '2020-02-01' WHERE person_id = %s RETURNING ends_at",
            (n.OUTSIDER,),
        )
        assert owners.year == 2020, "a command of the owner's puts right what was recorded late"


def test_what_nobody_took_on_is_forgotten_with_the_name_in_it(neighbourhood: Database) -> None:
    with neighbourhood.connect(API) as conn:
        for _ in range(4):
            offer(conn, n.MANAGER, AT_ORCHARD)
    with neighbourhood.connect() as owner:
        [waiting, new, taken, old] = [
            row[0] for row in owner.execute("SELECT invitation_id FROM delegation.invitation ORDER BY 1")
        ]
        owner.execute(_GOOD_UNTIL, (now() - timedelta(days=20), [new]))
        owner.execute(_GOOD_UNTIL, (now() - timedelta(days=31), [taken, old]))
        owner.execute(
            "UPDATE delegation.invitation SET taken_by = %s, taken_at = now() WHERE invitation_id = %s",
            (n.WORKER, taken),
        )
    with neighbourhood.connect("hearthwatch_retention") as conn:
        assert invitation.forget(conn, now()) == 1
    with neighbourhood.connect() as owner:
        kept = {row[0] for row in owner.execute("SELECT invitation_id FROM delegation.invitation")}
    assert kept == {waiting, new, taken}


def test_two_who_give_the_same_role_at_once_give_it_once(neighbourhood: Database) -> None:
    held, by = RoleHeld(Role.CARE_WORKER, home_id=n.MEADOW), SystemUser("dora")

    def give() -> bool:
        with neighbourhood.connect() as conn:
            try:
                appointment.give(conn, by, n.NOBODY, held, at=now(), until=None, words="x")
            except AppointmentError:
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: give(), range(4)))
    assert sorted(given) == [False, False, False, True]


def end_all(conn: psycopg.Connection[Any], by: UUID) -> set[UUID]:
    act_as(conn, by)
    rows = conn.execute(
        "UPDATE delegation.role_assignment SET ends_at = now() RETURNING person_id"
    ).fetchall()
    conn.rollback()
    return {person for (person,) in rows}


def test_each_ends_what_is_in_their_gift_and_nothing_else(records: Database) -> None:
    """Whatever they ask for: the rows that are not theirs are not there to be changed."""
    with records.connect(API) as conn:
        ended = {
            who: end_all(conn, who) for who in (n.MANAGER, n.HUB_LEAD, n.CLINICIAN, n.TRAINER, n.OPERATOR)
        }
    assert ended == {
        n.MANAGER: {n.WORKER, n.CARER},
        n.HUB_LEAD: {n.CLINICIAN, n.COLLEAGUE},
        n.CLINICIAN: set(),
        n.TRAINER: set(),
        n.OPERATOR: set(),
    }  # fmt: skip


def test_what_has_ended_is_not_begun_again(records: Database) -> None:
    with records.connect(API) as conn:
        act_as(conn, n.MANAGER)
        changed = conn.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() + interval '1 day' WHERE person_id = %s",
            (n.AGENCY,),
        )
        assert changed.rowcount == 0


def test_nobody_takes_on_what_they_offered_nor_goes_on_with_a_role_of_their_own(
    own_records: Database,
) -> None:
    with own_records.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.role_assignment (person_id, role, home_id, starts_at) VALUES (%s, %s, %s, %s)",
            (n.MANAGER, Role.CARE_WORKER, n.ORCHARD, n.LONG_AGO),
        )
    with own_records.connect(API) as conn:
        code = offer(conn, n.MANAGER, AT_ORCHARD)
        assert invitation.take(conn, code, now()) is None
        assert n.MANAGER not in end_all(conn, n.MANAGER)


def test_a_code_is_worth_nothing_once_it_is_over_taken_on_withdrawn_or_its_giver_has_gone(
    own_records: Database,
) -> None:
    spoil: dict[str, LiteralString] = {
        "over": "UPDATE delegation.invitation SET good_until = now()",
        "for a role that is over": "UPDATE delegation.invitation SET ends_at = now()",
        "taken on": """UPDATE delegation.invitation SET taken_at = now(),
            taken_by = '00000000-0000-0000-0000-00000000005e' WHERE good_until > now()""",
        "withdrawn": "UPDATE delegation.invitation SET withdrawn_at = now(), withdrawn_by = invited_by",
        "its giver has gone": "UPDATE delegation.role_assignment SET ends_at = now() WHERE role = 'home_manager'",
    }
    with own_records.connect() as conn:
        for statement in spoil.values():
            code = offer(conn, n.MANAGER, AT_ORCHARD)
            conn.commit()
            conn.execute(statement)
            act_as(conn, n.OUTSIDER)
            asked = "SELECT delegation.take_invitation(%s)"
            assert conn.execute(asked, (invitation.digest(code),)).fetchall() == []
            conn.rollback()


def test_nobody_signed_in_becomes_somebody_new_with_the_name_the_giver_wrote(records: Database) -> None:
    with records.connect(API) as conn:
        code = offer(conn, n.MANAGER, FOR_AMARA)
        conn.execute("SELECT set_config('hearthwatch.actor', '', true)")
        made = taker(conn, code)
        assert made is not None
        assert made not in (n.MANAGER, n.OUTSIDER)
        actor = actor_of(conn, made)
        assert (actor.name, actor.roles) == ("Pia Agency", (RoleHeld("carer", resident_id=n.AMARA),))  # pyright: ignore[reportArgumentType]
        conn.rollback()


def test_taking_on_what_one_has_already_lets_it_go_on_and_is_no_second_role(own_records: Database) -> None:
    with own_records.connect() as conn:
        conn.execute(
            "UPDATE delegation.role_assignment SET ends_at = now() + interval '1 day' WHERE person_id = %s",
            (n.CARER,),
        )
    with own_records.connect(API) as conn:
        code = offer(conn, n.MANAGER, FOR_AMARA, days=90)
        act_as(conn, n.CARER)
        assert taker(conn, code) == n.CARER
        [(left,)] = conn.execute(
            "SELECT ends_at - now() FROM delegation.role_assignment WHERE person_id = %s", (n.CARER,)
        ).fetchall()
        assert left > timedelta(days=89)


def test_a_role_without_an_end_gets_none_by_an_invitation_and_no_second_beside_it(
    own_records: Database,
) -> None:
    with own_records.connect() as conn:
        conn.execute("UPDATE delegation.role_assignment SET ends_at = NULL WHERE person_id = %s", (n.CARER,))
    with own_records.connect(API) as conn:
        code = offer(conn, n.MANAGER, FOR_AMARA)
        act_as(conn, n.CARER)
        assert taker(conn, code) == n.CARER
    with own_records.connect() as conn:
        ends = conn.execute(
            "SELECT ends_at FROM delegation.role_assignment WHERE person_id = %s", (n.CARER,)
        ).fetchall()
    assert ends == [(None,)]


def test_the_list_shows_who_is_there_and_what_may_be_ended(records: Database) -> None:
    with records.connect(API) as conn:
        act_as(conn, n.MANAGER)
        shown = [(one.name, one.role, one.resident, one.mine) for one in gift.held_at(conn, n.ORCHARD, now())]
        assert shown == [
            ("Wanda Worker", "care_worker", None, True),
            ("Femi Family", "carer", "Amara Synthetic", True),
        ]
        offer(conn, n.MANAGER, AT_ORCHARD)
        assert [one.name for one in gift.waiting_at(conn, n.ORCHARD, now())] == ["Pia Agency"]
        act_as(conn, n.OUTSIDE_CLINICIAN)
        assert gift.waiting_at(conn, n.ORCHARD, now()) == []
        conn.rollback()
