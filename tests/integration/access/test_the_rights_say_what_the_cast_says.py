"""The rights that routes ask, held against the facts that the database is held against.

Invariant: where anybody works or lives is written down here, not read from the database.
"""

from collections.abc import Iterator
from uuid import UUID

from delegation.rights import ADD, CHANGE, READ, RIGHTS, Deed, Record, Role, Scope
from tests.fixtures import neighbourhood as n
from tests.integration.access import people as p
from tests.integration.access.cast import let
from tests.integration.access.words import NO_HOME

# Home: its provider, its hub, who lives there, its kits, who are care workers there.
HOMES = {
    n.ORCHARD: (n.ORCHARD_PROVIDER, n.HUB, {n.AMARA, n.BRAM}, {n.KIT, n.WEB_KIT}, {n.WORKER}),
    n.MEADOW: (n.ORCHARD_PROVIDER, n.HUB, {n.CORA}, {n.SECOND_KIT}, {p.MIRA, p.TOVE}),
    p.BROOK: (n.ORCHARD_PROVIDER, n.OTHER_HUB, {p.GRETA}, {p.BROOK_KIT}, set()),
    p.HILLTOP: (n.OTHER_PROVIDER, n.HUB, {p.EFE}, {p.HILLTOP_KIT}, set()),
    n.STRANGE_HOME: (n.OTHER_PROVIDER, n.OTHER_HUB, {n.STRANGER_RESIDENT}, {n.STRANGE_KIT}, {n.OUTSIDER}),
}
OF_A_PROVIDER = {n.ORCHARD_PROVIDER: {p.PIA}}
# Where a right finds nothing to do it to: no sign-off to take back, nothing sent that could not be understood.
NOTHING_THERE = {(Record.COMPETENCES, CHANGE): {p.TOVE, p.PIA}, (Record.LEDGERS, READ): {n.WEB_KIT}}
# Person: the roles they hold, with organisation, home, hub and resident.
HELD = {
    person: [one[2:] for one in (*n.CAST, *p.ROLES) if one[0] == person]
    for person in {one[0] for one in (*n.CAST, *p.ROLES)} - {n.AGENCY}
}

# What an api that acts for somebody reads, adds and changes by itself. Readings come in through ingest's door; roles,
# names and opened records have sentences in the cast that no scope says whole.
ABOUT: dict[tuple[Record, Deed], tuple[str, ...]] = {
    (Record.RESIDENTS, READ): (
        "delegation.resident",
        "delegation.tombstone",
    ),
    (Record.RESIDENTS, CHANGE): ("delegation.resident",),
    (Record.READINGS, READ): ("ingest.visible_reading", "alerts.visible_score", "ingest.current_vitals"),
    (Record.CASES, READ): (
        "alerts.escalation",
        "alerts.finding",
        "alerts.escalation_event",
        "alerts.open_question",
    ),
    (Record.CASES, ADD): ("alerts.escalation", "alerts.finding", "alerts.escalation_event"),
    (Record.CASES, CHANGE): ("alerts.escalation",),
    (Record.CALLS, READ): ("alerts.phone_call",),
    (Record.CALLS, ADD): ("alerts.phone_call",),
    (Record.QUEUE, READ): ("alerts.hub_revision",),
    (Record.NOTICES, READ): ("alerts.notice",),
    (Record.NOTICES, CHANGE): ("alerts.notice",),
    **{(Record.SCALE_TWO, deed): ("delegation.spo2_scale_authorisation",) for deed in Deed},
    **{(Record.LIMITS, deed): ("delegation.personal_limit",) for deed in Deed},
    **{(Record.CEILINGS, deed): ("delegation.ceiling",) for deed in Deed},
    **{(Record.PAUSES, deed): ("delegation.monitoring_pause",) for deed in Deed},
    **{(Record.AIR, deed): ("delegation.air_record",) for deed in Deed},
    **{(Record.ENDS_OF_CARE, deed): ("delegation.end_of_care",) for deed in Deed},
    **{(Record.LEGAL_HOLDS, deed): ("delegation.legal_hold",) for deed in Deed},
    (Record.LOOKING, READ): ("delegation.visible_audit_event",),
    (Record.COMPETENCES, READ): ("delegation.competence",),
    (Record.COMPETENCES, ADD): ("delegation.competence",),
    (Record.COMPETENCES, CHANGE): ("delegation.competence",),
    (Record.KITS, READ): ("devices.kit", "devices.kit_status"),
    (Record.LEDGERS, READ): ("ingest.quarantine",),
}
KITS, PLACES, WORKERS = {Record.KITS, Record.LEDGERS}, {Record.NOTICES}, {Record.COMPETENCES}


def homes_of(scope: Scope, place: tuple[UUID | None, ...]) -> set[UUID]:
    """The homes of a scope of a role that is held in this place."""
    organisation, home, hub, _ = place
    if scope is Scope.PLATFORM:
        return set(HOMES)
    wanted = {hub} if scope is Scope.HUB else {organisation, home}
    return {
        one
        for one, (provider, watched_by, *_) in HOMES.items()
        if {provider, one, watched_by} & (wanted - {None})
    }


def within(record: Record, scope: Scope, place: tuple[UUID | None, ...]) -> set[UUID | None]:
    """Whom or what the records of this kind in this scope are about."""
    homes = homes_of(scope, place)
    if scope is Scope.NO_HOME:
        return {NO_HOME}
    if scope is Scope.RESIDENT:
        return {place[3]}
    if record is Record.QUEUE:
        return {place[2]}
    if record in PLACES:
        return set(homes)
    column = 3 if record in KITS else 4 if record in WORKERS else 2
    whole = OF_A_PROVIDER.get(place[0], set()) if record in WORKERS and place[0] else set()
    return whole | {one for home in homes for one in HOMES[home][column]}


def rights_of(person: UUID, record: Record, deed: Deed) -> Iterator[UUID | None]:
    for role, *place in HELD[person]:
        for right in RIGHTS[record]:
            if Role(role) in right.roles and deed in right.deeds:
                yield from within(record, right.scope, tuple(place))


def test_the_rights_and_the_cast_say_the_same_of_everybody_and_every_kind_of_record() -> None:
    compared = 0
    differ: list[object] = []
    for (record, deed), relations in ABOUT.items():
        for person in HELD:
            said = set(rights_of(person, record, deed)) - NOTHING_THERE.get((record, deed), set())
            for relation in relations:
                facts = let(person, deed, relation)
                if record in WORKERS:
                    facts -= {person}
                    said -= {person}
                compared += 1
                differ += [(record, deed, person, relation, said ^ facts)] if said != facts else []
    assert differ == []
    assert compared > 500


def test_every_right_over_records_that_people_are_in_is_compared_or_said_elsewhere() -> None:
    given = {(record, deed) for record, rights in RIGHTS.items() for right in rights for deed in right.deeds}
    elsewhere = {
        # Through ingest's door, and its own tests.
        (Record.READINGS, ADD),
        (Record.READINGS, CHANGE),
        # No relation of their own.
        (Record.CLAIMS, CHANGE),
        (Record.DAY, READ),
        (Record.ROUND, READ),
        (Record.HEALTH, READ),
        (Record.COUNTS, READ),
        (Record.COPIES, ADD),
        # Sentences of the cast.
        (Record.RESIDENTS, ADD),
        *((Record.ROLES, deed) for deed in Deed),
        *((Record.GLASS, deed) for deed in Deed),
        (Record.NAMES, READ),
        # Read before there is anybody who asks.
        (Record.ACCOUNTS, CHANGE),
        (Record.SECOND_STEPS, CHANGE),
        *((Record.TABLETS, deed) for deed in Deed),
        (Record.ONESELF, READ),
        (Record.ONESELF, CHANGE),
    }
    assert given - set(ABOUT) == elsewhere
    assert set(ABOUT) <= given
