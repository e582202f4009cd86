"""Begin to score residents who were under 16 and are 16 from today.

Guards: nobody goes without a score after their reason has ended, and the audit keeps since when. No date of birth
leaves the database.
"""

from datetime import datetime
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg

from delegation import audit
from delegation.people import Process

_LONDON = ZoneInfo("Europe/London")
_NOW_16: LiteralString = "SELECT delegation.now_sixteen(%s)"


def begin_scores(conn: psycopg.Connection[Any], at: datetime) -> int:
    """Use NEWS2 for them from now on; return how many there are.

    Source: RCP, NEWS2 (2017): from 16 years on.
    """
    now_16 = [resident for (resident,) in conn.execute(_NOW_16, (at.astimezone(_LONDON).date(),))]
    for resident in now_16:
        subject = f"resident:{resident}"
        audit.record(conn, Process("scheduler"), "resident.now_16", subject, at=at, resident_id=resident)
    return len(now_16)
