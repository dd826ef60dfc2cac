"""Models, migrations and views agree, and everything in the database says what it is."""

import pytest
from alembic import command
from sqlalchemy import text

from nesdb_annot.settings import Settings
from nesdb_annot.store import migrate
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.schema import SCHEMA, VIEWS, Base

UNCOMMENTED = """
SELECT c.oid::regclass::text || coalesce('.' || a.attname, '')
  FROM pg_class c
  LEFT JOIN LATERAL (SELECT attname, attnum FROM pg_attribute
                      WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
                      UNION ALL SELECT NULL, 0) a ON true
 WHERE c.relnamespace IN ('nesannot'::regnamespace, 'nes'::regnamespace)
   AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
   AND col_description(c.oid, a.attnum) IS NULL AND (a.attnum > 0 OR obj_description(c.oid, 'pg_class') IS NULL)
 ORDER BY 1
"""

CATALOG = """
SELECT 'column' AS kind, c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' ||
       a.attnotnull
       || ' ' || a.attidentity::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' '
       || coalesce(col_description(c.oid, a.attnum), '-') AS definition
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = 'nesannot'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
UNION ALL
SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint
 WHERE connamespace = 'nesannot'::regnamespace AND conrelid::regclass::text NOT LIKE '%alembic_version'
UNION ALL
SELECT 'index', pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
 WHERE c.relnamespace = 'nesannot'::regnamespace AND c.relname <> 'alembic_version'
UNION ALL
SELECT 'table', c.relname || ' ' || c.relkind::text || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '-')
       || ' ' || coalesce(pg_get_partkeydef(c.oid), '')
  FROM pg_class c
 WHERE c.relnamespace = 'nesannot'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'
ORDER BY 1, 2
"""

EVERYTHING = """
WITH here AS (SELECT oid FROM pg_namespace WHERE nspname IN ('nes', 'nesannot', 'public'))
SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
UNION ALL SELECT 'relation ' || oid::regclass::text FROM pg_class WHERE relnamespace IN (SELECT oid FROM here)
UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace IN (SELECT oid FROM here)
UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace IN (SELECT oid FROM here)
UNION ALL SELECT 'comment ' || description FROM pg_description WHERE objoid > 16384
ORDER BY 1
"""


def listed(connection, query):
    """Rows of a query of the catalogue, whose colons are no parameters."""
    return [tuple(row) for row in connection.exec_driver_sql(query.replace("%", "%%"))]


def test_every_table_view_and_column_says_what_it_is(store):
    with store.transaction() as connection:
        assert listed(connection, UNCOMMENTED) == []


def test_every_model_column_has_a_comment_and_no_enum():
    for table in Base.metadata.tables.values():
        assert table.comment, table.name
        for column in table.columns:
            assert column.comment, column
            assert "ENUM" not in repr(column.type).upper()


def test_names_follow_the_convention():
    for table in Base.metadata.tables.values():
        for constraint in table.constraints:
            assert str(constraint.name).startswith(("pk_", "uq_", "fk_", "ck_")), constraint
            assert len(str(constraint.name)) <= 63
        for index in table.indexes:
            assert index.name.startswith(f"ix_{table.name}_")
            assert len(index.name) <= 63


def test_alembic_finds_no_difference_between_models_and_database(store):
    with store.transaction() as connection:
        command.check(migrate._config(connection))


def test_models_make_the_very_catalog_that_migrations_make(store, empty_database_url, tmp_path):
    with store.transaction() as connection:
        migrated = listed(connection, CATALOG)
    other = Settings(database_url=empty_database_url, data_dir=tmp_path)
    with open_store(other, migrated=False) as plain, plain.transaction() as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        Base.metadata.create_all(connection)
        made = listed(connection, CATALOG)
    assert made == migrated
    assert len(made) > 150


def test_head_is_the_newest_migration_and_the_only_head():
    assert migrate.revisions()[-1] == migrate.HEAD
    from alembic.script import ScriptDirectory

    assert ScriptDirectory.from_config(migrate._config()).get_heads() == [migrate.HEAD]


def test_down_leaves_no_trace_and_up_again_gives_the_same(empty_database_url, tmp_path):
    settings = Settings(database_url=empty_database_url, data_dir=tmp_path)
    with open_store(settings, migrated=False) as store:
        with store.transaction() as connection:
            before = listed(connection, EVERYTHING)
        for revision in migrate.revisions():
            states = []
            for _ in range(2):
                with store.transaction() as connection:
                    migrate.upgrade(connection, revision)
                with store.transaction() as connection:
                    states.append(listed(connection, CATALOG))
                with store.transaction() as connection:
                    assert migrate.downgrade(connection, "base") == ""
                with store.transaction() as connection:
                    assert listed(connection, EVERYTHING) == before
            assert states[0] == states[1]


def test_a_revision_that_does_not_exist_is_a_wrong_call(store):
    from nesdb_annot.errors import UsageError

    with store.transaction() as connection, pytest.raises(UsageError, match="no such revision: 9999"):
        migrate.downgrade(connection, "9999")


def test_views_live_apart_from_tables(store):
    with store.transaction() as connection:
        kinds = listed(
            connection,
            "SELECT DISTINCT relnamespace::regnamespace::text, relkind::text FROM pg_class "
            "WHERE relkind IN ('v', 'r', 'p') AND relnamespace::regnamespace::text IN ('nes', 'nesannot')",
        )
    assert (VIEWS, "v") in kinds
    assert (SCHEMA, "v") not in kinds
    assert (VIEWS, "r") not in kinds
