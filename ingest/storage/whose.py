"""SQL for whose a stored reading is: the resident it was stored for, or the one the last correction names.

Guards: both halves together give each reading at most once, numbered in the line of the resident it belongs to now. A
reading taken from nobody we can name is in neither.
"""

from typing import LiteralString

# Both bounds are stated so that PostgreSQL reads only the chunks of the span.
AS_STORED: LiteralString = """
FROM ingest.reading
WHERE reading.resident_id = ANY (%(residents)b)
  AND reading.effective_at >= %(since)s AND reading.effective_at <= %(until)s
  AND NOT EXISTS (SELECT FROM ingest.reading_correction said
                  WHERE said.kit_id = reading.kit_id AND said.reading_id = reading.reading_id)
"""
AS_CORRECTED: LiteralString = """
FROM ingest.reading_correction corrected
JOIN ingest.reading ON reading.resident_id = corrected.stored_for AND reading.effective_at = corrected.effective_at
                   AND reading.kit_id = corrected.kit_id AND reading.reading_id = corrected.reading_id
WHERE corrected.resident_id = ANY (%(residents)b)
  AND corrected.effective_at >= %(since)s AND corrected.effective_at <= %(until)s
  AND reading.effective_at >= %(since)s AND reading.effective_at <= %(until)s
  AND NOT EXISTS (SELECT FROM ingest.reading_correction later
                  WHERE later.kit_id = corrected.kit_id AND later.reading_id = corrected.reading_id
                    AND later.correction_id > corrected.correction_id)
"""
