"""The parts of an export that `ingest` holds: what was measured of a resident.

Guards: a reading that turned out to be somebody else's is left out. That it was first held to be this resident's is
included, without its values and without the other's id.
"""

from api.export.part import Part, alike

MEASURED = (
    Part(
        "readings",
        "Every reading of theirs, as it was measured and as it was taken.",
        ("ingest.reading",),
        """
SELECT (to_jsonb(held) || jsonb_build_object('resident_id', (%(resident)s)::uuid))::text
FROM (
    SELECT reading.* FROM ingest.reading WHERE reading.resident_id = %(resident)s
    UNION ALL
    SELECT reading.* FROM (SELECT DISTINCT kit_id, reading_id, stored_for, effective_at FROM ingest.reading_correction
                           WHERE resident_id = %(resident)s AND stored_for <> %(resident)s) came
    JOIN ingest.reading ON reading.resident_id = came.stored_for AND reading.effective_at = came.effective_at
                       AND reading.kit_id = came.kit_id AND reading.reading_id = came.reading_id
) held
LEFT JOIN LATERAL (SELECT resident_id, true AS said FROM ingest.reading_correction c
                   WHERE c.kit_id = held.kit_id AND c.reading_id = held.reading_id
                   ORDER BY correction_id DESC LIMIT 1) last ON true
WHERE CASE WHEN last.said THEN last.resident_id = %(resident)s ELSE held.resident_id = %(resident)s END
ORDER BY held.effective_at, held.kit_id, held.reading_id
""",
        """
SELECT to_jsonb(held)::text FROM ingest.visible_reading held
WHERE resident_id = %(resident)s AND counts ORDER BY effective_at, kit_id, reading_id
""",
    ),
    alike(
        "corrections",
        "Readings that were said to be theirs, or not theirs after all: by whom, when and why.",
        "ingest.reading_correction",
        """
SELECT jsonb_build_object(
    'correction_id', correction_id, 'kit_id', kit_id, 'reading_id', reading_id, 'effective_at', effective_at,
    'sent_for', CASE stored_for WHEN %(resident)s THEN 'this resident' ELSE 'another resident' END,
    'held_for', CASE WHEN held_for = %(resident)s THEN 'this resident'
                     WHEN held_for IS NULL THEN 'nobody who can be named' ELSE 'another resident' END,
    'is_of', CASE WHEN resident_id = %(resident)s THEN 'this resident'
                  WHEN resident_id IS NULL THEN 'nobody who can be named' ELSE 'another resident' END,
    'reason', reason, 'corrected_by', corrected_by, 'corrected_at', corrected_at)::text
FROM ingest.reading_correction WHERE %(resident)s IN (stored_for, held_for, resident_id)
ORDER BY corrected_at, kit_id, reading_id, correction_id
""",
    ),
    alike(
        "vital signs now",
        "What is known of each vital sign now, and when something last came.",
        "ingest.current_vitals",
        "SELECT to_jsonb(held)::text FROM ingest.current_vitals held WHERE resident_id = %(resident)s",
    ),
    Part(
        "received",
        "The id of every reading that came in their name, which stays when the reading is erased.",
        ("ingest.seen",),
        """
SELECT (to_jsonb(held) - 'digest')::text FROM ingest.seen held
WHERE resident_id = %(resident)s ORDER BY effective_at, kit_id, reading_id
""",
        None,
    ),
    Part(
        "not understood",
        "What came with their id in it and could not be taken; what names somebody else too is not shown.",
        ("ingest.quarantine",),
        """
SELECT (to_jsonb(kept) - 'payload' || jsonb_build_object('payload', CASE WHEN NOT EXISTS (
    SELECT FROM delegation.resident other
    WHERE other.resident_id <> %(resident)s
      AND position(replace(other.resident_id::text, '-', '')
                   IN replace(lower(encode(kept.payload, 'escape')), '-', '')) > 0)
    THEN encode(kept.payload, 'escape') END))::text
FROM ingest.quarantine kept
WHERE position(replace((%(resident)s)::text, '-', '') IN replace(lower(encode(kept.payload, 'escape')), '-', '')) > 0
ORDER BY quarantine_id
""",
        None,
    ),
)
