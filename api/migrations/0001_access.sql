-- Who the processes are, before there is anything to see.
-- Each process signs in as its own role. Roles that own the doors (scope functions, views) cannot sign in.

DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['hearthwatch_api', 'hearthwatch_ingest', 'hearthwatch_scheduler', 'hearthwatch_retention']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', wanted);
        END IF;
        -- What was said to be stored is on the disk, whatever the server's or the database's default is.
        -- Only where it is not said yet: roles are the whole server's, and another database may be made meanwhile.
        IF NOT EXISTS (SELECT FROM pg_db_role_setting said JOIN pg_roles role ON role.oid = said.setrole
                       WHERE role.rolname = wanted AND said.setdatabase = 0
                         AND 'synchronous_commit=on' = ANY (said.setconfig)) THEN
            EXECUTE format('ALTER ROLE %I SET synchronous_commit = on', wanted);
        END IF;
    END LOOP;
    -- The planner keeps no statistics of whom a row is about, so for many residents at once it would read all that is
    -- stored of everybody. Whatever ingest and the pages look for has an index.
    FOREACH wanted IN ARRAY ARRAY['hearthwatch_api', 'hearthwatch_ingest']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_db_role_setting said JOIN pg_roles role ON role.oid = said.setrole
                       WHERE role.rolname = wanted AND said.setdatabase = 0
                         AND 'enable_seqscan=off' = ANY (said.setconfig)) THEN
            EXECUTE format('ALTER ROLE %I SET enable_seqscan = off', wanted);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hearthwatch_gate') THEN
        CREATE ROLE hearthwatch_gate NOLOGIN BYPASSRLS;      -- owns the functions that work out an actor's scope
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hearthwatch_counter') THEN
        CREATE ROLE hearthwatch_counter NOLOGIN BYPASSRLS;   -- owns the function that counts, and reads no name
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hearthwatch_reader') THEN
        CREATE ROLE hearthwatch_reader NOLOGIN;              -- owns the views over hypertables
    END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA delegation;
CREATE SCHEMA devices;
CREATE SCHEMA ingest;
CREATE SCHEMA alerts;

GRANT USAGE ON SCHEMA delegation, devices, ingest, alerts
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler, hearthwatch_retention, hearthwatch_gate, hearthwatch_counter,
    hearthwatch_reader;
GRANT USAGE ON SCHEMA api TO hearthwatch_api, hearthwatch_scheduler;

-- The one place that knows whether this database is TimescaleDB or plain PostgreSQL.
DO $$
DECLARE dangerous regprocedure;
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        -- In 2.19 any role could crash the server with merge_chunks.
        FOR dangerous IN SELECT oid::regprocedure FROM pg_proc WHERE proname = 'merge_chunks' LOOP
            EXECUTE format('REVOKE EXECUTE ON PROCEDURE %s FROM PUBLIC', dangerous);
        END LOOP;
    END IF;
END $$;

CREATE FUNCTION api.partition_by_time(target regclass, time_column name) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        EXECUTE format(
            'SELECT create_hypertable(%L::regclass, by_range(%L, interval ''1 day''), create_default_indexes => false)',
            target::text, time_column);
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION api.partition_by_time FROM PUBLIC;
