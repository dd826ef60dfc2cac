"""Locks of the database: what was done under a lock that broke, and what is not begun under it."""

import pytest
from sqlalchemy import text

from nesdb_annot.errors import TryLaterError
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.locks import one_after_another, only_one


def end_all_connections(settings):
    """End every connection to this database but the one that asks, as a killed server does."""
    with open_store(settings) as other, other.transaction() as connection:
        ended = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        assert ended.all()


def test_a_lock_that_is_held_is_confirmed(store):
    with one_after_another(store, "x", pytest.fail) as lock:
        lock.require()
        lock.require()


def test_a_lost_lock_stops_what_would_be_written(store, settings):
    with one_after_another(store, "x", pytest.fail) as lock:
        end_all_connections(settings)
        for _ in range(2):  # SQLAlchemy would connect again behind our back the second time
            with pytest.raises(TryLaterError, match="held the lock") as raised:
                lock.require()
    assert raised.value.exit_code == 75
    with only_one(store, "x") as mine:
        assert mine


def test_a_lock_that_is_lost_when_all_is_done_is_a_note(store, settings, caplog, capfd):
    with only_one(store, "x") as mine:
        assert mine
        end_all_connections(settings)
    assert "the database server was restarted" in caplog.text
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_an_error_under_a_lost_lock_is_the_one_that_counts(store, settings):
    with pytest.raises(ZeroDivisionError), only_one(store, "x"):
        end_all_connections(settings)
        raise ZeroDivisionError
