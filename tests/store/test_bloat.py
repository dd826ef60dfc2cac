"""Replacing what a configuration has leaves no dead weight: sizes are those of the first time, however often."""

import pytest

from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.configurations import partition
from nesdb_annot.store.rankings import materialise
from nesdb_annot.store.schema import PARTITIONED
from nesdb_annot.store.scores import discard, write_scored

SIZE = "SELECT sum(pg_total_relation_size(CAST(name AS regclass))) FROM unnest(CAST(%s AS text[])) name"


def size(store, *tables):
    """Bytes of some tables with their indices."""
    with store.transaction() as connection:
        return int(connection.exec_driver_sql(SIZE, ([f"nesannot.{table}" for table in tables],)).scalar_one())


@pytest.fixture
def scene(store, make):
    """60 sequences of 20 segments, not yet scored."""
    sequences = [make.residues(number, 250) for number in range(60)]
    found, release_id, run_id = make.proteome(store, sequences)
    probabilities = [(7 * number) % 100 / 100 for number in range(20)]
    scored = [make.scored(sequence_digest(sequence), probabilities) for sequence in sequences]
    return found.id, release_id, run_id, scored


def test_replacing_the_scores_of_a_configuration_does_not_bloat(store, make, scene):
    _, _, run_id, scored = scene
    configuration = make.configuration(store)
    tables = [partition(table, configuration) for table in PARTITIONED]
    empty = size(store, *tables)
    sizes = []
    for _ in range(6):
        discard(store, configuration)
        assert size(store, *tables) == empty, "the space is given back at once"
        write_scored(store, configuration, run_id, scored)
        sizes.append(size(store, *tables))
    assert sizes[0] > 2 * empty
    assert max(sizes) == min(sizes)


def test_ranking_again_does_not_bloat(store, make, scene):
    """The old ranking is dead when the new one is whole; the next one uses its space, and nothing goes on growing."""
    proteome_id, release_id, run_id, scored = scene
    configuration = make.configuration(store)
    write_scored(store, configuration, run_id, scored)
    with store.transaction() as connection:  # the server's own vacuum would now and then keep ours from its turn
        connection.exec_driver_sql("ALTER TABLE nesannot.ranked_segment SET (autovacuum_enabled = false)")
    sizes = []
    for _ in range(10):
        assert materialise(store, proteome_id, release_id, configuration, run_id) == 1200
        sizes.append(size(store, "ranked_segment"))
    # Two rankings, and a third where a snapshot taken elsewhere (by the server itself) kept the dead for once.
    assert max(sizes) <= 3 * sizes[0], sizes
    # A page of an index splits now and then; what stays behind would add a ranking each time, four in all here.
    assert max(sizes[5:]) <= 1.25 * max(sizes[:5]), sizes


def test_another_configuration_takes_nothing_from_the_first(store, make, scene):
    """Scores of two configurations share no page, so dropping one is dropping files."""
    _, _, run_id, scored = scene
    first, second = make.configuration(store), make.configuration(store, version=2)
    write_scored(store, first, run_id, scored)
    before = size(store, *(partition(table, first) for table in PARTITIONED))
    write_scored(store, second, run_id, scored)
    discard(store, second)
    assert size(store, *(partition(table, first) for table in PARTITIONED)) == before
