"""Control characters in names, settings and errors are spelled out on their way into the database, and only there."""

import json

import pytest

from nesdb_annot.errors import InputError
from nesdb_annot.records import ProteinRecord, Release
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, residues_of
from nesdb_annot.store.runs import find_run, list_runs, run
from nesdb_annot.store.text import storable
from nesdb_annot.store.translate import translated


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain äöü 😀", "plain äöü 😀"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("nul\x00esc\x1b[2Jdel\x7fc1\x9b", "nul\\x00esc\\x1b[2Jdel\\x7fc1\\x9b"),
        ("name\udcff", "name\\udcff"),
    ],
)
def test_text_is_stored_without_control_characters(text, stored):
    assert storable(text) == stored
    assert storable([text, 7]) == [stored, 7]
    assert json.loads(storable(json.dumps({text: [text]}))) == {stored: [stored]}


def test_backslash_in_json_stays_a_backslash():
    text = json.dumps("C:\\u0000 \\\\u001b")
    assert storable(text) == text


def test_run_with_control_characters_is_recorded_and_its_error_shown(store):
    with (
        pytest.raises(InputError, match="odd"),
        run(store, "ingest", {"file": "a\x00b\udcff"}) as (run_id, counts),
    ):
        counts["name"] = "x\x00"
        raise InputError("odd \x00 \x1b[2J")
    stored = find_run(store, run_id)
    assert (stored.status, stored.error) == ("failed", "odd \\x00 \\x1b[2J")
    assert (stored.settings["file"], stored.counts["name"]) == ("a\\x00b\\udcff", "x\\x00")


def test_identifier_with_a_control_character_is_found_again(store):
    protein = ProteinRecord("P\x1b1", "MKLV", gene="G\x00")
    ingest_release(store, ProteomeKey("odd"), Release("1", None), [protein], list_runs_or_start(store))
    assert residues_of(store, "P\x1b1") == residues_of(store, "P\\x1b1") == "MKLV"


def list_runs_or_start(store):
    with run(store, "ingest", {}):
        pass
    return list_runs(store)[0].id


def test_error_of_the_driver_does_not_hide_the_real_one(store, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("the driver")

    with pytest.raises(InputError, match="real") as raised, run(store, "ingest", {}):
        monkeypatch.setattr("nesdb_annot.store.runs.finish_run", broken)
        raise InputError("real")
    assert "could not be recorded" in raised.value.__notes__[0]


def test_rollback_that_fails_does_not_hide_the_real_error():
    import psycopg

    with pytest.raises(InputError, match="real") as raised, translated():
        try:
            raise InputError("real")
        except InputError:
            raise psycopg.OperationalError("connection lost")  # noqa: B904 - what a failing rollback does
    assert "connection lost" in raised.value.__notes__[0]
