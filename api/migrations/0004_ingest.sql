-- Readings: how they come in, and who may read them. Identity is in a plain table; readings are immutable.

CREATE TABLE ingest.seen (
    kit_id          uuid NOT NULL,
    reading_id      uuid NOT NULL,
    digest          bytea NOT NULL,             -- SHA-256 of the content: same id, other content is a conflict
    resident_id     uuid NOT NULL,
    effective_at    timestamptz NOT NULL,       -- so that a reading can be found in one chunk
    PRIMARY KEY (kit_id, reading_id)
);

CREATE TABLE ingest.reading (
    reading_id      uuid NOT NULL,
    kit_id          uuid NOT NULL,
    resident_id     uuid NOT NULL,
    home_id         uuid NOT NULL,
    arrival_number  bigint NOT NULL,            -- per resident, given under the resident's lock
    arrived_at      timestamptz NOT NULL,
    taken_at        timestamptz NOT NULL,       -- as claimed
    effective_at    timestamptz NOT NULL,       -- what we order by
    taken_by        uuid,
    operator_known_by text,
    competence      text NOT NULL,              -- the label fixed at arrival
    competence_lacking jsonb,                   -- activities the operator was not fully signed off for, with labels
    device_kind     text NOT NULL,
    device_model    text,
    device_serial   text,
    outbox_epoch    uuid NOT NULL,
    seq             bigint NOT NULL,
    respiration_rate numeric,
    spo2            numeric,
    on_oxygen       boolean,
    systolic        numeric,
    diastolic       numeric,
    pulse           numeric,
    consciousness   text,
    temperature     numeric,
    flags           text[] NOT NULL,
    not_obtained    jsonb,
    unusable        jsonb,                      -- the raw value of what could not be used
    observations    jsonb                       -- soft signs, worry, 999 signs, lung sounds, octets, method, quality
);
SELECT api.partition_by_time('ingest.reading', 'effective_at');
CREATE INDEX reading_by_resident ON ingest.reading (resident_id, effective_at DESC);

-- A correction never changes a reading: the views apply it, and the newest one counts. Its number is in the sequence of
-- the resident it names, so that all agree on what was known there and when.
CREATE TABLE ingest.reading_correction (
    correction_id   bigint NOT NULL,            -- counted per reading, so it reveals nothing of others
    kit_id          uuid NOT NULL,
    reading_id      uuid NOT NULL,
    effective_at    timestamptz NOT NULL,       -- the reading's, so that it can be found in one chunk
    stored_for      uuid NOT NULL,              -- whom it was sent for
    held_for        uuid,                       -- whom it counted for until now
    gone_number     bigint,                     -- the number from which it no longer counts for held_for
    resident_id     uuid,                       -- whose it is. NULL: unknown
    arrival_number  bigint,
    reason          text NOT NULL CHECK (reason IN ('wrong_resident_chosen', 'kit_used_for_another',
                        'corrected_by_mistake', 'not_known_how')),
    corrected_by    uuid NOT NULL,
    corrected_at    timestamptz NOT NULL,
    PRIMARY KEY (kit_id, reading_id, correction_id),
    CHECK ((resident_id IS NULL) = (arrival_number IS NULL)),
    CHECK (held_for IS NOT NULL OR gone_number IS NULL),
    CHECK (resident_id IS DISTINCT FROM held_for)
);
CREATE INDEX reading_correction_by_resident ON ingest.reading_correction (resident_id, effective_at);

CREATE TABLE ingest.current_vitals (
    resident_id     uuid PRIMARY KEY,
    arrivals        bigint NOT NULL DEFAULT 0,
    last_arrived_at timestamptz,
    last_news_at    timestamptz,                -- the last arrival that said anything: silence is measured by this
    last_effective_at timestamptz,
    signs           jsonb NOT NULL DEFAULT '{}' -- sign -> {value, effective_at, arrival, kit, reading}
) WITH (fillfactor = 60);

CREATE TABLE ingest.quarantine (
    quarantine_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kit_id          uuid,                       -- of the topic; NULL when even that cannot be read
    reading_id      uuid,
    topic           text NOT NULL,
    payload         bytea NOT NULL,
    cut_from        integer CHECK (cut_from > octet_length(payload)),   -- its length, where this is only its beginning
    payload_sha256  bytea NOT NULL,
    reason          text NOT NULL,
    detail          text NOT NULL,
    arrived_at      timestamptz NOT NULL,
    last_arrived_at timestamptz NOT NULL,
    waited_at_most  interval,                   -- at the broker, before it arrived; NULL where nobody knows
    deliveries      integer NOT NULL DEFAULT 1,
    replayed_at     timestamptz,
    replay_outcome  text
);
CREATE UNIQUE INDEX quarantine_once ON ingest.quarantine (coalesce(kit_id, '00000000-0000-0000-0000-000000000000'), payload_sha256);
CREATE INDEX quarantine_by_reading ON ingest.quarantine (kit_id, reading_id) WHERE reading_id IS NOT NULL;

-- How much of each sender's quarantine was kept whole on its last day; unknown kits share one sender.
CREATE TABLE ingest.quarantine_quota (
    sender          uuid PRIMARY KEY,
    day             date NOT NULL,
    bytes           bigint NOT NULL
);
ALTER TABLE ingest.quarantine_quota ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.quarantine_quota FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON ingest.quarantine_quota TO hearthwatch_ingest;
CREATE POLICY door ON ingest.quarantine_quota TO hearthwatch_ingest USING (true) WITH CHECK (true);

-- Messages to kits; only ingest publishes them. Claimed with a lease, sent, then marked: at least once.
CREATE TABLE ingest.outbox (
    outbox_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kit_id          uuid NOT NULL,
    leaf            text NOT NULL CHECK (leaf IN ('messages', 'config')),
    payload         jsonb NOT NULL,
    dedupe_key      text NOT NULL UNIQUE,
    created_at      timestamptz NOT NULL,
    leased_until    timestamptz,
    sent_at         timestamptz
);
CREATE INDEX outbox_waiting ON ingest.outbox (outbox_id) WHERE sent_at IS NULL;

-- When ingest, on each partition, and the scheduler last worked. A page must not look live when nothing comes in.
CREATE TABLE ingest.heartbeat (
    process         text NOT NULL CHECK (process IN ('ingest', 'scheduler')),
    partition       smallint NOT NULL CHECK (partition BETWEEN 0 AND 15),  -- 0 where all are worked on as one
    beat_at         timestamptz NOT NULL,
    PRIMARY KEY (process, partition)
);
GRANT SELECT ON ingest.heartbeat TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;
GRANT INSERT, UPDATE ON ingest.heartbeat TO hearthwatch_ingest, hearthwatch_scheduler;

-- Which ingest workers run, and which partitions each has leased, so that two rarely meet on one resident.
CREATE TABLE ingest.worker (
    worker          text PRIMARY KEY,           -- its name at the broker
    works_until     timestamptz NOT NULL        -- unless renewed before then
);
CREATE TABLE ingest.partition_lease (
    partition       smallint PRIMARY KEY CHECK (partition BETWEEN 0 AND 15),
    worker          text NOT NULL REFERENCES ingest.worker ON DELETE CASCADE,
    taken_at        timestamptz NOT NULL
);
GRANT SELECT ON ingest.worker, ingest.partition_lease TO hearthwatch_api, hearthwatch_ingest;
GRANT INSERT, UPDATE, DELETE ON ingest.worker, ingest.partition_lease TO hearthwatch_ingest;

-- Which life of the database this is. A promoted standby, a restored dump and a declared restore each give another
-- epoch. No process may read or write the table itself.
CREATE TABLE ingest.declared_epoch (
    declared_at     timestamptz PRIMARY KEY,
    reason          text NOT NULL
);
CREATE FUNCTION ingest.epoch() RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT md5(concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()),
        substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'ingest.seen'::regclass::oid,       -- made anew where a dump is restored in place
        (SELECT string_agg(extract(epoch FROM declared_at)::text, '/' ORDER BY declared_at)
         FROM ingest.declared_epoch)))::uuid
$$;
REVOKE EXECUTE ON FUNCTION ingest.epoch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.epoch() TO hearthwatch_ingest, hearthwatch_api, hearthwatch_scheduler;

-- The first lock in the one lock order, for processes that change what is known of residents.
CREATE FUNCTION ingest.lock_residents(residents uuid[]) RETURNS SETOF ingest.current_vitals
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO ingest.current_vitals (resident_id)
        SELECT DISTINCT id FROM unnest(residents) AS wanted (id) ORDER BY id
        ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT * FROM ingest.current_vitals WHERE resident_id = ANY (residents) ORDER BY resident_id FOR UPDATE;
END $$;
REVOKE EXECUTE ON FUNCTION ingest.lock_residents(uuid[]) FROM PUBLIC;

-- Claim the identities of readings, in the order given. If all are new and it is asked to, it then locks their
-- residents and returns what is known of them. Otherwise it returns which were claimed before and locks nobody:
-- conflicting readings go to quarantine first.
CREATE FUNCTION ingest.claim(
    kits uuid[], readings uuid[], digests bytea[], residents uuid[], moments timestamptz[], locking boolean)
RETURNS TABLE (seen_before bigint, resident_id uuid, arrivals bigint, last_effective_at timestamptz, signs jsonb)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    not_new bigint[];
BEGIN
    WITH given AS (
        SELECT * FROM unnest(kits, readings, digests, residents, moments)
            WITH ORDINALITY AS one (kit, reading, digest, resident, moment, number)
    ), claimed AS (
        INSERT INTO ingest.seen AS seen (kit_id, reading_id, digest, resident_id, effective_at)
        SELECT kit, reading, digest, resident, moment FROM given ORDER BY number
        ON CONFLICT DO NOTHING
        RETURNING seen.kit_id, seen.reading_id
    )
    SELECT array_agg(number) INTO not_new FROM given WHERE (kit, reading) NOT IN (SELECT * FROM claimed);
    IF not_new IS NOT NULL THEN
        RETURN QUERY SELECT one, NULL::uuid, NULL::bigint, NULL::timestamptz, NULL::jsonb FROM unnest(not_new) AS one;
    ELSIF locking THEN
        RETURN QUERY SELECT NULL::bigint, known.resident_id, known.arrivals, known.last_effective_at, known.signs
            FROM ingest.lock_residents(residents) AS known;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION ingest.claim(uuid[], uuid[], bytea[], uuid[], timestamptz[], boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest.claim(uuid[], uuid[], bytea[], uuid[], timestamptz[], boolean) TO hearthwatch_ingest;

-- The same lock for a signed-in person. It returns nothing, and locks no resident outside the actor's scope.
CREATE FUNCTION ingest.lock_visible_resident(resident uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF resident IN (SELECT delegation.visible_residents()) THEN
        PERFORM ingest.lock_residents(ARRAY[resident]);
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION ingest.lock_visible_resident(uuid) FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE ON ingest.current_vitals TO hearthwatch_gate;
ALTER FUNCTION ingest.lock_residents(uuid[]) OWNER TO hearthwatch_gate;
ALTER FUNCTION ingest.lock_visible_resident(uuid) OWNER TO hearthwatch_gate;

-- What an actor may read. Row security does not reach a hypertable's chunks, so only the view's owner may select.
GRANT SELECT ON ingest.reading, ingest.reading_correction TO hearthwatch_reader;
-- A corrected reading is shown with everybody who ever had it, and counts for the resident it belongs to. An actor who
-- sees residents one by one, not through their home, sees only readings that count: another's may name that person. The
-- scope is applied outside the union; inside its halves it would be no barrier.
CREATE VIEW ingest.visible_reading WITH (security_barrier) AS
SELECT * FROM (
    SELECT reading.*, coalesce(last.resident_id = reading.resident_id, last.corrected_at IS NULL) AS counts,
           coalesce(last.correction_id, 0) AS correction, last.reason AS correction_reason, last.corrected_at,
           last.corrected_by
    FROM ingest.reading
    LEFT JOIN LATERAL (
        SELECT c.correction_id, c.resident_id, c.reason, c.corrected_at, c.corrected_by
        FROM ingest.reading_correction c
        WHERE c.kit_id = reading.kit_id AND c.reading_id = reading.reading_id
        ORDER BY c.correction_id DESC LIMIT 1
    ) last ON true
    UNION ALL
    SELECT reading.reading_id, reading.kit_id, held.resident_id, reading.home_id, held.arrival_number,
           reading.arrived_at, reading.taken_at, reading.effective_at, reading.taken_by,
           reading.operator_known_by, reading.competence, reading.competence_lacking, reading.device_kind,
           reading.device_model, reading.device_serial, reading.outbox_epoch, reading.seq,
           reading.respiration_rate, reading.spo2,
           reading.on_oxygen, reading.systolic, reading.diastolic, reading.pulse, reading.consciousness,
           reading.temperature, reading.flags, reading.not_obtained, reading.unusable, reading.observations,
           coalesce(last.resident_id = held.resident_id, false), last.correction_id, last.reason, last.corrected_at,
           last.corrected_by
    FROM ingest.reading_correction held
    JOIN ingest.reading ON reading.resident_id = held.stored_for AND reading.effective_at = held.effective_at
                       AND reading.kit_id = held.kit_id AND reading.reading_id = held.reading_id
    CROSS JOIN LATERAL (
        SELECT c.correction_id, c.resident_id, c.reason, c.corrected_at, c.corrected_by
        FROM ingest.reading_correction c
        WHERE c.kit_id = held.kit_id AND c.reading_id = held.reading_id
        ORDER BY c.correction_id DESC LIMIT 1
    ) last
    WHERE held.resident_id <> held.stored_for
      AND NOT EXISTS (SELECT FROM ingest.reading_correction again
                      WHERE again.kit_id = held.kit_id AND again.reading_id = held.reading_id
                        AND again.resident_id = held.resident_id AND again.correction_id > held.correction_id)
) shown
WHERE resident_id IN (SELECT delegation.visible_residents())
  AND (counts OR resident_id IN (SELECT delegation.residents_of_visible_homes()));
ALTER VIEW ingest.visible_reading OWNER TO hearthwatch_reader;
GRANT SELECT ON ingest.visible_reading TO hearthwatch_api;

ALTER TABLE ingest.seen ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.seen FORCE ROW LEVEL SECURITY;
ALTER TABLE ingest.current_vitals ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.current_vitals FORCE ROW LEVEL SECURITY;
ALTER TABLE ingest.quarantine ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.quarantine FORCE ROW LEVEL SECURITY;
ALTER TABLE ingest.reading_correction ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.reading_correction FORCE ROW LEVEL SECURITY;
ALTER TABLE ingest.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest.outbox FORCE ROW LEVEL SECURITY;

GRANT SELECT ON ingest.current_vitals TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;
GRANT UPDATE ON ingest.current_vitals TO hearthwatch_ingest;
GRANT EXECUTE ON FUNCTION ingest.lock_residents(uuid[]) TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT EXECUTE ON FUNCTION ingest.lock_visible_resident(uuid) TO hearthwatch_api;
GRANT SELECT, INSERT ON ingest.seen, ingest.reading, ingest.quarantine, ingest.outbox, ingest.reading_correction TO hearthwatch_ingest;
GRANT UPDATE (last_arrived_at, deliveries, replayed_at, replay_outcome) ON ingest.quarantine TO hearthwatch_ingest;
GRANT UPDATE (leased_until, sent_at) ON ingest.outbox TO hearthwatch_ingest;
GRANT SELECT ON ingest.seen, ingest.quarantine, ingest.reading_correction TO hearthwatch_api;
-- Identities are kept after erasure, so that a kit which sends an erased reading again is told `duplicate`.
GRANT SELECT ON ingest.seen TO hearthwatch_retention;
GRANT SELECT, DELETE ON ingest.reading, ingest.reading_correction TO hearthwatch_retention;
GRANT SELECT (quarantine_id, kit_id, reading_id, payload), DELETE ON ingest.quarantine TO hearthwatch_retention;
GRANT SELECT, UPDATE (last_arrived_at, last_news_at, last_effective_at, signs) ON ingest.current_vitals TO hearthwatch_retention;
GRANT EXECUTE ON FUNCTION ingest.lock_residents(uuid[]) TO hearthwatch_retention;

CREATE POLICY door ON ingest.seen TO hearthwatch_ingest USING (true) WITH CHECK (true);
CREATE POLICY operator_counts ON ingest.seen FOR SELECT TO hearthwatch_api
    USING (delegation.is_operator() OR resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY retention ON ingest.seen FOR SELECT TO hearthwatch_retention USING (true);
CREATE POLICY retention ON ingest.reading_correction TO hearthwatch_retention USING (true);
CREATE POLICY retention ON ingest.quarantine TO hearthwatch_retention USING (true);
CREATE POLICY retention ON ingest.current_vitals TO hearthwatch_retention USING (true) WITH CHECK (true);
CREATE POLICY door ON ingest.current_vitals TO hearthwatch_ingest, hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY in_scope ON ingest.current_vitals FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY door ON ingest.quarantine TO hearthwatch_ingest USING (true) WITH CHECK (true);
CREATE POLICY door ON ingest.outbox TO hearthwatch_ingest USING (true) WITH CHECK (true);
CREATE POLICY operator ON ingest.quarantine FOR SELECT TO hearthwatch_api USING (delegation.is_operator());
CREATE POLICY door ON ingest.reading_correction TO hearthwatch_ingest USING (true) WITH CHECK (true);
CREATE POLICY in_scope ON ingest.reading_correction FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY view_owner ON ingest.reading_correction FOR SELECT TO hearthwatch_reader USING (true);
