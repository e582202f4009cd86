-- Accounts and sessions. Tokens and passwords are stored only as hashes.
-- No row security here: whoever signs in is not an actor yet, and only the api may look at all.

CREATE TABLE api.account (
    person_id       uuid PRIMARY KEY REFERENCES delegation.person,
    username        text NOT NULL UNIQUE,
    password_hash   text NOT NULL
);

CREATE TABLE api.session (
    token_hash      bytea PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES delegation.person,
    started_at      timestamptz NOT NULL,
    last_used_at    timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL
);
CREATE INDEX session_by_person ON api.session (person_id);

-- Tries at passwords since the last success, for all processes together. The name that was typed is kept as its
-- SHA-256: it may be nobody's, and it may be a password in the wrong field.
CREATE TABLE api.sign_in_try (
    name_hash       bytea PRIMARY KEY,
    tries           integer NOT NULL,
    last_at         timestamptz NOT NULL,
    again_at        timestamptz NOT NULL
);

GRANT SELECT ON api.account TO hearthwatch_api;
GRANT UPDATE (password_hash) ON api.account TO hearthwatch_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.session TO hearthwatch_api;
GRANT SELECT (token_hash, ends_at), DELETE ON api.session TO hearthwatch_scheduler;
GRANT SELECT, INSERT, UPDATE, DELETE ON api.sign_in_try TO hearthwatch_api;
GRANT SELECT (last_at), DELETE ON api.sign_in_try TO hearthwatch_scheduler;
