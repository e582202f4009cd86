-- The processes' database roles, before there is anything to see. Each process signs in as its own role. The roles that
-- own scope functions and views cannot sign in.

DO $$
DECLARE
    processes CONSTANT text[] = ARRAY['hearthwatch_api', 'hearthwatch_ingest', 'hearthwatch_scheduler', 'hearthwatch_retention'];
    wanted text;
    said record;
BEGIN
    FOREACH wanted IN ARRAY processes LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', wanted);
        END IF;
    END LOOP;
    -- These settings override the server's and the database's defaults. They are set only where missing: roles belong
    -- to the whole server, and another database may be created at the same time.
    FOR said IN
        -- Data reported as stored must be on disk.
        SELECT role, 'synchronous_commit' AS name, 'on' AS value FROM unnest(processes) AS role
        -- Scores and findings keep moments as text. A replay compares them, so all processes must write them alike.
        UNION ALL SELECT role, 'TimeZone', 'UTC' FROM unnest(processes) AS role
        -- The planner keeps no statistics about whom a row concerns, so the queries it expects to be costly are short.
        -- Compiling one would take a hundred times as long as running it.
        UNION ALL SELECT role, 'jit', 'off' FROM unnest(processes) AS role
        -- Without those statistics it would also read whole tables when asked about many residents. Every lookup by
        -- ingest and the pages has an index.
        UNION ALL SELECT role, 'enable_seqscan', 'off' FROM unnest(ARRAY['hearthwatch_api', 'hearthwatch_ingest']) AS role
    LOOP
        IF NOT EXISTS (SELECT FROM pg_db_role_setting held JOIN pg_roles ON pg_roles.oid = held.setrole
                       WHERE rolname = said.role AND setdatabase = 0 AND said.name || '=' || said.value = ANY (setconfig)) THEN
            EXECUTE format('ALTER ROLE %I SET %I = %L', said.role, said.name, said.value);
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

-- Only this block knows whether the database is TimescaleDB or plain PostgreSQL.
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
