"""Tells trouble of the database's, which passes, from work that it will refuse however often it is asked.

Guards: nothing is given up because the database was away, and nothing is tried for ever because it is wrong.
"""

import psycopg

# Connections, rollbacks for concurrency, resources, operators, the machine (SQL standard and PostgreSQL classes).
_PASSING_CLASSES = frozenset({"08", "40", "53", "57", "58"})
_PASSING = frozenset({psycopg.errors.LockNotAvailable.sqlstate, psycopg.errors.ObjectInUse.sqlstate})
# A copy that may only be read, or a schema half restored: no reading is at fault, and the next may go through.
_NOBODYS = frozenset(
    {
        psycopg.errors.ReadOnlySqlTransaction.sqlstate,
        psycopg.errors.InsufficientPrivilege.sqlstate,
        psycopg.errors.UndefinedTable.sqlstate,
    }
)


def passes(error: Exception) -> bool:
    """Whether the same work may well succeed on another try. An error without a code is a lost connection."""
    if is_too_much(error):
        return True  # of how much it was that says something, and nothing of what
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
    """Whether less of the same work at a time may succeed.

    The database waited for us in vain in the middle of it, or it has no memory for so much: above all none for its
    locks, of which every day that is read or written takes some.
    """
    return isinstance(error, psycopg.errors.IdleInTransactionSessionTimeout | psycopg.errors.OutOfMemory)


def refuses_all(error: Exception) -> bool:
    """Whether the database refuses every reading alike, until somebody has put it right."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _NOBODYS
