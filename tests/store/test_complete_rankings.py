"""Which ranking the views show: the newest complete one; a partial one says how much of its release it covers."""

import math
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from nesdb_annot.records import ScoredSequence
from nesdb_annot.residues import sequence_digest
from nesdb_annot.store.candidates import Reranking, cargo_share, ranked_again, ranked_rows
from nesdb_annot.store.proteome_list import leave_out_of_overall
from nesdb_annot.store.proteomes import ProteomeKey, ingest_release, proteome_of
from nesdb_annot.store.rankings import ByChance, find_ranking, materialise, ranking_under
from nesdb_annot.store.scores import write_scored

STEPS = [(0.0, 1.0, 0.05), (0.5, 0.2, 0.01)]


@pytest.fixture
def scene(store, make):
    """Three proteins of a proteome, and two configurations; nothing is scored."""
    sequences = [make.residues(i) for i in range(3)]
    proteome, release_id, run_id = make.proteome(store, sequences)
    digests = [sequence_digest(one) for one in sequences]
    old, new = make.configuration(store), make.configuration(store, version=2)

    def score(configuration_id, *numbers):
        write_scored(store, configuration_id, run_id, [make.scored(digests[n], [0.9, 0.2]) for n in numbers])

    def fail(configuration_id, number, times):
        for _ in range(times):
            write_scored(store, configuration_id, run_id, [ScoredSequence(digests[number], error="made to fail")])

    def rank(configuration_id, release=release_id, **options):
        return materialise(store, proteome.id, release, configuration_id, run_id, **options)

    return SimpleNamespace(
        proteome=proteome, release_id=release_id, run_id=run_id, old=old, new=new, score=score, fail=fail, rank=rank
    )


def shown(store, view="candidate"):
    """Configuration, number of rows and mark of each ranking that a view shows."""
    query = f"SELECT configuration_id, count(*), max(incomplete) FROM nes.{view} GROUP BY 1 ORDER BY 1"
    with store.transaction() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_partial_ranking_is_marked_in_every_view(store, scene):
    scene.score(scene.old, 0, 1)
    scene.rank(scene.old)
    for view in ("candidate", "candidate_all", "candidate_overall"):
        assert shown(store, view) == [(scene.old, 4, "2 of 3 sequences scored")]
    with store.transaction() as connection:
        marks = connection.execute(text("SELECT DISTINCT incomplete FROM nes.protein_summary")).scalars().all()
        row = connection.execute(text("SELECT sequences, scored, failed, complete FROM nes.ranking")).one()
    assert marks == ["2 of 3 sequences scored"]
    assert tuple(row) == (3, 2, 0, False)


def test_a_complete_ranking_carries_no_mark(store, scene):
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old)
    assert shown(store) == [(scene.old, 6, None)]
    assert find_ranking(store, "UPX").coverage == "3 of 3 sequences scored"


def test_a_ranking_is_complete_once_what_failed_has_finally_failed(store, scene):
    scene.score(scene.old, 0, 1)
    scene.fail(scene.old, 2, 2)
    scene.rank(scene.old)
    assert shown(store) == [(scene.old, 4, "2 of 3 sequences scored")]
    scene.fail(scene.old, 2, 1)
    scene.rank(scene.old)
    assert shown(store) == [(scene.old, 4, None)]
    assert find_ranking(store, "UPX").coverage == "2 of 3 sequences scored, 1 failed"


def test_a_partial_ranking_of_newer_heads_replaces_no_complete_one(store, scene):
    """As when a proteome shares sequences with one that was re-annotated."""
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old, by_chance=ByChance("shuffled", STEPS))
    scene.score(scene.new, 0)
    scene.rank(scene.new)
    assert shown(store) == [(scene.old, 6, None)]
    assert find_ranking(store, "UPX").decoys == "shuffled"
    assert not ranking_under(store, "UPX", scene.new).complete
    scene.score(scene.new, 1, 2)
    scene.rank(scene.new)
    assert shown(store) == [(scene.new, 6, None)]


def test_of_partial_rankings_the_newest_is_shown(store, scene):
    scene.score(scene.old, 0, 1)
    scene.rank(scene.old)
    scene.score(scene.new, 0)
    scene.rank(scene.new)
    assert shown(store) == [(scene.new, 2, "1 of 3 sequences scored")]


def test_a_complete_ranking_is_not_replaced_by_a_partial_one_of_its_own_heads(store, scene):
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old)
    scene.fail(scene.old, 1, 1)
    assert scene.rank(scene.old) is None
    assert shown(store) == [(scene.old, 6, None)]


def test_a_partial_ranking_of_a_newer_release_waits(store, make, scene):
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old)
    proteins = [make.protein("P0", make.residues(0)), make.protein("P9", make.residues(9))]
    ingest_release(store, ProteomeKey("UPX"), make.release(5), proteins, scene.run_id)
    newest = proteome_of(store, "UPX").release_id
    scene.rank(scene.old, newest)
    assert find_ranking(store, "UPX").release == "r0"
    assert find_ranking(store, "UPX", "r5").coverage == "1 of 2 sequences scored"
    write_scored(store, scene.old, scene.run_id, [make.scored(sequence_digest(make.residues(9)), [0.4])])
    scene.rank(scene.old, newest)
    assert find_ranking(store, "UPX").release == "r5"


def test_when_the_shown_release_goes_the_next_best_is_shown(store, make, scene):
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old)
    ingest_release(store, ProteomeKey("UPX"), make.release(5), [make.protein("P0", make.residues(0))], scene.run_id)
    scene.rank(scene.old, proteome_of(store, "UPX").release_id)
    assert shown(store) == [(scene.old, 2, None)]
    other = [make.protein("P0", make.residues(1))]
    ingest_release(store, ProteomeKey("UPX"), make.release(5), other, scene.run_id, replace=True)
    assert shown(store) == [(scene.old, 6, None)]
    assert find_ranking(store, "UPX").is_current


def test_a_sample_stays_out_of_the_list_of_all_proteomes(store, make, scene):
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old)
    other, release_id, run_id = make.proteome(store, [make.residues(0)], name="sample")
    materialise(store, other.id, release_id, scene.old, run_id)
    leave_out_of_overall(store, "sample")
    with store.transaction() as connection:
        rows = connection.execute(text("SELECT overall_rank, proteome FROM nes.candidate_overall ORDER BY 1")).all()
        both = connection.execute(text("SELECT DISTINCT proteome FROM nes.candidate ORDER BY 1")).scalars().all()
    assert [tuple(row) for row in rows] == [(n, "UPX") for n in range(1, 7)]
    assert both == ["UPX", "sample"]


@pytest.mark.parametrize("stored", [0.0, -2.0, 36.0])
@pytest.mark.parametrize("asked", [0.0, 1.5, 30.0])
@pytest.mark.parametrize("proteins", [False, True])
def test_a_list_under_another_prior_is_as_if_it_were_stored(store, make, scene, stored, asked, proteins):
    known = [[(0.5, 0.6), (0.2, 0.6)], [(0.9, 0.2)], [(0.6, 0.4), (0.1, 0.4)]]
    scored = [make.in_parts(sequence_digest(make.residues(n)), parts) for n, parts in enumerate(known)]
    write_scored(store, scene.old, scene.run_id, scored)
    chance = ByChance("shuffled", STEPS)
    scene.rank(scene.old, logit_shift=stored, by_chance=chance)
    first = find_ranking(store, "UPX").id
    changes = [Reranking(asked, retain=True), Reranking(asked, chance)]
    again = [ranked_again(store, first, one, None, proteins=proteins) for one in changes]
    scene.rank(scene.old, logit_shift=asked, by_chance=chance)
    ranking = find_ranking(store, "UPX").id
    expected, share = ranked_rows(store, ranking, None, proteins=proteins), cargo_share(store, ranking)
    for rows, found_share in again:
        assert found_share == pytest.approx(share, rel=1e-5)
        assert [row.keys() for row in rows] == [row.keys() for row in expected]
        for row, stored_row in zip(rows, expected, strict=True):
            for name in row.keys() - {"run_id", "ranking_id"}:
                value = stored_row[name]
                close = pytest.approx(value, rel=1e-4) if isinstance(value, float) and math.isfinite(value) else value
                assert row[name] == close, name


def test_a_list_without_decoys_has_no_q_values(store, scene):
    scene.score(scene.old, 0, 1, 2)
    scene.rank(scene.old, by_chance=ByChance("shuffled", STEPS))
    rows, _ = ranked_again(store, find_ranking(store, "UPX").id, Reranking(0.0), 2)
    assert [(row["rank"], row["q_value"], row["e_value"]) for row in rows] == [(1, None, None), (2, None, None)]
