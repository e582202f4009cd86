"""The parts of an export that `delegation` holds: who a resident is, what was decided, and who looked.

Guards: decisions that have ended are included, with both times.
"""

from api.export.part import Part, alike

DECIDED = (
    alike(
        "identity",
        "Who they are, where they live and which hub watches over them.",
        "delegation.resident",
        """
SELECT (to_jsonb(held) || jsonb_build_object('home_name', home.name, 'hub_name', hub.name))::text
FROM delegation.resident held LEFT JOIN delegation.home USING (home_id) LEFT JOIN delegation.hub USING (hub_id)
WHERE held.resident_id = %(resident)s
""",
    ),
    alike(
        "family carers",
        "Who cares for them as family, from when to when.",
        "delegation.role_assignment",
        """
SELECT to_jsonb(held)::text FROM delegation.role_assignment held
WHERE resident_id = %(resident)s ORDER BY starts_at, assignment_id
""",
    ),
    alike(
        "invitations",
        "Who was invited to care for them as family, by whom, and whether they came.",
        "delegation.invitation",
        """
SELECT jsonb_build_object(
    'invitation_id', invitation_id, 'role', role, 'name', name, 'invited_by', invited_by, 'invited_at', invited_at,
    'ends_at', ends_at, 'good_until', good_until, 'taken_by', taken_by, 'taken_at', taken_at,
    'withdrawn_by', withdrawn_by, 'withdrawn_at', withdrawn_at)::text
FROM delegation.invitation WHERE resident_id = %(resident)s ORDER BY invited_at, invitation_id
""",
    ),
    alike(
        "oxygen scale 2",
        "Authorisations of oxygen scale 2: by whom, why, from when to when.",
        "delegation.spo2_scale_authorisation",
        """
SELECT to_jsonb(held)::text FROM delegation.spo2_scale_authorisation held
WHERE resident_id = %(resident)s ORDER BY starts_at, authorisation_id
""",
    ),
    alike(
        "limits of their own",
        "Limits of their own for vital signs: by whom, why, from when to when.",
        "delegation.personal_limit",
        """
SELECT to_jsonb(held)::text FROM delegation.personal_limit held
WHERE resident_id = %(resident)s ORDER BY starts_at, limit_id
""",
    ),
    alike(
        "no oxygen in use",
        "That there is no oxygen in use where they live, until it was cancelled.",
        "delegation.air_record",
        """
SELECT to_jsonb(held)::text FROM delegation.air_record held
WHERE resident_id = %(resident)s ORDER BY recorded_at, air_record_id
""",
    ),
    alike(
        "ceilings of treatment",
        "How far treatment is to go: by whom, why, from when to when.",
        "delegation.ceiling",
        """
SELECT to_jsonb(held)::text FROM delegation.ceiling held
WHERE resident_id = %(resident)s ORDER BY starts_at, ceiling_id
""",
    ),
    alike(
        "pauses",
        "When their vital signs were not to be watched, and why.",
        "delegation.monitoring_pause",
        """
SELECT to_jsonb(held)::text FROM delegation.monitoring_pause held
WHERE resident_id = %(resident)s ORDER BY starts_at, pause_id
""",
    ),
    alike(
        "end of care",
        "That care ended, and whether it went on after all.",
        "delegation.end_of_care",
        """
SELECT to_jsonb(held)::text FROM delegation.end_of_care held
WHERE resident_id = %(resident)s ORDER BY recorded_at, end_id
""",
    ),
    alike(
        "legal holds",
        "What keeps, or kept, their records from being erased.",
        "delegation.legal_hold",
        """
SELECT to_jsonb(held)::text FROM delegation.legal_hold held
WHERE resident_id = %(resident)s ORDER BY starts_at, hold_id
""",
    ),
    alike(
        "tombstones",
        "What was erased, when and under which rule.",
        "delegation.tombstone",
        """
SELECT to_jsonb(held)::text FROM delegation.tombstone held
WHERE resident_id = %(resident)s ORDER BY erased_at, tombstone_id
""",
    ),
    alike(
        "broken glass",
        "Who opened their record from outside their hub, and why.",
        "delegation.break_glass",
        """
SELECT to_jsonb(held)::text FROM delegation.break_glass held
WHERE resident_id = %(resident)s ORDER BY opened_at, break_glass_id
""",
    ),
    alike(
        "broken glass seen",
        "Who of their home and hub has seen that it was opened.",
        "delegation.break_glass_seen",
        """
SELECT to_jsonb(held)::text FROM delegation.break_glass_seen held JOIN delegation.break_glass USING (break_glass_id)
WHERE resident_id = %(resident)s ORDER BY held.seen_at, break_glass_id, desk
""",
    ),
    Part(
        "who looked and what was done",
        "Everybody who looked at their record or changed it, in which role, for what and when.",
        ("delegation.audit_event",),
        """
SELECT (to_jsonb(held) - 'text_digest' || jsonb_build_object('name', person.name))::text
FROM delegation.audit_event held
LEFT JOIN delegation.person ON held.actor = 'person:' || person.person_id::text
WHERE held.resident_id = %(resident)s ORDER BY held.audit_id
""",
        # Nobody who is signed in reads the audit table itself, or the numbers of its events.
        """
SELECT (to_jsonb(held) || jsonb_build_object('name', person.name))::text
FROM delegation.visible_audit_event held
LEFT JOIN delegation.person ON held.actor = 'person:' || person.person_id::text
WHERE held.resident_id = %(resident)s ORDER BY held.at, held.written_at, held.actor, held.action
""",
    ),
    Part(
        "words beside what was done",
        "What people wrote when they did it, by the number of the event above.",
        ("delegation.audit_text",),
        """
SELECT jsonb_build_object('audit_id', audit_id, 'words', words)::text
FROM delegation.audit_text JOIN delegation.audit_event USING (audit_id)
WHERE resident_id = %(resident)s ORDER BY audit_id
""",
        None,
    ),
)
