"""Decoys are stored chunk by chunk for each configuration and proteome; scores of a release are read by sequence."""

import pytest

from nesdb_annot.records import ScoredSequence
from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.decoys import (
    combined_scores,
    decoy_candidates,
    find_decoys,
    ranked_scores,
    save_decoys,
    stored_chunks,
)
from nesdb_annot.store.rankings import find_ranking, materialise
from nesdb_annot.store.scores import write_scored


@pytest.fixture
def scene(store, make):
    sequences = [make.residues(i) for i in range(3)]
    proteome, release_id, run_id = make.proteome(store, [*sequences, sequences[0]])
    configuration_id = make.configuration(store)
    scored = [make.scored(sequence_digest(sequences[0]), [0.9, 0.2]), make.scored(sequence_digest(sequences[1]), [])]
    write_scored(store, configuration_id, run_id, scored)
    return configuration_id, proteome.id, release_id, run_id, sequences


def save(store, scene, chunk, combined, **amount):
    configuration_id, proteome_id, _, run_id, _ = scene
    amount = {"proteins": 1, "residues": 10} | amount
    save_decoys(store, configuration_id, proteome_id, run_id, chunk=chunk, combined=combined, **amount)


def test_there_are_no_decoys_at_first(store, scene):
    assert find_decoys(store, scene[0], "UPX") is None
    assert stored_chunks(store, *scene[:2]) == set()


def test_a_chunk_stored_again_replaces_the_one_before(store, scene):
    save(store, scene, (1, 1), [0.5])
    save(store, scene, (1, 1), [0.75, 0.25], proteins=2, residues=20)
    found = find_decoys(store, scene[0], "UPX")
    assert (found.residues, found.combined) == (20, [0.25, 0.75])


def test_decoys_count_once_every_chunk_is_stored(store, scene):
    save(store, scene, (2, 3), [0.5])
    save(store, scene, (3, 3), [])
    assert find_decoys(store, scene[0], "UPX") is None
    assert stored_chunks(store, *scene[:2]) == {2, 3}
    save(store, scene, (1, 3), [0.25])
    found = find_decoys(store, scene[0], "UPX")
    assert (found.residues, sorted(found.combined)) == (30, [0.25, 0.5])


def test_candidates_come_from_a_configuration_that_has_all(store, scene):
    save(store, scene, (1, 2), [0.5], candidates=b"one")
    assert decoy_candidates(store, [scene[0]], scene[1]) == []
    save(store, scene, (2, 2), [0.5], candidates=b"two")
    found = decoy_candidates(store, [scene[0]], scene[1])
    assert [(one.chunk, one.candidates) for one in found] == [(1, b"one"), (2, b"two")]


def test_decoys_without_a_candidate_are_decoys_too(store, scene):
    save(store, scene, (1, 1), [])
    assert find_decoys(store, scene[0], "UPX").combined == []


def test_scores_of_a_ranking_are_those_it_was_made_from(store, scene):
    configuration_id, proteome_id, release_id, run_id, sequences = scene
    write_scored(store, configuration_id, run_id, [ScoredSequence(sequence_digest(sequences[2]), error="no memory")])
    materialise(store, proteome_id, release_id, configuration_id, run_id)
    found = ranked_scores(store, find_ranking(store, "UPX").id)
    by_release = combined_scores(store, configuration_id, proteome_id, release_id)
    assert [(row.sha256, row.length, sorted(row.combined)) for row in found] == [
        (row.sha256, row.length, sorted(row.combined)) for row in by_release
    ]
    assert {row.sha256 for row in found} == {sequence_digest(s) for s in sequences[:2]}, "not what failed"


def test_scores_of_a_release_come_by_sequence_once_each_and_only_if_scored(store, scene):
    configuration_id, proteome_id, release_id, _, sequences = scene
    rows = {row.sha256: row for row in combined_scores(store, configuration_id, proteome_id, release_id)}
    assert set(rows) == {sequence_digest(s) for s in sequences[:2]}
    assert sorted(rows[sequence_digest(sequences[0])].combined) == pytest.approx([0.2, 0.9])
    assert rows[sequence_digest(sequences[1])].combined == []
    assert rows[sequence_digest(sequences[1])].length == 60
