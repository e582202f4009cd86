"""The one list of who may read, add and change what, and where.

Guards: what is not listed is refused, and no right to delete exists. Routes and use cases ask this module. Row-level
security in the database states the same separately, and tests compare both with facts written by hand.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may be in an organisation, a home, a hub, or to one resident."""

    CARE_WORKER = "care_worker"
    CARER = "carer"
    HOME_MANAGER = "home_manager"
    HUB_CLINICIAN = "hub_clinician"
    HUB_LEAD = "hub_lead"
    TRAINER = "trainer"
    DELEGATING_PROFESSIONAL = "delegating_professional"
    COMMISSIONER = "commissioner"
    OPERATOR = "operator"


class Deed(StrEnum):
    """What may be done to a record. Nobody deletes one; retention does, years after care ended."""

    READ = "read"
    ADD = "add"
    CHANGE = "change"


class Record(StrEnum):
    """A kind of record."""

    RESIDENTS = "a resident’s record"
    READINGS = "readings and scores"
    CASES = "escalations, findings and open questions"
    CLAIMS = "a colleague’s claim of an escalation"
    CALLS = "what the hub was told by telephone"
    QUEUE = "the hub’s queue and what is due for review"
    DAY = "the home’s day: what is done, due and open"
    ROUND = "the round of observations"
    NOTICES = "emergencies of somebody unnamed"
    SCALE_TWO = "authorisations of SpO2 scale 2"
    LIMITS = "limits of a resident’s own"
    CEILINGS = "ceilings of treatment"
    PAUSES = "pauses of a resident’s monitoring"
    AIR = "that no oxygen is in use where a resident lives"
    ENDS_OF_CARE = "ends of care"
    LEGAL_HOLDS = "legal holds"
    COPIES = "copies of all that is held on a resident"
    LOOKING = "who looked at whose record"
    GLASS = "records opened from outside their hub"
    COMPETENCES = "sign-offs of care workers"
    ROLES = "roles people hold, and invitations to one"
    NAMES = "names of those they work with"
    ACCOUNTS = "other people’s accounts"
    SECOND_STEPS = "other people’s second steps"
    TABLETS = "shared tablets"
    KITS = "kits and how they are"
    LEDGERS = "kits’ ledgers and the quarantine"
    HEALTH = "how the platform itself is"
    COUNTS = "counts, small ones left out"
    ONESELF = "their own account, roles and sign-offs"


class Scope(StrEnum):
    """Which records of a kind a right covers."""

    ONESELF = "oneself"
    RESIDENT = "own resident"
    HOMES = "own homes"
    WORKERS = "own homes’ workers"
    HUB = "own hub"
    NO_HOME = "of no home"
    PLATFORM = "everywhere"


@dataclass(frozen=True, slots=True)
class Right:
    """What these roles may do to records within this scope."""

    roles: frozenset[Role]
    scope: Scope
    deeds: frozenset[Deed]


def _right(roles: Collection[Role], scope: Scope, *deeds: Deed) -> Right:
    return Right(frozenset(roles), scope, frozenset(deeds))


READ, ADD, CHANGE = Deed
_AT_HOME = (Role.CARE_WORKER, Role.HOME_MANAGER)
_AT_HUB = (Role.HUB_CLINICIAN, Role.HUB_LEAD)
_READ_BY_ALL_WHO_CARE = (
    _right(_AT_HOME, Scope.HOMES, READ),
    _right(_AT_HUB, Scope.HUB, READ),
    _right((Role.CARER,), Scope.RESIDENT, READ),
)
_RECORDED_AT_HOME_OR_HUB = (
    _right((Role.HOME_MANAGER,), Scope.HOMES, ADD, CHANGE),
    _right(_AT_HUB, Scope.HUB, ADD, CHANGE),
)
_ANSWER_FOR_RECORDS = (
    _right((Role.HOME_MANAGER,), Scope.HOMES, READ, ADD, CHANGE),
    _right((Role.HUB_LEAD,), Scope.HUB, READ, ADD, CHANGE),
)

RIGHTS: Mapping[Record, tuple[Right, ...]] = {
    Record.RESIDENTS: (
        *_READ_BY_ALL_WHO_CARE,
        _right((Role.HOME_MANAGER,), Scope.HOMES, ADD, CHANGE),
        _right((Role.HUB_LEAD,), Scope.HUB, ADD, CHANGE),
    ),
    Record.READINGS: (
        _right(_AT_HOME, Scope.HOMES, READ, ADD, CHANGE),
        _right(_AT_HUB, Scope.HUB, READ, CHANGE),
        _right((Role.CARER,), Scope.RESIDENT, READ, ADD),
    ),
    Record.CASES: (*_READ_BY_ALL_WHO_CARE, _right(_AT_HUB, Scope.HUB, ADD, CHANGE)),
    Record.CLAIMS: (_right((Role.HUB_LEAD,), Scope.HUB, CHANGE),),
    Record.CALLS: (_right(_AT_HOME, Scope.HOMES, READ), _right(_AT_HUB, Scope.HUB, READ, ADD)),
    Record.QUEUE: (_right(_AT_HUB, Scope.HUB, READ),),
    Record.DAY: (_right(_AT_HOME, Scope.HOMES, READ), _right(_AT_HUB, Scope.HUB, READ)),
    Record.ROUND: (_right(_AT_HOME, Scope.HOMES, READ),),
    Record.NOTICES: (
        _right(_AT_HOME, Scope.HOMES, READ),
        _right(_AT_HUB, Scope.HUB, READ, CHANGE),
        _right((Role.OPERATOR,), Scope.NO_HOME, READ, CHANGE),
    ),
    Record.SCALE_TWO: (*_READ_BY_ALL_WHO_CARE, _right(_AT_HUB, Scope.HUB, ADD, CHANGE)),
    Record.LIMITS: (*_READ_BY_ALL_WHO_CARE, _right(_AT_HUB, Scope.HUB, ADD, CHANGE)),
    Record.CEILINGS: (*_READ_BY_ALL_WHO_CARE, _right(_AT_HUB, Scope.HUB, ADD, CHANGE)),
    Record.PAUSES: (*_READ_BY_ALL_WHO_CARE, *_RECORDED_AT_HOME_OR_HUB),
    Record.AIR: (*_READ_BY_ALL_WHO_CARE, *_RECORDED_AT_HOME_OR_HUB),
    Record.ENDS_OF_CARE: (*_READ_BY_ALL_WHO_CARE, *_ANSWER_FOR_RECORDS),
    Record.LEGAL_HOLDS: _ANSWER_FOR_RECORDS,
    Record.COPIES: (
        _right((Role.HOME_MANAGER,), Scope.HOMES, ADD),
        _right((Role.HUB_LEAD,), Scope.HUB, ADD),
    ),
    Record.LOOKING: (
        _right((Role.HOME_MANAGER,), Scope.HOMES, READ),
        _right((Role.HUB_LEAD,), Scope.HUB, READ),
    ),
    Record.GLASS: (
        _right((Role.HOME_MANAGER,), Scope.HOMES, READ, CHANGE),
        _right((Role.HUB_LEAD,), Scope.HUB, READ, CHANGE),
        _right(_AT_HUB, Scope.PLATFORM, ADD),
    ),
    Record.COMPETENCES: (
        _right((Role.TRAINER,), Scope.WORKERS, READ, ADD, CHANGE),
        _right((Role.DELEGATING_PROFESSIONAL, Role.HOME_MANAGER), Scope.WORKERS, READ),
    ),
    Record.ROLES: (
        _right((Role.TRAINER, Role.DELEGATING_PROFESSIONAL, Role.HOME_MANAGER), Scope.WORKERS, READ),
        _right((Role.HOME_MANAGER,), Scope.HOMES, READ, ADD, CHANGE),
        _right((Role.HUB_LEAD,), Scope.HUB, READ, ADD, CHANGE),
    ),
    Record.NAMES: (
        _right(_AT_HOME, Scope.HOMES, READ),
        _right(_AT_HUB, Scope.HUB, READ),
        _right((Role.TRAINER, Role.DELEGATING_PROFESSIONAL), Scope.WORKERS, READ),
    ),
    Record.ACCOUNTS: (
        _right((Role.HOME_MANAGER,), Scope.WORKERS, CHANGE),
        _right((Role.OPERATOR,), Scope.PLATFORM, CHANGE),
    ),
    Record.SECOND_STEPS: (_right((Role.OPERATOR,), Scope.PLATFORM, CHANGE),),
    Record.TABLETS: (_right((Role.HOME_MANAGER,), Scope.HOMES, READ, ADD, CHANGE),),
    Record.KITS: (
        _right(_AT_HOME, Scope.HOMES, READ),
        _right(_AT_HUB, Scope.HUB, READ),
        _right((Role.OPERATOR,), Scope.PLATFORM, READ),
    ),
    Record.LEDGERS: (_right((Role.OPERATOR,), Scope.PLATFORM, READ),),
    Record.HEALTH: (_right((*_AT_HUB, Role.OPERATOR), Scope.PLATFORM, READ),),
    Record.COUNTS: (_right((Role.COMMISSIONER,), Scope.HUB, READ),),
    Record.ONESELF: (_right(Role, Scope.ONESELF, READ, CHANGE),),
}


def allows(roles: Collection[Role], deed: Deed, record: Record) -> bool:
    """Return whether somebody with these roles may do this to some records of this kind.

    Rights over one's own records need no role.
    """
    return any(
        deed in right.deeds and (right.scope is Scope.ONESELF or not right.roles.isdisjoint(roles))
        for right in RIGHTS[record]
    )
