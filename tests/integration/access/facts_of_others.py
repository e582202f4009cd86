"""What trainers, delegating professionals, families, commissioners, operators and everybody may do."""
# ruff: noqa: F403, F405

from tests.integration.access.words import *

# fmt: off
FACTS: tuple[Fact, ...] = (
    # Trainers and delegating professionals: workers, and no resident.
    fact("Tara and Dela, of all of Orchard Care, read the roles and sign-offs of its care workers",
         TARA_AND_DELA, READ, WORK, WORKER, MIRA, PIA, TOVE),
    fact("Tara and Dela read their names", TARA_AND_DELA, READ, NAMES, WORKER, MIRA, PIA, TOVE),
    fact("Tara and Dela read which organisation it is", TARA_AND_DELA, READ, PROVIDERS, ORCHARD_PROVIDER),
    fact("Tara signs its care workers off", TRAINER, ADD, SIGN_OFF, WORKER, MIRA, PIA, TOVE),
    fact("Tara takes a sign-off back", TRAINER, CHANGE, SIGN_OFF, WORKER, MIRA),
    fact("Trudi, trainer of Meadow View, reads the roles and sign-offs of its care workers alone",
         TRUDI, READ, WORK, MIRA, TOVE),
    fact("Trudi reads their names", TRUDI, READ, NAMES, MIRA, TOVE),
    fact("Trudi signs them off", TRUDI, ADD, SIGN_OFF, MIRA, TOVE),
    fact("Trudi takes back what another trainer signed there", TRUDI, CHANGE, SIGN_OFF, MIRA),
    fact("Nora, who delegates at Orchard House, reads of its care workers", NORA, READ, WORK + NAMES, WORKER),
    fact("Theo, trainer of Far Care, reads which organisation it is", FAR_TRAINER, READ, PROVIDERS, OTHER_PROVIDER),
    fact("Theo reads of Far Care's care workers", FAR_TRAINER, READ, WORK + NAMES, OUTSIDER),
    fact("Theo signs them off", FAR_TRAINER, ADD, SIGN_OFF, OUTSIDER),
    fact("Theo takes it back", FAR_TRAINER, CHANGE, SIGN_OFF, OUTSIDER),
    # Families.
    fact("Femi, who cares for Amara at home, reads what is known of Amara", CARER, READ, BEDSIDE, AMARA),
    fact("Femi reads the name of Amara's home", CARER, READ, HOMES, ORCHARD),
    fact("Femi reads the telephone of Amara's hub", CARER, READ, HUBS, HUB),
    fact("Femi reads who runs them", CARER, READ, PROVIDERS, ORCHARD_PROVIDER, HUB_PROVIDER),
    fact("Fay, who cares for Dov, reads what is known of Dov", FAY, READ, BEDSIDE, DOV),
    fact("Fay reads the name of Dov's home", FAY, READ, HOMES, STRANGE_HOME),
    fact("Fay reads the telephone of Dov's hub", FAY, READ, HUBS, OTHER_HUB),
    fact("Fay reads who runs them", FAY, READ, PROVIDERS, OTHER_PROVIDER, HUB_PROVIDER),
    # Somebody with two roles has both, and no more.
    fact("Tove, care worker of Meadow View who cares for Dov, reads what is known of Cora and of Dov",
         TOVE, READ, BEDSIDE, CORA, DOV),
    fact("Tove reads what was said of Cora by telephone, not of Dov", TOVE, READ, CALLS, CORA),
    fact("Tove reads the emergencies of nobody named at Meadow View", TOVE, READ, NOTICES, MEADOW),
    fact("Tove reads the names of Meadow View and of Dov's home", TOVE, READ, HOMES, MEADOW, STRANGE_HOME),
    fact("Tove reads the telephones of both hubs", TOVE, READ, HUBS, HUB, OTHER_HUB),
    fact("Tove reads who runs them", TOVE, READ, PROVIDERS, ORCHARD_PROVIDER, OTHER_PROVIDER, HUB_PROVIDER),
    fact("Tove reads the names Mira reads", TOVE, READ, NAMES, *AT_MEADOW, *OF_ORCHARD_CARE, *AT_RIVERSIDE),
    fact("Tove reads how Meadow View's kit is", TOVE, READ, KITS, SECOND_KIT),
    fact("Tove reads which kits Meadow View has", TOVE, READ, LOANS, MEADOW),
    # Counts only, and no names.
    fact("Cosmo, who commissions Riverside hub, reads its name", COMMISSIONER, READ, HUBS, HUB),
    fact("Cara, who commissions Hillside hub, reads its name", CARA, READ, HUBS, OTHER_HUB),
    fact("Cosmo and Cara read who runs them", (COMMISSIONER, CARA), READ, PROVIDERS, HUB_PROVIDER),
    fact("Olu, who looks after the platform, reads how every kit is",
         OPERATOR, READ, KITS, *ORCHARD_KITS, SECOND_KIT, STRANGE_KIT, HILLTOP_KIT, BROOK_KIT),
    fact("Olu reads where every kit is", OPERATOR, READ, LOANS, ORCHARD, MEADOW, STRANGE_HOME, HILLTOP, BROOK),
    fact("Olu reads whose readings came in, by a number that names nobody",
         OPERATOR, READ, ("ingest.seen",), AMARA, BRAM, CORA, DOV, EFE, GRETA),
    fact("Olu reads what could not be understood",
         OPERATOR, READ, ("ingest.quarantine",), KIT, SECOND_KIT, STRANGE_KIT, HILLTOP_KIT, BROOK_KIT),
    fact("Olu reads the emergency of nobody named from a kit of no home", OPERATOR, READ, NOTICES, NO_HOME),
    fact("Olu puts it away", OPERATOR, CHANGE, NOTICES, NO_HOME),
    # Everybody.
    *(fact("Everybody reads their own name, roles and sign-offs, and no role is needed for it",
           one, READ, NAMES + WORK, one) for one in EVERYBODY),
    fact("Everybody writes into the audit what they do, in their own name and no other",
         (*EVERYBODY, UNKNOWN), ADD, AUDIT, AMARA, BRAM, CORA, DOV, EFE, GRETA),
)
