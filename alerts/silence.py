"""Residents from whom nothing comes, and kits that are not heard where a home has no other way to send.

Guards: silence is measured from the arrival of something usable, by the hub's clock. A kit that is not heard
is a line on the pages; it becomes an escalation only for residents who have no other way to be heard.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from alerts.cases.case import Concern
from alerts.policy import Policy, PolicyBook, Severity
from alerts.rules import Finding
from delegation.store import Placement

_MOST = 500
_LONDON = ZoneInfo("Europe/London")
_IN_THE_LAST_DAYS = timedelta(days=3)

# For a resident from whom nothing ever came, the wait begins when they lived in a home that had a kit;
# without a kit nobody is watched. A hub that has closed a silence is told again after as long once more. A
# resident whose care has ended is left out, unless something usable came after the end was recorded: then
# care goes on.
_RESIDENTS: LiteralString = """
SELECT resident_id, home_id, organisation_id, hub_id, quiet_from, heard, arrived
FROM (
    SELECT resident.resident_id, home.home_id, home.organisation_id, home.hub_id,
           vitals.last_news_at IS NOT NULL AS heard,
           coalesce(vitals.last_arrived_at > vitals.last_news_at, vitals.last_arrived_at IS NOT NULL) AS arrived,
           vitals.last_news_at,
           coalesce(vitals.last_news_at, greatest(resident.lives_here_from, watching.lent_at)) AS quiet_from,
           coalesce(own.since, %(since)s) AS since
    FROM delegation.resident
    JOIN delegation.home USING (home_id)
    LEFT JOIN ingest.current_vitals vitals USING (resident_id)
    LEFT JOIN (
        SELECT loan.home_id, min(loan.lent_at) AS lent_at
        FROM devices.kit_loan loan JOIN devices.kit USING (kit_id)
        WHERE loan.returned_at IS NULL AND kit.kind = 'kit' AND kit.revoked_at IS NULL
        GROUP BY loan.home_id
    ) watching USING (home_id)
    LEFT JOIN unnest(%(hubs)s::uuid[], %(sinces)s::timestamptz[]) AS own (hub_id, since) USING (hub_id)
    WHERE vitals.last_arrived_at IS NOT NULL OR watching.lent_at IS NOT NULL
) watched
WHERE quiet_from < since
  AND (%(among)s::uuid[] IS NULL OR resident_id = ANY (%(among)s))
  AND NOT EXISTS (SELECT FROM delegation.end_of_care ended
                  WHERE ended.resident_id = watched.resident_id AND ended.withdrawn_at IS NULL
                    AND (watched.last_news_at IS NULL OR ended.recorded_at >= watched.last_news_at))
  AND NOT EXISTS (SELECT FROM delegation.monitoring_pause pause
                  WHERE pause.resident_id = watched.resident_id
                    AND pause.starts_at <= %(at)s AND %(at)s < pause.ends_at)
  AND NOT EXISTS (SELECT FROM alerts.escalation told
                  WHERE told.resident_id = watched.resident_id
                    AND (told.state <> 'closed' OR (told.origin = 'silence' AND told.closed_at >= watched.since)))
ORDER BY quiet_from LIMIT %(most)s
"""
# Homes where no kit has been heard and which have no capture form; of their residents, those who were heard
# in the last days, through these kits alone, and not since. A resident not heard for longer is silent in
# their own right.
_BY_KIT: LiteralString = """
SELECT resident_id, home_id, organisation_id, hub_id, quiet_from
FROM (
    SELECT home.home_id, home.organisation_id, home.hub_id, array_agg(kit.kit_id) AS kits,
           max(coalesce(status.heard_at, loan.lent_at)) AS quiet_from, coalesce(own.since, %(since)s) AS since
    FROM delegation.home
    JOIN devices.kit_loan loan ON loan.home_id = home.home_id AND loan.returned_at IS NULL
    JOIN devices.kit ON kit.kit_id = loan.kit_id AND kit.revoked_at IS NULL
    LEFT JOIN devices.kit_status status ON status.kit_id = kit.kit_id
    LEFT JOIN unnest(%(hubs)s::uuid[], %(sinces)s::timestamptz[]) AS own (hub_id, since) ON own.hub_id = home.hub_id
    GROUP BY home.home_id, own.since
    HAVING bool_and(kit.kind = 'kit')
) place
JOIN delegation.resident USING (home_id)
JOIN ingest.current_vitals vitals USING (resident_id)
WHERE quiet_from < since
  AND (%(among)s::uuid[] IS NULL OR resident_id = ANY (%(among)s))
  AND vitals.last_news_at BETWEEN %(heard_from)s AND place.quiet_from
  AND NOT EXISTS (SELECT FROM jsonb_each(vitals.signs) AS sign
                  WHERE NOT (sign.value ->> 'kit')::uuid = ANY (place.kits))
  AND NOT EXISTS (SELECT FROM delegation.end_of_care ended
                  WHERE ended.resident_id = resident.resident_id AND ended.withdrawn_at IS NULL
                    AND ended.recorded_at >= vitals.last_news_at)
  AND NOT EXISTS (SELECT FROM delegation.monitoring_pause pause
                  WHERE pause.resident_id = resident.resident_id
                    AND pause.starts_at <= %(at)s AND %(at)s < pause.ends_at)
  AND NOT EXISTS (SELECT FROM alerts.escalation told
                  WHERE told.resident_id = resident.resident_id
                    AND (told.state <> 'closed' OR (told.origin = 'silence' AND told.closed_at >= place.quiet_from)))
ORDER BY quiet_from, resident_id LIMIT %(most)s
"""


def concerns(
    conn: psycopg.Connection, policies: PolicyBook, at: datetime, among: Collection[UUID] | None = None
) -> list[Concern]:
    """Return a concern for each resident who was silent, or could not be heard, for longer than their hub's
    policy allows.
    """
    silent = {
        row[0]: _concern(Placement(*row[:4]), nothing_came(*row[4:]))
        for row in _found(conn, _RESIDENTS, policies, at, among, silent_for)
    }
    unheard = {
        row[0]: _concern(Placement(*row[:4]), Finding("kit_silence", Severity.SILENT, _kit_sentence(row[4])))
        for row in _found(conn, _BY_KIT, policies, at, among, _kit_silent_for)
    }
    return list((unheard | silent).values())


def _found(
    conn: psycopg.Connection,
    query: LiteralString,
    policies: PolicyBook,
    at: datetime,
    among: Collection[UUID] | None,
    lasts: Any,
) -> Iterable[tuple[Any, ...]]:
    wanted = {
        "at": at,
        "since": at - lasts(policies.default),
        "hubs": list(policies.of_hub),
        "sinces": [at - lasts(policy) for policy in policies.of_hub.values()],
        "heard_from": at - _IN_THE_LAST_DAYS,
        "among": None if among is None else list(among),
        "most": _MOST,
    }
    return conn.execute(query, wanted).fetchall()


def silent_for(policy: Policy) -> timedelta:
    """Return how long nothing may come from a resident before the hub is told."""
    return timedelta(hours=policy.silent_after_hours)


def _kit_silent_for(policy: Policy) -> timedelta:
    return timedelta(hours=policy.kit_silent_after_hours)


def _concern(placement: Placement, found: Finding) -> Concern:
    return Concern(placement, [found], origin="silence")


def nothing_came(since: datetime, heard: bool, arrived: bool) -> Finding:
    """Return the finding of silence.

    `heard`: something usable has come at some time. `arrived`: something that was not usable has come since.
    """
    what = "Nothing that can be used" if arrived else "Nothing"
    sentence = f"{what} has arrived about this resident since {_clock(since)}."
    if not heard:
        sentence = f"{what} has ever arrived about this resident, watched since {_clock(since)}."
    return Finding("silence", Severity.SILENT, sentence)


def _kit_sentence(since: datetime) -> str:
    return (
        f"The kit that this resident is watched by has not been heard since {_clock(since)}, "
        "and the home has no other way to send readings."
    )


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(_LONDON):%d %B at %H:%M}"
