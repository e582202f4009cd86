"""Tells database trouble that passes from work that the database will always refuse.

Guards: nothing is given up because the database was away, and nothing wrong is tried for ever.
"""

import psycopg

# Connections, rollbacks for concurrency, resources, operators, the machine (SQL standard and PostgreSQL classes).
_PASSING_CLASSES = frozenset({"08", "40", "53", "57", "58"})
_PASSING = frozenset({psycopg.errors.LockNotAvailable.sqlstate, psycopg.errors.ObjectInUse.sqlstate})
# A read-only copy or a half-restored schema: no reading is at fault, and a later try may succeed.
_NOBODYS = frozenset(
    {
        psycopg.errors.ReadOnlySqlTransaction.sqlstate,
        psycopg.errors.InsufficientPrivilege.sqlstate,
        psycopg.errors.UndefinedTable.sqlstate,
    }
)


def passes(error: Exception) -> bool:
    """Whether the same work may succeed on another try. An error without a code is a lost connection."""
    if is_too_much(error):
        return True  # it says something about the size of the work, not about its content
    if not isinstance(error, psycopg.OperationalError):
        return False
    code = error.sqlstate
    return code is None or code[:2] in _PASSING_CLASSES or code in _PASSING


def blames_no_rule(error: Exception) -> bool:
    """Whether judging failed through trouble that passes, so that all of the work is tried again.

    A query that ran too long is the rule's fault: tried again, it would hold everybody up just as long.
    """
    return passes(error) and not isinstance(error, psycopg.errors.QueryCanceled)


def is_too_much(error: Exception) -> bool:
    """Whether less work at a time may succeed.

    Either the database waited too long for us during the transaction, or it ran out of memory. Memory runs out above
    all for locks: each day that is read or written takes some.
    """
    return isinstance(error, psycopg.errors.IdleInTransactionSessionTimeout | psycopg.errors.OutOfMemory)


def refuses_all(error: Exception) -> bool:
    """Whether the database refuses every reading alike until somebody mends it."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _NOBODYS
