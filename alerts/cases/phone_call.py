"""What somebody told the hub by telephone, kept beside the finding it led to.

Guards: the finding and the case say only that somebody phoned. The words are for the hub and, unless they are
to stay there, for the home's staff. A family carer never reads them: they may be about the family.
"""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

RULE = "phone_call"
SENTENCE = "Somebody phoned the hub about them."

_KEEP: LiteralString = """
INSERT INTO alerts.phone_call (finding_id, escalation_id, resident_id, words, stays_at_hub, taken_by, taken_at)
SELECT finding_id, escalation_id, resident_id, %(words)s, %(stays)s, %(by)s, %(at)s
FROM alerts.finding WHERE escalation_id = %(case)s AND rule = %(rule)s AND found_at = %(at)s
ORDER BY finding_id DESC LIMIT 1
"""


def keep(
    conn: psycopg.Connection,
    escalation_id: UUID,
    words: str,
    taken_by: UUID,
    at: datetime,
    *,
    stays_at_hub: bool,
) -> None:
    """Keep the caller's words with the finding that this transaction made of the call.

    Raise LookupError if there is no such finding: the clinician must not believe that lost words were kept.
    """
    told = {
        "case": escalation_id,
        "rule": RULE,
        "words": words,
        "stays": stays_at_hub,
        "by": taken_by,
        "at": at,
    }
    if conn.execute(_KEEP, told).rowcount != 1:
        raise LookupError("There is no finding of this moment to keep the caller's words with.")
