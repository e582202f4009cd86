-- What readings mean: append-only scores, findings with their evidence, one open escalation per resident.

CREATE TABLE alerts.score (
    resident_id     uuid NOT NULL,
    kit_id          uuid NOT NULL,              -- the reading whose moment is scored
    reading_id      uuid NOT NULL,
    arrival_number  bigint NOT NULL,            -- of readings at one moment, the last to arrive is the newest
    cause_kit_id    uuid NOT NULL,              -- the reading whose arrival caused this score
    cause_reading_id uuid NOT NULL,
    cause_arrival   bigint NOT NULL,
    effective_at    timestamptz NOT NULL,
    scored_at       timestamptz NOT NULL,
    rule_version    text NOT NULL,
    spo2_scale      smallint NOT NULL,
    assumed_air     boolean NOT NULL,
    low             smallint NOT NULL CHECK (low BETWEEN 0 AND 20),
    high            smallint NOT NULL CHECK (high BETWEEN low AND 20),
    red_score       text NOT NULL CHECK (red_score IN ('yes', 'no', 'unknown')),
    band_low        text NOT NULL,
    band_high       text NOT NULL,
    complete        boolean NOT NULL,
    deciding        text[] NOT NULL,
    parts           jsonb NOT NULL              -- sign -> {low, high, value, effective_at, reading}
);
SELECT api.partition_by_time('alerts.score', 'effective_at');
CREATE INDEX score_by_resident ON alerts.score (resident_id, effective_at DESC);

-- A score at the time of a reading that was not this resident's is kept as it was, and not shown as theirs.
GRANT SELECT ON alerts.score TO hearthwatch_reader;
CREATE VIEW alerts.visible_score WITH (security_barrier) AS
    SELECT score.* FROM alerts.score
    WHERE score.resident_id IN (SELECT delegation.visible_residents())
      AND NOT EXISTS (SELECT FROM ingest.reading_correction last
                      WHERE last.kit_id = score.kit_id AND last.reading_id = score.reading_id
                        AND last.resident_id IS DISTINCT FROM score.resident_id
                        AND NOT EXISTS (SELECT FROM ingest.reading_correction later
                                        WHERE later.kit_id = last.kit_id AND later.reading_id = last.reading_id
                                          AND later.correction_id > last.correction_id));
ALTER VIEW alerts.visible_score OWNER TO hearthwatch_reader;

CREATE TABLE alerts.policy (
    policy_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hub_id          uuid REFERENCES delegation.hub,     -- NULL: the default
    version         text NOT NULL,
    body            jsonb NOT NULL,
    in_force_from   timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now()  -- a replay ignores it before then
);
CREATE UNIQUE INDEX policy_version ON alerts.policy (coalesce(hub_id, '00000000-0000-0000-0000-000000000000'), version);

CREATE TABLE alerts.hub_revision (
    hub_id          uuid PRIMARY KEY,
    revision        bigint NOT NULL
);

-- In order of gravity, so that they sort.
CREATE TYPE alerts.severity AS ENUM ('high', 'medium', 'low_medium', 'concern', 'silent');

CREATE TABLE alerts.escalation (
    escalation_id   uuid PRIMARY KEY,
    resident_id     uuid NOT NULL,
    home_id         uuid NOT NULL,
    hub_id          uuid NOT NULL,
    origin          text NOT NULL CHECK (origin IN ('rule', 'unscored', 'phone', 'silence')),
    state           text NOT NULL CHECK (state IN ('open', 'claimed', 'closed')),
    severity        alerts.severity NOT NULL,
    why             text NOT NULL,              -- the sentence of the gravest finding; of several scores, the worst
    low             smallint,                   -- the score's lower bound where that sentence is about a score
    yields          boolean NOT NULL DEFAULT false,     -- whether another sentence as grave replaces that one
    why_finding     uuid,                       -- the finding whose sentence that is
    raised_at       timestamptz NOT NULL,
    deadline_at     timestamptz NOT NULL,
    policy_version  text NOT NULL,
    raised_by       uuid,
    claimed_by      uuid,
    claimed_at      timestamptz,
    closed_by       uuid,
    closed_at       timestamptz,
    disposition     text CHECK (disposition IN ('advice_given', 'repeat_readings', 'gp_today',
                        'urgent_community_response', 'virtual_ward', 'same_day_emergency_care',
                        'urgent_treatment_centre', 'ambulance_999')),
    note            text,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL AND disposition IS NOT NULL AND closed_by IS NOT NULL)),
    CHECK ((state = 'claimed') <= (claimed_by IS NOT NULL))
);
CREATE UNIQUE INDEX one_open_escalation ON alerts.escalation (resident_id) WHERE state <> 'closed';
CREATE INDEX escalation_queue ON alerts.escalation (hub_id, deadline_at) WHERE state <> 'closed';
CREATE INDEX escalation_by_resident ON alerts.escalation (resident_id, raised_at DESC);
CREATE INDEX escalation_by_home ON alerts.escalation (home_id, raised_at DESC);

CREATE TABLE alerts.finding (
    finding_id      uuid PRIMARY KEY,
    escalation_id   uuid NOT NULL REFERENCES alerts.escalation,
    resident_id     uuid NOT NULL,
    rule            text NOT NULL,
    rule_version    text NOT NULL,
    severity        alerts.severity NOT NULL,
    sentence        text NOT NULL,
    low             smallint,                   -- the score's lower bound where the sentence is about a score
    evidence        jsonb NOT NULL,             -- [{kit, reading, effective_at}]
    found_at        timestamptz NOT NULL
);
CREATE INDEX finding_by_escalation ON alerts.finding (escalation_id, found_at);
CREATE INDEX finding_by_resident ON alerts.finding (resident_id, found_at);

-- The events of an escalation: its history, and the stream that the hub's pages follow.
CREATE TABLE alerts.escalation_event (
    hub_id          uuid NOT NULL,
    revision        bigint NOT NULL,
    escalation_id   uuid NOT NULL REFERENCES alerts.escalation,
    kind            text NOT NULL CHECK (kind IN ('raised', 'joined', 'worsened', 'claimed', 'released', 'closed', 'reopened', 'moved')),
    at              timestamptz NOT NULL,
    actor_id        uuid,
    cause_reading_id uuid,
    words           text,
    PRIMARY KEY (hub_id, revision)
);
CREATE INDEX escalation_event_by_escalation ON alerts.escalation_event (escalation_id, revision);

-- A question to the worker about a deciding vital sign, and until when it may be answered.
CREATE TABLE alerts.open_question (
    resident_id     uuid PRIMARY KEY,
    kit_id          uuid NOT NULL,
    reading_id      uuid NOT NULL,
    effective_at    timestamptz NOT NULL,
    deciding        text[] NOT NULL,
    low             smallint NOT NULL,
    high            smallint NOT NULL,
    opened_at       timestamptz NOT NULL,
    answer_by       timestamptz NOT NULL
);
CREATE INDEX open_question_due ON alerts.open_question (answer_by);

-- When the scheduler found clocks due, for whom, and how many readings of each had arrived by then, so that a replay
-- knows the order. Erasure removes a resident from the row, and the row with its last resident.
CREATE TABLE alerts.clock_run (
    run_at          timestamptz NOT NULL,
    residents       uuid[] NOT NULL,
    arrivals        bigint[] NOT NULL,
    CHECK (cardinality(residents) = cardinality(arrivals))
);
CREATE INDEX clock_run_in_time ON alerts.clock_run (run_at);
CREATE INDEX clock_run_by_resident ON alerts.clock_run USING gin (residents);
GRANT SELECT ON alerts.clock_run TO hearthwatch_ingest;
GRANT SELECT (residents, arrivals), UPDATE (residents, arrivals), DELETE ON alerts.clock_run TO hearthwatch_retention;
GRANT INSERT ON alerts.clock_run TO hearthwatch_scheduler;
ALTER TABLE alerts.clock_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE alerts.clock_run FORCE ROW LEVEL SECURITY;
CREATE POLICY processes ON alerts.clock_run TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY retention ON alerts.clock_run TO hearthwatch_retention USING (true) WITH CHECK (true);

-- What a replay compares its findings with. A sentence may quote somebody, so only its digest is returned.
CREATE FUNCTION alerts.found_of(resident uuid)
RETURNS TABLE (found_at timestamptz, rule text, severity text, sentence_sha256 bytea, low smallint, evidence jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT finding.found_at, finding.rule, finding.severity, sha256(convert_to(finding.sentence, 'UTF8')), finding.low,
           finding.evidence
    FROM alerts.finding WHERE finding.resident_id = resident
$$;
-- When a resident's cases were open: hubs are not told of silence while one is.
CREATE FUNCTION alerts.cases_of(resident uuid) RETURNS TABLE (began_at timestamptz, ended_at timestamptz, origin text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT begun.at, (SELECT min(ended.at) FROM alerts.escalation_event ended
                      WHERE ended.escalation_id = begun.escalation_id AND ended.kind = 'closed'
                        AND (ended.at > begun.at OR begun.kind = 'raised' AND ended.at = begun.at)), held.origin
    FROM alerts.escalation held JOIN alerts.escalation_event begun USING (escalation_id)
    WHERE held.resident_id = resident AND begun.kind IN ('raised', 'reopened')
$$;
REVOKE EXECUTE ON FUNCTION alerts.found_of(uuid), alerts.cases_of(uuid) FROM PUBLIC;
GRANT SELECT ON alerts.finding TO hearthwatch_gate;
ALTER FUNCTION alerts.found_of(uuid) OWNER TO hearthwatch_gate;
ALTER FUNCTION alerts.cases_of(uuid) OWNER TO hearthwatch_gate;
GRANT EXECUTE ON FUNCTION alerts.found_of(uuid), alerts.cases_of(uuid) TO hearthwatch_ingest;

-- What somebody told the hub by telephone. It is kept apart from the finding, because not everybody who sees the
-- resident may read it. A family carer never may, as it may be about them. If it is to stay at the hub, the home's
-- staff may not.
CREATE TABLE alerts.phone_call (
    finding_id      uuid PRIMARY KEY REFERENCES alerts.finding,
    escalation_id   uuid NOT NULL REFERENCES alerts.escalation,
    resident_id     uuid NOT NULL,
    words           text NOT NULL,
    stays_at_hub    boolean NOT NULL,
    taken_by        uuid NOT NULL,
    taken_at        timestamptz NOT NULL
);
CREATE INDEX phone_call_by_escalation ON alerts.phone_call (escalation_id, taken_at);
CREATE INDEX phone_call_by_resident ON alerts.phone_call (resident_id, taken_at);

-- An emergency of somebody who cannot be named here, as a kit reported it, and how often. Operators handle those of
-- kits that are lent to no home, and of unknown kits.
CREATE TABLE alerts.notice (
    notice_id       uuid PRIMARY KEY,
    kit_id          uuid,
    home_id         uuid,
    hub_id          uuid,
    signs           text[] NOT NULL CHECK (cardinality(signs) BETWEEN 1 AND 20),
    phoned_999      boolean NOT NULL,           -- whether each of them said so
    readings        integer NOT NULL,
    first_at        timestamptz NOT NULL,
    last_at         timestamptz NOT NULL,
    deadline_at     timestamptz NOT NULL,       -- when somebody must have acknowledged it
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    CHECK ((home_id IS NULL) = (hub_id IS NULL)),
    CHECK ((acknowledged_by IS NULL) = (acknowledged_at IS NULL))
);
CREATE UNIQUE INDEX one_open_notice ON alerts.notice (
    coalesce(kit_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(home_id, '00000000-0000-0000-0000-000000000000')) WHERE acknowledged_at IS NULL;
CREATE INDEX open_notice_by_hub ON alerts.notice (hub_id) WHERE acknowledged_at IS NULL;

-- A case moves with its resident to the home and hub where they live now, and anybody there may claim it. Nobody at the
-- old hub may see it any more, or change the new hub's rows; hence a function.
CREATE FUNCTION alerts.follow_residents(residents uuid[]) RETURNS TABLE (moved_case uuid, from_hub uuid, to_hub uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE alerts.escalation held SET
        home_id = home.home_id,
        hub_id = home.hub_id,
        state = CASE WHEN held.hub_id = home.hub_id THEN held.state ELSE 'open' END,
        claimed_by = CASE WHEN held.hub_id = home.hub_id THEN held.claimed_by END,
        claimed_at = CASE WHEN held.hub_id = home.hub_id THEN held.claimed_at END
    FROM (SELECT escalation_id, hub_id FROM alerts.escalation
          WHERE resident_id = ANY (residents) AND state <> 'closed' ORDER BY escalation_id FOR UPDATE) was,
         delegation.resident JOIN delegation.home USING (home_id)
    WHERE was.escalation_id = held.escalation_id AND resident.resident_id = held.resident_id
      AND (held.home_id <> home.home_id OR held.hub_id <> home.hub_id)
      AND (session_user IN ('hearthwatch_ingest', 'hearthwatch_scheduler')
           OR held.resident_id IN (SELECT delegation.visible_residents()))
    RETURNING held.escalation_id, was.hub_id, held.hub_id
$$;

-- Make the pages of the hub that a case left read their queue again, without telling them of the case. As with its
-- events, a restore or a repair may have left its revision behind.
CREATE FUNCTION alerts.leave_hub(moved_case uuid, left_hub uuid) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO alerts.hub_revision AS told (hub_id, revision)
    SELECT left_hub, max(last.revision) + 1 FROM alerts.escalation_event last WHERE last.hub_id = left_hub
    HAVING EXISTS (SELECT FROM alerts.escalation held JOIN alerts.escalation_event event USING (escalation_id)
                   WHERE held.escalation_id = moved_case AND held.hub_id <> left_hub AND event.hub_id = left_hub
                     AND (session_user IN ('hearthwatch_ingest', 'hearthwatch_scheduler')
                          OR held.resident_id IN (SELECT delegation.visible_residents())))
    ON CONFLICT (hub_id) DO UPDATE SET revision = greatest(told.revision + 1, EXCLUDED.revision)
    RETURNING told.revision
$$;

-- The number before a hub's next event, whatever a restore or a repair did to its revision. In plpgsql, which plans it
-- once: each batch that changes a queue calls it.
CREATE FUNCTION alerts.last_event_at(hub uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF session_user IN ('hearthwatch_ingest', 'hearthwatch_scheduler') OR hub IN (SELECT delegation.visible_hubs()) THEN
        RETURN coalesce((SELECT max(event.revision) FROM alerts.escalation_event event WHERE event.hub_id = hub), 0);
    END IF;
    RETURN 0;
END $$;
REVOKE EXECUTE ON FUNCTION alerts.follow_residents(uuid[]), alerts.leave_hub(uuid, uuid), alerts.last_event_at(uuid)
    FROM PUBLIC;
GRANT SELECT, UPDATE ON alerts.escalation, alerts.hub_revision TO hearthwatch_gate;
GRANT INSERT ON alerts.hub_revision TO hearthwatch_gate;
GRANT SELECT ON alerts.escalation_event TO hearthwatch_gate;
ALTER FUNCTION alerts.follow_residents(uuid[]) OWNER TO hearthwatch_gate;
ALTER FUNCTION alerts.leave_hub(uuid, uuid) OWNER TO hearthwatch_gate;
ALTER FUNCTION alerts.last_event_at(uuid) OWNER TO hearthwatch_gate;
GRANT EXECUTE ON FUNCTION alerts.follow_residents(uuid[]), alerts.leave_hub(uuid, uuid), alerts.last_event_at(uuid)
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;

-- Cases claimed by somebody who works at their hub no more, and those same cases freed for others to claim.
CREATE FUNCTION alerts.left_by_their_claimers(most bigint) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT held.resident_id FROM alerts.escalation held
    WHERE held.state = 'claimed'
      AND NOT EXISTS (SELECT FROM delegation.role_assignment works
                      WHERE works.person_id = held.claimed_by AND works.hub_id = held.hub_id
                        AND works.role IN ('hub_clinician', 'hub_lead')
                        AND works.starts_at <= now() AND (works.ends_at IS NULL OR works.ends_at > now()))
    LIMIT most
$$;
CREATE FUNCTION alerts.free_claims(residents uuid[])
RETURNS TABLE (freed_case uuid, freed_resident uuid, at_hub uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE alerts.escalation held SET state = 'open', claimed_by = NULL, claimed_at = NULL
    WHERE held.resident_id = ANY (residents) AND held.state = 'claimed'
      AND NOT EXISTS (SELECT FROM delegation.role_assignment works
                      WHERE works.person_id = held.claimed_by AND works.hub_id = held.hub_id
                        AND works.role IN ('hub_clinician', 'hub_lead')
                        AND works.starts_at <= now() AND (works.ends_at IS NULL OR works.ends_at > now()))
    RETURNING held.escalation_id, held.resident_id, held.hub_id
$$;
REVOKE EXECUTE ON FUNCTION alerts.left_by_their_claimers(bigint), alerts.free_claims(uuid[]) FROM PUBLIC;
ALTER FUNCTION alerts.left_by_their_claimers(bigint) OWNER TO hearthwatch_gate;
ALTER FUNCTION alerts.free_claims(uuid[]) OWNER TO hearthwatch_gate;
GRANT EXECUTE ON FUNCTION alerts.left_by_their_claimers(bigint), alerts.free_claims(uuid[]) TO hearthwatch_scheduler;

-- Make a case say what one of its findings says. Ingest knows which finding stands, but may not read its words.
CREATE FUNCTION alerts.say_again(held_case uuid, said uuid, gives_way boolean) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE alerts.escalation held SET why = one.sentence, low = one.low, yields = gives_way, why_finding = said
    FROM alerts.finding one
    WHERE held.escalation_id = held_case AND held.state <> 'closed'
      AND one.finding_id = said AND one.escalation_id = held_case
$$;
REVOKE EXECUTE ON FUNCTION alerts.say_again(uuid, uuid, boolean) FROM PUBLIC;
ALTER FUNCTION alerts.say_again(uuid, uuid, boolean) OWNER TO hearthwatch_gate;
GRANT EXECUTE ON FUNCTION alerts.say_again(uuid, uuid, boolean) TO hearthwatch_ingest;

DO $$
DECLARE guarded regclass;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['alerts.policy', 'alerts.hub_revision', 'alerts.escalation', 'alerts.finding',
                                   'alerts.escalation_event', 'alerts.open_question',
                                   'alerts.notice', 'alerts.phone_call']::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', guarded);
    END LOOP;
END $$;

GRANT SELECT ON alerts.visible_score TO hearthwatch_api;
GRANT SELECT ON alerts.policy, alerts.open_question, alerts.hub_revision
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT ON alerts.escalation, alerts.finding, alerts.escalation_event TO hearthwatch_api;
-- Without why, note and words, where people may write names.
GRANT SELECT (escalation_id, resident_id, home_id, hub_id, origin, state, severity, low, yields,
    why_finding, raised_at, deadline_at, closed_at, policy_version) ON alerts.escalation TO hearthwatch_ingest, hearthwatch_scheduler;
-- To find the cases that rest on a reading which turns out to be another resident's.
GRANT SELECT (finding_id, escalation_id, resident_id, rule, severity, low, evidence, found_at) ON alerts.finding TO hearthwatch_ingest;
GRANT SELECT, INSERT ON alerts.score TO hearthwatch_ingest;
GRANT INSERT ON alerts.escalation, alerts.finding, alerts.escalation_event, alerts.hub_revision
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;
GRANT UPDATE (revision) ON alerts.hub_revision TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;
GRANT UPDATE (severity, why, low, yields, why_finding, deadline_at) ON alerts.escalation TO hearthwatch_ingest, hearthwatch_scheduler, hearthwatch_api;
GRANT UPDATE (state, claimed_by, claimed_at, closed_by, closed_at, disposition, note) ON alerts.escalation TO hearthwatch_api;
GRANT INSERT, UPDATE, DELETE ON alerts.open_question TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT, INSERT ON alerts.phone_call TO hearthwatch_api;
GRANT SELECT (resident_id), DELETE ON alerts.phone_call TO hearthwatch_retention;
GRANT SELECT ON alerts.notice TO hearthwatch_api, hearthwatch_ingest;
GRANT INSERT, UPDATE (hub_id, signs, phoned_999, readings, last_at) ON alerts.notice TO hearthwatch_ingest;
GRANT SELECT (home_id, hub_id, acknowledged_at), UPDATE (hub_id) ON alerts.notice TO hearthwatch_scheduler;
GRANT UPDATE (acknowledged_by, acknowledged_at) ON alerts.notice TO hearthwatch_api;
GRANT SELECT, DELETE ON alerts.score TO hearthwatch_retention;
-- An erased case is still counted. Its words are never read.
GRANT SELECT (escalation_id, resident_id, state) ON alerts.escalation TO hearthwatch_retention;
GRANT UPDATE (why, note, low) ON alerts.escalation TO hearthwatch_retention;
GRANT SELECT (finding_id, resident_id), UPDATE (sentence, low, evidence) ON alerts.finding TO hearthwatch_retention;
GRANT SELECT (escalation_id), UPDATE (words, cause_reading_id) ON alerts.escalation_event TO hearthwatch_retention;
GRANT SELECT (resident_id), DELETE ON alerts.open_question TO hearthwatch_retention;

-- A policy is about a hub, never about a person.
CREATE POLICY readable ON alerts.policy FOR SELECT USING (true);
CREATE POLICY processes ON alerts.hub_revision TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY processes ON alerts.escalation TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY processes ON alerts.finding TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY processes ON alerts.escalation_event TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY processes ON alerts.open_question TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);

CREATE POLICY retention ON alerts.escalation TO hearthwatch_retention USING (true) WITH CHECK (true);
CREATE POLICY retention ON alerts.finding TO hearthwatch_retention USING (true) WITH CHECK (true);
CREATE POLICY retention ON alerts.escalation_event TO hearthwatch_retention USING (true) WITH CHECK (true);
CREATE POLICY retention ON alerts.phone_call TO hearthwatch_retention USING (true);
CREATE POLICY retention ON alerts.open_question TO hearthwatch_retention USING (true);

CREATE POLICY hub_desk ON alerts.hub_revision TO hearthwatch_api
    USING (hub_id IN (SELECT delegation.visible_hubs())) WITH CHECK (hub_id IN (SELECT delegation.visible_hubs()));
CREATE POLICY in_scope ON alerts.escalation FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY hub_desk ON alerts.escalation FOR UPDATE TO hearthwatch_api
    USING (hub_id IN (SELECT delegation.visible_hubs())) WITH CHECK (hub_id IN (SELECT delegation.visible_hubs()));
CREATE POLICY hub_desk_raises ON alerts.escalation FOR INSERT TO hearthwatch_api
    WITH CHECK (hub_id IN (SELECT delegation.visible_hubs())
                AND resident_id IN (SELECT delegation.residents_of_visible_homes()));
CREATE POLICY in_scope ON alerts.finding FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY hub_desk_raises ON alerts.finding FOR INSERT TO hearthwatch_api
    WITH CHECK (EXISTS (SELECT FROM alerts.escalation held
                        WHERE held.escalation_id = finding.escalation_id AND held.resident_id = finding.resident_id
                          AND held.hub_id IN (SELECT delegation.visible_hubs())));
CREATE POLICY in_scope ON alerts.escalation_event FOR SELECT TO hearthwatch_api
    USING (EXISTS (SELECT FROM alerts.escalation held WHERE held.escalation_id = escalation_event.escalation_id));
CREATE POLICY hub_desk ON alerts.escalation_event FOR INSERT TO hearthwatch_api
    WITH CHECK (actor_id = delegation.actor() AND hub_id IN (SELECT delegation.visible_hubs())
                AND EXISTS (SELECT FROM alerts.escalation held
                            WHERE held.escalation_id = escalation_event.escalation_id
                              AND held.hub_id = escalation_event.hub_id));
CREATE POLICY hub_desk ON alerts.phone_call FOR SELECT TO hearthwatch_api
    USING (EXISTS (SELECT FROM alerts.escalation held
                   WHERE held.escalation_id = phone_call.escalation_id
                     AND held.hub_id IN (SELECT delegation.visible_hubs())));
CREATE POLICY at_home ON alerts.phone_call FOR SELECT TO hearthwatch_api
    USING (NOT stays_at_hub AND resident_id IN (SELECT delegation.residents_of_visible_homes()));
CREATE POLICY hub_desk_writes ON alerts.phone_call FOR INSERT TO hearthwatch_api
    WITH CHECK (taken_by = delegation.actor()
                AND EXISTS (SELECT FROM alerts.finding
                            WHERE finding.finding_id = phone_call.finding_id
                              AND finding.escalation_id = phone_call.escalation_id)
                AND EXISTS (SELECT FROM alerts.escalation held
                            WHERE held.escalation_id = phone_call.escalation_id
                              AND held.resident_id = phone_call.resident_id
                              AND held.hub_id IN (SELECT delegation.visible_hubs())));
CREATE POLICY door ON alerts.notice TO hearthwatch_ingest USING (true) WITH CHECK (true);
CREATE POLICY follows_the_home ON alerts.notice TO hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY hub_desk ON alerts.notice FOR SELECT TO hearthwatch_api
    USING (hub_id IN (SELECT delegation.visible_hubs()) OR (hub_id IS NULL AND delegation.is_operator()));
-- The home reads what its own kit reported; only the hub acknowledges it.
CREATE POLICY at_home ON alerts.notice FOR SELECT TO hearthwatch_api
    USING (home_id IN (SELECT delegation.visible_homes()));
CREATE POLICY hub_desk_acknowledges ON alerts.notice FOR UPDATE TO hearthwatch_api
    USING (acknowledged_at IS NULL
           AND (hub_id IN (SELECT delegation.visible_hubs()) OR (hub_id IS NULL AND delegation.is_operator())))
    WITH CHECK (acknowledged_by = delegation.actor());
CREATE POLICY in_scope ON alerts.open_question FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));

-- What a commissioner sees of a hub: counts for each of its homes from `since` until `until`, naming nobody. Synthetic
-- residents are left out unless asked for, and pages hide small numbers. A set is due for each resident who lives at
-- the home when its round opens and is not paused then. Sets are due from when the home first had a kit or its form on
-- loan; before that nobody could send one. A set counts once its round is over, so a pause recorded later changes no
-- count. A case counts for the hub that closed it: of a home that has moved to another hub, only those cases are
-- counted.
CREATE FUNCTION alerts.counts_of_hub(wanted uuid, since timestamptz, until timestamptz, with_synthetic boolean)
RETURNS TABLE (home text, could_send_from timestamptz, residents bigint, synthetic bigint, readings bigint, sets_due bigint,
               sets_done bigint, raised bigint[], in_time bigint[], watched boolean)
-- This reads a month of everybody, unlike anything else the api asks.
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog SET enable_seqscan = on AS $$
    WITH homes AS (
        SELECT home.home_id, home.name, home.rounds, home.synthetic, home.hub_id = wanted AS watched,
               (SELECT min(loan.lent_at) FROM devices.kit_loan loan WHERE loan.home_id = home.home_id) AS could_send_from
        FROM delegation.home
        WHERE (home.hub_id = wanted
               OR home.home_id IN (SELECT held.home_id FROM alerts.escalation held
                                   WHERE held.hub_id = wanted AND held.raised_at >= since AND held.raised_at < until))
          AND wanted IN (SELECT held.hub_id FROM delegation.roles_in_force() held WHERE held.role = 'commissioner')
    ), asked AS MATERIALIZED (
        -- Synthetic residents are never counted beside real ones: the difference would reveal the real.
        SELECT with_synthetic AND NOT EXISTS (SELECT FROM delegation.resident JOIN homes USING (home_id)
                                              WHERE NOT (resident.synthetic OR homes.synthetic)) AS too
    ), everybody AS MATERIALIZED (
        SELECT resident.resident_id, homes.home_id, resident.lives_here_from, ended.ended_at,
               resident.no_score_reason IS NOT NULL OR resident.refitted AS not_always_scored,
               resident.synthetic OR homes.synthetic AS made_up
        FROM homes JOIN delegation.resident USING (home_id)
        LEFT JOIN delegation.end_of_care ended ON ended.resident_id = resident.resident_id AND ended.withdrawn_at IS NULL
        WHERE resident.lives_here_from < until AND (ended.ended_at IS NULL OR ended.ended_at > since)
    ), counted AS MATERIALIZED (
        SELECT * FROM everybody WHERE (SELECT too FROM asked) OR NOT made_up
    ), arrived AS MATERIALIZED (
        SELECT reading.kit_id, reading.reading_id, reading.resident_id, reading.home_id, reading.effective_at,
               reading.respiration_rate, reading.spo2, reading.on_oxygen, reading.systolic, reading.pulse,
               reading.consciousness, reading.temperature
        FROM ingest.reading
        WHERE reading.effective_at >= since AND reading.effective_at < until
          AND reading.home_id IN (SELECT homes.home_id FROM homes WHERE homes.watched)
          AND ((SELECT too FROM asked) OR reading.resident_id NOT IN (SELECT resident.resident_id FROM delegation.resident
                                                             JOIN delegation.home USING (home_id)
                                                             WHERE resident.synthetic OR home.synthetic))
    ), theirs AS (
        -- Leaves out readings that were another resident's.
        SELECT arrived.* FROM arrived
        WHERE NOT EXISTS (SELECT FROM ingest.reading_correction said
                          WHERE said.kit_id = arrived.kit_id AND said.reading_id = arrived.reading_id)
    ), days AS (
        SELECT day::date FROM generate_series((since AT TIME ZONE 'Europe/London')::date,
                                              (until AT TIME ZONE 'Europe/London')::date - 1, interval '1 day') AS day
    ), openings AS (
        SELECT homes.home_id, homes.could_send_from, day, hour,
               (day + make_interval(hours => hour::int)) AT TIME ZONE 'Europe/London' - interval '1 hour' AS opens_at
        FROM homes CROSS JOIN days CROSS JOIN LATERAL (SELECT DISTINCT unnest(homes.rounds) AS hour) one
        WHERE homes.watched
    ), slots AS (
        SELECT home_id, could_send_from, opens_at, coalesce(lead(opens_at) OVER (PARTITION BY home_id, day ORDER BY hour),
                                           (day + 1)::timestamp AT TIME ZONE 'Europe/London') AS closes_at
        FROM openings
    ), due AS MATERIALIZED (
        SELECT slots.home_id, counted.resident_id, slots.opens_at, slots.closes_at
        FROM slots JOIN counted USING (home_id)
        WHERE slots.closes_at <= least(until, now()) AND slots.could_send_from <= slots.opens_at
          AND counted.lives_here_from <= slots.opens_at
          AND (counted.ended_at IS NULL OR counted.ended_at >= slots.closes_at)
          AND NOT EXISTS (SELECT FROM delegation.monitoring_pause away
                          WHERE away.resident_id = counted.resident_id
                            AND away.recorded_at < slots.closes_at
                            AND away.starts_at <= slots.opens_at + interval '1 hour'
                            AND away.ends_at > slots.opens_at + interval '1 hour')
    ), full_sets AS MATERIALIZED (
        SELECT standing.resident_id, standing.effective_at
        FROM (SELECT DISTINCT ON (score.effective_at, score.kit_id, score.reading_id, score.resident_id)
                     score.resident_id, score.kit_id, score.reading_id, score.effective_at, score.low, score.high
              FROM alerts.score
              WHERE score.effective_at >= since AND score.effective_at < until
                AND score.resident_id IN (SELECT counted.resident_id FROM counted)
              ORDER BY score.effective_at, score.kit_id, score.reading_id, score.resident_id, score.cause_arrival DESC
             ) standing
        WHERE standing.low = standing.high
          AND NOT EXISTS (SELECT FROM ingest.reading_correction said
                          WHERE said.kit_id = standing.kit_id AND said.reading_id = standing.reading_id
                            AND said.resident_id IS DISTINCT FROM standing.resident_id)
    ), done AS (
        SELECT DISTINCT due.home_id, due.resident_id, due.opens_at
        FROM due JOIN full_sets ON full_sets.resident_id = due.resident_id
                               AND full_sets.effective_at >= due.opens_at AND full_sets.effective_at < due.closes_at
        UNION
        -- Without a score, a full set is all vital signs within the round.
        SELECT due.home_id, due.resident_id, due.opens_at
        FROM due JOIN counted ON counted.resident_id = due.resident_id AND counted.not_always_scored
        JOIN theirs ON theirs.resident_id = due.resident_id
                   AND theirs.effective_at >= due.opens_at AND theirs.effective_at < due.closes_at
        GROUP BY due.home_id, due.resident_id, due.opens_at
        HAVING bool_or(theirs.respiration_rate IS NOT NULL) AND bool_or(theirs.spo2 IS NOT NULL)
           AND bool_or(theirs.on_oxygen IS NOT NULL) AND bool_or(theirs.systolic IS NOT NULL)
           AND bool_or(theirs.pulse IS NOT NULL) AND bool_or(theirs.consciousness IS NOT NULL)
           AND bool_or(theirs.temperature IS NOT NULL)
    ), cases AS MATERIALIZED (
        -- An open case still within its deadline is neither in time nor late.
        SELECT held.home_id, held.severity, held.closed_at <= held.deadline_at AS in_time
        FROM alerts.escalation held
        WHERE held.hub_id = wanted AND held.raised_at >= since AND held.raised_at < until
          AND (held.closed_at IS NOT NULL OR held.deadline_at <= now())
          AND ((SELECT too FROM asked) OR held.resident_id NOT IN (SELECT resident.resident_id FROM delegation.resident
                                                          JOIN delegation.home USING (home_id)
                                                          WHERE resident.synthetic OR home.synthetic))
    )
    SELECT homes.name, homes.could_send_from,
           (SELECT count(*) FROM counted WHERE counted.home_id = homes.home_id),
           (SELECT count(*) FROM everybody WHERE everybody.home_id = homes.home_id AND everybody.made_up),
           (SELECT count(*) FROM arrived WHERE arrived.home_id = homes.home_id),
           (SELECT count(*) FROM due WHERE due.home_id = homes.home_id),
           (SELECT count(*) FROM done WHERE done.home_id = homes.home_id),
           ARRAY(SELECT count(cases.home_id) FROM unnest(enum_range(NULL::alerts.severity)) AS grade
                 LEFT JOIN cases ON cases.severity = grade AND cases.home_id = homes.home_id
                 GROUP BY grade ORDER BY grade),
           ARRAY(SELECT count(cases.home_id) FROM unnest(enum_range(NULL::alerts.severity)) AS grade
                 LEFT JOIN cases ON cases.severity = grade AND cases.home_id = homes.home_id AND cases.in_time
                 GROUP BY grade ORDER BY grade),
           homes.watched
    FROM homes ORDER BY homes.name, homes.home_id
$$;
REVOKE EXECUTE ON FUNCTION alerts.counts_of_hub(uuid, timestamptz, timestamptz, boolean) FROM PUBLIC;
ALTER FUNCTION alerts.counts_of_hub(uuid, timestamptz, timestamptz, boolean) OWNER TO hearthwatch_counter;
GRANT EXECUTE ON FUNCTION alerts.counts_of_hub(uuid, timestamptz, timestamptz, boolean) TO hearthwatch_api;
GRANT SELECT (home_id, hub_id, name, rounds, synthetic) ON delegation.home TO hearthwatch_counter;
GRANT SELECT (home_id, lent_at) ON devices.kit_loan TO hearthwatch_counter;
GRANT SELECT (resident_id, home_id, lives_here_from, no_score_reason, refitted, synthetic) ON delegation.resident TO hearthwatch_counter;
GRANT SELECT (resident_id, ended_at, withdrawn_at) ON delegation.end_of_care TO hearthwatch_counter;
GRANT SELECT (resident_id, starts_at, ends_at, recorded_at) ON delegation.monitoring_pause TO hearthwatch_counter;
GRANT SELECT (reading_id, kit_id, resident_id, home_id, effective_at, respiration_rate, spo2, on_oxygen, systolic, pulse,
    consciousness, temperature) ON ingest.reading TO hearthwatch_counter;
GRANT SELECT (kit_id, reading_id, resident_id) ON ingest.reading_correction TO hearthwatch_counter;
GRANT SELECT (resident_id, kit_id, reading_id, effective_at, low, high, cause_arrival) ON alerts.score TO hearthwatch_counter;
GRANT SELECT (hub_id, home_id, resident_id, severity, raised_at, closed_at, deadline_at) ON alerts.escalation
    TO hearthwatch_counter;

-- Our starting values, for a clinician to change: minutes, except where a name says hours.
INSERT INTO alerts.policy (hub_id, version, in_force_from, recorded_at, body)
VALUES (NULL, 'default-1', '2020-01-01', '2020-01-01', '{
    "window": 30,
    "high_from": 7,
    "medium_from": 5,
    "deadline": {"high": 15, "medium": 60, "low_medium": 60, "concern": 120, "silent": 240},
    "act_within": 240,
    "answer_within": 30,
    "red_vital_sign": "low_medium",
    "could_not_be_excluded": "low_medium",
    "unrecordable": "low_medium",
    "unresponsive": "high",
    "unscored": "high",
    "without_score": "low_medium",
    "personal_limit": "low_medium",
    "limits": {"respiration_rate": [9, 24], "spo2": [92, 100], "systolic": [91, 219], "pulse": [41, 130],
               "temperature": [35.1, 39.0]},
    "silent_after_hours": 26,
    "kit_quiet_after": 240,
    "kit_silent_after_hours": 12
}');
