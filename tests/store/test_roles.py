"""Roles: who may do what to what, tried out; and that passwords go nowhere but into their file."""

import stat
from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from nesdb_annot.cli import db
from nesdb_annot.cli.context import Global
from nesdb_annot.cli.main import app
from nesdb_annot.errors import CannotWriteError, ConfigurationError, InputError
from nesdb_annot.residues import sequence_digest
from nesdb_annot.settings import Settings, load_settings
from nesdb_annot.store import migrate
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.engine import conninfo, open_store, parse_url
from nesdb_annot.store.queue import queue_command, queue_state, rescue_jobs
from nesdb_annot.store.rankings import materialise
from nesdb_annot.store.roles import Roles, create_roles, set_passwords, statements
from nesdb_annot.store.scores import discard, write_scored
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import proteome_source
from nesdb_annot.workflow.rank import rank_proteome
from nesdb_annot.workflow.score import score_proteome

NAMES = ("owner", "writer", "reader")


def drop(store, roles):
    """Roles belong to the server: what a test made must go."""
    with store.transaction() as connection:
        me = sql.Identifier(connection.exec_driver_sql("SELECT current_user").scalar_one()).as_string(None)
        for role in roles.all:
            name = sql.Identifier(role).as_string(None)
            connection.exec_driver_sql(f"GRANT {name} TO CURRENT_USER")
            connection.exec_driver_sql(f"REASSIGN OWNED BY {name} TO {me}")
            connection.exec_driver_sql(f"DROP OWNED BY {name}")
            connection.exec_driver_sql(f"DROP ROLE {name}")


@pytest.fixture(scope="module")
def house(module_database_url, tmp_path_factory):
    """A database with the three roles, and the URL of each."""
    directory = tmp_path_factory.mktemp("roles")
    roles = Roles.named(f"t{uuid4().hex[:8]}")
    url = parse_url(module_database_url)
    with open_store(Settings(database_url=module_database_url, data_dir=directory)) as store:
        made = create_roles(store, roles)
        passwords = directory / "passwords"
        set_passwords(store, roles, passwords)
        query = dict(url.query) | {"passfile": str(passwords)}
        as_role = {
            name: conninfo(url._replace(password=None).set(username=role, query=query))
            for name, role in zip(NAMES, roles.all, strict=True)
        }
        yield SimpleNamespace(
            store=store, roles=roles, url=as_role, made=made, passwords=passwords, directory=directory
        )
        drop(store, roles)


def attempt(url, statement, *, begin="BEGIN"):
    """None if the statement is allowed, else the SQLSTATE of the refusal; nothing of it stays."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(begin)
        try:
            connection.execute(sql.SQL(statement))
        except psycopg.errors.DatabaseError as error:
            return error.sqlstate
        finally:
            connection.execute("ROLLBACK")
    return None


def allowed_to(house, role, statements):
    """Which of some statements a role may execute, also when it asks for a transaction that writes."""
    url = house.url[role]
    return {name for name, text in statements.items() if attempt(url, text, begin="BEGIN READ WRITE") is None}


VERBS = {
    "SELECT": "SELECT * FROM {} LIMIT 0",
    "INSERT": "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {} WHERE false",
    "UPDATE": "UPDATE {} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {} WHERE false",
    "TRUNCATE": "TRUNCATE {} CASCADE",
    "ALTER": "ALTER TABLE {} ADD COLUMN intruder integer",
    "DROP": "DROP TABLE {} CASCADE",
}
READ, WRITE = {"SELECT"}, {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"}
MAY_WITH_TABLES = {"owner": set(VERBS), "writer": WRITE, "reader": set()}
VIEW_VERBS = {
    "SELECT": "SELECT * FROM {} LIMIT 0",
    "ALTER": "ALTER VIEW {} RENAME TO intruder",
    "DROP": "DROP VIEW {} CASCADE",
}
MAY_WITH_VIEWS = {"owner": set(VIEW_VERBS), "writer": READ, "reader": READ}
MAKE = {
    "table": "CREATE TABLE nesannot.intruder (x integer)",
    "view": "CREATE VIEW nes.intruder AS SELECT 1 AS x",
    "schema": "CREATE SCHEMA intruder",
    "public table": "CREATE TABLE public.intruder (x integer)",
    "temporary table": "CREATE TEMPORARY TABLE intruder (x integer)",
    "role": "CREATE ROLE intruder_x",
    "file": "COPY (SELECT 1) TO '/tmp/intruder'",
    "program": "COPY (SELECT 1) TO PROGRAM 'true'",
}
MAY_MAKE = {"owner": {"table", "view", "schema", "temporary table"}, "writer": {"temporary table"}, "reader": set()}


def relations(store, schema, kinds):
    """Names of a schema's relations, each with its first column that an UPDATE may name."""
    query = """
    SELECT format('%%I.%%I', c.relnamespace::regnamespace, c.relname),
           (SELECT quote_ident(a.attname) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity = '' LIMIT 1)
      FROM pg_class c WHERE c.relnamespace = CAST(%s AS regnamespace) AND c.relkind = ANY (%s) ORDER BY 1"""
    with store.transaction() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query, (schema, kinds))]


@pytest.mark.parametrize("role", NAMES)
@pytest.mark.parametrize("schema", ["nesannot", "queue"])
def test_tables(house, role, schema):
    found = relations(house.store, schema, ["r", "p"])
    assert len(found) >= 3
    for table, column in found:
        verbs = {verb: text.replace("{column}", column).replace("{}", table) for verb, text in VERBS.items()}
        allowed = allowed_to(house, role, verbs)
        expected = READ if role == "writer" and table == "nesannot.alembic_version" else MAY_WITH_TABLES[role]
        assert allowed == expected, (role, table)


@pytest.mark.parametrize("role", NAMES)
def test_views(house, role):
    found = relations(house.store, "nes", ["v"])
    assert len(found) > 10
    for view, _ in found:
        allowed = allowed_to(house, role, {verb: text.replace("{}", view) for verb, text in VIEW_VERBS.items()})
        assert allowed == MAY_WITH_VIEWS[role], (role, view)


@pytest.mark.parametrize("role", NAMES)
def test_making_things(house, role):
    assert allowed_to(house, role, MAKE) == MAY_MAKE[role]


def test_a_reader_begins_read_only_with_a_time_limit(house):
    with psycopg.connect(house.url["reader"]) as connection:
        shown = {name: connection.execute(sql.SQL(f"SHOW {name}")).fetchone()[0]
                 for name in ("default_transaction_read_only", "statement_timeout", "search_path")}  # fmt: skip
    assert shown == {"default_transaction_read_only": "on", "statement_timeout": "30s", "search_path": "nes"}
    assert attempt(house.url["reader"], "CREATE TEMPORARY TABLE x (y integer)") == "25006"
    with psycopg.connect(house.url["reader"]) as connection:
        connection.execute("SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(5)")


def test_a_reader_asks_through_this_program(house):
    with open_store(Settings(database_url=house.url["reader"], data_dir=house.directory)) as store:
        assert list(run_sql(store, "SELECT revision FROM schema_version").rows) == [(migrate.HEAD,)]
        assert run_sql(store, "SELECT * FROM candidate").columns[0] == "proteome"
        with pytest.raises(Exception, match="permission denied"):
            run_sql(store, "SELECT * FROM nesannot.run")


PROTEINS = """>one
MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSS
>two
MEELSQALASSFSVSQDLNSTAAPHPRLSQYKSKYSSLEQSERRRRLLELQKSKRLDYVN
"""


@pytest.mark.xdist_group("score")
def test_a_reader_lists_rankings(house, tmp_path, cache_in, monkeypatch):
    """All of `nesannot rank` and `nesannot proteomes`, by a role that can read views and write nothing."""
    (tmp_path / "p.fasta").write_text(PROTEINS)
    own = Settings(data_dir=house.directory, cache_dir=cache_in(tmp_path), workers=1, offline=True)
    for name in ("mine", "decoys"):
        source = proteome_source(str(tmp_path / "p.fasta"), upid=None, name=name, release=None, released=None)
        ingest_proteome(house.store, source)
        score_proteome(house.store, own, name, decoys="shuffled")
    create_roles(house.store, house.roles)
    monkeypatch.setenv("NESANNOT_DATABASE_URL", house.url["reader"])
    monkeypatch.setenv("NESANNOT_CACHE_DIR", str(own.cache_dir))
    monkeypatch.setenv("NESANNOT_DATA_DIR", str(house.directory))
    options = [
        *("", "--proteins", "--cargo-prior 0.5", "--cargo-prior 1 --proteins", "--decoys none", "--decoys decoys"),
        *("--point sensitive", "--format json", "--model bundled"),
    ]
    for given in options:
        done = CliRunner().invoke(app, ["rank", "mine", *given.split()])
        assert done.exit_code == 0, (given, done.exception)
        assert "mine release unstated" in done.stderr, given
    listed = CliRunner().invoke(app, ["proteomes"])
    assert [line.split()[0] for line in listed.stdout.splitlines()[1:]] == ["decoys", "mine"]
    with open_store(replace(own, database_url=house.url["reader"])) as store:
        with pytest.raises(InputError, match="release r9 of mine is not ranked"):
            rank_proteome(store, own, "mine", release="r9")
        with pytest.raises(ConfigurationError, match="may not do that"):
            score_proteome(store, own, "mine", again=True)


def test_a_worker_scores_and_ranks_as_the_writer(house, make):
    """The whole of what workers write, down to the partitions of a configuration that nobody used before."""
    with open_store(Settings(database_url=house.url["writer"], data_dir=house.directory)) as store:
        sequences = [make.residues(n) for n in range(3)]
        found, release_id, run_id = make.proteome(store, sequences)
        configuration = make.configuration(store)
        scored = [make.scored(sequence_digest(s), [0.2, 0.9]) for s in sequences]
        for _ in range(2):
            write_scored(store, configuration, run_id, scored)
        assert materialise(store, found.id, release_id, configuration, run_id) == 6
        discard(store, configuration)
    query = "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relname ~ '_c[0-9]+$'"
    with house.store.transaction() as connection:
        assert connection.exec_driver_sql(query).scalars().all() == [house.roles.owner]


def test_a_worker_uses_the_queue_as_the_writer(house):
    """Defers a command, takes it as procrastinate does, and puts back what others left."""
    with open_store(Settings(database_url=house.url["writer"], data_dir=house.directory)) as store:
        run_id = queue_command(store, "score", {"proteome": "UPX"})
        assert queue_state(store).waiting == 1
        with store.transaction() as connection:
            connection.exec_driver_sql("SET LOCAL search_path = queue")
            made = connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
            job = f"SELECT args FROM procrastinate_fetch_job_v2(NULL, {made.scalar_one()})"
            taken = connection.exec_driver_sql(job).scalar_one()
        assert taken["run_id"] == run_id
        assert rescue_jobs(store, silent_s=0) == 1


def test_partitions_are_made_for_configurations_only(house):
    assert attempt(house.url["writer"], "SELECT nesannot.create_partitions(999)") == "23503"
    assert attempt(house.url["reader"], "SELECT nesannot.create_partitions(999)") == "42501"


def test_a_migration_by_a_member_leaves_all_to_the_owner(house):
    """Down by one and up again, as the role that made the roles: owner and rights are as before."""
    rights = """
    SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner), array(SELECT unnest(c.relacl)::text ORDER BY 1)
      FROM pg_class c WHERE c.relnamespace IN ('nes'::regnamespace, 'nesannot'::regnamespace)
       AND c.relkind IN ('r', 'p', 'v') AND c.relname <> 'alembic_version' ORDER BY 1"""
    with house.store.transaction() as connection:
        before = [tuple(row) for row in connection.exec_driver_sql(rights)]
        assert {owner for _, owner, _ in before} == {house.roles.owner}
    with house.store.transaction() as connection:
        migrate.downgrade(connection, migrate.revisions()[-2])
    with house.store.transaction() as connection:
        migrate.upgrade(connection)
    with house.store.transaction() as connection:
        assert [tuple(row) for row in connection.exec_driver_sql(rights)] == before


def test_roles_that_are_there_are_left_and_brought_up_to_date(house):
    assert house.made == list(house.roles.all)
    assert create_roles(house.store, house.roles) == []


def test_passwords_stand_in_their_file_and_nowhere_else(house):
    assert stat.S_IMODE(house.passwords.stat().st_mode) == 0o600
    secrets = [line.rsplit(":", 1)[1] for line in house.passwords.read_text().splitlines()]
    assert len(set(secrets)) == 3
    with house.store.transaction() as connection:
        printed = "\n".join(statements(connection, house.roles))
    assert "PASSWORD" not in printed.upper()
    assert not any(secret in printed for secret in secrets)
    with pytest.raises(CannotWriteError, match="cannot be written"):
        set_passwords(house.store, house.roles, house.passwords)
    assert attempt(house.url["reader"], "SELECT 1") is None, "the old ones are still in force"


def test_the_command_prints_or_creates(house, settings, tmp_path):
    flags = {"database_url": settings.database_url, "data_dir": tmp_path}
    prefix = f"c{uuid4().hex[:8]}"

    def call(*words):
        given = Global(load_settings(flags, {}, tmp_path))
        return CliRunner().invoke(db.app, ["roles", "--prefix", prefix, *words], obj=given)

    printed = call().stdout
    assert printed.startswith("BEGIN;\nCREATE ROLE")
    with open_store(settings) as store:
        with store.transaction() as connection:
            assert not connection.exec_driver_sql(f"SELECT 1 FROM pg_roles WHERE rolname LIKE '{prefix}%%'").all()
        file = tmp_path / "passwords"
        made = call("--create", "--passwords", str(file))
        assert f"created: {prefix}_owner, {prefix}_writer, {prefix}_reader" in made.stderr
        secret = file.read_text().splitlines()[0].rsplit(":", 1)[1]
        assert secret not in made.stdout + made.stderr
        assert call("--passwords", str(file)).exit_code != 0
        drop(store, Roles.named(prefix))


def test_an_owner_keeps_access_when_an_administrator_creates_the_roles(settings, tmp_path):
    flags = {"database_url": settings.database_url, "data_dir": tmp_path}
    prefix = f"k{uuid4().hex[:8]}"
    former = f"{prefix}_ann"
    with open_store(settings) as store:
        with store.transaction() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {former}")
            connection.exec_driver_sql(f"GRANT {former} TO CURRENT_USER")
            database = connection.exec_driver_sql("SELECT current_database()").scalar()
            connection.exec_driver_sql(f'GRANT CREATE ON DATABASE "{database}" TO {former}')
            for schema in ("nes", "nesannot"):
                connection.exec_driver_sql(f"ALTER SCHEMA {schema} OWNER TO {former}")
            connection.exec_driver_sql(f"ALTER TABLE nesannot.motif OWNER TO {former}")
        given = Global(load_settings(flags, {}, tmp_path))
        done = CliRunner().invoke(db.app, ["roles", "--prefix", prefix, "--create"], obj=given)
        assert done.exit_code == 0, done.output
        lines = done.stderr.splitlines()
        assert lines[0].startswith(f"{former} owns tables")
        assert f"REVOKE {prefix}_owner FROM {former}" in lines[0]
        assert lines[1].startswith("created:"), "the warning comes first"
        with store.transaction() as connection:
            connection.exec_driver_sql(f"SET LOCAL ROLE {former}")
            assert connection.exec_driver_sql("SELECT key FROM nesannot.motif").scalars().all() == ["NES"]
            connection.exec_driver_sql("CREATE TABLE nesannot.of_ann (n integer)")
            connection.exec_driver_sql("DROP TABLE nesannot.of_ann")
        drop(store, Roles.named(prefix))
        with store.transaction() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {former}")
            connection.exec_driver_sql(f"DROP ROLE {former}")


def test_who_may_not_create_roles_is_told_so(house):
    with (
        open_store(Settings(database_url=house.url["owner"], data_dir=house.directory)) as store,
        pytest.raises(ConfigurationError, match="may not create roles") as raised,
    ):
        create_roles(store, Roles.named("other"))
    assert "CREATEROLE" in raised.value.remedy


def test_a_worker_whose_role_may_only_read_is_told_so(house):
    from nesdb_annot.jobs.service import run_worker

    settings = Settings(database_url=house.url["reader"], data_dir=house.directory)
    with pytest.raises(ConfigurationError, match="may not do that") as caught:
        run_worker(settings, until_empty=True)
    assert "nesannot db roles" in caught.value.remedy
    settings = Settings(database_url=house.url["writer"], data_dir=house.directory)
    assert run_worker(settings, queues=("scoring",), until_empty=True) == 0
