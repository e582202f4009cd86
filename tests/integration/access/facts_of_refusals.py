"""Ways round, each in a sentence of who tries it: all are refused, or answer nothing."""
# ruff: noqa: F403, F405

from typing import LiteralString

from tests.integration.access.words import *

# Sentence, who, and what they run; `amara`, `dov` and `chunk` stand for whose it is and where Amara's readings lie.
Refusal = tuple[str, UUID, LiteralString]
# fmt: off
BY_NAMING_THE_CHUNK: tuple[Refusal, ...] = (
    ("Mira, care worker of another home, reads Amara's readings by naming the chunk", MIRA, "SELECT * FROM {chunk}"),
    ("Wanda reads her own resident's readings by naming the chunk", WORKER, "SELECT * FROM {chunk}"),
    ("Olu the operator counts the rows of a chunk", OPERATOR, "SELECT count(*) FROM ONLY {chunk}"),
    ("Hana of another hub deletes a chunk's readings", OUTSIDE_CLINICIAN, "DELETE FROM {chunk}"),
    ("Stig asks for the plan over a chunk", OUTSIDER, "EXPLAIN SELECT * FROM {chunk}"),
    ("Clive changes a reading in its chunk", CLINICIAN, "UPDATE {chunk} SET spo2 = 99"),
)
REFUSALS: tuple[Refusal, ...] = (
    ("Mira reads Amara's readings by Amara's number", MIRA,
     "SELECT * FROM ingest.visible_reading WHERE resident_id = {amara}"),
    ("Mira reads Amara's readings from the table beneath the view", MIRA, "SELECT * FROM ingest.reading"),
    ("Mira reads Amara's scores from the table beneath the view", MIRA, "SELECT low FROM alerts.score"),
    ("Mira finds Amara by her NHS number", MIRA, "SELECT FROM delegation.resident WHERE nhs_number = '9990000018'"),
    ("Mira finds Amara by the beginning of her name", MIRA, "SELECT FROM delegation.resident WHERE name LIKE 'Amara%'"),
    ("Mira finds Amara's latest vital signs", MIRA,
     "SELECT FROM ingest.current_vitals WHERE resident_id = {amara}"),
    ("Mira locks Amara's row and so learns that there is one", MIRA,
     "SELECT FROM ingest.current_vitals WHERE resident_id = {amara} FOR UPDATE"),
    ("Mira finds Amara's case through what was found", MIRA,
     "SELECT FROM alerts.finding JOIN alerts.escalation USING (escalation_id) WHERE finding.resident_id = {amara}"),
    ("Femi, who cares for Amara, reads what somebody said of Amara by telephone", CARER,
     "SELECT * FROM alerts.phone_call"),
    ("Femi reads of Amara's neighbour Bram", CARER, "SELECT FROM delegation.resident WHERE resident_id <> {amara}"),
    ("Femi reads who looked at Amara", CARER, "SELECT * FROM delegation.visible_audit_event"),
    ("Fay, who cares for Dov, reads Amara's record", FAY,
     "SELECT FROM delegation.resident WHERE resident_id = {amara}"),
    ("Tara the trainer reads the record of somebody her workers care for", TRAINER,
     "SELECT * FROM delegation.resident"),
    ("Tara reads a reading one of her workers took", TRAINER, "SELECT * FROM ingest.visible_reading"),
    ("Dela the delegating professional reads a resident's record", DELEGATING_NURSE,
     "SELECT * FROM delegation.resident"),
    ("Cosmo the commissioner reads a resident's record", COMMISSIONER, "SELECT * FROM delegation.resident"),
    ("Cosmo reads a reading", COMMISSIONER, "SELECT * FROM ingest.visible_reading"),
    ("Cosmo reads an escalation of the hub he pays for", COMMISSIONER, "SELECT * FROM alerts.escalation"),
    ("Cosmo reads the name of one of its clinicians", COMMISSIONER,
     "SELECT FROM delegation.person WHERE person_id <> delegation.actor()"),
    ("Olu the operator reads a name", OPERATOR, "SELECT FROM delegation.person WHERE person_id <> delegation.actor()"),
    ("Olu reads a resident's record", OPERATOR, "SELECT * FROM delegation.resident"),
    ("Olu reads a reading", OPERATOR, "SELECT * FROM ingest.visible_reading"),
    ("Clive reads on of Dov, whom he opened once, after his hour is over", CLINICIAN,
     "SELECT FROM delegation.resident WHERE resident_id = {dov}"),
    ("Clive opens Dov for himself by writing that he did", CLINICIAN,
     "INSERT INTO delegation.break_glass (resident_id, person_id, hubs, reason, ends_at)"
     " SELECT {dov}, delegation.actor(), ARRAY[hub_id], 'danger_now', now() + interval '1 hour' FROM delegation.hub"),
    ("Hana of another hub answers Amara's case", OUTSIDE_CLINICIAN, "UPDATE alerts.escalation SET note = 'x'"
     " WHERE resident_id = {amara}"),
    ("Agnes, whose week at Orchard House is over, reads Amara's record", AGENCY, "SELECT * FROM delegation.resident"),
    ("Somebody who begins tomorrow reads Amara's record", TO_COME[Role.CARE_WORKER],
     "SELECT * FROM delegation.resident"),
    ("Mona the manager takes a reading back by deleting it", MANAGER, "DELETE FROM ingest.reading"),
    ("Mona deletes that somebody looked", MANAGER, "DELETE FROM delegation.audit_event"),
    ("Mona reads the words beside the audit", MANAGER, "SELECT * FROM delegation.audit_text"),
    ("Wanda signs herself off", WORKER,
     "INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)"
     " VALUES (delegation.actor(), 'temperature', 'independent', delegation.actor(), now(), now() + interval '1 day')"),
    ("Wanda makes herself a manager", WORKER, "UPDATE delegation.role_assignment SET role = 'home_manager'"),
    ("Wanda becomes the role that owns the doors", WORKER, "SET ROLE hearthwatch_gate"),
    ("Nell, who has no role, copies the residents out", NOBODY, "SELECT * FROM delegation.resident"),
)
