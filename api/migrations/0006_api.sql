-- Accounts, how people sign in to them, and sessions. Tokens, passwords, PINs and recovery codes are stored only as
-- hashes, secrets of second steps only encrypted.
-- No row security here: whoever signs in is not an actor yet, and only the api may look at all.

CREATE TABLE api.account (
    person_id       uuid PRIMARY KEY REFERENCES delegation.person,
    username        text NOT NULL UNIQUE,
    password_hash   text NOT NULL,
    given_until     timestamptz             -- somebody else gave this password: it is changed by then, or worth nothing
);

-- Where somebody's codes come from. A secret that no code of was typed in yet is pending, beside the one that counts.
CREATE TABLE api.second_step (
    person_id       uuid PRIMARY KEY REFERENCES api.account,
    secret          bytea,
    pending         bytea,
    last_step       bigint NOT NULL DEFAULT 0       -- the half minute of the last code that was taken
);

CREATE TABLE api.recovery_code (
    person_id       uuid NOT NULL REFERENCES api.account,
    code_hash       bytea NOT NULL,
    PRIMARY KEY (person_id, code_hash)
);

-- What holds for whoever signs in, by the role they hold; of several roles the strictest. Data, for an adopter to set.
CREATE TABLE api.sign_in_rule (
    role            text PRIMARY KEY,       -- 'none' is for whoever holds none
    idle            interval NOT NULL CHECK (idle > interval '0'),
    longest         interval NOT NULL CHECK (longest >= idle),
    second_step     boolean NOT NULL
);
INSERT INTO api.sign_in_rule VALUES
    ('none',          '30 minutes', '12 hours', false),
    ('care_worker',   '30 minutes', '12 hours', false),
    ('carer',         '30 minutes', '12 hours', false),
    ('home_manager',  '30 minutes', '12 hours', false),
    ('trainer',       '30 minutes', '12 hours', false),
    ('hub_clinician', '30 minutes', '12 hours', true),
    ('hub_lead',      '30 minutes', '12 hours', true),
    ('operator',      '15 minutes', '8 hours',  true);

CREATE TABLE api.session (
    token_hash      bytea PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES delegation.person,
    started_at      timestamptz NOT NULL,
    last_used_at    timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    session_id      uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,     -- what its owner ends it by
    idle            interval NOT NULL DEFAULT '30 minutes',
    step            text NOT NULL DEFAULT 'done' CHECK (step IN ('code', 'new_password', 'enrolment', 'done')),
    roles_hash      bytea NOT NULL DEFAULT '',                          -- of what its owner might do when it began
    browser         text NOT NULL DEFAULT ''
);
CREATE INDEX session_by_person ON api.session (person_id);

-- A browser that somebody signed in with before: it has tries of its own, which nobody else can use up.
CREATE TABLE api.known_browser (
    token_hash      bytea PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES api.account,
    last_used_at    timestamptz NOT NULL
);
CREATE INDEX known_browser_by_person ON api.known_browser (person_id, last_used_at);

-- Tries that were looked at of late, for all processes together, by what they are counted against: an account, an
-- address, a known browser. It is kept as SHA-256: a name may be nobody's, and a password in the wrong field.
CREATE TABLE api.sign_in_try (
    counted_hash    bytea PRIMARY KEY,
    tries           integer NOT NULL,
    last_at         timestamptz NOT NULL,
    again_at        timestamptz NOT NULL
);

GRANT SELECT ON api.account TO hearthwatch_api;
GRANT UPDATE (password_hash, given_until) ON api.account TO hearthwatch_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.second_step TO hearthwatch_api;
GRANT SELECT, INSERT, DELETE ON api.recovery_code TO hearthwatch_api;
GRANT SELECT ON api.sign_in_rule TO hearthwatch_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.session TO hearthwatch_api;
GRANT SELECT (token_hash, ends_at), DELETE ON api.session TO hearthwatch_scheduler;
GRANT SELECT, INSERT, DELETE ON api.known_browser TO hearthwatch_api;
GRANT SELECT (last_used_at), DELETE ON api.known_browser TO hearthwatch_scheduler;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.sign_in_try TO hearthwatch_api;
GRANT SELECT (last_at), DELETE ON api.sign_in_try TO hearthwatch_scheduler;
