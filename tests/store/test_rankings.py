"""Rankings: a total order, one row for equal sequences, swapped whole, and shown by the views."""

import math
import random
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import text

from nesdb_annot.errors import UsageError
from nesdb_annot.methods.calibration import PlattCalibration
from nesdb_annot.methods.combination import combined
from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.candidates import count_over, ranked_rows
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, proteome_of
from nesdb_annot.store.rankings import ByChance, find_ranking, fresh_ranking, materialise
from nesdb_annot.store.scores import write_scored

EVIDENCE = {"class": "1a", "core": {"phi1": 3, "phi2": 7, "phi3": 10, "phi0": 1}}


@pytest.fixture
def scene(store, make):
    """Four proteins with three sequences, scored."""
    sequences = [make.residues(i) for i in range(3)]
    proteome, release_id, run_id = make.proteome(store, [*sequences, sequences[0]])
    configuration_id = make.configuration(store)
    probabilities = {sequences[0]: [0.9, 0.2], sequences[1]: [0.5], sequences[2]: [0.5, 0.0, 1.0]}
    scored = [make.scored(sequence_digest(s), p, evidence=EVIDENCE) for s, p in probabilities.items()]
    write_scored(store, configuration_id, run_id, scored)
    return proteome, release_id, configuration_id, run_id


def rank(store, scene, **told):
    proteome, release_id, configuration_id, run_id = scene
    return materialise(store, proteome.id, release_id, configuration_id, run_id, **told)


def top(store, limit=10, release=None):
    """The first candidates of the ranking of UPX."""
    rows = ranked_rows(store, find_ranking(store, "UPX", release).id, limit)
    return [SimpleNamespace(**{name: value for name, value in row.items() if name != "ranking_id"}) for row in rows]


def test_the_order_is_by_probability_then_digest_then_position(store, make, scene):
    assert rank(store, scene) == 6
    found = top(store)
    assert [c.rank for c in found] == [1, 2, 3, 4, 5, 6]
    keys = [(-c.probability, c.sequence_sha256, c.first_residue) for c in found]
    assert keys == sorted(keys)
    assert [c.probability for c in found] == pytest.approx([1.0, 0.9, 0.5, 0.5, 0.2, 0.0])


def test_equal_sequences_share_a_row_and_all_accessions_are_listed(store, make, scene):
    rank(store, scene)
    second = top(store, 2)[1]
    assert (second.accession, second.accessions) == ("P0", ["P0", "P3"])
    assert second.peptide == make.residues(0)[:10]
    assert (second.nes_class, second.core_positions) == ("1a", [1, 3, 7, 10])
    assert (second.first_residue, second.last_residue, second.length) == (1, 10, 60)
    assert second.consensus == second.combined == pytest.approx(0.9)


def test_candidates_below_the_minimum_are_not_listed(store, scene):
    assert rank(store, scene, minimum_probability=0.5) == 4
    assert top(store)[-1].probability == 0.5
    assert find_ranking(store, "UPX").candidates == 4


def test_q_values_are_those_of_the_last_step_not_above(store, scene):
    steps = [(0.15, 0.4, 0.05), (0.5, 0.2, 0.01), (0.9, 0.01, 0.001)]
    rank(store, scene, by_chance=ByChance("shuffled", steps))
    found = top(store)
    close = pytest.approx
    assert [c.q_value for c in found] == [close(0.01), close(0.01), close(0.2), close(0.2), close(0.4), None]
    assert [c.e_value for c in found[:5]] == [close(rate * 60) for rate in (0.001, 0.001, 0.01, 0.01, 0.05)]
    assert found[5].e_value is None


def test_the_chance_of_a_protein_is_that_of_its_best_candidate(store, scene):
    rank(store, scene, by_chance=ByChance("shuffled", [(0.0, 1.0, 0.05), (0.5, 0.2, 0.01)]))
    with store.transaction() as connection:
        rows = connection.execute(text("SELECT accession, best_e_value, p_value FROM nes.protein_summary")).all()
    best = pytest.approx(0.6)
    assert {row.accession: row.best_e_value for row in rows} == dict.fromkeys(("P0", "P1", "P2", "P3"), best)
    assert all(row.p_value == pytest.approx(1 - math.exp(-0.6)) for row in rows)


@pytest.fixture
def parts(store, make, scene):
    """Three proteins that are more and less likely to be cargoes."""
    _, _, configuration_id, run_id = scene
    known = [[(0.5, 0.6), (0.2, 0.6)], [(0.9, 0.2)], [(0.6, 0.4), (0.1, 0.4)]]
    scored = [make.in_parts(sequence_digest(make.residues(i)), own) for i, own in enumerate(known)]
    write_scored(store, configuration_id, run_id, scored)
    return scene


def test_a_prior_changes_the_odds_of_a_cargo_and_with_them_the_order(store, parts):
    rank(store, parts)
    assert [(c.accession, c.probability) for c in top(store, 3)] == [
        ("P0", pytest.approx(0.3)),
        ("P2", pytest.approx(0.24)),
        ("P1", pytest.approx(0.18)),
    ]
    rank(store, parts, logit_shift=25.0)
    assert [(c.accession, c.probability) for c in top(store, 3)] == [
        ("P1", pytest.approx(0.9)),
        ("P2", pytest.approx(0.6)),
        ("P0", pytest.approx(0.5)),
    ]
    rank(store, parts, logit_shift=-1.5)
    for found in top(store, 5):
        cargo = {"P0": 0.6, "P1": 0.2, "P2": 0.4}[found.accession]
        shifted = 1 / (1 + math.exp(-(math.log(cargo / (1 - cargo)) - 1.5)))
        assert found.probability == pytest.approx(found.combined / cargo * shifted, rel=1e-5)


def test_proteins_come_by_the_odds_of_a_cargo(store, parts):
    rank(store, parts)
    rows = ranked_rows(store, find_ranking(store, "UPX").id, None, proteins=True)
    assert [(row["accession"], row["rank"]) for row in rows] == [("P0", 1), ("P2", 2), ("P1", 3)]
    assert [row["cargo_probability"] for row in rows] == pytest.approx([0.6, 0.4, 0.2])
    certain = ranked_rows(store, find_ranking(store, "UPX").id, 5, 0.29, proteins=True)
    assert [row["accession"] for row in certain] == ["P0"]


def test_the_summary_says_how_likely_a_protein_is_a_cargo(store, parts):
    rank(store, parts, logit_shift=-0.7)
    with store.transaction() as connection:
        rows = connection.execute(text("SELECT accession, cargo_probability FROM nes.protein_summary")).all()
    known = {"P0": 0.6, "P1": 0.2, "P2": 0.4, "P3": 0.6}
    expected = {name: 1 / (1 + math.exp(-math.log(p / (1 - p)) + 0.7)) for name, p in known.items()}
    assert {row.accession: row.cargo_probability for row in rows} == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shift", [0.0, 2.5, -4.0, 30.0])
@pytest.mark.parametrize("cargo", [-900.0, -3.0, 0.25, 4.0, 900.0])
def test_the_ranking_is_the_formula_of_the_stored_parts(store, make, scene, cargo, shift):
    """The one expression of SQL gives what `methods.combination.combined` gives."""
    *_, configuration_id, run_id = scene
    first, competition = np.array([3.0, -2.0, 0.1]), np.array([1.0, 0.5, -0.75])
    own = combined(first, competition, cargo, PlattCalibration(0.9, 0.3), shift)
    scored = make.scored(sequence_digest(make.residues(0)), [0.5] * 3, cargo=cargo)
    segments = [
        replace(segment, scores=(*segment.scores[:-1], replace(segment.scores[-1], raw=raw)))
        for segment, raw in zip(scored.segments, own.log_odds.tolist(), strict=True)
    ]
    write_scored(store, configuration_id, run_id, [replace(scored, segments=tuple(segments))])
    rank(store, scene, logit_shift=shift)
    candidates = sorted((c for c in top(store) if c.accession == "P0"), key=lambda c: c.first_residue)
    assert [c.probability for c in candidates] == pytest.approx(own.probability.tolist(), rel=1e-6, abs=1e-34)


def test_scores_without_their_parts_are_not_ranked(store, scene):
    """What was scored before the parts were stored belongs to rankings of its time."""
    with store.transaction() as connection:
        connection.execute(text("UPDATE nesannot.scored_sequence SET cargo_log_odds = NULL"))
    assert rank(store, scene) == 0


def test_a_ranking_by_other_decoys_is_stale(store, scene):
    proteome, release_id, configuration_id, _ = scene
    rank(store, scene, by_chance=ByChance("shuffled", [(0.0, 1.0, 0.05)]))
    place = (store, proteome.name, find_ranking(store, proteome.name).release, release_id, configuration_id, 0.0)
    assert fresh_ranking(*place) is None
    assert fresh_ranking(*place, decoys="UP1") is None
    assert fresh_ranking(*place, decoys="shuffled").decoys == "shuffled"


def test_without_steps_there_are_no_q_values(store, scene):
    rank(store, scene)
    assert {c.q_value for c in top(store)} == {None}


def test_ranking_again_replaces_and_is_the_same(store, scene):
    rank(store, scene)
    first = top(store)
    rank(store, scene)
    assert top(store) == first
    with store.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM nesannot.ranked_segment")).scalar() == 6
        assert connection.execute(text("SELECT count(*) FROM nes.candidate")).scalar() == 6


def test_the_order_does_not_depend_on_the_order_of_writing(store, make, scene):
    _, _, configuration_id, run_id = scene
    rank(store, scene)
    first = [(c.rank, c.sequence_sha256, c.first_residue) for c in top(store)]
    again = [
        make.scored(sequence_digest(make.residues(i)), p, evidence=EVIDENCE)
        for i, p in enumerate([[0.9, 0.2], [0.5], [0.5, 0.0, 1.0]])
    ]
    random.Random(3).shuffle(again)
    for one in again:
        write_scored(store, configuration_id, run_id, [one])
    rank(store, scene)
    assert [(c.rank, c.sequence_sha256, c.first_residue) for c in top(store)] == first


def test_the_views_show_the_newest_release_and_history_keeps_the_older(store, make, scene):
    proteome, _, configuration_id, run_id = scene
    rank(store, scene)
    ingest_release(store, ProteomeKey("UPX"), make.release(5), [make.protein("P1", make.residues(1))], run_id)
    newest = proteome_of(store, "UPX").release_id
    assert materialise(store, proteome.id, newest, configuration_id, run_id) == 1
    with store.transaction() as connection:
        shown = connection.execute(text("SELECT release, count(*) FROM nes.candidate GROUP BY 1")).all()
        kept = connection.execute(text("SELECT release, count(*) FROM nes.candidate_all GROUP BY 1 ORDER BY 1")).all()
    assert [tuple(r) for r in shown] == [("r5", 1)]
    assert [tuple(r) for r in kept] == [("r0", 6), ("r5", 1)]
    rank(store, scene)
    assert find_ranking(store, "UPX").release == "r5", "ranking an older release again does not hide the newer one"
    assert len(top(store, release="r0")) == 6


def test_only_those_over_a_threshold_are_listed_and_counted(store, scene):
    rank(store, scene, logit_shift=-2.0)
    ranking = find_ranking(store, "UPX")
    over = ranked_rows(store, ranking.id, None, minimum_combined=0.5)
    assert [row["combined"] for row in over] == pytest.approx([1.0, 0.9, 0.5, 0.5])
    assert count_over(store, ranking.id, 0.5) == 4
    assert len(ranked_rows(store, ranking.id, 3, minimum_combined=0.5)) == 3


def test_a_ranking_is_fresh_until_prior_configuration_or_scores_change(store, make, scene):
    _, release_id, configuration_id, run_id = scene
    place = (store, "UPX", "r0", release_id)
    assert fresh_ranking(*place, configuration_id, -2.0) is None
    rank(store, scene, logit_shift=-2.0)
    assert fresh_ranking(*place, configuration_id, -2.0) == find_ranking(store, "UPX")
    assert fresh_ranking(*place, configuration_id, -1.0) is None
    assert fresh_ranking(*place, configuration_id + 1, -2.0) is None
    write_scored(store, configuration_id, run_id, [make.scored(sequence_digest(make.residues(1)), [0.6])])
    assert fresh_ranking(*place, configuration_id, -2.0) is None


def test_an_unfinished_ranking_is_never_seen(store, scene, monkeypatch):
    rank(store, scene)
    before = top(store)
    from nesdb_annot.store import rankings

    def fail(connection, name, /, **parameters):
        if name == "count_ranking":
            raise RuntimeError("killed here")
        return real(connection, name, **parameters)

    real = rankings.execute
    monkeypatch.setattr(rankings, "execute", fail)
    with pytest.raises(RuntimeError):
        rank(store, scene, logit_shift=1.0)
    monkeypatch.undo()
    assert top(store) == before


def test_what_is_not_ranked_is_not_found_and_what_does_not_belong_is_a_wrong_call(store, scene):
    assert find_ranking(store, "UPX") is None
    proteome, _, configuration_id, run_id = scene
    with pytest.raises(UsageError, match="not one of proteome"):
        materialise(store, proteome.id, 999, configuration_id, run_id)


def test_methods_that_a_configuration_lacks_are_null(store, make):
    proteome, release_id, run_id = make.proteome(store, [make.residues(0)])
    methods = ("consensus", "combined", "novel")
    configuration_id = make.configuration(store, methods=methods)
    write_scored(
        store, configuration_id, run_id, [make.scored(sequence_digest(make.residues(0)), [0.5], methods=methods)]
    )
    materialise(store, proteome.id, release_id, configuration_id, run_id)
    one = top(store)[0]
    assert (one.neural, one.biochemical, one.similarity) == (None, None, None)
    assert (one.nes_class, one.core_positions) == (None, None)
    with store.transaction() as connection:
        found = connection.execute(text("SELECT method FROM nes.candidate_score ORDER BY 1")).scalars().all()
    assert found == ["combined", "consensus", "novel"]


def test_every_shown_score_has_its_provenance(store, scene):
    rank(store, scene)
    with store.transaction() as connection:
        scores = connection.execute(text("SELECT count(*) FROM nes.candidate_score")).scalar()
        traced = connection.execute(
            text(
                "SELECT count(*) FROM nes.score_provenance WHERE scoring_run_id IS NOT NULL AND weights_sha256 <> '' "
                "AND software ? 'python' AND language_model = 'tiny' AND ingest_run_id IS NOT NULL"
            )
        ).scalar()
    assert scores == traced == 6 * 5


def test_summary_and_agreement(store, scene):
    rank(store, scene)
    with store.transaction() as connection:
        summary = connection.execute(
            text("SELECT accession, candidates, best_rank FROM nes.protein_summary ORDER BY 1")
        ).all()
        agreement = connection.execute(
            text("SELECT methods_scored, methods_in_favour, in_favour FROM nes.method_agreement ORDER BY rank")
        ).all()
    assert [tuple(r)[:2] for r in summary] == [("P0", 2), ("P1", 1), ("P2", 3), ("P3", 2)]
    assert summary[0][2] == summary[3][2] == 2
    assert [r[0] for r in agreement] == [4] * 6
    assert [r[1] for r in agreement] == [4, 4, 4, 4, 0, 0]
    assert agreement[0][2] == ["biochemical", "consensus", "neural", "similarity"]
    assert agreement[5][2] == []
