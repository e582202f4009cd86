-- People, homes, authority and audit. Later schemas may refer to these tables; these refer to no later schema.

CREATE TABLE delegation.organisation (
    organisation_id uuid PRIMARY KEY,
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('care_provider', 'hub_provider')),
    ods_code        text
);

CREATE TABLE delegation.hub (
    hub_id          uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES delegation.organisation,
    name            text NOT NULL CHECK (length(name) <= 200),     -- both travel to kits, which take no more
    phone           text NOT NULL CHECK (length(phone) <= 200)
);

CREATE TABLE delegation.home (
    home_id         uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES delegation.organisation,
    hub_id          uuid NOT NULL REFERENCES delegation.hub,
    name            text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('care_home', 'home_care_round')),
    phone           text NOT NULL,
    -- hours of the day (Europe/London) at which a set of observations is due
    rounds          smallint[] NOT NULL DEFAULT '{8,13,18}',
    synthetic       boolean NOT NULL DEFAULT false
);

CREATE TABLE delegation.person (
    person_id       uuid PRIMARY KEY,
    name            text NOT NULL,
    profession      text,
    regulator       text CHECK (regulator IN ('NMC', 'GMC', 'HCPC', 'GPhC')),
    regulator_number text
);

CREATE TABLE delegation.resident (
    resident_id     uuid PRIMARY KEY,
    home_id         uuid NOT NULL REFERENCES delegation.home,
    name            text NOT NULL,
    nhs_number      text UNIQUE CHECK (nhs_number ~ '^\d{10}$'),
    born_on         date NOT NULL,
    allergies       text,                       -- NULL: nobody has asked; 'none known' is an answer
    background      text,
    call_back_phone text,                       -- NULL: the home's
    usual_company   text,                       -- who is usually with them
    no_score_reason text CHECK (no_score_reason IN ('under_16', 'pregnant', 'spinal_cord_injury')),
    refitted        boolean NOT NULL DEFAULT false,     -- NEWS2 has begun or ceased to be used for them
    lives_here_from timestamptz NOT NULL DEFAULT now(),
    synthetic       boolean NOT NULL DEFAULT false
);
CREATE INDEX resident_by_home ON delegation.resident (home_id);

CREATE TABLE delegation.role_assignment (
    assignment_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person_id       uuid NOT NULL REFERENCES delegation.person,
    role            text NOT NULL CHECK (role IN (
                        'care_worker', 'carer', 'home_manager', 'hub_clinician', 'hub_lead',
                        'trainer', 'delegating_professional', 'commissioner', 'operator')),
    organisation_id uuid REFERENCES delegation.organisation,
    home_id         uuid REFERENCES delegation.home,
    hub_id          uuid REFERENCES delegation.hub,
    resident_id     uuid REFERENCES delegation.resident,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at > starts_at),
    CHECK (CASE role
        WHEN 'carer' THEN resident_id IS NOT NULL AND num_nonnulls(organisation_id, home_id, hub_id) = 0
        WHEN 'hub_clinician' THEN hub_id IS NOT NULL AND num_nonnulls(organisation_id, home_id, resident_id) = 0
        WHEN 'hub_lead' THEN hub_id IS NOT NULL AND num_nonnulls(organisation_id, home_id, resident_id) = 0
        WHEN 'commissioner' THEN hub_id IS NOT NULL AND num_nonnulls(organisation_id, home_id, resident_id) = 0
        WHEN 'operator' THEN num_nonnulls(organisation_id, home_id, hub_id, resident_id) = 0
        ELSE num_nonnulls(organisation_id, home_id) = 1 AND num_nonnulls(hub_id, resident_id) = 0
    END)
);
CREATE INDEX role_assignment_by_person ON delegation.role_assignment (person_id);
CREATE INDEX role_assignment_by_resident ON delegation.role_assignment (resident_id);

-- The api ends a role now or later, never in the past: until then its holder was allowed to see what they saw.
CREATE FUNCTION delegation.ends_now_at_the_earliest() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.ends_at := now();
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION delegation.ends_now_at_the_earliest() FROM PUBLIC;
CREATE TRIGGER ends_now_at_the_earliest BEFORE UPDATE OF ends_at ON delegation.role_assignment
    FOR EACH ROW WHEN (current_user = 'hearthwatch_api' AND NEW.ends_at < now())
    EXECUTE FUNCTION delegation.ends_now_at_the_earliest();

CREATE TABLE delegation.spo2_scale_authorisation (
    authorisation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id      uuid NOT NULL REFERENCES delegation.resident,
    clinician_name   text NOT NULL,
    regulator        text NOT NULL CHECK (regulator IN ('NMC', 'GMC', 'HCPC', 'GPhC')),
    regulator_number text NOT NULL,
    looked_up_at     timestamptz,               -- when the recorder found them in the register; NULL: not looked up
    revoked_by       uuid REFERENCES delegation.person CHECK (revoked_by IS NULL OR revoked_at IS NOT NULL),
    revoked_because  text CHECK ((revoked_by IS NULL) = (revoked_because IS NULL)),
    reason           text NOT NULL,
    decided_at       timestamptz NOT NULL,
    starts_at        timestamptz NOT NULL,
    review_by        timestamptz NOT NULL,      -- overdue review never ends it: only these two do
    ends_at          timestamptz,
    revoked_at       timestamptz,
    recorded_by      uuid NOT NULL REFERENCES delegation.person,
    recorded_at      timestamptz NOT NULL DEFAULT now()     -- a replay ignores it before then
);
CREATE INDEX spo2_scale_authorisation_by_resident ON delegation.spo2_scale_authorisation (resident_id);

-- A resident's own limit for one vital sign: it adds remarks and removes none.
CREATE TABLE delegation.personal_limit (
    limit_id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id      uuid NOT NULL REFERENCES delegation.resident,
    sign             text NOT NULL CHECK (sign IN ('respiration_rate', 'spo2', 'systolic', 'diastolic', 'pulse', 'temperature')),
    low              numeric CHECK (low >= 0),  -- a value under it is remarked on
    high             numeric CHECK (high >= 0), -- and one over this
    clinician_name   text NOT NULL,
    regulator        text NOT NULL CHECK (regulator IN ('NMC', 'GMC', 'HCPC', 'GPhC')),
    regulator_number text NOT NULL,
    looked_up_at     timestamptz,               -- when the recorder found them in the register; NULL: not looked up
    reason           text NOT NULL,
    decided_at       timestamptz NOT NULL,
    starts_at        timestamptz NOT NULL,
    review_by        timestamptz NOT NULL,      -- overdue review never ends it
    revoked_at       timestamptz,
    revoked_by       uuid REFERENCES delegation.person CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
    revoked_because  text CHECK ((revoked_by IS NULL) = (revoked_because IS NULL)),
    recorded_by      uuid NOT NULL REFERENCES delegation.person,
    recorded_at      timestamptz NOT NULL DEFAULT now(),    -- a replay ignores it before then
    CHECK (low IS NOT NULL OR high IS NOT NULL),
    CHECK (low < high)
);
CREATE INDEX personal_limit_by_resident ON delegation.personal_limit (resident_id);
CREATE UNIQUE INDEX one_limit_in_force ON delegation.personal_limit (resident_id, sign) WHERE revoked_at IS NULL;

-- "No oxygen in use at this address": lets a score assume air, and say so, until cancelled.
CREATE TABLE delegation.air_record (
    air_record_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id     uuid NOT NULL REFERENCES delegation.resident,
    recorded_by     uuid NOT NULL REFERENCES delegation.person,
    recorded_at     timestamptz NOT NULL,
    cancelled_at    timestamptz,                -- by the time of a reading that says otherwise
    withdrawn_at    timestamptz,                -- by somebody who knows otherwise
    withdrawn_by    uuid REFERENCES delegation.person CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE INDEX air_record_by_resident ON delegation.air_record (resident_id);

-- How far treatment is to go: shown to those who care for the resident and to the hub; no rule reads it.
CREATE TABLE delegation.ceiling (
    ceiling_id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id      uuid NOT NULL REFERENCES delegation.resident,
    statement        text NOT NULL,
    clinician_name   text NOT NULL,
    regulator        text NOT NULL CHECK (regulator IN ('NMC', 'GMC', 'HCPC', 'GPhC')),
    regulator_number text NOT NULL,
    looked_up_at     timestamptz,               -- when the recorder found them in the register; NULL: not looked up
    reason           text NOT NULL,
    decided_at       timestamptz NOT NULL,
    starts_at        timestamptz NOT NULL,
    review_by        timestamptz NOT NULL,      -- overdue review never ends it
    revoked_at       timestamptz,
    revoked_by       uuid REFERENCES delegation.person CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
    revoked_because  text CHECK ((revoked_by IS NULL) = (revoked_because IS NULL)),
    recorded_by      uuid NOT NULL REFERENCES delegation.person,
    recorded_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ceiling_by_resident ON delegation.ceiling (resident_id);
CREATE UNIQUE INDEX one_ceiling_in_force ON delegation.ceiling (resident_id) WHERE revoked_at IS NULL;

CREATE TABLE delegation.monitoring_pause (
    pause_id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id     uuid NOT NULL REFERENCES delegation.resident,
    reason          text NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL CHECK (ends_at > starts_at),
    recorded_by     uuid NOT NULL REFERENCES delegation.person,
    recorded_at     timestamptz NOT NULL DEFAULT now(),     -- a replay ignores it before then
    ended_by        uuid REFERENCES delegation.person       -- who ended it early; NULL: it ran its time
);
CREATE INDEX monitoring_pause_by_resident ON delegation.monitoring_pause (resident_id);

-- The end of care, from which retention is counted. It is withdrawn if care goes on.
CREATE TABLE delegation.end_of_care (
    end_id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id     uuid NOT NULL REFERENCES delegation.resident,
    ended_at        timestamptz NOT NULL,
    reason          text NOT NULL CHECK (reason IN ('died', 'moved_away', 'no_longer_watched')),
    recorded_by     uuid NOT NULL REFERENCES delegation.person,
    recorded_at     timestamptz NOT NULL CHECK (recorded_at >= ended_at),
    withdrawn_by    uuid REFERENCES delegation.person,
    withdrawn_at    timestamptz CHECK (withdrawn_at >= recorded_at),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL))
);
CREATE UNIQUE INDEX one_end_of_care ON delegation.end_of_care (resident_id) WHERE withdrawn_at IS NULL;

-- While a hold is in force, nothing about this resident is erased: a claim, an inquest, an inquiry.
CREATE TABLE delegation.legal_hold (
    hold_id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id     uuid NOT NULL REFERENCES delegation.resident,
    reason          text NOT NULL CHECK (reason <> ''),
    placed_by       uuid NOT NULL REFERENCES delegation.person,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at >= starts_at),
    lifted_by       uuid REFERENCES delegation.person
);
CREATE INDEX legal_hold_by_resident ON delegation.legal_hold (resident_id);

-- How long a hub's clinician may read the record of a resident outside their hub, and how many tries they have.
-- Versioned data. Our starting values, for an adopter's Caldicott Guardian to confirm.
CREATE TABLE delegation.break_glass_rule (
    version         text PRIMARY KEY,
    minutes         smallint NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
    tries_an_hour   smallint NOT NULL CHECK (tries_an_hour > 0),
    in_force_from   timestamptz NOT NULL
);
INSERT INTO delegation.break_glass_rule VALUES ('default-1', 60, 10, '2020-01-01');

-- Only delegation.break_glass() writes here; it finds a resident by NHS number and date of birth together.
CREATE TABLE delegation.break_glass (
    break_glass_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id     uuid NOT NULL REFERENCES delegation.resident,
    person_id       uuid NOT NULL REFERENCES delegation.person,
    hubs            uuid[] NOT NULL CHECK (cardinality(hubs) > 0),  -- all hubs at which the clinician worked
    reason          text NOT NULL CHECK (reason IN ('danger_now', 'covering', 'called_here', 'moving')),
    words           text CHECK (words <> ''),                       -- NULL: erased with the resident's records
    has_words       boolean GENERATED ALWAYS AS (words IS NOT NULL) STORED,
    opened_at       timestamptz NOT NULL DEFAULT now(),
    ends_at         timestamptz NOT NULL CHECK (ends_at > opened_at)
);
CREATE INDEX break_glass_by_resident ON delegation.break_glass (resident_id, opened_at);
CREATE INDEX break_glass_by_person ON delegation.break_glass (person_id, ends_at);

-- The home's manager and the hub's lead each acknowledge that they have seen it.
CREATE TABLE delegation.break_glass_seen (
    break_glass_id  uuid NOT NULL REFERENCES delegation.break_glass ON DELETE CASCADE,
    desk            text NOT NULL CHECK (desk IN ('home', 'hub')),
    person_id       uuid NOT NULL REFERENCES delegation.person,
    seen_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (break_glass_id, desk)
);

-- The tries of the last hour, right or wrong, without what was typed.
CREATE TABLE delegation.break_glass_try (
    person_id       uuid NOT NULL REFERENCES delegation.person,
    tried_at        timestamptz NOT NULL
);
CREATE INDEX break_glass_try_by_person ON delegation.break_glass_try (person_id, tried_at);

-- How long records are kept, as versioned data. Our starting value, for an adopter's records officer to confirm.
CREATE TABLE delegation.retention_rule (
    version         text PRIMARY KEY,
    years_after_care smallint NOT NULL CHECK (years_after_care > 0),
    in_force_from   timestamptz NOT NULL
);
INSERT INTO delegation.retention_rule VALUES ('default-1', 8, '2020-01-01');

-- What was erased, about whom and why, without the contents. A tombstone is never removed.
CREATE TABLE delegation.tombstone (
    tombstone_id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    resident_id     uuid NOT NULL REFERENCES delegation.resident,
    care_ended_at   timestamptz NOT NULL,
    rule_version    text NOT NULL REFERENCES delegation.retention_rule,
    erased_at       timestamptz NOT NULL,
    first_at        timestamptz,                -- the span of the readings that were erased
    last_at         timestamptz,
    erased          jsonb NOT NULL              -- what -> how many
);
CREATE INDEX tombstone_by_resident ON delegation.tombstone (resident_id, erased_at);

-- A vocabulary: its rows are about nobody.
CREATE TABLE delegation.activity (
    activity        text PRIMARY KEY,
    label           text NOT NULL,
    invasive        boolean NOT NULL DEFAULT false
);
INSERT INTO delegation.activity (activity, label) VALUES
    ('blood_pressure', 'Blood pressure check'),
    ('temperature', 'Temperature check'),
    ('pulse_oximetry', 'Oxygen saturation check'),
    ('breathing_and_alertness', 'Counting breaths and judging alertness'),
    ('lung_sounds', 'Recording lung sounds');

CREATE TABLE delegation.competence (
    competence_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person_id       uuid NOT NULL REFERENCES delegation.person,
    activity        text NOT NULL REFERENCES delegation.activity,
    level           text NOT NULL CHECK (level IN ('observe', 'under_supervision', 'independent', 'may_supervise')),
    assessor_id     uuid NOT NULL REFERENCES delegation.person,
    signed_off_at   timestamptz NOT NULL,
    valid_until     timestamptz NOT NULL CHECK (valid_until > signed_off_at),
    revoked_at      timestamptz CHECK (revoked_at >= signed_off_at),
    CONSTRAINT nobody_signs_themselves_off CHECK (assessor_id <> person_id)
);
CREATE INDEX competence_by_person ON delegation.competence (person_id, activity);

-- How long a role lasts that is given on a page. Data, for an adopter to set.
CREATE TABLE delegation.role_term (
    role            text PRIMARY KEY CHECK (role IN ('care_worker', 'carer', 'hub_clinician')),
    usual_days      smallint NOT NULL CHECK (usual_days > 0),
    longest_days    smallint NOT NULL CHECK (longest_days >= usual_days)
);
INSERT INTO delegation.role_term VALUES ('care_worker', 7, 366), ('carer', 90, 180), ('hub_clinician', 90, 366);

-- A role offered to the person with the code, good once. The code is kept as its SHA-256.
CREATE TABLE delegation.invitation (
    invitation_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code_hash       bytea NOT NULL UNIQUE,
    role            text NOT NULL,
    home_id         uuid REFERENCES delegation.home,
    hub_id          uuid REFERENCES delegation.hub,
    resident_id     uuid REFERENCES delegation.resident,
    name            text NOT NULL CHECK (name <> ''),   -- the invited person's, as the inviter wrote it
    ends_at         timestamptz NOT NULL,               -- of the role
    invited_by      uuid NOT NULL REFERENCES delegation.person,
    invited_at      timestamptz NOT NULL DEFAULT now(),
    good_until      timestamptz NOT NULL DEFAULT now() + interval '7 days',
    taken_by        uuid REFERENCES delegation.person CHECK (taken_by <> invited_by),
    taken_at        timestamptz,
    withdrawn_by    uuid REFERENCES delegation.person,
    withdrawn_at    timestamptz CHECK (withdrawn_at IS NULL OR taken_at IS NULL),
    CHECK ((taken_by IS NULL) = (taken_at IS NULL)),
    CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL)),
    CHECK (num_nonnulls(home_id, hub_id, resident_id) = 1
           AND CASE role WHEN 'care_worker' THEN home_id IS NOT NULL WHEN 'carer' THEN resident_id IS NOT NULL
                         WHEN 'hub_clinician' THEN hub_id IS NOT NULL ELSE false END)
);
CREATE INDEX invitation_by_resident ON delegation.invitation (resident_id);

-- Audit events are written unchained, so that no writer waits, and sealed once they have committed.
CREATE TABLE delegation.audit_event (
    audit_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL,
    actor           text NOT NULL CHECK (actor ~ '^(person|process|system_user):.+'),
    role            text,
    purpose         text NOT NULL CHECK (purpose <> ''),
    action          text NOT NULL CHECK (action <> ''),
    subject         text NOT NULL,
    resident_id     uuid,
    request_id      text DEFAULT nullif(current_setting('hearthwatch.request', true), ''),
    text_digest     bytea,                      -- salted: erasing the words leaves the chain whole
    written_at      timestamptz NOT NULL DEFAULT now()  -- the database's own time, which no process may set
);
CREATE INDEX audit_event_by_resident ON delegation.audit_event (resident_id, at);
CREATE INDEX audit_event_of_places ON delegation.audit_event (subject, at) WHERE resident_id IS NULL;

CREATE TABLE delegation.audit_text (
    audit_id        bigint PRIMARY KEY REFERENCES delegation.audit_event,
    salt            bytea NOT NULL,
    words           text NOT NULL
);

-- Words may only be added beside an event that was written with their digest.
CREATE FUNCTION delegation.words_fit_their_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM delegation.audit_event
                   WHERE audit_id = NEW.audit_id
                     AND text_digest = sha256(NEW.salt || convert_to(NEW.words, 'UTF8'))) THEN
        RAISE EXCEPTION 'These are not the words that event % was written with.', NEW.audit_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER words_fit_their_event BEFORE INSERT ON delegation.audit_text
    FOR EACH ROW EXECUTE FUNCTION delegation.words_fit_their_event();

CREATE TABLE delegation.audit_seal (
    seal_id         bigint PRIMARY KEY,
    sealed_at       timestamptz NOT NULL,
    previous        bytea NOT NULL,
    root            bytea NOT NULL,
    settled         bigint NOT NULL             -- every event up to this one is sealed
);

CREATE TABLE delegation.audit_sealed_event (
    audit_id        bigint PRIMARY KEY REFERENCES delegation.audit_event,
    seal_id         bigint NOT NULL REFERENCES delegation.audit_seal,
    digest          bytea NOT NULL,
    link            bytea NOT NULL              -- over the link before it and this digest; a seal's last is its root
);
CREATE INDEX audit_sealed_event_in_order ON delegation.audit_sealed_event (seal_id, audit_id);

-- The last seal of a day, signed, and when it left this host. It proves something only once a copy is elsewhere.
CREATE TABLE delegation.audit_head (
    day             date PRIMARY KEY,           -- in London
    seal_id         bigint NOT NULL,
    signed          text NOT NULL,              -- the statement with its signature, as it leaves
    signed_at       timestamptz NOT NULL,
    in_directory_at timestamptz,
    at_address_at   timestamptz
);

-- Scope: what this transaction's actor may see. No actor, no rows.
GRANT SELECT ON ALL TABLES IN SCHEMA delegation TO hearthwatch_gate;
ALTER FUNCTION delegation.words_fit_their_event() OWNER TO hearthwatch_gate;

CREATE FUNCTION delegation.actor() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('hearthwatch.actor', true), '')::uuid $$;

CREATE FUNCTION delegation.roles_in_force() RETURNS SETOF delegation.role_assignment
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT * FROM delegation.role_assignment
    WHERE person_id = delegation.actor() AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())
$$;

CREATE FUNCTION delegation.homes_held(VARIADIC held_as text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT home.home_id
    FROM delegation.home JOIN delegation.roles_in_force() held
        ON held.home_id = home.home_id OR held.organisation_id = home.organisation_id OR held.hub_id = home.hub_id
    WHERE held.role = ANY (held_as)
$$;

CREATE FUNCTION delegation.visible_homes() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT delegation.homes_held('care_worker', 'home_manager', 'hub_clinician', 'hub_lead')
$$;

-- The residents of homes where the actor sees every resident.
CREATE FUNCTION delegation.residents_of_visible_homes() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT resident_id FROM delegation.resident WHERE home_id IN (SELECT delegation.visible_homes())
$$;

-- The residents whom the actor sees after breaking the glass, for a while and only while they work at a hub.
CREATE FUNCTION delegation.residents_behind_broken_glass() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT resident_id FROM delegation.break_glass
    WHERE person_id = delegation.actor() AND ends_at > now()
      AND EXISTS (SELECT FROM delegation.roles_in_force() WHERE role IN ('hub_clinician', 'hub_lead'))
$$;

CREATE FUNCTION delegation.visible_residents() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT resident_id FROM delegation.resident WHERE home_id IN (SELECT delegation.visible_homes())
    UNION
    SELECT resident_id FROM delegation.roles_in_force() WHERE role = 'carer'
    UNION
    SELECT delegation.residents_behind_broken_glass()
$$;

CREATE FUNCTION delegation.visible_hubs() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT hub_id FROM delegation.roles_in_force() WHERE role IN ('hub_clinician', 'hub_lead')
$$;

-- The homes whose name and telephone the actor needs: where they work, and where the residents live whom they care for
-- or broke the glass for.
CREATE FUNCTION delegation.known_homes() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT delegation.visible_homes()
    UNION
    SELECT resident.home_id FROM delegation.resident JOIN delegation.roles_in_force() held USING (resident_id)
    WHERE held.role = 'carer'
    UNION
    SELECT home_id FROM delegation.resident WHERE resident_id IN (SELECT delegation.residents_behind_broken_glass())
$$;

-- The glass broken over residents whom the actor answers for.
CREATE FUNCTION delegation.glass_to_answer_for() RETURNS SETOF delegation.break_glass
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT broken.* FROM delegation.break_glass broken JOIN delegation.resident USING (resident_id)
    WHERE resident.home_id IN (SELECT delegation.homes_held('home_manager', 'hub_lead'))
$$;

CREATE FUNCTION delegation.known_hubs() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT delegation.visible_hubs()
    UNION
    SELECT hub_id FROM delegation.roles_in_force() WHERE role = 'commissioner'
    UNION
    SELECT hub_id FROM delegation.home WHERE home_id IN (SELECT delegation.known_homes())
    UNION
    SELECT unnest(hubs) FROM delegation.glass_to_answer_for()
$$;

CREATE FUNCTION delegation.known_organisations() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT organisation_id FROM delegation.roles_in_force() WHERE organisation_id IS NOT NULL
    UNION
    SELECT organisation_id FROM delegation.home WHERE home_id IN (SELECT delegation.known_homes())
    UNION
    SELECT organisation_id FROM delegation.hub WHERE hub_id IN (SELECT delegation.known_hubs())
$$;

-- The workers whose competence the actor answers for: a trainer's organisation or home, a manager's home.
CREATE FUNCTION delegation.workers_in_charge(VARIADIC held_as text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT DISTINCT worker.person_id
    FROM delegation.roles_in_force() held
    JOIN delegation.role_assignment worker
        ON worker.role = 'care_worker' AND worker.starts_at <= now() AND (worker.ends_at IS NULL OR worker.ends_at > now())
    LEFT JOIN delegation.home placed ON placed.home_id = worker.home_id
    WHERE held.role = ANY (held_as)
      AND (held.organisation_id IN (worker.organisation_id, placed.organisation_id) OR held.home_id = worker.home_id)
$$;

-- The workers whose sign-offs the actor may read.
CREATE FUNCTION delegation.workers_known() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT delegation.workers_in_charge('trainer', 'delegating_professional', 'home_manager')
$$;

-- The people whose names the actor needs in their work.
CREATE FUNCTION delegation.visible_people() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH homes AS (SELECT home_id, organisation_id, hub_id FROM delegation.home
                   WHERE home_id IN (SELECT delegation.visible_homes()))
    SELECT delegation.actor() WHERE delegation.actor() IS NOT NULL
    UNION SELECT other.person_id FROM delegation.role_assignment other
          WHERE other.home_id IN (SELECT home_id FROM homes)
             OR other.organisation_id IN (SELECT organisation_id FROM homes)
             OR (other.hub_id IN (SELECT hub_id FROM homes) AND other.role <> 'commissioner')
             OR other.hub_id IN (SELECT delegation.visible_hubs())
    -- Family carers are named to those who work in their resident's home or hub, not to each other.
    UNION SELECT carer.person_id FROM delegation.role_assignment carer JOIN delegation.resident USING (resident_id)
          WHERE carer.role = 'carer' AND resident.home_id IN (SELECT home_id FROM homes)
    UNION SELECT delegation.workers_known()
    UNION SELECT person_id FROM delegation.glass_to_answer_for()
$$;

-- The roles the actor may give and take away: a home's manager those of carers and care workers at the home, a hub's
-- lead those of the hub's clinicians. Nobody may give the role that entitles them to give.
CREATE FUNCTION delegation.may_give(given_role text, home uuid, hub uuid, resident uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT coalesce(CASE given_role
        WHEN 'care_worker' THEN home IN (SELECT delegation.homes_held('home_manager'))
        WHEN 'carer' THEN EXISTS (SELECT FROM delegation.resident lives
                                  WHERE lives.resident_id = resident
                                    AND lives.home_id IN (SELECT delegation.homes_held('home_manager')))
        WHEN 'hub_clinician' THEN hub IN (SELECT hub_id FROM delegation.roles_in_force() WHERE role = 'hub_lead')
    END, false)
$$;

CREATE FUNCTION delegation.roles_in_gift() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT assignment_id FROM delegation.role_assignment
    WHERE (role = 'care_worker' AND home_id IN (SELECT delegation.homes_held('home_manager')))
       OR (role = 'carer' AND resident_id IN (SELECT lives.resident_id FROM delegation.resident lives
                                              WHERE lives.home_id IN (SELECT delegation.homes_held('home_manager'))))
       OR (role = 'hub_clinician' AND hub_id IN (SELECT hub_id FROM delegation.roles_in_force() WHERE role = 'hub_lead'))
$$;

-- What an invitation offers to the person with its code. It names only the person invited, never a resident.
CREATE FUNCTION delegation.invitation_to(code bytea)
RETURNS TABLE (role text, name text, place text, ends_at timestamptz, good_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT offered.role, offered.name, coalesce(hub.name, home.name), offered.ends_at, offered.good_until
    FROM delegation.invitation offered
    LEFT JOIN delegation.resident USING (resident_id)
    LEFT JOIN delegation.home ON home.home_id IN (offered.home_id, resident.home_id)
    LEFT JOIN delegation.hub ON hub.hub_id = offered.hub_id
    WHERE offered.code_hash = code AND offered.taken_at IS NULL AND offered.withdrawn_at IS NULL
      AND least(offered.good_until, offered.ends_at) > now()
$$;

-- Two who give one person a role take turns, so that no role is held twice.
CREATE FUNCTION delegation.take_turns_over(person uuid) RETURNS void LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('roles/' || person::text, 0))
$$;
REVOKE EXECUTE ON FUNCTION delegation.take_turns_over(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delegation.take_turns_over(uuid) TO hearthwatch_gate;

-- The only way to take a role given on a page: the person with the code takes it, once. They take it as the signed-in
-- actor, or as a new person where nobody is signed in. NULL: no such invitation is in force. The transaction goes on as
-- that person.
CREATE FUNCTION delegation.take_invitation(code bytea)
RETURNS TABLE (taker uuid, held_as text, at_home uuid, at_hub uuid, of_resident uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    me uuid := delegation.actor();
    offered delegation.invitation;
    still_theirs_to_give boolean;
BEGIN
    SELECT * INTO offered FROM delegation.invitation
    WHERE code_hash = code AND taken_at IS NULL AND withdrawn_at IS NULL
      AND least(good_until, ends_at) > now() AND invited_by IS DISTINCT FROM me
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM set_config('hearthwatch.actor', offered.invited_by::text, true);
    still_theirs_to_give := delegation.may_give(offered.role, offered.home_id, offered.hub_id, offered.resident_id);
    PERFORM set_config('hearthwatch.actor', coalesce(me::text, ''), true);
    IF NOT still_theirs_to_give THEN
        RETURN;
    END IF;
    PERFORM delegation.take_turns_over(me);
    IF me IS NULL THEN
        me := gen_random_uuid();
        INSERT INTO delegation.person (person_id, name) VALUES (me, offered.name);
        PERFORM set_config('hearthwatch.actor', me::text, true);
    END IF;
    UPDATE delegation.role_assignment held
    SET ends_at = CASE WHEN held.ends_at IS NOT NULL THEN greatest(held.ends_at, offered.ends_at) END
    WHERE held.person_id = me AND held.role = offered.role
      AND (held.home_id, held.hub_id, held.resident_id)
          IS NOT DISTINCT FROM (offered.home_id, offered.hub_id, offered.resident_id)
      AND held.organisation_id IS NULL AND held.starts_at <= now() AND (held.ends_at IS NULL OR held.ends_at > now());
    IF NOT FOUND THEN
        INSERT INTO delegation.role_assignment (person_id, role, home_id, hub_id, resident_id, starts_at, ends_at)
        VALUES (me, offered.role, offered.home_id, offered.hub_id, offered.resident_id, now(), offered.ends_at);
    END IF;
    UPDATE delegation.invitation taken SET taken_by = me, taken_at = now() WHERE taken.invitation_id = offered.invitation_id;
    RETURN QUERY SELECT me, offered.role, offered.home_id, offered.hub_id, offered.resident_id;
END $$;
REVOKE EXECUTE ON FUNCTION delegation.invitation_to(bytea), delegation.take_invitation(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delegation.invitation_to(bytea), delegation.take_invitation(bytea) TO hearthwatch_api;
GRANT INSERT ON delegation.person, delegation.role_assignment TO hearthwatch_gate;
GRANT UPDATE ON delegation.role_assignment, delegation.invitation TO hearthwatch_gate;

CREATE FUNCTION delegation.is_operator() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM delegation.roles_in_force() WHERE role = 'operator')
$$;

-- The actor's roles that open each of these residents' records, for the audit; no row where there are none, as behind
-- broken glass.
CREATE FUNCTION delegation.roles_over_each(residents uuid[]) RETURNS TABLE (resident_id uuid, roles text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT about.resident_id, string_agg(DISTINCT held.role, ',' ORDER BY held.role)
    FROM delegation.resident about JOIN delegation.home USING (home_id) JOIN delegation.roles_in_force() held
         ON held.role IN ('care_worker', 'carer', 'home_manager', 'hub_clinician', 'hub_lead')
        AND (held.resident_id = about.resident_id OR held.home_id = home.home_id
             OR held.organisation_id = home.organisation_id OR held.hub_id = home.hub_id)
    WHERE about.resident_id = ANY (residents) AND about.resident_id IN (SELECT delegation.visible_residents())
    GROUP BY about.resident_id
$$;

-- The same of one resident; NULL where there are none.
CREATE FUNCTION delegation.roles_over(resident uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT roles FROM delegation.roles_over_each(ARRAY[resident])
$$;

-- NULL where another try is allowed, otherwise when it will be. One person's tries take turns, so that two at once
-- count as two.
CREATE FUNCTION delegation.wait_for_a_try(whose uuid, most smallint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('break_glass/' || whose::text, 0));
    DELETE FROM delegation.break_glass_try WHERE person_id = whose AND tried_at <= now() - interval '1 hour';
    RETURN (SELECT min(tried_at) + interval '1 hour' FROM delegation.break_glass_try WHERE person_id = whose
            HAVING count(*) >= most);
END $$;
REVOKE EXECUTE ON FUNCTION delegation.wait_for_a_try(uuid, smallint) FROM PUBLIC;

-- The only way to break the glass. What was typed is not kept; anything but an exact match is answered `nobody`.
CREATE FUNCTION delegation.break_glass(number text, birthday date, why text, more text)
RETURNS TABLE (outcome text, resident uuid, until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    me constant uuid := delegation.actor();
    from_hubs uuid[] := ARRAY(SELECT DISTINCT delegation.visible_hubs());
    rule delegation.break_glass_rule;
BEGIN
    IF from_hubs = '{}' THEN
        RAISE EXCEPTION 'Only who works at a hub opens a record from outside.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO STRICT rule FROM delegation.break_glass_rule WHERE in_force_from <= now()
    ORDER BY in_force_from DESC, version DESC LIMIT 1;
    until := delegation.wait_for_a_try(me, rule.tries_an_hour);
    IF until IS NOT NULL THEN
        outcome := 'wait';
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO delegation.break_glass_try (person_id, tried_at) VALUES (me, clock_timestamp());
    SELECT resident_id INTO resident FROM delegation.resident WHERE nhs_number = number AND born_on = birthday;
    IF resident IS NULL THEN
        outcome := 'nobody';
    ELSIF resident IN (SELECT delegation.residents_of_visible_homes()) THEN
        outcome := 'yours';
    ELSE
        outcome := 'opened';
        INSERT INTO delegation.break_glass (resident_id, person_id, hubs, reason, words, ends_at)
        VALUES (resident, me, from_hubs, why, more, now() + make_interval(mins => rule.minutes)) RETURNING ends_at INTO until;
    END IF;
    RETURN NEXT;
END $$;
REVOKE EXECUTE ON FUNCTION delegation.break_glass(text, date, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delegation.break_glass(text, date, text, text) TO hearthwatch_api;
GRANT INSERT ON delegation.break_glass TO hearthwatch_gate;
GRANT INSERT, DELETE ON delegation.break_glass_try TO hearthwatch_gate;

-- For operators: how often glass was broken, naming nobody.
CREATE FUNCTION delegation.glass_broken_since(since timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT count(*) FROM delegation.break_glass WHERE opened_at > since AND delegation.is_operator()
$$;

-- For operators, who work at no hub: the hubs' names.
CREATE FUNCTION delegation.hub_names() RETURNS TABLE (hub_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT hub.hub_id, hub.name FROM delegation.hub WHERE delegation.is_operator()
$$;

-- For a hub's lead: who tried in vain to open a record while they worked there, and how often. What was typed is not
-- kept.
CREATE FUNCTION delegation.glass_tried_in_vain(wanted uuid, since timestamptz) RETURNS TABLE (person_id uuid, tries bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT staff.person_id, count(*)
    FROM (SELECT DISTINCT person_id FROM delegation.role_assignment WHERE hub_id = wanted) AS staff
    JOIN delegation.audit_event event ON event.subject = 'person:' || staff.person_id AND event.resident_id IS NULL
    WHERE event.at >= since AND event.action IN ('break_glass.found_nobody', 'break_glass.refused')
      AND EXISTS (SELECT FROM delegation.role_assignment term
                  WHERE term.person_id = staff.person_id AND term.hub_id = wanted AND term.role <> 'commissioner'
                    AND event.at >= term.starts_at AND event.at < coalesce(term.ends_at, 'infinity'))
      AND EXISTS (SELECT FROM delegation.roles_in_force() held WHERE held.hub_id = wanted AND held.role = 'hub_lead')
    GROUP BY staff.person_id
$$;

ALTER FUNCTION delegation.roles_in_force() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.homes_held(text[]) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.visible_homes() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.residents_of_visible_homes() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.visible_residents() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.visible_hubs() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.known_homes() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.known_hubs() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.known_organisations() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.workers_in_charge(text[]) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.workers_known() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.visible_people() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.is_operator() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.residents_behind_broken_glass() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.glass_to_answer_for() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.roles_over_each(uuid[]) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.roles_over(uuid) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.wait_for_a_try(uuid, smallint) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.break_glass(text, date, text, text) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.glass_broken_since(timestamptz) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.hub_names() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.glass_tried_in_vain(uuid, timestamptz) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.may_give(text, uuid, uuid, uuid) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.roles_in_gift() OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.invitation_to(bytea) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.take_invitation(bytea) OWNER TO hearthwatch_gate;

DO $$
DECLARE guarded regclass;
BEGIN
    FOREACH guarded IN ARRAY ARRAY[
        'delegation.organisation', 'delegation.hub', 'delegation.home', 'delegation.person', 'delegation.resident',
        'delegation.role_assignment', 'delegation.role_term', 'delegation.invitation',
        'delegation.spo2_scale_authorisation', 'delegation.personal_limit', 'delegation.air_record',
        'delegation.ceiling', 'delegation.monitoring_pause', 'delegation.competence', 'delegation.end_of_care',
        'delegation.legal_hold', 'delegation.retention_rule', 'delegation.tombstone',
        'delegation.audit_event', 'delegation.audit_text', 'delegation.audit_seal', 'delegation.audit_sealed_event',
        'delegation.audit_head', 'delegation.break_glass_rule', 'delegation.break_glass', 'delegation.break_glass_seen',
        'delegation.break_glass_try'
    ]::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', guarded);
    END LOOP;
END $$;

-- The api acts for the actor it names.
GRANT SELECT ON delegation.organisation, delegation.hub, delegation.home, delegation.person, delegation.resident,
    delegation.role_assignment, delegation.spo2_scale_authorisation, delegation.air_record, delegation.ceiling,
    delegation.monitoring_pause, delegation.activity, delegation.competence, delegation.personal_limit TO hearthwatch_api;
-- In rows that refer to people, only the columns that policies check: a refused foreign key would reveal who exists.
GRANT INSERT (person_id, activity, level, assessor_id, signed_off_at, valid_until) ON delegation.competence TO hearthwatch_api;
GRANT INSERT ON delegation.audit_text TO hearthwatch_api;
GRANT UPDATE (revoked_at) ON delegation.competence TO hearthwatch_api;

CREATE POLICY in_scope ON delegation.organisation FOR SELECT TO hearthwatch_api
    USING (organisation_id IN (SELECT delegation.known_organisations()));
CREATE POLICY in_scope ON delegation.hub FOR SELECT TO hearthwatch_api
    USING (hub_id IN (SELECT delegation.known_hubs()));
CREATE POLICY in_scope ON delegation.home FOR SELECT TO hearthwatch_api
    USING (home_id IN (SELECT delegation.known_homes()));
CREATE POLICY in_scope ON delegation.person FOR SELECT TO hearthwatch_api
    USING (person_id IN (SELECT delegation.visible_people()));
CREATE POLICY in_scope ON delegation.resident FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY in_scope ON delegation.role_assignment FOR SELECT TO hearthwatch_api
    USING (person_id = delegation.actor() OR person_id IN (SELECT delegation.workers_known())
           OR assignment_id IN (SELECT delegation.roles_in_gift()));
-- A role given on a page always has an end. An ended one never begins again; that takes another invitation.
GRANT UPDATE (ends_at) ON delegation.role_assignment TO hearthwatch_api;
CREATE POLICY in_gift ON delegation.role_assignment FOR UPDATE TO hearthwatch_api
    USING (person_id <> delegation.actor() AND (ends_at IS NULL OR ends_at > now())
           AND assignment_id IN (SELECT delegation.roles_in_gift()))
    WITH CHECK (ends_at < now() + (SELECT make_interval(days => longest_days + 1) FROM delegation.role_term term
                                   WHERE term.role = role_assignment.role));
GRANT SELECT ON delegation.role_term TO hearthwatch_api;
CREATE POLICY readable ON delegation.role_term FOR SELECT TO hearthwatch_api USING (delegation.actor() IS NOT NULL);
-- Without code_hash: it may be searched for, never read.
GRANT SELECT (invitation_id, role, home_id, hub_id, resident_id, name, ends_at, invited_by, invited_at, good_until,
    taken_by, taken_at, withdrawn_by, withdrawn_at) ON delegation.invitation TO hearthwatch_api;
GRANT INSERT (code_hash, role, home_id, hub_id, resident_id, name, ends_at, invited_by) ON delegation.invitation
    TO hearthwatch_api;
GRANT UPDATE (withdrawn_by, withdrawn_at) ON delegation.invitation TO hearthwatch_api;
CREATE POLICY in_gift ON delegation.invitation FOR SELECT TO hearthwatch_api
    USING (delegation.may_give(role, home_id, hub_id, resident_id));
CREATE POLICY in_gift_offered ON delegation.invitation FOR INSERT TO hearthwatch_api
    WITH CHECK (invited_by = delegation.actor() AND delegation.may_give(role, home_id, hub_id, resident_id)
                AND ends_at < now() + (SELECT make_interval(days => longest_days + 1) FROM delegation.role_term term
                                       WHERE term.role = invitation.role));
CREATE POLICY in_gift_withdrawn ON delegation.invitation FOR UPDATE TO hearthwatch_api
    USING (taken_at IS NULL AND withdrawn_at IS NULL AND delegation.may_give(role, home_id, hub_id, resident_id))
    WITH CHECK (withdrawn_by = delegation.actor());
CREATE POLICY in_scope ON delegation.spo2_scale_authorisation FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
-- A named clinician decides, the hub records. A revoked authorisation stays revoked; scale 2 again needs a new
-- decision.
GRANT INSERT (resident_id, clinician_name, regulator, regulator_number, reason, decided_at, starts_at, review_by, recorded_by,
    looked_up_at) ON delegation.spo2_scale_authorisation TO hearthwatch_api;
GRANT UPDATE (revoked_at, revoked_by, revoked_because) ON delegation.spo2_scale_authorisation TO hearthwatch_api;
CREATE POLICY hub_records ON delegation.spo2_scale_authorisation FOR INSERT TO hearthwatch_api
    WITH CHECK (recorded_by = delegation.actor()
                AND resident_id IN (SELECT resident.resident_id FROM delegation.resident
                                    WHERE home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead'))));
CREATE POLICY hub_revokes ON delegation.spo2_scale_authorisation FOR UPDATE TO hearthwatch_api
    USING (revoked_at IS NULL
           AND resident_id IN (SELECT resident.resident_id FROM delegation.resident
                               WHERE home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead'))))
    WITH CHECK (revoked_by = delegation.actor());
CREATE POLICY in_scope ON delegation.personal_limit FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
GRANT INSERT (resident_id, sign, low, high, clinician_name, regulator, regulator_number, reason, decided_at, starts_at,
    review_by, recorded_by, looked_up_at) ON delegation.personal_limit TO hearthwatch_api;
GRANT UPDATE (revoked_at, revoked_by, revoked_because) ON delegation.personal_limit TO hearthwatch_api;
CREATE POLICY hub_records ON delegation.personal_limit FOR INSERT TO hearthwatch_api
    WITH CHECK (recorded_by = delegation.actor()
                AND resident_id IN (SELECT resident.resident_id FROM delegation.resident
                                    WHERE home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead'))));
CREATE POLICY hub_revokes ON delegation.personal_limit FOR UPDATE TO hearthwatch_api
    USING (revoked_at IS NULL
           AND resident_id IN (SELECT resident.resident_id FROM delegation.resident
                               WHERE home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead'))))
    WITH CHECK (revoked_by = delegation.actor());
CREATE POLICY in_scope ON delegation.air_record FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
GRANT INSERT (resident_id, recorded_by, recorded_at) ON delegation.air_record TO hearthwatch_api;
GRANT UPDATE (withdrawn_at, withdrawn_by) ON delegation.air_record TO hearthwatch_api;
CREATE POLICY home_or_hub_records ON delegation.air_record FOR INSERT TO hearthwatch_api
    WITH CHECK (recorded_by = delegation.actor()
                AND resident_id IN (SELECT resident.resident_id FROM delegation.resident WHERE home_id IN
                                        (SELECT delegation.homes_held('home_manager', 'hub_clinician', 'hub_lead'))));
CREATE POLICY home_or_hub_withdraws ON delegation.air_record FOR UPDATE TO hearthwatch_api
    USING (withdrawn_at IS NULL
           AND resident_id IN (SELECT resident.resident_id FROM delegation.resident WHERE home_id IN
                                   (SELECT delegation.homes_held('home_manager', 'hub_clinician', 'hub_lead'))))
    WITH CHECK (withdrawn_by = delegation.actor());
CREATE POLICY in_scope ON delegation.ceiling FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
GRANT INSERT (resident_id, statement, clinician_name, regulator, regulator_number, reason, decided_at, starts_at,
    review_by, recorded_by, looked_up_at) ON delegation.ceiling TO hearthwatch_api;
GRANT UPDATE (revoked_at, revoked_by, revoked_because) ON delegation.ceiling TO hearthwatch_api;
CREATE POLICY hub_records ON delegation.ceiling FOR INSERT TO hearthwatch_api
    WITH CHECK (recorded_by = delegation.actor()
                AND resident_id IN (SELECT resident.resident_id FROM delegation.resident
                                    WHERE home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead'))));
CREATE POLICY hub_revokes ON delegation.ceiling FOR UPDATE TO hearthwatch_api
    USING (revoked_at IS NULL
           AND resident_id IN (SELECT resident.resident_id FROM delegation.resident
                               WHERE home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead'))))
    WITH CHECK (revoked_by = delegation.actor());
CREATE POLICY in_scope ON delegation.monitoring_pause FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
GRANT INSERT (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at) ON delegation.monitoring_pause
    TO hearthwatch_api;
GRANT UPDATE (ends_at, ended_by) ON delegation.monitoring_pause TO hearthwatch_api;
CREATE POLICY home_or_hub_records ON delegation.monitoring_pause FOR INSERT TO hearthwatch_api
    WITH CHECK (recorded_by = delegation.actor()
                AND resident_id IN (SELECT resident.resident_id FROM delegation.resident WHERE home_id IN
                                        (SELECT delegation.homes_held('home_manager', 'hub_clinician', 'hub_lead'))));
CREATE POLICY home_or_hub_ends ON delegation.monitoring_pause FOR UPDATE TO hearthwatch_api
    USING (ended_by IS NULL
           AND resident_id IN (SELECT resident.resident_id FROM delegation.resident WHERE home_id IN
                                   (SELECT delegation.homes_held('home_manager', 'hub_clinician', 'hub_lead'))))
    WITH CHECK (ended_by = delegation.actor());
CREATE POLICY in_scope ON delegation.competence FOR SELECT TO hearthwatch_api
    USING (person_id = delegation.actor() OR person_id IN (SELECT delegation.workers_known()));
CREATE POLICY trainer_signs_off ON delegation.competence FOR INSERT TO hearthwatch_api
    WITH CHECK (assessor_id = delegation.actor() AND person_id <> delegation.actor()
                AND person_id IN (SELECT delegation.workers_in_charge('trainer')));
-- A revoked sign-off stays revoked: undoing it would be a sign-off that nobody made.
CREATE POLICY trainer_revokes ON delegation.competence FOR UPDATE TO hearthwatch_api
    USING (revoked_at IS NULL AND person_id IN (SELECT delegation.workers_in_charge('trainer')))
    WITH CHECK (revoked_at IS NOT NULL);
CREATE POLICY as_oneself ON delegation.audit_event FOR INSERT TO hearthwatch_api
    WITH CHECK (actor = 'person:' || delegation.actor()::text);
-- Accesses are read through a view, because the role that writes the audit may not read its table.
CREATE VIEW delegation.visible_audit_event WITH (security_barrier) AS
SELECT at, actor, role, purpose, action, subject, resident_id, request_id, written_at FROM delegation.audit_event
WHERE resident_id IN (SELECT resident.resident_id FROM delegation.resident
                      WHERE home_id IN (SELECT delegation.homes_held('home_manager', 'hub_lead')))
   OR (resident_id IS NULL
       AND subject IN (SELECT 'home:' || held FROM delegation.homes_held('home_manager', 'hub_lead') AS held));
ALTER VIEW delegation.visible_audit_event OWNER TO hearthwatch_gate;
GRANT SELECT ON delegation.visible_audit_event TO hearthwatch_api;
CREATE POLICY as_oneself ON delegation.audit_text FOR INSERT TO hearthwatch_api WITH CHECK (delegation.actor() IS NOT NULL);

-- Ingest reads opaque ids, scales and rights, never a name.
GRANT SELECT (resident_id, home_id, no_score_reason, synthetic) ON delegation.resident TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT (lives_here_from) ON delegation.resident TO hearthwatch_ingest, hearthwatch_scheduler;   -- silence is counted from there
GRANT SELECT (refitted) ON delegation.resident TO hearthwatch_ingest;
GRANT SELECT (hub_id, name, phone) ON delegation.hub TO hearthwatch_ingest;   -- a kit is told which hub to phone
GRANT SELECT (home_id, organisation_id, hub_id, rounds, synthetic) ON delegation.home TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT (authorisation_id, resident_id, starts_at, review_by, ends_at, revoked_at, recorded_at)
    ON delegation.spo2_scale_authorisation TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT (limit_id, resident_id, sign, low, high, starts_at, revoked_at, recorded_at)
    ON delegation.personal_limit TO hearthwatch_ingest;
GRANT SELECT (resident_id, recorded_at, cancelled_at, withdrawn_at) ON delegation.air_record
    TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT UPDATE (cancelled_at) ON delegation.air_record TO hearthwatch_ingest;
GRANT SELECT (resident_id, starts_at, ends_at) ON delegation.monitoring_pause TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT (recorded_at) ON delegation.monitoring_pause TO hearthwatch_ingest;
GRANT SELECT (person_id, activity, level, signed_off_at, valid_until, revoked_at)
    ON delegation.competence TO hearthwatch_ingest, hearthwatch_scheduler;
GRANT SELECT (person_id, role, organisation_id, home_id, resident_id, starts_at, ends_at)
    ON delegation.role_assignment TO hearthwatch_ingest;
GRANT INSERT ON delegation.audit_text TO hearthwatch_ingest, hearthwatch_scheduler;
-- Without audit_id, so that an event always takes the next number.
GRANT INSERT (at, actor, role, purpose, action, subject, resident_id, request_id, text_digest) ON delegation.audit_event
    TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;
GRANT USAGE ON SEQUENCE delegation.audit_event_audit_id_seq TO hearthwatch_api, hearthwatch_ingest, hearthwatch_scheduler;

CREATE POLICY opaque ON delegation.resident FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY told_to_kits ON delegation.hub FOR SELECT TO hearthwatch_ingest USING (true);
CREATE POLICY opaque ON delegation.home FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY opaque ON delegation.spo2_scale_authorisation FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY opaque ON delegation.personal_limit FOR SELECT TO hearthwatch_ingest USING (true);
CREATE POLICY opaque ON delegation.air_record FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY oxygen_seen ON delegation.air_record FOR UPDATE TO hearthwatch_ingest
    USING (true) WITH CHECK (cancelled_at IS NOT NULL);
CREATE POLICY opaque ON delegation.monitoring_pause FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY opaque ON delegation.competence FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);
CREATE POLICY opaque ON delegation.role_assignment FOR SELECT TO hearthwatch_ingest USING (true);
CREATE POLICY as_process ON delegation.audit_event FOR INSERT TO hearthwatch_ingest, hearthwatch_scheduler
    WITH CHECK (actor LIKE 'process:%' OR actor = 'person:' || delegation.actor()::text);
CREATE POLICY as_process ON delegation.audit_text FOR INSERT TO hearthwatch_ingest, hearthwatch_scheduler WITH CHECK (true);

-- The scheduler seals committed events.
GRANT SELECT ON delegation.audit_event, delegation.audit_seal, delegation.audit_sealed_event TO hearthwatch_scheduler;
GRANT INSERT ON delegation.audit_seal, delegation.audit_sealed_event TO hearthwatch_scheduler;
GRANT SELECT, INSERT, UPDATE (in_directory_at, at_address_at) ON delegation.audit_head TO hearthwatch_scheduler;
CREATE POLICY sealer ON delegation.audit_head TO hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY sealer ON delegation.audit_event FOR SELECT TO hearthwatch_scheduler USING (true);
CREATE POLICY sealer ON delegation.audit_seal TO hearthwatch_scheduler USING (true) WITH CHECK (true);
CREATE POLICY sealer ON delegation.audit_sealed_event TO hearthwatch_scheduler USING (true) WITH CHECK (true);

-- Ends of care and legal holds are recorded by those who answer for the home or lead its hub.
GRANT SELECT ON delegation.end_of_care, delegation.legal_hold TO hearthwatch_api;
GRANT INSERT (resident_id, ended_at, reason, recorded_by, recorded_at) ON delegation.end_of_care TO hearthwatch_api;
GRANT INSERT (resident_id, reason, placed_by, starts_at, ends_at) ON delegation.legal_hold TO hearthwatch_api;
GRANT UPDATE (withdrawn_at, withdrawn_by) ON delegation.end_of_care TO hearthwatch_api;
GRANT UPDATE (ends_at, lifted_by) ON delegation.legal_hold TO hearthwatch_api;
GRANT SELECT ON delegation.tombstone, delegation.retention_rule TO hearthwatch_api;
CREATE POLICY readable ON delegation.retention_rule FOR SELECT TO hearthwatch_api USING (delegation.actor() IS NOT NULL);
GRANT SELECT (resident_id, recorded_at, withdrawn_at) ON delegation.end_of_care TO hearthwatch_ingest, hearthwatch_scheduler;

CREATE FUNCTION delegation.residents_answered_for() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT resident_id FROM delegation.resident
    WHERE home_id IN (SELECT delegation.homes_held('home_manager', 'hub_lead'))
$$;
ALTER FUNCTION delegation.residents_answered_for() OWNER TO hearthwatch_gate;

-- Residents are added, corrected and moved by those who answer for their home, and moved only to homes of its provider.
CREATE FUNCTION delegation.homes_of_their_provider(resident uuid) RETURNS TABLE (home_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT there.home_id, there.name
    FROM delegation.resident lives JOIN delegation.home here USING (home_id)
    JOIN delegation.home there ON there.organisation_id = here.organisation_id
    WHERE lives.resident_id = resident AND here.home_id IN (SELECT delegation.homes_held('home_manager', 'hub_lead'))
$$;

-- Ask whether somebody has this NHS number, before it is recorded for a new resident (of_resident NULL) or for this
-- one. A resident at a home that is not the actor's is answered `elsewhere` and no more. That answer counts as a try,
-- as at the glass, and so does a question about an existing resident, unless the answer is `yours`. Asking a free
-- number for a new resident needs no limit, because it leaves a visible resident behind.
CREATE FUNCTION delegation.nhs_number_taken(number text, of_resident uuid)
RETURNS TABLE (outcome text, resident uuid, until timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    me constant uuid := delegation.actor();
    most smallint;
BEGIN
    IF NOT EXISTS (SELECT FROM delegation.homes_held('home_manager', 'hub_lead')) THEN
        RAISE EXCEPTION 'Only who answers for a home asks this.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT tries_an_hour INTO STRICT most FROM delegation.break_glass_rule WHERE in_force_from <= now()
    ORDER BY in_force_from DESC, version DESC LIMIT 1;
    until := delegation.wait_for_a_try(me, most);
    IF until IS NOT NULL THEN
        outcome := 'wait';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT resident_id INTO resident FROM delegation.resident WHERE nhs_number = number;
    outcome := CASE WHEN resident IS NULL OR resident = of_resident THEN 'free'
                    WHEN resident IN (SELECT delegation.residents_answered_for()) THEN 'yours'
                    ELSE 'elsewhere' END;
    IF outcome = 'elsewhere' OR (of_resident IS NOT NULL AND outcome <> 'yours') THEN
        INSERT INTO delegation.break_glass_try (person_id, tried_at) VALUES (me, clock_timestamp());
    END IF;
    IF outcome <> 'yours' THEN
        resident := NULL;
    END IF;
    RETURN NEXT;
END $$;
REVOKE EXECUTE ON FUNCTION delegation.homes_of_their_provider(uuid), delegation.nhs_number_taken(text, uuid) FROM PUBLIC;
ALTER FUNCTION delegation.homes_of_their_provider(uuid) OWNER TO hearthwatch_gate;
ALTER FUNCTION delegation.nhs_number_taken(text, uuid) OWNER TO hearthwatch_gate;
GRANT EXECUTE ON FUNCTION delegation.homes_of_their_provider(uuid), delegation.nhs_number_taken(text, uuid) TO hearthwatch_api;

-- Note that NEWS2 did not always fit this resident. Otherwise a check for lost scores would report readings of a time
-- when it was not used. Erasing a resident clears the note.
CREATE FUNCTION delegation.note_refitted() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.refitted := true;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION delegation.note_refitted() FROM PUBLIC;
CREATE TRIGGER note_refitted BEFORE UPDATE OF no_score_reason ON delegation.resident
    FOR EACH ROW WHEN (current_user <> 'hearthwatch_retention'
                       AND (OLD.no_score_reason IS NULL) <> (NEW.no_score_reason IS NULL))
    EXECUTE FUNCTION delegation.note_refitted();

-- The residents who have turned 16. The scheduler asks daily and never sees a date of birth.
CREATE FUNCTION delegation.now_sixteen(today date) RETURNS SETOF uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE delegation.resident SET no_score_reason = NULL
    WHERE no_score_reason = 'under_16' AND born_on + interval '16 years' <= today RETURNING resident_id
$$;
REVOKE EXECUTE ON FUNCTION delegation.now_sixteen(date) FROM PUBLIC;
ALTER FUNCTION delegation.now_sixteen(date) OWNER TO hearthwatch_gate;
GRANT UPDATE (no_score_reason) ON delegation.resident TO hearthwatch_gate;
GRANT EXECUTE ON FUNCTION delegation.now_sixteen(date) TO hearthwatch_scheduler;

-- A resident added to a synthetic home is synthetic; only the seed may set this otherwise.
CREATE FUNCTION delegation.synthetic_as_their_home() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    NEW.synthetic := NEW.synthetic OR EXISTS (
        SELECT FROM delegation.home WHERE home.home_id = NEW.home_id AND home.synthetic);
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION delegation.synthetic_as_their_home() FROM PUBLIC;
ALTER FUNCTION delegation.synthetic_as_their_home() OWNER TO hearthwatch_gate;
CREATE TRIGGER synthetic_as_their_home BEFORE INSERT ON delegation.resident
    FOR EACH ROW EXECUTE FUNCTION delegation.synthetic_as_their_home();

-- Without `synthetic`; and resident_id cannot be updated.
GRANT INSERT (resident_id, home_id, name, nhs_number, born_on, allergies, background, call_back_phone, usual_company,
    no_score_reason) ON delegation.resident TO hearthwatch_api;
GRANT UPDATE (home_id, name, nhs_number, born_on, allergies, background, call_back_phone, usual_company, no_score_reason,
    lives_here_from) ON delegation.resident TO hearthwatch_api;
CREATE POLICY answered_for ON delegation.resident FOR INSERT TO hearthwatch_api
    WITH CHECK (home_id IN (SELECT delegation.homes_held('home_manager', 'hub_lead')));
CREATE POLICY answered_for_changes ON delegation.resident FOR UPDATE TO hearthwatch_api
    USING (home_id IN (SELECT delegation.homes_held('home_manager', 'hub_lead')))
    WITH CHECK (home_id IN (SELECT there.home_id FROM delegation.homes_of_their_provider(resident_id) AS there));

CREATE POLICY in_scope ON delegation.end_of_care FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY answered_for ON delegation.end_of_care FOR INSERT TO hearthwatch_api
    WITH CHECK (recorded_by = delegation.actor() AND resident_id IN (SELECT delegation.residents_answered_for()));
CREATE POLICY answered_for_withdraws ON delegation.end_of_care FOR UPDATE TO hearthwatch_api
    USING (withdrawn_at IS NULL AND resident_id IN (SELECT delegation.residents_answered_for()))
    WITH CHECK (withdrawn_by = delegation.actor());
CREATE POLICY in_scope ON delegation.legal_hold FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.residents_answered_for()));
CREATE POLICY answered_for ON delegation.legal_hold FOR INSERT TO hearthwatch_api
    WITH CHECK (placed_by = delegation.actor() AND resident_id IN (SELECT delegation.residents_answered_for()));
CREATE POLICY answered_for_lifts ON delegation.legal_hold FOR UPDATE TO hearthwatch_api
    USING (lifted_by IS NULL AND resident_id IN (SELECT delegation.residents_answered_for()))
    WITH CHECK (lifted_by = delegation.actor());
CREATE POLICY in_scope ON delegation.tombstone FOR SELECT TO hearthwatch_api
    USING (resident_id IN (SELECT delegation.visible_residents()));
CREATE POLICY watching ON delegation.end_of_care FOR SELECT TO hearthwatch_ingest, hearthwatch_scheduler USING (true);

-- Broken glass is read by the person who broke it and by those who answer for the resident, who acknowledge it.
GRANT SELECT ON delegation.break_glass, delegation.break_glass_rule TO hearthwatch_api;
GRANT SELECT, INSERT (break_glass_id, desk, person_id) ON delegation.break_glass_seen TO hearthwatch_api;
CREATE POLICY readable ON delegation.break_glass_rule FOR SELECT TO hearthwatch_api USING (delegation.actor() IS NOT NULL);
CREATE POLICY in_scope ON delegation.break_glass FOR SELECT TO hearthwatch_api
    USING (person_id = delegation.actor() OR resident_id IN (SELECT delegation.residents_answered_for()));
CREATE POLICY in_scope ON delegation.break_glass_seen FOR SELECT TO hearthwatch_api
    USING (EXISTS (SELECT FROM delegation.break_glass broken
                   WHERE broken.break_glass_id = break_glass_seen.break_glass_id
                     AND broken.resident_id IN (SELECT delegation.residents_answered_for())));
CREATE POLICY answered_for ON delegation.break_glass_seen FOR INSERT TO hearthwatch_api
    WITH CHECK (person_id = delegation.actor()
                AND EXISTS (SELECT FROM delegation.break_glass broken JOIN delegation.resident USING (resident_id)
                            WHERE broken.break_glass_id = break_glass_seen.break_glass_id
                              AND resident.home_id IN (SELECT delegation.homes_held(
                                  CASE break_glass_seen.desk WHEN 'home' THEN 'home_manager' ELSE 'hub_lead' END))));

-- Retention reads when care ended and what is held, never why and never a name. It may not read the words beside the
-- audit.
GRANT SELECT (resident_id, ended_at, withdrawn_at) ON delegation.end_of_care TO hearthwatch_retention;
GRANT SELECT (resident_id, starts_at, ends_at) ON delegation.legal_hold TO hearthwatch_retention;
GRANT SELECT ON delegation.retention_rule TO hearthwatch_retention;
GRANT SELECT, INSERT ON delegation.tombstone TO hearthwatch_retention;
GRANT INSERT (at, actor, role, purpose, action, subject, resident_id, request_id, text_digest) ON delegation.audit_event
    TO hearthwatch_retention;
GRANT USAGE ON SEQUENCE delegation.audit_event_audit_id_seq TO hearthwatch_retention;
GRANT SELECT (audit_id, resident_id) ON delegation.audit_event TO hearthwatch_retention;
GRANT SELECT (audit_id), DELETE ON delegation.audit_text TO hearthwatch_retention;
CREATE POLICY retention ON delegation.end_of_care FOR SELECT TO hearthwatch_retention USING (true);
CREATE POLICY retention ON delegation.legal_hold FOR SELECT TO hearthwatch_retention USING (true);
CREATE POLICY retention ON delegation.retention_rule FOR SELECT TO hearthwatch_retention USING (true);
CREATE POLICY retention ON delegation.tombstone TO hearthwatch_retention USING (true) WITH CHECK (true);
CREATE POLICY retention ON delegation.audit_event FOR SELECT TO hearthwatch_retention USING (true);
CREATE POLICY as_retention ON delegation.audit_event FOR INSERT TO hearthwatch_retention
    WITH CHECK (actor = 'process:retention' OR actor = 'person:' || delegation.actor()::text);
CREATE POLICY retention ON delegation.audit_text TO hearthwatch_retention USING (EXISTS (
    SELECT FROM delegation.audit_event said JOIN delegation.end_of_care ended USING (resident_id)
    WHERE said.audit_id = audit_text.audit_id AND ended.withdrawn_at IS NULL));
-- Retention deletes identity and decisions without reading them, and only where care has ended.
GRANT SELECT (resident_id), DELETE ON delegation.role_assignment, delegation.invitation, delegation.spo2_scale_authorisation,
    delegation.personal_limit, delegation.air_record, delegation.ceiling, delegation.monitoring_pause TO hearthwatch_retention;
GRANT SELECT (resident_id), UPDATE (name, nhs_number, born_on, allergies, background, call_back_phone, usual_company,
    no_score_reason, refitted) ON delegation.resident TO hearthwatch_retention;
GRANT UPDATE (reason) ON delegation.legal_hold TO hearthwatch_retention;
DO $$
DECLARE erased regclass;
BEGIN
    FOREACH erased IN ARRAY ARRAY['delegation.role_assignment', 'delegation.invitation', 'delegation.resident',
                                  'delegation.spo2_scale_authorisation', 'delegation.personal_limit',
                                  'delegation.air_record', 'delegation.ceiling', 'delegation.monitoring_pause']::regclass[] LOOP
        EXECUTE format('CREATE POLICY retention ON %s TO hearthwatch_retention USING (resident_id IN
                            (SELECT ended.resident_id FROM delegation.end_of_care ended WHERE ended.withdrawn_at IS NULL))',
                       erased);
    END LOOP;
END $$;
-- An unused invitation is deleted some time after it expired, because it holds the name of the person invited.
GRANT SELECT (taken_at, good_until, ends_at) ON delegation.invitation TO hearthwatch_retention;
CREATE POLICY retention_of_unused ON delegation.invitation TO hearthwatch_retention
    USING (taken_at IS NULL AND least(good_until, ends_at) < now() - interval '7 days');
CREATE POLICY retention_erases ON delegation.legal_hold FOR UPDATE TO hearthwatch_retention
    USING (true) WITH CHECK (reason = 'Erased.');
GRANT SELECT (resident_id, has_words), UPDATE (words) ON delegation.break_glass TO hearthwatch_retention;
CREATE POLICY retention ON delegation.break_glass TO hearthwatch_retention USING (true) WITH CHECK (words IS NULL);
