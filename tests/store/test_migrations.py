"""Migrations on a database with rows in it: down by any number of steps and up again is as if nothing had been."""

import pytest
from alembic import command

from nesdb_annot.errors import ConfigurationError
from nesdb_annot.settings import Settings
from nesdb_annot.store import migrate
from nesdb_annot.store.engine import open_store

STRUCTURE = """
WITH ours AS (SELECT oid FROM pg_namespace WHERE nspname IN ('nes', 'nesannot', 'queue', 'public'))
SELECT 'relation', c.oid::regclass::text, c.relkind::text || coalesce(c.relacl::text, '')
       || coalesce(c.reloptions::text, '') || coalesce(obj_description(c.oid, 'pg_class'), '')
  FROM pg_class c WHERE c.relnamespace IN (SELECT oid FROM ours) AND c.relkind <> 't'
UNION ALL
SELECT 'column', c.oid::regclass || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || a.attnotnull || a.attidentity::text || a.attstorage::text
       || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || coalesce(col_description(c.oid, a.attnum), '')
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace IN (SELECT oid FROM ours) AND c.relkind IN ('r', 'p', 'v')
UNION ALL
SELECT 'view', c.oid::regclass::text, pg_get_viewdef(c.oid)
  FROM pg_class c WHERE c.relnamespace IN (SELECT oid FROM ours) AND c.relkind = 'v'
UNION ALL
SELECT 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace IN (SELECT oid FROM ours)
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace IN (SELECT oid FROM ours)
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '')
       || coalesce(obj_description(p.oid, 'pg_proc'), '')
  FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM ours)
UNION ALL
SELECT 'type', t.oid::regtype::text, t.typtype::text
  FROM pg_type t WHERE t.typnamespace IN (SELECT oid FROM ours)
UNION ALL
SELECT 'trigger', t.tgrelid::regclass || ' ' || t.tgname, pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace IN (SELECT oid FROM ours) AND NOT t.tgisinternal
UNION ALL
SELECT 'schema', nspname, coalesce(obj_description(oid, 'pg_namespace'), '')
  FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
ORDER BY 1, 2
"""
KEPT = (
    *("sequence", "protein", "membership", "release", "annotation", "reference_entry", "reference_motif"),
    *("configuration", "configuration_method", "scored_sequence", "segment", "method_score", "ranking", "run"),
)
"""Tables of the first revision, whose rows outlive any way down to it."""


def structure(store):
    """Everything that a migration could leave behind, with its definition."""
    with store.transaction() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(STRUCTURE.replace("%", "%%"))]


def contents(store):
    """A digest of the rows of each table that every revision has; of the columns that the first one has."""
    columns = """SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname) FROM pg_attribute
                  WHERE attrelid = 'nesannot.{}'::regclass AND attnum > 0 AND NOT attisdropped"""
    found = {}
    with store.transaction() as connection:
        for table in KEPT:
            names = connection.exec_driver_sql(columns.format(table)).scalar_one()
            rows = connection.exec_driver_sql(f"SELECT {names} FROM nesannot.{table} ORDER BY 1, 2")
            found[table] = [dict(row) for row in rows.mappings()]
    return found


def move(store, revision):
    with store.transaction() as connection:
        if revision == "head":
            return migrate.upgrade(connection)
        return migrate.downgrade(connection, revision)


def test_nothing_is_left_of_a_database_that_was_in_use(empty_database_url, tmp_path, make):
    settings = Settings(database_url=empty_database_url, data_dir=tmp_path)
    with open_store(settings, migrated=False) as store:
        before = structure(store)
        move(store, "head")
        fresh = structure(store)
        make.seed(store)
        assert any(name.endswith("method_score_c1") for _, name, _ in structure(store)), "the partitions are there"
        assert move(store, "base") == ""
        assert structure(store) == before
        move(store, "head")
        assert structure(store) == fresh


@pytest.mark.parametrize("revision", [name for name in migrate.revisions() if name != migrate.HEAD])
def test_down_to_any_revision_and_up_again(store, make, revision):
    """The schema is as it was, to the letter; what every revision has a place for is still there."""
    make.seed(store)
    built, held = structure(store), contents(store)
    assert move(store, revision) == revision
    assert structure(store) != built
    assert move(store, "head") == migrate.HEAD
    assert structure(store) == built
    after = contents(store)
    for table, rows in held.items():
        kept = {name for row in after[table] for name in row}
        assert len(after[table]) == len(rows), table
        changed = {name for row, old in zip(after[table], rows, strict=True) for name in kept if row[name] != old[name]}
        assert changed <= ADDED_LATER.get(table, set()), (table, changed)
    with store.transaction() as connection:
        command.check(migrate._config(connection))


ADDED_LATER: dict[str, set[str]] = {
    "run": {"host", "queued"},
    "ranking": {"decoys", "sequences", "scored", "failed"},
    "configuration": {"selector_digest"},
    "scored_sequence": {"cargo_log_odds", "embedding_run_id", "engine"},
    "segment": {"first_stage", "competition"},
}
"""Columns that came after the first revision: their values do not outlive a way down."""


def test_entries_of_nesdb_without_peptides_are_those_of_its_site(store, make):
    """Down, the site's entries are NESdb's; where both were read, the export stays."""
    make.seed(store)
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE nesannot.reference_motif SET kind = 'functional_signal'")
    move(store, "0009")
    move(store, "head")
    sources = "SELECT source FROM nesannot.reference_entry"
    with store.transaction() as connection:
        assert connection.exec_driver_sql(sources).scalars().all() == ["nesdb_site"]
        connection.exec_driver_sql(
            "INSERT INTO nesannot.reference_entry (motif, source, entry_id, accession, sequence_id, doubtful, evidence,"
            " citations, run_id) SELECT motif, 'nesdb', entry_id, accession, sequence_id, false, '{}', '{export}',"
            " run_id FROM nesannot.reference_entry"
        )
    move(store, "0009")
    with store.transaction() as connection:
        citations = connection.exec_driver_sql("SELECT source, citations FROM nesannot.reference_entry").all()
    assert [tuple(row) for row in citations] == [("nesdb", ["export"])]


def test_going_up_waits_for_nobody_long(store):
    """A table that somebody reads for hours does not hold up the migration, and with it everybody else, for hours."""
    with store.transaction() as connection:
        migrate._prepare(connection)
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "5s"


def test_who_of_the_two_is_to_be_updated_is_said(store, settings):
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE nesannot.alembic_version SET version_num = '9999'")
    newer = f"schema 9999, which is newer than this program .{migrate.HEAD}"
    with pytest.raises(ConfigurationError, match=newer) as raised:
        open_store(settings)
    assert "pip install" in raised.value.remedy
    move_back = migrate.revisions()[0]
    with store.transaction() as connection:
        connection.exec_driver_sql(f"UPDATE nesannot.alembic_version SET version_num = '{move_back}'")
    with pytest.raises(ConfigurationError, match=f"has schema {move_back}; this program needs") as raised:
        open_store(settings)
    assert raised.value.remedy == "nesannot db upgrade"


def test_scores_of_ranked_candidates_outlive_a_way_down_and_up(store, make):
    make.seed(store)
    query = "SELECT proteome, rank, consensus, similarity, neural, tagger, biochemical, combined FROM nes.candidate"

    def listed():
        with store.transaction() as connection:
            return sorted(map(tuple, connection.exec_driver_sql(query)), key=str)

    before = listed()
    move(store, "0009")
    assert listed() == before
    move(store, "head")
    assert listed() == before
    assert any(row[2] == pytest.approx(0.9) for row in before)
