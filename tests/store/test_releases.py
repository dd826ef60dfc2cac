"""Releases of a proteome: compared by date, in whatever order they come, and never half there."""

import threading
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nesdb_annot.errors import InputError, UsageError
from nesdb_annot.records import Release
from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.proteomes import (
    ProteomeKey,
    accessions_of,
    ingest_release,
    list_proteomes,
    proteome_of,
    release_of,
)
from nesdb_annot.store.runs import start_run

NUMBERS = count()
UPX = ProteomeKey("UPX", "Saccharomyces", 4932)


def at_release(store, proteome, name):
    """What the database says of a release: accession -> (residues, header)."""
    query = text(
        "SELECT accession, s.residues, header FROM nes.release_membership m JOIN nesannot.sequence s "
        "ON s.sha256 = m.sequence_sha256 WHERE proteome = :proteome AND release = :name"
    )
    with store.transaction() as connection:
        rows = connection.execute(query, {"proteome": proteome, "name": name}).all()
    assert len({row[0] for row in rows}) == len(rows), "a protein is in a release twice"
    return {row[0]: (row[1], row[2]) for row in rows}


def size(store):
    """Number of rows of all tables that an ingest writes."""
    tables = ("sequence", "protein", "membership", "release", "proteome")
    with store.transaction() as connection:
        return sum(connection.execute(text(f"SELECT count(*) FROM nesannot.{table}")).scalar() for table in tables)


@pytest.fixture
def run_id(store):
    return start_run(store, "ingest", {})


def test_first_release_is_all_new_and_again_is_nothing(store, make, run_id):
    proteins = [make.protein(f"P{i}", make.residues(i)) for i in range(7)]
    before = size(store)
    first = ingest_release(store, UPX, make.release(0), proteins, run_id, chunk=3)
    assert (first.total, first.new, first.previous) == (7, 7, None)
    assert first.rows_added == size(store) - before - 1  # the proteome itself is not counted as content
    before = size(store)
    again = ingest_release(store, UPX, make.release(0), reversed(proteins), run_id, chunk=2)
    assert again.nothing_new
    assert (again.unchanged, size(store)) == (7, before)


def test_a_release_is_compared_with_the_one_before_it_by_date(store, make, run_id):
    old = [
        make.protein("A", make.residues(1)),
        make.protein("B", make.residues(2)),
        make.protein("C", make.residues(3)),
    ]
    new = [
        make.protein("A", make.residues(1)),
        make.protein("B", make.residues(9)),
        make.protein("D", make.residues(4)),
    ]
    newest = [make.protein("A", make.residues(1), header="another")]
    ingest_release(store, UPX, make.release(0), old, run_id)
    report = ingest_release(store, UPX, make.release(5), new, run_id)
    assert (report.new, report.changed, report.gone, report.unchanged, report.header_only) == (1, 1, 1, 1, 0)
    assert report.examples == {"new": ["D"], "changed": ["B"], "gone": ["C"]}
    report = ingest_release(store, UPX, make.release(9), newest, run_id)
    assert (report.header_only, report.gone, report.previous) == (1, 2, "r5")


def test_equal_sequences_are_stored_once(store, make, run_id):
    ingest_release(store, UPX, make.release(0), [make.protein(f"P{i}", make.residues(1)) for i in range(5)], run_id)
    with store.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM nesannot.sequence")).scalar() == 1


CONTENT = st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 2), max_size=5)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(contents=st.lists(CONTENT.filter(bool), min_size=1, max_size=5), order=st.randoms(), replaced=st.booleans())
def test_any_order_of_ingestion_gives_the_same_history(module_store, make, contents, order, replaced):
    """Each release reads back as it was given, and the intervals do not depend on the order."""
    store = module_store
    run_id = start_run(store, "ingest", {})
    histories = []
    for shuffled in (False, True):
        name = f"proteome{next(NUMBERS)}"
        numbers = list(range(len(contents)))
        if shuffled:
            order.shuffle(numbers)
        for number in numbers:
            records = [make.protein(a, make.residues(v), header=f"h{v}") for a, v in contents[number].items()]
            if replaced and shuffled:
                ingest_release(
                    store, ProteomeKey(name), make.release(number), [make.protein("X", make.residues(7))], run_id
                )
            ingest_release(store, ProteomeKey(name), make.release(number), records, run_id, replace=True)
        for number, content in enumerate(contents):
            expected = {a: (make.residues(v), f"sp|{a}|h{v}") for a, v in content.items()}
            assert at_release(store, name, f"r{number}") == expected
        histories.append(_intervals(store, name))
    if not replaced:
        assert histories[0] == histories[1]


def _intervals(store, name):
    query = text(
        "SELECT p.accession, m.header, m.valid_from, m.valid_to FROM nesannot.membership m "
        "JOIN nesannot.protein p ON p.id = m.protein_id JOIN nesannot.proteome o ON o.id = m.proteome_id "
        "WHERE o.name = :name ORDER BY 1, 3"
    )
    with store.transaction() as connection:
        return [tuple(row) for row in connection.execute(query, {"name": name})]


def test_an_undated_release_stands_alone_or_is_said_to_be_the_newest(store, make, run_id):
    one, other = [make.protein("A", make.residues(1))], [make.protein("A", make.residues(2))]
    ingest_release(store, UPX, Release("mine"), one, run_id)
    with pytest.raises(InputError, match="has no date") as raised:
        ingest_release(store, UPX, Release("later"), other, run_id)
    assert "--released" in raised.value.remedy
    ingest_release(store, UPX, Release("later"), other, run_id, newest=True)
    found = proteome_of(store, "UPX")
    assert (found.release, found.releases) == ("later", 2)
    ingest_release(store, UPX, make.release(3), one, run_id)
    assert proteome_of(store, "UPX").release == "r3", "a dated release is newer than undated ones before it"


def test_other_content_under_a_known_name_is_refused_and_replaced_only_if_asked(store, make, run_id):
    ingest_release(store, UPX, make.release(0), [make.protein("A", make.residues(1))], run_id)
    with pytest.raises(InputError, match="with other content") as raised:
        ingest_release(store, UPX, make.release(0), [make.protein("A", make.residues(2))], run_id)
    assert raised.value.exit_code == 65
    assert at_release(store, "UPX", "r0")["A"][0] == make.residues(1)
    ingest_release(store, UPX, make.release(0), [make.protein("A", make.residues(2))], run_id, replace=True)
    assert at_release(store, "UPX", "r0")["A"][0] == make.residues(2)


def test_the_same_content_with_another_date_is_refused(store, make, run_id):
    proteins = [make.protein("A", make.residues(1))]
    ingest_release(store, UPX, make.release(0), proteins, run_id)
    with pytest.raises(InputError, match="with another date"):
        ingest_release(store, UPX, Release("r0", date(2021, 1, 1)), proteins, run_id)
    assert ingest_release(store, UPX, Release("r0"), proteins, run_id).nothing_new


def test_two_releases_cannot_share_a_date(store, make, run_id):
    ingest_release(store, UPX, make.release(0), [make.protein("A", make.residues(1))], run_id)
    with pytest.raises(InputError, match="has the date of release r0"):
        ingest_release(store, UPX, Release("twin", make.day(0)), [make.protein("A", make.residues(2))], run_id)


def test_no_proteins_or_contradictory_ones_leave_nothing(store, make, run_id):
    with pytest.raises(InputError, match="no proteins"):
        ingest_release(store, UPX, make.release(0), [], run_id)
    twice = [make.protein("A", make.residues(1)), make.protein("A", make.residues(2))]
    with pytest.raises(InputError, match="two different records: A"):
        ingest_release(store, UPX, make.release(0), twice, run_id)
    assert list_proteomes(store) == []


def test_an_equal_record_that_comes_twice_counts_once(store, make, run_id):
    twice = [make.protein("A", make.residues(1))] * 2
    assert ingest_release(store, UPX, make.release(0), twice, run_id).total == 1


def test_an_error_in_the_middle_of_the_file_leaves_no_release(store, make, run_id):
    def broken():
        yield from (make.protein(f"P{i}", make.residues(i)) for i in range(10))
        raise InputError("truncated gzip")

    with pytest.raises(InputError, match="truncated gzip"):
        ingest_release(store, UPX, make.release(0), broken(), run_id, chunk=2)
    assert list_proteomes(store) == []
    report = ingest_release(store, UPX, make.release(0), [make.protein("P1", make.residues(1))], run_id)
    assert report.total == 1


def test_no_staging_table_is_left(store, make, run_id):
    ingest_release(store, UPX, make.release(0), [make.protein("A", make.residues(1))], run_id)
    with store.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")).scalar() == 0


def test_title_and_taxon_are_learned_later(store, make, run_id):
    proteins = [make.protein("A", make.residues(1))]
    ingest_release(store, ProteomeKey("UPX"), make.release(0), proteins, run_id)
    assert proteome_of(store, "UPX").title is None
    ingest_release(store, UPX, make.release(0), proteins, run_id)
    found = proteome_of(store, "upx")
    assert (found.title, found.taxon_id, found.proteins, found.released) == ("Saccharomyces", 4932, 1, make.day(0))


def test_an_unknown_proteome_or_release_is_a_wrong_call_with_a_hint(store, make, run_id):
    with pytest.raises(UsageError, match="no proteome 'UP1'") as raised:
        proteome_of(store, "UP1")
    assert raised.value.why == "there is none yet"
    ingest_release(store, ProteomeKey("UP000002311"), make.release(0), [make.protein("A", make.residues(1))], run_id)
    with pytest.raises(UsageError) as raised:
        proteome_of(store, "UP00002311")
    assert raised.value.why == "did you mean UP000002311?"
    with pytest.raises(UsageError, match="no release 'x'") as raised:
        release_of(store, proteome_of(store, "UP000002311"), "x")
    assert raised.value.why == "there are: r0"


def test_two_ingests_of_one_release_at_once_make_one_release(store, make, run_id):
    proteins = [make.protein(f"P{i}", make.residues(i)) for i in range(200)]
    reports, failures = [], []

    def ingest(records):
        try:
            reports.append(ingest_release(store, UPX, make.release(0), records, run_id, chunk=20))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ingest, args=(order,)) for order in (proteins, proteins[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(report.new for report in reports) == [0, 200]
    assert len(at_release(store, "UPX", "r0")) == 200
    assert proteome_of(store, "UPX").releases == 1


def test_first_accession_names_a_sequence_of_several_proteins(store, make):
    shared, single = make.residues(1), make.residues(2)
    records = [make.protein("Q2", shared), make.protein("A1", single), make.protein("P9", shared)]
    ingest_release(store, ProteomeKey("UPX"), make.release(0), records, start_run(store, "ingest", {}))
    digests = [sequence_digest(shared), sequence_digest(single), "0" * 64]
    assert accessions_of(store, digests) == {digests[0]: "P9", digests[1]: "A1"}
