"""Opening a store: what fits is opened, what does not is explained, and a password is never shown."""

import os
import subprocess
import sys
import threading

import psycopg
import pytest
from sqlalchemy import exc, text

from nesdb_annot.errors import CannotWriteError, ConfigurationError, DatabaseUnreachableError, InputError, TryLaterError
from nesdb_annot.settings import Settings
from nesdb_annot.store import engine, migrate
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.engine import Store, connection_line, conninfo, open_store, parse_url, shown_url
from nesdb_annot.store.status import database_status
from nesdb_annot.store.translate import translated
from nesdb_annot.store.views import describe_views

CANARY = "canary-7f3a"


def test_a_migrated_database_opens(store, settings):
    assert store.server_version >= 15
    assert not store.embedded
    with store.transaction() as connection:
        assert connection.execute(text("SELECT key FROM nesannot.motif")).scalars().all() == ["NES"]


def test_an_empty_database_is_refused_until_it_is_upgraded(empty_database_url, tmp_path):
    settings = Settings(database_url=empty_database_url, data_dir=tmp_path)
    with pytest.raises(ConfigurationError, match="is empty") as raised:
        open_store(settings)
    assert raised.value.remedy == "nesannot db upgrade"
    assert raised.value.exit_code == 78
    with open_store(settings, migrate=True) as store:
        assert describe_views(store)
    open_store(settings).close()


def test_commands_that_upgrade_at_once_upgrade_once(empty_database_url, tmp_path):
    settings = Settings(database_url=empty_database_url, data_dir=tmp_path)
    failures = []

    def upgrade():
        try:
            open_store(settings, migrate=True).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    open_store(settings).close()


def _pretend(store, revision):
    with store.transaction() as connection:
        connection.execute(text("UPDATE nesannot.alembic_version SET version_num = :r"), {"r": revision})


def test_a_newer_schema_says_update_the_program(store, settings):
    _pretend(store, "9999")
    for migrated in (False, True):
        with pytest.raises(ConfigurationError, match="newer than this program") as raised:
            open_store(settings, migrate=migrated)
        assert "pip install" in raised.value.remedy


def test_an_older_schema_says_upgrade_the_database(store, settings, monkeypatch):
    has, needs = migrate.HEAD, "9998"
    monkeypatch.setattr(migrate, "HEAD", needs)
    with pytest.raises(ConfigurationError, match=f"has schema {has}; this program needs schema {needs}") as raised:
        open_store(settings)
    assert raised.value.remedy == "nesannot db upgrade"


def test_an_old_server_is_refused(settings, monkeypatch):
    monkeypatch.setattr(engine, "OLDEST_SERVER", 99)
    with pytest.raises(ConfigurationError, match="the server is PostgreSQL"):
        open_store(settings)


@pytest.mark.parametrize("url", ["mysql://u@h/d", "sqlite:///x", "nonsense", "://", "postgresql+asyncpg:/"])
def test_only_urls_of_postgresql(url, tmp_path):
    with pytest.raises(ConfigurationError, match="not one of PostgreSQL"):
        parse_url(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_spellings_of_the_scheme(scheme):
    assert conninfo(parse_url(f"{scheme}://u:p@h:5433/d")) == "postgresql://u:p@h:5433/d"


FAILING = [
    f"postgresql://u:{CANARY}@127.0.0.1:1/d",
    f"postgresql://u:{CANARY}@no-such-host.invalid/d",
    f"postgresql://u@127.0.0.1:1/d?password={CANARY}",
    f"postgresql://u:{CANARY}@/d?host=/nonexistent",
    f"mysql://u:{CANARY}@h/d",
    f"postgresql://u:{CANARY}@h:port/d",
]


@pytest.mark.parametrize("url", FAILING)
def test_a_password_is_in_no_message_and_no_traceback(url, tmp_path, capsys):
    code = (
        "import sys; from nesdb_annot.settings import Settings; from nesdb_annot.store.engine import open_store; "
        "import os; open_store(Settings(database_url=os.environ['CANARY_URL']))"
    )
    environment = os.environ | {"CANARY_URL": url}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "nesdb_annot.errors." in ended.stderr
    assert CANARY not in ended.stdout + ended.stderr


def test_no_answer_is_69_with_a_remedy(tmp_path):
    with pytest.raises(
        DatabaseUnreachableError, match=r"cannot connect to postgresql://u:\*\*\*@127.0.0.1:1/d"
    ) as raised:
        open_store(Settings(database_url=FAILING[0], data_dir=tmp_path))
    assert raised.value.exit_code == 69
    assert "NESANNOT_DATABASE_URL" in raised.value.remedy


def test_the_shown_url_has_no_password_wherever_it_stood():
    shown = shown_url(parse_url(f"postgresql://u:{CANARY}@h/d?password={CANARY}&sslmode=require"))
    assert shown == "postgresql://u:***@h/d?sslmode=require"


def test_the_line_for_psql_finds_the_views_and_holds_no_password(settings, tmp_path, monkeypatch):
    line = connection_line(settings)
    password = parse_url(settings.database_url).password
    if password:  # a given server's; psql takes it from here, the embedded one's stands in a file that the line names
        monkeypatch.setenv("PGPASSWORD", password)
    with psycopg.connect(line) as connection:
        assert connection.execute("SELECT count(*) FROM candidate").fetchone() == (0,)
    given = Settings(database_url=f"postgresql://u:{CANARY}@h/d", data_dir=tmp_path)
    assert CANARY not in connection_line(given)
    assert connection_line(given).startswith("postgresql://u@h/d?options=")


def test_an_error_that_is_a_bug_is_not_its_own_cause(store):
    with pytest.raises(exc.ProgrammingError) as raised, store.transaction() as connection:
        connection.execute(text("SELECT no_such_column"))
    assert raised.value.__cause__ is not raised.value


def test_a_terminated_connection_is_75_and_the_next_one_works(store):
    with (
        pytest.raises(TryLaterError, match="connection to the database is lost") as raised,
        store.transaction() as connection,
    ):
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with store.transaction() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        connection.execute(text("SELECT 1"))
    assert raised.value.exit_code == 75
    with store.transaction() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (psycopg.errors.DiskFull("full"), CannotWriteError),
        (psycopg.errors.InsufficientPrivilege("no"), ConfigurationError),
        (psycopg.errors.DeadlockDetected("dead"), TryLaterError),
        (psycopg.errors.TooManyConnections("many"), TryLaterError),
        (psycopg.errors.LockNotAvailable("lock"), TryLaterError),
        (psycopg.errors.AdminShutdown("down"), TryLaterError),
        (psycopg.errors.UniqueViolation("bug"), psycopg.errors.UniqueViolation),
    ],
)
def test_errors_of_the_driver_are_sorted_by_who_must_act(error, ours):
    with pytest.raises(ours), translated():
        raise error


def test_a_bug_of_ours_stays_what_it_is(store):
    with pytest.raises(exc.ProgrammingError), store.transaction() as connection:
        connection.execute(text("SELECT nothing"))


def test_status_looks_and_changes_nothing(store, settings, tmp_path):
    facts = dict(database_status(settings).facts)
    assert facts["schema"] == f"{migrate.HEAD} (fits)"
    assert facts["proteomes"] == "0"
    down = database_status(Settings(data_dir=tmp_path / "nothing"))
    assert not down.running
    assert dict(down.facts)["state"].startswith("not running")
    assert not (tmp_path / "nothing").exists()


def test_a_session_keeps_finished_transactions(store):
    with pytest.raises(RuntimeError), store.session() as connection:
        with connection.begin():
            connection.execute(text("INSERT INTO nesannot.protein (accession) VALUES ('A')"))
        with connection.begin():
            connection.execute(text("INSERT INTO nesannot.protein (accession) VALUES ('B')"))
            raise RuntimeError
    with store.transaction() as connection:
        assert connection.execute(text("SELECT accession FROM nesannot.protein")).scalars().all() == ["A"]


# An analyst's SQL


def test_rows_and_columns_of_a_question(store):
    answer = run_sql(store, "SELECT n, n * 2 AS twice FROM generate_series(1, 5) n")
    assert answer.columns == ["n", "twice"]
    assert list(answer.rows) == [(1, 2), (2, 4), (3, 6), (4, 8), (5, 10)]
    assert list(run_sql(store, "SELECT 1 LIMIT 0").rows) == []
    assert run_sql(store, "SELECT 1 AS x LIMIT 0").columns == ["x"]
    assert len(list(run_sql(store, "SELECT generate_series(1, 100)", limit=7).rows)) == 7


def test_views_are_found_without_their_schema_and_percent_signs_are_letters(store):
    assert list(run_sql(store, "SELECT count(*) FROM candidate WHERE gene LIKE '%A%'").rows) == [(0,)]
    assert list(run_sql(store, "SHOW search_path").rows) == [("nes, nesannot",)]


WRITING = [
    "DELETE FROM nesannot.motif",
    "INSERT INTO nesannot.protein (accession) VALUES ('X')",
    "CREATE TABLE public.x (n integer)",
    "WITH x AS (DELETE FROM nesannot.motif RETURNING 1) SELECT * FROM x",
    "SELECT 1; DELETE FROM nesannot.motif",
    "COMMIT; DROP SCHEMA nes CASCADE",
    "TRUNCATE nesannot.motif CASCADE",
    "SELECT set_config('transaction_read_only', 'off', false); DELETE FROM nesannot.motif",
]


@pytest.mark.parametrize("statement", WRITING)
def test_nothing_can_be_written(store, statement):
    with pytest.raises(InputError):
        list(run_sql(store, statement).rows)
    with store.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM nesannot.motif")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM nesannot.protein")).scalar() == 0


def test_an_error_says_where_in_the_text_it_is(store):
    with pytest.raises(InputError, match='column "methds" does not exist') as raised:
        run_sql(store, "SELECT gene,\n       methds\n  FROM candidate")
    assert raised.value.where == "line 2, column 8: methds"
    assert raised.value.exit_code == 65
    with pytest.raises(InputError, match="syntax error"):
        run_sql(store, "SELEC 1")


def test_a_question_that_takes_too_long_is_stopped(store):
    with pytest.raises(InputError, match="timeout") as raised:
        run_sql(store, "SELECT pg_sleep(30)", timeout_s=0.1)
    assert "--timeout" in raised.value.remedy


def test_a_mistake_in_the_middle_of_the_rows_is_an_answer_too(store):
    answer = run_sql(store, "SELECT 1 / (3 - n) FROM generate_series(1, 5) n")
    with pytest.raises(InputError, match="division by zero"):
        list(answer.rows)


def test_reading_part_of_an_answer_leaves_no_connection_behind(store):
    for _ in range(30):
        next(run_sql(store, "SELECT generate_series(1, 100000)").rows)
    assert isinstance(store, Store)
    assert list(run_sql(store, "SELECT 1").rows) == [(1,)]
