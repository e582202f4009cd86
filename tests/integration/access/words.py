"""The words that the facts of the cast are said in: who, and what relations they mean by what.

Invariant: written by hand; nothing here is worked out from the rights, the policies or the database.
"""

# ruff: noqa: F401

from dataclasses import dataclass
from uuid import UUID

from delegation.rights import ADD, CHANGE, READ, Deed, Role
from tests.fixtures.neighbourhood import (
    AGENCY,
    AMARA,
    BRAM,
    CARER,
    CLINICIAN,
    COLLEAGUE,
    COMMISSIONER,
    CORA,
    DELEGATING_NURSE,
    FAR_TRAINER,
    HUB,
    HUB_LEAD,
    HUB_PROVIDER,
    KIT,
    MANAGER,
    MEADOW,
    NOBODY,
    OPERATOR,
    ORCHARD,
    ORCHARD_PROVIDER,
    OTHER_HUB,
    OTHER_PROVIDER,
    OUTSIDE_CLINICIAN,
    OUTSIDER,
    SECOND_KIT,
    STRANGE_HOME,
    STRANGE_KIT,
    TRAINER,
    WEB_KIT,
    WORKER,
)
from tests.fixtures.neighbourhood import STRANGER_RESIDENT as DOV
from tests.integration.access.people import (
    BROOK,
    BROOK_KIT,
    CARA,
    EFE,
    FAY,
    GRETA,
    HILLTOP,
    HILLTOP_KIT,
    LEVI,
    MICK,
    MIRA,
    NORA,
    PAST,
    PIA,
    PRUE,
    TO_COME,
    TOVE,
    TRUDI,
)

UNKNOWN = UUID(int=4711)
NO_HOME = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, and the same for a machine: who does what to which relations' rows about whom."""

    says: str
    who: tuple[UUID, ...]
    does: Deed
    what: tuple[str, ...]
    whose: frozenset[UUID]


def fact(says: str, who: UUID | tuple[UUID, ...], does: Deed, what: tuple[str, ...], *whose: UUID) -> Fact:
    return Fact(says, who if isinstance(who, tuple) else (who,), does, what, frozenset(whose))


RECORD = (
    "delegation.resident",
    "delegation.spo2_scale_authorisation",
    "delegation.personal_limit",
    "delegation.air_record",
    "delegation.ceiling",
    "delegation.monitoring_pause",
    "delegation.end_of_care",
    "delegation.tombstone",
)
READINGS = (
    "ingest.visible_reading",
    "alerts.visible_score",
    "ingest.current_vitals",
    "ingest.reading_correction",
    "ingest.seen",
)
CASES = ("alerts.escalation", "alerts.finding", "alerts.escalation_event", "alerts.open_question")
CALLS = ("alerts.phone_call",)
NOTICES = ("alerts.notice",)
HOMES = ("delegation.home",)
HUBS = ("delegation.hub",)
PROVIDERS = ("delegation.organisation",)
NAMES = ("delegation.person",)
WORK = ("delegation.role_assignment", "delegation.competence")
KITS = ("devices.kit", "devices.kit_status")
LOANS = ("devices.kit_loan",)
AUDIT = ("delegation.audit_event",)
LOOKING = ("delegation.visible_audit_event",)
HOLDS = ("delegation.legal_hold",)
ROLES = ("delegation.role_assignment",)
INVITED = ("delegation.invitation",)
INVITES_FAMILY = ("delegation.invitation to care for a resident",)
INVITES_WORKERS = ("delegation.invitation to work in a home",)
INVITES_CLINICIANS = ("delegation.invitation to work at a hub",)
GLASS = ("delegation.break_glass",)
GLASS_SEEN = ("delegation.break_glass_seen",)
SEEN_AT_HOME = ("delegation.break_glass_seen of the home",)
SEEN_AT_HUB = ("delegation.break_glass_seen of the hub",)
RESIDENT = ("delegation.resident",)
RESIDENT_OF_HOME = ("delegation.resident of a home",)
SCALE_TWO = ("delegation.spo2_scale_authorisation",)
LIMITS = ("delegation.personal_limit",)
CEILINGS = ("delegation.ceiling",)
AIR = ("delegation.air_record",)
PAUSES = ("delegation.monitoring_pause",)
SIGN_OFF = ("delegation.competence",)
END = ("delegation.end_of_care",)
QUEUE = ("alerts.hub_revision",)
CASE, FINDING, STEP = ("alerts.escalation",), ("alerts.finding",), ("alerts.escalation_event",)

_OUTSIDE_TIME = (*PAST.values(), *TO_COME.values(), AGENCY)
EVERYBODY = (
    *(WORKER, MANAGER, CLINICIAN, COLLEAGUE, TRAINER, CARER, OPERATOR, OUTSIDER, OUTSIDE_CLINICIAN, HUB_LEAD),
    *(
        FAR_TRAINER,
        DELEGATING_NURSE,
        COMMISSIONER,
        NOBODY,
        MIRA,
        PIA,
        PRUE,
        TRUDI,
        NORA,
        MICK,
        LEVI,
        CARA,
        FAY,
        TOVE,
    ),
    *_OUTSIDE_TIME,
)
_STAFF_ROLES = (Role.CARE_WORKER, Role.HOME_MANAGER, Role.TRAINER, Role.DELEGATING_PROFESSIONAL)
# Names are still read beside what somebody did after they left, and before they begin.
AT_ORCHARD = (
    WORKER,
    MANAGER,
    AGENCY,
    NORA,
    *(when[role] for when in (PAST, TO_COME) for role in _STAFF_ROLES),
)
OF_ORCHARD_CARE = (TRAINER, DELEGATING_NURSE, PIA, PRUE)
AT_MEADOW = (MIRA, TRUDI, TOVE)
AT_RIVERSIDE = (
    *(CLINICIAN, COLLEAGUE, HUB_LEAD),
    *(when[role] for when in (PAST, TO_COME) for role in (Role.HUB_CLINICIAN, Role.HUB_LEAD)),
)
COMMISSIONERS = (COMMISSIONER, PAST[Role.COMMISSIONER], TO_COME[Role.COMMISSIONER])
AMARAS_FAMILY = (CARER, PAST[Role.CARER], TO_COME[Role.CARER])
AT_HILLSIDE = (OUTSIDE_CLINICIAN, LEVI)
AT_FAR_HOUSE = (OUTSIDER, MICK)
RIVERSIDE, HILLSIDE, FAR_HOUSE = (CLINICIAN, COLLEAGUE, HUB_LEAD), (OUTSIDE_CLINICIAN, LEVI), (OUTSIDER, MICK)
ALL_OF_ORCHARD_CARE, TARA_AND_DELA = (PIA, PRUE), (TRAINER, DELEGATING_NURSE)
WATCHED, RESIDENTS_OF_ORCHARD_CARE = (AMARA, BRAM, CORA, EFE), (AMARA, BRAM, CORA, GRETA)
DOVS_FAMILY = (FAY, TOVE)
ORCHARD_KITS = (KIT, WEB_KIT)
BEDSIDE = RECORD + READINGS + CASES
