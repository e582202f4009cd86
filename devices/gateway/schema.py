"""The SQL of the outbox file.

Guards: a row is `pending` exactly while it lacks a receipt from the database's present epoch.
"""

from collections.abc import Mapping
from typing import LiteralString

VERSION = 5

CREATE: LiteralString = """
CREATE TABLE outbox (
    kit BLOB PRIMARY KEY,
    epoch BLOB NOT NULL,
    last_seq INTEGER NOT NULL,
    database_epoch BLOB,
    let_go INTEGER NOT NULL DEFAULT 0,
    age REAL NOT NULL DEFAULT 0,
    hub_name TEXT,
    hub_telephone TEXT
);
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    kit BLOB NOT NULL REFERENCES outbox,
    seq INTEGER NOT NULL,
    reading_id BLOB NOT NULL,
    payload BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    alone INTEGER NOT NULL,
    pending INTEGER NOT NULL DEFAULT 1,
    due_at REAL NOT NULL DEFAULT 0,
    publishes INTEGER NOT NULL DEFAULT 0,
    first_published_at REAL,
    published_at REAL,
    outcome TEXT,
    reason TEXT,
    next TEXT,
    receipt_epoch BLOB,
    receipted_at REAL,
    receipted_age REAL,
    start TEXT,
    taken REAL,
    UNIQUE (kit, seq),
    UNIQUE (kit, reading_id)
);
CREATE INDEX item_due ON item (kit, alone, due_at, seq) WHERE pending = 1;
CREATE INDEX item_settled ON item (receipted_age) WHERE pending = 0;
PRAGMA user_version = 5;
"""

# A file of an earlier version still holds readings that nobody else has, so opening it upgrades it.
UPGRADE: Mapping[int, LiteralString] = {
    1: """
ALTER TABLE outbox ADD COLUMN let_go INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 2;
""",
    2: """
ALTER TABLE outbox ADD COLUMN age REAL NOT NULL DEFAULT 0;
ALTER TABLE item ADD COLUMN receipted_age REAL;
UPDATE item SET receipted_age = 0 WHERE receipted_at IS NOT NULL;
DROP INDEX item_settled;
CREATE INDEX item_settled ON item (receipted_age) WHERE pending = 0;
PRAGMA user_version = 3;
""",
    3: """
ALTER TABLE item ADD COLUMN start TEXT;
ALTER TABLE item ADD COLUMN taken REAL;
PRAGMA user_version = 4;
""",
    4: """
ALTER TABLE outbox ADD COLUMN hub_name TEXT;
ALTER TABLE outbox ADD COLUMN hub_telephone TEXT;
PRAGMA user_version = 5;
""",
}

ENROL: LiteralString = """
INSERT INTO outbox (kit, epoch, last_seq) VALUES (?, ?, 0) ON CONFLICT DO NOTHING
"""

FIND: LiteralString = """
SELECT epoch, database_epoch FROM outbox WHERE kit = ?
"""

NEXT_SEQ: LiteralString = """
UPDATE outbox SET last_seq = last_seq + 1 WHERE kit = ? RETURNING last_seq
"""

LAST_SEQ: LiteralString = """
SELECT last_seq FROM outbox WHERE kit = ?
"""

SEQ_OF: LiteralString = """
SELECT seq FROM item WHERE kit = ? AND reading_id = ?
"""

PUT: LiteralString = """
INSERT INTO item (kit, seq, reading_id, payload, sha256, alone, start, taken) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

UNSENT: LiteralString = """
SELECT seq, payload, publishes, published_at, due_at, start, taken FROM item
WHERE pending = 1 AND kit = ? AND alone = ? AND due_at <= ?
ORDER BY due_at, seq LIMIT ?
"""

NEXT_DUE: LiteralString = """
SELECT min(due_at) FROM (
    SELECT min(due_at) AS due_at FROM item WHERE pending = 1 AND kit = ?1 AND alone = 0
    UNION ALL
    SELECT min(due_at) AS due_at FROM item WHERE pending = 1 AND kit = ?1 AND alone = 1
)
"""

PUBLISHED: LiteralString = """
UPDATE item SET publishes = publishes + 1, published_at = ?2, due_at = ?3,
    first_published_at = coalesce(first_published_at, ?2)
WHERE kit = ?1 AND seq = ?4
"""

POSTPONE: LiteralString = """
UPDATE item SET due_at = ? WHERE kit = ? AND seq = ? AND pending = 1
"""

ISOLATE: LiteralString = """
UPDATE item SET alone = 1 WHERE kit = ? AND seq = ?
"""

DUE_BY: LiteralString = """
UPDATE item SET due_at = ?2 WHERE kit = ?1 AND pending = 1 AND due_at > ?2
"""

# Only a pending item takes a receipt. A late one from a lost database must not hide that the present one has the
# reading, and the time of the first receipt is the one that counts.
RECEIPT_BY_ID: LiteralString = """
UPDATE item SET outcome = ?3, reason = ?4, next = ?5, receipt_epoch = ?6, receipted_at = ?7, pending = ?8,
    receipted_age = ?9
WHERE kit = ?1 AND reading_id = ?2 AND pending = 1
RETURNING seq
"""

RECEIPT_BY_SHA256: LiteralString = """
UPDATE item SET outcome = ?3, reason = ?4, next = ?5, receipt_epoch = ?6, receipted_at = ?7, pending = ?8,
    receipted_age = ?9
WHERE kit = ?1 AND sha256 = ?2 AND pending = 1
RETURNING seq
"""

NEW_EPOCH: LiteralString = """
UPDATE outbox SET database_epoch = ?2 WHERE kit = ?1
"""

HUB: LiteralString = """
SELECT hub_name, hub_telephone FROM outbox WHERE kit = ?
"""

NEW_HUB: LiteralString = """
UPDATE outbox SET hub_name = ?2, hub_telephone = ?3 WHERE kit = ?1
"""

# `publishes` starts again: to the new database these readings are new, not ignored.
REOPEN: LiteralString = """
UPDATE item SET pending = (receipt_epoch IS NOT ?2), due_at = ?3, publishes = 0
WHERE kit = ?1 AND pending != (receipt_epoch IS NOT ?2)
"""

GROW_OLDER: LiteralString = """
UPDATE outbox SET age = age + ?2 WHERE kit = ?1 RETURNING age
"""

FORGET: LiteralString = """
DELETE FROM item WHERE pending = 0 AND kit = ? AND receipted_age < ? AND reason IS NOT ?
"""

# Delete the oldest beyond this many bytes; the newest always stays.
FORGET_BEYOND: LiteralString = """
DELETE FROM item WHERE id IN (
    SELECT id FROM (
        SELECT id, sum(length(payload)) OVER (ORDER BY receipted_age DESC, seq DESC) - length(payload) AS newer
        FROM item WHERE pending = 0 AND kit = ?1 AND reason = ?2)
    WHERE newer >= ?3)
"""

NOTE_LET_GO: LiteralString = """
UPDATE outbox SET let_go = let_go + ?2 WHERE kit = ?1
"""

LET_GO: LiteralString = """
SELECT let_go FROM outbox WHERE kit = ?
"""

COUNT_SETTLED_BY: LiteralString = """
SELECT count(*) FROM item WHERE pending = 0 AND kit = ? AND reason = ?
"""

COUNT_WAITING: LiteralString = """
SELECT count(*) FROM item WHERE pending = 1 AND kit = ?
"""

ITEMS: LiteralString = """
SELECT kit, seq, alone, pending, due_at, publishes, first_published_at, published_at, outcome, reason, next,
       receipt_epoch, receipted_at, receipted_age FROM item
"""

TAKE_ITEM: LiteralString = """
UPDATE item SET alone = ?3, pending = ?4, due_at = ?5, publishes = ?6, first_published_at = ?7, published_at = ?8,
    outcome = ?9, reason = ?10, next = ?11, receipt_epoch = ?12, receipted_at = ?13, receipted_age = ?14
WHERE kit = ?1 AND seq = ?2 AND (alone, pending, due_at, publishes, first_published_at, published_at, outcome, reason,
    next, receipt_epoch, receipted_at, receipted_age)
    IS NOT (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
"""

OUTBOXES: LiteralString = """
SELECT kit, database_epoch, age, hub_name, hub_telephone FROM outbox
"""

TAKE_OUTBOX: LiteralString = """
UPDATE outbox SET database_epoch = ?2, age = ?3, hub_name = ?4, hub_telephone = ?5 WHERE kit = ?1
"""

# As much as a reading may need, so that a disk that takes it takes readings too.
TRY: LiteralString = """
CREATE TABLE IF NOT EXISTS trial AS SELECT zeroblob(65536) AS room
"""

END_TRIAL: LiteralString = """
DROP TABLE IF EXISTS trial
"""

LEDGER: LiteralString = """
SELECT reading_id, seq, CASE WHEN pending = 1 THEN NULL ELSE outcome END
FROM item WHERE kit = ? AND seq > ? ORDER BY seq LIMIT 1000
"""

TIMES: LiteralString = """
SELECT first_published_at, publishes, receipted_at, next FROM item WHERE kit = ? AND reading_id = ?
"""

SHA256_OF: LiteralString = """
SELECT sha256 FROM item WHERE kit = ? AND reading_id = ?
"""

SHA256_AT: LiteralString = """
SELECT sha256 FROM item WHERE kit = ? AND seq = ?
"""

KITS: LiteralString = """
SELECT kit FROM outbox ORDER BY kit
"""
