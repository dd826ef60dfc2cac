"""Decoys are kept once for each configuration and proteome; scores of a release are read by sequence."""

import pytest

from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.decoys import combined_scores, find_decoys, save_decoys
from nesdb_annot.store.scores import write_scored


@pytest.fixture
def scene(store, make):
    sequences = [make.residues(i) for i in range(3)]
    proteome, release_id, run_id = make.proteome(store, [*sequences, sequences[0]])
    configuration_id = make.configuration(store)
    scored = [make.scored(sequence_digest(sequences[0]), [0.9, 0.2]), make.scored(sequence_digest(sequences[1]), [])]
    write_scored(store, configuration_id, run_id, scored)
    return configuration_id, proteome.id, release_id, run_id, sequences


def test_there_are_none_at_first(store, scene):
    assert find_decoys(store, *scene[:2]) is None


def test_they_come_back_sorted_and_the_last_ones_stay(store, scene):
    configuration_id, proteome_id, _, run_id, _ = scene
    save_decoys(store, configuration_id, proteome_id, run_id, proteins=1, residues=10, combined=[0.5])
    save_decoys(store, configuration_id, proteome_id, run_id, proteins=2, residues=20, combined=[0.75, 0.25])
    found = find_decoys(store, configuration_id, proteome_id)
    assert (found.residues, found.combined) == (20, [0.25, 0.75])


def test_decoys_without_a_candidate_are_decoys_too(store, scene):
    configuration_id, proteome_id, _, run_id, _ = scene
    save_decoys(store, configuration_id, proteome_id, run_id, proteins=1, residues=10, combined=[])
    assert find_decoys(store, configuration_id, proteome_id).combined == []


def test_scores_of_a_release_come_by_sequence_once_each_and_only_if_scored(store, scene):
    configuration_id, proteome_id, release_id, _, sequences = scene
    rows = {row.sha256: row for row in combined_scores(store, configuration_id, proteome_id, release_id)}
    assert set(rows) == {sequence_digest(s) for s in sequences[:2]}
    assert sorted(rows[sequence_digest(sequences[0])].combined) == pytest.approx([0.2, 0.9])
    assert rows[sequence_digest(sequences[1])].combined == []
    assert rows[sequence_digest(sequences[1])].length == 60
