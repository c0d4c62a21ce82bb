-- SPDX-License-Identifier: MIT
--
-- schema.sql - the tables of a byname database, version 14. Built into bynamed and byname; README.md explains them.
--
-- Codes (question, value, cause, flag) are those of protocol/vocabulary.h. Columns that end in _ms are UTC
-- milliseconds since 1970. Ids of 64 bits are kept as SQLite's signed integers. In place of a comment that is the name of one of
-- the vocabulary's lists the build puts its WHEN code THEN 'name'.

-- The one store this file belongs to: every row below is its.
CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    database_id BLOB NOT NULL CHECK (length(database_id) = 16),
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    newest_commit_ms INTEGER -- arrival of the newest answers while the clock was good
) STRICT;

CREATE TABLE kiosk (
    id INTEGER PRIMARY KEY,
    kiosk_id INTEGER NOT NULL UNIQUE,            -- as on the wire
    name TEXT NOT NULL UNIQUE,
    port TEXT NOT NULL,                          -- where it was last
    former_id INTEGER NOT NULL,                  -- what it called itself when it was adopted; 0: nothing
    is_confirmed INTEGER NOT NULL DEFAULT 0,     -- it has said HELLO with kiosk_id, and proved it if there is a key
    adopted_ms INTEGER NOT NULL,
    firmware TEXT NOT NULL DEFAULT '',
    boot INTEGER, heard_ms INTEGER,              -- the newest contact
    boot_before INTEGER, heard_before_ms INTEGER, -- the newest contact in an earlier boot
    boots INTEGER NOT NULL DEFAULT 0,            -- changes of boot seen
    uptime_s INTEGER, refused INTEGER, bad_frames INTEGER, resent INTEGER, pending INTEGER, -- the newest HEALTH
    bad_slots INTEGER, display_faults INTEGER, stuck_buttons INTEGER, health_ms INTEGER,
    key BLOB CHECK (key IS NULL OR length(key) = 16), -- of its line: a secret; NULL: it knows none. Since version 2
    audience TEXT NOT NULL DEFAULT 'external' CHECK (audience IN ('external', 'internal')) -- since version 3
) STRICT;

-- A kiosk's numbered answers. A formatted or replaced journal gets a new row.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    journal_id INTEGER NOT NULL UNIQUE,      -- as on the wire
    kiosk INTEGER NOT NULL REFERENCES kiosk (id),
    issued_ms INTEGER NOT NULL,
    is_used INTEGER NOT NULL DEFAULT 0,      -- the kiosk has said HELLO with it
    begins_after INTEGER NOT NULL,           -- its first answer is the next one
    through INTEGER NOT NULL,                -- every answer up to here is stored or known lost
    floor_ms INTEGER, floor_boot INTEGER, floor_uptime_s INTEGER, -- the newest answer: not before
    duplicates INTEGER NOT NULL DEFAULT 0    -- answers that came again, equal
) STRICT;
CREATE INDEX journal_of_kiosk ON journal (kiosk);

-- When a boot began. Kept only together with an answer of that boot.
CREATE TABLE anchor (
    journal INTEGER NOT NULL REFERENCES journal (id),
    boot INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    PRIMARY KEY (journal, boot)
) STRICT, WITHOUT ROWID;

-- Every tap as it came, and when it happened: between instant_ms and instant_ms + span_ms.
CREATE TABLE answer (
    journal INTEGER NOT NULL REFERENCES journal (id),
    seq INTEGER NOT NULL,
    visit_back INTEGER NOT NULL,  -- the visit is that of the rating at seq - visit_back
    question INTEGER NOT NULL,
    value INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    uptime_s INTEGER NOT NULL,
    instant_ms INTEGER NOT NULL,
    span_ms INTEGER NOT NULL,
    quality INTEGER NOT NULL,     -- 0 exact, 1 mapped, 2 bounded
    arrived_ms INTEGER NOT NULL,
    PRIMARY KEY (journal, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX answer_signed ON answer (instant_ms) WHERE question IN (11, 12); -- since version 3

-- Sequence numbers that are gone for good.
CREATE TABLE lost (
    journal INTEGER NOT NULL REFERENCES journal (id),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    cause INTEGER NOT NULL,
    noticed_ms INTEGER NOT NULL,
    PRIMARY KEY (journal, first)
) STRICT, WITHOUT ROWID;

-- Answers that came after they had been called lost.
CREATE TABLE conflict (
    journal INTEGER NOT NULL REFERENCES journal (id),
    seq INTEGER NOT NULL,
    visit_back INTEGER NOT NULL,
    question INTEGER NOT NULL,
    value INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    uptime_s INTEGER NOT NULL,
    arrived_ms INTEGER NOT NULL,
    PRIMARY KEY (journal, seq, visit_back, question, value, boot, uptime_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarm (
    id INTEGER PRIMARY KEY,
    raised_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,          -- 'lost', 'restored', 'conflict', 'journal_replaced'
    kiosk INTEGER NOT NULL REFERENCES kiosk (id),
    text TEXT NOT NULL
) STRICT;

-- Kiosks that wait for adoption, or belong to another database.
CREATE TABLE pending (
    port TEXT PRIMARY KEY,
    kiosk_id INTEGER NOT NULL,   -- 0: not adopted by anybody
    firmware TEXT NOT NULL,
    first_heard_ms INTEGER NOT NULL,
    heard_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    id INTEGER PRIMARY KEY,      -- never given to another person
    name TEXT NOT NULL,
    is_on_duty INTEGER NOT NULL,
    pin INTEGER,                 -- 0 to 624; NULL: none
    added_ms INTEGER NOT NULL,
    retired_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX staff_name ON staff (name) WHERE retired_ms IS NULL;

-- Who is signed on where. A row may be stale: it ends after 10 h or at local midnight.
CREATE TABLE presence (
    kiosk INTEGER NOT NULL REFERENCES kiosk (id),
    staff INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, staff)
) STRICT, WITHOUT ROWID;

-- One customer at a kiosk: a rating and its follow-ups. NULL: not shown; 0: skipped; 65535: no press.
CREATE TABLE visit (
    journal INTEGER NOT NULL REFERENCES journal (id),
    seq INTEGER NOT NULL,        -- of its rating
    instant_ms INTEGER NOT NULL,
    span_ms INTEGER NOT NULL,
    boot INTEGER NOT NULL,
    uptime_s INTEGER NOT NULL,
    rating INTEGER NOT NULL,
    flag INTEGER NOT NULL,       -- 0: none; else left out
    is_burst INTEGER NOT NULL,   -- 1: left out
    served INTEGER, staff INTEGER, mention INTEGER, cause INTEGER, strength INTEGER, "returning" INTEGER,
    help INTEGER,
    is_mash INTEGER NOT NULL DEFAULT 0, -- 1: left out. Since version 4
    PRIMARY KEY (journal, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_uncertain ON visit (instant_ms) WHERE span_ms > 0;
CREATE INDEX visit_help ON visit (instant_ms) WHERE help = 1; -- since version 3

-- Counts of visits; daemon/tally.h says what each measure is.
CREATE TABLE tally (
    level INTEGER NOT NULL,      -- 1 hour, 2 day, 3 month, 4 all time, 5 week; 9 year; of all staff: 6 hour, 7 day, 8 slot, 10 slot of a year
                                 -- of all kiosks: 11 hour, 12 day, 13 slot, 14 slot of a year, 15 month, 16 year
                                 -- 100 + level: the part of it whose answers are purged, since version 9
    start_ms INTEGER NOT NULL,   -- the instant at which the local period begins; 0 for all time
    kiosk INTEGER NOT NULL,      -- 0: all
    staff INTEGER NOT NULL,      -- 0: no name
    rating_1 INTEGER NOT NULL,
    rating_2 INTEGER NOT NULL,
    rating_3 INTEGER NOT NULL,
    rating_4 INTEGER NOT NULL,
    rating_5 INTEGER NOT NULL,
    staff_named INTEGER NOT NULL,
    staff_skipped INTEGER NOT NULL,
    staff_none INTEGER NOT NULL,
    mention_asked INTEGER NOT NULL,
    mention_will_ask INTEGER NOT NULL,
    mention_no INTEGER NOT NULL,
    mention_skipped INTEGER NOT NULL,
    mention_none INTEGER NOT NULL,
    cause_process INTEGER NOT NULL,
    cause_rules INTEGER NOT NULL,
    cause_presentation INTEGER NOT NULL,
    cause_product INTEGER NOT NULL,
    cause_people INTEGER NOT NULL,
    cause_skipped INTEGER NOT NULL,
    cause_none INTEGER NOT NULL,
    strength_empathy INTEGER NOT NULL,
    strength_follow_through INTEGER NOT NULL,
    strength_respect INTEGER NOT NULL,
    strength_listening INTEGER NOT NULL,
    strength_flexibility INTEGER NOT NULL,
    strength_skipped INTEGER NOT NULL,
    strength_none INTEGER NOT NULL,
    returning_yes INTEGER NOT NULL,
    returning_no INTEGER NOT NULL,
    returning_skipped INTEGER NOT NULL,
    returning_none INTEGER NOT NULL,
    asked_returning INTEGER NOT NULL,
    asked_new INTEGER NOT NULL,
    help_yes INTEGER NOT NULL,
    help_no INTEGER NOT NULL,
    help_skipped INTEGER NOT NULL,
    help_none INTEGER NOT NULL,
    unhappy_people INTEGER NOT NULL,
    left_out_withdrawn INTEGER NOT NULL,
    left_out_stuck INTEGER NOT NULL,
    left_out_burst INTEGER NOT NULL,
    left_out_other INTEGER NOT NULL,
    left_out_happy INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    without_rating INTEGER NOT NULL,
    left_out_mash INTEGER NOT NULL DEFAULT 0, -- since version 4
    PRIMARY KEY (level, start_ms, kiosk, staff)
) STRICT, WITHOUT ROWID;
CREATE INDEX tally_of_staff ON tally (staff, start_ms) WHERE level = 2;
CREATE INDEX tally_of_staff_hour ON tally (staff, start_ms) WHERE level = 1; -- since version 3

-- Since version 5 ------------------------------------------------------------------------------------------------
-- From such a line on the file is also what brings a database of the version before it here (store.c).

-- Somebody is wanted at a kiosk: a customer asked for it, or ratings run bad there. Never deleted.
CREATE TABLE help_call (
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,       -- 1 a customer's help call, 2 a bad run
    journal INTEGER NOT NULL REFERENCES journal (id),
    seq INTEGER NOT NULL,        -- of the answer that called, or of the rating that made the run bad
    visit INTEGER NOT NULL,      -- seq of its rating
    kiosk INTEGER NOT NULL REFERENCES kiosk (id),
    called_ms INTEGER NOT NULL,  -- when it was pressed
    arrived_ms INTEGER NOT NULL, -- when the daemon stored it
    state INTEGER NOT NULL,      -- 1 open, 2 acknowledged, 3 closed, 4 missed: it came too late to be raised
    raised_ms INTEGER,           -- when the running daemon began to show and to announce it; NULL: not yet, or never
    told INTEGER NOT NULL DEFAULT 0, -- where that succeeded: bits of enum store_help_channel
    acknowledged_ms INTEGER, acknowledged_by INTEGER, -- who is on the way: staff id; NULL: not said
    closed_ms INTEGER, closed_by INTEGER, outcome INTEGER,
    remark TEXT NOT NULL DEFAULT '',
    ratings INTEGER, unhappy INTEGER, -- of a bad run, when it was noticed
    until_ms INTEGER,            -- the newest rating with which the run was still bad
    UNIQUE (kind, journal, seq)
) STRICT;
CREATE INDEX help_call_of_kiosk ON help_call (kiosk, kind, called_ms);
CREATE INDEX help_call_at ON help_call (called_ms);
CREATE INDEX help_call_open ON help_call (kiosk) WHERE state = 1;

-- What the manager changed, and when: reports show before and after.
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    noted_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    is_shown INTEGER NOT NULL    -- on the kiosks' idle screens; of several the newest is
) STRICT;

-- Since version 6 -------------------------------------------------------------------------------------------------

-- What opens the pages over TCP.
CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), -- SHA-256 of its text, which is kept nowhere
    scope INTEGER NOT NULL,      -- 1 manager, 2 staff, 3 board (daemon/token.h)
    staff INTEGER,               -- of scope 2: whose
    label TEXT NOT NULL,         -- what it is for, in a manager's words
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;

-- Since version 7 -------------------------------------------------------------------------------------------------

-- Whose names are kept, from when on. What was stored before a change stays as it was.
CREATE TABLE policy (
    since_ms INTEGER PRIMARY KEY,
    attribute INTEGER NOT NULL CHECK (attribute BETWEEN 0 AND 2) -- 0 all, 1 positive, 2 none (daemon/store_privacy.h)
) STRICT;

-- Who read per-staff data: one row for all reads of the same within a UTC hour.
CREATE TABLE access (
    hour_ms INTEGER NOT NULL,
    reader TEXT NOT NULL,        -- 'token 3', or 'uid 1000' at the unix socket
    what TEXT NOT NULL,
    staff INTEGER NOT NULL,      -- of whom; 0: of everybody
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    reads INTEGER NOT NULL,
    PRIMARY KEY (hour_ms, reader, what, staff)
) STRICT, WITHOUT ROWID;

-- Numbers of people whose data was merged into "former staff": never given again, and merged when a kiosk still sends one.
CREATE TABLE erased (
    id INTEGER PRIMARY KEY,
    erased_ms INTEGER NOT NULL
) STRICT;

-- Since version 8 -------------------------------------------------------------------------------------------------

-- Visits that may have happened at any time of more than a week: few, and whatever period is asked for, all are looked at.
CREATE INDEX visit_vague ON visit (instant_ms) WHERE span_ms > 604800000;

-- Which visits of uncertain time a period's tallies lack is seen without a search for each visit.
DROP INDEX visit_uncertain;
CREATE INDEX visit_uncertain ON visit (instant_ms, span_ms) WHERE span_ms > 0;

-- Who was signed on when, without a search for each answer.
DROP INDEX answer_signed;
CREATE INDEX answer_signed ON answer (instant_ms, question, value) WHERE question IN (11, 12);

-- Since version 9 -------------------------------------------------------------------------------------------------

-- For how many days raw answers are kept, from when on; 0: without end.
CREATE TABLE retention (
    since_ms INTEGER PRIMARY KEY,
    days INTEGER NOT NULL CHECK (days >= 0)
) STRICT;

-- What of a journal is gone. What it was counted with stays in `tally`, and once more under its level + 100.
CREATE TABLE purged (
    journal INTEGER PRIMARY KEY REFERENCES journal (id),
    through INTEGER NOT NULL,    -- answers up to here are gone; that they were stored is still known
    answers INTEGER NOT NULL,    -- as many of them
    before_ms INTEGER NOT NULL   -- all were pressed before this
) STRICT;

-- Since version 10 ------------------------------------------------------------------------------------------------

-- For whoever reads the file with SQL of their own; byname reads none of them. README.md says what is promised. A view that
-- gets a column, or a word of the vocabulary, is dropped and made again behind the next version's mark.

CREATE VIEW v1_kiosk AS
SELECT id AS kiosk, name AS kiosk_name, audience, port, firmware,
       strftime('%Y-%m-%dT%H:%M:%fZ', adopted_ms / 1000.0, 'unixepoch') AS adopted_utc, adopted_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', heard_ms / 1000.0, 'unixepoch') AS heard_utc, heard_ms,
       pending AS answers_waiting, bad_slots, display_faults, stuck_buttons, health_ms
FROM kiosk;

-- An answer counts while its visit does and holds its value, and no later one of the visit says the same again.
CREATE VIEW v1_answer AS
SELECT answer.journal, answer.seq, kiosk.id AS kiosk, kiosk.name AS kiosk_name,
       strftime('%Y-%m-%dT%H:%M:%fZ', answer.instant_ms / 1000.0, 'unixepoch') AS at_utc,
       answer.instant_ms AS at_ms, answer.span_ms,
       answer.question AS question_code, CASE answer.question /*QUESTIONS*/ END AS question,
       answer.value,
       CASE WHEN answer.question BETWEEN 4 AND 9 AND answer.value = 0 THEN 'skipped'
            WHEN answer.question BETWEEN 4 AND 9 AND answer.value = 65535 THEN 'none'
            ELSE CASE answer.question
                 WHEN 0 THEN CASE answer.value /*VOID_CAUSES*/ END
                 WHEN 5 THEN CASE answer.value /*MENTIONS*/ END
                 WHEN 6 THEN CASE answer.value /*CAUSES*/ END
                 WHEN 7 THEN CASE answer.value /*STRENGTHS*/ END
                 WHEN 8 THEN CASE answer.value /*RETURNINGS*/ END
                 WHEN 9 THEN CASE answer.value /*HELPS*/ END
                 WHEN 10 THEN CASE answer.value /*FLAGS*/ END END END AS value_word,
       CASE WHEN answer.question IN (3, 4, 11, 12, 13) AND answer.value BETWEEN 1 AND 65534 THEN answer.value END AS staff,
       staff.name AS staff_name, visit.seq AS visit_seq,
       coalesce(visit.flag = 0 AND visit.is_burst = 0 AND visit.is_mash = 0
                AND answer.value = CASE answer.question WHEN 2 THEN visit.rating WHEN 3 THEN visit.served
                    WHEN 4 THEN visit.staff WHEN 5 THEN visit.mention WHEN 6 THEN visit.cause
                    WHEN 7 THEN visit.strength WHEN 8 THEN visit."returning" WHEN 9 THEN visit.help END
                AND NOT EXISTS (SELECT 1 FROM answer AS later WHERE later.journal = answer.journal
                    AND later.seq > answer.seq AND later.seq <= visit.seq + 15 AND later.seq - later.visit_back = visit.seq
                    AND later.question = answer.question AND later.value = answer.value), 0) AS is_counted,
       answer.arrived_ms
FROM answer JOIN journal ON journal.id = answer.journal JOIN kiosk ON kiosk.id = journal.kiosk
LEFT JOIN visit ON visit.journal = answer.journal AND visit.seq = answer.seq - answer.visit_back
                AND answer.question BETWEEN 2 AND 10
LEFT JOIN staff ON staff.id = answer.value AND answer.question IN (3, 4, 11, 12, 13);

CREATE VIEW v1_visit AS
SELECT visit.journal, visit.seq, kiosk.id AS kiosk, kiosk.name AS kiosk_name,
       strftime('%Y-%m-%dT%H:%M:%fZ', visit.instant_ms / 1000.0, 'unixepoch') AS at_utc, visit.instant_ms AS at_ms, visit.span_ms,
       visit.rating, visit.flag = 0 AND visit.is_burst = 0 AND visit.is_mash = 0 AS is_counted,
       CASE WHEN visit.flag <> 0 THEN coalesce(CASE visit.flag /*FLAGS*/ END, 'other')
            WHEN visit.is_burst THEN 'burst' WHEN visit.is_mash THEN 'mash' END AS left_out,
       CASE WHEN visit.staff BETWEEN 1 AND 65534 THEN visit.staff
            WHEN visit.served BETWEEN 1 AND 65534 THEN visit.served END AS staff,
       staff.name AS staff_name,
       CASE WHEN visit.staff BETWEEN 1 AND 65534 THEN 'named' WHEN visit.staff = 0 THEN 'skipped'
            WHEN visit.staff = 65535 THEN 'none' END AS staff_question,
       CASE visit.mention WHEN 0 THEN 'skipped' WHEN 65535 THEN 'none' /*MENTIONS*/ END AS mention,
       CASE visit.cause WHEN 0 THEN 'skipped' WHEN 65535 THEN 'none' /*CAUSES*/ END AS cause,
       CASE visit.strength WHEN 0 THEN 'skipped' WHEN 65535 THEN 'none' /*STRENGTHS*/ END AS strength,
       CASE visit."returning" WHEN 0 THEN 'skipped' WHEN 65535 THEN 'none' /*RETURNINGS*/ END AS "returning",
       CASE visit.help WHEN 0 THEN 'skipped' WHEN 65535 THEN 'none' /*HELPS*/ END AS help
FROM visit JOIN journal ON journal.id = visit.journal JOIN kiosk ON kiosk.id = journal.kiosk
LEFT JOIN staff ON staff.id = CASE WHEN visit.staff BETWEEN 1 AND 65534 THEN visit.staff ELSE visit.served END;

-- SQLite knows no time zone but its user's. A local midnight lies within 14 hours of the same date's in UTC, so the Monday
-- next to a week's beginning is that of the week; a day's date is so many whole days after it.
CREATE VIEW v1_day AS
SELECT date(((week_ms - 43200000) / 604800000 * 604800000 + 345600000 + start_ms - week_ms + 43200000) / 1000,
            'unixepoch') AS day,
       strftime('%Y-%m-%dT%H:%M:%fZ', start_ms / 1000.0, 'unixepoch') AS start_utc, start_ms,
       kiosk.id AS kiosk, kiosk.name AS kiosk_name, audience,
       rating_1 + rating_2 + rating_3 + rating_4 + rating_5 AS visits, rating_1, rating_2, rating_3, rating_4, rating_5,
       mention_asked, mention_will_ask, mention_no, mention_skipped, mention_none,
       left_out_withdrawn + left_out_stuck + left_out_burst + left_out_mash + left_out_other AS left_out
FROM (SELECT *, (SELECT max(week.start_ms) FROM tally AS week
                 WHERE week.level = 5 AND week.start_ms <= tally.start_ms) AS week_ms
      FROM tally WHERE level = 7) AS tally JOIN kiosk ON kiosk.id = tally.kiosk;

CREATE VIEW v1_staff_week AS
SELECT date(((start_ms - 43200000) / 604800000 * 604800000 + 345600000) / 1000, 'unixepoch') AS week,
       strftime('%Y-%m-%dT%H:%M:%fZ', start_ms / 1000.0, 'unixepoch') AS start_utc, start_ms,
       kiosk.id AS kiosk, kiosk.name AS kiosk_name, audience, tally.staff, staff.name AS staff_name,
       rating_1 + rating_2 + rating_3 + rating_4 + rating_5 AS visits, rating_1, rating_2, rating_3, rating_4, rating_5,
       mention_asked, mention_will_ask, mention_no, mention_skipped, mention_none,
       left_out_withdrawn + left_out_stuck + left_out_burst + left_out_mash + left_out_other AS left_out
FROM tally JOIN kiosk ON kiosk.id = tally.kiosk LEFT JOIN staff ON staff.id = tally.staff
WHERE level = 5 AND tally.staff > 0;

CREATE VIEW v1_help_call AS
SELECT help_call.id AS call, CASE help_call.kind /*CALL_KINDS*/ END AS kind, kiosk.id AS kiosk, kiosk.name AS kiosk_name,
       journal, visit AS visit_seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', called_ms / 1000.0, 'unixepoch') AS called_utc, called_ms,
       CASE state /*CALL_STATES*/ END AS state, raised_ms,
       acknowledged_ms, acknowledged_by, coming.name AS acknowledged_by_name,
       closed_ms, closed_by, closing.name AS closed_by_name,
       CASE outcome /*OUTCOMES*/ END AS outcome, remark, ratings, unhappy
FROM help_call JOIN kiosk ON kiosk.id = help_call.kiosk
LEFT JOIN staff AS coming ON coming.id = acknowledged_by LEFT JOIN staff AS closing ON closing.id = closed_by;

-- Since version 11 ------------------------------------------------------------------------------------------------

-- From when to when a kiosk was heard, but for its silences; by a clock that was good.
CREATE TABLE hearing (
    kiosk INTEGER PRIMARY KEY REFERENCES kiosk (id),
    since_ms INTEGER NOT NULL,   -- the first contact of the record
    until_ms INTEGER NOT NULL    -- the newest
) STRICT;

-- Nothing was heard from, until. Never deleted.
CREATE TABLE silence (
    kiosk INTEGER NOT NULL,      -- 0: of everybody, nobody listened, or the clock was not good: no kiosk's fault
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    PRIMARY KEY (kiosk, from_ms)
) STRICT, WITHOUT ROWID;

-- Since version 12 ------------------------------------------------------------------------------------------------

ALTER TABLE kiosk ADD COLUMN retired_ms INTEGER; -- taken away for good; NULL: in use

-- When bynamed itself was there, by a good clock, though no kiosk was heard.
ALTER TABLE store ADD COLUMN listened_ms INTEGER;

DROP VIEW v1_kiosk;
CREATE VIEW v1_kiosk AS
SELECT id AS kiosk, name AS kiosk_name, audience, port, firmware,
       strftime('%Y-%m-%dT%H:%M:%fZ', adopted_ms / 1000.0, 'unixepoch') AS adopted_utc, adopted_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', heard_ms / 1000.0, 'unixepoch') AS heard_utc, heard_ms,
       pending AS answers_waiting, bad_slots, display_faults, stuck_buttons, health_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', retired_ms / 1000.0, 'unixepoch') AS retired_utc, retired_ms
FROM kiosk;

CREATE VIEW v1_silence AS
SELECT kiosk.id AS kiosk, kiosk.name AS kiosk_name,
       strftime('%Y-%m-%dT%H:%M:%fZ', from_ms / 1000.0, 'unixepoch') AS from_utc, from_ms,
       strftime('%Y-%m-%dT%H:%M:%fZ', to_ms / 1000.0, 'unixepoch') AS to_utc, to_ms
FROM silence LEFT JOIN kiosk ON kiosk.id = silence.kiosk;

-- Since version 13 ------------------------------------------------------------------------------------------------

-- Calls that nobody has closed are few: neither these nor those of help_call_open need a look at all calls.
CREATE INDEX help_call_acknowledged ON help_call (kiosk, called_ms) WHERE state = 2;

-- Since version 14 ------------------------------------------------------------------------------------------------

-- What reports need of a help call's visit stands beside it, so that no visit is looked for: written whenever the visit is
-- (store_help_visit). NULL: there is no such visit, or its last word was another than yes.
ALTER TABLE help_call ADD COLUMN visit_ms INTEGER;
ALTER TABLE help_call ADD COLUMN visit_span_ms INTEGER;
ALTER TABLE help_call ADD COLUMN visit_staff INTEGER; -- 0: nobody known
ALTER TABLE help_call ADD COLUMN is_counted INTEGER;  -- 0: the visit is left out
ALTER TABLE help_call ADD COLUMN day_ms INTEGER;      -- beginning of the local day in which it was for certain; NULL: of none
ALTER TABLE help_call ADD COLUMN month_ms INTEGER;
ALTER TABLE help_call ADD COLUMN year_ms INTEGER;
ALTER TABLE help_call ADD COLUMN recovery_step INTEGER; -- of call_recovery, by the triggers below
CREATE INDEX help_call_counted ON help_call (kiosk, visit_ms) WHERE visit_ms IS NOT NULL;
CREATE INDEX help_call_of_staff ON help_call (visit_staff, visit_ms) WHERE visit_ms IS NOT NULL;
CREATE INDEX help_call_uncertain ON help_call (visit_ms) WHERE visit_ms IS NOT NULL AND day_ms IS NULL;
CREATE INDEX help_call_recovery ON help_call (recovery_step, visit_ms, visit_span_ms, closed_ms, kiosk, visit_staff)
WHERE recovery_step IS NOT NULL;

-- Visits before may have called without a row in help_call: they are of a byname that had none. NULL: there is no such visit.
ALTER TABLE store ADD COLUMN calls_from_ms INTEGER;

-- Counts of help calls of the whole store, in its local days, months and years. The triggers keep them.
CREATE TABLE call_tally (
    level INTEGER NOT NULL,      -- 2 day, 3 month, 9 year
    start_ms INTEGER NOT NULL,
    measure INTEGER NOT NULL,    -- of counted visits 1 to 4: state; 10 + outcome; 100 + recovery_step; of the others 20
    calls INTEGER NOT NULL,
    PRIMARY KEY (level, start_ms, measure)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_tally_nothing ON call_tally (calls) WHERE calls = 0;

-- Into which step of a histogram the time to recovery falls: to 20 min one of 4 s, to 1 h of 30 s, to 8 h of 4 min, to 7 days
-- of 1 h. (A generated column would not do: SQLite looks for it in the table even where an index has it.)
CREATE VIEW call_recovery AS
SELECT call, CASE WHEN recovery_ms < 0 THEN 0
                  WHEN recovery_ms < 1200000 THEN 1 + recovery_ms / 4000
                  WHEN recovery_ms < 3600000 THEN 261 + recovery_ms / 30000
                  WHEN recovery_ms < 28800000 THEN 366 + recovery_ms / 240000
                  WHEN recovery_ms < 604800000 THEN 478 + recovery_ms / 3600000 ELSE 646 END AS step
FROM (SELECT id AS call, closed_ms - visit_ms AS recovery_ms FROM help_call WHERE is_counted AND closed_ms IS NOT NULL);

-- Where each call counts in call_tally.
CREATE VIEW call_measure AS
SELECT call, level, start_ms, measure FROM
    (SELECT id AS call, level, CASE level WHEN 2 THEN day_ms WHEN 3 THEN month_ms ELSE year_ms END AS start_ms,
            CASE part WHEN 1 THEN iif(is_counted, state, 20) WHEN 2 THEN iif(is_counted, 10 + outcome, NULL)
                      ELSE 100 + recovery_step END AS measure
     FROM help_call CROSS JOIN (SELECT 2 AS level UNION ALL SELECT 3 UNION ALL SELECT 9)
          CROSS JOIN (SELECT 1 AS part UNION ALL SELECT 2 UNION ALL SELECT 3)
     WHERE visit_ms IS NOT NULL)
WHERE start_ms IS NOT NULL AND measure IS NOT NULL;

CREATE TRIGGER help_call_inserted AFTER INSERT ON help_call WHEN NEW.visit_ms IS NOT NULL BEGIN
    UPDATE help_call SET recovery_step = (SELECT step FROM call_recovery WHERE call = NEW.id) WHERE id = NEW.id;
    INSERT INTO call_tally SELECT level, start_ms, measure, 1 FROM call_measure WHERE call = NEW.id
        ON CONFLICT DO UPDATE SET calls = calls + 1;
END;
CREATE TRIGGER help_call_taken_back
BEFORE UPDATE OF state, closed_ms, outcome, visit_ms, is_counted, day_ms, month_ms, year_ms ON help_call
WHEN OLD.visit_ms IS NOT NULL BEGIN
    INSERT INTO call_tally SELECT level, start_ms, measure, -1 FROM call_measure WHERE call = OLD.id
        ON CONFLICT DO UPDATE SET calls = calls - 1;
END;
CREATE TRIGGER help_call_updated
AFTER UPDATE OF state, closed_ms, outcome, visit_ms, is_counted, day_ms, month_ms, year_ms ON help_call
WHEN OLD.visit_ms IS NOT NULL OR NEW.visit_ms IS NOT NULL BEGIN
    UPDATE help_call SET recovery_step = (SELECT step FROM call_recovery WHERE call = NEW.id) WHERE id = NEW.id;
    INSERT INTO call_tally SELECT level, start_ms, measure, 1 FROM call_measure WHERE call = NEW.id
        ON CONFLICT DO UPDATE SET calls = calls + 1;
    DELETE FROM call_tally WHERE calls = 0;
END;
CREATE TRIGGER help_call_deleted BEFORE DELETE ON help_call WHEN OLD.visit_ms IS NOT NULL BEGIN
    INSERT INTO call_tally SELECT level, start_ms, measure, -1 FROM call_measure WHERE call = OLD.id
        ON CONFLICT DO UPDATE SET calls = calls - 1;
    DELETE FROM call_tally WHERE calls = 0;
END;
