"""The user's libpq variables: without effect on the embedded server, named where they break a given one."""

import os

import psycopg
import pytest
from psycopg import pq

from nesdb_annot.errors import ConfigurationError, DatabaseUnreachableError
from nesdb_annot.settings import Settings
from nesdb_annot.store import embedded
from nesdb_annot.store.engine import CLIENT, connection_line, open_store
from nesdb_annot.store.libpq import libpq_variables, without_libpq_variables

WRONG = {
    "PGPORT": "6543",
    "PGPASSWORD": "wrong",
    "PGSERVICE": "nosuch",
    "PGOPTIONS": "-c nonsense=1",
    "PGHOSTADDR": "10.9.9.9",
    "PGSSLMODE": "nonsense",
    "PGCLIENTENCODING": "nonsense",
    "PGTZ": "Nonsense/Zone",
    "PGREQUIREAUTH": "none",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCHANNELBINDING": "require",
    "PGGSSENCMODE": "require",
}


@pytest.fixture
def own_server(embedded_server):
    """Settings that name no server, so that the embedded one answers."""
    return embedded_server


def test_all_variables_of_libpq_are_known(monkeypatch):
    for option in pq.Conninfo.get_defaults():
        if option.envvar:
            monkeypatch.setenv(option.envvar.decode(), "x")
    monkeypatch.setenv("PGTZ", "x")
    monkeypatch.setenv("PGPLOT_DIR", "of another program")
    assert {"PGPORT", "PGSERVICE", "PGOPTIONS", "PGTZ"} <= set(libpq_variables())
    assert "PGPLOT_DIR" not in libpq_variables()


def test_variables_come_back_after_the_last_block(monkeypatch):
    monkeypatch.setenv("PGPORT", "6543")
    with without_libpq_variables():
        with without_libpq_variables():
            assert "PGPORT" not in os.environ
        assert "PGPORT" not in os.environ
    assert os.environ["PGPORT"] == "6543"
    with without_libpq_variables(active=False):
        assert os.environ["PGPORT"] == "6543"


@pytest.mark.parametrize("name", WRONG)
def test_embedded_server_ignores_a_wrong_variable(own_server, name, monkeypatch):
    monkeypatch.setenv(name, WRONG[name])
    embedded.start(own_server, wait_s=5)
    with open_store(own_server, migrated=False) as store, store.session() as connection:
        assert connection.exec_driver_sql("SELECT current_database()").scalar() == "nesannot"
    assert os.environ[name] == WRONG[name]


def test_psql_line_overrides_port_and_password(own_server, monkeypatch):
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGPASSWORD", "wrong")
    with psycopg.connect(connection_line(own_server)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_embedded_server_that_refuses_is_final_at_once(own_server, monkeypatch):
    wrong = "FATAL:  password authentication failed"
    monkeypatch.setattr(embedded, "_answer", lambda place: wrong)
    with pytest.raises(DatabaseUnreachableError, match="refuses the connection") as raised:
        embedded.start(own_server)
    assert raised.value.why == wrong


def test_given_server_names_the_variables_that_are_set(monkeypatch, tmp_path):
    monkeypatch.setenv("PGSERVICE", "nosuch")
    with pytest.raises(DatabaseUnreachableError, match="cannot connect") as raised:
        open_store(Settings(database_url="postgresql://u@127.0.0.1:1/d", data_dir=tmp_path))
    assert "PGSERVICE" in raised.value.remedy


@pytest.mark.parametrize("style", ["German", "SQL, DMY", "Postgres"])
def test_dates_and_encoding_are_ours_whatever_the_variables(settings, style, monkeypatch):
    monkeypatch.setenv("PGDATESTYLE", style)
    monkeypatch.setenv("PGCLIENTENCODING", "SQL_ASCII")
    with open_store(settings, migrated=False) as store, store.session() as connection:
        row = connection.exec_driver_sql("SELECT timestamptz '2026-02-01 00:00+00', 'é', 1::text").one()
    assert (row[0].year, row[0].month, row[1], row[2]) == (2026, 2, "é", "1")
    assert CLIENT["client_encoding"] == "utf8"


def test_server_that_is_only_read_says_so(settings, monkeypatch):
    with (
        open_store(settings) as store,
        pytest.raises(ConfigurationError, match="can only be read") as raised,
        store.transaction() as connection,
    ):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.exec_driver_sql("CREATE TABLE nesannot.none_such (n integer)")
    assert "default_transaction_read_only" in raised.value.remedy
