"""Snapshots: what is dumped comes back, a changed file is refused, and none is ever half there."""

import hashlib
import json

import pytest
from typer.testing import CliRunner

from nesdb_annot.cli import db
from nesdb_annot.cli.context import Global
from nesdb_annot.errors import CannotWriteError, ConfigurationError, InputError, UsageError
from nesdb_annot.settings import Settings, load_settings
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.migrate import HEAD
from nesdb_annot.store.questions import bound, questions
from nesdb_annot.store.views import describe_views
from nesdb_annot.workflow import snapshot_parquet
from nesdb_annot.workflow.snapshot import MANIFEST, dump, restore

CHANGING = {"seconds", "residues_per_second", "seconds_left", "updated_at"}


def table(store, name, schema=None):
    """Rows of a view or of its restored table, as text, in any order; without what depends on the clock."""
    answer = run_sql(store, f'SELECT * FROM "{name}"', schema=schema)
    kept = [number for number, column in enumerate(answer.columns) if column not in CHANGING]
    return sorted(str([row[number] for number in kept]) for row in answer.rows)


@pytest.fixture(scope="module")
def written(seeded, tmp_path_factory):
    return dump(seeded, tmp_path_factory.mktemp("snapshot") / "one", with_nesdb=True)


@pytest.fixture
def elsewhere(empty_database_url, tmp_path):
    """A database with nothing in it, not even our schema."""
    with open_store(Settings(database_url=empty_database_url, data_dir=tmp_path), migrated=False) as store:
        yield store


def test_what_is_dumped_comes_back(seeded, written, elsewhere):
    schema, made = restore(elsewhere, written.directory)
    assert schema == f"snapshot_{written.day.replace('-', '_')}"
    assert made.rows == written.rows
    assert made.rows["candidate"] == 6
    assert made.rows["candidate_score"] == 30
    for view in written.rows:
        assert table(elsewhere, view, schema) == table(seeded, view), view


def test_the_restored_tables_are_described_like_the_views(seeded, written, elsewhere):
    restore(elsewhere, written.directory, "then")
    query = """
    SELECT c.relname::text, coalesce(a.attname, '')::text, coalesce(format_type(a.atttypid, a.atttypmod), 'view'),
           coalesce(col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class'))
      FROM pg_class c JOIN LATERAL (SELECT * FROM (SELECT attname, atttypid, atttypmod, attnum FROM pg_attribute
                                                    WHERE attrelid = c.oid AND attnum > 0
                                                   UNION ALL SELECT NULL, NULL, NULL, 0) z) a ON true
     WHERE c.relnamespace = 'then'::regnamespace AND c.relkind = 'r'"""
    with elsewhere.transaction() as connection:
        found = {tuple(row) for row in connection.exec_driver_sql(query)}
    kept = {"character varying(32)": "text"}  # the version of the schema, Alembic's column
    described = describe_views(seeded)
    assert found == {(one.view, one.column, kept.get(one.type, one.type), one.meaning) for one in described}


def test_the_example_questions_have_the_same_answers(seeded, written, elsewhere):
    schema, _ = restore(elsewhere, written.directory)
    for question in questions().values():
        there = run_sql(elsewhere, bound(question, {}), schema=schema)
        here = run_sql(seeded, bound(question, {}))
        assert there.columns == here.columns
        assert list(map(str, there.rows)) == list(map(str, here.rows)), question.name


def test_a_restored_snapshot_is_read_only(written, elsewhere):
    schema, _ = restore(elsewhere, written.directory)
    with elsewhere.transaction() as connection:
        me = connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if me.scalar_one():
            pytest.skip("no privilege binds a superuser")
    for verb in ("DELETE FROM {}", "UPDATE {} SET rank = 1", "INSERT INTO {} DEFAULT VALUES", "TRUNCATE {}"):
        with pytest.raises(ConfigurationError, match="may not do that"), elsewhere.transaction() as connection:
            connection.exec_driver_sql(verb.format(f"{schema}.candidate"))
    with pytest.raises(UsageError, match="already"):
        restore(elsewhere, written.directory)


def test_the_manifest_describes_itself(seeded, written):
    manifest = json.loads((written.directory / MANIFEST).read_text())
    assert {path.name for path in written.directory.iterdir()} == {
        MANIFEST,
        *(view["file"] for view in manifest["views"]),
    }
    for view in manifest["views"]:
        content = (written.directory / view["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (view["bytes"], view["sha256"])
        assert view["meaning"]
        assert all(column["meaning"] and column["type"] for column in view["columns"])
    assert {view["name"] for view in manifest["views"]} == {one.view for one in describe_views(seeded)}
    assert (manifest["schema"], manifest["day"], manifest["licence"]) == (HEAD, written.day, "CC-BY-4.0")
    assert manifest["citation"]
    assert manifest["software"]["nesdb-annot"]


def test_a_file_says_what_its_columns_mean(written):
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(written.directory / "candidate.parquet")
    assert b"1-based" in schema.field("first_residue").metadata[b"meaning"]
    assert str(schema.field("probability").type) == "float"
    assert str(schema.field("accessions").type).startswith("list<")


def test_nesdb_is_not_passed_on_unless_asked_to(seeded, tmp_path):
    shared = dump(seeded, tmp_path / "shared")
    assert (shared.rows["reference_nes"], shared.rows["nearest_reference"]) == (0, 0)
    manifest = json.loads((shared.directory / MANIFEST).read_text())
    assert "NESdb" in manifest["left_out"]
    assert b"PMID:1" not in b"".join(path.read_bytes() for path in shared.directory.glob("*.parquet"))


@pytest.mark.parametrize("harm", ["flip", "truncate", "remove", "swap"])
def test_a_file_that_is_not_the_one_is_refused(seeded, elsewhere, tmp_path, harm):
    directory = dump(seeded, tmp_path / "s").directory
    file = directory / "candidate.parquet"
    content = file.read_bytes()
    if harm == "flip":
        file.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    elif harm == "truncate":
        file.write_bytes(content[:-1])
    elif harm == "remove":
        file.unlink()
    else:
        file.write_bytes((directory / "annotation.parquet").read_bytes())
    with pytest.raises(InputError, match=r"candidate\.parquet is (not the file|missing)"):
        restore(elsewhere, directory)
    with elsewhere.transaction() as connection:
        assert not connection.exec_driver_sql("SELECT FROM pg_namespace WHERE nspname LIKE 'snapshot%%'").all()


@pytest.mark.parametrize(
    "change",
    [{"format": "other/1"}, {"day": "soon; DROP"}, {"views": [{"name": "../../etc/passwd"}]}, {"views": 3}],
)
def test_a_manifest_that_is_not_ours_is_refused(seeded, elsewhere, tmp_path, change):
    directory = dump(seeded, tmp_path / "s").directory
    manifest = json.loads((directory / MANIFEST).read_text())
    (directory / MANIFEST).write_text(json.dumps(manifest | change))
    with pytest.raises(InputError):
        restore(elsewhere, directory)
    (directory / MANIFEST).unlink()
    with pytest.raises(InputError, match="is no snapshot"):
        restore(elsewhere, directory)


def test_a_type_in_a_manifest_is_no_sql(seeded, elsewhere, tmp_path):
    directory = dump(seeded, tmp_path / "s").directory
    manifest = json.loads((directory / MANIFEST).read_text())
    for view in manifest["views"]:
        for column in view["columns"]:
            column["type"] = "text); DROP SCHEMA public; --"
    (directory / MANIFEST).write_text(json.dumps(manifest))
    _, made = restore(elsewhere, directory, "hostile")
    assert made.rows["candidate"] == 6


def test_there_is_never_half_a_snapshot(seeded, tmp_path, monkeypatch):
    target = tmp_path / "s"
    write = snapshot_parquet.write_parquet

    def fails(path, shape, batches):
        if shape.view == "protein_summary":
            raise OSError(28, "No space left on device")
        return write(path, shape, batches)

    monkeypatch.setattr(snapshot_parquet, "write_parquet", fails)
    with pytest.raises(CannotWriteError, match="cannot be written"):
        dump(seeded, target)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    dump(seeded, target)
    with pytest.raises(CannotWriteError, match="stands there already"):
        dump(seeded, target)


def test_a_snapshot_is_of_one_moment(store, make, tmp_path, monkeypatch):
    """What is written while it is dumped is not in it, in no view."""
    make.seed(store)
    write = snapshot_parquet.write_parquet

    def interrupted(path, shape, batches):
        with store.transaction() as connection:
            connection.exec_driver_sql("UPDATE nesannot.run SET kind = 'meddled'")
            connection.exec_driver_sql("DELETE FROM nesannot.ranked_segment")
        return write(path, shape, batches)

    monkeypatch.setattr(snapshot_parquet, "write_parquet", interrupted)
    made = dump(store, tmp_path / "s")
    assert {made.rows[view] for view in ("candidate", "candidate_all", "method_agreement", "candidate_overall")} == {6}
    assert b"meddled" not in (tmp_path / "s" / "run_progress.parquet").read_bytes()


def test_without_pyarrow_the_message_says_what_to_install(monkeypatch):
    import builtins

    real = builtins.__import__

    def absent(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ConfigurationError, match="pyarrow is not installed") as raised:
        snapshot_parquet._pyarrow()
    assert "install 'pyarrow>=" in raised.value.remedy


def test_the_commands(seeded, empty_database_url, tmp_path):
    def call(url, *words):
        given = Global(load_settings({"database_url": url, "data_dir": tmp_path}, {}, tmp_path))
        return CliRunner().invoke(db.app, list(words), obj=given)

    directory = tmp_path / "s"
    dumped = call(seeded._address, "dump", str(directory))
    assert (dumped.exit_code, f"{directory}" in dumped.stderr) == (0, True)
    restored = call(empty_database_url, "restore", str(directory), "--schema", "now")
    assert "nesannot sql --schema now" in restored.stderr
    assert restored.stdout.splitlines()[1:] == dumped.stdout.splitlines()[1:]
