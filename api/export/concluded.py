"""The parts of an export that `alerts` holds: conclusions about a resident, and what people did about them.

Guards: scores of readings that were not theirs are left out.
"""

from api.export.part import Part, alike

CONCLUDED = (
    Part(
        "scores",
        "Each NEWS2 score as it was made: the least and the most it could be, and of what.",
        ("alerts.score",),
        """
SELECT to_jsonb(held)::text FROM alerts.score held
WHERE resident_id = %(resident)s
  AND NOT EXISTS (SELECT FROM ingest.reading_correction last
                  WHERE last.kit_id = held.kit_id AND last.reading_id = held.reading_id
                    AND last.resident_id IS DISTINCT FROM held.resident_id
                    AND NOT EXISTS (SELECT FROM ingest.reading_correction later
                                    WHERE later.kit_id = last.kit_id AND later.reading_id = last.reading_id
                                      AND later.correction_id > last.correction_id))
ORDER BY effective_at, cause_arrival, kit_id, reading_id
""",
        """
SELECT to_jsonb(held)::text FROM alerts.visible_score held
WHERE resident_id = %(resident)s ORDER BY effective_at, cause_arrival, kit_id, reading_id
""",
    ),
    alike(
        "escalations",
        "Each time the hub was asked to look, why, and how it answered.",
        "alerts.escalation",
        """
SELECT to_jsonb(held)::text FROM alerts.escalation held
WHERE resident_id = %(resident)s ORDER BY raised_at, escalation_id
""",
    ),
    alike(
        "findings",
        "What each rule concluded, with the readings it rests on.",
        "alerts.finding",
        """
SELECT to_jsonb(held)::text FROM alerts.finding held
WHERE resident_id = %(resident)s ORDER BY found_at, finding_id
""",
    ),
    alike(
        "what happened to escalations",
        "Who claimed, released, closed or reopened each, and their words.",
        "alerts.escalation_event",
        """
SELECT to_jsonb(held)::text FROM alerts.escalation_event held JOIN alerts.escalation USING (escalation_id)
WHERE resident_id = %(resident)s ORDER BY held.at, held.hub_id, held.revision
""",
    ),
    alike(
        "telephone calls",
        "What somebody told the hub by telephone. What stays at the hub is shown to the hub alone.",
        "alerts.phone_call",
        """
SELECT to_jsonb(held)::text FROM alerts.phone_call held
WHERE resident_id = %(resident)s ORDER BY taken_at, finding_id
""",
    ),
    alike(
        "question",
        "What is asked of whoever is with them now.",
        "alerts.open_question",
        "SELECT to_jsonb(held)::text FROM alerts.open_question held WHERE resident_id = %(resident)s",
    ),
    Part(
        "runs of the clocks",
        "When a clock found something due about them, and how much of theirs had arrived by then.",
        ("alerts.clock_run",),
        """
SELECT jsonb_build_object('run_at', run_at, 'arrived', arrivals[array_position(residents, %(resident)s)])::text
FROM alerts.clock_run WHERE residents @> ARRAY[%(resident)s]::uuid[] ORDER BY run_at
""",
        None,
    ),
)
