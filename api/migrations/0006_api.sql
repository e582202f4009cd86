-- Accounts, how people sign in to them, and sessions. Tokens, passwords, PINs and recovery codes are stored only as
-- hashes; secrets of second steps only encrypted. No row security here: somebody who signs in is not an actor yet, and
-- only the api may read these tables.

CREATE TABLE api.account (
    person_id       uuid PRIMARY KEY REFERENCES delegation.person,
    username        text NOT NULL UNIQUE,
    password_hash   text NOT NULL,
    given_until     timestamptz             -- somebody else gave this password, and it expires then
);

-- The secret behind somebody's one-time codes.
CREATE TABLE api.second_step (
    person_id       uuid PRIMARY KEY REFERENCES api.account,
    secret          bytea NOT NULL,
    last_step       bigint NOT NULL DEFAULT 0       -- the half minute of the last code that was taken
);

CREATE TABLE api.recovery_code (
    person_id       uuid NOT NULL REFERENCES api.account,
    code_hash       bytea NOT NULL,
    PRIMARY KEY (person_id, code_hash)
);

-- Sign-in rules by role; the strictest of several roles holds. Data, for an adopter to set.
CREATE TABLE api.sign_in_rule (
    role            text PRIMARY KEY,       -- 'none' is for people without a role
    idle            interval NOT NULL CHECK (idle > interval '0'),
    longest         interval NOT NULL CHECK (longest >= idle),
    second_step     boolean NOT NULL,
    pin_for         interval,               -- how long after a full sign-in on a shared tablet a PIN is good there
    pin_idle        interval,               -- how long such a session lasts unused
    CHECK ((pin_for IS NULL) = (pin_idle IS NULL))
);
INSERT INTO api.sign_in_rule VALUES
    ('none',          '30 minutes', '12 hours', false, NULL, NULL),
    ('care_worker',   '30 minutes', '12 hours', false, '16 hours', '10 minutes'),
    ('carer',         '30 minutes', '12 hours', false, NULL, NULL),
    ('home_manager',  '30 minutes', '12 hours', false, NULL, NULL),
    ('trainer',       '30 minutes', '12 hours', false, NULL, NULL),
    ('delegating_professional', '30 minutes', '12 hours', false, NULL, NULL),
    ('commissioner',  '30 minutes', '12 hours', false, NULL, NULL),
    ('hub_clinician', '30 minutes', '12 hours', true,  NULL, NULL),
    ('hub_lead',      '30 minutes', '12 hours', true,  NULL, NULL),
    ('operator',      '15 minutes', '8 hours',  true,  NULL, NULL);

-- A shared tablet in a home: a browser that the home's manager enrolled.
CREATE TABLE api.tablet (
    tablet_id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    token_hash      bytea NOT NULL UNIQUE,
    home_id         uuid NOT NULL REFERENCES delegation.home,
    name            text NOT NULL CHECK (name <> ''),
    enrolled_by     uuid NOT NULL REFERENCES delegation.person,
    enrolled_at     timestamptz NOT NULL
);
CREATE INDEX tablet_by_home ON api.tablet (home_id);

-- A PIN is good on one tablet, for a person who signed in fully there. Their name is shown before anybody signs in.
CREATE TABLE api.tablet_pin (
    tablet_id       uuid NOT NULL REFERENCES api.tablet ON DELETE CASCADE,
    person_id       uuid NOT NULL REFERENCES api.account,
    name            text NOT NULL,
    pin_hash        text NOT NULL,
    wrong           smallint NOT NULL DEFAULT 0,
    good_until      timestamptz NOT NULL,
    PRIMARY KEY (tablet_id, person_id)
);

CREATE TABLE api.session (
    token_hash      bytea PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES delegation.person,
    started_at      timestamptz NOT NULL,
    last_used_at    timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    session_id      uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,     -- the id by which its owner ends it
    idle            interval NOT NULL DEFAULT '30 minutes',
    step            text NOT NULL DEFAULT 'done' CHECK (step IN ('code', 'new_password', 'enrolment', 'done')),
    roles_hash      bytea NOT NULL DEFAULT '',                          -- the owner's roles when it began
    browser         text NOT NULL DEFAULT '',
    known_by        text NOT NULL DEFAULT 'session' CHECK (known_by IN ('session', 'pin')),
    tablet_id       uuid REFERENCES api.tablet ON DELETE CASCADE,
    pending         bytea,      -- a second step's secret shown in this session and not confirmed yet
    CHECK (known_by = 'session' OR tablet_id IS NOT NULL)
);
CREATE INDEX session_by_person ON api.session (person_id);

-- Accounts that their owners joined to the organisation's sign-in service, by that service's subject.
CREATE TABLE api.openid_identity (
    issuer          text NOT NULL,
    subject         text NOT NULL,
    person_id       uuid NOT NULL REFERENCES api.account,
    PRIMARY KEY (issuer, subject)
);

-- One visit to the sign-in service, to sign in or to join the account of `person_id`; good once.
CREATE TABLE api.openid_try (
    state_hash      bytea PRIMARY KEY,
    nonce           text NOT NULL,
    verifier        text NOT NULL,
    heading_for     text NOT NULL,
    begun_at        timestamptz NOT NULL,
    begun_from      bytea NOT NULL,         -- the address, as SHA-256: few tries of one may wait
    person_id       uuid REFERENCES api.account
);
CREATE INDEX openid_try_by_address ON api.openid_try (begun_from, begun_at);

-- A browser somebody signed in with before. It has its own tries, which nobody else can use up.
CREATE TABLE api.known_browser (
    token_hash      bytea PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES api.account,
    last_used_at    timestamptz NOT NULL
);
CREATE INDEX known_browser_by_person ON api.known_browser (person_id, last_used_at);

-- Recent tries, counted for all processes together, by account, address and known browser. The key is kept as SHA-256:
-- what was typed as a name may be a password.
CREATE TABLE api.sign_in_try (
    counted_hash    bytea PRIMARY KEY,
    tries           double precision NOT NULL,          -- some fade a little at a time
    last_at         timestamptz NOT NULL,
    again_at        timestamptz NOT NULL
);

-- Refused tries, until the scheduler has written their minute to the audit. What was typed is not kept.
CREATE TABLE api.refused_sign_in (
    minute          timestamptz NOT NULL,
    subject         text NOT NULL,          -- a person, or nobody
    network         text NOT NULL,
    refusal         text NOT NULL CHECK (refusal IN ('refused', 'throttled')),
    tries           integer NOT NULL CHECK (tries > 0),
    PRIMARY KEY (minute, subject, network, refusal)
);
GRANT SELECT, INSERT, UPDATE (tries) ON api.refused_sign_in TO hearthwatch_api;
GRANT SELECT, DELETE ON api.refused_sign_in TO hearthwatch_scheduler;

GRANT SELECT, INSERT ON api.account TO hearthwatch_api;
GRANT UPDATE (password_hash, given_until) ON api.account TO hearthwatch_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.second_step TO hearthwatch_api;
GRANT SELECT, INSERT, DELETE ON api.recovery_code TO hearthwatch_api;
GRANT SELECT, INSERT, DELETE ON api.tablet TO hearthwatch_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.tablet_pin TO hearthwatch_api;
GRANT SELECT ON api.sign_in_rule TO hearthwatch_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.session TO hearthwatch_api;
GRANT SELECT (token_hash, ends_at), DELETE ON api.session TO hearthwatch_scheduler;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.openid_identity TO hearthwatch_api;
GRANT SELECT, INSERT, DELETE ON api.openid_try TO hearthwatch_api;
GRANT SELECT (begun_at), DELETE ON api.openid_try TO hearthwatch_scheduler;
GRANT SELECT, INSERT, DELETE ON api.known_browser TO hearthwatch_api;
GRANT SELECT (last_used_at), DELETE ON api.known_browser TO hearthwatch_scheduler;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.sign_in_try TO hearthwatch_api;
GRANT SELECT (last_at), DELETE ON api.sign_in_try TO hearthwatch_scheduler;

-- Lets a process check, before it starts, whether the schema is the one it was written for.
CREATE FUNCTION api.migrations_ran() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT name FROM api.migration';
REVOKE EXECUTE ON FUNCTION api.migrations_ran() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api.migrations_ran()
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler, hearthwatch_retention;
GRANT USAGE ON SCHEMA api TO hearthwatch_ingest, hearthwatch_retention;

-- A row's position and its transaction number reveal rows in between, so the api may read only a table's own columns.
DO $$
DECLARE read record;
BEGIN
    FOR read IN
        SELECT oid::regclass AS relation,
               (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
                WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns
        FROM pg_class
        WHERE relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api') AND relkind IN ('r', 'p')
          AND has_table_privilege('hearthwatch_api', oid, 'SELECT')
    LOOP
        EXECUTE format('REVOKE SELECT ON %s FROM hearthwatch_api', read.relation);
        EXECUTE format('GRANT SELECT (%s) ON %s TO hearthwatch_api', read.columns, read.relation);
    END LOOP;
END $$;

-- The planner keeps no statistics about whom a row concerns: EXPLAIN's estimates would reveal rows that row security
-- hides. Lookups by person use an index anyway.
DO $$
DECLARE about record;
BEGIN
    FOR about IN
        SELECT attrelid::regclass AS relation, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace::regnamespace::text IN ('delegation', 'ingest', 'alerts') AND relkind IN ('r', 'p')
          AND (attname IN ('resident_id', 'person_id')
               OR (attrelid IN ('delegation.resident'::regclass, 'delegation.person'::regclass) AND attnum > 0
                   AND attname NOT IN ('home_id', 'synthetic') AND NOT attisdropped))
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', about.relation, about.attname);
    END LOOP;
END $$;
