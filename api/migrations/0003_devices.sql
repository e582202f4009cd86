-- Kits and the homes they are lent to.

CREATE TABLE devices.kit (
    kit_id          uuid PRIMARY KEY,
    partition       smallint NOT NULL CHECK (partition BETWEEN 0 AND 15),
    kind            text NOT NULL CHECK (kind IN ('kit', 'web')),     -- 'web': the capture form of a home
    enrolled_at     timestamptz NOT NULL,
    revoked_at      timestamptz
);

CREATE TABLE devices.kit_loan (
    loan_id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kit_id          uuid NOT NULL REFERENCES devices.kit,
    home_id         uuid NOT NULL REFERENCES delegation.home,
    lent_at         timestamptz NOT NULL,
    returned_at     timestamptz CHECK (returned_at > lent_at)
);
CREATE UNIQUE INDEX one_loan_at_a_time ON devices.kit_loan (kit_id) WHERE returned_at IS NULL;
CREATE INDEX kit_loan_by_home ON devices.kit_loan (home_id);

CREATE TABLE devices.kit_status (
    kit_id          uuid PRIMARY KEY REFERENCES devices.kit,
    heard_at        timestamptz NOT NULL,               -- arrival, on the hub's clock
    online          boolean NOT NULL,
    outbox_length   integer,
    battery         smallint,
    clock_skew_s    double precision,                   -- believed: how far it is ahead; negative where behind
    skew_said_s     double precision,                   -- as a status said, which may have waited on its way
    skew_said_at    timestamptz,
    sent_seq        bigint,
    not_kept_whole  integer,                            -- quarantined readings of which only the kit has the whole
    let_go          integer,                            -- of those: deleted there since, because there were too many
    disk_full       boolean                             -- full or broken: it keeps no reading that is new
);

ALTER TABLE devices.kit ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices.kit FORCE ROW LEVEL SECURITY;
ALTER TABLE devices.kit_loan ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices.kit_loan FORCE ROW LEVEL SECURITY;
ALTER TABLE devices.kit_status ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices.kit_status FORCE ROW LEVEL SECURITY;

GRANT SELECT ON devices.kit, devices.kit_loan, devices.kit_status
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler, hearthwatch_gate;
GRANT INSERT, UPDATE ON devices.kit_status TO hearthwatch_ingest;

-- A kit that moved to another home is visible to that home, and no longer to the old one.
CREATE FUNCTION devices.visible_kits() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT kit_id FROM devices.kit_loan
    WHERE returned_at IS NULL AND home_id IN (SELECT delegation.visible_homes())
    UNION
    SELECT kit_id FROM devices.kit WHERE delegation.is_operator()
$$;
ALTER FUNCTION devices.visible_kits() OWNER TO hearthwatch_gate;

-- Each kit's home, for an operator who must telephone: its name and nothing else.
CREATE FUNCTION devices.kits_at_homes() RETURNS TABLE (kit_id uuid, home_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT loan.kit_id, home.name
    FROM devices.kit_loan loan JOIN delegation.home USING (home_id)
    WHERE loan.returned_at IS NULL AND delegation.is_operator()
$$;
ALTER FUNCTION devices.kits_at_homes() OWNER TO hearthwatch_gate;

CREATE POLICY in_scope ON devices.kit FOR SELECT TO hearthwatch_api USING (kit_id IN (SELECT devices.visible_kits()));
CREATE POLICY in_scope ON devices.kit_loan FOR SELECT TO hearthwatch_api
    USING (home_id IN (SELECT delegation.visible_homes()) OR delegation.is_operator());
CREATE POLICY in_scope ON devices.kit_status FOR SELECT TO hearthwatch_api USING (kit_id IN (SELECT devices.visible_kits()));
CREATE POLICY processes ON devices.kit FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY processes ON devices.kit_loan FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY processes ON devices.kit_status TO hearthwatch_ingest USING (true) WITH CHECK (true);
CREATE POLICY watching ON devices.kit_status FOR SELECT TO hearthwatch_scheduler USING (true);
