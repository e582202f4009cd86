"""The database says the same as the imports: what is higher may point at what is lower, never the reverse."""

from tests.fixtures.databases import Database

HIGHEST_FIRST = ("api", "alerts", "ingest", "devices", "delegation")
FOREIGN_KEYS = """
SELECT conname, holder_space.nspname, target_space.nspname
  FROM pg_constraint
  JOIN pg_class AS holder ON holder.oid = conrelid
  JOIN pg_namespace AS holder_space ON holder_space.oid = holder.relnamespace
  JOIN pg_class AS target ON target.oid = confrelid
  JOIN pg_namespace AS target_space ON target_space.oid = target.relnamespace
 WHERE contype = 'f' AND holder_space.nspname = ANY (%s)
"""
SCHEMAS = r"""
SELECT nspname FROM pg_namespace
 WHERE nspname !~ '^(pg_|_?timescaledb_|toolkit_)' AND nspname NOT IN ('information_schema', 'public')
"""


def test_foreign_keys_point_only_downwards(database: Database) -> None:
    with database.connect() as conn:
        keys = conn.execute(FOREIGN_KEYS, (list(HIGHEST_FIRST),)).fetchall()
    assert keys, "the schema has foreign keys to look at"
    upwards = [key for key in keys if HIGHEST_FIRST.index(key[1]) > HIGHEST_FIRST.index(key[2])]
    assert upwards == []


def test_there_is_a_schema_for_each_layer_and_no_other(database: Database) -> None:
    with database.connect() as conn:
        assert {name for (name,) in conn.execute(SCHEMAS)} == set(HIGHEST_FIRST)
